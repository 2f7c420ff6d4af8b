//! Names of npm projects, and of the folders that packages go to.

use synthesizer_model::{ErrorCode, Failure, tree::TreePath};

use crate::ProjectName;

/// Longest name, in bytes; registries allow 214.
const LONGEST: usize = 100;

impl ProjectName {
    /// Parses the name of an npm package: lower case, safe in URLs, with or without a scope.
    ///
    /// `is_builtin` answers for the modules of the runtime, which a package must not be called like.
    ///
    /// # Errors
    /// `E_ARGUMENT` for any other name.
    pub fn for_npm(name: &str, is_builtin: impl Fn(&str) -> bool) -> Result<Self, Failure> {
        let part = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
                && part.chars().all(|character| {
                    character.is_ascii_lowercase()
                        || character.is_ascii_digit()
                        || "-._".contains(character)
                })
                && TreePath::new(part).is_ok()
        };
        let valid = name.len() <= LONGEST
            && match name.strip_prefix('@') {
                Some(scoped) => scoped
                    .split_once('/')
                    .is_some_and(|(scope, name)| part(scope) && part(name)),
                None => part(name),
            };
        if !valid {
            return Err(refuse("the project's name is not a name of an npm package"));
        }
        if is_builtin(name) || matches!(name, "node_modules" | "favicon.ico") {
            return Err(refuse(&format!(
                "the project would be called {name}, which is a name of Node.js itself"
            )));
        }
        let package = name
            .trim_start_matches('@')
            .replace(|character: char| !character.is_ascii_alphanumeric(), "_");
        Ok(Self::of_parts(name, &package))
    }
}

fn refuse(message: &str) -> Failure {
    Failure::new(ErrorCode::Argument, message).with_hint(
        "use lower-case letters, digits and - _ . between them; for example my-toolbox or @me/my-toolbox",
    )
}

/// Gives the folder's name that stands for a package: `a-b` for `@a/b`; `None` when nothing of the name can stand in a path.
pub(crate) fn folder_of(package: &str) -> Option<String> {
    let folder: String = package
        .trim_start_matches('@')
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' => character,
            _ => '-',
        })
        .take(LONGEST)
        .collect();
    let folder = folder.trim_matches(['.', '-', '_']).to_owned();
    TreePath::new(&folder).is_ok().then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_packages() {
        let check = |name: &str, expected: Option<&str>| {
            let parsed = ProjectName::for_npm(name, |name| name == "fs");
            assert_eq!(
                parsed.ok().map(|name| name.package().to_owned()).as_deref(),
                expected,
                "{name}"
            );
        };
        check("my-toolbox", Some("my_toolbox"));
        check("@me/tool.box", Some("me_tool_box"));
        check("Toolbox", None);
        check("fs", None);
        check("node_modules", None);
        check("../x", None);
        check("@me", None);
        check("_x", None);
        check("a b", None);
        check("", None);
        check("con", None);
    }

    #[test]
    fn folders_of_packages_can_stand_in_a_path() {
        assert_eq!(folder_of("@a/b.c").as_deref(), Some("a-b.c"));
        assert_eq!(folder_of("../.."), None);
        assert_eq!(folder_of("@x/../y").as_deref(), Some("x-..-y"));
    }
}
