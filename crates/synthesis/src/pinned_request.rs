//! `synthesis.toml`: the request written back, each repository pinned to the state that was used. Reads as a request again.

use synthesizer_model::{
    Failure,
    reference::{Location, RepositoryReference},
    synthesis::{RequestedRepository, SynthesisRequest},
    tree::Origin,
};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use crate::source::SourceRecord;

/// Gives the request with every repository pinned to the state that was used.
///
/// # Errors
/// `E_INTERNAL` when the sources are not one for each repository of the request.
pub(crate) fn pinned_request(
    request: &SynthesisRequest,
    sources: &[&SourceRecord],
) -> Result<SynthesisRequest, Failure> {
    if request.repositories.len() != sources.len() {
        return Err(Failure::internal(
            "the sources are not one for each repository of the request",
        ));
    }
    let repositories = request
        .repositories
        .iter()
        .zip(sources)
        .map(|(repository, source)| {
            let (url, rev) = pinned_origin(&source.origin);
            RequestedRepository {
                url,
                rev,
                components: repository.components.clone(),
                destination: repository.destination.clone(),
            }
        })
        .collect();
    Ok(SynthesisRequest {
        repositories,
        ..request.clone()
    })
}

fn pinned_origin(origin: &Origin) -> (String, Option<String>) {
    match RepositoryReference::parse(&origin.url).map(|reference| reference.location) {
        Ok(Location::Git { url, .. }) => (url.to_string(), Some(origin.revision.clone())),
        Ok(Location::Package {
            registry,
            name,
            version,
        }) => (
            format!("{}:{name}", registry.as_str()),
            version.or_else(|| origin.version.clone()),
        ),
        // A local folder has no revisions to ask for; its tree hash is in the lock.
        Ok(Location::Local(_)) | Err(_) => (origin.url.clone(), None),
    }
}

/// Writes `synthesis.toml`: the request as TOML, so that it can be asked for again.
pub(crate) fn write_request(request: &SynthesisRequest) -> String {
    let mut document = DocumentMut::new();
    document.insert("name", value(request.name.as_str()));
    document.insert("template", value(request.template.as_str()));
    document.insert("ecosystem", value(request.ecosystem.as_str()));
    if request.link {
        document.insert("link", value(true));
    }
    if !request.tests {
        document.insert("tests", value(false));
    }
    let mut repositories = ArrayOfTables::new();
    for repository in &request.repositories {
        let mut table = Table::new();
        table.insert("url", value(repository.url.as_str()));
        if let Some(revision) = &repository.rev {
            table.insert("rev", value(revision.as_str()));
        }
        if !repository.components.is_empty() {
            table.insert(
                "components",
                value(Array::from_iter(
                    repository.components.iter().map(String::as_str),
                )),
            );
        }
        if let Some(destination) = &repository.destination {
            table.insert("destination", value(destination.as_str()));
        }
        repositories.push(table);
    }
    document.insert("repository", Item::ArrayOfTables(repositories));
    document.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, version: Option<&str>, expected: (&str, Option<&str>)) {
        let origin = Origin {
            slug: "x".to_owned(),
            url: url.to_owned(),
            revision: "0123abcd".to_owned(),
            version: version.map(str::to_owned),
            platform: "any".to_owned(),
        };
        let (url, rev) = pinned_origin(&origin);
        assert_eq!((url.as_str(), rev.as_deref()), expected);
    }

    #[test]
    fn origins_are_pinned_by_version_or_commit() {
        check(
            "pypi:click@8.1.7",
            Some("8.1.7"),
            ("pypi:click", Some("8.1.7")),
        );
        check("pypi:click", Some("8.1.7"), ("pypi:click", Some("8.1.7")));
        check(
            "https://host/o/n.git",
            None,
            ("https://host/o/n.git", Some("0123abcd")),
        );
        check(
            "https://host/o/n.git@v1",
            None,
            ("https://host/o/n.git", Some("0123abcd")),
        );
        check("../click", None, ("../click", None));
        check("sources/click", None, ("sources/click", None));
    }

    #[test]
    fn a_written_request_reads_as_the_same_request() {
        let request = SynthesisRequest {
            name: "tool\"box".to_owned(),
            template: "python-default".to_owned(),
            ecosystem: "python".to_owned(),
            link: true,
            tests: false,
            repositories: vec![
                RequestedRepository {
                    url: "pypi:click".to_owned(),
                    rev: Some("8.1.7".to_owned()),
                    components: vec![
                        "click.formatting".to_owned(),
                        "click.core:Context".to_owned(),
                    ],
                    destination: Some("vendor".to_owned()),
                },
                RequestedRepository {
                    url: "./here".to_owned(),
                    rev: None,
                    components: Vec::new(),
                    destination: None,
                },
            ],
        };
        let text = write_request(&request);
        assert_eq!(
            toml::from_str::<SynthesisRequest>(&text).expect(&text),
            request
        );
    }
}
