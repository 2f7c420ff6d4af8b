//! Further requirements of the user: which ecosystem each is for, and which of a repository's own requirements it takes the place of.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    dependency::{Dependency, Ecosystem, normalize_distribution},
    failure::{ErrorCode, Failure},
    resolution::{Constraint, RepositoryRequirements, ResolutionRequest, RuntimeRequirement},
    text::escape_untrusted,
};

use crate::solvers::{SOLVERS, Solver};

/// What stands between a repository and the requirement that takes the place of its own.
pub const INSTEAD: &str = " :: ";

/// What stands before the name of a package that a repository is to do without.
pub const WITHOUT: &str = "without ";

/// The name under which a constraint means the Python versions that a repository runs on.
const PYTHON: &str = "python";

/// The form of a constraint, for hints.
const HINT: &str = "write a constraint as a package and its versions, such as numpy>=1.20 (Python), serde@^1.0.100 (Cargo) or react@^18 \
    (npm); `cargo:` or `npm:` before it names the family, and `REPOSITORY :: REQUIREMENT` puts it in place of that repository's own, `REPOSITORY :: without PACKAGE` drops it, \
    `REPOSITORY :: python>=3.9` is for its Python versions";

/// Sorts constraints by the ecosystem that they are for.
///
/// A constraint is `[python:|cargo:|npm:]REQUIREMENT`, or `REPOSITORY :: ` and then that, to stand in place of what that repository asks of the
/// package (where several of its requirements differ by their condition, of the one with the same condition); `without NAME` drops it, and
/// `python` is for the versions of Python. Without a name of a family the form decides, as far as only one of the families present has it.
///
/// # Errors
/// `E_ARGUMENT` for a repository that is not among those named, and for a constraint that could be of several families, or of none.
pub fn by_ecosystem(
    texts: &[String],
    repositories: &[String],
    present: &BTreeSet<Ecosystem>,
) -> Result<BTreeMap<Ecosystem, Vec<Constraint>>, Failure> {
    let mut sorted: BTreeMap<Ecosystem, Vec<Constraint>> = BTreeMap::new();
    for text in texts {
        let refuse = |reason: &str| refusal(text, reason);
        let (instead_of, rest) = match text.split_once(INSTEAD) {
            Some((repository, rest)) => (Some(repository.trim().to_owned()), rest.trim()),
            None => (None, text.trim()),
        };
        match &instead_of {
            Some(repository) if !repositories.contains(repository) => {
                return Err(refuse("no repository of that name takes part"));
            }
            None if rest.starts_with(WITHOUT) => {
                return Err(refuse(
                    "it does not say which repository is to do without the package",
                ));
            }
            Some(_) | None => {}
        }
        let (ecosystem, requirement) = family(rest, present).map_err(|reason| refuse(&reason))?;
        let is_python = ecosystem == Ecosystem::Python && about_python(requirement).is_some();
        if instead_of.is_none() && is_python {
            return Err(refuse(
                "the Python version of the whole is asked for by itself, and a range of Python needs the repository that it is for",
            ));
        }
        sorted.entry(ecosystem).or_default().push(Constraint {
            instead_of,
            requirement: requirement.to_owned(),
        });
    }
    Ok(sorted)
}

/// Tells the family of a constraint, and gives the constraint without the family's name.
fn family<'t>(
    text: &'t str,
    present: &BTreeSet<Ecosystem>,
) -> Result<(Ecosystem, &'t str), String> {
    for solver in SOLVERS {
        let ecosystem = solver.description().ecosystem;
        let named = text
            .strip_prefix(ecosystem.as_str())
            .and_then(|rest| rest.strip_prefix(':'));
        if let Some(rest) = named {
            return Ok((ecosystem, rest.trim()));
        }
    }
    let readable: Vec<Ecosystem> = SOLVERS
        .iter()
        .filter(|solver| present.contains(&solver.description().ecosystem))
        .filter(|solver| solver.read_constraint(without(text)).is_ok())
        .map(|solver| solver.description().ecosystem)
        .collect();
    match readable.as_slice() {
        [only] => Ok((*only, text)),
        [] => {
            let reason = SOLVERS
                .iter()
                .filter(|solver| present.contains(&solver.description().ecosystem))
                .find_map(|solver| solver.read_constraint(without(text)).err());
            Err(reason
                .unwrap_or("no repository has requirements of that family")
                .to_owned())
        }
        several => {
            let names: Vec<&str> = several.iter().map(|one| one.as_str()).collect();
            Err(format!("it could be meant for {}", names.join(" or ")))
        }
    }
}

