//! The steps that bring a state file to this program's form. Additive, never changed once released: a file that knows a step
//! that is missing here is refused.

use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

/// Every step: its number, its name, its statements.
const SQLITE: &[(i64, &str, &str)] = &[
    (
        1,
        "services",
        include_str!("../../migrations/sqlite/0001_services.sql"),
    ),
    (
        2,
        "jobs",
        include_str!("../../migrations/sqlite/0002_jobs.sql"),
    ),
];

/// Gives the steps for SQLite.
pub(super) fn sqlite() -> Migrator {
    sqlite_up_to(i64::MAX)
}

/// Gives the steps up to one of them, as an earlier version of this program had them.
pub(super) fn sqlite_up_to(last: i64) -> Migrator {
    let steps = SQLITE.iter().filter(|step| step.0 <= last);
    let migrations = steps.map(|&(version, name, statements)| {
        Migration::new(
            version,
            name.into(),
            MigrationType::Simple,
            statements.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_step_in_order() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
        let found: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let listed: BTreeSet<String> = SQLITE
            .iter()
            .map(|(version, name, _)| format!("{version:04}_{name}.sql"))
            .collect();
        assert_eq!(found, listed);
        assert!(SQLITE.iter().map(|step| step.0).eq(1..=SQLITE.len() as i64));
    }
}
