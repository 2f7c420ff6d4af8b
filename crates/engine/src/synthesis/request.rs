//! Reads the repositories of a request: references parsed, equal ones merged, destinations checked. Opens nothing.

use std::collections::BTreeSet;

use synthesizer_model::{
    dependency::Ecosystem,
    failure::{ErrorCode, Failure},
    reference::{Location, Registry, RepositoryReference},
    synthesis::{RequestedRepository, SynthesisRequest},
    text::escape_untrusted,
    tree::TreePath,
};
use synthesizer_synthesis::templates;

use crate::families::family;

/// One repository of a request, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Where it is.
    pub(crate) location: Location,
    /// What to take; everything when empty.
    pub(crate) components: Vec<String>,
    /// The folder below the new package's folder.
    pub(crate) destination: Option<TreePath>,
}

impl Wanted {
    /// Writes it back as a plan has it.
    pub(crate) fn as_requested(&self) -> RequestedRepository {
        RequestedRepository {
            url: self.location.to_string(),
            rev: None,
            components: self.components.clone(),
            destination: self.destination.as_ref().map(ToString::to_string),
        }
    }
}

/// Names ecosystem and template of a request that leaves them open: the ecosystem of the program's template, else that of the registries that its
/// repositories are from, else Python; the usual template of the ecosystem.
///
/// # Errors
/// `E_ARGUMENT` for an ecosystem that is not known, and for repositories of several registries without an ecosystem; `E_URL`.
pub(crate) fn completed(mut request: SynthesisRequest) -> Result<SynthesisRequest, Failure> {
    // What a folder says is not known yet, nor which templates the user has.
    let is_named = templates::is_built_in(&request.template);
    if request.ecosystem.is_empty() && is_named {
        request.ecosystem = templates::ecosystem_of(&request.template)?.unwrap_or_default();
    }
    if request.ecosystem == Ecosystem::Go.as_str() {
        return Err(Failure::new(
            ErrorCode::Argument,
            "parts of Go modules cannot be taken: nothing here rewrites their import paths and locks what they need",
        )
        .with_hint("`synthesizer analyze` reads them; require the module in a go.mod of your own, or ask for python, cargo or npm"));
    }
    if request.ecosystem.is_empty() {
        request.ecosystem = ecosystem_of_repositories(&request)?.to_owned();
    }
    if request.template.is_empty() {
        request.template = family(&request.ecosystem)?.default_template().to_owned();
    }
    Ok(request)
}

fn ecosystem_of_repositories(request: &SynthesisRequest) -> Result<&'static str, Failure> {
    let mut found: BTreeSet<&'static str> = BTreeSet::new();
    for repository in request.repositories.iter().take(MOST_REPOSITORIES) {
        let reference = RepositoryReference::parse(&repository.url)?;
        if let Location::Package { registry, .. } = reference.location {
            found.insert(ecosystem_of(registry).as_str());
        }
    }
    let mut found = found.into_iter();
    let only = found.next().unwrap_or(Ecosystem::Python.as_str());
    match found.next() {
        None => Ok(only),
        Some(other) => Err(Failure::new(
            ErrorCode::Argument,
            format!("the repositories are of several ecosystems: {only} and {other}"),
        )
        .with_hint("a project is of one ecosystem; name it, and take what the other offers as a dependency")),
    }
}

/// Adds to a failure to find what was asked for that the sources may be of another ecosystem than the one that was taken for them.
pub(crate) fn explained(failure: Failure, request: &SynthesisRequest) -> Failure {
    let is_told = |repository: &RequestedRepository| {
        let parsed = RepositoryReference::parse(&repository.url);
        parsed.is_ok_and(|one| matches!(one.location, Location::Package { .. }))
    };
    let guessed = request.ecosystem == Ecosystem::Python.as_str();
    if failure.code != ErrorCode::NotFound || !guessed || request.repositories.iter().any(is_told) {
        return failure;
    }
    let hint = failure
        .hint
        .clone()
        .map(|hint| format!("{hint}; "))
        .unwrap_or_default();
    failure.with_hint(format!(
        "{hint}it was looked for as Python: ask for the ecosystem cargo or npm if it is one of those"
    ))
}

const fn ecosystem_of(registry: Registry) -> Ecosystem {
    match registry {
        Registry::Pypi => Ecosystem::Python,
        Registry::Npm => Ecosystem::Npm,
        Registry::Cargo => Ecosystem::Cargo,
    }
}

/// How many repositories one request may name.
pub(crate) const MOST_REPOSITORIES: usize = 64;

/// How many components all repositories of a request may name together.
const MOST_COMPONENTS: usize = 10_000;