/// Reads a constraint of the Python family that is about versions of Python; no package has that name.
fn about_python(requirement: &str) -> Option<Dependency> {
    let mut solvers = SOLVERS.iter();
    let solver = solvers.find(|solver| solver.description().ecosystem == Ecosystem::Python)?;
    let wanted = solver.read_constraint(requirement).ok()?;
    (package_key(&wanted) == PYTHON).then_some(wanted)
}

/// Puts what constraints say of a repository's Python versions in place of what its manifests say; places stay.
///
/// The constraints are those of the Python family, as [`by_ecosystem`] sorts them.
pub fn apply_to_runtimes(
    constraints: &[Constraint],
    repository: &str,
    runtimes: &mut [RuntimeRequirement],
) {
    let own = constraints
        .iter()
        .filter(|known| known.instead_of.as_deref() == Some(repository));
    for wanted in own.filter_map(|known| about_python(&known.requirement)) {
        let pythons = runtimes.iter_mut().filter(|known| known.runtime == PYTHON);
        for known in pythons {
            known.specifier.clone_from(&wanted.specifier);
        }
    }
}

/// Leaves out the word before the package that is to go.
fn without(text: &str) -> &str {
    text.strip_prefix(WITHOUT).map_or(text, str::trim)
}

/// Puts constraints that name a repository in place of that repository's own requirements; those left are for all.
///
/// Manifest, line and condition of the requirement stay, so that answers still name the place to change.
///
/// # Errors
/// `E_ARGUMENT` for what cannot be read, and when the repository does not ask for the package.
pub(crate) fn applied(
    request: &ResolutionRequest,
    solver: &dyn Solver,
) -> Result<ResolutionRequest, Failure> {
    let mut applied = request.clone();
    applied.constraints.clear();
    for constraint in &request.constraints {
        let Some(repository) = &constraint.instead_of else {
            applied.constraints.push(constraint.clone());
            continue;
        };
        let refuse = |reason: &str| refusal(&constraint.requirement, reason);
        let goes = constraint.requirement.starts_with(WITHOUT);
        let wanted = solver
            .read_constraint(without(&constraint.requirement))
            .map_err(refuse)?;
        let of_name = applied
            .repositories
            .iter_mut()
            .filter(|known| known.repository == *repository);
        let mut changed = 0;
        for known in of_name {
            changed += if goes {
                drop_package(known, &wanted)
            } else {
                replace_package(known, &wanted, solver)
            };
        }
        if changed == 0 {
            let reason = format!(
                "{} does not ask for that package",
                escape_untrusted(repository)
            );
            return Err(refuse(&reason));
        }
    }
    Ok(applied)
}

fn drop_package(repository: &mut RepositoryRequirements, wanted: &Dependency) -> usize {
    let before = repository.requirements.len();
    let key = package_key(wanted);
    repository
        .requirements
        .retain(|known| package_key(known) != key);
    before - repository.requirements.len()
}

