//! Conflicts that nobody has resolved are told again, and nothing is merged on top of them.

use super::world::{World, lines, results, two_releases};

const FILE: &str = "src/fresh/liba/one.py";

#[test]
fn an_update_over_unresolved_conflicts_tells_them_and_writes_nothing() {
    let world = World::new(two_releases());
    world.write(FILE, &lines(&[(2, "VALUE_2 = 'mine'")]));
    let planned = world.update(&["--dry-run"]).expect_status(1).json();
    let steps = planned["next_steps"].to_string();
    assert!(
        steps.contains("markers") && steps.contains("--only"),
        "{steps}"
    );
    world.update(&[]).expect_status(1);
    let marked = world.text(FILE);
    for more in [&[][..], &["--dry-run"], &["--only", "liba"]] {
        let told = world.update(more).expect_status(1).json();
        assert_eq!(told["status"], "unresolved", "{told:#}");
        assert_eq!(told["code"], "E_INCOMPATIBLE");
        assert_eq!(results(&told)[FILE], "conflict");
        assert!(told["next_steps"].to_string().contains("resolve"));
        assert_eq!(world.text(FILE), marked);
    }
    world.write(FILE, &lines(&[(2, "VALUE_2 = 'both'")]));
    let told = world.update(&[]).expect_status(0).json();
    assert_eq!(told["status"], "unchanged", "{told:#}");
}

#[test]
fn a_sources_own_lines_like_markers_are_no_conflict() {
    let text = "<<<<<<< yours\na\n=======\nb\n>>>>>>> upstream\n";
    let releases = ["1.0", "2.0"].map(|version| {
        let code = format!("VERSION = '{version}'\n");
        let files = [("__init__.py", code.as_str()), ("sample.txt", text)];
        super::world::liba(version, &files)
    });
    let world = World::new(releases.to_vec());
    assert_eq!(
        world.text("src/fresh/liba/sample.txt").as_deref(),
        Some(text)
    );
    let told = world.update(&[]).expect_status(0).json();
    assert_eq!(told["status"], "updated", "{told:#}");
}
