//! Licenses that a manifest or a file header declares, as SPDX expressions. What is ambiguous is `None`, never a guess.

use std::collections::BTreeSet;

use spdx::{Expression, ParseMode};

/// The longest expression that is looked at, in bytes.
const LONGEST: usize = 1024;

/// Gives the license that a manifest declares, if it is certain which one.
///
/// The expression (PEP 639) decides when it is valid. Else the free text and the trove classifiers must name one license
/// between them: `BSD License` or `Apache Software License` alone do not say which, and two that differ leave it open.
pub fn normalize_declared(
    license_expression: Option<&str>,
    license_text: Option<&str>,
    classifiers: &[String],
) -> Option<String> {
    if let Some(expression) = license_expression.and_then(valid_expression) {
        return Some(expression);
    }
    let by_text =
        license_text.and_then(|text| valid_expression(text).or_else(|| by_common_name(text)));
    let mut by_classifier: BTreeSet<&str> = BTreeSet::new();
    let mut families: Vec<&str> = Vec::new();
    for classifier in classifiers
        .iter()
        .filter(|classifier| classifier.trim().starts_with("License ::"))
    {
        match classifier_meaning(classifier) {
            Meaning::License(identifier) => drop(by_classifier.insert(identifier)),
            Meaning::Family(family) => families.push(family),
            Meaning::Nothing => {}
            Meaning::Unknown => {
                return by_text.filter(|_| license_text.and_then(valid_expression).is_some());
            }
        }
    }
    let Some(text) = by_text else {
        let only = by_classifier.pop_first();
        let is_certain = by_classifier.is_empty() && families.is_empty();
        return only.filter(|_| is_certain).map(str::to_owned);
    };
    let agrees = by_classifier
        .iter()
        .all(|identifier| names(&text, identifier))
        && families.iter().all(|family| {
            identifiers(&text)
                .iter()
                .any(|identifier| identifier.starts_with(family))
        });
    agrees.then_some(text)
}

/// Checks an expression and writes it in the letter case of the SPDX list; imprecise names are not accepted.
pub(super) fn valid_expression(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    if Expression::parse(text).is_ok() {
        return Some(text.to_owned());
    }
    let words: Vec<String> = text
        .replace('(', " ( ")
        .replace(')', " ) ")
        .split_whitespace()
        .map(in_list_case)
        .collect();
    let rewritten = words.join(" ").replace("( ", "(").replace(" )", ")");
    let mode = ParseMode {
        allow_deprecated: true,
        ..ParseMode::STRICT
    };
    Expression::parse_mode(&rewritten, mode)
        .ok()
        .map(|_| rewritten)
}

fn in_list_case(word: &str) -> String {
    if ["and", "or", "with"]
        .iter()
        .any(|operator| word.eq_ignore_ascii_case(operator))
    {
        return word.to_ascii_uppercase();
    }
    let (base, plus) = word
        .strip_suffix('+')
        .map_or((word, ""), |base| (base, "+"));
    let known = spdx::identifiers::LICENSES
        .iter()
        .find(|license| license.name.eq_ignore_ascii_case(base));
    let exception = || {
        spdx::identifiers::EXCEPTIONS
            .iter()
            .find(|exception| exception.name.eq_ignore_ascii_case(base))
    };
    match (known, exception()) {
        (Some(license), _) => format!("{}{plus}", license.name),
        (None, Some(exception)) => exception.name.to_owned(),
        (None, None) => word.to_owned(),
    }
}

fn identifiers(expression: &str) -> Vec<String> {
    let words = expression
        .split(|character: char| character.is_whitespace() || matches!(character, '(' | ')'));
    words
        .filter(|word| !matches!(*word, "" | "AND" | "OR" | "WITH"))
        .map(str::to_owned)
        .collect()
}

/// Says whether an expression names the license; a GNU license also counts in its older spelling.
pub(super) fn names(expression: &str, identifier: &str) -> bool {
    let base = |name: &str| {
        name.replace("-only", "")
            .replace("-or-later", "")
            .replace('+', "")
    };
    identifiers(expression)
        .iter()
        .any(|word| base(word) == base(identifier))
}

