//! `synthesizer resolve`: one set of packages that satisfies all the repositories, or why there is none.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use synthesizer_engine::operations::resolve::{ResolveAnswer, ResolveRequest};
use synthesizer_model::{
    ErrorCode, Failure,
    dependency::Ecosystem,
    reference::RepositoryReference,
    resolution::{Relaxation, Resolution, ResolutionStatus},
};

use crate::{
    answer::document,
    cli::{
        output::{Answer, Page, shell_word},
        session::Session,
    },
};

const EXAMPLES: &str = "\
Examples:
  synthesizer resolve pypi:flask@3.1.0 pypi:requests
  synthesizer resolve ./a ./b --constraint 'numpy>=1.20' --python 3.12
  synthesizer resolve ./a ./b --constraint './a :: click>=7.0,<8.2'
  synthesizer resolve cargo:tokio npm:express --ecosystem cargo
  synthesizer resolve pypi:flask@3.1.0 --output locked

Forms of a constraint, which belongs to the family of packages whose form it has:
  'numpy>=1.20'            Python: for whoever needs numpy
  'cargo:serde@^1.0.100'   Cargo or npm, named where both could be meant
  './a :: click>=8'        in place of what ./a asks of click
  './a :: without click'   ./a does without click
  './a :: python>=3.9'     in place of the Python versions of ./a

Exit status 1 means that there is no such set.";

/// The arguments of `resolve`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The repositories
    #[arg(value_name = "REPO", required = true)]
    repositories: Vec<String>,
    /// A further requirement, such as 'numpy>=1.20', 'serde@^1.0.100' or './a :: click>=8'
    #[arg(long = "constraint", value_name = "REQUIREMENT")]
    constraints: Vec<String>,
    /// The Python version to resolve for; every version that the repositories allow, if not given
    #[arg(long, value_name = "VERSION")]
    python: Option<String>,
    /// Resolve only this family of packages
    #[arg(long, value_enum)]
    ecosystem: Option<EcosystemArgument>,
    /// Write manifests and locks into this folder, which must not hold them yet
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// `--ecosystem`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum EcosystemArgument {
    /// Python distributions.
    Python,
    /// Rust crates.
    Cargo,
    /// JavaScript packages.
    Npm,
}

impl From<EcosystemArgument> for Ecosystem {
    fn from(argument: EcosystemArgument) -> Self {
        match argument {
            EcosystemArgument::Python => Self::Python,
            EcosystemArgument::Cargo => Self::Cargo,
            EcosystemArgument::Npm => Self::Npm,
        }
    }
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let repositories = arguments
        .repositories
        .iter()
        .map(|text| RepositoryReference::parse(text))
        .collect::<Result<Vec<_>, _>>()?;
    let request = ResolveRequest {
        repositories,
        constraints: arguments.constraints.clone(),
        python_version: arguments.python.clone(),
        ecosystem: arguments.ecosystem.map(Ecosystem::from),
        requirements_txt: session.json || arguments.output.is_some(),
    };
    let found = session.engine.resolve(&session.call, request).await?;
    let written = match &arguments.output {
        Some(folder) => write_locks(folder, &found.resolutions)?,
        None => Vec::new(),
    };
    let status = found
        .resolutions
        .iter()
        .filter_map(|resolution| resolution.code)
        .map(ErrorCode::exit_status)
        .max()
        .unwrap_or(0);
    Ok(Answer {
        document: document(&found, &session.call.correlation_id)?,
        text: render(&found, &written),
        status,
    })
}

/// Writes lock and requirements of every solution: all of them or none, and over nothing that is there.
fn write_locks(folder: &Path, resolutions: &[Resolution]) -> Result<Vec<PathBuf>, Failure> {
    let mut files: Vec<(PathBuf, &str)> = Vec::new();
    for resolution in resolutions {
        let locked = resolution.manifests.iter().chain(&resolution.lock);
        files.extend(locked.map(|file| (folder.join(&file.name), file.content.as_str())));
        if let Some(requirements) = &resolution.requirements_txt {
            files.push((folder.join("requirements.txt"), requirements));
        }
    }
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let (mut written, mut made): (Vec<PathBuf>, Vec<PathBuf>) = (Vec::new(), Vec::new());
    for (path, content) in files {
        let parent = path.parent().unwrap_or(folder);
        let one = make_folder(parent, &mut made).and_then(|()| write_new(&path, content));
        if let Err(failure) = one {
            // What we have just made is ours to take back; if that fails, the failure below says enough.
            for path in written {
                let _ = fs::remove_file(path);
            }
            for folder in made.iter().rev() {
                let _ = fs::remove_dir(folder);
            }
            return Err(failure);
        }
        written.push(path);
    }
    Ok(written)
}

/// Makes a folder and those above it that are missing, and adds them to those that were made, the topmost first.
fn make_folder(folder: &Path, made: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let above = folder.ancestors();
    let missing = above.take_while(|one| !one.as_os_str().is_empty() && !one.exists());
    let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    missing.reverse();
    let created = fs::create_dir_all(folder);
    made.extend(missing);
    created.map_err(|error| cannot_write(folder, &error))
}

