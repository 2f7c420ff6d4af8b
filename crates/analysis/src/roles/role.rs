//! The role of one file, from its path, its marks, and what is known of its tree. Applies the tables; has no rules of its own but that
//! prose, scripts that carry a version, and folders of .NET tests are told by the form of their names.

use std::{collections::HashMap, sync::LazyLock};

use synthesizer_model::{
    project::ProjectRole,
    source_file::{FileRole, RoleMarks},
};

use super::{
    attributes::AttributeMarks,
    folders::{FOLDERS, FolderRule, Where},
    names::{self, NameRule, NameWhere},
    places::Places,
};
use crate::lines;

/// Gives the role of a file of a tree of which nothing else is known; see [`Places::role`].
pub fn role(path: &str, marks: &RoleMarks) -> FileRole {
    Places::default().role(path, marks, AttributeMarks::default())
}

/// Gives how a package that no workspace names stands to its repository, by its folder; `None` where the folder does not tell.
pub fn of_project_place(folder: &str) -> Option<ProjectRole> {
    let rules = folder.split('/').flat_map(|name| rules_of(&lower(name)));
    let role = rules
        .map(|rule| rule.role)
        .filter(|role| *role != FileRole::Generated)
        .min()?;
    match role {
        FileRole::Vendored => Some(ProjectRole::Vendored),
        FileRole::Test => Some(ProjectRole::Test),
        FileRole::Example => Some(ProjectRole::Example),
        FileRole::Documentation => Some(ProjectRole::Documentation),
        FileRole::Generated | FileRole::Minified | FileRole::Source => None,
    }
}

impl Places {
    /// Gives the role of a file.
    ///
    /// `path` is slash-separated, from the top of the tree. Of several roles that fit, the first in [`FileRole::ALL`] is taken; what
    /// `.gitattributes` say goes before names, places and contents.
    pub fn role(&self, path: &str, marks: &RoleMarks, attributes: AttributeMarks) -> FileRole {
        let file = File::new(path, self);
        let said = |told: Option<bool>, role: FileRole| (told == Some(true)).then_some(role);
        let vendored = said(attributes.vendored, FileRole::Vendored);
        let generated = said(attributes.generated, FileRole::Generated);
        let documentation = said(attributes.documentation, FileRole::Documentation);
        let by_contents = [
            marks.generated.is_some().then_some(FileRole::Generated),
            marks.minified.then_some(FileRole::Minified),
        ];
        let is_denied = |role: &FileRole| match role {
            FileRole::Vendored => attributes.vendored == Some(false),
            FileRole::Generated | FileRole::Minified => attributes.generated == Some(false),
            FileRole::Documentation => attributes.documentation == Some(false),
            FileRole::Test | FileRole::Example | FileRole::Source => false,
        };
        file.roles()
            .chain(by_contents.into_iter().flatten())
            .filter(|role| !is_denied(role))
            .chain(vendored)
            .chain(generated)
            .chain(documentation)
            .min()
            .unwrap_or(FileRole::Source)
    }
}

/// One file, as the rules look at it.
struct File<'a> {
    path: &'a str,
    name: &'a str,
    suffix: &'a str,
    places: &'a Places,
}

/// One folder above a file.
#[derive(Clone, Copy)]
struct Folder<'a> {
    /// Its whole path.
    path: &'a str,
    /// The path above it.
    parent: &'a str,
    name: &'a str,
}

impl<'a> File<'a> {
    fn new(path: &'a str, places: &'a Places) -> Self {
        Self {
            path,
            name: path.rsplit_once('/').map_or(path, |(_, name)| name),
            suffix: lines::suffix_of(path),
            places,
        }
    }

    /// Lists every role that its place or its name tells.
    fn roles(&self) -> impl Iterator<Item = FileRole> {
        let by_folder = self.folders().flat_map(|folder| self.roles_in(folder));
        let by_name = names::rules_of(self.name).filter(|rule| self.name_counts(rule));
        let versioned = names::carries_version(self.name).then_some(FileRole::Vendored);
        by_folder
            .chain(by_name.map(|rule| rule.role))
            .chain(versioned)
    }

    fn folders(&self) -> impl Iterator<Item = Folder<'a>> {
        let path = self.path;
        path.match_indices('/').map(move |(end, _)| {
            let folder = &path[..end];
            let (parent, name) = folder.rsplit_once('/').unwrap_or(("", folder));
            Folder {
                path: folder,
                parent,
                name,
            }
        })
    }

    fn roles_in(&self, folder: Folder<'_>) -> impl Iterator<Item = FileRole> {
        let name = lower(folder.name);
        let dotnet_tests = name.ends_with(".tests") || name.ends_with(".test");
        rules_of(&name)
            .filter(|rule| self.folder_counts(rule, folder))
            .map(|rule| rule.role)
            .chain(dotnet_tests.then_some(FileRole::Test))
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn folder_counts(&self, rule: &FolderRule, folder: Folder<'_>) -> bool {
        if !rule.only.is_empty() && !rule.only.contains(&self.suffix) {
            return false;
        }
        let is_there = match rule.place {
            Where::Anywhere => true,
            Where::NotInJavaPackage => !self.is_in_java_package(folder.parent),
            Where::NotInPackage => {
                !self.is_in_package(folder)
                    || self.places.has_tests(folder.path) && rule.role == FileRole::Test
            }
            Where::Outer => self.places.is_project(folder.parent),
            Where::Top => folder.parent.is_empty(),
            Where::BelowSrc => folder.parent == "src" || folder.parent.ends_with("/src"),
        };
        is_there
            && match rule.role {
                FileRole::Vendored => !self.places.is_application(folder.path),
                FileRole::Documentation => {
                    !self.places.is_package(folder.path, "")
                        || self.places.has_documentation(folder.path)
                }
                _ => true,
            }
    }

    fn name_counts(&self, rule: &NameRule) -> bool {
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        match rule.place {
            NameWhere::Anywhere => true,
            NameWhere::NotInMain => !is_below_main(folder),
            NameWhere::NotInPackage => {
                !self.places.is_package(folder, self.suffix) || self.places.is_application(folder)
            }
        }
    }

    fn is_in_package(&self, folder: Folder<'_>) -> bool {
        self.is_in_java_package(folder.parent)
            || self.places.is_package(folder.parent, self.suffix)
            || self.suffix == "rs" && folder.parent.split('/').any(|name| name == "src")
            || self.suffix == "go" && !self.places.is_project(folder.parent)
    }

    fn is_in_java_package(&self, parent: &str) -> bool {
        is_below_main(parent)
            || matches!(self.suffix, "java" | "kt" | "scala" | "groovy")
                && parent.split('/').any(|name| {
                    matches!(
                        name,
                        "com" | "org" | "net" | "io" | "edu" | "dev" | "javax" | "jakarta"
                    )
                })
    }
}

fn is_below_main(folder: &str) -> bool {
    folder.starts_with("src/main/")
        || folder.contains("/src/main/")
        || folder == "src/main"
        || folder.ends_with("/src/main")
}

fn rules_of(folder_name: &str) -> impl Iterator<Item = &'static FolderRule> + use<> {
    static BY_NAME: LazyLock<HashMap<&'static str, Vec<&'static FolderRule>>> =
        LazyLock::new(|| {
            let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
            for rule in FOLDERS {
                for &name in rule.names {
                    by_name.entry(name).or_default().push(rule);
                }
            }
            by_name
        });
    BY_NAME.get(folder_name).into_iter().flatten().copied()
}

fn lower(name: &str) -> std::borrow::Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    }
}
