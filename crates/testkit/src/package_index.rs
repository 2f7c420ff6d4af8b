//! A Python package index on 127.0.0.1: the simple repository API as HTML (PEP 503) and JSON (PEP 691), with file hashes and
//! wheel metadata (PEP 658). Serves what it is given, hostile archives and wrong hashes too.

use std::{
    collections::BTreeMap,
    io::Read as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use synthesizer_model::{dependency::normalize_distribution, tree::sha256_hex};

use crate::loopback::{LoggedRequest, LoopbackServer, RequestLog};

/// A release of a package.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name, as its author writes it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// File names and contents.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Package {
    /// Makes a release without files.
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            files: Vec::new(),
        }
    }

    /// Adds a source archive with these files.
    #[must_use]
    pub fn with_sdist(self, files: &[(&str, &[u8])]) -> Self {
        let name = crate::archives::sdist_file_name(&self.name, &self.version);
        let archive = crate::archives::sdist(&self.name, &self.version, files);
        self.with_file(name, archive)
    }

    /// Adds a pure wheel with these files and requirements.
    #[must_use]
    pub fn with_wheel(self, files: &[(&str, &[u8])], requires: &[&str]) -> Self {
        let name = crate::archives::wheel_file_name(&self.name, &self.version);
        let archive = crate::archives::wheel(&self.name, &self.version, files, requires);
        self.with_file(name, archive)
    }

    /// Adds a file as it is.
    #[must_use]
    pub fn with_file(mut self, name: impl Into<String>, contents: Vec<u8>) -> Self {
        self.files.push((name.into(), contents));
        self
    }
}

/// How the index behaves.
#[derive(Debug, Clone, Default)]
pub struct IndexBehaviour {
    /// User and password without which every answer is 401.
    pub credentials: Option<(String, String)>,
    /// Announces a wrong hash for every file.
    pub wrong_hashes: bool,
    /// Does not offer wheel metadata apart from the wheel.
    pub without_metadata: bool,
    /// Sends every file request on to this URL, with the file name added.
    pub redirect_files_to: Option<String>,
}

/// A running index; ends when dropped.
#[derive(Debug)]
pub struct PackageIndex {
    server: LoopbackServer,
    shelf: Arc<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    prefix: String,
    packages: BTreeMap<String, Vec<Package>>,
    behaviour: IndexBehaviour,
    log: RequestLog,
}

impl PackageIndex {
    /// Serves the packages to everybody.
    pub fn start(packages: Vec<Package>) -> Self {
        Self::start_with(packages, IndexBehaviour::default())
    }

    /// Serves the packages with a special behaviour.
    pub fn start_with(packages: Vec<Package>, behaviour: IndexBehaviour) -> Self {
        let mut by_name: BTreeMap<String, Vec<Package>> = BTreeMap::new();
        for package in packages {
            let name = normalize_distribution(&package.name);
            by_name.entry(name).or_default().push(package);
        }
        let shelf = Arc::new(Shelf {
            prefix: unique_prefix(),
            packages: by_name,
            behaviour,
            log: RequestLog::default(),
        });
        let routes = Router::new().fallback(answer).with_state(shelf.clone());
        Self {
            server: LoopbackServer::start(routes),
            shelf,
        }
    }

    /// Gives the URL for `UV_DEFAULT_INDEX`, without credentials.
    pub fn index_url(&self) -> String {
        self.server.url(&format!("/{}/simple", self.shelf.prefix))
    }

    /// Gives the same URL with the credentials that the index asks for.
    pub fn index_url_with_credentials(&self) -> String {
        let url = self.index_url();
        match &self.shelf.behaviour.credentials {
            Some((user, password)) => {
                url.replacen("http://", &format!("http://{user}:{password}@"), 1)
            }
            None => url,
        }
    }

    /// Gives `HOST:PORT`, as `network.allow_hosts` wants it.
    pub fn authority(&self) -> String {
        self.server.address().to_string()
    }

    /// Gives the requests so far.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shelf.log.all()
    }
}

/// Gives a path that no other index had, because clients remember answers by URL and ports come back.
fn unique_prefix() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("the clock is past 1970");
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("i{:x}-{:x}-{number:x}", std::process::id(), now.as_nanos())
}

async fn answer(State(shelf): State<Arc<Shelf>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    shelf.log.record(&parts);
    if !shelf.admits(&parts.headers) {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"index\"")];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    }
    let path: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
    let wants_json = parts
        .headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("application/vnd.pypi.simple.v1+json"));
    let found = match path.as_slice() {
        [prefix, "simple", name] if *prefix == shelf.prefix => shelf.listing(name, wants_json),
        [prefix, "files", file] if *prefix == shelf.prefix => shelf.file(file),
        _ => None,
    };
    found.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

impl Shelf {
    fn admits(&self, headers: &HeaderMap) -> bool {
        let Some((user, password)) = &self.behaviour.credentials else {
            return true;
        };
        let expected = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        headers
            .get(header::AUTHORIZATION)
            .is_some_and(|given| given.as_bytes() == expected.as_bytes())
    }

