//! Which licenses ask that a changed file says so. Not legal advice: marking a file more than asked does no harm, so what is
//! not known to ask nothing is marked.

use spdx::{Expression, LicenseItem, ParseMode};

/// Licenses that do not ask to mark modified files, by their texts on the SPDX list.
///
/// Everything else is marked, among it, with the clause that asks:
/// - Apache-2.0 and ECL-2.0, section 4(b): modified files carry prominent notices;
/// - GPL-2.0 section 2(a), LGPL-2.x section 2(b), GPL-3.0 and AGPL-3.0 section 5(a), to which LGPL-3.0 refers;
/// - MPL-1.x section 3.3: a file documents the changes. MPL-2.0 asks only to keep notices (section 3.4) and is marked too;
/// - EPL-1.0 section 3: a contributor identifies itself; CDDL-1.0 section 3.3 alike; EUPL-1.2 section 5: a modified work says so;
/// - PSF-2.0 and Python-2.0, clause 3: a brief summary of the changes;
/// - Zlib and bzip2-1.0.6: altered versions are plainly marked; ZPL-2.1 clause 5: modified files carry notices.
///
/// Sorted.
const ASK_NOTHING: &[&str] = &[
    "0BSD",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-2-Clause-Patent",
    "BSD-2-Clause-Views",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSD-3-Clause-LBNL",
    "BSD-4-Clause",
    "BSD-Source-Code",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "HPND",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MIT-Modern-Variant",
    "NCSA",
    "PostgreSQL",
    "UPL-1.0",
    "Unicode-3.0",
    "Unlicense",
    "WTFPL",
    "X11",
];

/// Says whether a changed file must be marked under an SPDX expression.
///
/// True when any license of the expression asks for it or is not known to ask nothing, and for what is no valid expression.
pub fn requires_change_notice(expression: &str) -> bool {
    let mode = ParseMode {
        allow_deprecated: true,
        ..ParseMode::STRICT
    };
    let Ok(parsed) = Expression::parse_mode(expression.trim(), mode) else {
        return true;
    };
    parsed
        .requirements()
        .any(|requirement| match &requirement.req.license {
            LicenseItem::Spdx { id, .. } => ASK_NOTHING.binary_search(&id.name).is_err(),
            LicenseItem::Other { .. } => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_of_spdx() {
        assert!(ASK_NOTHING.is_sorted());
        for name in ASK_NOTHING {
            assert!(spdx::license_id(name).is_some(), "{name}");
        }
    }

    #[test]
    fn licenses_that_ask_are_marked_and_unknown_ones_too() {
        for (expression, expected) in [
            ("MIT", false),
            ("BSD-3-Clause AND (MIT OR ISC)", false),
            ("Apache-2.0", true),
            ("MIT OR Apache-2.0", true),
            ("GPL-3.0-or-later", true),
            ("GPL-2.0", true),
            ("LGPL-2.1-only", true),
            ("AGPL-3.0-only", true),
            ("MPL-2.0", true),
            ("EPL-2.0", true),
            ("Zlib", true),
            ("LicenseRef-Own", true),
            ("unknown", true),
            ("", true),
        ] {
            assert_eq!(requires_change_notice(expression), expected, "{expression}");
        }
    }
}
