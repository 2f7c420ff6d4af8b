//! A sparse Cargo registry on 127.0.0.1: `config.json`, one index file per crate, and the `.crate` files. Serves what it is given,
//! wrong checksums too.

use serde_json::{Value, json};
use synthesizer_model::tree::sha256_hex;

use super::server::{Document, RegistryServer, Shelf};
use crate::{archives::tarball, faults::Faults, loopback::LoggedRequest};

/// A version of a crate.
#[derive(Debug, Clone)]
pub struct CrateRelease {
    name: String,
    version: String,
    archive: Vec<u8>,
    checksum: String,
    rust_version: Option<String>,
    dependencies: Vec<Value>,
    yanked: bool,
}

impl CrateRelease {
    /// Makes a release of these files and a `Cargo.toml`, below `NAME-VERSION/`.
    pub fn new(name: &str, version: &str, files: &[(&str, &[u8])]) -> Self {
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n");
        let mut all = vec![("Cargo.toml", manifest.as_bytes())];
        all.extend(files);
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            archive: Vec::new(),
            checksum: String::new(),
            rust_version: None,
            dependencies: Vec::new(),
            yanked: false,
        }
        .with_archive(tarball(&format!("{name}-{version}"), &all))
    }

    /// Puts other bytes in the place of the archive, and their checksum into the index.
    #[must_use]
    pub fn with_archive(mut self, bytes: Vec<u8>) -> Self {
        self.checksum = sha256_hex(&bytes);
        self.archive = bytes;
        self
    }

    /// Announces another checksum than the archive has.
    #[must_use]
    pub fn with_wrong_checksum(mut self) -> Self {
        self.checksum = sha256_hex(b"something else");
        self
    }

    /// Says in the index which Rust it needs.
    #[must_use]
    pub fn needing_rust(mut self, version: &str) -> Self {
        self.rust_version = Some(version.to_owned());
        self
    }

    /// Says in the index that it needs another crate.
    #[must_use]
    pub fn needing(mut self, name: &str, requirement: &str) -> Self {
        self.dependencies.push(json!({
            "name": name, "req": requirement, "features": [], "optional": false,
            "default_features": true, "target": null, "kind": "normal",
        }));
        self
    }

    /// Marks it as yanked.
    #[must_use]
    pub fn yanked(mut self) -> Self {
        self.yanked = true;
        self
    }

    /// Gives the SHA-256 of the archive.
    pub fn sha256(&self) -> String {
        sha256_hex(&self.archive)
    }

    fn line(&self) -> String {
        let mut line = json!({
            "name": self.name,
            "vers": self.version,
            "deps": self.dependencies,
            "cksum": self.checksum,
            "features": {},
            "yanked": self.yanked,
        });
        if let Some(version) = &self.rust_version {
            line["rust_version"] = version.as_str().into();
        }
        format!("{line}\n")
    }

    fn archive_path(&self) -> String {
        format!("/crates/{}/{}/download", self.name, self.version)
    }

    fn index_path(&self) -> String {
        let name = self.name.to_ascii_lowercase();
        match name.len() {
            1 => format!("/index/1/{name}"),
            2 => format!("/index/2/{name}"),
            3 => format!("/index/3/{}/{name}", &name[..1]),
            _ => format!("/index/{}/{}/{name}", &name[..2], &name[2..4]),
        }
    }
}

/// A running registry; ends when dropped.
#[derive(Debug)]
pub struct CargoRegistry {
    server: RegistryServer,
    token: Option<String>,
}

impl CargoRegistry {
    /// Serves the releases to everybody.
    pub fn start(releases: Vec<CrateRelease>) -> Self {
        Self::serve(releases, None)
    }

    /// Serves the releases to nobody without this token.
    pub fn start_with_token(releases: Vec<CrateRelease>, token: &str) -> Self {
        Self::serve(releases, Some(token.to_owned()))
    }

