//! What one module asks for: what it imports itself, and the modules of its tools. Knows no build.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    project::{Project, ProjectRole},
};

use super::{
    super::super::{
        allowance::Allowance,
        go_mod::{GoMod, Require, plain_comparators},
        problem_list::ProblemList,
        tree_reading::folder_of,
    },
    replacing::{Place, Replacing},
};

/// Puts the requirements of one module together.
pub(super) struct Requirer<'r> {
    pub path: String,
    pub module: &'r GoMod,
    pub replacing: &'r Replacing<'r>,
    pub allowance: &'r mut Allowance,
    pub problems: &'r mut ProblemList,
}

impl<'r> Requirer<'r> {
    /// Adds the requirements to the project.
    pub(super) fn require(&mut self, project: &mut Project) {
        let is_member = project.role == ProjectRole::Member;
        let requires = self.module.requires.iter();
        let direct = requires.filter(|required| !required.is_indirect);
        let mut asked: Vec<(&Require, u32, Option<&str>)> = direct
            .map(|required| (required, required.line, None))
            .collect();
        asked.extend(self.of_tools());
        for (required, line, group) in asked {
            let mut dependency = self.dependency(required, line);
            dependency.group = group.map(str::to_owned);
            if is_member {
                dependency.member.clone_from(&project.facts.name);
            }
            if !self.allowance.admits(&dependency) {
                let what = "the manifests of the tree have more requirements than are kept; the rest is left out";
                self.problems.tell_line(&self.path, line, what);
                return;
            }
            project.dependencies.push(dependency);
        }
    }

    fn dependency(&self, required: &Require, line: u32) -> Dependency {
        let module = required.module.as_str();
        let mut dependency = Dependency::new(Ecosystem::Go, module, &self.path, line);
        let mut version = required.version.as_str();
        match self.replacing.place_of(module, version) {
            Some(Place::Module(name, other)) => {
                dependency.imported_as = (name != module).then(|| module.to_owned());
                name.clone_into(&mut dependency.name);
                version = other;
            }
            Some(Place::Folder { shown, .. }) => dependency.url = Some(format!("path+{shown}")),
            None => {}
        }
        dependency.parsed = plain_comparators(&dependency.name, version);
        version.clone_into(&mut dependency.specifier);
        dependency
    }

    /// Gives the modules that bring the commands of `tool` lines and that nothing else asks for.
    fn of_tools(&mut self) -> Vec<(&'r Require, u32, Option<&'static str>)> {
        let requires = self.module.requires.iter();
        let by_name: HashMap<&str, &Require> = requires
            .map(|required| (required.module.as_str(), required))
            .collect();
        let own = self.module.module.as_deref();
        let mut found = Vec::new();
        let mut seen: HashSet<&str> = HashSet::new();
        for (package, line) in &self.module.tools {
            let mut folder = package.as_str();
            // The longest beginning of the package's path that is a module brings it.
            let module = loop {
                if own == Some(folder) || by_name.contains_key(folder) {
                    break folder;
                }
                folder = folder_of(folder);
                if folder.is_empty() {
                    break folder;
                }
            };
            match by_name.get(module) {
                Some(required) if required.is_indirect => {
                    if seen.insert(module) {
                        found.push((*required, *line, Some("tool")));
                    }
                }
                Some(_) => {}
                None if own == Some(module) => {}
                None => {
                    let what = format!("no required module brings the tool `{package}`");
                    self.problems.tell_line(&self.path, *line, what);
                }
            }
        }
        found
    }

    /// Tells what changes the meaning of other modules.
    pub(super) fn tell_the_rest(&mut self) {
        let requires = self.module.requires.iter();
        let direct: HashSet<&str> = requires
            .filter(|required| !required.is_indirect)
            .map(|required| required.module.as_str())
            .collect();
        for replace in &self.module.replaces {
            if direct.contains(replace.module.as_str()) && replace.version.is_none() {
                continue;
            }
            let place = self.replacing.place(replace, folder_of(&self.path));
            if matches!(place, Some(Place::Folder { is_own: true, .. })) {
                continue;
            }
            let by = match &replace.by_version {
                Some(version) => format!("{} {version}", replace.by),
                None => replace.by.clone(),
            };
            let version = replace.version.as_ref();
            let version = version
                .map(|version| format!(" {version}"))
                .unwrap_or_default();
            let what = format!("puts {by} in the place of `{}{version}`", replace.module);
            self.problems.tell_line(&self.path, replace.line, what);
        }
        for (module, version, line) in &self.module.excludes {
            let what = format!("excludes version {version} of `{module}`");
            self.problems.tell_line(&self.path, *line, what);
        }
    }
}
