//! Properties of every merge, whatever it merges.

use proptest::prelude::*;

use super::*;

const KINDS: [Kind; 7] = [
    Kind::Pyproject,
    Kind::CargoManifest,
    Kind::PackageJson,
    Kind::GoMod,
    Kind::Gitignore,
    Kind::Workflow,
    Kind::ToolConfiguration,
];

fn path(kind: Kind) -> &'static str {
    match kind {
        Kind::Pyproject => "pyproject.toml",
        Kind::CargoManifest => "Cargo.toml",
        Kind::PackageJson => "package.json",
        Kind::GoMod => "go.mod",
        Kind::Gitignore => ".gitignore",
        Kind::Workflow => ".github/workflows/check.yml",
        Kind::ToolConfiguration => "ruff.toml",
    }
}

/// Texts of the format, made of few words so that they meet.
fn text(kind: Kind) -> BoxedStrategy<String> {
    let lines = |line: BoxedStrategy<String>| {
        prop::collection::vec(line, 0..8)
            .prop_map(|lines| lines.concat())
            .boxed()
    };
    let word = || {
        prop::sample::select(vec![
            "a",
            "b",
            "c",
            "dependencies",
            "markers",
            "filterwarnings",
        ])
    };
    match kind {
        Kind::Pyproject | Kind::CargoManifest => {
            let value = prop_oneof![
                Just("1".to_owned()),
                Just("\"x\"".to_owned()),
                Just("[]".to_owned()),
                Just("[\"x>=1\", \"y\"] # why".to_owned()),
                Just("[\n  # one\n  \"x >= 1\",\n  \"z\" # last\n]".to_owned()),
                Just("[\n  \"y\",\n]".to_owned()),
                Just("{ version = \"1\", features = [\"f\"] }".to_owned()),
                Just("{ c = 1 }".to_owned()),
            ];
            let table = (
                prop::sample::select(vec![
                    "a",
                    "tool.pytest.ini_options",
                    "a.b",
                    "tool.ruff",
                    "dependencies",
                    "'a.b'.c",
                ]),
                prop::collection::btree_map(word(), value, 0..4),
                prop::sample::select(vec!["", "# remark\n", "\n"]),
            )
                .prop_map(|(name, keys, remark)| {
                    let keys: String = keys
                        .into_iter()
                        .map(|(key, value)| format!("{remark}{key} = {value}\n"))
                        .collect();
                    (name, keys)
                });
            prop::collection::btree_map(any::<u8>(), table, 0..5)
                .prop_map(|tables| {
                    let mut seen = std::collections::BTreeSet::new();
                    tables
                        .into_values()
                        .filter(|(name, _)| seen.insert(*name))
                        .map(|(name, keys)| {
                            format!("{remark}[{name}]\n{keys}", remark = "# of the table\n")
                        })
                        .collect()
                })
                .boxed()
        }
        Kind::PackageJson => {
            let value = prop::sample::select(vec![
                "1",
                "\"x\"",
                "{}",
                "[]",
                "[1, 2]",
                "[2, {\"a\": 3}]",
                "{\"a\": 1}",
                "{\"b\": {\"c\": []}}",
                "null",
            ]);
            prop::collection::btree_map(word(), value, 0..6)
                .prop_map(|object| {
                    let fields: Vec<String> = object
                        .iter()
                        .map(|(name, value)| format!("\"{name}\": {value}"))
                        .collect();
                    format!("{{{}}}", fields.join(", "))
                })
                .boxed()
        }
        Kind::GoMod => lines(
            prop_oneof![
                (word(), 0_u8..3)
                    .prop_map(|(name, version)| format!("require {name} v1.{version}.0\n")),
                (word(), 0_u8..3).prop_map(|(name, version)| format!(
                    "require (\n\t{name} v1.{version}.0 // indirect\n)\n"
                )),
                (word(), word())
                    .prop_map(|(one, other)| format!("replace {one} => {other} v1.0.0\n")),
                (18_u8..22).prop_map(|minor| format!("go 1.{minor}\n")),
                Just("// remark\n\n".to_owned()),
            ]
            .boxed(),
        ),
        Kind::Gitignore => lines(
            (
                prop::sample::select(vec!["", "!", "/", "# "]),
                word(),
                prop::sample::select(vec!["\n", "\n\n", "/\n"]),
            )
                .prop_map(|(sign, word, end)| format!("{sign}{word}{end}"))
                .boxed(),
        ),
        Kind::Workflow | Kind::ToolConfiguration => lines(
            (word(), word())
                .prop_map(|(key, value)| format!("{key}: {value}\n"))
                .boxed(),
        ),
    }
}