/// Names in free text that mean exactly one license. Lower case, without `the`, `license`, `licence` and punctuation.
const COMMON_NAMES: &[(&str, &str)] = &[
    ("apache 2", "Apache-2.0"),
    ("apache 2.0", "Apache-2.0"),
    ("apache software 2.0", "Apache-2.0"),
    ("apache software version 2.0", "Apache-2.0"),
    ("apache v2", "Apache-2.0"),
    ("apache v2.0", "Apache-2.0"),
    ("apache version 2", "Apache-2.0"),
    ("apache version 2.0", "Apache-2.0"),
    ("apache-2", "Apache-2.0"),
    ("apache2", "Apache-2.0"),
    ("apache2.0", "Apache-2.0"),
    ("2-clause bsd", "BSD-2-Clause"),
    ("3-clause bsd", "BSD-3-Clause"),
    ("bsd 2-clause", "BSD-2-Clause"),
    ("bsd 3-clause", "BSD-3-Clause"),
    ("bsd-2", "BSD-2-Clause"),
    ("bsd-3", "BSD-3-Clause"),
    ("modified bsd", "BSD-3-Clause"),
    ("new bsd", "BSD-3-Clause"),
    ("revised bsd", "BSD-3-Clause"),
    ("simplified bsd", "BSD-2-Clause"),
    ("boost software 1.0", "BSL-1.0"),
    ("cc0", "CC0-1.0"),
    ("expat", "MIT"),
    ("isc", "ISC"),
    ("iscl", "ISC"),
    ("mit", "MIT"),
    ("mozilla public 2.0", "MPL-2.0"),
    ("mpl 2.0", "MPL-2.0"),
    ("mpl2", "MPL-2.0"),
    ("psf", "PSF-2.0"),
    ("psf-2", "PSF-2.0"),
    ("unlicense", "Unlicense"),
    ("zpl 2.1", "ZPL-2.1"),
    ("gplv3+", "GPL-3.0-or-later"),
    ("gplv2+", "GPL-2.0-or-later"),
    ("lgplv3+", "LGPL-3.0-or-later"),
    ("agplv3+", "AGPL-3.0-or-later"),
];

fn by_common_name(text: &str) -> Option<String> {
    if text.len() > 100 {
        return None;
    }
    let lower = text.to_ascii_lowercase().replace([',', '(', ')'], " ");
    let mut words: Vec<&str> = lower
        .split_whitespace()
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| !matches!(*word, "the" | "license" | "licence" | ""))
        .collect();
    // `The MIT License (MIT)` names it twice.
    words.dedup();
    let name = words.join(" ");
    let found = COMMON_NAMES.iter().find(|(common, _)| *common == name)?;
    Some(found.1.to_owned())
}

