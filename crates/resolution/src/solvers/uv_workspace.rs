//! The virtual workspace in which every repository is one member. All text goes through the TOML writer; nothing is concatenated.

use std::{collections::BTreeMap, path::Path, str::FromStr as _};

use pep508_rs::{Requirement, VersionOrUrl};
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{Constraint, RepositoryRequirements, ResolutionRequest},
    text::escape_untrusted,
};
use toml::{Table, Value};
use url::Url;

use crate::requirement::{SolverRequirement, read_dependency, read_text};

/// The root of the workspace; no member can have its name.
pub(super) const ROOT: &str = "synthesizer-resolution";

const MOST_REPOSITORIES: usize = 100;
const MOST_REQUIREMENTS: usize = 5_000;
const LONGEST_SLUG: usize = 40;

/// A repository as a member of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Member<'a> {
    /// `repo-<n>-<slug>`, so that it is never the name of a package that is needed.
    pub(crate) name: String,
    /// The repository.
    pub(crate) repository: &'a RepositoryRequirements,
    /// What the solver sees, each with the requirement it was read from.
    pub(crate) requirements: Vec<(SolverRequirement, &'a Dependency)>,
}

impl Member<'_> {
    /// Gives the repository as the user named it, safe to show.
    pub(crate) fn shown(&self) -> String {
        escape_untrusted(&self.repository.repository)
    }
}

/// Makes the members; the second value says what of their requirements was left out or changed.
///
/// # Errors
/// `E_LIMIT` for too many repositories.
pub(super) fn members(
    request: &ResolutionRequest,
) -> Result<(Vec<Member<'_>>, Vec<String>), Failure> {
    if request.repositories.len() > MOST_REPOSITORIES {
        return Err(Failure::new(
            ErrorCode::Limit,
            "more than 100 repositories cannot be solved together",
        ));
    }
    let names: Vec<String> = request
        .repositories
        .iter()
        .enumerate()
        .map(|(index, repository)| format!("repo-{}-{}", index + 1, safe_slug(&repository.slug)))
        .collect();
    let mut warnings = Vec::new();
    let members = request
        .repositories
        .iter()
        .zip(&names)
        .map(|(repository, name)| Member {
            name: name.clone(),
            repository,
            requirements: requirements_of(repository, &names, &mut warnings),
        });
    let members = members.collect();
    Ok((members, warnings))
}

fn safe_slug(slug: &str) -> String {
    let kept: String = slug
        .to_ascii_lowercase()
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || *character == '-')
        .take(LONGEST_SLUG)
        .collect();
    let trimmed = kept.trim_matches('-');
    if trimmed.is_empty() {
        "source".to_owned()
    } else {
        trimmed.to_owned()
    }
}

fn requirements_of<'a>(
    repository: &'a RepositoryRequirements,
    names: &[String],
    warnings: &mut Vec<String>,
) -> Vec<(SolverRequirement, &'a Dependency)> {
    let shown = escape_untrusted(&repository.repository);
    let mut requirements = Vec::new();
    for dependency in repository.requirements.iter().take(MOST_REQUIREMENTS) {
        let place = format!(
            "{}:{}",
            escape_untrusted(&dependency.manifest),
            dependency.line
        );
        let taken = read_dependency(dependency).and_then(|requirement| {
            if requirement.name == ROOT || names.contains(&requirement.name) {
                return Err("it has the name of a member of the scratch workspace");
            }
            Ok(requirement)
        });
        match taken {
            Ok(requirement) => {
                if requirement.by_name_only {
                    warnings.push(format!(
                        "{shown} asks for {} by a direct reference ({place}); it was solved by its name alone, in any version",
                        requirement.name
                    ));
                }
                requirements.push((requirement, dependency));
            }
            Err(reason) => {
                let text: String = escape_untrusted(&dependency.requirement())
                    .chars()
                    .take(120)
                    .collect();
                warnings.push(format!(
                    "{shown}: the requirement `{text}` ({place}) was left out: {reason}"
                ));
            }
        }
    }
    if repository.requirements.len() > MOST_REQUIREMENTS {
        warnings.push(format!(
            "{shown}: only the first {MOST_REQUIREMENTS} requirements were taken"
        ));
    }
    requirements
}

