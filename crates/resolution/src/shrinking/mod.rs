//! The smallest conflicting set of requirements, over any solver, found by asking it again with fewer of them.
//!
//! Every set that is given back was refused by the solver as it stands.
//!
//! - `smallest`: the search
//! - `tries`: asking a solver within a budget, never twice the same
//! - `elements`: the parts of a request that can be left out, and what a solver's answer names of them
//! - `pythons`: ranges of Python versions as part of a conflict

mod elements;
#[cfg(test)]
pub(crate) mod made_up;
mod pythons;
mod smallest;
#[cfg(test)]
mod tests;
mod tries;

pub(crate) use self::{
    elements::{CONSTRAINT, Element, dependency, imposed, package, restricted, shown, written},
    smallest::{SmallestConflict, smallest_conflict},
    tries::Tries,
};
