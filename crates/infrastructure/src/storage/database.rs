//! The state file: opened when it is first needed, brought to this program's form by one process at a time.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqlitePool};
use synthesizer_model::Failure;
use tokio::sync::OnceCell;

use super::{
    errors::{failure, migration_failure, newer},
    file::{SqliteFile, pool},
    migrations,
};
use crate::config::Config;

/// How long a statement waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a task waits for a connection.
const CONNECTION_WAIT: Duration = Duration::from_secs(10);

/// How many connections are open at most.
const CONNECTIONS: u32 = 4;

/// Marks a SQLite file as this program's state: `SynS`. See <https://www.sqlite.org/pragma.html#pragma_application_id>.
const APPLICATION: i32 = 0x5379_6e53;

/// The program's state. Clones share one pool; nothing is opened or created before the first use.
#[derive(Debug, Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    file: SqliteFile,
    pool: OnceCell<SqlitePool>,
}

impl Database {
    /// Names the state file of a configuration: `state.db` below `[paths] data`.
    pub fn of(config: &Config) -> Self {
        Self::below(&config.paths.data)
    }

    /// Names the state file below a folder.
    pub(super) fn below(folder: &Path) -> Self {
        Self {
            shared: Arc::new(Shared {
                file: SqliteFile::new(folder, "state.db"),
                pool: OnceCell::new(),
            }),
        }
    }

    /// Gives the connections, and creates or migrates the file first when that is needed.
    ///
    /// # Errors
    /// `E_CONFIG` for a file that is damaged, out of reach, or of a newer version; `E_TIMEOUT`, `E_LIMIT` when it is held by
    /// another process or the disk is full. The next call tries again.
    pub(crate) async fn pool(&self) -> Result<&SqlitePool, Failure> {
        self.shared
            .pool
            .get_or_try_init(|| open(&self.shared.file))
            .await
    }

    /// Gives the connections; `None`, creating nothing, when there is no state file.
    ///
    /// # Errors
    /// As [`Self::pool`].
    pub(crate) async fn existing(&self) -> Result<Option<&SqlitePool>, Failure> {
        if !self.shared.pool.initialized() && self.shared.file.identity().is_none() {
            return Ok(None);
        }
        self.pool().await.map(Some)
    }

    /// Closes the connections and folds the write-ahead log into the file. Later uses fail.
    pub async fn close(&self) {
        if let Some(pool) = self.shared.pool.get() {
            pool.close().await;
        }
    }
}

async fn open(file: &SqliteFile) -> Result<SqlitePool, Failure> {
    // One process at a time: switching to the write-ahead log cannot wait for others by itself, and neither can migrations.
    let lock = file
        .lock(BUSY_TIMEOUT)
        .await
        .map_err(|error| failed(error.into()))?;
    file.create().map_err(|error| failed(error.into()))?;
    let mut connection = file.options(BUSY_TIMEOUT).connect().await.map_err(failed)?;
    let prepared = prepare(&mut connection).await;
    let closed = connection.close().await.map_err(failed);
    drop(lock);
    prepared.and(closed)?;
    Ok(pool(
        file.options(BUSY_TIMEOUT),
        CONNECTIONS,
        CONNECTION_WAIT,
    ))
}

async fn prepare(connection: &mut SqliteConnection) -> Result<(), Failure> {
    let application: i32 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    if application != APPLICATION && (application != 0 || tables > 0) {
        return Err(newer("it belongs to another program"));
    }
    sqlx::query("PRAGMA journal_mode = WAL")
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
    // All steps or none, so that a process that is killed here leaves the old form.
    let mut transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(failed)?;
    if application == 0 {
        sqlx::query("PRAGMA application_id = 0x53796e53")
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    migrations::sqlite()
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(|error| migration_failure(&error))?;
    transaction.commit().await.map_err(failed)
}

fn failed(error: sqlx::Error) -> Failure {
    failure("open the state file", &error)
}

#[cfg(test)]
#[path = "database_tests.rs"]
mod tests;
