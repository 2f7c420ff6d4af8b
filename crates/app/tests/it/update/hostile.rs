//! Projects that mean harm, and clients that may not write.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use serde_json::json;

use super::world::{World, lines, package_results, two_releases};

#[test]
fn no_program_that_the_project_names_is_started() {
    let world = World::new(two_releases());
    let mark = world.program.world().join("mark");
    let program = format!("touch {}", mark.display());
    for setting in [
        "core.fsmonitor",
        "merge.evil.driver",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.command",
        "diff.external",
        "core.sshCommand",
        "core.alternateRefsCommand",
    ] {
        world.git(&["config", setting, &program]);
    }
    let attributes = "* merge=evil filter=evil diff=evil text eol=crlf ident\n";
    world.write(".gitattributes", attributes);
    world.write(".git/info/attributes", attributes);
    for hook in [
        "post-index-change",
        "reference-transaction",
        "post-checkout",
    ] {
        let place = world.root().join(".git/hooks").join(hook);
        world.write(
            &format!(".git/hooks/{hook}"),
            &format!("#!/bin/sh\n{program}\n"),
        );
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).expect("executable");
    }
    world.write(
        "src/fresh/liba/one.py",
        &lines(&[(15, "VALUE_15 = 'mine'")]),
    );
    world.update(&["--dry-run"]).expect_status(0);
    world.update(&[]).expect_status(0);
    let merged = lines(&[(2, "VALUE_2 = 'new'"), (15, "VALUE_15 = 'mine'")]);
    assert_eq!(world.text("src/fresh/liba/one.py"), Some(merged));
    assert!(!mark.exists(), "a program of the project was started");
}

#[test]
fn links_lead_nowhere() {
    let world = World::new(two_releases());
    let outside = world.program.world().join("outside");
    fs::create_dir(&outside).expect("made");
    fs::write(outside.join("one.py"), lines(&[])).expect("written");
    // A file is a link to one outside with the same bytes, and what comes lies where a link leads out.
    let one = world.package().join("one.py");
    fs::remove_file(&one).expect("removed");
    symlink(outside.join("one.py"), &one).expect("linked");
    symlink(&outside, world.root().join("src/fresh/linked")).expect("linked");
    symlink(outside.join("new.py"), world.package().join("three.py")).expect("linked");
    let answer = world.update(&[]).expect_status(1).json();
    let results = package_results(&answer);
    assert!(
        results
            .iter()
            .any(|told| told.starts_with("three.py conflict")),
        "{results:?}"
    );
    assert_eq!(
        fs::read_to_string(outside.join("one.py")).expect("is"),
        lines(&[])
    );
    assert!(!outside.join("new.py").exists());
    assert_eq!(fs::read_dir(&outside).expect("reads").count(), 1);
    assert!(one.is_symlink());
}

#[test]
fn what_is_no_project_of_ours_is_refused() {
    let check = |prepare: &dyn Fn(&World), status: i32, code: &str| {
        let world = World::new(two_releases());
        prepare(&world);
        let run = world.update(&[]).expect_status(status);
        assert_eq!(run.json()["error"]["code"], code, "{}", run.stdout);
        let one = world.text("src/fresh/liba/one.py").expect("is");
        assert_eq!(one, lines(&[]));
    };
    let lock = |world: &World, old: &str, new: &str| {
        let text = world.text("synthesis.lock").expect("is");
        assert!(text.contains(old));
        world.write("synthesis.lock", &text.replace(old, new));
    };
    let escaping = |world: &World| lock(world, "path = \"src/", "path = \"../../");
    check(&escaping, 5, "E_PATH");
    let into_git = |world: &World| lock(world, "path = \"uv.lock\"", "path = \".git/config\"");
    check(&into_git, 5, "E_PATH");
    let huge = |world: &World| world.write("synthesis.lock", &"#\n".repeat(17 << 20));
    check(&huge, 4, "E_NOT_FOUND");
    let no_lock =
        |world: &World| fs::remove_file(world.root().join("synthesis.lock")).expect("gone");
    check(&no_lock, 4, "E_NOT_FOUND");
    let no_git = |world: &World| fs::remove_dir_all(world.root().join(".git")).expect("gone");
    check(&no_git, 1, "E_INCOMPATIBLE");
    let journal = |world: &World| world.write(".git/synthesizer/update.json", "{\"version\":1}");
    check(&journal, 5, "E_FORBIDDEN");
    let elsewhere = |world: &World| {
        let outside = world.program.world().join("elsewhere");
        fs::rename(world.root().join(".git"), &outside).expect("moved");
        world.write(".git", &format!("gitdir: {}\n", outside.display()));
    };
    check(&elsewhere, 1, "E_INCOMPATIBLE");
}

#[test]
fn another_origin_in_the_lock_is_not_the_base() {
    let world = World::new(two_releases());
    let text = world.text("synthesis.lock").expect("is");
    let url = "url = \"pypi:liba@1.0\"";
    assert!(text.contains(url));
    world.write(
        "synthesis.lock",
        &text.replace(url, "url = \"pypi:other@1.0\""),
    );
    fs::remove_dir_all(world.root().join(".git")).expect("removed");
    world.git(&["init", "--quiet"]);
    // Of the request's own repositories none is in the lock, so none moves.
    let answer = world.update(&["--dry-run"]).json();
    assert_eq!(answer["sources"][0]["to"], "1.0", "{answer:#}");
    assert_eq!(package_results(&answer), [""; 0]);
}

#[test]
fn git_has_to_be_new_enough() {
    let mut world = World::new(two_releases());
    let programs = world.program.world().join("bin");
    fs::create_dir(&programs).expect("made");
    let git = programs.join("git");
    fs::write(&git, "#!/bin/sh\necho git version 2.39.5\n").expect("written");
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).expect("executable");
    let path = std::env::var_os("PATH").expect("a path");
    let path = std::iter::once(programs).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path).expect("plain");
    world.program = world.program.with_env("PATH", path);
    let run = world.update(&[]).expect_status(7);
    assert_eq!(run.json()["error"]["code"], "E_TOOL_MISSING");
}

#[test]
fn a_client_gets_a_dry_run_unless_it_asks_and_none_if_it_may_only_read() {
    let world = World::new(two_releases());
    let mut client = world.program.mcp::<&str>([]);
    client.initialize();
    let answer = client.call_tool("update_project", json!({ "project_path": "out" }));
    let told = &answer["structuredContent"];
    assert_eq!(told["status"], "planned", "{answer:#}");
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    for path in ["..", "/etc", "out/../../x"] {
        let answer = client.call_tool("update_project", json!({ "project_path": path }));
        assert_eq!(answer["isError"], true, "{path}: {answer:#}");
    }
    let arguments = json!({ "project_path": "out", "dry_run": false });
    let answer = client.call_tool("update_project", arguments);
    let told = &answer["structuredContent"];
    assert_eq!(told["status"], "updated", "{answer:#}");
    assert_eq!(
        world.text("src/fresh/liba/one.py"),
        Some(lines(&[(2, "VALUE_2 = 'new'")]))
    );
    let mut reader = world.program.mcp(["--profile", "read-only"]);
    reader.initialize();
    let arguments = json!({ "project_path": "out" });
    let call = json!({ "name": "update_project", "arguments": arguments });
    let refused = reader.request("tools/call", call);
    assert!(refused["error"].is_object(), "{refused:#}");
}
