//! Which sources move, where the base is from, what stays and how it is undone.

use std::fs;

use synthesizer_testkit::package_index::Package;

use super::world::{World, lines, package_results, release, results, two_releases};

#[test]
fn edits_stay_and_upstream_comes() {
    let world = World::new(two_releases());
    world.write(
        "src/fresh/liba/one.py",
        &lines(&[(15, "VALUE_15 = 'mine'")]),
    );
    world.write("src/fresh/own.py", "OWN = 1\n");
    world.write("ignored.log", "mine");
    world.write(".git/info/exclude", "*.log\n");
    let before = world.git(&["status", "--porcelain"]);
    let planned = world.update(&["--dry-run"]).expect_status(0).json();
    assert_eq!(planned["status"], "planned");
    assert_eq!(world.git(&["status", "--porcelain"]), before);
    assert_eq!(
        world.git(&["for-each-ref", "refs/synthesizer"]),
        "",
        "a dry run writes nothing"
    );
    assert!(!world.root().join(".git/synthesizer").exists());
    let answer = world.update(&[]).expect_status(0).json();
    assert_eq!(answer["files"], planned["files"]);
    assert_eq!(answer["base"], "git");
    assert_eq!(
        answer["sources"],
        serde_json::json!([{ "id": "liba", "from": "1.0", "to": "2.0" }])
    );
    assert_eq!(
        package_results(&answer),
        [
            "one.py merged",
            "renamed.py updated renamed",
            "three.py updated added",
            "two.py updated removed",
        ]
    );
    let merged = lines(&[(2, "VALUE_2 = 'new'"), (15, "VALUE_15 = 'mine'")]);
    assert_eq!(world.text("src/fresh/liba/one.py"), Some(merged));
    assert_eq!(world.text("src/fresh/own.py").as_deref(), Some("OWN = 1\n"));
    assert_eq!(world.text("ignored.log").as_deref(), Some("mine"));
    assert!(!world.package().join("two.py").exists());
    let lock = world.project().lock();
    assert_eq!(lock.sources[0].url, "pypi:liba@2.0");
    world.git(&["fsck", "--strict"]);
    // Nothing is newer now, and nothing was lost.
    let again = world.update(&[]).expect_status(0).json();
    assert_eq!(again["status"], "unchanged");
    let undo = "refs/synthesizer/before-update";
    world.git(&[
        "restore",
        &format!("--source={undo}"),
        "--worktree",
        "--",
        ".",
    ]);
    assert_eq!(
        world.text("src/fresh/liba/one.py"),
        Some(lines(&[(15, "VALUE_15 = 'mine'")]))
    );
    assert_eq!(
        world.text("src/fresh/liba/two.py").as_deref(),
        Some("TWO = 2\n")
    );
    assert_eq!(world.project().lock().sources[0].url, "pypi:liba@1.0");
}

#[test]
fn a_conflict_has_markers_and_exit_status_1() {
    let world = World::new(two_releases());
    world.write("src/fresh/liba/one.py", &lines(&[(2, "VALUE_2 = 'mine'")]));
    world.write("src/fresh/liba/two.py", "TWO = 'mine'\n");
    world.write("NOTICE", "mine\n");
    let planned = world.update(&["--dry-run"]).expect_status(1).json();
    assert_eq!(planned["status"], "planned");
    let answer = world.update(&[]).expect_status(1).json();
    assert_eq!(answer["status"], "conflicts");
    assert_eq!(answer["code"], "E_INCOMPATIBLE");
    let results = results(&answer);
    for path in ["src/fresh/liba/one.py", "src/fresh/liba/two.py", "NOTICE"] {
        assert_eq!(results[path], "conflict", "{path}");
    }
    let text = world.text("src/fresh/liba/one.py").expect("is");
    let marked = "<<<<<<< yours\nVALUE_2 = 'mine'\n=======\nVALUE_2 = 'new'\n>>>>>>> upstream\n";
    assert!(text.contains(marked), "{text}");
    assert_eq!(
        world.text("src/fresh/liba/two.py").as_deref(),
        Some("TWO = 'mine'\n")
    );
    assert_eq!(world.text("NOTICE").as_deref(), Some("mine\n"));
    let new = world.git(&["show", "refs/synthesizer/base:NOTICE"]);
    assert!(new.contains("liba@2.0"), "{new}");
}

#[test]
fn a_file_that_the_user_moved_is_followed() {
    let world = World::new(two_releases());
    fs::rename(
        world.package().join("one.py"),
        world.package().join("mine.py"),
    )
    .expect("moved");
    let answer = world.update(&[]).expect_status(0).json();
    let new = lines(&[(2, "VALUE_2 = 'new'")]);
    assert_eq!(world.text("src/fresh/liba/mine.py"), Some(new));
    assert!(!world.package().join("one.py").exists());
    let results = package_results(&answer);
    assert!(
        results.contains(&"mine.py updated".to_owned()),
        "{results:?}"
    );
}