/// Replaces what a repository asks of a package, and says how many of its requirements were changed.
fn replace_package(
    repository: &mut RepositoryRequirements,
    wanted: &Dependency,
    solver: &dyn Solver,
) -> usize {
    let key = package_key(wanted);
    let is_asked = |known: &&mut Dependency| package_key(known) == key;
    let has_condition = |known: &Dependency| {
        let read = solver.read_constraint(&known.requirement());
        read.is_ok_and(|read| read.marker == wanted.marker)
    };
    let is_split = wanted.marker.is_some()
        && repository
            .requirements
            .iter()
            .any(|known| package_key(known) == key && has_condition(known));
    let changed = repository
        .requirements
        .iter_mut()
        .filter(is_asked)
        .filter(|known| !is_split || has_condition(known))
        .map(|known| replace(known, wanted))
        .count();
    if changed == 0 && key == PYTHON && wanted.ecosystem == Ecosystem::Python {
        return replace_pythons(repository, &wanted.specifier);
    }
    changed
}

fn replace_pythons(repository: &mut RepositoryRequirements, specifier: &str) -> usize {
    repository.requires_python = Some(specifier.to_owned());
    let pythons = repository
        .runtimes
        .iter_mut()
        .filter(|known| known.runtime == PYTHON);
    for known in pythons {
        specifier.clone_into(&mut known.specifier);
    }
    1
}

fn replace(known: &mut Dependency, wanted: &Dependency) {
    known.specifier.clone_from(&wanted.specifier);
    known.parsed.clone_from(&wanted.parsed);
    // The form of Cargo and npm has no room for features: those asked for stay.
    if known.ecosystem == Ecosystem::Python || !wanted.extras.is_empty() {
        known.extras.clone_from(&wanted.extras);
    }
    if wanted.marker.is_some() {
        known.marker.clone_from(&wanted.marker);
    }
    known.url = None;
    known.hashes.clear();
}

/// Gives the name under which an ecosystem knows a package.
pub fn package_key(dependency: &Dependency) -> String {
    match dependency.ecosystem {
        Ecosystem::Python => normalize_distribution(&dependency.name),
        Ecosystem::Cargo => dependency.name.to_ascii_lowercase().replace('_', "-"),
        Ecosystem::Npm | Ecosystem::Go | Ecosystem::Maven => dependency.name.clone(),
    }
}

