//! A token in the environment appears nowhere: not in answers, logs at the level of trace, files, or the command lines of children,
//! whatever the platforms answer. What is looked for was really sent.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::any,
};
use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use serde_json::{Value, json};
use synthesizer_testkit::{
    loopback::LoopbackServer,
    platforms::{PLATFORMS, PlatformWorld},
    program::{Program, Run},
    served::Served,
};

use crate::{
    crafted::program,
    listener::Trap,
    search::{source, statuses},
};

/// Variables and made-up tokens, which have the shape of no platform's tokens.
const TOKENS: [(&str, &str, &str); 4] = [
    (
        "GITHUB_TOKEN",
        "github",
        "marigold+teapot/thirty=seven~wombats",
    ),
    (
        "GITLAB_TOKEN",
        "gitlab",
        "periwinkle/kettle+eleven=otters~sing",
    ),
    (
        "HF_TOKEN",
        "huggingface",
        "cornflower=saucer/ninety+four~badgers",
    ),
    (
        "KAGGLE_API_TOKEN",
        "kaggle",
        "snapdragon~ladle+twelve/herons=drift",
    ),
];

/// What a token may look like, wherever bytes are kept: as it is, percent-encoded, in Base64 at any offset.
struct Forms(Vec<(String, String)>);

impl Forms {
    fn new() -> Self {
        let mut forms = Vec::new();
        for (variable, _, token) in TOKENS {
            let mut add =
                |form: &str, text: String| forms.push((format!("{variable} {form}"), text));
            add("as it is", token.to_owned());
            // The words alone, without what an encoding touches; long enough to be no accident.
            let words: Vec<&str> = token.split(['+', '/', '=', '~']).collect();
            add(
                "its longest word",
                words
                    .iter()
                    .max_by_key(|word| word.len())
                    .expect("words")
                    .to_string(),
            );
            add(
                "percent-encoded",
                percent_encoded(token, |byte| !byte.is_ascii_alphanumeric()),
            );
            add(
                "percent-encoded throughout",
                percent_encoded(token, |_| true),
            );
            for offset in 0..3 {
                let text = BASE64.encode([&b"..."[..offset], token.as_bytes()].concat());
                // Characters at the ends depend on the neighbours.
                let inner = &text[if offset == 0 { 0 } else { 4 }..text.len() - 4];
                add("in base64", inner.to_owned());
                add(
                    "in base64 for URLs",
                    inner.replace('+', "-").replace('/', "_"),
                );
            }
        }
        Self(forms)
    }

    fn in_bytes(&self, bytes: &[u8]) -> Option<&str> {
        // What is not text stays apart from the forms, which are ASCII.
        let text = String::from_utf8_lossy(bytes);
        let holds = |form: &str| text.contains(form);
        let found = self.0.iter().find(|(_, form)| holds(form));
        found.map(|(name, _)| name.as_str())
    }

    fn assert_absent(&self, place: &str, bytes: &[u8]) {
        if let Some(form) = self.in_bytes(bytes) {
            panic!("{form} in {place}: {}", String::from_utf8_lossy(bytes));
        }
    }

    fn assert_absent_from_run(&self, case: &str, run: &Run) {
        self.assert_absent(&format!("stdout of {case}"), run.stdout.as_bytes());
        self.assert_absent(&format!("stderr of {case}"), run.stderr.as_bytes());
        assert!(!run.stderr.contains("panicked"), "{case}: {}", run.stderr);
    }

    /// Reads every file below a folder, names included.
    fn assert_absent_below(&self, folder: &Path) -> usize {
        let (mut pending, mut files) = (vec![folder.to_path_buf()], 0);
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                self.assert_absent("a path", path.as_os_str().as_encoded_bytes());
                if path.is_dir() && !path.is_symlink() {
                    pending.push(path);
                } else if path.is_file() {
                    let bytes = fs::read(&path).expect("a file");
                    self.assert_absent(&path.display().to_string(), &bytes);
                    files += 1;
                }
            }
        }
        files
    }
}

fn percent_encoded(text: &str, is_encoded: impl Fn(u8) -> bool) -> String {
    let encode = |byte: u8| match is_encoded(byte) {
        true => format!("%{byte:02X}"),
        false => char::from(byte).to_string(),
    };
    text.bytes().map(encode).collect()
}

fn with_tokens(program: Program) -> Program {
    let program = program.with_env("SYNTHESIZER__TELEMETRY__LOG", "trace");
    TOKENS
        .iter()
        .fold(program, |program, (variable, _, token)| {
            program.with_env(variable, *token)
        })
}

