//! What is known of licenses and exceptions that the matrix lacks: tables with the reason of each line. Must not judge, and holds no rule for
//! a license that the matrix has.

/// A license that asks for no more than one of the matrix does, so that it is judged like that one.
#[derive(Debug)]
pub(super) struct StandIn {
    /// SPDX identifier.
    pub(super) license: &'static str,
    /// The license of the matrix.
    pub(super) like: &'static str,
    /// Why.
    pub(super) because: &'static str,
    /// What else has to be done where code is copied; empty when nothing. Such a license is never offered for a whole work.
    pub(super) condition: &'static str,
}

const fn like(license: &'static str, like: &'static str, because: &'static str) -> StandIn {
    StandIn {
        license,
        like,
        because,
        condition: "",
    }
}

const WORDING: &str = "it asks for the same in other words";
const DEDICATION: &str = "it gives up all rights as far as the law allows";
const FONTS: &str = "its fonts may go with any software";
const FONTS_APART: &str =
    "the fonts stay in files of their own, under their own license, and are not sold by themselves";
const ATTRIBUTED: &str = "it stays in files of its own, with its authors, its license and the changes named, because the license was made for \
     texts and pictures";

/// Licenses that stand beside one of the matrix. Sources: the texts on the SPDX list; for the GPL also the FSF's list of licenses.
pub(super) const STAND_INS: &[StandIn] = &[
    like("CC0-1.0", "Unlicense", DEDICATION),
    like("CC-PDM-1.0", "Unlicense", DEDICATION),
    like("PDDL-1.0", "Unlicense", DEDICATION),
    like("NIST-PD", "Unlicense", DEDICATION),
    like("NIST-PD-fallback", "Unlicense", DEDICATION),
    like("SAX-PD", "Unlicense", DEDICATION),
    like("SAX-PD-2.0", "Unlicense", DEDICATION),
    like("NTP-0", "MIT-0", WORDING),
    like("FSFAP-no-warranty-disclaimer", "FSFAP", WORDING),
    like("Beerware", "MIT", "the beer is a wish"),
    like("Fair", "MIT", WORDING),
    like("MIT-feh", "MIT", WORDING),
    like("MIT-Modern-Variant", "MIT", WORDING),
    like("MIT-Wu", "MIT", WORDING),
    like("MITNFA", "MIT", WORDING),
    like("Xnet", "MIT", WORDING),
    like("MIT-open-group", "X11", WORDING),
    like(
        "X11-distribute-modifications-variant",
        "X11",
        "it is X11 and names the right to pass changes on",
    ),
    like(
        "MIT-advertising",
        "BSD-4-Clause",
        "it asks advertisements to name the authors",
    ),
    like("ISC-Veillard", "ISC", WORDING),
    like("HPND-sell-variant", "HPND", WORDING),
    like("BSD-2-Clause-Darwin", "BSD-2-Clause", WORDING),
    like("BSD-2-Clause-FreeBSD", "BSD-2-Clause", WORDING),
    like("BSD-2-Clause-NetBSD", "BSD-2-Clause", WORDING),
    like("BSD-2-Clause-Views", "BSD-2-Clause", WORDING),
    like("BSD-2-Clause-first-lines", "BSD-2-Clause", WORDING),
    like(
        "BSD-3-Clause-Clear",
        "BSD-3-Clause",
        "it is BSD-3-Clause and says that it grants no patent rights",
    ),
    like("BSD-3-Clause-HP", "BSD-3-Clause", WORDING),
    like("BSD-3-Clause-LBNL", "BSD-3-Clause", WORDING),
    like("BSD-3-Clause-Sun", "BSD-3-Clause", WORDING),
    like("BSD-3-Clause-flex", "BSD-3-Clause", WORDING),
    like("BSD-4-Clause-Shortened", "BSD-4-Clause", WORDING),
    like("BSD-4.3RENO", "BSD-4-Clause-UC", WORDING),
    like("ZPL-2.1", "ZPL-2.0", WORDING),
    like("Python-2.0.1", "Python-2.0", WORDING),
    like(
        "CNRI-Python",
        "Python-2.0",
        "the text of Python-2.0 holds a later version of it",
    ),
    like(
        "MulanPSL-2.0",
        "Apache-2.0",
        "it grants the same rights, and like Apache-2.0 ends the patent grant of who sues",
    ),
    like(
        "Ruby",
        "BSD-2-Clause",
        "its text offers BSD-2-Clause as a choice",
    ),
    StandIn {
        license: "OFL-1.1",
        like: "MIT",
        because: FONTS,
        condition: FONTS_APART,
    },
    StandIn {
        license: "OFL-1.1-RFN",
        like: "MIT",
        because: FONTS,
        condition: FONTS_APART,
    },
    StandIn {
        license: "OFL-1.1-no-RFN",
        like: "MIT",
        because: FONTS,
        condition: FONTS_APART,
    },
    StandIn {
        license: "CDLA-Permissive-2.0",
        like: "MIT",
        because: "it asks only that its text goes with the data",
        condition: "it stays in files of its own, because the license was made for data",
    },
    StandIn {
        license: "CC-BY-4.0",
        like: "MIT",
        because: "it asks for attribution alone, and the FSF holds it to be compatible with the GPL",
        condition: ATTRIBUTED,
    },
    StandIn {
        license: "CC-BY-3.0",
        like: "BSD-4-Clause",
        because: "it asks for attribution alone, in a way that the GPL does not allow",
        condition: ATTRIBUTED,
    },
    StandIn {
        license: "CC-BY-2.5",
        like: "BSD-4-Clause",
        because: "it asks for attribution alone, in a way that the GPL does not allow",
        condition: ATTRIBUTED,
    },
];

