//! What one statement is to a test runner, and whether it may go alone. Looks at outlines, not at texts.

use crate::languages::python::outline::{ImportedAlias, Unit, UnitKind};

/// Functions and names of a module or class that a test runner uses by itself: without them, the tests that are left mean something else.
const RUN_BY_ITSELF: &[&str] = &[
    "asyncSetUp",
    "asyncTearDown",
    "collect_ignore",
    "collect_ignore_glob",
    "load_tests",
    "pytestmark",
    "setUp",
    "setUpClass",
    "setUpModule",
    "setup",
    "setup_class",
    "setup_function",
    "setup_method",
    "setup_module",
    "tearDown",
    "tearDownClass",
    "tearDownModule",
    "teardown",
    "teardown_class",
    "teardown_function",
    "teardown_method",
    "teardown_module",
];

/// Gives the names of an import statement; none for another.
pub(super) fn aliases_of(unit: &Unit) -> &[ImportedAlias] {
    match &unit.kind {
        UnitKind::Import(aliases) => aliases,
        _ => &[],
    }
}

/// Says whether comments above a statement are about it.
pub(super) fn is_definition(unit: &Unit) -> bool {
    matches!(unit.kind, UnitKind::Function(_) | UnitKind::Class(_))
}

/// Says whether a test runner uses a name by itself.
pub(super) fn is_run_by_itself(name: &str) -> bool {
    RUN_BY_ITSELF.contains(&name)
        || name.starts_with("pytest_")
        || (name.starts_with("__") && name.ends_with("__"))
}

/// Says whether a member of a class can go and leave the meaning of the others.
pub(super) fn may_go_from_class(member: &Unit) -> bool {
    let is_plain = match &member.kind {
        UnitKind::Function(function) => function
            .fixture
            .as_ref()
            .is_none_or(|fixture| !fixture.automatic && fixture.name.is_some()),
        UnitKind::Definition | UnitKind::Nothing => true,
        UnitKind::Import(_) | UnitKind::Class(_) | UnitKind::Other => false,
    };
    is_plain && !member.binds.iter().any(|name| is_run_by_itself(name))
}

/// Gives the name of a fixture, if the statement defines one.
pub(super) fn fixture_name(unit: &Unit) -> Option<String> {
    match &unit.kind {
        UnitKind::Function(function) => function.fixture.as_ref()?.name.clone(),
        _ => None,
    }
}

/// Counts the tests of a statement that is no class of a module.
pub(super) fn tests_in(unit: &Unit) -> usize {
    match &unit.kind {
        UnitKind::Function(_) | UnitKind::Other => unit
            .binds
            .iter()
            .filter(|name| name.starts_with("test"))
            .count(),
        _ => 0,
    }
}