    fn serve(releases: Vec<CrateRelease>, token: Option<String>) -> Self {
        let releases = Releases {
            list: releases,
            asks_for_token: token.is_some(),
        };
        Self {
            server: RegistryServer::start(releases, token.clone()),
            token,
        }
    }

    /// Gives the URL of the index, as a configuration names it.
    pub fn index_url(&self) -> String {
        format!("sparse+{}", self.server.url("/index/"))
    }

    /// Gives a configuration (`config.toml`) in which the registry stands for the public one.
    pub fn replacing_configuration(&self) -> String {
        format!(
            "[source.crates-io]\nreplace-with = \"stand-in\"\n[source.stand-in]\nregistry = \"{}\"\n",
            self.index_url()
        )
    }

    /// Gives a configuration in which the registry is the default one, with the token that it asks for.
    pub fn default_configuration(&self) -> String {
        let token = self.token.as_ref().map_or_else(String::new, |token| {
            format!("token = \"{token}\"\ncredential-provider = [\"cargo:token\"]\n")
        });
        format!(
            "[registry]\ndefault = \"stand-in\"\n[registries.stand-in]\nindex = \"{}\"\n{token}",
            self.index_url()
        )
    }

    /// Gives the script of what goes wrong: `Status`, `RedirectTo`, `GarbageBytes`, `Truncate`, `HugeBody` and `Hold` are done.
    pub fn faults(&self) -> &Faults {
        self.server.faults()
    }

    /// Gives the requests so far.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.server.requests()
    }
}

struct Releases {
    list: Vec<CrateRelease>,
    asks_for_token: bool,
}

impl Shelf for Releases {
    fn document(&self, path: &str, base: &str) -> Option<Document> {
        if path == "/index/config.json" {
            let document =
                json!({ "dl": format!("{base}/crates"), "auth-required": self.asks_for_token });
            return Some(Document {
                kind: "application/json",
                body: document.to_string().into_bytes(),
            });
        }
        if let Some(found) = self
            .list
            .iter()
            .find(|release| release.archive_path() == path)
        {
            return Some(Document {
                kind: "application/gzip",
                body: found.archive.clone(),
            });
        }
        let of_index = self
            .list
            .iter()
            .filter(|release| release.index_path() == path);
        let lines: String = of_index.map(CrateRelease::line).collect();
        (!lines.is_empty()).then(|| Document {
            kind: "text/plain",
            body: lines.into_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::*;

    /// Asks cargo about a crate; gives what it says, and whether it had success.
    fn info(configuration: &str, specification: &str) -> (bool, String) {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("config.toml"), configuration).expect("a file");
        let output = Command::new("cargo")
            .args(["info", "--quiet", specification])
            .env("CARGO_HOME", home.path())
            .env("CARGO_NET_RETRY", "0")
            .current_dir(home.path())
            .output()
            .expect("cargo is installed");
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    #[test]
    fn cargo_downloads_what_is_served_and_notices_a_wrong_checksum() {
        let source = ("src/lib.rs", b"".as_slice());
        let releases = vec![
            CrateRelease::new("demo", "1.0.0", &[source]),
            CrateRelease::new("wrong", "1.0.0", &[source]).with_wrong_checksum(),
            CrateRelease::new("old", "1.0.0", &[source]).yanked(),
        ];
        let registry = CargoRegistry::start_with_token(releases, "hidden-word");
        let check = |configuration: &str, specification: &str, expected: (bool, &str)| {
            let (success, said) = info(configuration, specification);
            assert_eq!(success, expected.0, "{said}");
            assert!(said.contains(expected.1), "{said}");
        };
        let own = registry.default_configuration();
        check(&own, "demo@1.0.0", (true, "version: 1.0.0"));
        check(&own, "wrong", (false, "verify the checksum"));
        check(&own, "old", (false, "could not find"));
        let without_token = own.replace("token = \"hidden-word\"", "");
        check(&without_token, "demo", (false, "no token found"));
    }
}
