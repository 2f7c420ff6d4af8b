//! The state file is made once, refused when it is not ours, and never made by looking.

use std::{fs, os::unix::fs::PermissionsExt as _};

use futures_util::future::join_all;
use synthesizer_model::ErrorCode;

use super::*;

async fn migrations_of(database: &Database) -> Vec<(i64, bool)> {
    sqlx::query_as("SELECT version, success FROM _sqlx_migrations ORDER BY version")
        .fetch_all(database.pool().await.unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn twenty_that_open_at_once_migrate_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/data");
    // Half share one value, half are as other processes.
    let shared = Database::below(&data);
    let databases: Vec<Database> = (0..20)
        .map(|number| match number % 2 {
            0 => shared.clone(),
            _ => Database::below(&data),
        })
        .collect();
    let tasks = databases.iter().cloned().map(|database| {
        crate::telemetry::tasks::spawn("test", async move {
            database.pool().await.unwrap();
            migrations_of(&database).await
        })
    });
    for found in join_all(tasks).await {
        assert_eq!(found.unwrap(), [(1, true), (2, true)]);
    }
    for database in &databases {
        database.close().await;
    }
    let again = Database::below(&data);
    assert_eq!(migrations_of(&again).await, [(1, true), (2, true)]);
}

#[tokio::test]
async fn the_file_belongs_to_its_user_and_has_the_promised_modes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let database = Database::below(&data);
    let pool = database.pool().await.unwrap();
    let mode = |name: &str| {
        let path = data.join(name);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    sqlx::query("DELETE FROM services")
        .execute(pool)
        .await
        .unwrap();
    assert_eq!(mode(""), 0o700);
    for name in ["state.db", "state.db-wal", "state.db-shm", "state.db.lock"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    for (pragma, expected) in [
        ("PRAGMA synchronous", 1_i64),
        ("PRAGMA foreign_keys", 1),
        ("PRAGMA trusted_schema", 0),
        ("PRAGMA busy_timeout", 5_000),
    ] {
        let found: i64 = sqlx::query_scalar(pragma).fetch_one(pool).await.unwrap();
        assert_eq!(found, expected, "{pragma}");
    }
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(journal, "wal");
}

#[tokio::test]
async fn looking_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let database = Database::below(&data);
    assert!(database.existing().await.unwrap().is_none());
    assert!(!data.exists());
}

/// Prepares a state file, changes it, and gives the failure of opening it again.
async fn refusal(change: &'static str) -> Failure {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::below(folder.path());
    sqlx::raw_sql(change)
        .execute(database.pool().await.unwrap())
        .await
        .unwrap();
    database.close().await;
    let before = fs::read(folder.path().join("state.db")).unwrap();
    let failure = Database::below(folder.path()).pool().await.unwrap_err();
    assert_eq!(
        fs::read(folder.path().join("state.db")).unwrap(),
        before,
        "a file that is refused stays as it is"
    );
    failure
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_untouched() {
    let failure = refusal(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', TRUE, x'00', 0)",
    )
    .await;
    assert_eq!(failure.code, ErrorCode::Config);
    assert_eq!(
        failure.message,
        "the state file below [paths] data was not written by this version of the program: it holds migration 9999"
    );
    assert!(failure.hint.is_some());
}

#[tokio::test]
async fn a_file_of_another_program_is_refused_untouched() {
    let failure = refusal("PRAGMA application_id = 7").await;
    assert_eq!(failure.code, ErrorCode::Config);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_a_failure_without_paths() {
    type Damage = fn(&Path);
    let cases: [(&str, Damage, ErrorCode); 3] = [
        (
            "no database",
            |data| {
                fs::create_dir(data).unwrap();
                fs::write(data.join("state.db"), "no database at all ".repeat(500)).unwrap();
            },
            ErrorCode::Config,
        ),
        (
            "a file in place of the folder",
            |data| fs::write(data, "").unwrap(),
            ErrorCode::Config,
        ),
        (
            "a folder in place of the file",
            |data| fs::create_dir_all(data.join("state.db")).unwrap(),
            ErrorCode::Config,
        ),
    ];
    for (name, damage, code) in cases {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        damage(&data);
        let failure = Database::below(&data).pool().await.unwrap_err();
        assert_eq!(failure.code, code, "{name}: {failure}");
        let text = format!("{} {:?}", failure.message, failure.hint);
        let path = folder.path().to_str().unwrap();
        assert!(!text.contains(path), "{name}: {text}");
        assert!(failure.hint.is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_file_of_the_version_before_is_brought_up_and_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteFile::new(folder.path(), "state.db");
    file.create().unwrap();
    let mut connection = file.options(BUSY_TIMEOUT).connect().await.unwrap();
    sqlx::raw_sql("PRAGMA application_id = 0x53796e53")
        .execute(&mut connection)
        .await
        .unwrap();
    let before = migrations::sqlite_up_to(1);
    before
        .run_direct(None, &mut connection, false)
        .await
        .unwrap();
    sqlx::raw_sql("INSERT INTO services VALUES ('github', 1, NULL, 0, NULL, NULL, 7)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let database = Database::below(folder.path());
    assert_eq!(migrations_of(&database).await, [(1, true), (2, true)]);
    let kept: (String, i64) =
        sqlx::query_as("SELECT name, (SELECT count(*) FROM jobs) FROM services")
            .fetch_one(database.pool().await.unwrap())
            .await
            .unwrap();
    assert_eq!(kept, ("github".to_owned(), 0));
}