#[test]
fn the_search_for_tokens_finds_them() {
    let forms = Forms::new();
    let token = TOKENS[0].2;
    let check = |text: &str, found: bool| {
        assert_eq!(forms.in_bytes(text.as_bytes()).is_some(), found, "{text}");
    };
    check("nothing of the kind, marigolds aside", true);
    check("nothing of the kind", false);
    check(&format!("x{token}y"), true);
    check(&percent_encoded(token, |_| true), true);
    check(
        &BASE64.encode(format!("Authorization: Bearer {token}")),
        true,
    );
    check(&BASE64.encode(format!("x-access-token:{token}")), true);
    check(&BASE64.encode(format!("user:{token}, and more")), true);
}

#[test]
fn commands_that_succeed_show_no_token() {
    let world = PlatformWorld::start();
    world.without_limits();
    for (_, platform, token) in TOKENS {
        world.server(platform).accept_token(token);
    }
    // arXiv takes no token and would make every check wait for its turn.
    let config = world.config_toml().replace(
        "[platforms.arxiv]\nenabled = true",
        "[platforms.arxiv]\nenabled = false",
    );
    let program = with_tokens(program().with_config(&config));
    let forms = Forms::new();
    let rows: [&[&str]; 8] = [
        &["search", "http client", "--json"],
        &["search", "http client"],
        &["search", "http client", "--json", "-vvv"],
        &["platforms", "--json"],
        &["platforms"],
        &["doctor", "--json"],
        &["breakers", "list", "--json"],
        &["search", "http client", "--offline", "--json"],
    ];
    for row in rows {
        let run = program.run(row).expect_status(0);
        assert!(run.stderr.len() > 200, "trace is on: {}", run.stderr);
        forms.assert_absent_from_run(&format!("{row:?}"), &run);
    }
    let shown = program.run(["search", "http client", "--json"]).json();
    assert!(
        statuses(&shown).values().all(|status| status == "ok"),
        "{shown}"
    );
    for (_, platform, token) in TOKENS {
        let log = world.server(platform).log().all();
        let sends = |value: &String| value.contains(token);
        let sent = |name: &str| {
            log.iter().any(|request| {
                request
                    .headers
                    .iter()
                    .any(|(header, value)| header == name && sends(value))
            })
        };
        assert!(
            sent("authorization") || sent("private-token"),
            "{platform} got its token"
        );
        for other in PLATFORMS.iter().filter(|other| **other != platform) {
            let log = world.server(other).log().all();
            let strays = log.iter().any(|request| {
                request.target.contains(token)
                    || request.headers.iter().any(|(_, value)| sends(value))
            });
            assert!(!strays, "the token of {platform} went to {other}");
        }
    }
    let served = Served::start(&program, &[]);
    let session = served.session();
    let answer = session.call_tool("search_repositories", &json!({ "query": "json parser" }));
    assert!(answer["repositories"].is_array(), "{answer}");
    forms.assert_absent("an answer over HTTP", answer.to_string().as_bytes());
    for path in ["/metrics", "/healthz", "/readyz"] {
        forms.assert_absent(path, served.admin(path).text().as_bytes());
    }
    forms.assert_absent("the server's log", served.log().as_bytes());
    assert!(
        forms.assert_absent_below(program.world()) > 2,
        "there are files"
    );
}

/// What [`Echo`] does with the credentials of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Refuse(u16),
    RedirectToItself,
    RedirectElsewhere,
    Malformed,
    Found,
}

/// Answers for all platforms and repeats the credentials wherever an answer has room for them.
struct Echo {
    server: LoopbackServer,
    manner: Arc<Mutex<Manner>>,
    received: Arc<Mutex<Vec<String>>>,
}

impl Echo {
    fn start(elsewhere: u16) -> Self {
        let manner = Arc::new(Mutex::new(Manner::Refuse(401)));
        let received = Arc::new(Mutex::new(Vec::new()));
        let (its_manner, its_received) = (Arc::clone(&manner), Arc::clone(&received));
        let answer = move |request: Request| {
            let manner = *its_manner.lock().expect("no holder panics");
            let credentials = credentials(&request);
            let looped = request
                .uri()
                .query()
                .is_some_and(|query| query.contains("echo="));
            its_received
                .lock()
                .expect("no holder panics")
                .push(credentials.clone());
            async move { echo(manner, &credentials, looped, elsewhere) }
        };
        let server = LoopbackServer::start(Router::new().fallback(any(answer)));
        Self {
            server,
            manner,
            received,
        }
    }

    fn behave(&self, manner: Manner) {
        *self.manner.lock().expect("no holder panics") = manner;
    }

    fn config(&self) -> String {
        let address = self.server.address();
        let mut text = format!(
            "[network]\nallow_hosts = [\"{address}\"]\n[limits]\nsearch_timeout = \"1s\"\n[resilience]\ntries = 2\nbackoff = \"1ms\"\nbreaker = false\nrequests_per_minute = 0\n"
        );
        for platform in PLATFORMS.iter().filter(|platform| **platform != "arxiv") {
            text.push_str(&format!(
                "[platforms.{platform}]\nenabled = true\nbase_url = \"http://{address}\"\n"
            ));
        }
        text
    }
}

