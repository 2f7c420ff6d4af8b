//! An npm registry on 127.0.0.1: one document per package with all its versions, and the tarballs. Serves what it is given, wrong
//! hashes and hostile addresses too.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use sha1::Digest as _;

use super::server::{Document, RegistryServer, Shelf};
use crate::{archives::tarball, faults::Faults, loopback::LoggedRequest};

/// Which hashes of a tarball the registry announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announced {
    /// The SHA-512 and the SHA-1 that it has.
    Right,
    /// Those of another tarball.
    Wrong,
    /// The SHA-1 alone, as for what was published before 2017.
    OldHash,
    /// None.
    Nothing,
}

/// A version of a package.
#[derive(Debug, Clone)]
pub struct NpmRelease {
    name: String,
    version: String,
    tag: Option<String>,
    manifest: Value,
    tarball: Vec<u8>,
    announced: Announced,
    address: Option<String>,
}

impl NpmRelease {
    /// Makes a release of these files and a `package.json`, below `package/`; the last one of a package is its `latest`.
    pub fn new(name: &str, version: &str, files: &[(&str, &[u8])]) -> Self {
        Self::with_manifest(
            json!({ "name": name, "version": version }),
            "package",
            files,
        )
    }

    /// Makes a release with a manifest of the caller's making and another top folder.
    pub fn with_manifest(manifest: Value, top: &str, files: &[(&str, &[u8])]) -> Self {
        let text = |key: &str| manifest[key].as_str().expect("a text").to_owned();
        let written = manifest.to_string();
        let mut all = vec![("package.json", written.as_bytes())];
        all.extend(files);
        Self {
            name: text("name"),
            version: text("version"),
            tag: Some("latest".to_owned()),
            tarball: tarball(top, &all),
            manifest,
            announced: Announced::Right,
            address: None,
        }
    }

    /// Puts other bytes in the place of the tarball.
    #[must_use]
    pub fn with_tarball(mut self, bytes: Vec<u8>) -> Self {
        self.tarball = bytes;
        self
    }

    /// Gives it another tag than `latest`.
    #[must_use]
    pub fn tagged(mut self, tag: &str) -> Self {
        self.tag = Some(tag.to_owned());
        self
    }

    /// Chooses which hashes are announced.
    #[must_use]
    pub fn announcing(mut self, announced: Announced) -> Self {
        self.announced = announced;
        self
    }

    /// Announces the tarball at another address, such as `git+file:///somewhere`.
    #[must_use]
    pub fn at_address(mut self, address: &str) -> Self {
        self.address = Some(address.to_owned());
        self
    }

    /// Gives the SHA-512 of the tarball, as npm writes it.
    pub fn integrity(&self) -> String {
        integrity(&self.tarball)
    }

    fn path(&self) -> String {
        let last = self.name.rsplit('/').next().unwrap_or(&self.name);
        format!("/{}/-/{last}-{}.tgz", self.name, self.version)
    }

    fn description(&self, base: &str) -> Value {
        let hashed: &[u8] = match self.announced {
            Announced::Wrong => b"something else",
            _ => &self.tarball,
        };
        let address = self.address.clone();
        let mut dist = Map::new();
        dist.insert(
            "tarball".to_owned(),
            address
                .unwrap_or_else(|| format!("{base}{}", self.path()))
                .into(),
        );
        if matches!(self.announced, Announced::Right | Announced::Wrong) {
            dist.insert("integrity".to_owned(), integrity(hashed).into());
        }
        if self.announced != Announced::Nothing {
            let hash = hex::encode(sha1::Sha1::digest(hashed));
            dist.insert("shasum".to_owned(), hash.into());
        }
        let mut description = self.manifest.clone();
        description["dist"] = Value::Object(dist);
        description
    }
}

fn integrity(bytes: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(sha2::Sha512::digest(bytes)))
}

/// A running registry; ends when dropped.
#[derive(Debug)]
pub struct NpmRegistry {
    server: RegistryServer,
    token: Option<String>,
}