/// A license whose own text names the few licenses under which a work with its code may be passed on.
#[derive(Debug)]
pub(super) struct OneWay {
    /// SPDX identifier.
    pub(super) license: &'static str,
    /// Those licenses.
    pub(super) leads: &'static [&'static str],
    /// The reason, as the end of a sentence.
    pub(super) because: &'static str,
}

const GPL: &[&str] = &[
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
];
const GPL_AGPL_EUPL: &[&str] = &[
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "EUPL-1.1",
    "EUPL-1.2",
];

/// Copyleft licenses that the matrix lacks and that name their ways out.
pub(super) const ONE_WAYS: &[OneWay] = &[
    OneWay {
        license: "CECILL-2.0",
        leads: GPL,
        because: "its article 5.3.4 allows the GPL for the whole and no other license",
    },
    OneWay {
        license: "CECILL-2.1",
        leads: GPL_AGPL_EUPL,
        because: "its article 5.3.4 allows the GPL, the AGPL and the EUPL for the whole and no other license",
    },
    OneWay {
        license: "CC-BY-SA-4.0",
        leads: &["GPL-3.0-only"],
        because: "Creative Commons names GPL-3.0 as the one license for software under which adaptations may be passed on",
    },
];

/// A license that no open license may take the place of.
#[derive(Debug)]
pub(super) struct Closed {
    /// SPDX identifier, or its beginning when it ends with `-`.
    pub(super) license: &'static str,
    /// What it forbids, as the end of a sentence.
    pub(super) because: &'static str,
}

/// Source-available licenses and those that forbid a use or a change. Source: their texts; none is approved by the OSI.
pub(super) const CLOSED: &[Closed] = &[
    Closed {
        license: "BUSL-1.1",
        because: "it forbids production use until a date that its licensor sets",
    },
    Closed {
        license: "SSPL-1.0",
        because: "who offers the software as a service has to publish all programs that run the service under it",
    },
    Closed {
        license: "Elastic-2.0",
        because: "it forbids offering the software as a service",
    },
    Closed {
        license: "FSL-1.1-",
        because: "it forbids competing use for two years",
    },
    Closed {
        license: "PolyForm-",
        because: "it forbids kinds of use, such as commercial use",
    },
    Closed {
        license: "CC-BY-NC-",
        because: "it forbids commercial use",
    },
    Closed {
        license: "CC-BY-ND-",
        because: "it forbids passing on what was changed",
    },
    Closed {
        license: "Hippocratic-",
        because: "it forbids kinds of use",
    },
    Closed {
        license: "Aladdin",
        because: "it forbids commercial distribution",
    },
    Closed {
        license: "UNLICENSED",
        because: "it is npm's word for software that nobody else may use",
    },
];

/// Words in the name of a license of somebody's own that say what it is.
pub(super) const CLOSED_NAMES: &[(&str, &str)] = &[
    ("commons-clause", "the Commons Clause forbids selling it"),
    ("proprietary", "its own name says that it is proprietary"),
];

/// What an exception to a license allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExceptionKind {
    /// Linking with, or combining with, code under other licenses.
    Linking,
    /// Using what the program puts into its output.
    Output,
    /// Combining Apache-2.0 code with code under version 2 of the GPL.
    WithGpl2,
    /// Something else.
    Other,
}