fn credentials(request: &Request) -> String {
    let names = ["authorization", "private-token"];
    let values = names.iter().filter_map(|name| request.headers().get(*name));
    let texts: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
    texts.join(" ")
}

fn echo(manner: Manner, credentials: &str, looped: bool, elsewhere: u16) -> Response {
    let token = credentials.rsplit(' ').next().unwrap_or_default();
    let encoded = percent_encoded(token, |byte| !byte.is_ascii_alphanumeric());
    let value = |text: String| HeaderValue::from_str(&text).expect("a header");
    let message = format!(
        "no access with {credentials} ({encoded}, {})",
        BASE64.encode(credentials)
    );
    let problem = json!({
        "message": message,
        "error": message,
        "errors": [{ "code": "invalid", "message": message }],
        "documentation_url": format!("https://docs.example/{encoded}"),
    });
    let mut answer = match manner {
        Manner::Refuse(status) => (
            StatusCode::from_u16(status).expect("a status"),
            problem.to_string(),
        )
            .into_response(),
        Manner::RedirectToItself if !looped => {
            let location = value(format!("/again?echo={encoded}"));
            (
                StatusCode::FOUND,
                [(header::LOCATION, location)],
                problem.to_string(),
            )
                .into_response()
        }
        Manner::RedirectToItself => (StatusCode::NOT_FOUND, problem.to_string()).into_response(),
        Manner::RedirectElsewhere => {
            let location = value(format!(
                "http://{encoded}@127.0.0.1:{elsewhere}/{encoded}?echo={encoded}"
            ));
            (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
        }
        Manner::Malformed => format!("{{\"items\": [{{\"message\": \"{message}\" ").into_response(),
        Manner::Found => found(token, &message, &encoded).to_string().into_response(),
    };
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::WWW_AUTHENTICATE,
        value(format!("Bearer realm=\"{credentials}\"")),
    );
    headers.insert("x-error-code", value(format!("Echo {credentials}")));
    headers.insert("x-error-message", value(message));
    headers.insert("x-ratelimit-resource", value(token.to_owned()));
    headers.insert(header::ETAG, value(format!("\"{token}\"")));
    headers.insert(
        header::LINK,
        value(format!("</again?echo={encoded}>; rel=\"next\"")),
    );
    answer
}

/// Gives an entry in the forms of GitHub, Gitea and GitLab, all of it made of the credentials.
fn found(token: &str, message: &str, encoded: &str) -> Value {
    let entry = json!({
        "full_name": "fernmoor/http-client",
        "name": "http-client",
        "description": message,
        "language": token,
        "html_url": format!("https://code.example/{encoded}"),
        "homepage": format!("https://code.example/?x={encoded}"),
        "topics": [token],
        "license": { "spdx_id": token, "name": token },
        "stargazers_count": 3,
    });
    json!({ "total_count": 1, "ok": true, "items": [entry], "data": [entry] })
}

#[test]
fn platforms_that_repeat_the_token_do_not_make_it_appear() {
    let trap = Trap::new();
    let echo = Echo::start(trap.port());
    let program = with_tokens(program().with_config(&echo.config()));
    let forms = Forms::new();
    let manners = [
        Manner::Refuse(400),
        Manner::Refuse(401),
        Manner::Refuse(404),
        Manner::Refuse(422),
        Manner::Refuse(500),
        Manner::RedirectToItself,
        Manner::RedirectElsewhere,
        Manner::Malformed,
        Manner::Found,
    ];
    let mut client = program.mcp([""; 0]);
    client.initialize();
    for manner in manners {
        echo.behave(manner);
        let case = format!("{manner:?}");
        let words = format!("http client {case}");
        let run = program.run(["search", &words, "--json"]);
        forms.assert_absent_from_run(&case, &run);
        if manner == Manner::Found {
            let answer = run.expect_status(0).json();
            assert_eq!(source(&answer, "github")["status"], "ok", "{answer}");
        }
        let words = format!("json parser {case}");
        let result = client.call_tool("search_repositories", json!({ "query": words }));
        forms.assert_absent(
            &format!("an MCP answer for {case}"),
            result.to_string().as_bytes(),
        );
        trap.assert_untouched(&case);
    }
    for (row, manner) in [
        (&["platforms", "--json"][..], Manner::Refuse(401)),
        (&["doctor", "--json"][..], Manner::Refuse(500)),
        (&["search", "http client"][..], Manner::Found),
        (
            &["search", "http client", "--offline", "--json"][..],
            Manner::Found,
        ),
    ] {
        echo.behave(manner);
        forms.assert_absent_from_run(&format!("{row:?}"), &program.run(row));
    }
    forms.assert_absent("the server's log", client.stderr().as_bytes());
    client.close_stdin();
    assert_eq!(client.wait(), Some(0));
    // Limits last across processes, so they come last.
    echo.behave(Manner::Refuse(429));
    forms.assert_absent_from_run("429", &program.run(["search", "task queue", "--json"]));
    assert!(
        forms.assert_absent_below(program.world()) > 2,
        "there are files"
    );
    let received = echo.received.lock().expect("no holder panics");
    for (_, platform, token) in TOKENS {
        assert!(
            received.iter().any(|sent| sent.contains(token)),
            "{platform} sent its token"
        );
    }
}

