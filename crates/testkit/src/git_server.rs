//! Git over HTTP: a small CGI host around the real `git http-backend`. Read-only stand-in for a git platform; no authentication.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use tokio::io::AsyncWriteExt as _;

use crate::loopback::{LoggedRequest, LoopbackServer, RequestLog};

/// The largest request that is read; a fetch sends a few kilobytes.
const REQUEST_LIMIT: usize = 64 << 20;

/// Serves every repository below a folder; ends when dropped.
#[derive(Debug)]
pub struct GitServer {
    server: LoopbackServer,
    log: RequestLog,
}

#[derive(Clone)]
struct Host {
    root: PathBuf,
    log: RequestLog,
}

impl GitServer {
    /// Serves the repositories below `root` on a free port of 127.0.0.1.
    ///
    /// Clients may fetch any object by its id and filter blobs, as the large platforms allow.
    pub fn start(root: &Path) -> Self {
        let log = RequestLog::default();
        let host = Host {
            root: root.canonicalize().expect("the root exists"),
            log: log.clone(),
        };
        let routes = Router::new().fallback(answer).with_state(host);
        Self {
            server: LoopbackServer::start(routes),
            log,
        }
    }

    /// Gives the URL of a repository that [`crate::git_repository::GitRepository`] made under that name.
    pub fn url(&self, name: &str) -> String {
        self.server.url(&format!("/{name}.git"))
    }

    /// Gives `HOST:PORT`, as `network.allow_hosts` wants it.
    pub fn authority(&self) -> String {
        self.server.address().to_string()
    }

    /// Gives the requests so far.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.log.all()
    }
}

async fn answer(State(host): State<Host>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    host.log.record(&parts);
    let Ok(body) = axum::body::to_bytes(body, REQUEST_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    match run_backend(&host.root, &parts, &body).await {
        Ok(output) => parse_cgi(output),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn run_backend(root: &Path, parts: &Parts, body: &Bytes) -> std::io::Result<Vec<u8>> {
    let header = |name: HeaderName| {
        let value = parts.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    };
    let mut command = tokio::process::Command::new("git");
    command
        .arg("http-backend")
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("PATH_INFO", parts.uri.path())
        .env("QUERY_STRING", parts.uri.query().unwrap_or(""))
        .env("CONTENT_TYPE", header(header::CONTENT_TYPE))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header(header::CONTENT_ENCODING))
        .env(
            "GIT_PROTOCOL",
            header(HeaderName::from_static("git-protocol")),
        )
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("SERVER_PROTOCOL", "HTTP/1.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let settings = [
        ("uploadpack.allowFilter", "true"),
        ("uploadpack.allowAnySHA1InWant", "true"),
        ("safe.directory", "*"),
    ];
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (number, (key, value)) in settings.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{number}"), key);
        command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    let mut backend = command.spawn()?;
    let mut stdin = backend.stdin.take().expect("stdin is piped");
    let feed = async move {
        // The backend stops reading when it knows its answer.
        let _ = stdin.write_all(body).await;
    };
    let ((), output) = tokio::join!(feed, backend.wait_with_output());
    Ok(output?.stdout)
}

/// Turns a CGI answer (RFC 3875, section 6) into an HTTP answer.
fn parse_cgi(output: Vec<u8>) -> Response {
    let output = Bytes::from(output);
    let ends = [&b"\r\n\r\n"[..], b"\n\n"];
    let end = ends.iter().find_map(|end| {
        let position = output.windows(end.len()).position(|window| window == *end);
        position.map(|position| (position, position + end.len()))
    });
    let Some((head, body)) = end else {
        return (
            StatusCode::INTERNAL_SERVER_ERROR,
            "no answer from the backend",
        )
            .into_response();
    };
    let mut response = Response::new(Body::from(output.slice(body..)));
    for line in String::from_utf8_lossy(&output[..head]).lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.get(..3).and_then(|code| code.parse().ok());
            let status = code.and_then(|code: u16| StatusCode::from_u16(code).ok());
            *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        } else if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git_repository::{EXECUTABLE, FILE, GitRepository, LINK, RawEntry, run_git};

    #[test]
    fn a_partial_shallow_clone_works() {
        let root = tempfile::tempdir().expect("a folder");
        let repository = GitRepository::create(root.path(), "sample");
        repository.commit_files(&[("old", b"old", FILE)]);
        let big = vec![b'x'; 5000];
        let files: &[(&str, &[u8], u32)] = &[
            ("a\nb/\u{e9}\"", b"odd", FILE),
            ("big", &big, FILE),
            ("link", b"big", LINK),
            ("run", b"#!/bin/sh\n", EXECUTABLE),
        ];
        let commit = repository.commit_files(files);
        let server = GitServer::start(root.path());
        let url = server.url("sample");
        let into = root.path().join("into");
        std::fs::create_dir(&into).expect("a folder");
        let git = |arguments: &[&str]| {
            let output = run_git(&into, arguments, b"").expect("git works");
            String::from_utf8_lossy(&output).into_owned()
        };
        assert_eq!(
            git(&["ls-remote", &url, "HEAD"]),
            format!("{commit}\tHEAD\n")
        );
        git(&["init", "--quiet", "--bare", "."]);
        let filter = "--filter=blob:limit=1000";
        git(&["fetch", "--quiet", "--depth=1", filter, &url, &commit]);
        let objects = git(&["rev-list", "--objects", "--missing=print", &commit]);
        let missing: Vec<_> = objects
            .lines()
            .filter(|line| line.starts_with('?'))
            .collect();
        assert_eq!(missing.len(), 1, "{objects}");
        let listed = git(&["ls-tree", "-r", "-z", "--name-only", &commit]);
        assert_eq!(listed, "a\nb/\u{e9}\"\0big\0link\0run\0");
        assert!(
            server
                .requests()
                .iter()
                .any(|request| request.header("git-protocol").is_some())
        );
    }

    #[test]
    fn hostile_trees_are_served_and_refused_by_a_careful_client() {
        let check = |name: &str, entries: &[RawEntry], passes: bool| {
            let root = tempfile::tempdir().expect("a folder");
            let repository = GitRepository::create(root.path(), name);
            let commit = repository.commit_raw_tree(entries);
            let server = GitServer::start(root.path());
            let into = root.path().join("into");
            std::fs::create_dir(&into).expect("a folder");
            run_git(&into, &["init", "--quiet", "--bare", "."], b"").expect("git works");
            let fetch = [
                "-c",
                "transfer.fsckObjects=true",
                "fetch",
                "--quiet",
                "--depth=1",
            ];
            let url = server.url(name);
            let fetched = run_git(&into, &[&fetch[..], &[&url, &commit]].concat(), b"");
            assert_eq!(fetched.is_ok(), passes, "{name}: {fetched:?}");
        };
        let inner = || vec![RawEntry::file("x", "x")];
        check("parent", &[RawEntry::folder("..", inner())], false);
        check("dot-git", &[RawEntry::folder(".git", inner())], false);
        check(
            "newline",
            &[
                RawEntry::file("a\nb", "x"),
                RawEntry::link("l", "/etc/passwd"),
            ],
            true,
        );
        check(
            "twins",
            &[RawEntry::file("A", "x"), RawEntry::file("a", "y")],
            true,
        );
        check("module", &[RawEntry::submodule("m")], true);
    }

    #[test]
    fn an_unknown_repository_is_404() {
        let root = tempfile::tempdir().expect("a folder");
        let server = GitServer::start(root.path());
        let refused = run_git(root.path(), &["ls-remote", &server.url("absent")], b"");
        assert!(refused.expect_err("nothing there").contains("not found"));
    }
}
