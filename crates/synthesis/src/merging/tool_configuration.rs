//! Configuration of linters, formatters, type checkers and test runners. None of it is merged: moved code is left out of the project's own lint
//! and type check, so its rules are not needed. Says which files stay behind.

use std::collections::BTreeMap;

use synthesizer_model::finding::Severity;

use super::merged::{GENERATED, MergeSource, Merged, all_of, finding, listed};

/// File names, whole or before the first dot after them, and what reads them.
const CONFIGURATIONS: &[(&str, &str)] = &[
    (".clang-format", "clang-format"),
    (".clippy.toml", "clippy"),
    (".coveragerc", "coverage"),
    (".editorconfig", "editors"),
    (".eslintignore", "eslint"),
    (".eslintrc", "eslint"),
    (".flake8", "flake8"),
    (".isort.cfg", "isort"),
    (".mocharc", "mocha"),
    (".mypy.ini", "mypy"),
    (".pre-commit-config.yaml", "pre-commit"),
    (".prettierignore", "prettier"),
    (".prettierrc", "prettier"),
    (".pylintrc", "pylint"),
    (".ruff.toml", "ruff"),
    (".rustfmt.toml", "rustfmt"),
    ("ava.config", "ava"),
    ("babel.config", "babel"),
    ("biome.json", "biome"),
    ("clippy.toml", "clippy"),
    ("deny.toml", "cargo-deny"),
    ("eslint.config", "eslint"),
    ("jest.config", "jest"),
    ("jsconfig.json", "tsc"),
    ("mypy.ini", "mypy"),
    ("noxfile.py", "nox"),
    ("prettier.config", "prettier"),
    ("pyrightconfig.json", "pyright"),
    ("ruff.toml", "ruff"),
    ("rust-toolchain", "rustup"),
    ("rustfmt.toml", "rustfmt"),
    ("tsconfig", "tsc"),
    ("vitest.config", "vitest"),
];

/// Says whether a file at the top of a source configures a tool.
pub(super) fn is_configuration(path: &str) -> bool {
    tool(path).is_some()
}

fn tool(path: &str) -> Option<&'static str> {
    let (_, tool) = CONFIGURATIONS.iter().find(|(name, _)| {
        path.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') && !rest.contains('/'))
    })?;
    Some(tool)
}

pub(super) fn merge(base: &str, sources: &[MergeSource<'_>]) -> Merged {
    let mut of_source: BTreeMap<&str, (&MergeSource<'_>, Vec<String>)> = BTreeMap::new();
    for source in sources {
        if let Some(tool) = tool(source.path) {
            let entry = of_source.entry(source.id).or_insert((source, Vec::new()));
            entry.1.push(format!("{} ({tool})", source.path));
        }
    }
    let findings = of_source
        .values()
        .map(|(source, files)| {
            let what = format!("the settings of tools stay with their project: {}; the project's own do not look at moved code", listed(files));
            finding(Severity::Info, "settings-not-taken", source, None, &what)
        })
        .collect();
    Merged {
        text: base.to_owned(),
        origins: all_of(base, GENERATED),
        findings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_are_known_by_name() {
        for (path, expected) in [
            ("tsconfig.json", Some("tsc")),
            ("tsconfig.build.json", Some("tsc")),
            (".eslintrc", Some("eslint")),
            (".eslintrc.cjs", Some("eslint")),
            ("rust-toolchain.toml", Some("rustup")),
            ("mypy.ini", Some("mypy")),
            ("mypy.initial", None),
            ("src/tsconfig.json", None),
            ("tsconfig/a.json", None),
            ("", None),
        ] {
            assert_eq!(tool(path), expected, "{path}");
        }
    }
}