impl NpmRegistry {
    /// Serves the releases to everybody.
    pub fn start(releases: Vec<NpmRelease>) -> Self {
        Self {
            server: RegistryServer::start(Releases(releases), None),
            token: None,
        }
    }

    /// Serves the releases to nobody without this token.
    pub fn start_with_token(releases: Vec<NpmRelease>, token: &str) -> Self {
        let authorization = Some(format!("Bearer {token}"));
        Self {
            server: RegistryServer::start(Releases(releases), authorization),
            token: Some(token.to_owned()),
        }
    }

    /// Gives the URL for npm's setting `registry`.
    pub fn url(&self) -> String {
        self.server.url("/")
    }

    /// Gives a user configuration (`.npmrc`) that reaches the registry, with the token that it asks for.
    pub fn user_configuration(&self) -> String {
        let token = self.token.as_ref().map_or_else(String::new, |token| {
            format!("//{}/:_authToken={token}\n", self.server.authority())
        });
        format!("registry={}\n{token}", self.url())
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

struct Releases(Vec<NpmRelease>);

impl Shelf for Releases {
    fn document(&self, path: &str, base: &str) -> Option<Document> {
        if let Some(release) = self.0.iter().find(|release| release.path() == path) {
            return Some(Document {
                kind: "application/octet-stream",
                body: release.tarball.clone(),
            });
        }
        let name = path.trim_start_matches('/');
        let of_name: Vec<&NpmRelease> = self
            .0
            .iter()
            .filter(|release| release.name == name)
            .collect();
        if of_name.is_empty() {
            return None;
        }
        let mut tags = BTreeMap::new();
        let mut versions = Map::new();
        for release in of_name {
            if let Some(tag) = &release.tag {
                tags.insert(tag, &release.version);
            }
            versions.insert(release.version.clone(), release.description(base));
        }
        let document = json!({ "name": name, "dist-tags": tags, "versions": versions });
        Some(Document {
            kind: "application/json",
            body: document.to_string().into_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, process::Command};

    use super::*;

    /// Asks npm to download a package and gives the names of the files that it wrote, or what it said.
    fn pack(configuration: &str, package: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let place = |name: &str| folder.path().join(name).display().to_string();
        fs::write(place("npmrc"), configuration).expect("a file");
        fs::create_dir(place("into")).expect("a folder");
        let output = Command::new("npm")
            .args(["pack", package, "--fetch-retries=0", "--loglevel=error"])
            .env("npm_config_userconfig", place("npmrc"))
            .env("npm_config_cache", place("cache"))
            .current_dir(place("into"))
            .output()
            .expect("npm is installed");
        let files = fs::read_dir(Path::new(&place("into"))).expect("a folder");
        let files = files.flatten().map(|file| file.file_name());
        match output.status.success() {
            true => Ok(files
                .map(|name| name.to_string_lossy().into_owned())
                .collect()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    #[test]
    fn npm_downloads_what_is_served_and_notices_a_wrong_hash() {
        let releases = vec![
            NpmRelease::new("@scope/demo", "1.0.0", &[("index.js", b"")]),
            NpmRelease::new("@scope/demo", "2.0.0", &[]),
            NpmRelease::new("@scope/demo", "3.0.0-beta.1", &[]).tagged("next"),
            NpmRelease::new("wrong", "1.0.0", &[]).announcing(Announced::Wrong),
        ];
        let registry = NpmRegistry::start_with_token(releases, "hidden-word");
        let said = pack(&format!("registry={}\n", registry.url()), "wrong").expect_err("401");
        assert!(said.contains("code E401"), "{said}");
        let packed = |package: &str| pack(&registry.user_configuration(), package);
        assert_eq!(
            packed("@scope/demo").expect("packs"),
            ["scope-demo-2.0.0.tgz"]
        );
        assert_eq!(
            packed("@scope/demo@next").expect("packs"),
            ["scope-demo-3.0.0-beta.1.tgz"]
        );
        let said = packed("wrong").expect_err("the hash differs");
        assert!(said.contains("EINTEGRITY"), "{said}");
    }
}
