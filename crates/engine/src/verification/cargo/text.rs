//! What the text of a Rust project tells: manifests parse, paths and modules are there, code reads. Starts nothing.

use std::collections::BTreeMap;

use synthesizer_analysis::{crate_closure, manifests::inventory};
use synthesizer_model::{
    dependency::Ecosystem, failure::Failure, progress::Progress, verification::Check,
};

use crate::verification::{failed, list, memory_tree, not_run, passed};

/// Makes the checks `parse` and `modules`.
///
/// # Errors
/// `E_CANCELLED`.
pub(super) fn checks(
    files: &BTreeMap<String, Vec<u8>>,
    progress: &dyn Progress,
) -> Result<Vec<Check>, Failure> {
    if !files.contains_key("Cargo.toml") {
        return Ok(vec![not_run("parse", "the project has no Cargo.toml")]);
    }
    let mut broken = Vec::new();
    let mut manifests = 0;
    let mut code = 0;
    for (path, contents) in files {
        let name = path.rsplit('/').next().unwrap_or(path);
        let text = std::str::from_utf8(contents);
        if name == "Cargo.toml" || path == "Cargo.lock" {
            manifests += 1;
            let parsed = text
                .map_err(|_| "is not UTF-8".to_owned())
                .and_then(|text| {
                    toml::from_str::<toml::Table>(text).map_err(|error| error.message().to_owned())
                });
            if let Err(why) = parsed {
                broken.push(format!("{path}: {why}"));
            }
        } else if path.ends_with(".rs") {
            code += 1;
            if text.is_err() {
                broken.push(format!("{path}: is not UTF-8"));
            }
        }
    }
    let parse = if broken.is_empty() {
        passed(
            "parse",
            format!("{manifests} manifests and locks and {code} Rust files read"),
        )
    } else {
        failed("parse", list(broken))
    };
    let tree = memory_tree(
        files
            .iter()
            .map(|(path, contents)| (path.clone(), contents.clone())),
    );
    let inventory = inventory::read(&tree, progress)?;
    let found = crate_closure::unresolved(&tree, &inventory.projects);
    let packages = inventory
        .projects
        .iter()
        .filter(|project| project.ecosystem == Ecosystem::Cargo && project.facts.name.is_some())
        .count();
    let modules = if found.missing.is_empty() {
        let detail = format!(
            "{} modules of {packages} packages and all path dependencies are there",
            found.modules
        );
        passed("modules", detail)
    } else {
        failed("modules", list(found.missing))
    };
    Ok(vec![parse, modules])
}
