//! Puts one package together: its fields and requirements with what its workspace gives, its features and targets.

use std::collections::{BTreeMap, HashMap, HashSet};

use synthesizer_model::{
    analysis::ProjectFacts,
    dependency::{Dependency, Ecosystem},
    project::{Project, ProjectRole},
};

use super::{
    super::super::{
        allowance::Allowance,
        cargo_toml::{
            CargoToml, Declaration, Field, Fields, Kind, Package, Replacement, Specification,
            plain_comparators,
        },
        problem_list::ProblemList,
        requirement::without_credentials,
        tree_reading::join,
    },
    Manifest, NO_DEFAULT_FEATURES,
    targets::{self, Files},
    workspaces::Workspaces,
};
use crate::licenses::normalize_declared;

/// Gives the packages, in the order of the manifests; a virtual workspace is one without a name.
pub(super) fn build(
    manifests: &[Manifest],
    workspaces: &Workspaces,
    files: &Files<'_>,
    problems: &mut ProblemList,
) -> Vec<Project> {
    let mut builder = Builder {
        manifests,
        workspaces,
        files,
        problems,
        allowance: Allowance::default(),
    };
    let projects = (0..manifests.len()).filter_map(|index| builder.project(index));
    projects.collect()
}

struct Builder<'b> {
    manifests: &'b [Manifest],
    workspaces: &'b Workspaces,
    files: &'b Files<'b>,
    problems: &'b mut ProblemList,
    allowance: Allowance,
}

impl<'b> Builder<'b> {
    fn project(&mut self, index: usize) -> Option<Project> {
        let manifest = &self.manifests[index];
        let toml = &manifest.toml;
        let root = self.workspaces.root[index];
        if root.is_none() || root == Some(index) {
            self.tell_replacements(manifest);
        }
        let workspace = self.workspaces.member_of[index];
        let role = match workspace {
            _ if manifest.folder.is_empty() => ProjectRole::Root,
            Some(workspace) if workspace != index => ProjectRole::Member,
            _ => ProjectRole::Nested,
        };
        let mut project = Project {
            folder: manifest.folder.clone(),
            ecosystem: Ecosystem::Cargo,
            role,
            manifests: vec![manifest.path.clone()],
            workspace: workspace.map(|workspace| self.manifests[workspace].folder.clone()),
            facts: ProjectFacts::default(),
            targets: Vec::new(),
            dependencies: Vec::new(),
            extras: Vec::new(),
            runtimes: BTreeMap::new(),
            license: None,
            license_as_written: None,
            license_files: Vec::new(),
            private: false,
        };
        match &toml.package {
            Some(package) => self.fill(&mut project, index, package),
            None => drop(toml.workspace.as_ref()?),
        }
        Some(project)
    }

    /// Tells what the packages of a workspace get in the place of others.
    fn tell_replacements(&mut self, manifest: &Manifest) {
        for replacement in &manifest.toml.replacements {
            let Replacement { line, of, key, .. } = replacement;
            let specification = &replacement.specification;
            let by = self.url(manifest, *line, specification, &manifest.folder);
            let by = by.or_else(|| specification.version.clone());
            let by = by.unwrap_or_else(|| "another package".to_owned());
            let what = match of {
                Some(of) => format!("[patch] puts {by} in the place of `{key}` of `{of}`"),
                None => format!("[replace] puts {by} in the place of `{key}`"),
            };
            self.problems.tell_line(&manifest.path, *line, what);
        }
    }

    fn fill(&mut self, project: &mut Project, index: usize, package: &'b Package) {
        let manifest = &self.manifests[index];
        let fields = &package.fields;
        let mut text = |field: &'b Option<Field<String>>,
                        shared: fn(&Fields) -> &Option<Field<String>>| {
            self.inherited(index, field, shared)
        };
        let edition = text(&fields.edition, |shared| &shared.edition);
        let rust_version = text(&fields.rust_version, |shared| &shared.rust_version);
        let license = text(&fields.license, |shared| &shared.license);
        let license_file = text(&fields.license_file, |shared| &shared.license_file);
        project.facts.name.clone_from(&package.name);
        project.facts.version = text(&fields.version, |shared| &shared.version).map(str::to_owned);
        project.facts.description =
            text(&fields.description, |shared| &shared.description).map(str::to_owned);
        let publish = self.inherited_flag(index, &fields.publish);
        project.private = publish == Some(false);
        for (runtime, version) in [("edition", edition), ("rust", rust_version)] {
            let version = version.map(|version| (runtime.to_owned(), version.to_owned()));
            project.runtimes.extend(version);
        }
        if let Some(license) = license {
            // Before SPDX expressions, Cargo's manifests wrote `/` for OR.
            let expression = license.replace('/', " OR ");
            project.license = normalize_declared(Some(&expression), None, &[]);
            if project.license.is_none() {
                project.license_as_written = Some(license.to_owned());
            }
        }
        if let Some(file) = license_file {
            let is_shared = matches!(fields.license_file, Some(Field::Inherited(_)));
            let shared_from = self.workspaces.root[index].filter(|_| is_shared);
            let path = match shared_from {
                Some(root) => from_folder(&manifest.folder, &self.manifests[root].folder, file),
                None => file.to_owned(),
            };
            project.license_files.push(path);
        }
        let edition = edition.unwrap_or("2015");
        project.targets =
            targets::of_package(manifest, package, edition, self.files, self.problems);
        let enabling = Enabling::of(&manifest.toml);
        project.extras = enabling.names();
        self.require(project, index, edition, &enabling);
    }