fn refusal(text: &str, reason: &str) -> Failure {
    let shown: String = escape_untrusted(text).chars().take(200).collect();
    Failure::new(
        ErrorCode::Argument,
        format!("the constraint `{shown}` cannot be used: {reason}"),
    )
    .with_hint(HINT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solvers::uv::Uv;

    fn check(text: &str, present: &[Ecosystem], expected: Result<(Ecosystem, &str), &str>) {
        let present: BTreeSet<Ecosystem> = present.iter().copied().collect();
        let found = family(text, &present);
        assert_eq!(found, expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn the_form_decides_unless_the_family_is_named() {
        use Ecosystem::{Cargo, Npm, Python};
        check("numpy>=1.20", &[Python], Ok((Python, "numpy>=1.20")));
        check("python:numpy", &[Cargo], Ok((Python, "numpy")));
        check(
            "numpy @ https://host.example/x",
            &[Python],
            Err("it is a direct reference"),
        );
        check(
            "numpy",
            &[],
            Err("no repository has requirements of that family"),
        );
        check("cargo:serde@1", &[Npm], Ok((Cargo, "serde@1")));
        check("serde@^1", &[Cargo, Python], Ok((Cargo, "serde@^1")));
        check(
            "react@^18",
            &[Cargo, Npm],
            Err("it could be meant for cargo or npm"),
        );
    }

    #[test]
    fn versions_of_python_are_those_of_one_repository() {
        let present = BTreeSet::from([Ecosystem::Python]);
        let names = ["./a".to_owned(), "./b".to_owned()];
        let read = |text: &str| by_ecosystem(&[text.to_owned()], &names, &present);
        for text in ["python>=3.10", "python:Python >=3.10"] {
            let failure = read(text).expect_err("refused");
            assert_eq!(failure.code, ErrorCode::Argument, "{text}");
        }
        let constraints = read("./a :: Python >=3.10").expect("read");
        let mut runtimes =
            [("python", "<3.9"), ("rust", "1.70")].map(|(runtime, specifier)| RuntimeRequirement {
                runtime: runtime.to_owned(),
                specifier: specifier.to_owned(),
                manifest: "setup.py".to_owned(),
                line: 3,
            });
        let python = &constraints[&Ecosystem::Python];
        apply_to_runtimes(python, "./b", &mut runtimes);
        assert_eq!(runtimes[0].specifier, "<3.9");
        apply_to_runtimes(python, "./a", &mut runtimes);
        assert_eq!(runtimes[0].specifier, ">=3.10");
        assert_eq!(
            (runtimes[0].line, runtimes[1].specifier.as_str()),
            (3, "1.70")
        );
    }

    #[test]
    fn one_of_several_is_named_by_its_condition_and_packages_and_pythons_change_too() {
        let check = |constraint: &str, expected: &[&str]| {
            let asked = |text: &str, marker: &str| Dependency {
                marker: Some(marker.to_owned()),
                ..python(text, 3)
            };
            let request = ResolutionRequest {
                repositories: vec![RepositoryRequirements {
                    repository: "./a".to_owned(),
                    requires_python: Some(">=3.8".to_owned()),
                    requirements: vec![
                        asked("numpy>=2.1", "python_version>='3.13'"),
                        asked("numpy>=1.26", "python_version < '3.13'"),
                    ],
                    ..RepositoryRequirements::default()
                }],
                constraints: vec![Constraint {
                    instead_of: Some("./a".to_owned()),
                    requirement: constraint.to_owned(),
                }],
                ..ResolutionRequest::default()
            };
            let changed = applied(&request, &Uv).expect("applied");
            let repository = &changed.repositories[0];
            let found: Vec<String> = repository
                .requirements
                .iter()
                .map(|known| format!("{}{}", known.name, known.specifier))
                .chain(repository.requires_python.clone())
                .collect();
            assert_eq!(found, expected, "{constraint}");
        };
        check(
            "numpy>=2; python_version >= '3.13'",
            &["numpy>=2", "numpy>=1.26", ">=3.8"],
        );
        check("numpy>=2", &["numpy>=2", "numpy>=2", ">=3.8"]);
        check("without numpy", &[">=3.8"]);
        check("python>=3.9", &["numpy>=2.1", "numpy>=1.26", ">=3.9"]);
    }

    fn python(text: &str, line: u32) -> Dependency {
        let split = text.find(['=', '<', '>']).unwrap_or(text.len());
        Dependency {
            specifier: text[split..].to_owned(),
            marker: Some("os_name == 'nt'".to_owned()),
            ..Dependency::new(Ecosystem::Python, &text[..split], "pyproject.toml", line)
        }
    }

    #[test]
    fn a_constraint_takes_the_place_of_one_repositorys_own() {
        let repository = |name: &str| RepositoryRequirements {
            repository: name.to_owned(),
            requirements: vec![python("Click==7.0", 3), python("six", 4)],
            ..RepositoryRequirements::default()
        };
        let mut request = ResolutionRequest {
            repositories: vec![repository("./a"), repository("./b")],
            constraints: vec![
                Constraint {
                    instead_of: Some("./a".to_owned()),
                    requirement: "click>=7,<8.2".to_owned(),
                },
                Constraint::beside("attrs"),
            ],
            ..ResolutionRequest::default()
        };
        let changed = applied(&request, &Uv).expect("applied");
        let asked = |index: usize| changed.repositories[index].requirements[0].requirement();
        assert_eq!(asked(0), "Click>=7, <8.2; os_name == 'nt'");
        assert_eq!(asked(1), "Click==7.0; os_name == 'nt'");
        assert_eq!(changed.repositories[0].requirements[0].line, 3);
        assert_eq!(changed.constraints, [Constraint::beside("attrs")]);

        request.constraints[0].requirement = "flask>=1".to_owned();
        let failure = applied(&request, &Uv).expect_err("refused");
        assert_eq!(failure.code, ErrorCode::Argument);
        assert!(
            failure
                .message
                .contains("./a does not ask for that package")
        );
    }
}
