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

use super::template::is_folder;
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

/// Names ecosystem and template of a request that leaves them open: the ecosystem of the template, else that of the registries that its
/// repositories are from, else Python; the usual template of the ecosystem.
///
/// # Errors
/// `E_ARGUMENT` for a template or ecosystem that is not known, and for repositories of several registries without an ecosystem; `E_URL`.
pub(crate) fn completed(mut request: SynthesisRequest) -> Result<SynthesisRequest, Failure> {
    // What a folder says is not known yet.
    let is_named = !request.template.is_empty() && !is_folder(&request.template);
    if request.ecosystem.is_empty() && is_named {
        request.ecosystem = templates::ecosystem_of(&request.template)?.unwrap_or_default();
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

const fn ecosystem_of(registry: Registry) -> Ecosystem {
    match registry {
        Registry::Pypi => Ecosystem::Python,
        Registry::Npm => Ecosystem::Npm,
        Registry::Cargo => Ecosystem::Cargo,
    }
}

/// How many repositories one request may name.
const MOST_REPOSITORIES: usize = 64;

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
                for component in next.components {
                    if !known.components.contains(&component) {
                        known.components.push(component);
                    }
                }
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
        return Err(Failure::new(ErrorCode::Argument, message).with_hint(
            "a project is of one ecosystem; name it, and take what the other offers as a dependency",
        ));
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