    /// Gives a field, from the workspace where it says so.
    fn inherited(
        &mut self,
        index: usize,
        field: &'b Option<Field<String>>,
        shared: fn(&Fields) -> &Option<Field<String>>,
    ) -> Option<&'b str> {
        match field.as_ref()? {
            Field::Written(text) => Some(text),
            Field::Inherited(line) => {
                let fields = self.shared_fields(index);
                if let Some(Field::Written(text)) =
                    fields.and_then(|fields| shared(fields).as_ref())
                {
                    return Some(text);
                }
                self.tell_not_given(index, *line);
                None
            }
        }
    }

    fn inherited_flag(&mut self, index: usize, field: &Option<Field<bool>>) -> Option<bool> {
        match field.as_ref()? {
            Field::Written(flag) => Some(*flag),
            Field::Inherited(line) => {
                let fields = self.shared_fields(index);
                if let Some(Field::Written(flag)) =
                    fields.and_then(|fields| fields.publish.as_ref())
                {
                    return Some(*flag);
                }
                self.tell_not_given(index, *line);
                None
            }
        }
    }

    fn shared_fields(&self, index: usize) -> Option<&'b Fields> {
        let root = self.workspaces.root[index]?;
        Some(&self.manifests[root].toml.workspace.as_ref()?.fields)
    }

    fn tell_not_given(&mut self, index: usize, line: u32) {
        let what = "a field is taken from a workspace that does not give it";
        self.problems
            .tell_line(&self.manifests[index].path, line, what);
    }

    fn require(
        &mut self,
        project: &mut Project,
        index: usize,
        edition: &str,
        enabling: &Enabling<'_>,
    ) {
        let manifest = &self.manifests[index];
        let is_member = project.role == ProjectRole::Member;
        for declaration in &manifest.toml.dependencies {
            if self.allowance.is_spent() {
                let what = "the manifests of the tree have more requirements than are kept; the rest is left out";
                self.problems
                    .tell_line(&manifest.path, declaration.line, what);
                return;
            }
            let mut dependency = self.dependency(index, declaration, edition);
            dependency.group = match declaration.kind {
                Kind::Development => Some("dev".to_owned()),
                _ if declaration.specification.optional => {
                    Some(group_of(enabling.feature_of(&declaration.key)))
                }
                Kind::Build => Some("build".to_owned()),
                Kind::Normal => None,
            };
            if is_member {
                dependency.member.clone_from(&project.facts.name);
            }
            if self.allowance.admits(&dependency) {
                project.dependencies.push(dependency);
            }
        }
    }

    fn dependency(&mut self, index: usize, declaration: &Declaration, edition: &str) -> Dependency {
        let manifest = &self.manifests[index];
        let Declaration {
            key,
            line,
            specification: own,
            ..
        } = declaration;
        let mut folder = &manifest.folder;
        let mut shared = None;
        if own.inherited {
            match self.workspaces.root[index] {
                Some(root) => {
                    shared = self.workspaces.shared(self.manifests, root, key);
                    folder = &self.manifests[root].folder;
                }
                None => {
                    let what = format!("`{key}` is taken from a workspace that is not in the tree");
                    self.problems.tell_line(&manifest.path, *line, what);
                }
            }
            if shared.is_none() && self.workspaces.root[index].is_some() {
                let what =
                    format!("`{key}` is not among the requirements that its workspace gives");
                self.problems.tell_line(&manifest.path, *line, what);
            }
        }
        let from = shared.unwrap_or(own);
        let name = from.package.as_ref().unwrap_or(key);
        let mut dependency = Dependency::new(Ecosystem::Cargo, name, &manifest.path, *line);
        dependency.imported_as = (name != key).then(|| key.clone());
        dependency.marker.clone_from(&declaration.target);
        if let Some(version) = &from.version {
            dependency.specifier.clone_from(version);
            match plain_comparators(version) {
                Ok(parsed) => dependency.parsed = parsed,
                Err(error) => {
                    let what = format!("`{version}` is no version requirement: {error}");
                    self.problems.tell_line(&manifest.path, *line, what);
                }
            }
        }
        dependency.url = self.url(manifest, *line, from, folder);
        dependency.extras = features(own, shared, edition);
        dependency
    }

    /// Writes where a package comes from, if not from the usual registry.
    fn url(
        &mut self,
        manifest: &Manifest,
        line: u32,
        specification: &Specification,
        folder: &str,
    ) -> Option<String> {
        if let Some(path) = &specification.path {
            let joined = join(folder, path);
            return Some(format!("path+{}", joined.as_ref().unwrap_or(path)));
        }
        if let Some(address) = &specification.git {
            let Some(mut url) = cleaned(address) else {
                let what = "the address of the repository is no URL";
                self.problems.tell_line(&manifest.path, line, what);
                return None;
            };
            if let Some((kind, value)) = &specification.git_reference {
                url.query_pairs_mut().append_pair(kind, value);
            }
            return Some(format!("git+{url}"));
        }
        let registry = specification.registry.as_ref()?;
        match cleaned(registry) {
            Some(url) => Some(format!("registry+{url}")),
            None if registry.contains(['@', ':', '/']) => None,
            None => Some(format!("registry+{registry}")),
        }
    }
}