fn write_new(path: &Path, content: &str) -> Result<(), Failure> {
    let mut file = fs::File::create_new(path).map_err(|error| cannot_write(path, &error))?;
    file.write_all(content.as_bytes()).map_err(|error| {
        // A half-written file is worse than none.
        let _ = fs::remove_file(path);
        cannot_write(path, &error)
    })
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    let shown = path.display();
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::new(ErrorCode::Exists, format!("{shown} exists already"))
                .with_hint("name a folder that does not hold it")
        }
        std::io::ErrorKind::PermissionDenied => {
            Failure::new(ErrorCode::Forbidden, format!("may not write {shown}"))
        }
        _ => Failure::new(ErrorCode::Path, format!("cannot write {shown}: {error}")),
    }
}

fn render(answer: &ResolveAnswer, written: &[PathBuf]) -> String {
    let mut page = Page::default();
    for resolution in &answer.resolutions {
        one(&mut page, resolution);
    }
    let written: Vec<String> = written
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    page.list("Written", &written);
    page.list("Warnings", &answer.warnings);
    page.into_text()
}

fn one(page: &mut Page, resolution: &Resolution) {
    let ecosystem = match resolution.ecosystem {
        Ecosystem::Python => "Python",
        Ecosystem::Cargo => "Cargo",
        Ecosystem::Npm => "npm",
        Ecosystem::Go => "Go",
        Ecosystem::Maven => "Maven",
    };
    page.heading(ecosystem);
    match resolution.status {
        ResolutionStatus::Resolved => page.verdict(
            true,
            &match resolution.packages_resolved {
                1 => "resolved: 1 package".to_owned(),
                count => format!("resolved: {count} packages"),
            },
        ),
        ResolutionStatus::Unsatisfiable => page.verdict(false, "there is no such set of packages"),
        ResolutionStatus::Unknown => page.verdict(false, "it could not be told"),
    }
    page.fact("python", resolution.requires_python.as_deref());
    page.fact("solver", Some(&resolution.solver));
    let kept = resolution
        .kept_for_seconds
        .map(|seconds| format!("{seconds} s ago"));
    page.fact("found", kept.as_deref());
    // That there is a set is said above.
    if resolution.status != ResolutionStatus::Resolved {
        page.lines(&resolution.explanation);
    }
    let requirements = resolution
        .conflicts
        .iter()
        .flat_map(|conflict| {
            conflict.requirements.iter().map(|requirement| {
                vec![
                    conflict.what.clone(),
                    requirement.repository.clone(),
                    requirement.specifier.clone(),
                    requirement.place(),
                ]
            })
        })
        .collect();
    let columns = ["about", "repository", "needs", "at"];
    page.table("Contradictions", &columns, requirements);
    page.table(
        "Ways out, each solved",
        &["option", "repository", "needs", "change to", "at"],
        ways_out(resolution),
    );
    let constraints: Vec<String> = resolution
        .relaxations
        .iter()
        .filter_map(|change| {
            let constraint = shell_word(change.constraint.as_ref()?);
            Some(format!(
                "option {}: --constraint {constraint}",
                change.option
            ))
        })
        .collect();
    page.list("To try a way out", &constraints);
    let packages = resolution
        .packages
        .iter()
        .map(|package| {
            vec![
                package.name.clone(),
                package.version.clone(),
                package.required_by.join(", "),
            ]
        })
        .collect();
    page.table("Packages", &["name", "version", "asked for by"], packages);
    page.list("Warnings", &resolution.warnings);
}

fn ways_out(resolution: &Resolution) -> Vec<Vec<String>> {
    let row = |change: &Relaxation| {
        let place = match (change.manifest.as_str(), change.line) {
            (manifest, 0) => manifest.to_owned(),
            (manifest, line) => format!("{manifest}:{line}"),
        };
        vec![
            change.option.to_string(),
            change.repository.clone(),
            change.requirement.clone(),
            change
                .becomes
                .clone()
                .unwrap_or_else(|| "nothing".to_owned()),
            place,
        ]
    };
    resolution.relaxations.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use synthesizer_model::resolution::LockFile;

    use super::*;

    fn solution() -> Resolution {
        Resolution {
            status: ResolutionStatus::Resolved,
            lock: Some(LockFile {
                name: "uv.lock".to_owned(),
                content: "version = 1\n".to_owned(),
            }),
            requirements_txt: Some("a==1\n".to_owned()),
            ..Resolution::unanswered(Ecosystem::Python, "")
        }
    }

    #[test]
    fn both_files_are_written_into_a_new_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("a/b");
        let written = write_locks(&target, &[solution()]).expect("written");
        assert_eq!(
            written,
            [target.join("uv.lock"), target.join("requirements.txt")]
        );
        assert_eq!(fs::read_to_string(&written[1]).expect("there"), "a==1\n");
    }

    #[test]
    fn a_file_that_is_there_stays_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("requirements.txt"), "mine").expect("written");
        let failure = write_locks(folder.path(), &[solution()]).expect_err("refused");
        assert_eq!(failure.code, ErrorCode::Exists);
        assert!(!folder.path().join("uv.lock").exists());
        let kept = fs::read_to_string(folder.path().join("requirements.txt")).expect("there");
        assert_eq!(kept, "mine");
    }
}
