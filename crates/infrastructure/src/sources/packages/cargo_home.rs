//! A home of cargo for one call, in a scratch folder: the user's configuration and credentials are linked into it, not copied. What cargo
//! keeps there disappears with it.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use synthesizer_model::failure::{ErrorCode, Failure};
use tempfile::TempDir;

use crate::{config::Config, sources::cache};

/// The files in which the user configures cargo, new names and old ones.
const SETTINGS: &[&str] = &["config.toml", "config", "credentials.toml", "credentials"];
/// The largest configuration file that is looked at.
const MOST_SETTINGS_BYTES: u64 = 1 << 20;

/// A package that depends on nothing yet. No crate has its name, so that every crate can be added to it.
const EMPTY_PACKAGE: &str = "[package]
name = \"synthesizer_scratch_for_one_package\"
version = \"0.0.0\"
edition = \"2021\"
[lib]
path = \"lib.rs\"
[workspace]
";

/// What cargo does whatever the user's configuration says. No compiler but the toolchain's own is asked for its version, and rustup
/// installs nothing.
const FORCED: &[(&str, &str)] = &[
    ("CARGO_TERM_COLOR", "never"),
    ("RUSTC", "rustc"),
    ("RUSTC_WRAPPER", ""),
    ("RUSTC_WORKSPACE_WRAPPER", ""),
    ("RUSTUP_AUTO_INSTALL", "0"),
];

/// The folder and what cargo is told of it.
#[derive(Debug)]
pub(super) struct CargoHome {
    scratch: TempDir,
    /// The whole environment of cargo.
    pub(super) environment: BTreeMap<String, String>,
}

impl CargoHome {
    /// Makes the home; it is removed when dropped.
    ///
    /// # Errors
    /// `E_CONFIG` when the cache cannot be written.
    pub(super) fn new(
        config: &Config,
        mut environment: BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        let scratch = cache::scratch_folder(&config.paths.cache)?;
        let home = scratch.path().join("home");
        let registry = home.join("registry");
        cache::make_folder(&registry)?;
        let prepare = || -> io::Result<()> {
            // A file where cargo would unpack: it downloads and checks, and then it cannot go on.
            fs::write(registry.join("src"), "")?;
            let Some(own) = users_home(&environment) else {
                return Ok(());
            };
            for name in SETTINGS {
                let file = own.join(name);
                if file.is_file() {
                    symlink(file, home.join(name))?;
                }
            }
            Ok(())
        };
        prepare().map_err(|error| unwritable(&error))?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        environment.insert("CARGO_HOME".to_owned(), text(&home));
        environment.insert("TMPDIR".to_owned(), text(scratch.path()));
        let forced = FORCED.iter();
        environment.extend(forced.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Ok(Self {
            scratch,
            environment,
        })
    }

    /// Writes a package to which a dependency can be added, and gives the path of its manifest.
    ///
    /// # Errors
    /// `E_CONFIG` when the cache cannot be written.
    pub(super) fn empty_manifest(&self) -> Result<PathBuf, Failure> {
        let manifest = self.scratch.path().join("Cargo.toml");
        cache::write_atomically(&manifest, EMPTY_PACKAGE.as_bytes())?;
        Ok(manifest)
    }

    /// Gives the folder that has one folder of archives for each registry.
    pub(super) fn archives(&self) -> PathBuf {
        self.scratch.path().join("home/registry/cache")
    }
}

/// Gives every setting that decides where crates come from, in the environment and the user's configuration file.
pub(super) fn registries(environment: &BTreeMap<String, String>) -> String {
    let mut settings: String = environment
        .iter()
        .filter(|(name, _)| name.ends_with("_INDEX") || *name == "CARGO_REGISTRY_DEFAULT")
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    let file = users_home(environment).and_then(|home| {
        SETTINGS[..2]
            .iter()
            .find_map(|name| cache::read_bounded(&home.join(name), MOST_SETTINGS_BYTES))
    });
    let text = String::from_utf8_lossy(file.as_deref().unwrap_or_default()).into_owned();
    let file: toml::Table = text.parse().unwrap_or_default();
    let default = file
        .get("registry")
        .and_then(|registry| registry.get("default"));
    let named = file.get("registries").and_then(toml::Value::as_table);
    let indexes = named.into_iter().flatten();
    for (name, value) in default
        .map(|value| ("default", value))
        .into_iter()
        .chain(indexes.filter_map(|(name, table)| Some((name.as_str(), table.get("index")?))))
        .chain(file.get("source").map(|value| ("source", value)))
    {
        settings.push_str(&format!("{name}={value}\n"));
    }
    settings
}

fn users_home(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    let named = environment.get("CARGO_HOME").map(PathBuf::from);
    let usual = || Some(Path::new(environment.get("HOME")?).join(".cargo"));
    named.or_else(usual).filter(|path| path.is_absolute())
}

fn unwritable(error: &io::Error) -> Failure {
    Failure::new(
        ErrorCode::Config,
        format!("the cache folder cannot be written: {}", error.kind()),
    )
    .with_hint("let paths.cache name a folder that you can write and that has room")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_registries_are_told_apart_and_hold_no_token() {
        let home = tempfile::tempdir().expect("a folder");
        let check = |file: &str, expected: &[&str]| {
            fs::write(home.path().join("config.toml"), file).expect("a file");
            let home = home.path().display().to_string();
            let environment = BTreeMap::from([
                ("CARGO_HOME".to_owned(), home),
                ("CARGO_REGISTRIES_X_INDEX".to_owned(), "i".to_owned()),
                (
                    "CARGO_REGISTRIES_X_TOKEN".to_owned(),
                    "hidden-word".to_owned(),
                ),
            ]);
            let found = registries(&environment);
            assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{file}");
        };
        check("", &["CARGO_REGISTRIES_X_INDEX=i"]);
        check("not toml", &["CARGO_REGISTRIES_X_INDEX=i"]);
        check(
            "[registry]\ndefault = \"a\"\ntoken = \"hidden-word\"\n[registries.a]\nindex = \"u\"\ntoken = \"hidden-word\"\n[source.s]\nreplace-with = \"a\"\n",
            &[
                "CARGO_REGISTRIES_X_INDEX=i",
                "default=\"a\"",
                "a=\"u\"",
                "source={ s = { replace-with = \"a\" } }",
            ],
        );
    }
}
