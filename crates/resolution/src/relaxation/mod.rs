//! The ways out of a conflict: the fewest and mildest changes of requirements with which a solver finds a solution. Nothing is offered that
//! was not solved.
//!
//! - `ways`: the search
//! - `bounds`: a requirement's versions as an interval, and how its ends may move
//! - `dialect`: how an ecosystem writes versions, one file each: `python`, `cargo`, `npm`
//! - `candidates`: the changes of one requirement that are worth a try
//! - `changes`: a request with changes, and how a change is told

mod bounds;
mod candidates;
mod cargo;
mod changes;
mod dialect;
mod npm;
mod python;
mod semantic;
#[cfg(test)]
mod tests;
mod ways;

pub(crate) use self::ways::ways_out;
