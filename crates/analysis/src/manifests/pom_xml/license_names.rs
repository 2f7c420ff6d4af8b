//! Names and addresses under which projects write their license. What does not say which license it is, or which version, is none.

use crate::licenses::normalize_declared;

/// The longest name or address that is looked at, in bytes.
const LONGEST: usize = 200;

/// Names without case, punctuation and the words `the`, `license`, `licence`, `version`, `software` and `public`.
const NAMES: &[(&str, &str)] = &[
    ("apache 2.0", "Apache-2.0"),
    ("apache 2", "Apache-2.0"),
    ("asl 2.0", "Apache-2.0"),
    ("asf 2.0", "Apache-2.0"),
    ("al 2.0", "Apache-2.0"),
    ("apache2", "Apache-2.0"),
    ("apache 1.1", "Apache-1.1"),
    ("mit", "MIT"),
    ("bouncy castle", "MIT"),
    ("bsd 3 clause", "BSD-3-Clause"),
    ("3 clause bsd", "BSD-3-Clause"),
    ("new bsd", "BSD-3-Clause"),
    ("revised bsd", "BSD-3-Clause"),
    ("modified bsd", "BSD-3-Clause"),
    ("eclipse distribution 1.0", "BSD-3-Clause"),
    ("edl 1.0", "BSD-3-Clause"),
    ("bsd 2 clause", "BSD-2-Clause"),
    ("2 clause bsd", "BSD-2-Clause"),
    ("simplified bsd", "BSD-2-Clause"),
    ("eclipse 1.0", "EPL-1.0"),
    ("epl 1.0", "EPL-1.0"),
    ("eclipse 2.0", "EPL-2.0"),
    ("epl 2.0", "EPL-2.0"),
    ("mozilla 2.0", "MPL-2.0"),
    ("mpl 2.0", "MPL-2.0"),
    ("mozilla 1.1", "MPL-1.1"),
    ("mpl 1.1", "MPL-1.1"),
    ("cddl 1.0", "CDDL-1.0"),
    ("cddl 1.1", "CDDL-1.1"),
    ("cc0 1.0 universal", "CC0-1.0"),
    ("cc0", "CC0-1.0"),
    ("isc", "ISC"),
    ("unlicense", "Unlicense"),
    ("boost 1.0", "BSL-1.0"),
    ("universal permissive 1.0", "UPL-1.0"),
];

/// Addresses without scheme, `www.`, case, a slash at the end, and the endings of files.
const ADDRESSES: &[(&str, &str)] = &[
    ("apache.org/licenses/license-2.0", "Apache-2.0"),
    ("opensource.org/licenses/apache-2.0", "Apache-2.0"),
    ("opensource.org/licenses/apache2.0", "Apache-2.0"),
    ("opensource.org/licenses/mit", "MIT"),
    ("opensource.org/licenses/mit-license", "MIT"),
    ("opensource.org/licenses/bsd-3-clause", "BSD-3-Clause"),
    ("opensource.org/licenses/bsd-2-clause", "BSD-2-Clause"),
    ("eclipse.org/org/documents/edl-v10", "BSD-3-Clause"),
    ("eclipse.org/legal/epl-v10", "EPL-1.0"),
    ("opensource.org/licenses/eclipse-1.0", "EPL-1.0"),
    ("eclipse.org/legal/epl-2.0", "EPL-2.0"),
    ("eclipse.org/legal/epl-v20", "EPL-2.0"),
    ("mozilla.org/mpl/2.0", "MPL-2.0"),
    ("mozilla.org/en-us/mpl/2.0", "MPL-2.0"),
    ("creativecommons.org/publicdomain/zero/1.0", "CC0-1.0"),
];

/// Gives the SPDX expression of a license by its name, else by its address.
pub(in crate::manifests) fn spdx(name: Option<&str>, address: Option<&str>) -> Option<String> {
    let short = |text: &&str| text.len() <= LONGEST;
    let name = name.filter(short);
    let by_name = name.and_then(|name| {
        let plain = plain_name(name);
        let known = NAMES.iter().find(|(known, _)| *known == plain);
        known
            .map(|(_, expression)| (*expression).to_owned())
            .or_else(|| normalize_declared(Some(name), None, &[]))
    });
    by_name.or_else(|| {
        let plain = plain_address(address.filter(short)?);
        let known = ADDRESSES.iter().find(|(known, _)| *known == plain);
        Some(known?.1.to_owned())
    })
}

fn plain_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|character: char| !(character.is_alphanumeric() || character == '.'));
    let mut plain: Vec<&str> = Vec::new();
    for word in words {
        let word = word.trim_matches('.');
        let number = word.strip_prefix('v').unwrap_or(word);
        let word = if number.starts_with(|first: char| first.is_ascii_digit()) {
            number
        } else {
            word
        };
        let is_filling = matches!(
            word,
            "" | "the"
                | "license"
                | "licence"
                | "licenses"
                | "version"
                | "v"
                | "software"
                | "public"
        );
        // Some names repeat themselves: `MIT License (MIT)`.
        if !is_filling && plain.last() != Some(&word) {
            plain.push(word);
        }
    }
    plain.join(" ")
}

fn plain_address(address: &str) -> String {
    let lower = address.trim().to_lowercase();
    let plain = lower
        .split_once("://")
        .map_or(lower.as_str(), |(_, rest)| rest);
    let plain = plain.strip_prefix("www.").unwrap_or(plain);
    let plain = plain.trim_end_matches('/');
    let endings = [".txt", ".html", ".php", ".htm"];
    let ending = endings.iter().find_map(|ending| plain.strip_suffix(ending));
    ending.unwrap_or(plain).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, address: &str, expected: Option<&str>) {
        let found = spdx(Some(name), Some(address));
        assert_eq!(found.as_deref(), expected, "{name} {address}");
    }

    #[test]
    fn licenses_are_known_by_name_or_address() {
        check(
            "The Apache Software License, Version 2.0",
            "",
            Some("Apache-2.0"),
        );
        check("Apache License v2.0", "", Some("Apache-2.0"));
        check("Apache-2.0", "", Some("Apache-2.0"));
        check("The MIT License (MIT)", "", Some("MIT"));
        check("Eclipse Public License - v 2.0", "", Some("EPL-2.0"));
        check("BSD-3-Clause", "", Some("BSD-3-Clause"));
        check("3-Clause BSD License", "", Some("BSD-3-Clause"));
        check(
            "Our terms",
            "https://www.apache.org/licenses/LICENSE-2.0.txt",
            Some("Apache-2.0"),
        );
        check(
            "Our terms",
            "http://opensource.org/licenses/MIT/",
            Some("MIT"),
        );
    }

    #[test]
    fn what_is_not_sure_is_none() {
        check("BSD", "", None);
        check("Apache", "", None);
        check("GNU Lesser General Public License, Version 2.1", "", None);
        check("Public Domain", "", None);
        check(&"Apache 2.0 ".repeat(100_000), "", None);
    }
}
