//! From a request to the files of its project: sources opened, and what only a solver and the whole plan can tell added.

use std::path::Path;

use bytes::Bytes;
use synthesizer_model::{failure::Failure, reference::Location, synthesis::Solved, tree::TreePath};
use synthesizer_synthesis::{Completion, Synthesis};

use super::{
    answer::{self, Built},
    planning,
    request::Wanted,
    sources::Opened,
};
use crate::{Call, Engine, families::Family};

impl Engine {
    /// Opens the sources of a request, in its order; a local one is told relative to the new project's folder.
    ///
    /// # Errors
    /// Those of each repository.
    pub(crate) async fn open_sources(
        &self,
        call: &Call,
        wanted: Vec<Wanted>,
        base: &Path,
        output: &Path,
    ) -> Result<Vec<Opened>, Failure> {
        let locations: Vec<Location> = wanted
            .iter()
            .map(|source| source.location.clone())
            .collect();
        let trees = self.open_all(call, &locations, base).await?;
        let opened = wanted.into_iter().zip(trees).map(|(wanted, tree)| {
            let origin = planning::portable_origin(tree.origin(), &wanted.location, base, output);
            Opened {
                wanted,
                tree,
                origin,
            }
        });
        Ok(opened.collect())
    }

    /// Adds the lock, the README and what is recorded of the whole.
    ///
    /// # Errors
    /// Those of the solver's program.
    pub(crate) async fn complete(
        &self,
        call: &Call,
        family: &dyn Family,
        synthesis: Synthesis,
        readme: String,
        solved: Solved,
    ) -> Result<Built, Failure> {
        let locked = family.lock(self, call, &synthesis).await?;
        let mut added = locked.files;
        added.push(("README.md".to_owned(), readme));
        let files = added.into_iter().map(|(path, text)| {
            let path = TreePath::new(&path).map_err(|refusal| {
                Failure::internal(format!("a generated path is refused: {refusal}"))
            })?;
            Ok((path, Bytes::from(text)))
        });
        let completion = Completion {
            files: files.collect::<Result<_, Failure>>()?,
            resolution: locked.resolution,
            packages: locked.packages,
            solved: Some(solved),
        };
        let (mut plan, imports, packages) = (
            synthesis.plan.clone(),
            synthesis.imports.clone(),
            synthesis.packages.len(),
        );
        let files = synthesizer_synthesis::finish(synthesis, completion);
        answer::plan_added_files(&mut plan, &files);
        Ok(Built {
            files,
            plan,
            imports,
            packages,
            warnings: locked.warnings,
        })
    }
}
