//! Rust: verdicts, explanations and locks of the real cargo.

use synthesizer_infrastructure::config::Tool;
use synthesizer_model::{
    dependency::Ecosystem,
    failure::ErrorCode,
    resolution::{Constraint, RepositoryRequirements, ResolutionStatus},
};
use synthesizer_resolution::solvers::cargo::Cargo;

use super::{Machine, by_hand, lock_of, request, told, versions_of, with_rust};

fn repository(name: &str, requirements: &[&str]) -> RepositoryRequirements {
    let repository = super::repository(Ecosystem::Cargo, name, requirements);
    with_rust(repository, "1.85")
}

async fn check(repositories: Vec<RepositoryRequirements>, expected: &str) {
    let resolution = Machine::new(Tool::Cargo)
        .solve(&Cargo, &request(repositories))
        .await;
    assert_eq!(told(&resolution), expected);
}

#[tokio::test]
async fn pins_within_one_major_contradict_each_other() {
    check(
        vec![
            repository("first", &["serde =1.0.100"]),
            repository("second", &["cfg-if 1", "serde =1.0.200"]),
        ],
        "Unsatisfiable\nserde: ./second serde =1.0.200 Cargo.toml:2 | ./first serde =1.0.100 Cargo.toml:1\n\
         ./second needs serde =1.0.200.\n./first needs serde =1.0.100 (1.0.100 was taken). Cargo takes one version of serde for both, since they count as compatible with each other, and none satisfies both.",
    )
    .await;
}

#[tokio::test]
async fn two_packages_that_link_to_one_library_contradict_each_other() {
    let resolution = Machine::new(Tool::Cargo)
        .solve(
            &Cargo,
            &request(vec![
                repository("old", &["rusqlite 0.28"]),
                repository("new", &["libsqlite3-sys 0.28"]),
            ]),
        )
        .await;
    assert_eq!(
        told(&resolution),
        "Unsatisfiable\nlibsqlite3-sys: ./old rusqlite 0.28 Cargo.toml:1 | ./new libsqlite3-sys 0.28 Cargo.toml:1\n\
         ./old needs rusqlite ^0.28, of which 0.28.0 needs libsqlite3-sys ^0.25.0.\n./new needs libsqlite3-sys ^0.28 (0.28.0 was taken). Both link to the native library `sqlite3`, and only one package may."
    );
    assert_eq!(resolution.code, Some(ErrorCode::Unsatisfiable));
    let steps: Vec<&str> = resolution
        .derivation
        .iter()
        .map(|step| step.subject.as_str())
        .collect();
    assert_eq!(steps, ["./old", "rusqlite 0.28.0", "./new"]);
    assert!(resolution.solver.starts_with("cargo 1."));
}

#[tokio::test]
async fn majors_coexist_and_the_lock_is_that_of_cargo_by_hand() {
    let machine = Machine::new(Tool::Cargo);
    let mut again = repository("two", &["rand 0.8", "rand 0.8.4", "serde 1", "build: cc 1"]);
    again.requirements[2].extras = vec!["derive".to_owned(), "-default".to_owned()];
    again.requirements[1].marker = Some("cfg(windows)".to_owned());
    let repositories = vec![repository("one", &["rand 0.7", "cfg-if"]), again];
    let resolution = machine.solve(&Cargo, &request(repositories)).await;
    assert_eq!(resolution.status, ResolutionStatus::Resolved);
    assert_eq!(versions_of(&resolution, "rand").len(), 2);
    assert_eq!(resolution.packages_resolved, resolution.packages.len());
    let rand = resolution
        .packages
        .iter()
        .find(|package| package.name == "rand_core")
        .expect("is there");
    assert_eq!(rand.chain[0], "./one");
    assert!(rand.chain[1].starts_with("rand 0.7."), "{rand:?}");

    let folder = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| {
        let file = folder.path().join(file);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    };
    let members = "[workspace]\nmembers = ['repo-1-one', 'repo-2-two']\nresolver = '3'\n";
    write("Cargo.toml", members);
    write("repo-1-one/src/lib.rs", "");
    write("repo-2-two/src/lib.rs", "");
    write(
        "repo-1-one/Cargo.toml",
        "[package]\nname = 'repo-1-one'\nversion = '0.0.0'\nedition = '2021'\nrust-version = '1.85'\n[dependencies]\nrand = '0.7'\ncfg-if = '*'\n",
    );
    write(
        "repo-2-two/Cargo.toml",
        "[package]\nname = 'repo-2-two'\nversion = '0.0.0'\nedition = '2021'\nrust-version = '1.85'\n[dependencies]\nrand = '0.8'\nserde = { version = '1', features = ['derive'], default-features = false }\n[build-dependencies]\ncc = '1'\n[target.'cfg(windows)'.dependencies]\nrand = '0.8.4'\n",
    );
    let output = by_hand(&machine.program, folder.path(), &["generate-lockfile"]);
    assert!(output.status.success(), "{output:?}");
    let lock = std::fs::read_to_string(folder.path().join("Cargo.lock")).expect("a lock");
    assert_eq!(lock_of(&resolution), lock);
}

