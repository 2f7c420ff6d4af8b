//! Answers about repositories that are kept, cut into pages or told of failures: nothing is lost, believed without need, or gives a secret away.

use std::fs;

use serde_json::{Value, json};
use synthesizer_testkit::package_index::{Package, PackageIndex};

use crate::{
    crafted::{assert_nothing_left, folder, program},
    hostile_resolution::{PASSWORD, recorded, run, text_below},
    hostile_solvers::FAMILIES,
    listener::Trap,
};

/// Each page keeps its bound, and together they give all that one large page gives.
#[test]
fn fifty_repositories_come_in_pages_and_nothing_is_lost() {
    let family = FAMILIES[0];
    let program = recorded(&[family]);
    let names: Vec<String> = (0..50).map(|number| format!("./r{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let manifest = format!(
            "[project]\nname = \"same\"\nversion = \"1\"\nlicense = \"LicenseRef-{}\"\ndependencies = [\"x @ file:///etc\"]\n",
            number % 3
        );
        folder(
            &program,
            name,
            &[("pyproject.toml", &manifest), ("same.py", "")],
        );
    }
    let mut client = program.mcp([""; 0]);
    client.initialize();
    let mut pairs = Vec::new();
    let mut cursor = Value::Null;
    for page in 0.. {
        assert!(page < 100, "the pages do not end");
        // Small pages to see that each keeps its bound, then larger ones so that the test ends soon.
        let tokens = if page < 30 { 500 } else { 4_000 };
        let mut arguments = json!({ "repo_urls": names, "max_tokens": tokens });
        if !cursor.is_null() {
            arguments["cursor"] = cursor;
        }
        let result = client.call_tool("check_compatibility", arguments);
        assert_eq!(result["isError"], false, "{result:#}");
        let text = result["content"][0]["text"].as_str().expect("a text");
        assert!(
            text.len() <= tokens * 3,
            "{} bytes on page {page}",
            text.len()
        );
        let answer = &result["structuredContent"];
        let of_page = answer["pairs"].as_array().cloned().unwrap_or_default();
        pairs.extend(of_page.iter().map(|pair| pair["repositories"].to_string()));
        cursor = answer["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(pairs.len(), 50 * 49 / 2);
    pairs.sort();
    pairs.dedup();
    assert_eq!(pairs.len(), 50 * 49 / 2);
}

#[test]
fn what_is_kept_and_damaged_is_not_believed() {
    let family = FAMILIES[0];
    let program = recorded(&[family]);
    family.repository(&program, "first", &[("aaa", ">=1")]);
    family.repository(&program, "second", &[("bbb", ">=1")]);
    let resolve = || run(&program, &["resolve", "./first", "./second", "--json"], 0).json();
    let kept = |answer: &Value| answer["resolutions"][0]["kept_for_seconds"].is_u64();
    assert!(!kept(&resolve()));
    assert!(kept(&resolve()));
    let file = program.world().join("cache/synthesizer/answers.db");
    let whole = fs::read(&file).expect("answers are kept");
    let damaged: [&dyn Fn() -> Vec<u8>; 3] = [
        &|| b"garbage".repeat(1_000),
        &|| whole[..whole.len() / 2].to_vec(),
        // The status, in place, so that the file itself is whole.
        &|| {
            let mut bytes = whole.clone();
            let places: Vec<usize> = (0..bytes.len().saturating_sub(8))
                .filter(|at| &bytes[*at..at + 8] == b"resolved")
                .collect();
            for at in places {
                bytes[at..at + 8].copy_from_slice(b"\xffesolved");
            }
            bytes
        },
    ];
    for bytes in damaged {
        for more in ["-wal", "-shm"] {
            // They belong to the file that is replaced.
            let _ = fs::remove_file(
                program
                    .world()
                    .join(format!("cache/synthesizer/answers.db{more}")),
            );
        }
        fs::write(&file, bytes()).expect("written");
        assert_eq!(resolve()["resolutions"][0]["status"], "resolved");
    }
}

#[test]
fn secrets_of_registries_appear_nowhere() {
    let index = PackageIndex::start(vec![
        Package::new("aaa", "1").with_wheel(&[("aaa.py", b"")], &[]),
    ]);
    let authority = index.authority();
    let closed = { Trap::new().port() };
    for (place, status) in [
        (authority.as_str(), None),
        (&format!("127.0.0.1:{closed}"), Some(3)),
    ] {
        let address = format!("http://me:{PASSWORD}@{place}/");
        let program = program()
            .with_env("UV_DEFAULT_INDEX", format!("{address}simple/"))
            .with_env("UV_INDEX_URL", format!("{address}simple/"))
            .with_env("PIP_INDEX_URL", format!("{address}simple/"))
            .with_env("UV_INDEX_CORP_USERNAME", "me")
            .with_env("UV_INDEX_CORP_PASSWORD", PASSWORD)
            .with_env("UV_HTTP_RETRIES", "0")
            .with_env("npm_config_registry", address.as_str())
            .with_env("npm_config_fetch_retries", "0")
            .with_env("CARGO_REGISTRIES_CORP_TOKEN", PASSWORD);
        let cache = program.world().join("uv-cache");
        let program = program.with_env("UV_CACHE_DIR", cache.as_os_str());
        for family in [FAMILIES[0], FAMILIES[2]] {
            let versions = if family.name == "python" { ">=1" } else { "1" };
            let (first, second) = (format!("{}-1", family.name), format!("{}-2", family.name));
            family.repository(&program, &first, &[("aaa", versions)]);
            family.repository(&program, &second, &[("aaa", versions)]);
            let (first, second) = (format!("./{first}"), format!("./{second}"));
            for command in ["resolve", "compat"] {
                let run = program.run(["-vv", command, &first, &second, "--json"]);
                let output = format!("{}{}", run.stdout, run.stderr);
                assert!(!output.contains(PASSWORD), "{output}");
                assert!(run.stderr.len() > 100, "-vv tells more");
                if command == "resolve"
                    && let Some(status) = status
                {
                    assert_eq!(run.status, Some(status), "{output}");
                }
                assert_nothing_left(&program);
            }
        }
        let kept = program.world().join("cache/synthesizer");
        assert!(!text_below(&kept).contains(PASSWORD), "in the kept answers");
    }
}