/// Reads a request.
///
/// # Errors
/// `E_ARGUMENT` for a request without repositories or for another ecosystem, `E_URL` and `E_PATH` for what cannot be a reference or destination.
pub(crate) fn read(request: &SynthesisRequest) -> Result<Vec<Wanted>, Failure> {
    if request.repositories.is_empty() || request.repositories.len() > MOST_REPOSITORIES {
        return Err(Failure::new(
            ErrorCode::Argument,
            format!("a synthesis takes 1 to {MOST_REPOSITORIES} repositories"),
        ));
    }
    let components = request.repositories.iter().map(|one| one.components.len());
    if components.sum::<usize>() > MOST_COMPONENTS {
        return Err(Failure::new(
            ErrorCode::Argument,
            format!("a synthesis takes at most {MOST_COMPONENTS} components"),
        ));
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    for repository in &request.repositories {
        let next = read_one(repository, &request.ecosystem)?;
        let same = wanted
            .iter_mut()
            .find(|known| known.location == next.location && known.destination == next.destination);
        match same {
            Some(known) if known.components.is_empty() || next.components.is_empty() => {
                known.components.clear()
            }
            Some(known) => {
                let present: BTreeSet<String> = known.components.iter().cloned().collect();
                let new = next.components.into_iter();
                let new = new.filter(|component| !present.contains(component));
                known.components.extend(new);
            }
            None => wanted.push(next),
        }
    }
    Ok(wanted)
}

fn read_one(repository: &RequestedRepository, ecosystem: &str) -> Result<Wanted, Failure> {
    let mut reference = RepositoryReference::parse(&repository.url)?;
    if let Location::Package { registry, .. } = &reference.location
        && ecosystem_of(*registry).as_str() != ecosystem
    {
        let message = format!(
            "parts of {} packages cannot be taken into a project of {}",
            registry.as_str(),
            escape_untrusted(ecosystem)
        );
        let other = ecosystem_of(*registry).as_str();
        return Err(Failure::new(ErrorCode::Argument, message).with_hint(format!(
            "a project is of one ecosystem: ask for {other} and a template of it, or take what the other offers as a dependency"
        )));
    }
    if let Some(revision) = &repository.rev {
        reference = pinned(reference, revision)?;
    }
    let mut components: Vec<String> = reference.component.into_iter().collect();
    for component in &repository.components {
        // Parsing it behind a reference applies the same rules as on the command line.
        let checked = RepositoryReference::parse(&format!("./x#{component}"))?;
        components.extend(checked.component);
    }
    let destination = repository
        .destination
        .as_deref()
        .filter(|destination| !destination.is_empty() && *destination != ".");
    let destination = destination
        .map(|destination| {
            TreePath::new(destination.trim_end_matches('/')).map_err(|refusal| {
                let shown = escape_untrusted(destination);
                Failure::new(
                    ErrorCode::Path,
                    format!("the destination {shown} is {refusal}"),
                )
                .with_hint(
                    "a destination is a relative folder below the new package, such as vendor",
                )
            })
        })
        .transpose()?;
    Ok(Wanted {
        location: reference.location,
        components,
        destination,
    })
}

/// Adds the revision that the plan names apart from the URL.
fn pinned(reference: RepositoryReference, revision: &str) -> Result<RepositoryReference, Failure> {
    let open = match &reference.location {
        Location::Git { revision, .. } => revision.is_none(),
        Location::Package { version, .. } => version.is_none(),
        // A local folder is what it is; a plan that was written back names its tree for the record.
        Location::Local(_) => return Ok(reference),
    };
    if !open {
        let named = reference.to_string();
        if named.ends_with(&format!("@{revision}")) || revision.starts_with("sha256:") {
            return Ok(reference);
        }
        return Err(Failure::new(
            ErrorCode::Url,
            "both the URL and rev name a revision",
        ));
    }
    let text = format!("{}@{revision}", reference.location);
    let mut parsed = RepositoryReference::parse(&text)?;
    parsed.component = reference.component;
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(repositories: &[(&str, &[&str], Option<&str>)]) -> Result<Vec<Wanted>, Failure> {
        read(&SynthesisRequest {
            name: "toolbox".to_owned(),
            template: "python-default".to_owned(),
            ecosystem: "python".to_owned(),
            link: false,
            tests: true,
            repositories: repositories
                .iter()
                .map(|(url, components, destination)| RequestedRepository {
                    url: (*url).to_owned(),
                    rev: None,
                    components: components
                        .iter()
                        .map(|component| (*component).to_owned())
                        .collect(),
                    destination: destination.map(str::to_owned),
                })
                .collect(),
        })
    }

    #[test]
    fn equal_repositories_are_merged() {
        let read = request(&[
            ("pypi:a@1#x", &["y"], None),
            ("pypi:a@1", &["x", "z"], None),
            ("pypi:a@1", &["x"], Some("v")),
        ]);
        let components: Vec<Vec<String>> = read
            .expect("reads")
            .into_iter()
            .map(|wanted| wanted.components)
            .collect();
        assert_eq!(components, [vec!["x", "y", "z"], vec!["x"]]);
    }

    #[test]
    fn a_request_without_bounds_is_refused() {
        let many: Vec<String> = (0..MOST_COMPONENTS / 2).map(|n| format!("m{n}")).collect();
        let mut names: Vec<&str> = many.iter().map(String::as_str).collect();
        let twins = request(&[("pypi:a", &names, None), ("pypi:a", &names, None)]);
        assert_eq!(twins.expect("reads")[0].components, many);
        names.push("one.more");
        let refused = request(&[("pypi:a", &names, None), ("pypi:a", &names, None)]);
        assert_eq!(refused.expect_err("too many").code, ErrorCode::Argument);
        let repositories = vec![("pypi:a", &[][..], None); MOST_REPOSITORIES + 1];
        let refused = request(&repositories).expect_err("too many");
        assert_eq!(refused.code, ErrorCode::Argument);
    }

    #[test]
    fn what_is_left_open_follows_from_the_rest() {
        let check = |template: &str, url: &str, expected: Result<(&str, &str), ErrorCode>| {
            let asked = SynthesisRequest {
                name: "x".to_owned(),
                template: template.to_owned(),
                ecosystem: String::new(),
                link: false,
                tests: true,
                repositories: vec![RequestedRepository {
                    url: url.to_owned(),
                    rev: None,
                    components: Vec::new(),
                    destination: None,
                }],
            };
            let completed = completed(asked);
            let told = completed
                .as_ref()
                .map(|one| (one.ecosystem.as_str(), one.template.as_str()))
                .map_err(|failure| failure.code);
            assert_eq!(told, expected, "{template} {url}");
        };
        check("", "pypi:a", Ok(("python", "python-default")));
        check("", "cargo:a", Ok(("cargo", "rust-workspace")));
        check("", "npm:a", Ok(("npm", "node-typescript")));
        check("", "./a", Ok(("python", "python-default")));
        check("rust-cli", "./a", Ok(("cargo", "rust-cli")));
        check("minimal", "npm:a", Ok(("npm", "minimal")));
        // One of the user: what it is for is not known yet.
        check("mine", "cargo:a", Ok(("cargo", "mine")));
        check("./mine", "./a", Ok(("python", "./mine")));
        check("", "file:///x", Err(ErrorCode::Url));
    }

    #[test]
    fn go_is_refused_with_the_reason() {
        let asked = SynthesisRequest {
            name: "x".to_owned(),
            template: String::new(),
            ecosystem: "go".to_owned(),
            link: false,
            tests: true,
            repositories: Vec::new(),
        };
        let failure = completed(asked).expect_err("refused");
        assert_eq!(failure.code, ErrorCode::Argument);
        assert!(failure.message.contains("Go modules"), "{failure:?}");
    }

    #[test]
    fn a_guess_is_told_when_nothing_was_found() {
        let check = |url: &str, ecosystem: &str, expected: bool| {
            let request = SynthesisRequest {
                name: "x".to_owned(),
                template: String::new(),
                ecosystem: ecosystem.to_owned(),
                link: false,
                tests: true,
                repositories: vec![RequestedRepository {
                    url: url.to_owned(),
                    rev: None,
                    components: Vec::new(),
                    destination: None,
                }],
            };
            let failure = explained(Failure::new(ErrorCode::NotFound, "x"), &request);
            assert_eq!(failure.hint.is_some(), expected, "{url} {ecosystem}");
        };
        check("./a", "python", true);
        check("https://host.example/a/b", "python", true);
        check("pypi:a", "python", false);
        check("./a", "npm", false);
    }

    #[test]
    fn destinations_and_components_stay_inside() {
        let check = |components: &[&str], destination: Option<&str>, code: ErrorCode| {
            let failure = request(&[("pypi:a", components, destination)]).expect_err("refused");
            assert_eq!(failure.code, code, "{components:?} {destination:?}");
        };
        check(&[], Some("../x"), ErrorCode::Path);
        check(&[], Some("/x"), ErrorCode::Path);
        check(&[], Some("a/.git"), ErrorCode::Path);
        check(&["../x"], None, ErrorCode::Path);
        check(&["/x"], None, ErrorCode::Path);
    }
}