enum Meaning {
    /// Exactly this license.
    License(&'static str),
    /// Some license whose identifier begins so.
    Family(&'static str),
    /// No license, only its approval.
    Nothing,
    /// A license that SPDX may not have.
    Unknown,
}

/// Says what a trove classifier means. Source: the list of classifiers and PEP 639, "Mapping License Classifiers to SPDX Identifiers".
fn classifier_meaning(classifier: &str) -> Meaning {
    let name = classifier.rsplit("::").next().unwrap_or(classifier).trim();
    let identifier = match name {
        "License" | "OSI Approved" => return Meaning::Nothing,
        "Academic Free License (AFL)" => return Meaning::Family("AFL-"),
        "Apache Software License" => return Meaning::Family("Apache-"),
        "Artistic License" => return Meaning::Family("Artistic-"),
        "BSD License" => return Meaning::Family("BSD-"),
        "GNU Affero General Public License v3" => "AGPL-3.0-only",
        "GNU Affero General Public License v3 or later (AGPLv3+)" => "AGPL-3.0-or-later",
        "GNU Free Documentation License (FDL)" => return Meaning::Family("GFDL-"),
        "GNU General Public License (GPL)" => return Meaning::Family("GPL-"),
        "GNU General Public License v2 (GPLv2)" => "GPL-2.0-only",
        "GNU General Public License v2 or later (GPLv2+)" => "GPL-2.0-or-later",
        "GNU General Public License v3 (GPLv3)" => "GPL-3.0-only",
        "GNU General Public License v3 or later (GPLv3+)" => "GPL-3.0-or-later",
        "GNU Lesser General Public License v2 (LGPLv2)" => "LGPL-2.0-only",
        "GNU Lesser General Public License v2 or later (LGPLv2+)" => "LGPL-2.0-or-later",
        "GNU Lesser General Public License v3 (LGPLv3)" => "LGPL-3.0-only",
        "GNU Lesser General Public License v3 or later (LGPLv3+)" => "LGPL-3.0-or-later",
        "GNU Library or Lesser General Public License (LGPL)" => return Meaning::Family("LGPL-"),
        "Boost Software License 1.0 (BSL-1.0)" => "BSL-1.0",
        "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication" => "CC0-1.0",
        "Eclipse Public License 1.0 (EPL-1.0)" => "EPL-1.0",
        "Eclipse Public License 2.0 (EPL-2.0)" => "EPL-2.0",
        "European Union Public Licence 1.1 (EUPL 1.1)" => "EUPL-1.1",
        "European Union Public Licence 1.2 (EUPL 1.2)" => "EUPL-1.2",
        "ISC License (ISCL)" => "ISC",
        "MIT License" => "MIT",
        "MIT No Attribution License (MIT-0)" => "MIT-0",
        "Mozilla Public License 1.0 (MPL)" => "MPL-1.0",
        "Mozilla Public License 1.1 (MPL 1.1)" => "MPL-1.1",
        "Mozilla Public License 2.0 (MPL 2.0)" => "MPL-2.0",
        "PostgreSQL License" => "PostgreSQL",
        "Python Software Foundation License" => return Meaning::Family("P"),
        "The Unlicense (Unlicense)" => "Unlicense",
        "Universal Permissive License (UPL)" => "UPL-1.0",
        "University of Illinois/NCSA Open Source License" => "NCSA",
        "zlib/libpng License" => "Zlib",
        "Zero-Clause BSD (0BSD)" => "0BSD",
        "Zope Public License" => return Meaning::Family("ZPL-"),
        _ => return Meaning::Unknown,
    };
    Meaning::License(identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        expression: Option<&str>,
        text: Option<&str>,
        classifiers: &[&str],
        expected: Option<&str>,
    ) {
        let classifiers: Vec<String> = classifiers
            .iter()
            .map(|name| format!("License :: OSI Approved :: {name}"))
            .collect();
        let found = normalize_declared(expression, text, &classifiers);
        assert_eq!(
            found.as_deref(),
            expected,
            "{expression:?} {text:?} {classifiers:?}"
        );
    }

    #[test]
    fn an_expression_decides() {
        check(
            Some("MIT OR Apache-2.0"),
            Some("BSD"),
            &["BSD License"],
            Some("MIT OR Apache-2.0"),
        );
        check(
            Some("mit and (apache-2.0 or bsd-3-clause)"),
            None,
            &[],
            Some("MIT AND (Apache-2.0 OR BSD-3-Clause)"),
        );
        check(Some("LicenseRef-Own"), None, &[], Some("LicenseRef-Own"));
        check(Some("My words"), None, &["MIT License"], Some("MIT"));
        check(Some(&"(".repeat(100_000)), None, &[], None);
    }

    #[test]
    fn what_is_ambiguous_is_none() {
        check(None, None, &["BSD License"], None);
        check(None, Some("BSD"), &["BSD License"], None);
        check(None, None, &["Apache Software License"], None);
        check(
            None,
            None,
            &["MIT License", "Apache Software License"],
            None,
        );
        check(None, None, &["MIT License", "ISC License (ISCL)"], None);
        check(None, Some("Apache 2.0"), &["MIT License"], None);
        check(None, None, &["GNU General Public License (GPL)"], None);
        check(
            None,
            Some("Copyright 2010 A. Person\n\nPermission is granted"),
            &[],
            None,
        );
        check(None, None, &["Some License"], None);
        check(None, None, &[], None);
    }

    #[test]
    fn text_and_classifiers_that_agree_are_taken() {
        check(
            None,
            Some("BSD-3-Clause"),
            &["BSD License"],
            Some("BSD-3-Clause"),
        );
        check(
            None,
            Some("Apache-2.0"),
            &["Apache Software License"],
            Some("Apache-2.0"),
        );
        check(
            None,
            Some("Apache License, Version 2.0"),
            &["Apache Software License"],
            Some("Apache-2.0"),
        );
        check(None, Some("The MIT License (MIT)"), &[], Some("MIT"));
        check(None, Some("MIT License"), &["MIT License"], Some("MIT"));
        check(None, None, &["MIT License"], Some("MIT"));
        check(
            None,
            None,
            &["GNU General Public License v3 or later (GPLv3+)"],
            Some("GPL-3.0-or-later"),
        );
        check(
            None,
            Some("MIT OR Apache-2.0"),
            &["MIT License", "Apache Software License"],
            Some("MIT OR Apache-2.0"),
        );
        check(
            None,
            Some("GPL-3.0"),
            &["GNU General Public License v3 (GPLv3)"],
            Some("GPL-3.0"),
        );
    }
}