#[test]
fn the_base_is_found_after_an_update_with_and_without_its_reference() {
    let mut packages = two_releases();
    let third = [
        ("liba/__init__.py".to_owned(), String::new()),
        (
            "liba/one.py".to_owned(),
            lines(&[(2, "VALUE_2 = 'new'"), (9, "VALUE_9 = 'newer'")]),
        ),
    ];
    packages.push(release("liba", "3.0", &third));
    let world = World::new(packages);
    world.write(
        "src/fresh/liba/one.py",
        &lines(&[(15, "VALUE_15 = 'mine'")]),
    );
    world.update(&["--to", "liba=2.0"]).expect_status(0);
    world.commit("updated");
    let expected = lines(&[
        (2, "VALUE_2 = 'new'"),
        (9, "VALUE_9 = 'newer'"),
        (15, "VALUE_15 = 'mine'"),
    ]);
    let check = |base: &str| {
        let answer = world.update(&[]).expect_status(0).json();
        assert_eq!(answer["base"], base);
        assert_eq!(
            world.text("src/fresh/liba/one.py").as_deref(),
            Some(&*expected)
        );
        world.git(&["reset", "--hard", "--quiet"]);
        world.git(&["clean", "-qfd"]);
        for name in ["base", "update", "before-update"] {
            let name = format!("refs/synthesizer/{name}");
            world.git(&["update-ref", "-d", &name]);
        }
    };
    check("git");
    check("git and sources");
    fs::remove_dir_all(world.root().join(".git")).expect("removed");
    world.git(&["init", "--quiet"]);
    world.write("README.md", "mine");
    world.commit("another history");
    let answer = world.update(&[]).json();
    assert_eq!(answer["base"], "git and sources");
    assert_eq!(world.text("src/fresh/liba/one.py"), Some(expected));
}

/// A package beside `liba`, whose second release does not have what was taken.
fn libb() -> Vec<Package> {
    let file = |name: &str| {
        [
            ("libb/__init__.py".to_owned(), String::new()),
            (format!("libb/{name}.py"), "B = 1\n".to_owned()),
        ]
    };
    vec![
        release("libb", "1.0", &file("part")),
        release("libb", "2.0", &file("other")),
    ]
}

#[test]
fn sources_move_by_name_and_one_that_cannot_is_held() {
    let mut packages = two_releases();
    packages.extend(libb());
    let repositories = ["pypi:liba@1.0", "pypi:libb@1.0#libb.part"];
    let world = World::of(packages, &repositories);
    let sources = |more: &[&str]| {
        let answer = world.update(more).json();
        let sources = answer["sources"].as_array().cloned().unwrap_or_default();
        let told: Vec<String> = sources
            .iter()
            .map(|source| {
                let text = |key: &str| source[key].as_str().unwrap_or("-").to_owned();
                let held = if source["held"].is_string() {
                    " held"
                } else {
                    ""
                };
                format!("{} {} {}{held}", text("id"), text("from"), text("to"))
            })
            .collect();
        told
    };
    assert_eq!(
        sources(&["--dry-run"]),
        ["liba 1.0 2.0", "libb 1.0 1.0 held"]
    );
    assert_eq!(
        sources(&["--dry-run", "--only", "liba"]),
        ["liba 1.0 2.0", "libb 1.0 1.0"]
    );
    world
        .update(&["--dry-run", "--only", "libb"])
        .expect_status(4);
    world
        .update(&["--dry-run", "--only", "nobody"])
        .expect_status(2);
    world
        .update(&["--dry-run", "--to", "liba"])
        .expect_status(2);
    assert_eq!(sources(&[]), ["liba 1.0 2.0", "libb 1.0 1.0 held"]);
    let lock = world.project().lock();
    let urls: Vec<&str> = lock
        .sources
        .iter()
        .map(|source| source.url.as_str())
        .collect();
    assert_eq!(urls, ["pypi:liba@2.0", "pypi:libb@1.0"]);
}

#[test]
fn a_component_that_was_added_to_the_request_comes_with_its_comments_kept() {
    let world = World::of(two_releases(), &["pypi:liba@1.0#liba.one"]);
    assert!(!world.package().join("moved.py").exists());
    let text = world.text("synthesis.toml").expect("is");
    let edited = text.replace(
        "components = [\"liba.one\"]",
        "components = [\n  \"liba.one\",\n  \"liba.moved\", # this too\n]",
    );
    assert_ne!(text, edited);
    world.write("synthesis.toml", &edited);
    let answer = world.update(&["--to", "liba=1.0"]).expect_status(0).json();
    assert_eq!(answer["base"], "git");
    assert!(world.package().join("moved.py").exists());
    assert_eq!(world.text("synthesis.toml"), Some(edited));
}
