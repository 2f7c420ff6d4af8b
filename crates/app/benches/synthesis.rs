//! What a synthesis costs beside `git clone` of the same repositories, and how that grows with the files taken.
//!
//! `real`: parts of two published packages, committed to git repositories that a real `git http-backend` serves on this machine; each round
//! clones both with `git` and makes a project of them from what the program fetched before, with its text verified (`--level parse`).
//! `growth`: whole packages of 250 to 4,000 made-up modules. Prints the shortest and the median of `--rounds=N` (7).
//! `SYNTHESIZER_BENCH_BINARY` measures another build. Ends with 1 when a run fails: aims are printed, not enforced.

#![expect(clippy::print_stdout, reason = "the figures are what this is for")]
#![expect(
    clippy::disallowed_methods,
    reason = "programs are started as a user would start them, and their environment is made here"
)]

#[path = "analysis/measuring.rs"]
#[expect(dead_code, reason = "the bench of analysis also measures memory")]
mod measuring;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use measuring::{Samples, measure};
use synthesizer_testkit::{
    git_repository::GitRepository, git_server::GitServer, published::fetch_source,
};

/// Package, version, and the component that is taken of it.
const PARTS: [(&str, &str, &str); 2] = [
    ("click", "8.1.7", "click.formatting"),
    ("flask", "3.0.3", "flask.json.tag"),
];

/// How many modules the made-up packages have.
const SIZES: [usize; 5] = [250, 500, 1_000, 2_000, 4_000];

/// A program with folders of its own.
struct Ours<'a> {
    binary: &'a Path,
    folder: &'a Path,
}

impl Ours<'_> {
    /// Gives the command that makes a project below the folder; one of an earlier round is deleted.
    fn command(&self, repositories: &[String]) -> Command {
        let project = self.folder.join("project");
        // The first run has none.
        let _ = fs::remove_dir_all(&project);
        let mut command = Command::new(self.binary);
        command
            .current_dir(self.folder)
            .args([
                "--quiet",
                "synthesize",
                "--name",
                "project",
                "--level",
                "parse",
            ])
            .args(repositories.iter().flat_map(|one| ["--repo", one.as_str()]))
            .env("SYNTHESIZER__PATHS__CACHE", self.folder.join("cache"))
            .env("SYNTHESIZER__PATHS__DATA", self.folder.join("data"));
        command
    }
}

fn real(binary: &Path, rounds: usize) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (root, sources) = (folder.path().join("git"), folder.path().join("sources"));
    for part in [&root, &sources] {
        fs::create_dir(part).map_err(|error| error.to_string())?;
    }
    let mut commits = Vec::new();
    for (name, version, _) in PARTS {
        let source = fetch_source(name, version, &sources);
        let repository = GitRepository::from_folder(&root, name, &source);
        commits.push(repository.head().ok_or("the repository has no commit")?);
    }
    let server = GitServer::start(&root);
    let repositories: Vec<String> = PARTS
        .iter()
        .zip(&commits)
        .map(|((name, _, component), commit)| format!("{}@{commit}#{component}", server.url(name)))
        .collect();
    let config = format!("[network]\nallow_hosts = [\"{}\"]\n", server.authority());
    fs::write(folder.path().join("synthesizer.toml"), config).map_err(|error| error.to_string())?;
    let ours = Ours {
        binary,
        folder: folder.path(),
    };
    // Fills the caches: the repositories, and those of uv.
    measure(&mut ours.command(&repositories), None)?;
    let (mut clones, mut projects) = (Samples::default(), Samples::default());
    for _ in 0..rounds {
        let clone_folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let script = PARTS
            .iter()
            .map(|(name, ..)| format!("git clone --quiet {} {name}", server.url(name)))
            .collect::<Vec<_>>()
            .join(" && ");
        let mut clone = Command::new("sh");
        clone.args(["-c", &script]).current_dir(clone_folder.path());
        clones.push(measure(&mut clone, None)?);
        projects.push(measure(&mut ours.command(&repositories), None)?);
    }
    println!(
        "two parts        git clone of both {:.3} s ({:.3})   synthesize {:.3} s ({:.3}), {:.2} times; aim under 1 s",
        clones.shortest(),
        clones.median(),
        projects.shortest(),
        projects.median(),
        projects.shortest() / clones.shortest(),
    );
    Ok(())
}

/// Writes a package in which every module imports the one before it.
fn write_package(folder: &Path, modules: usize) -> std::io::Result<()> {
    let package = folder.join("src/grown");
    fs::create_dir_all(&package)?;
    fs::write(
        folder.join("pyproject.toml"),
        "[project]\nname = \"grown\"\nversion = \"1\"\nlicense = \"MIT\"\n",
    )?;
    fs::write(package.join("__init__.py"), "")?;
    for number in 0..modules {
        let import = match number {
            0 => String::new(),
            _ => format!("from grown.m{:05} import value as before\n", number - 1),
        };
        let body =
            "\n\ndef twice(number: int) -> int:\n    \"\"\"Doubles.\"\"\"\n    return number * 2\n"
                .repeat(10);
        fs::write(
            package.join(format!("m{number:05}.py")),
            format!("\"\"\"Module {number}.\"\"\"\n{import}\nvalue = {number}\n{body}"),
        )?;
    }
    Ok(())
}

fn growth(binary: &Path, rounds: usize) -> Result<(), String> {
    let mut figures: Vec<(f64, f64)> = Vec::new();
    for size in SIZES {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        write_package(&folder.path().join("grown"), size).map_err(|error| error.to_string())?;
        let ours = Ours {
            binary,
            folder: folder.path(),
        };
        let repositories = ["./grown".to_owned()];
        measure(&mut ours.command(&repositories), None)?;
        let mut samples = Samples::default();
        for _ in 0..rounds {
            samples.push(measure(&mut ours.command(&repositories), None)?);
        }
        println!(
            "{size:>5} files      synthesize {:.3} s ({:.3}), {:.2} ms a file, {:.0} MB",
            samples.shortest(),
            samples.median(),
            samples.shortest() * 1e3 / size as f64,
            samples.peak_megabytes(),
        );
        figures.push(((size as f64).ln(), samples.shortest().ln()));
    }
    println!("exponent         {:.2} (1 is linear)", slope(&figures));
    Ok(())
}

/// Gives the slope of the straight line nearest to the points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let above: f64 = points
        .iter()
        .map(|point| (point.0 - x) * (point.1 - y))
        .sum();
    let below: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    above / below
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let rounds = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("--rounds="))
        .and_then(|number| number.parse().ok())
        .unwrap_or(7);
    let words: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let wanted = |name: &str| words.is_empty() || words.contains(&name);
    let binary = env::var_os("SYNTHESIZER_BENCH_BINARY").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_synthesizer")),
        PathBuf::from,
    );
    println!("shortest of {rounds} runs in turn (median)");
    let mut outcomes = Vec::new();
    if wanted("real") {
        outcomes.push(real(&binary, rounds));
    }
    if wanted("growth") {
        outcomes.push(growth(&binary, rounds));
    }
    let mut status = ExitCode::SUCCESS;
    for message in outcomes.into_iter().filter_map(Result::err) {
        println!("failed: {message}");
        status = ExitCode::FAILURE;
    }
    status
}
