//! The checks, one file each.

mod activity;
mod complexity;
mod continuous_integration;
mod declared_imports;
mod documentation;
mod license;
mod pinned_dependencies;
mod releases;
mod security_policy;
mod tests;
mod types;

use super::Check;

/// Every check, in the order in which results list them.
pub static CHECKS: &[Check] = &[
    tests::CHECK,
    continuous_integration::CHECK,
    documentation::CHECK,
    types::CHECK,
    complexity::CHECK,
    declared_imports::CHECK,
    license::CHECK,
    pinned_dependencies::CHECK,
    security_policy::CHECK,
    releases::CHECK,
    activity::CHECK,
];