/// Exceptions by what they allow. Source: their texts on the SPDX list. Those left out are `Other`.
pub(super) const EXCEPTIONS: &[(&str, ExceptionKind)] = &[
    ("CGAL-linking-exception", ExceptionKind::Linking),
    ("Classpath-exception-2.0", ExceptionKind::Linking),
    ("Classpath-exception-2.0-short", ExceptionKind::Linking),
    ("FLTK-exception", ExceptionKind::Linking),
    ("GCC-exception-2.0", ExceptionKind::Linking),
    ("GCC-exception-2.0-note", ExceptionKind::Linking),
    ("GCC-exception-3.1", ExceptionKind::Linking),
    ("GNAT-exception", ExceptionKind::Linking),
    ("GPL-3.0-linking-exception", ExceptionKind::Linking),
    ("GPL-3.0-linking-source-exception", ExceptionKind::Linking),
    ("Independent-modules-exception", ExceptionKind::Linking),
    ("LGPL-3.0-linking-exception", ExceptionKind::Linking),
    ("LLGPL", ExceptionKind::Linking),
    ("LZMA-exception", ExceptionKind::Linking),
    ("OCaml-LGPL-linking-exception", ExceptionKind::Linking),
    ("Qwt-exception-1.0", ExceptionKind::Linking),
    ("Simple-Library-Usage-exception", ExceptionKind::Linking),
    ("WxWindows-exception-3.1", ExceptionKind::Linking),
    ("eCos-exception-2.0", ExceptionKind::Linking),
    ("erlang-otp-linking-exception", ExceptionKind::Linking),
    ("freertos-exception-2.0", ExceptionKind::Linking),
    ("gnu-javamail-exception", ExceptionKind::Linking),
    ("i2p-gpl-java-exception", ExceptionKind::Linking),
    ("mif-exception", ExceptionKind::Linking),
    ("polyparse-exception", ExceptionKind::Linking),
    ("u-boot-exception-2.0", ExceptionKind::Linking),
    ("Autoconf-exception-2.0", ExceptionKind::Output),
    ("Autoconf-exception-3.0", ExceptionKind::Output),
    ("Autoconf-exception-generic", ExceptionKind::Output),
    ("Autoconf-exception-generic-3.0", ExceptionKind::Output),
    ("Autoconf-exception-macro", ExceptionKind::Output),
    ("Bison-exception-1.24", ExceptionKind::Output),
    ("Bison-exception-2.2", ExceptionKind::Output),
    ("Font-exception-2.0", ExceptionKind::Output),
    ("Libtool-exception", ExceptionKind::Output),
    ("Texinfo-exception", ExceptionKind::Output),
    ("LLVM-exception", ExceptionKind::WithGpl2),
];

/// Identifiers that SPDX gave up, with what to write instead. Plain GNU names without `-only` are not in the table.
pub(super) const DEPRECATED: &[(&str, &str, Option<&str>)] = &[
    (
        "GPL-2.0-with-autoconf-exception",
        "GPL-2.0-only",
        Some("Autoconf-exception-2.0"),
    ),
    (
        "GPL-2.0-with-bison-exception",
        "GPL-2.0-only",
        Some("Bison-exception-2.2"),
    ),
    (
        "GPL-2.0-with-classpath-exception",
        "GPL-2.0-only",
        Some("Classpath-exception-2.0"),
    ),
    (
        "GPL-2.0-with-font-exception",
        "GPL-2.0-only",
        Some("Font-exception-2.0"),
    ),
    (
        "GPL-2.0-with-GCC-exception",
        "GPL-2.0-only",
        Some("GCC-exception-2.0"),
    ),
    (
        "GPL-3.0-with-autoconf-exception",
        "GPL-3.0-only",
        Some("Autoconf-exception-3.0"),
    ),
    (
        "GPL-3.0-with-GCC-exception",
        "GPL-3.0-only",
        Some("GCC-exception-3.1"),
    ),
    ("eCos-2.0", "GPL-2.0-or-later", Some("eCos-exception-2.0")),
    (
        "wxWindows",
        "LGPL-2.0-or-later",
        Some("WxWindows-exception-3.1"),
    ),
    ("StandardML-NJ", "SMLNJ", None),
];

#[cfg(test)]
mod tests {
    use super::{super::matrix::matrix, *};

    #[test]
    fn a_rule_is_for_a_real_license_that_the_matrix_lacks() {
        let check = |license: &str| {
            assert!(
                spdx::license_id(license).is_some(),
                "{license} is on no list"
            );
            assert_eq!(matrix().place(license), None, "{license} needs no rule");
        };
        for rule in STAND_INS {
            check(rule.license);
            assert!(matrix().place(rule.like).is_some(), "{}", rule.like);
        }
        for rule in ONE_WAYS {
            check(rule.license);
            for lead in rule.leads {
                assert!(matrix().place(lead).is_some(), "{lead}");
            }
        }
        for rule in CLOSED.iter().filter(|rule| rule.license != "UNLICENSED") {
            let names = spdx::identifiers::LICENSES
                .iter()
                .map(|license| license.name);
            let mut meant = names.filter(|name| match rule.license.ends_with('-') {
                true => name.starts_with(rule.license),
                false => *name == rule.license,
            });
            assert!(meant.next().is_some(), "{} is on no list", rule.license);
        }
        for (name, _) in EXCEPTIONS {
            assert!(spdx::exception_id(name).is_some(), "{name} is on no list");
        }
        for (old, license, exception) in DEPRECATED {
            assert!(spdx::license_id(old).is_some(), "{old} is on no list");
            assert!(spdx::license_id(license).is_some(), "{license}");
            assert!(exception.is_none_or(|name| spdx::exception_id(name).is_some()));
        }
    }

    #[test]
    fn nothing_has_two_rules() {
        let mut names: Vec<&str> = STAND_INS.iter().map(|rule| rule.license).collect();
        names.extend(ONE_WAYS.iter().map(|rule| rule.license));
        names.extend(CLOSED.iter().map(|rule| rule.license));
        names.extend(EXCEPTIONS.iter().map(|rule| rule.0));
        names.extend(DEPRECATED.iter().map(|rule| rule.0));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