/// Reads the user's constraints.
///
/// # Errors
/// `E_ARGUMENT` for what is no requirement, and for a direct reference.
pub(super) fn constraints(given: &[Constraint]) -> Result<Vec<SolverRequirement>, Failure> {
    let read = |constraint: &Constraint| {
        let text = constraint.requirement.as_str();
        let shown = escape_untrusted(text);
        let refuse = |reason: &str| {
            Failure::new(
                ErrorCode::Argument,
                format!("the constraint `{shown}` cannot be used: {reason}"),
            )
            .with_hint("write a constraint as a package and its versions, such as numpy>=1.20")
        };
        match read_text(text, None) {
            Ok(requirement) if requirement.by_name_only => Err(refuse("it is a direct reference")),
            Ok(requirement) => Ok(requirement),
            Err(reason) => Err(refuse(reason)),
        }
    };
    given.iter().map(read).collect()
}

/// Reads one constraint into the requirement that it means.
///
/// # Errors
/// The reason why it is none, as the end of a sentence.
pub(super) fn read_constraint(text: &str) -> Result<Dependency, &'static str> {
    let read = read_text(text, None)?;
    if read.by_name_only {
        return Err("it is a direct reference");
    }
    let requirement =
        Requirement::<Url>::from_str(text).map_err(|_| "it is not a requirement by PEP 508")?;
    let mut dependency = Dependency::new(Ecosystem::Python, requirement.name.to_string(), "", 0);
    dependency.extras = requirement.extras.iter().map(ToString::to_string).collect();
    dependency.marker = requirement.marker.try_to_string();
    dependency.specifier = match requirement.version_or_url {
        Some(VersionOrUrl::VersionSpecifier(specifiers)) => specifiers.to_string(),
        Some(VersionOrUrl::Url(_)) | None => String::new(),
    };
    Ok(dependency)
}

