//! One package with everything that its manifests tell, as other modules see it. Reads only the places that the manifests name for the
//! version.

use std::collections::{BTreeMap, HashMap, HashSet};

use synthesizer_model::{
    analysis::ProjectFacts,
    dependency::{Dependency, Ecosystem, normalize_distribution},
    project::{Project, ProjectRole, Target},
    tree::TreePath,
};

use super::super::super::{
    allowance::{Allowance, LONGEST_NAME, LONGEST_TEXT, cut},
    facts::{EntryPoint, LocalRequirement, Section, SourceOverride, VersionSource},
    folder_manifests::Together,
    requirement,
    tree_reading::{TreeReading, folder_of, in_folder, join},
    version_source,
};
use super::{Found, workspaces};

/// All packages of a tree, by folder and by name.
pub(super) struct Folders<'f> {
    found: &'f Found,
    member_of: &'f HashMap<String, String>,
    by_name: HashMap<String, &'f str>,
}

impl<'f> Folders<'f> {
    /// Takes the packages and their workspaces.
    pub(super) fn new(found: &'f Found, member_of: &'f HashMap<String, String>) -> Self {
        let by_name = found
            .iter()
            .rev()
            .filter_map(|(folder, together)| {
                let name = together.project.name.as_deref()?;
                Some((normalize_distribution(name), folder.as_str()))
            })
            .collect();
        Self {
            found,
            member_of,
            by_name,
        }
    }

    /// Puts one package together.
    pub(super) fn project(
        &self,
        reading: &mut TreeReading<'_>,
        folder: &str,
        together: &Together,
        allowance: &mut Allowance,
    ) -> Project {
        let workspace = self.member_of.get(folder);
        let role = match (folder, workspace) {
            ("", _) => ProjectRole::Root,
            (_, Some(_)) => ProjectRole::Member,
            _ => ProjectRole::Nested,
        };
        let facts = facts_of(reading, folder, together);
        let member = (role == ProjectRole::Member)
            .then(|| facts.name.clone().unwrap_or_else(|| folder.to_owned()));
        let mut dependencies = Vec::new();
        for dependency in self.dependencies(reading, folder, together) {
            let dependency = Dependency {
                member: member.clone(),
                ..dependency
            };
            if allowance.admits(&dependency) {
                dependencies.push(dependency);
            }
        }
        let python = facts.requires_python.clone();
        let runtimes: BTreeMap<String, String> = python
            .map(|python| ("python".to_owned(), python))
            .into_iter()
            .collect();
        let mut manifests = together.manifests.clone();
        manifests.sort();
        manifests.dedup();
        Project {
            folder: folder.to_owned(),
            ecosystem: Ecosystem::Python,
            role,
            manifests,
            workspace: workspace.cloned(),
            targets: targets(reading, folder, together),
            dependencies,
            extras: together.extras.clone(),
            runtimes,
            license: together.license.clone(),
            license_as_written: together
                .license_as_written
                .clone()
                .filter(|_| together.license.is_none()),
            license_files: together
                .license_files
                .iter()
                .map(|file| cut(file, LONGEST_TEXT).to_owned())
                .collect(),
            private: together.private,
            facts,
        }
    }

    fn dependencies(
        &self,
        reading: &mut TreeReading<'_>,
        folder: &str,
        together: &Together,
    ) -> Vec<Dependency> {
        let mut all: Vec<Dependency> = together.runtime.clone().unwrap_or_default();
        let needed: HashSet<(String, u32, String)> = all.iter().map(place_of).collect();
        all.extend(together.optional.iter().cloned());
        // What a list for development takes over from the list of what is needed to run is told once.
        let development = together.development.iter();
        all.extend(
            development
                .filter(|dependency| !needed.contains(&place_of(dependency)))
                .map(|dependency| Dependency {
                    group: group_beside(&together.extras, dependency.group.as_deref()),
                    ..dependency.clone()
                }),
        );
        for (manifest, requirement) in &together.local {
            match self.on_folder(manifest, requirement) {
                Ok(Some(mut dependency))
                    if dependency.url.as_deref() != Some(&path_url(folder)) =>
                {
                    if requirement.section == Section::Development {
                        let group = dependency.group.as_deref();
                        dependency.group = group_beside(&together.extras, group);
                    }
                    all.push(dependency);
                }
                Ok(_) => {}
                Err(what) => reading.problems.tell_line(manifest, requirement.line, what),
            }
        }
        for dependency in &mut all {
            if dependency.url.is_none()
                && let Some(source) = together
                    .sources
                    .get(&normalize_distribution(&dependency.name))
            {
                dependency.url = self.overridden(folder, source, &dependency.name);
            }
        }
        all
    }