/// Names the group of what a feature turns on; a feature with the name of another kind of requirement cannot name it.
fn group_of(feature: &str) -> String {
    match feature {
        "dev" | "build" | "peer" => "optional".to_owned(),
        feature => feature.to_owned(),
    }
}

/// Gives a URL without anything in it that can be a credential.
fn cleaned(address: &str) -> Option<url::Url> {
    let mut url = url::Url::parse(&without_credentials(address).ok()?).ok()?;
    url.set_fragment(None);
    Some(url)
}

/// Joins the features of a package and of its workspace, with the mark for no default features first.
fn features(own: &Specification, shared: Option<&Specification>, edition: &str) -> Vec<String> {
    let default_features = match shared.map(|shared| shared.default_features) {
        None => own.default_features,
        // From 2024 on the package decides; before, it can only turn them on again.
        Some(given) if edition >= "2024" => own.default_features.or(given),
        Some(Some(false)) if own.default_features == Some(true) => Some(true),
        Some(given) => given,
    };
    let mut features = Vec::new();
    if default_features == Some(false) {
        features.push(NO_DEFAULT_FEATURES.to_owned());
    }
    let mut seen: HashSet<&str> = HashSet::new();
    let given = shared.iter().flat_map(|shared| &shared.features);
    for feature in given.chain(&own.features) {
        if seen.insert(feature) {
            features.push(feature.clone());
        }
    }
    features
}

/// Writes a path of one folder as seen from another.
fn from_folder(folder: &str, other: &str, relative: &str) -> String {
    let Some(target) = join(other, relative) else {
        return relative.to_owned();
    };
    let from: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let to: Vec<&str> = target.split('/').collect();
    let common = from
        .iter()
        .zip(&to)
        .take_while(|(left, right)| left == right)
        .count();
    let up = vec![".."; from.len() - common];
    let parts: Vec<&str> = up.into_iter().chain(to[common..].iter().copied()).collect();
    parts.join("/")
}

/// Which feature turns on which optional requirement.
struct Enabling<'t> {
    features: &'t [(String, Vec<String>)],
    /// By the key of the requirement: the first feature that names it as `dep:key`, its own name before others.
    explicit: HashMap<&'t str, &'t str>,
    /// By the key: the first feature that asks for one of its features without `?`.
    by_feature: HashMap<&'t str, &'t str>,
    /// Keys of optional requirements that are features by themselves.
    implicit: HashSet<&'t str>,
}

impl<'t> Enabling<'t> {
    fn of(toml: &'t CargoToml) -> Self {
        let mut explicit: HashMap<&str, &str> = HashMap::new();
        let mut by_feature: HashMap<&str, &str> = HashMap::new();
        let mut names: HashSet<&str> = HashSet::new();
        for (feature, items) in &toml.features {
            names.insert(feature);
            for item in items {
                if let Some(key) = item.strip_prefix("dep:") {
                    let entry = explicit.entry(key).or_insert(feature);
                    if feature == key {
                        *entry = feature;
                    }
                } else if let Some((key, _)) = item.split_once('/')
                    && !key.ends_with('?')
                {
                    by_feature.entry(key).or_insert(feature);
                }
            }
        }
        let optional = toml
            .dependencies
            .iter()
            .filter(|declaration| declaration.specification.optional);
        let implicit = optional
            .map(|declaration| declaration.key.as_str())
            .filter(|key| !names.contains(key) && !explicit.contains_key(key))
            .collect();
        Self {
            features: &toml.features,
            explicit,
            by_feature,
            implicit,
        }
    }

    fn feature_of<'k>(&self, key: &'k str) -> &'k str
    where
        't: 'k,
    {
        let named = self.explicit.get(key);
        if named.is_none() && self.implicit.contains(key) {
            return key;
        }
        named
            .or_else(|| self.by_feature.get(key))
            .map_or(key, |feature| feature)
    }

    /// Gives the names of all features, sorted.
    fn names(&self) -> Vec<String> {
        let written = self.features.iter().map(|(name, _)| name.as_str());
        let mut names: Vec<&str> = written.chain(self.implicit.iter().copied()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(str::to_owned).collect()
    }
}
