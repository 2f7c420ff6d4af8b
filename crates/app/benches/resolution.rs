//! What `resolve` costs beside the bare solver: each a new process, in turn within one run, with the solvers' own caches warm.
//!
//! For each set of requirements: the solver by hand on the merged input (`uv lock`, `cargo generate-lockfile`, `npm install
//! --package-lock-only`), `synthesizer resolve` with empty caches of its own, and the same again with what it kept. Prints the shortest and the
//! median of `--rounds=N` (7) and the ratio of the shortest; `--only=WORD` chooses sets. `SYNTHESIZER_BENCH_BINARY` measures another build.
//! Ends with 1 when an answer is missing: aims are printed, not enforced.

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

/// One set of requirements, as several repositories ask for them.
struct Set {
    name: &'static str,
    ecosystem: &'static str,
    repositories: &'static [&'static [&'static str]],
}

/// Sets of different sizes; packages that are in most registries.
const SETS: &[Set] = &[
    Set {
        name: "python, small",
        ecosystem: "python",
        repositories: &[&["click>=8.1", "jinja2>=3"], &["click", "rich>=13"]],
    },
    Set {
        name: "python, web",
        ecosystem: "python",
        repositories: &[
            &["flask>=3", "requests>=2.31"],
            &["fastapi>=0.110", "sqlalchemy>=2"],
            &["pandas>=2"],
        ],
    },
    Set {
        name: "cargo",
        ecosystem: "cargo",
        repositories: &[
            &["serde = \"1\"", "tokio = \"1\""],
            &["clap = \"4\"", "serde_json = \"1\""],
        ],
    },
    Set {
        name: "npm",
        ecosystem: "npm",
        repositories: &[
            &["\"express\": \"^4.18.0\""],
            &["\"ms\": \"^2.1.0\"", "\"semver\": \"^7.5.0\""],
        ],
    },
];

impl Set {
    fn manifest(&self, name: &str, requirements: &[&str]) -> (&'static str, String) {
        match self.ecosystem {
            "python" => {
                let quoted: Vec<String> = requirements
                    .iter()
                    .map(|one| format!("\"{one}\""))
                    .collect();
                let text = format!(
                    "[project]\nname = \"{name}\"\nversion = \"0\"\nrequires-python = \">=3.10\"\ndependencies = [{}]\n[tool.uv]\npackage = false\n",
                    quoted.join(", ")
                );
                ("pyproject.toml", text)
            }
            "cargo" => {
                let text = format!(
                    "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[lib]\npath = \"lib.rs\"\n[dependencies]\n{}\n",
                    requirements.join("\n")
                );
                ("Cargo.toml", text)
            }
            _ => {
                let text = format!(
                    "{{\"name\": \"{name}\", \"version\": \"0.0.0\", \"dependencies\": {{{}}}}}\n",
                    requirements.join(", ")
                );
                ("package.json", text)
            }
        }
    }

    fn member(index: usize) -> String {
        format!("repo-{}-r{}", index + 1, index + 1)
    }

    /// Writes one repository per member, and beside them the merged input with all members in one workspace.
    fn write(&self, folder: &Path) -> std::io::Result<()> {
        let workspace = folder.join("merged");
        for (index, requirements) in self.repositories.iter().enumerate() {
            for place in [
                folder.join(format!("r{}", index + 1)),
                workspace.join(Self::member(index)),
            ] {
                let (file, text) = self.manifest(&Self::member(index), requirements);
                fs::create_dir_all(&place)?;
                fs::write(place.join(file), text)?;
                fs::write(place.join("lib.rs"), "")?;
            }
        }
        let members: Vec<String> = (0..self.repositories.len())
            .map(|index| format!("\"{}\"", Self::member(index)))
            .collect();
        let members = members.join(", ");
        let (file, text) = match self.ecosystem {
            "python" => {
                let sources: String = (0..self.repositories.len())
                    .map(|index| format!("{} = {{ workspace = true }}\n", Self::member(index)))
                    .collect();
                let text = format!(
                    "[project]\nname = \"root\"\nversion = \"0\"\nrequires-python = \">=3.10\"\ndependencies = [{members}]\n[tool.uv]\npackage = false\n[tool.uv.workspace]\nmembers = [{members}]\n[tool.uv.sources]\n{sources}"
                );
                ("pyproject.toml", text)
            }
            "cargo" => (
                "Cargo.toml",
                format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n"),
            ),
            _ => (
                "package.json",
                format!("{{\"name\": \"root\", \"private\": true, \"workspaces\": [{members}]}}\n"),
            ),
        };
        fs::write(workspace.join(file), text)
    }

    /// Gives the command of the bare solver; what it wrote before is deleted first.
    fn bare(&self, folder: &Path) -> Command {
        let workspace = folder.join("merged");
        for lock in ["uv.lock", "Cargo.lock", "package-lock.json"] {
            // The first run has none.
            let _ = fs::remove_file(workspace.join(lock));
        }
        let (program, arguments): (&str, &[&str]) = match self.ecosystem {
            "python" => ("uv", &["lock", "--no-build", "--quiet"]),
            "cargo" => ("cargo", &["generate-lockfile", "--quiet"]),
            _ => (
                "npm",
                &[
                    "install",
                    "--package-lock-only",
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    "--silent",
                ],
            ),
        };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(workspace);
        command
    }

    fn ours(&self, binary: &Path, folder: &Path, cache: &Path) -> Command {
        let mut command = Command::new(binary);
        command
            .current_dir(folder)
            .args(["--quiet", "resolve", "--ecosystem", self.ecosystem])
            .args((1..=self.repositories.len()).map(|index| format!("./r{index}")))
            .env("SYNTHESIZER__PATHS__CACHE", cache)
            .env("SYNTHESIZER__PATHS__DATA", cache.join("data"));
        command
    }
}

fn run(set: &Set, binary: &Path, rounds: usize) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    set.write(folder.path())
        .map_err(|error| error.to_string())?;
    let (mut bare, mut ours, mut kept) =
        (Samples::default(), Samples::default(), Samples::default());
    // Fills the solver's own cache.
    measure(&mut set.bare(folder.path()), None)?;
    for round in 0..rounds {
        let cache = folder.path().join(format!("cache-{round}"));
        bare.push(measure(&mut set.bare(folder.path()), None)?);
        ours.push(measure(&mut set.ours(binary, folder.path(), &cache), None)?);
        kept.push(measure(&mut set.ours(binary, folder.path(), &cache), None)?);
    }
    println!(
        "{:<16} solver {:.3} s ({:.3})   resolve {:.3} s ({:.3}), {:.2} times   again {:.0} ms ({:.0})",
        set.name,
        bare.shortest(),
        bare.median(),
        ours.shortest(),
        ours.median(),
        ours.shortest() / bare.shortest(),
        kept.shortest() * 1e3,
        kept.median() * 1e3,
    );
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let value = |name: &str| {
        arguments
            .iter()
            .find_map(|argument| argument.strip_prefix(name))
    };
    let rounds = value("--rounds=")
        .and_then(|number| number.parse().ok())
        .unwrap_or(7);
    let only = value("--only=").unwrap_or("");
    let binary = env::var_os("SYNTHESIZER_BENCH_BINARY").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_synthesizer")),
        PathBuf::from,
    );
    println!(
        "shortest of {rounds} runs in turn (median); own caches empty for `resolve`, kept for `again`"
    );
    let mut failed = false;
    for set in SETS.iter().filter(|set| set.name.contains(only)) {
        if let Err(message) = run(set, &binary, rounds) {
            println!("{}: failed: {message}", set.name);
            failed = true;
        }
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
