//! Combinations with the expected answers, decided from the licenses' texts and from what their authors say, each with the reason.

use synthesizer_model::compatibility::Verdict::{
    self, Compatible as Yes, Conditional as If, Incompatible as No, Unknown,
};

use super::judged;

struct Case {
    sources: &'static [&'static str],
    packages: &'static [&'static str],
    /// Under any license.
    any: Verdict,
    /// Under one that is asked for.
    under: &'static [(&'static str, Verdict)],
    /// Whether each is among the possible ones.
    possible: &'static [(&'static str, bool)],
    because: &'static str,
}

const NONE: Case = Case {
    sources: &[],
    packages: &[],
    any: Yes,
    under: &[],
    possible: &[],
    because: "",
};

const CASES: &[Case] = &[
    Case {
        sources: &["MIT", "Apache-2.0"],
        any: Yes,
        under: &[
            ("MIT", Yes),
            ("Apache-2.0", Yes),
            ("MIT OR Apache-2.0", Yes),
            ("GPL-3.0-only", Yes),
            ("GPL-2.0-only", No),
            ("GPL-2.0-or-later", If),
        ],
        possible: &[
            ("MIT", true),
            ("Apache-2.0", true),
            ("GPL-3.0-or-later", true),
            ("GPL-2.0-only", false),
        ],
        because: "permissive licenses go together; the GPL takes Apache-2.0 from version 3 on",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0-only", "Apache-2.0"],
        any: No,
        under: &[
            ("GPL-2.0-only", No),
            ("Apache-2.0", No),
            ("GPL-3.0-only", No),
            ("GPL-2.0-only AND Apache-2.0", No),
        ],
        because: "the FSF: the patent and indemnification terms of Apache-2.0 are further restrictions for version 2",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0-or-later", "Apache-2.0"],
        any: Yes,
        under: &[
            ("GPL-3.0-only", Yes),
            ("GPL-2.0-only", No),
            ("Apache-2.0", No),
        ],
        possible: &[
            ("GPL-3.0-only", true),
            ("GPL-3.0-or-later", true),
            ("GPL-2.0-only", false),
        ],
        because: "a later version of the GPL may be chosen, and version 3 takes Apache-2.0",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0-or-later", "GPL-3.0-only"],
        any: Yes,
        under: &[
            ("GPL-3.0-only", Yes),
            ("GPL-2.0-or-later", No),
            ("GPL-3.0-or-later", No),
        ],
        possible: &[("GPL-3.0-only", true), ("GPL-2.0-or-later", false)],
        because: "version 3 may be chosen for the first, and the second has no other",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0-only", "GPL-3.0-only"],
        any: No,
        because: "each wants the whole under itself",
        ..NONE
    },
    Case {
        sources: &["MIT OR GPL-2.0-only", "Apache-2.0"],
        any: Yes,
        under: &[("MIT", Yes), ("GPL-2.0-only", No), ("GPL-3.0-only", Yes)],
        possible: &[("MIT", true)],
        because: "MIT is chosen, which goes with everything; Apache-2.0 still does not go under version 2",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0-only OR GPL-3.0-only", "Apache-2.0"],
        any: Yes,
        under: &[("GPL-3.0-only", Yes), ("MIT", No)],
        because: "version 3 must be chosen",
        ..NONE
    },
    Case {
        sources: &["LGPL-2.1-only", "MIT"],
        any: Yes,
        under: &[
            ("LGPL-2.1-only", Yes),
            ("MIT", No),
            ("GPL-2.0-only", If),
            ("GPL-3.0-only", Yes),
        ],
        possible: &[("LGPL-2.1-only", true), ("MIT", false)],
        because: "copied code of a library stays under the LGPL or goes to the GPL, section 3",
        ..NONE
    },
    Case {
        sources: &["MIT"],
        packages: &["LGPL-2.1-only"],
        any: Yes,
        under: &[("MIT", If), ("Apache-2.0", If), ("GPL-3.0-only", Yes)],
        because: "a library under the LGPL may be linked with any work if it can be replaced",
        ..NONE
    },
    Case {
        sources: &["MPL-2.0", "MIT"],
        any: Yes,
        under: &[
            ("MPL-2.0", Yes),
            ("MIT", No),
            ("GPL-2.0-only", Yes),
            ("Apache-2.0", No),
        ],
        because: "files of MPL-2.0 stay under it; the GPL is a secondary license, section 3.3",
        ..NONE
    },
    Case {
        sources: &["MIT"],
        packages: &["MPL-2.0"],
        any: Yes,
        under: &[("MIT", Yes)],
        because: "the copyleft of MPL-2.0 ends at its files, which a package keeps",
        ..NONE
    },
    Case {
        sources: &["MPL-2.0-no-copyleft-exception", "GPL-2.0-only"],
        any: No,
        because: "its notice excludes secondary licenses",
        ..NONE
    },
    Case {
        sources: &["AGPL-3.0-only", "MIT"],
        any: Yes,
        under: &[("AGPL-3.0-only", Yes), ("MIT", No), ("GPL-3.0-only", If)],
        because: "the AGPL wants the whole under itself; section 13 of the GPL allows combining, not mixing",
        ..NONE
    },
    Case {
        sources: &["AGPL-3.0-only", "GPL-2.0-only"],
        any: No,
        because: "version 2 knows nothing of the AGPL",
        ..NONE
    },
    Case {
        sources: &["AGPL-3.0-only", "GPL-3.0-only"],
        any: If,
        because: "section 13 of both allows combining, not mixing",
        ..NONE
    },
    Case {
        sources: &["MIT"],
        packages: &["GPL-3.0-only"],
        any: Yes,
        under: &[("MIT", No), ("GPL-3.0-only", Yes)],
        because: "linking with a package under the GPL makes the whole a work under the GPL",
        ..NONE
    },
    Case {
        sources: &["BUSL-1.1", "MIT"],
        any: No,
        under: &[("MIT", No), ("GPL-3.0-only", No), ("BUSL-1.1", If)],
        because: "it forbids production use, so no open license may stand for it",
        ..NONE
    },
    Case {
        sources: &["BUSL-1.1"],
        any: No,
        under: &[("BUSL-1.1", Yes)],
        because: "the same license is allowed, and it is not offered unasked",
        ..NONE
    },
    Case {
        sources: &["BUSL-1.1", "GPL-3.0-only"],
        any: No,
        under: &[("BUSL-1.1", No)],
        because: "copyleft code cannot go under a closed license",
        ..NONE
    },
    Case {
        sources: &["SSPL-1.0"],
        any: No,
        under: &[("MIT", No), ("AGPL-3.0-only", No)],
        because: "it is not open, and wants the whole service under itself",
        ..NONE
    },
    Case {
        sources: &["Elastic-2.0", "PolyForm-Noncommercial-1.0.0", "MIT"],
        any: No,
        under: &[("MIT", No)],
        because: "each forbids uses",
        ..NONE
    },
    Case {
        sources: &["CC-BY-NC-4.0"],
        any: No,
        under: &[("MIT", No), ("CC-BY-NC-4.0", Yes)],
        because: "it forbids commercial use",
        ..NONE
    },
    Case {
        sources: &["CC-BY-ND-4.0"],
        any: No,
        under: &[("CC-BY-ND-4.0", If)],
        because: "it may be passed on unchanged alone",
        ..NONE
    },
    Case {
        sources: &["MIT AND LicenseRef-Commons-Clause"],
        any: No,
        under: &[("MIT", No)],
        because: "the clause forbids selling",
        ..NONE
    },
    Case {
        sources: &["UNLICENSED"],
        any: No,
        because: "npm's word for software without any license for others",
        ..NONE
    },
    Case {
        sources: &["", "MIT"],
        any: Unknown,
        under: &[("MIT", Unknown)],
        possible: &[("MIT", false)],
        because: "without a license copying is not allowed, and whether the holders would allow it is not known",
        ..NONE
    },
    Case {
        sources: &["NOASSERTION"],
        any: Unknown,
        because: "SPDX's word for a license that nobody looked at",
        ..NONE
    },
    Case {
        sources: &["", "GPL-2.0-only", "Apache-2.0"],
        any: No,
        because: "what contradicts does so whatever the unknown turns out to be",
        ..NONE
    },
    Case {
        sources: &["LicenseRef-x", "MIT"],
        any: Unknown,
        under: &[("MIT", Unknown), ("LicenseRef-x", Unknown)],
        because: "its text is not known, and two texts may have one name",
        ..NONE
    },
    Case {
        sources: &["LicenseRef-x OR MIT", "Apache-2.0"],
        any: Yes,
        under: &[("MIT", Yes)],
        because: "MIT is chosen",
        ..NONE
    },
    Case {
        sources: &["Foo-1.0"],
        any: Unknown,
        because: "SPDX knows no such license",
        ..NONE
    },
    Case {
        sources: &["Apache-2.0 WITH LLVM-exception", "MIT"],
        any: Yes,
        under: &[("MIT", Yes), ("Apache-2.0", Yes), ("GPL-3.0-only", Yes)],
        possible: &[("Apache-2.0 WITH LLVM-exception", true)],
        because: "an exception only allows more than the license",
        ..NONE
    },
    Case {
        sources: &["Apache-2.0 WITH LLVM-exception", "GPL-2.0-only"],
        any: If,
        under: &[("GPL-2.0-only", If), ("Apache-2.0 WITH LLVM-exception", No)],
        because: "the exception waives what version 2 does not allow, for compiled forms",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0-only WITH Classpath-exception-2.0", "MIT"],
        any: Yes,
        under: &[("GPL-2.0-only", Yes), ("MIT", No)],
        because: "the exception may be removed; it is for linking, not for copying",
        ..NONE
    },
    Case {
        sources: &["MIT"],
        packages: &["GPL-2.0-with-classpath-exception"],
        any: Yes,
        under: &[("MIT", If)],
        because: "the exception allows linking with works under any license",
        ..NONE
    },
    Case {
        sources: &["GPL-3.0-only WITH GCC-exception-3.1"],
        packages: &["GPL-3.0-only WITH GCC-exception-3.1"],
        any: Yes,
        under: &[("GPL-3.0-only", Yes), ("MIT", No)],
        because: "copied source is not what the exception is for",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0-or-later WITH Bison-exception-2.2"],
        any: Yes,
        under: &[("MIT", If)],
        because: "a generated parser may be under any license",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0-only WITH GPL-CC-1.0"],
        any: Yes,
        under: &[("MIT", Unknown), ("GPL-2.0-only", Yes)],
        because: "an exception that no table has might allow it, and never forbids what the license allows",
        ..NONE
    },
    Case {
        sources: &["MIT AND CC-BY-4.0"],
        any: If,
        under: &[("MIT", If), ("GPL-3.0-only", If)],
        because: "CC-BY-4.0 is for texts: they stay in files of their own, attributed",
        ..NONE
    },
    Case {
        sources: &["MIT"],
        packages: &["CC-BY-4.0", "CC-BY-3.0", "OFL-1.1"],
        any: Yes,
        under: &[("MIT", Yes)],
        because: "data and fonts in packages keep their own files",
        ..NONE
    },
    Case {
        sources: &["CC-BY-SA-4.0"],
        any: Yes,
        under: &[("GPL-3.0-only", Yes), ("GPL-2.0-only", No), ("MIT", No)],
        because: "Creative Commons names GPL-3.0 as compatible, one way",
        ..NONE
    },
    Case {
        sources: &["Unlicense", "CC0-1.0"],
        any: Yes,
        under: &[
            ("MIT", Yes),
            ("GPL-2.0-only", Yes),
            ("CC0-1.0", Yes),
            ("AGPL-3.0-only", Yes),
        ],
        possible: &[("MIT", true), ("Unlicense", true), ("CC0-1.0", true)],
        because: "dedications to the public ask for nothing",
        ..NONE
    },
    Case {
        sources: &[
            "0BSD",
            "ISC",
            "Zlib",
            "BSL-1.0",
            "BlueOak-1.0.0",
            "Unicode-3.0",
        ],
        any: Yes,
        under: &[("MIT", Yes), ("GPL-3.0-only", Yes)],
        because: "permissive licenses",
        ..NONE
    },
    Case {
        sources: &["BSD-4-Clause", "MIT"],
        any: Yes,
        under: &[("MIT", Yes), ("Apache-2.0", Yes)],
        because: "permissive licenses",
        ..NONE
    },
    Case {
        sources: &["BSD-4-Clause", "GPL-2.0-only"],
        any: No,
        because: "the FSF: the advertising clause is a further restriction",
        ..NONE
    },
    Case {
        sources: &["BSD-4-Clause", "GPL-3.0-or-later"],
        any: No,
        because: "the FSF: the advertising clause is a further restriction",
        ..NONE
    },
    Case {
        sources: &["EPL-2.0", "GPL-2.0-only"],
        any: No,
        because: "without the secondary license that its notice may name, the EPL wants itself",
        ..NONE
    },
    Case {
        sources: &["EPL-2.0", "MIT"],
        any: Yes,
        under: &[("EPL-2.0", Yes), ("MIT", No)],
        because: "the Eclipse Foundation takes permissive code",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0-only"],
        packages: &["EPL-2.0"],
        any: No,
        because: "the GPL reaches the packages of its whole",
        ..NONE
    },
    Case {
        sources: &["CDDL-1.0", "GPL-2.0-only"],
        any: No,
        because: "the FSF: each wants its code under itself",
        ..NONE
    },
    Case {
        sources: &["CDDL-1.1", "GPL-3.0-only"],
        any: No,
        because: "the FSF: each wants its code under itself",
        ..NONE
    },
    Case {
        sources: &["Python-2.0", "MIT"],
        any: Yes,
        under: &[("MIT", Yes)],
        because: "permissive licenses",
        ..NONE
    },
    Case {
        sources: &["PSF-2.0", "GPL-3.0-only"],
        any: No,
        under: &[("GPL-3.0-only", No)],
        because: "OSADL: the summary of changes is a further restriction for changed copies; the FSF sees it otherwise, and the stricter answer stands",
        ..NONE
    },
    Case {
        sources: &["GPL-3.0-only"],
        packages: &["PSF-2.0", "Python-2.0.1"],
        any: If,
        under: &[("GPL-3.0-only", If)],
        because: "what is not changed needs no summary of changes",
        ..NONE
    },
    Case {
        sources: &["GPL-3.0-only"],
        packages: &["Apache-2.0 AND CNRI-Python"],
        any: No,
        because: "the FSF: the choice of law in CNRI's license is a further restriction",
        ..NONE
    },
    Case {
        sources: &["MIT"],
        packages: &["CDLA-Permissive-2.0", "Apache-2.0 AND CNRI-Python"],
        any: Yes,
        under: &[("MIT", Yes)],
        because: "permissive licenses, one of them for data",
        ..NONE
    },
    Case {
        sources: &["Ruby", "ZPL-2.1", "MulanPSL-2.0"],
        any: Yes,
        under: &[("MIT", Yes), ("Apache-2.0", Yes)],
        because: "permissive licenses beside those of the matrix",
        ..NONE
    },
    Case {
        sources: &["MulanPSL-2.0", "GPL-2.0-only"],
        any: No,
        because: "its patent terms are those of Apache-2.0",
        ..NONE
    },
    Case {
        sources: &["CECILL-2.1", "MIT"],
        any: Yes,
        under: &[("GPL-2.0-only", Yes), ("AGPL-3.0-only", Yes), ("MIT", No)],
        because: "article 5.3.4 names the GPL, the AGPL and the EUPL",
        ..NONE
    },
    Case {
        sources: &["EUPL-1.1+", "MIT"],
        any: Yes,
        under: &[("EUPL-1.2", Yes), ("MIT", No)],
        because: "a later version may be chosen",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0+", "GPL-3.0"],
        any: Yes,
        under: &[("GPL-3.0", Yes)],
        because: "names that SPDX gave up mean those of today",
        ..NONE
    },
    Case {
        sources: &["OpenSSL", "MIT"],
        any: Yes,
        under: &[("OpenSSL", Yes), ("MIT", Unknown), ("GPL-2.0-only", No)],
        because: "whether its last sentence is copyleft is disputed",
        ..NONE
    },
    Case {
        sources: &["GPL-2.0-only AND Apache-2.0"],
        any: No,
        because: "both hold at once",
        ..NONE
    },
    Case {
        sources: &["(MIT OR GPL-2.0-only) AND (Apache-2.0 OR GPL-2.0-only)"],
        any: Yes,
        under: &[("MIT", Yes), ("GPL-2.0-only", Yes)],
        because: "each choice is made for itself",
        ..NONE
    },
    Case {
        sources: &["MIT", "GPL-3.0-only"],
        any: Yes,
        under: &[("MIT OR GPL-3.0-only", No), ("MIT AND GPL-3.0-only", Yes)],
        because: "who receives the whole may choose any alternative; of licenses that hold together one leads",
        ..NONE
    },
    Case {
        sources: &["GFDL-1.3-or-later"],
        any: Unknown,
        under: &[("MIT", Unknown), ("GFDL-1.3-or-later", Yes)],
        because: "neither matrix nor rules have it, and the same license is the same",
        ..NONE
    },
    Case {
        sources: &[],
        any: Yes,
        under: &[("MIT", Yes)],
        because: "nothing contradicts nothing",
        ..NONE
    },
];

#[test]
fn every_combination_has_the_expected_answer() {
    let mut wrong = Vec::new();
    for case in CASES {
        let combination = format!(
            "{:?} with {:?} ({})",
            case.sources, case.packages, case.because
        );
        let found = judged(case.sources, case.packages, None);
        if found.verdict != case.any {
            wrong.push(format!(
                "{combination}: {} instead of {}",
                found.verdict, case.any
            ));
        }
        for (outbound, expected) in case.possible {
            let is_possible = found.possible_outbound.iter().any(|name| name == outbound);
            if is_possible != *expected {
                wrong.push(format!(
                    "{combination}: {outbound} is possible: {is_possible}"
                ));
            }
        }
        for (outbound, expected) in case.under {
            let found = judged(case.sources, case.packages, Some(outbound)).verdict;
            if found != *expected {
                wrong.push(format!(
                    "{combination} under {outbound}: {found} instead of {expected}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
