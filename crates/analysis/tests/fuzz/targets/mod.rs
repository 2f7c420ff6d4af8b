//! The targets, one family of readers each: what it reads, the words of its formats, and what has to hold.

mod cargo_go_maven;
mod ecmascript;
mod lines_and_roles;
mod npm;
mod python;
mod python_manifests;
mod tokens;
mod trees;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use synthesizer_analysis::manifests::inventory::{self, Inventory};
use synthesizer_model::{progress::Unwatched, tree::SourceTree};

use super::{
    bundle,
    seeds::Input,
    session::Care,
    shape::{self, Shape},
};

/// Reads all manifests of a tree that is written as one text, and checks what the inventory promises.
fn check_manifests(input: &Input, care: Care) -> Shape {
    let tree = bundle::tree(&input.bytes);
    let inventory = inventory::read(&tree, &Unwatched).expect("nobody cancels");
    check_inventory(&tree, &inventory);
    let told = told(&inventory);
    if care == Care::Thorough {
        let again = inventory::read(&tree, &Unwatched).expect("nobody cancels");
        assert_eq!(
            format!("{inventory:?}"),
            format!("{again:?}"),
            "the same tree gave another inventory"
        );
    }
    shape::of(&told)
}

fn told(inventory: &Inventory) -> Value {
    let projects: Vec<Value> = inventory
        .projects
        .iter()
        .map(|project| {
            json!({
                "folder": project.folder, "ecosystem": project.ecosystem, "role": project.role, "facts": project.facts,
                "workspace": project.workspace, "dependencies": project.dependencies, "extras": project.extras.len(),
                "runtimes": project.runtimes, "license": project.license, "written": project.license_as_written,
                "license_files": project.license_files.len(), "private": project.private,
                "targets": project.targets.iter().map(|target| json!([target.kind, target.path.is_some()])).collect::<Vec<_>>(),
            })
        })
        .collect();
    let locks: Vec<Value> = inventory
        .locks
        .iter()
        .map(|lock| {
            let packages = lock.packages.iter().map(|package| {
                json!({
                    "source": package.source, "by": package.required_by.len(), "own": package.own,
                    "development": package.development, "license": package.license,
                })
            });
            json!({ "ecosystem": lock.ecosystem, "packages": packages.collect::<Vec<_>>() })
        })
        .collect();
    json!({
        "projects": projects, "locks": locks, "problems": inventory.problems,
        "dependencies": inventory.dependencies(), "manifests": inventory.manifests(),
    })
}

fn check_inventory(tree: &dyn SourceTree, inventory: &Inventory) {
    let sizes: BTreeMap<&str, u32> = tree
        .entries()
        .iter()
        .map(|entry| {
            let bytes = tree.read(&entry.path).expect("the file is there").bytes;
            let ends = bytes
                .iter()
                .filter(|byte| matches!(byte, b'\n' | b'\r'))
                .count();
            (
                entry.path.as_str(),
                u32::try_from(ends + 1).expect("a small file"),
            )
        })
        .collect();
    for project in &inventory.projects {
        for manifest in &project.manifests {
            assert!(
                sizes.contains_key(manifest.as_str()),
                "there is no manifest {manifest:?}"
            );
        }
        for dependency in &project.dependencies {
            let last = sizes.get(dependency.manifest.as_str());
            let last = *last.unwrap_or_else(|| panic!("a dependency of no file: {dependency:?}"));
            assert!(
                (1..=last).contains(&dependency.line),
                "line of {last}: {dependency:?}"
            );
            assert!(
                !dependency.name.is_empty(),
                "a dependency without a name: {dependency:?}"
            );
        }
    }
    for lock in &inventory.locks {
        assert!(
            sizes.contains_key(lock.path.as_str()),
            "there is no lock {:?}",
            lock.path
        );
        let keys: Vec<_> = lock
            .packages
            .iter()
            .map(|package| (&package.name, &package.version))
            .collect();
        assert!(keys.is_sorted(), "packages of {} are not sorted", lock.path);
    }
}
