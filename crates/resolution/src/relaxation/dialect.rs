//! How an ecosystem writes versions. One file each beside this one; a new one is a file and a line in [`of`].

use synthesizer_model::dependency::{Dependency, Ecosystem};

use super::{bounds::Bounds, cargo::Cargo, npm::Npm, python::Python};

/// What differs between ecosystems when requirements are loosened.
pub(super) trait Dialect: Sync {
    /// Reads a specifier as one interval; `None` when it is none.
    fn read(&self, specifier: &str) -> Option<Bounds>;

    /// Writes an interval.
    fn write(&self, bounds: &Bounds) -> String;

    /// Gives the specifier of any version.
    fn any(&self) -> &'static str;

    /// Gives the first versions after the series that a version belongs to, the smallest series first.
    fn ends(&self, release: &[u64]) -> Vec<Vec<u64>>;

    /// Writes a requirement as a constraint of the user, without its condition.
    fn constraint(&self, dependency: &Dependency) -> String;

    /// Says what an extra is called.
    fn extra(&self) -> &'static str;
}

/// Gives the dialect of a family that has a solver.
pub(super) fn of(ecosystem: Ecosystem) -> Option<&'static dyn Dialect> {
    match ecosystem {
        Ecosystem::Python => Some(&Python),
        Ecosystem::Cargo => Some(&Cargo),
        Ecosystem::Npm => Some(&Npm),
        Ecosystem::Go | Ecosystem::Maven => None,
    }
}
