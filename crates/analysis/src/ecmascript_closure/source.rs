//! A tree read for taking parts of it: the facts of its files, its packages and its licenses. Follows no import.

use std::collections::BTreeMap;

use synthesizer_model::{
    dependency::Ecosystem,
    facts_store::Forgetful,
    failure::Failure,
    finding::Problem,
    license::Licenses,
    progress::Progress,
    project::{Project, ProjectRole},
    source_file::FileRole,
    tree::{SourceTree, TreePath},
};

use crate::{
    file_roles,
    languages::{SourceFile, SourceFiles},
    licenses,
    manifests::inventory,
    reading::{self, Bounds, FileRecord},
};

/// A source, read.
pub struct EcmaScriptSource {
    pub(super) records: Vec<FileRecord>,
    pub(super) roles: Vec<FileRole>,
    pub(super) projects: Vec<Project>,
    /// Its licenses.
    pub licenses: Licenses,
    /// What could not be read and why.
    pub problems: Vec<Problem>,
}

impl EcmaScriptSource {
    /// Reads the files, manifests and licenses of a tree.
    ///
    /// # Errors
    /// `E_CANCELLED`. What cannot be read is a problem of the answer.
    pub fn read(tree: &dyn SourceTree, progress: &dyn Progress) -> Result<Self, Failure> {
        let (inventory, read) = rayon::join(
            || inventory::read(tree, progress),
            || reading::read_files(tree, &Forgetful, Bounds::default(), progress),
        );
        let (inventory, mut read) = (inventory?, read?);
        let (roles, of_roles) = file_roles::of_files(tree, &read.files, progress);
        let found =
            licenses::of_repository(tree, &read.files, &roles, &inventory.projects, progress);
        if progress.is_cancelled() {
            return Err(Failure::cancelled());
        }
        let mut problems = tree.problems().to_vec();
        problems.extend(inventory.problems);
        problems.append(&mut read.problems);
        problems.extend(of_roles);
        problems.extend(found.problems);
        let projects = inventory
            .projects
            .into_iter()
            .filter(|project| project.ecosystem == Ecosystem::Npm)
            .collect();
        Ok(Self {
            records: read.files,
            roles,
            projects,
            licenses: found.licenses,
            problems,
        })
    }

    /// Gives the package at the top.
    pub fn root(&self) -> Option<&Project> {
        self.projects
            .iter()
            .find(|project| project.role == ProjectRole::Root)
    }

    /// Gives the license headers of files that state their own, by path.
    pub fn license_headers(&self) -> BTreeMap<TreePath, String> {
        let stated = self.records.iter().filter_map(|record| {
            let spdx = record.facts.license.spdx.clone()?;
            Some((record.path.clone(), spdx))
        });
        stated.collect()
    }

    pub(super) fn files<'a>(&'a self, tree: &'a dyn SourceTree) -> SourceFiles<'a> {
        let files = self
            .records
            .iter()
            .zip(&self.roles)
            .map(|(record, role)| SourceFile {
                path: &record.path,
                language: record.language,
                role: *role,
                code: record.facts.code.as_ref(),
            })
            .collect();
        SourceFiles::new(tree, files, &self.projects)
    }
}