    fn listing(&self, name: &str, wants_json: bool) -> Option<Response> {
        let releases = self.packages.get(&normalize_distribution(name))?;
        let (kind, body) = if wants_json {
            (
                "application/vnd.pypi.simple.v1+json",
                self.listing_json(name, releases),
            )
        } else {
            ("text/html; charset=utf-8", self.listing_html(releases))
        };
        let headers = [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "no-store"),
        ];
        Some((headers, body).into_response())
    }

    fn listing_json(&self, name: &str, releases: &[Package]) -> String {
        let files = releases.iter().flat_map(|release| &release.files);
        let files: Vec<_> = files
            .map(|(file, contents)| {
                let metadata = self.wheel_metadata(file, contents);
                json!({
                    "filename": file,
                    "url": format!("../../files/{file}"),
                    "hashes": { "sha256": self.announced_hash(contents) },
                    "size": contents.len(),
                    "core-metadata": metadata.map(|metadata| json!({ "sha256": sha256_hex(&metadata) })).unwrap_or(json!(false)),
                })
            })
            .collect();
        let mut versions: Vec<_> = releases.iter().map(|release| &release.version).collect();
        versions.dedup();
        json!({ "meta": { "api-version": "1.1" }, "name": name, "versions": versions, "files": files }).to_string()
    }

    fn listing_html(&self, releases: &[Package]) -> String {
        let mut page = String::from("<!DOCTYPE html><html><body>\n");
        for (file, contents) in releases.iter().flat_map(|release| &release.files) {
            let hash = self.announced_hash(contents);
            let metadata = self
                .wheel_metadata(file, contents)
                .map(|metadata| format!(" data-core-metadata=\"sha256={}\"", sha256_hex(&metadata)))
                .unwrap_or_default();
            page.push_str(&format!(
                "<a href=\"../../files/{file}#sha256={hash}\"{metadata}>{file}</a><br>\n"
            ));
        }
        page.push_str("</body></html>\n");
        page
    }

    fn announced_hash(&self, contents: &[u8]) -> String {
        if self.behaviour.wrong_hashes {
            sha256_hex(b"something else")
        } else {
            sha256_hex(contents)
        }
    }

    fn file(&self, name: &str) -> Option<Response> {
        let files = || {
            self.packages
                .values()
                .flatten()
                .flat_map(|release| &release.files)
        };
        if let Some(base) = &self.behaviour.redirect_files_to {
            let target = format!("{base}{name}");
            return Some((StatusCode::FOUND, [(header::LOCATION, target)]).into_response());
        }
        if let Some((_, contents)) = files().find(|(file, _)| file == name) {
            let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
            return Some((kind, contents.clone()).into_response());
        }
        let wheel = name.strip_suffix(".metadata")?;
        let (file, contents) = files().find(|(file, _)| file == wheel)?;
        Some(self.wheel_metadata(file, contents)?.into_response())
    }

    /// Reads `METADATA` out of a wheel; `None` for other files, unreadable ones, and when the index offers none.
    fn wheel_metadata(&self, file: &str, contents: &[u8]) -> Option<Vec<u8>> {
        if self.behaviour.without_metadata || !file.ends_with(".whl") {
            return None;
        }
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(contents)).ok()?;
        let name = archive
            .file_names()
            .find(|name| name.ends_with(".dist-info/METADATA"))?
            .to_owned();
        let mut metadata = Vec::new();
        archive
            .by_name(&name)
            .ok()?
            .read_to_end(&mut metadata)
            .ok()?;
        Some(metadata)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn packages() -> Vec<Package> {
        vec![
            Package::new("Needs_Base", "2.0").with_wheel(&[("needs_base.py", b"")], &["base>=1"]),
            Package::new("base", "1.5").with_wheel(&[("base.py", b"value = 5\n")], &[]),
            Package::new("base", "1.5").with_sdist(&[("base.py", b"value = 5\n")]),
        ]
    }

    /// Asks uv to resolve a requirement and to install what it found, and gives its standard output and error.
    fn resolve(index: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("in"), "needs-base").expect("a file");
        let uv = |arguments: &[&str]| {
            let output = Command::new("uv")
                .args(arguments)
                .current_dir(folder.path())
                .env("UV_DEFAULT_INDEX", index)
                .env("UV_CACHE_DIR", folder.path().join("cache"))
                .env("UV_NO_CONFIG", "1")
                .env("UV_PYTHON_DOWNLOADS", "never")
                .env_remove("UV_FIND_LINKS")
                .output()
                .expect("uv is installed");
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            if output.status.success() {
                Ok(text(&output.stdout))
            } else {
                Err(text(&output.stderr))
            }
        };
        let lock = uv(&["pip", "compile", "--no-header", "--no-annotate", "in"])?;
        std::fs::write(folder.path().join("out"), &lock).expect("a file");
        uv(&[
            "pip",
            "install",
            "--target",
            "into",
            "--requirements",
            "out",
        ])?;
        assert!(folder.path().join("into/base.py").is_file());
        Ok(lock)
    }

    #[test]
    fn uv_resolves_and_installs() {
        let index = PackageIndex::start(packages());
        let lock = resolve(&index.index_url()).expect("a solution");
        assert_eq!(lock, "base==1.5\nneeds-base==2.0\n");
        assert!(
            index
                .requests()
                .iter()
                .any(|request| request.target.ends_with(".metadata"))
        );
    }

    #[test]
    fn credentials_are_asked_for() {
        let behaviour = IndexBehaviour {
            credentials: Some(("user".to_owned(), "secret".to_owned())),
            ..IndexBehaviour::default()
        };
        let index = PackageIndex::start_with(packages(), behaviour);
        resolve(&index.index_url()).expect_err("401");
        resolve(&index.index_url_with_credentials()).expect("a solution");
    }

    #[test]
    fn wrong_hashes_are_noticed() {
        let behaviour = IndexBehaviour {
            wrong_hashes: true,
            without_metadata: true,
            ..IndexBehaviour::default()
        };
        let index = PackageIndex::start_with(packages(), behaviour);
        let said = resolve(&index.index_url()).expect_err("the hash differs");
        assert!(said.contains("ash mismatch"), "{said}");
    }
}