/// Writes the workspace into a folder that exists.
pub(super) async fn write(
    directory: &Path,
    members: &[Member<'_>],
    requires_python: &str,
    constraints: &[SolverRequirement],
) -> Result<(), Failure> {
    write_all(directory, members, requires_python, constraints)
        .await
        .map_err(synthesizer_infrastructure::project::cannot_write_scratch)
}

async fn write_all(
    directory: &Path,
    members: &[Member<'_>],
    requires_python: &str,
    constraints: &[SolverRequirement],
) -> std::io::Result<()> {
    tokio::fs::create_dir_all(directory).await?;
    let root = root_manifest(members, requires_python, constraints);
    tokio::fs::write(directory.join("pyproject.toml"), render(&root)?).await?;
    for member in members {
        let folder = directory.join(&member.name);
        tokio::fs::create_dir(&folder).await?;
        let manifest = member_manifest(member, requires_python);
        tokio::fs::write(folder.join("pyproject.toml"), render(&manifest)?).await?;
    }
    Ok(())
}

fn render(manifest: &Table) -> std::io::Result<String> {
    toml::to_string(manifest).map_err(std::io::Error::other)
}

fn root_manifest(
    members: &[Member<'_>],
    requires_python: &str,
    constraints: &[SolverRequirement],
) -> Table {
    let names = || members.iter().map(|member| member.name.clone());
    let workspace_source = |name| {
        (
            name,
            Value::Table(table([("workspace", Value::Boolean(true))])),
        )
    };
    let uv = table([
        ("package", Value::Boolean(false)),
        (
            "constraint-dependencies",
            texts(constraints.iter().map(|one| one.text.clone())),
        ),
        (
            "workspace",
            Value::Table(table([("members", texts(names()))])),
        ),
        (
            "sources",
            Value::Table(names().map(workspace_source).collect()),
        ),
    ]);
    manifest(ROOT, requires_python, texts(names()), uv)
}

fn member_manifest(member: &Member<'_>, requires_python: &str) -> Table {
    let requirements = member
        .requirements
        .iter()
        .map(|(requirement, _)| requirement.text.clone());
    let uv = table([("package", Value::Boolean(false))]);
    manifest(&member.name, requires_python, texts(requirements), uv)
}

fn manifest(name: &str, requires_python: &str, dependencies: Value, uv: Table) -> Table {
    let project = table([
        ("name", Value::from(name)),
        ("version", Value::from("0")),
        ("requires-python", Value::from(requires_python)),
        ("dependencies", dependencies),
    ]);
    let tool = table([("uv", Value::Table(uv))]);
    table([
        ("project", Value::Table(project)),
        ("tool", Value::Table(tool)),
    ])
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn texts(items: impl Iterator<Item = String>) -> Value {
    Value::Array(items.map(Value::String).collect())
}

/// Gives what to show for every name that is not a package: members and the root.
pub(super) fn labels(members: &[Member<'_>]) -> BTreeMap<String, String> {
    members
        .iter()
        .map(|member| (member.name.clone(), member.shown()))
        .collect()
}

#[cfg(test)]
mod tests {
    use synthesizer_model::dependency::Ecosystem;

    use super::*;

    fn repository(name: &str, slug: &str, requirements: &[&str]) -> RepositoryRequirements {
        let dependency =
            |text: &&str| Dependency::new(Ecosystem::Python, *text, "pyproject.toml", 3);
        RepositoryRequirements {
            repository: name.to_owned(),
            slug: slug.to_owned(),
            requires_python: None,
            requirements: requirements.iter().map(dependency).collect(),
            ..RepositoryRequirements::default()
        }
    }

    fn request(repositories: Vec<RepositoryRequirements>) -> ResolutionRequest {
        ResolutionRequest {
            repositories,
            ..ResolutionRequest::default()
        }
    }

    #[test]
    fn member_names_are_never_names_of_packages() {
        let request = request(vec![
            repository("./a", "click", &[]),
            repository("./b", "../Evil \"\n", &[]),
            repository("./c", "--", &[]),
        ]);
        let (members, _) = members(&request).expect("members");
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["repo-1-click", "repo-2-evil", "repo-3-source"]);
    }

    #[test]
    fn what_a_solver_must_not_see_is_left_out_and_named() {
        let texts = [
            "click",
            "repo-1-a",
            "x @ https://user:word@host.example/x",
            "y\"]\nz",
        ];
        let request = request(vec![repository("./a", "a", &texts)]);
        let (members, warnings) = members(&request).expect("members");
        let seen: Vec<&str> = members[0]
            .requirements
            .iter()
            .map(|(read, _)| read.text.as_str())
            .collect();
        assert_eq!(seen, ["click", "x"]);
        assert_eq!(
            warnings,
            [
                "./a: the requirement `repo-1-a` (pyproject.toml:3) was left out: it has the name of a member of the scratch workspace",
                "./a asks for x by a direct reference (pyproject.toml:3); it was solved by its name alone, in any version",
                "./a: the requirement `y\"]\\u{a}z` (pyproject.toml:3) was left out: it is not a requirement by PEP 508",
            ]
        );
    }

    #[test]
    fn texts_are_escaped_by_the_toml_writer() {
        let request = request(vec![repository("./a", "a", &["a; os_name == '\\ \u{1}'"])]);
        let (members, _) = members(&request).expect("members");
        let text = render(&member_manifest(&members[0], ">=3.9")).expect("renders");
        let back: Table = toml::from_str(&text).expect("parses");
        assert_eq!(
            back["project"]["dependencies"][0].as_str(),
            Some("a; os_name == '\\ \u{1}'")
        );
    }

    #[test]
    fn a_constraint_must_be_a_requirement_without_an_address() {
        for text in ["numpy>=", "x @ https://host.example/x"] {
            let failure = constraints(&[Constraint::beside(text)]).expect_err("refused");
            assert_eq!(failure.code, ErrorCode::Argument);
        }
    }
}