#[tokio::test]
async fn what_the_registry_does_not_have_cannot_be_had() {
    check(
        vec![repository("a", &["serde 99"])],
        "Unsatisfiable\nserde: ./a serde 99 Cargo.toml:1\n./a needs serde ^99.\nThe registry has no version of serde that it allows.",
    )
    .await;
    check(
        vec![repository("a", &["synthesizer-no-such-package-7f3a"])],
        "Unsatisfiable\nsynthesizer-no-such-package-7f3a: ./a synthesizer-no-such-package-7f3a Cargo.toml:1\n./a needs synthesizer-no-such-package-7f3a.\nThe registry has no package synthesizer-no-such-package-7f3a.",
    )
    .await;
    check(
        vec![repository("a", &["futures-util =0.3.29"])],
        "Unsatisfiable\nfutures-util: ./a futures-util =0.3.29 Cargo.toml:1\n./a needs futures-util =0.3.29.\nEvery version of futures-util that it allows was withdrawn.",
    )
    .await;
    let mut featured = repository("a", &["cfg-if =1.0.0"]);
    featured.requirements[0].extras = vec!["nope".to_owned()];
    check(
        vec![featured],
        "Unsatisfiable\ncfg-if: ./a cfg-if =1.0.0 Cargo.toml:1\n./a needs cfg-if =1.0.0.\nNo version of cfg-if that it allows has the feature `nope`.",
    )
    .await;
}

#[tokio::test]
async fn a_direct_reference_that_the_registry_lacks_is_left_out() {
    let mut direct = repository(
        "a",
        &["synthesizer-no-such-package-7f3a", "cfg-if 99", "cfg-if 1"],
    );
    for dependency in &mut direct.requirements[..2] {
        dependency.url = Some("git+https://host.example/x".to_owned());
    }
    let resolution = Machine::new(Tool::Cargo)
        .solve(&Cargo, &request(vec![direct]))
        .await;
    assert_eq!(resolution.status, ResolutionStatus::Resolved);
    assert_eq!(resolution.packages_resolved, 1);
    let left_out: Vec<&String> = resolution
        .warnings
        .iter()
        .filter(|warning| warning.contains("was left out"))
        .collect();
    assert_eq!(left_out.len(), 2, "{:?}", resolution.warnings);
}

#[tokio::test]
async fn the_oldest_rust_is_suited_and_what_does_not_is_named() {
    let old = super::repository(Ecosystem::Cargo, "old", &["clap =4.5.20", "once_cell 1"]);
    let resolution = Machine::new(Tool::Cargo)
        .solve(
            &Cargo,
            &request(vec![with_rust(old, "1.60"), repository("new", &[])]),
        )
        .await;
    assert_eq!(resolution.status, ResolutionStatus::Resolved);
    assert!(
        resolution
            .warnings
            .iter()
            .any(|warning| warning.starts_with("clap 4.5.20 needs Rust 1.74")),
        "{:?}",
        resolution.warnings
    );
}

#[tokio::test]
async fn constraints_take_part() {
    let mut request = request(vec![repository("a", &["serde =1.0.100"])]);
    request.constraints = vec![Constraint::beside("serde@>=1.0.150, <2")];
    let resolution = Machine::new(Tool::Cargo).solve(&Cargo, &request).await;
    assert_eq!(resolution.status, ResolutionStatus::Unsatisfiable);
    assert!(
        told(&resolution).contains("constraint serde >=1.0.150, <2"),
        "{}",
        told(&resolution)
    );
    assert_eq!(resolution.conflicts[0].repositories, ["./a"]);
}

#[tokio::test]
async fn what_is_not_in_the_cache_is_unknown_offline() {
    let home = tempfile::tempdir().expect("a folder");
    let machine = Machine::new(Tool::Cargo).set("CARGO_HOME", home.path().to_str().expect("UTF-8"));
    let mut request = request(vec![repository("a", &["cfg-if 1"])]);
    request.offline = true;
    let resolution = machine.solve(&Cargo, &request).await;
    assert_eq!(
        told(&resolution),
        "Unknown\nIt cannot be told whether the requirements can be met: the network is switched off and the cache does not have the versions of cfg-if that are needed."
    );
}

#[tokio::test]
async fn a_registry_that_cannot_be_reached_is_a_failure_without_its_address() {
    let home = tempfile::tempdir().expect("a folder");
    let machine = Machine::new(Tool::Cargo)
        .set("CARGO_HOME", home.path().to_str().expect("UTF-8"))
        .set("HTTPS_PROXY", "http://user:word@127.0.0.1:9")
        .set("CARGO_NET_RETRY", "0");
    let request = request(vec![repository("a", &["cfg-if 1"])]);
    let failure = machine
        .try_solve(&Cargo, &request)
        .await
        .expect_err("fails");
    assert_eq!(failure.code, ErrorCode::Upstream, "{failure:?}");
    assert!(
        !failure.message.contains("://") && !failure.message.contains("word"),
        "{}",
        failure.message
    );
}

/// A configuration file and a toolchain file above the scratch folder would change the registry and the program.
#[tokio::test]
async fn files_above_the_scratch_folder_do_not_count() {
    let above = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| {
        let file = above.path().join(file);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    };
    write(
        ".cargo/config.toml",
        "[net]\noffline = true\n[build]\nrustc = '/nowhere'\n[http]\nproxy = '127.0.0.1:9'\n",
    );
    write(
        "rust-toolchain.toml",
        "[toolchain]\nchannel = 'no-such-toolchain'\n",
    );
    write("Cargo.toml", "[workspace]\nmembers = ['**']\n");
    let mut machine = Machine::new(Tool::Cargo);
    machine.scratch = tempfile::tempdir_in(above.path()).expect("a folder");
    let request = request(vec![repository("a", &["cfg-if 1"])]);
    let resolution = machine.solve(&Cargo, &request).await;
    assert_eq!(resolution.status, ResolutionStatus::Resolved);
}