    /// Turns a requirement on a folder into one on the package that lies there.
    fn on_folder(
        &self,
        manifest: &str,
        requirement: &LocalRequirement,
    ) -> Result<Option<Dependency>, String> {
        let path = cut(&requirement.path, LONGEST_NAME);
        let folder = join(folder_of(manifest), &requirement.path)
            .ok_or_else(|| format!("the folder {path} lies outside the tree"))?;
        let known = self.found.get(&folder);
        let name = known.and_then(|together| together.project.name.as_deref());
        let Some(name) = name else {
            return Err(format!("no manifest names the package in {path}"));
        };
        let mut dependency = Dependency::new(Ecosystem::Python, name, manifest, requirement.line);
        dependency.extras.clone_from(&requirement.extras);
        dependency.group = match (requirement.section, &requirement.group) {
            (Section::Runtime, None) => None,
            (_, group) => Some(group.clone().unwrap_or_else(|| "dev".to_owned())),
        };
        dependency.url = Some(path_url(&folder));
        Ok(Some(dependency))
    }

    /// Gives what a tool takes a dependency from.
    fn overridden(&self, folder: &str, source: &SourceOverride, name: &str) -> Option<String> {
        match source {
            SourceOverride::Url(url) => Some(url.clone()),
            SourceOverride::Folder(path) => join(folder, path).map(|path| path_url(&path)),
            SourceOverride::Member => {
                workspaces::root_of(self.found, self.member_of, folder)?;
                let member = self.by_name.get(&normalize_distribution(name))?;
                Some(path_url(member))
            }
        }
    }
}

/// Gives the name of a group for development, apart from the extra that has the same name: nobody gets the group with the extra.
fn group_beside(extras: &[String], group: Option<&str>) -> Option<String> {
    let group = group?;
    let same = |extra: &String| normalize_distribution(extra) == normalize_distribution(group);
    Some(match extras.iter().any(same) {
        true => format!("group:{group}"),
        false => group.to_owned(),
    })
}

fn place_of(dependency: &Dependency) -> (String, u32, String) {
    (
        dependency.manifest.clone(),
        dependency.line,
        dependency.name.clone(),
    )
}

fn path_url(folder: &str) -> String {
    format!("path+{folder}")
}

fn facts_of(reading: &mut TreeReading<'_>, folder: &str, together: &Together) -> ProjectFacts {
    let known = &together.project;
    let limited =
        |text: &Option<String>, most: usize| text.as_deref().map(|text| cut(text, most).to_owned());
    let mut look_up = |source: &Option<VersionSource>| {
        version_source::resolve(reading, folder, &together.import_roots, source.as_ref()?)
    };
    let is_version = |text: &String| text.parse::<pep440_rs::Version>().is_ok();
    let version = limited(&known.version, LONGEST_NAME)
        .or_else(|| look_up(&together.version_source).filter(is_version));
    let name = limited(&known.name, LONGEST_NAME)
        .or_else(|| look_up(&together.name_source).filter(|name| requirement::is_name(name)));
    ProjectFacts {
        name,
        version,
        description: limited(&known.description, LONGEST_TEXT),
        requires_python: known.requires_python.clone(),
        entry_points: known.entry_points.clone(),
    }
}

/// Lists what the installed package offers by name: `script` for programs, `export` for what other packages look up, as `group:name`.
fn targets(reading: &TreeReading<'_>, folder: &str, together: &Together) -> Vec<Target> {
    let mut files: HashMap<String, Option<String>> = HashMap::new();
    let target = |entry: &EntryPoint| {
        let is_script = matches!(
            entry.group.as_str(),
            "console_scripts" | "gui_scripts" | "scripts"
        );
        let path = if entry.group == "scripts" {
            let path = join(folder, &entry.object).and_then(|path| TreePath::new(&path).ok());
            path.filter(|path| reading.has(path))
                .map(|path| path.as_str().to_owned())
        } else {
            let module = entry.object.split(':').next().unwrap_or("").trim();
            files
                .entry(module.to_owned())
                .or_insert_with(|| {
                    let file = version_source::module_file(
                        reading,
                        folder,
                        &together.import_roots,
                        module,
                    );
                    file.map(|file| in_folder(folder, &file))
                })
                .clone()
        };
        Target {
            kind: if is_script { "script" } else { "export" }.to_owned(),
            name: match is_script {
                true => entry.name.clone(),
                false => format!("{}:{}", entry.group, entry.name),
            },
            path,
        }
    };
    together.entry_points.iter().map(target).collect()
}
