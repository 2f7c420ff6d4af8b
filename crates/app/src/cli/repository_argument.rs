//! Reads `--repo 'REPO[#COMPONENT][=>DEST]'`. Must not reach anything.

use synthesizer_model::{
    ErrorCode, Failure, reference::RepositoryReference, synthesis::RequestedRepository,
};

/// Reads all `--repo` values; entries of the same repository and destination become one.
///
/// An entry without a component takes the whole repository, so it swallows the components of its twins.
///
/// # Errors
/// `E_URL`, `E_PATH` or `E_ARGUMENT` for the first value that is not accepted.
pub(super) fn repositories(values: &[String]) -> Result<Vec<RequestedRepository>, Failure> {
    let mut merged: Vec<RequestedRepository> = Vec::new();
    for value in values {
        let entry = repository(value)?;
        let twin = merged
            .iter_mut()
            .find(|known| known.url == entry.url && known.destination == entry.destination);
        match twin {
            None => merged.push(entry),
            Some(known) if known.components.is_empty() || entry.components.is_empty() => {
                known.components.clear();
            }
            Some(known) => {
                for component in entry.components {
                    if !known.components.contains(&component) {
                        known.components.push(component);
                    }
                }
            }
        }
    }
    Ok(merged)
}

fn repository(value: &str) -> Result<RequestedRepository, Failure> {
    let (repository, destination) = match value.split_once("=>") {
        Some((repository, destination)) => (repository.trim_end(), Some(destination.trim())),
        None => (value, None),
    };
    if destination.is_some_and(|destination| destination.is_empty() || destination.contains("=>")) {
        return Err(Failure::new(
            ErrorCode::Argument,
            "the destination after => is not one folder",
        )
        .with_hint("write REPO#COMPONENT=>FOLDER; the folder is relative to the new package"));
    }
    if repository.ends_with('#') {
        return Err(
            Failure::new(ErrorCode::Argument, "nothing is named after #")
                .with_hint("write REPO#COMPONENT, or REPO alone for the whole package"),
        );
    }
    let reference = RepositoryReference::parse(repository)?;
    let url = repository
        .split_once('#')
        .map_or(repository, |(url, _)| url);
    Ok(RequestedRepository {
        url: url.to_owned(),
        rev: None,
        components: reference.component.into_iter().collect(),
        destination: destination.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(url: &str, components: &[&str], destination: Option<&str>) -> RequestedRepository {
        RequestedRepository {
            url: url.to_owned(),
            rev: None,
            components: components.iter().map(|&name| name.to_owned()).collect(),
            destination: destination.map(str::to_owned),
        }
    }

    fn check(values: &[&str], expected: &[RequestedRepository]) {
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        assert_eq!(repositories(&values).expect("accepted"), expected);
    }

    fn refuses(value: &str, code: ErrorCode) {
        let failure = repositories(&[value.to_owned()]).expect_err(value);
        assert_eq!(failure.code, code, "{value}");
    }

    #[test]
    fn a_value_splits_at_the_arrow_and_then_at_the_hash() {
        check(
            &["pypi:click@8.1.7"],
            &[entry("pypi:click@8.1.7", &[], None)],
        );
        check(
            &["pypi:click#click.formatting=>text/click"],
            &[entry(
                "pypi:click",
                &["click.formatting"],
                Some("text/click"),
            )],
        );
        check(&["./x => here"], &[entry("./x", &[], Some("here"))]);
    }

    #[test]
    fn entries_of_one_repository_and_destination_become_one() {
        check(
            &[
                "pypi:a#a.x",
                "pypi:b",
                "pypi:a#a.y",
                "pypi:a#a.x",
                "pypi:a#a.z=>d",
            ],
            &[
                entry("pypi:a", &["a.x", "a.y"], None),
                entry("pypi:b", &[], None),
                entry("pypi:a", &["a.z"], Some("d")),
            ],
        );
        check(&["pypi:a#a.x", "pypi:a"], &[entry("pypi:a", &[], None)]);
    }

    #[test]
    fn what_is_no_reference_or_destination_is_refused() {
        refuses("file:///etc", ErrorCode::Url);
        refuses("pypi:a#../b", ErrorCode::Path);
        refuses("pypi:a=>", ErrorCode::Argument);
        refuses("./alpha#", ErrorCode::Argument);
        refuses("./alpha# => here", ErrorCode::Argument);
        refuses("pypi:a=>b=>c", ErrorCode::Argument);
        refuses("=>b", ErrorCode::Url);
    }
}
