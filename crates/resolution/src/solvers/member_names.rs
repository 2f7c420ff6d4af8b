//! The names of repositories as members of a scratch workspace, and the bounds that hold for all of them. Knows no solver.

use synthesizer_model::{
    dependency::Dependency,
    failure::{ErrorCode, Failure},
    resolution::{RepositoryRequirements, ResolutionRequest},
    text::escape_untrusted,
};

/// The most repositories that are solved together.
const MOST_REPOSITORIES: usize = 100;
/// The most requirements of one repository that are taken.
pub(super) const MOST_REQUIREMENTS: usize = 5_000;
/// The repository that a user's own constraint is shown under.
pub(super) const CONSTRAINT: &str = "constraint";

const LONGEST_SLUG: usize = 40;
const LONGEST_SHOWN: usize = 120;

/// Gives `repo-<n>-<slug>` for every repository, in their order.
///
/// # Errors
/// `E_LIMIT` for more than 100 repositories.
pub(super) fn member_names(request: &ResolutionRequest) -> Result<Vec<String>, Failure> {
    if request.repositories.len() > MOST_REPOSITORIES {
        return Err(Failure::new(
            ErrorCode::Limit,
            "more than 100 repositories cannot be solved together",
        ));
    }
    let name = |(index, repository): (usize, &RepositoryRequirements)| {
        format!("repo-{}-{}", index + 1, safe_slug(&repository.slug))
    };
    Ok(request.repositories.iter().enumerate().map(name).collect())
}

fn safe_slug(slug: &str) -> String {
    let kept: String = slug
        .to_ascii_lowercase()
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || *character == '-')
        .take(LONGEST_SLUG)
        .collect();
    match kept.trim_matches('-') {
        "" => "source".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// Gives `MANIFEST:LINE` of a requirement, safe to show.
pub(super) fn place(dependency: &Dependency) -> String {
    format!(
        "{}:{}",
        escape_untrusted(&dependency.manifest),
        dependency.line
    )
}

/// Gives `NAME SPECIFIER` as written, safe to show and at most as long as a line.
pub(super) fn written(dependency: &Dependency) -> String {
    let name = escape_untrusted(dependency.name.trim());
    let specifier = escape_untrusted(dependency.specifier.trim());
    let text = match specifier.as_str() {
        "" => name,
        specifier => format!("{name} {specifier}"),
    };
    text.chars().take(LONGEST_SHOWN).collect()
}

/// Says that a requirement was left out and why.
pub(super) fn left_out(shown: &str, dependency: &Dependency, reason: &str) -> String {
    format!(
        "{shown}: the requirement `{}` ({}) was left out: {reason}",
        written(dependency),
        place(dependency)
    )
}

/// Says that a direct reference was solved by its name; `versions` are those that the manifest names beside it.
pub(super) fn by_name_alone(shown: &str, dependency: &Dependency, versions: &str) -> String {
    let versions = match versions {
        "" | "*" => "in any version".to_owned(),
        versions => format!("in the versions {versions}"),
    };
    format!(
        "{shown} asks for {} by a direct reference ({}); it was solved by its name alone, {versions}",
        escape_untrusted(&dependency.name),
        place(dependency)
    )
}

#[cfg(test)]
mod tests {
    use synthesizer_model::dependency::Ecosystem;

    use super::*;

    #[test]
    fn names_are_safe_and_bounded() {
        let repository = |slug: &str| RepositoryRequirements {
            slug: slug.to_owned(),
            ..RepositoryRequirements::default()
        };
        let mut request = ResolutionRequest {
            repositories: ["serde", "../Evil \"\n", "--"].map(repository).to_vec(),
            ..ResolutionRequest::default()
        };
        assert_eq!(
            member_names(&request).expect("names"),
            ["repo-1-serde", "repo-2-evil", "repo-3-source"]
        );
        request.repositories = vec![repository("x"); 101];
        let failure = member_names(&request).expect_err("too many");
        assert_eq!(failure.code, ErrorCode::Limit);
    }

    #[test]
    fn requirements_are_shown_as_written() {
        let mut dependency = Dependency::new(Ecosystem::Cargo, "serde", "a/Cargo.toml", 3);
        assert_eq!(written(&dependency), "serde");
        dependency.specifier = "=1.0.100\n".to_owned() + &"9".repeat(500);
        assert_eq!(written(&dependency).chars().count(), 120);
        assert!(written(&dependency).starts_with("serde =1.0.100\\u{a}99"));
    }
}