fn kind_and_texts() -> impl Strategy<Value = (Kind, Vec<String>)> {
    prop::sample::select(KINDS.to_vec())
        .prop_flat_map(|kind| (Just(kind), prop::collection::vec(text(kind), 4)))
}

fn source<'a>(kind: Kind, id: &'a str, text: &'a str, extent: Extent) -> MergeSource<'a> {
    MergeSource {
        id,
        path: path(kind),
        text,
        extent,
        folder: "",
    }
}

/// Every line lies in a range, and ranges hold only lines that are there.
fn check_origins(merged: &Merged) {
    let count = merged.text.lines().count();
    let mut known = vec![false; count];
    for origin in &merged.origins {
        assert!(
            origin.first >= 1 && origin.first <= origin.last,
            "{origin:?}"
        );
        for line in origin.first..=origin.last {
            known[line as usize - 1] = true;
        }
    }
    assert!(
        known.into_iter().all(|known| known),
        "{:?}\n{}",
        merged.origins,
        merged.text
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn merging_with_itself_changes_nothing((kind, texts) in kind_and_texts()) {
        for extent in [Extent::Template, Extent::Whole, Extent::Component] {
            let merged = merge(kind, &texts[0], &[source(kind, "x", &texts[0], extent)]);
            prop_assert_eq!(&merged.text, &texts[0]);
            check_origins(&merged);
        }
    }

    #[test]
    fn a_second_merge_adds_nothing((kind, texts) in kind_and_texts()) {
        for extent in [Extent::Template, Extent::Whole, Extent::Component] {
            let sources = [source(kind, "x", &texts[1], extent)];
            let once = merge(kind, &texts[0], &sources);
            let twice = merge(kind, &once.text, &sources);
            prop_assert_eq!(&twice.text, &once.text);
            check_origins(&once);
        }
    }

    #[test]
    fn the_order_of_the_sources_does_not_matter((kind, texts) in kind_and_texts()) {
        let of = |id, text, extent| source(kind, id, text, extent);
        let (x, y, z) = (
            of("x", &texts[1], Extent::Whole),
            of("y", &texts[2], Extent::Component),
            of("z", &texts[3], Extent::Template),
        );
        let merged = merge(kind, &texts[0], &[x, y, z]);
        for order in [[x, z, y], [y, x, z], [y, z, x], [z, x, y], [z, y, x]] {
            prop_assert_eq!(&merge(kind, &texts[0], &order), &merged);
        }
        check_origins(&merged);
    }

    #[test]
    fn any_text_is_survived(kind in prop::sample::select(KINDS.to_vec()), base in "\\PC{0,60}", other in "(\\PC|\n){0,80}") {
        for extent in [Extent::Template, Extent::Whole, Extent::Component] {
            let merged = merge(kind, &base, &[source(kind, "x", &other, extent)]);
            check_origins(&merged);
        }
    }
}

#[test]
fn large_texts_and_many_sources_are_bounded() {
    let large = "x".repeat(LARGEST + 1);
    let ids: Vec<String> = (0..1100).map(|number| format!("s{number}")).collect();
    for kind in KINDS {
        let merged = merge(kind, "", &[source(kind, "x", &large, Extent::Whole)]);
        assert_eq!(merged.findings[0].kind, "merge-too-large");
        let many: Vec<MergeSource<'_>> = ids
            .iter()
            .map(|id| source(kind, id, "", Extent::Whole))
            .collect();
        let merged = merge(kind, "{}", &many);
        assert_eq!(merged.findings[0].kind, "merge-too-much");
    }
}

#[test]
fn files_are_known_by_their_names() {
    for kind in KINDS {
        assert_eq!(kind_of(path(kind)), Some(kind));
    }
    assert_eq!(kind_of("setup.cfg"), Some(Kind::Pyproject));
    assert_eq!(kind_of("src/package.json"), None);
}
