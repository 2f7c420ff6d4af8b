//! One transaction that writes, on a connection of its own until its end. Must not be kept open while anything else is waited for.

use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection, sqlite::SqlitePool};

/// A transaction that took the right to write at its beginning, so that it never meets a change that it has not seen.
///
/// Dropping it undoes it: the connection is closed then, because on some errors SQLite ends a transaction by itself.
pub(super) struct Writing {
    connection: Option<PoolConnection<Sqlite>>,
}

impl Writing {
    /// Begins it; waits for other writers as long as the busy timeout says.
    pub(super) async fn begin(pool: &SqlitePool) -> Result<Self, sqlx::Error> {
        let connection = pool.acquire().await?;
        let mut writing = Self {
            connection: Some(connection),
        };
        sqlx::query("BEGIN IMMEDIATE")
            .execute(writing.connection())
            .await?;
        Ok(writing)
    }

    /// Gives the connection.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection
            .as_mut()
            .expect("it is there until the commit")
    }

    /// Makes everything last.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        sqlx::query("COMMIT").execute(self.connection()).await?;
        // From here on the connection is as good as before.
        drop(self.connection.take());
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.close_on_drop();
        }
    }
}
