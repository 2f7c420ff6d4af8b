//! Puts one project together: coordinates, licenses, the version of Java, members, requirements.

use std::collections::{BTreeMap, HashMap};

use synthesizer_model::{
    analysis::ProjectFacts,
    dependency::Ecosystem,
    project::{Project, ProjectRole, Target},
};

use super::{
    super::super::{
        allowance::Allowance,
        pom_xml::{PomLicense, spdx},
        problem_list::ProblemList,
    },
    PomFile,
    models::{Models, View},
    modules_of, place_of_module,
    requirements::Requirer,
};

/// Gives the projects, in the order of their files.
pub(super) fn build(files: &[PomFile], problems: &mut ProblemList) -> Vec<Project> {
    let models = Models::of(files);
    let members = members(files, problems);
    let mut allowance = Allowance::default();
    let mut projects = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let workspace = members.get(&index).map(|aggregator| &files[*aggregator]);
        let role = match workspace {
            _ if file.folder.is_empty() => ProjectRole::Root,
            Some(_) => ProjectRole::Member,
            None => ProjectRole::Nested,
        };
        let view = models.view(index, None);
        let facts = facts(view, file);
        let mut requirer = Requirer {
            models: &models,
            file,
            index,
            member: facts.name.clone().filter(|_| role == ProjectRole::Member),
            allowance: &mut allowance,
            problems,
            without_version: 0,
        };
        let dependencies = requirer.requirements();
        let without_version = requirer.without_version;
        tell_without_version(view, &models, file, without_version, problems);
        let (license, license_as_written) = license(view);
        projects.push(Project {
            folder: file.folder.clone(),
            ecosystem: Ecosystem::Maven,
            role,
            manifests: vec![file.path.clone()],
            workspace: workspace.map(|aggregator| aggregator.folder.clone()),
            targets: target(view, file).into_iter().collect(),
            facts,
            dependencies,
            extras: Vec::new(),
            runtimes: java(view)
                .map(|version| ("java".to_owned(), version))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            license,
            license_as_written,
            license_files: Vec::new(),
            private: view.property("maven.deploy.skip") == Some("true"),
        });
    }
    if models.is_spent() {
        let what = "the properties and managed versions of this tree take too many steps; some are not filled in";
        problems.tell("", what);
    }
    projects
}

/// Gives for each project the first one that lists it as a module.
fn members(files: &[PomFile], problems: &mut ProblemList) -> HashMap<usize, usize> {
    let by_path: HashMap<&str, usize> = files
        .iter()
        .enumerate()
        .map(|(index, file)| (file.path.as_str(), index))
        .collect();
    let mut members = HashMap::new();
    for (aggregator, file) in files.iter().enumerate() {
        for (module, line) in modules_of(&file.pom) {
            let place = place_of_module(&file.folder, module);
            let found = place.and_then(|place| by_path.get(place.as_str()).copied());
            match found {
                Some(index) if index == aggregator => {}
                Some(index) => {
                    members.entry(index).or_insert(aggregator);
                }
                None => {
                    let what = format!("the module `{module}` is not in the tree");
                    problems.tell_line(&file.path, line, what);
                }
            }
        }
    }
    members
}

fn facts(view: View<'_>, file: &PomFile) -> ProjectFacts {
    let field = |name: &str| view.filled(view.property(name));
    let group = field("project.groupId").unwrap_or_default();
    let artifact = field("project.artifactId");
    let description = file.pom.description.as_deref().or(file.pom.name.as_deref());
    ProjectFacts {
        name: artifact.map(|artifact| format!("{group}:{artifact}")),
        version: field("project.version"),
        description: view.filled(description),
        ..ProjectFacts::default()
    }
}

/// Tells which requirements have no version because what gives it is not in the tree.
fn tell_without_version(
    view: View<'_>,
    models: &Models<'_>,
    file: &PomFile,
    count: usize,
    problems: &mut ProblemList,
) {
    let mut givers: Vec<String> = models.unknown_imports().into_iter().collect();
    givers.extend(view.outer_parent());
    if count == 0 {
        return;
    }
    let what = if givers.is_empty() {
        format!("{count} requirements have no version")
    } else {
        let givers = givers.join(", ");
        format!(
            "{count} requirements have no version here; it comes from outside the tree: {givers}"
        )
    };
    problems.tell(&file.path, what);
}

/// Gives what the project offers to others: its archive, unless it only joins others.
fn target(view: View<'_>, file: &PomFile) -> Option<Target> {
    let packaging = view.filled(view.property("project.packaging"))?;
    if packaging == "pom" {
        return None;
    }
    Some(Target {
        kind: "lib".to_owned(),
        name: view.filled(file.pom.artifact.as_deref())?,
        path: None,
    })
}

/// Gives the version of Java by the compiler's settings, the configuration of its plugin before properties. What is empty once it is
/// filled in is not set.
fn java(view: View<'_>) -> Option<String> {
    let configured = |of: fn(&PomFile) -> Option<&String>| {
        let mut files = view.files();
        files.find_map(of).map(String::as_str)
    };
    // The parent of Spring Boot takes this property for the release.
    let parent = view.outer_parent();
    let is_spring = parent.is_some_and(|parent| parent.starts_with("org.springframework.boot:"));
    let settings = [
        configured(|file| file.pom.compiler.release.as_ref()),
        view.property("maven.compiler.release"),
        configured(|file| file.pom.compiler.target.as_ref()),
        view.property("maven.compiler.target"),
        configured(|file| file.pom.compiler.source.as_ref()),
        view.property("maven.compiler.source"),
        view.property("java.version").filter(|_| is_spring),
    ];
    let mut filled = settings
        .into_iter()
        .flatten()
        .map(|setting| view.fill(setting));
    let version = filled.find(|filled| !filled.text.is_empty())?;
    version.missing.is_none().then(|| version.text.into_owned())
}

/// Gives the license as an SPDX expression, else as it is written; of the project, or of the nearest parent that names one.
fn license(view: View<'_>) -> (Option<String>, Option<String>) {
    let mut files = view.files();
    let Some(file) = files.find(|file| !file.pom.licenses.is_empty()) else {
        return (None, None);
    };
    let licenses = &file.pom.licenses;
    let known: Option<Vec<String>> = licenses
        .iter()
        .take(10)
        .map(|license| {
            let name = view.filled(license.name.as_deref());
            spdx(name.as_deref(), license.url.as_deref())
        })
        .collect();
    match known {
        Some(mut known) if licenses.len() <= 10 => {
            known.dedup();
            (Some(known.join(" OR ")), None)
        }
        _ => {
            let texts = licenses.iter().take(10);
            let texts: Vec<&str> = texts.filter_map(written).collect();
            (None, (!texts.is_empty()).then(|| texts.join(" OR ")))
        }
    }
}

fn written(license: &PomLicense) -> Option<&str> {
    license.name.as_deref().or(license.url.as_deref())
}
