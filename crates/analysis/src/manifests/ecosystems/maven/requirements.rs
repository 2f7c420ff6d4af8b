//! What one project asks for: its own requirements, those of its parents, and those of its profiles.

use std::collections::HashMap;

use synthesizer_model::dependency::{Dependency, Ecosystem};

use super::{
    super::super::{
        allowance::{Allowance, LONGEST_NAME, cut},
        pom_xml::{PomDependency, Profile, Versions, plain_comparators},
        problem_list::ProblemList,
        tree_reading::join,
    },
    PomFile,
    models::{Key, Models, View},
};

/// Puts the requirements of one project together.
pub(super) struct Requirer<'r> {
    pub models: &'r Models<'r>,
    pub file: &'r PomFile,
    pub index: usize,
    /// The name of the project, if it is a member of another one.
    pub member: Option<String>,
    pub allowance: &'r mut Allowance,
    pub problems: &'r mut ProblemList,
    /// How many requirements have no version that the tree knows.
    pub without_version: usize,
}

impl Requirer<'_> {
    /// Gives the requirements; of two with one name the nearer counts.
    pub(super) fn requirements(&mut self) -> Vec<Dependency> {
        let mut found: Vec<Dependency> = Vec::new();
        let mut places: HashMap<Key, (usize, usize)> = HashMap::new();
        let view = self.models.view(self.index, None);
        for (level, file) in view.files().enumerate() {
            for dependency in &file.pom.dependencies {
                let key = view.key(dependency);
                match places.get(&key) {
                    Some((near, _)) if *near < level => continue,
                    Some((_, place)) => {
                        // Within one project the last one counts.
                        let place = *place;
                        if let Some(read) = self.read(view, file, dependency, &key, None) {
                            found[place] = read;
                        }
                    }
                    None => {
                        let Some(read) = self.read(view, file, dependency, &key, None) else {
                            return found;
                        };
                        places.insert(key, (level, found.len()));
                        found.push(read);
                    }
                }
            }
        }
        let file = self.file;
        for profile in &file.pom.profiles {
            let view = self.models.view(self.index, Some(profile));
            for dependency in &profile.dependencies {
                let key = view.key(dependency);
                let Some(read) = self.read(view, file, dependency, &key, Some(profile)) else {
                    return found;
                };
                found.push(read);
            }
        }
        found
    }

    /// Reads one requirement; `None` when no more are kept.
    fn read(
        &mut self,
        view: View<'_>,
        file: &PomFile,
        dependency: &PomDependency,
        key: &Key,
        profile: Option<&Profile>,
    ) -> Option<Dependency> {
        let line = dependency.line;
        if self.allowance.is_spent() {
            let what = "the manifests of the tree have more requirements than are kept; the rest is left out";
            self.problems.tell_line(&self.file.path, line, what);
            return None;
        }
        let given = view.managed(key).unwrap_or_default();
        let scope = view.filled(dependency.scope.as_deref()).or(given.scope);
        let version = dependency.version.as_deref().map(str::to_owned);
        let filled = version.as_deref().map(|version| view.fill(version));
        let is_own = std::ptr::eq(file, self.file);
        if let Some(missing) = filled.as_ref().and_then(|filled| filled.missing.as_ref())
            && is_own
        {
            let what = format!("the property `{missing}` is not defined in the tree");
            self.problems.tell_line(&file.path, line, what);
        }
        let version = filled
            .map(|filled| filled.text.into_owned())
            .or(given.version);
        let name = format!("{}:{}", key.group, key.artifact);
        let mut read = Dependency::new(
            Ecosystem::Maven,
            cut(&name, 2 * LONGEST_NAME),
            &file.path,
            line,
        );
        match version {
            Some(version) => {
                read.specifier = version;
                read.parsed = self.parsed(&read.specifier, &file.path, line, is_own);
            }
            None => self.without_version += usize::from(is_own),
        }
        if !key.classifier.is_empty() {
            read.extras.push(key.classifier.clone());
        }
        if key.kind != "jar" {
            read.extras.push(format!("@{}", key.kind));
        }
        let is_optional = view.filled(dependency.optional.as_deref()).as_deref() == Some("true");
        read.group = group(scope.as_deref(), is_optional);
        read.marker = profile.map(|profile| format!("profile:{}", profile.id));
        read.member.clone_from(&self.member);
        read.url = dependency.system_path.as_deref().map(|path| {
            let path = view.fill(path).text;
            let inside = path
                .strip_prefix("${project.basedir}/")
                .or_else(|| path.strip_prefix("${basedir}/"));
            let joined = join(&file.folder, inside.unwrap_or(&path));
            format!("path+{}", joined.as_deref().unwrap_or(&path))
        });
        self.allowance.admits(&read).then_some(read)
    }

    fn parsed(&mut self, version: &str, path: &str, line: u32, is_own: bool) -> Option<String> {
        match plain_comparators(version) {
            Versions::Plain(plain) => Some(plain),
            Versions::Any => None,
            Versions::Wrong => {
                if is_own {
                    let what = format!("`{version}` is neither a version nor a range");
                    self.problems.tell_line(path, line, what);
                }
                None
            }
        }
    }
}

/// Names the group of a scope.
fn group(scope: Option<&str>, is_optional: bool) -> Option<String> {
    let group = match scope {
        Some("test") => "dev",
        Some("provided") => "provided",
        Some("system") => "system",
        _ if is_optional => "optional",
        _ => return None,
    };
    Some(group.to_owned())
}
