//! `yarn.lock`: that of yarn 1, which has a syntax of its own, and that of later versions, which is YAML. Says which package a
//! descriptor (`name@range`) means; asks the manifests of the repository's own packages for what yarn 1 does not write down.
//! Documentation: the manuals of yarn 1 and of berry.

mod berry;
mod classic;

use std::collections::HashMap;

use synthesizer_model::project::LockFile;

use super::{
    lock_graph::{LockGraph, OwnPackage},
    npm_specifier::split_name,
    problem_list::ProblemList,
};

/// Reads a lock file; `None` when nothing of it can be read.
pub(super) fn parse(
    path: &str,
    text: &str,
    own: &[OwnPackage<'_>],
    problems: &mut ProblemList,
) -> Option<LockFile> {
    let is_berry = text.lines().any(|line| line.starts_with("__metadata:"));
    if is_berry {
        berry::parse(path, text, own, problems)
    } else {
        Some(classic::parse(path, text, own, problems))
    }
}

/// Which package a descriptor means.
#[derive(Default)]
struct Descriptors<'t> {
    exact: HashMap<(&'t str, &'t str), u32>,
    /// The only package of a name; `None` where there are several.
    by_name: HashMap<&'t str, Option<u32>>,
}

impl<'t> Descriptors<'t> {
    fn add(&mut self, descriptor: &'t str, package: u32) {
        let (name, range) = split_name(descriptor.trim());
        self.exact
            .insert((name, range.unwrap_or_default()), package);
        self.by_name
            .entry(name)
            .and_modify(|known| {
                if *known != Some(package) {
                    *known = None;
                }
            })
            .or_insert(Some(package));
    }

    /// Finds what a name and a range mean. Where another range took the place of the written one (`resolutions`, a missing protocol,
    /// a workspace), the only package of that name is meant.
    fn find(&self, name: &str, range: &str) -> Option<u32> {
        let exact = self.exact.get(&(name, range));
        exact
            .copied()
            .or_else(|| self.by_name.get(name).copied().flatten())
    }

    fn find_exact(&self, name: &str, range: &str) -> Option<u32> {
        self.exact.get(&(name, range)).copied()
    }
}

#[cfg(test)]
#[path = "yarn_lock/tests.rs"]
mod tests;
