//! The modules that a build of one module takes, from the file that tells it best. Computes no version.

use std::collections::HashSet;

use synthesizer_model::{
    dependency::Ecosystem,
    project::{LockFile, LockedPackage},
};

use super::{
    super::super::{go_mod::GoMod, go_sum::UsedModule, tree_reading::in_folder},
    Files,
    replacing::{Place, Replacing},
};

/// Gives the modules that a build takes; `None` when no file tells them.
pub(super) fn of_module(
    files: &Files,
    folder: &str,
    module: &GoMod,
    replacing: &Replacing<'_>,
) -> Option<LockFile> {
    let asking = module.module.as_deref().unwrap_or_default();
    let (name, used) = if lists_all(module.go.as_deref()) {
        let requires = module.requires.iter();
        let used = requires.map(|required| UsedModule {
            module: required.module.clone(),
            version: required.version.clone(),
            is_explicit: !required.is_indirect,
            replaced_by: None,
        });
        ("go.mod", used.collect())
    } else if let Some(vendored) = files.vendored.get(folder) {
        ("vendor/modules.txt", vendored.clone())
    } else {
        let mut used = files.sums.get(folder)?.clone();
        mark_direct(&mut used, module);
        ("go.sum", used)
    };
    let own: HashSet<&str> = files
        .modules
        .values()
        .filter_map(|module| module.module.as_deref())
        .collect();
    let mut packages: Vec<LockedPackage> = used
        .iter()
        .map(|used| package(used, asking, replacing, &own))
        .collect();
    packages.sort_by(|left, right| (&left.name, &left.version).cmp(&(&right.name, &right.version)));
    Some(LockFile {
        path: in_folder(folder, name),
        ecosystem: Ecosystem::Go,
        packages,
    })
}

/// Says whether `go.mod` of that version of the language lists every module of a build.
fn lists_all(version: Option<&str>) -> bool {
    let mut numbers = version.unwrap_or_default().split('.').map(|part| {
        let digits = part.find(|character: char| !character.is_ascii_digit());
        let digits = &part[..digits.unwrap_or(part.len())];
        digits.parse::<u32>().unwrap_or(0)
    });
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (1, 17)
}

fn mark_direct(used: &mut [UsedModule], module: &GoMod) {
    let requires = module.requires.iter();
    let direct: HashSet<&str> = requires
        .filter(|required| !required.is_indirect)
        .map(|required| required.module.as_str())
        .collect();
    for used in used {
        used.is_explicit = direct.contains(used.module.as_str());
    }
}

fn package(
    used: &UsedModule,
    asking: &str,
    replacing: &Replacing<'_>,
    own: &HashSet<&str>,
) -> LockedPackage {
    let (mut name, mut version) = (used.module.as_str(), used.version.as_str());
    let mut source = "registry";
    let mut is_own = own.contains(name);
    match (&used.replaced_by, replacing.place_of(name, version)) {
        (Some((module, Some(replaced))), _) => (name, version) = (module, replaced),
        (_, Some(Place::Module(module, replaced))) => (name, version) = (module, replaced),
        (_, Some(Place::Folder { is_own: found, .. })) => {
            source = "path";
            is_own = found;
        }
        (Some((_, None)), None) => source = "path",
        (None, None) => {}
    }
    LockedPackage {
        name: name.to_owned(),
        version: version.to_owned(),
        source: source.to_owned(),
        required_by: used
            .is_explicit
            .then(|| asking.to_owned())
            .into_iter()
            .collect(),
        own: is_own,
        development: false,
        license: None,
    }
}