/// Puts a program in the place of another, which writes its command line and environment into a folder and fails.
fn spy(folder: &Path, name: &str, dumps: &Path) {
    let script = format!(
        "#!/bin/sh\nfor word in \"$@\"; do printf '%s\\n' \"$word\"; done > {dumps}/{name}.$$.argv\nenv > {dumps}/{name}.$$.environ\nexit 128\n",
        dumps = dumps.display()
    );
    let path = folder.join(name);
    fs::write(&path, script).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a script");
}

/// Gives all dumps whose names begin and end so, joined.
fn dumped(dumps: &Path, name: &str, kind: &str) -> String {
    let mut paths: Vec<PathBuf> = fs::read_dir(dumps)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let fits = |path: &&PathBuf| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file.starts_with(name) && file.ends_with(kind)
    };
    paths
        .iter()
        .filter(fits)
        .map(|path| fs::read_to_string(path).expect("a dump"))
        .collect()
}

#[test]
fn children_get_no_token_but_git_the_one_of_its_own_host() {
    let [spies, dumps] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    for name in ["git", "uv"] {
        spy(spies.path(), name, dumps.path());
    }
    let nobody = Trap::new();
    let path = std::env::var("PATH").expect("a path");
    // Through a proxy no name is looked up, and the spies call nobody.
    let program = with_tokens(program())
        .with_env("PATH", format!("{}:{path}", spies.path().display()))
        .with_env("HTTPS_PROXY", format!("http://127.0.0.1:{}", nobody.port()))
        .with_env("NO_PROXY", "")
        .without_env("https_proxy")
        .without_env("no_proxy")
        // Else we ask them ourselves about what is analysed.
        .with_env("SYNTHESIZER__PLATFORMS__GITHUB__ENABLED", "false")
        .with_env("SYNTHESIZER__PLATFORMS__GITLAB__ENABLED", "false");
    let forms = Forms::new();
    let rows: [(&str, Option<usize>); 4] = [
        ("https://github.com/fernmoor/http-client", Some(0)),
        ("https://gitlab.com/fernmoor/http-client", Some(1)),
        ("https://www.github.com/fernmoor/http-client", None),
        ("https://github.com.code.example/fernmoor/http-client", None),
    ];
    for (reference, own) in rows {
        let run = program.run(["analyze", reference, "--json"]);
        assert_ne!(run.status, Some(0), "{reference}");
        forms.assert_absent_from_run(reference, &run);
        let environment = dumped(dumps.path(), "git", "environ");
        assert!(
            environment.contains("GIT_CONFIG_NOSYSTEM=1"),
            "{reference}: git ran"
        );
        for (place, (variable, _, token)) in TOKENS.iter().enumerate() {
            assert!(!environment.contains(token), "{reference}: {environment}");
            let header = BASE64.encode(format!("x-access-token:{token}"));
            let host = reference.trim_end_matches("/fernmoor/http-client");
            let given = environment.contains(&header);
            let scoped = environment.contains(&format!("http.{host}/.extraHeader"));
            match own == Some(place) {
                true => assert!(given && scoped, "{variable} for {reference}: {environment}"),
                false => assert!(!given, "{variable} for {reference}: {environment}"),
            }
        }
        forms.assert_absent(
            "git's command line",
            dumped(dumps.path(), "git", "argv").as_bytes(),
        );
        for entry in fs::read_dir(dumps.path()).expect("a folder") {
            fs::remove_file(entry.expect("an entry").path()).expect("a dump");
        }
    }
    let run = program.run(["analyze", "pypi:fernmoor", "--json"]);
    forms.assert_absent_from_run("uv", &run);
    let environment = dumped(dumps.path(), "uv", "environ");
    assert!(environment.contains("PATH="), "uv ran: {}", run.stdout);
    forms.assert_absent("uv's environment", environment.as_bytes());
    forms.assert_absent(
        "uv's command line",
        dumped(dumps.path(), "uv", "argv").as_bytes(),
    );
    forms.assert_absent_below(program.world());
    nobody.assert_untouched("nothing was called");
}
