//! Opens the file of answers, and begins a new one in place of one that is damaged or of another program.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqlitePool};

use super::answers::SCHEMA;
use crate::storage::{FileIdentity, SqliteFile, Trouble, pool, reason, trouble};

/// How long a statement waits for another process. An answer that cannot be kept at once is not worth more.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

/// How long a process waits until another has prepared the file.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// How long a task waits for a connection.
const CONNECTION_WAIT: Duration = Duration::from_secs(2);

/// How many answers are read at once.
const READERS: u32 = 3;

/// Marks a SQLite file as a file of answers: `SynA`.
const APPLICATION: i32 = 0x5379_6e41;

/// The form of the tables. A file with a lower number is begun anew, one with a higher number is left alone.
const FORM: i32 = 1;

/// An open file of answers.
#[derive(Debug)]
pub(super) struct Opened {
    /// Connections that read.
    pub(super) readers: SqlitePool,
    /// The one connection that writes.
    pub(super) writer: SqlitePool,
    /// Which file it is.
    pub(super) identity: Option<FileIdentity>,
}

/// Why the file cannot be used.
#[derive(Debug)]
pub(super) enum Unusable {
    /// SQLite or the file system said no.
    Failed(sqlx::Error),
    /// It belongs to another program or to an older form.
    Foreign,
    /// A newer version of this program wrote it.
    Newer,
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(error) => formatter.write_str(&reason(error)),
            Self::Foreign => formatter.write_str("the file belongs to another program"),
            Self::Newer => formatter.write_str("a newer version of this program wrote the file"),
        }
    }
}

impl From<sqlx::Error> for Unusable {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<std::io::Error> for Unusable {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Unusable {
    fn is_damage(&self) -> bool {
        match self {
            Self::Failed(error) => trouble(error) == Trouble::Damaged,
            Self::Foreign => true,
            Self::Newer => false,
        }
    }
}

/// Opens the file of at most so many pages. One that was found `damaged` before is replaced, unless another process did so already.
pub(super) async fn open(
    file: &SqliteFile,
    pages: u64,
    damaged: Option<FileIdentity>,
) -> Result<Opened, Unusable> {
    let lock = file.lock(LOCK_WAIT).await?;
    if damaged.is_some() && file.identity() == damaged {
        file.set_aside(&lock)?;
    }
    file.create()?;
    if let Err(error) = prepare(file).await {
        if !error.is_damage() {
            return Err(error);
        }
        tracing::warn!(%error, "the answers on disk cannot be read, they are put aside and begun anew");
        file.set_aside(&lock)?;
        file.create()?;
        prepare(file).await?;
    }
    let options = file
        .options(BUSY_TIMEOUT)
        .pragma("cache_size", "-1024")
        .pragma("journal_size_limit", "16777216")
        .pragma("max_page_count", pages.to_string());
    Ok(Opened {
        readers: pool(options.clone(), READERS, CONNECTION_WAIT),
        writer: pool(options, 1, CONNECTION_WAIT),
        identity: file.identity(),
    })
}

async fn prepare(file: &SqliteFile) -> Result<(), Unusable> {
    let mut connection = file.options(BUSY_TIMEOUT).connect().await?;
    let prepared = check_or_fill(&mut connection).await;
    let closed = connection.close().await;
    prepared?;
    Ok(closed?)
}

async fn check_or_fill(connection: &mut SqliteConnection) -> Result<(), Unusable> {
    let application: i32 = number(connection, "PRAGMA application_id").await?;
    let form: i32 = number(connection, "PRAGMA user_version").await?;
    let tables: i32 = number(connection, "SELECT count(*) FROM sqlite_schema").await?;
    match (application, form) {
        (APPLICATION, FORM) => Ok(()),
        (APPLICATION, form) if form > FORM => Err(Unusable::Newer),
        (0, 0) if tables == 0 => fill(connection).await,
        _ => Err(Unusable::Foreign),
    }
}

async fn fill(connection: &mut SqliteConnection) -> Result<(), Unusable> {
    // Only here: the second one writes to any file that it is said to. Before the first table and the write-ahead log, or not at all.
    for statement in [
        "PRAGMA page_size = 4096",
        "PRAGMA auto_vacuum = INCREMENTAL",
        "PRAGMA journal_mode = WAL",
    ] {
        sqlx::query(statement).fetch_all(&mut *connection).await?;
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for statements in [
        SCHEMA,
        "PRAGMA application_id = 0x53796e41; PRAGMA user_version = 1",
    ] {
        sqlx::raw_sql(statements).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

async fn number(
    connection: &mut SqliteConnection,
    question: &'static str,
) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar(question).fetch_one(connection).await
}
