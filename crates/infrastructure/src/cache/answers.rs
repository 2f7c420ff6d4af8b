//! The statements on the file of answers. Knows no policy but its bound on room.

use bytes::Bytes;
use flate2::Crc;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqlitePool};

use super::{CacheEntry, LARGEST_VALUE};
use crate::storage::{from_millis, millis};

/// What a new file gets. The value lies apart so that noting a use does not write it again.
pub(super) const SCHEMA: &str = "
CREATE TABLE answers (
    id          INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    stored_at   INTEGER NOT NULL,
    fresh_until INTEGER NOT NULL,
    kept_until  INTEGER NOT NULL,
    used_at     INTEGER NOT NULL,
    checksum    INTEGER NOT NULL,
    UNIQUE (kind, key)
) STRICT;
CREATE INDEX answers_by_end ON answers (kept_until);
CREATE INDEX answers_by_use ON answers (used_at);
CREATE TABLE contents (
    id    INTEGER PRIMARY KEY REFERENCES answers (id) ON DELETE CASCADE,
    value BLOB NOT NULL
) STRICT;
";

/// The size of a page, in bytes.
pub(super) const PAGE: u64 = 4096;

/// How many entries one statement deletes at most.
const BATCH: i64 = 64;

/// How many such statements one entry may cost. When its room is not enough then, the next entry goes on.
const BATCHES: usize = 32;

const FIND: &str = "SELECT a.id, a.stored_at, a.fresh_until, a.kept_until, a.used_at, a.checksum, c.value \
     FROM answers a JOIN contents c ON c.id = a.id \
     WHERE a.kind = ?1 AND a.key = ?2 AND length(c.value) <= ?3";

const INSERT: &str = "INSERT INTO answers (kind, key, stored_at, fresh_until, kept_until, used_at, checksum) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id";

/// What is over, or was last used in a future that a wrong clock showed.
const FORGET_ENDED: &str =
    "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE kept_until <= ?1 LIMIT ?2)";
const FORGET_FUTURE: &str =
    "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE used_at > ?1 LIMIT ?2)";

const LEAST_USED: &str = "SELECT a.used_at, a.id, coalesce(length(c.value), 0) + length(a.key) \
     FROM answers a LEFT JOIN contents c ON c.id = a.id ORDER BY a.used_at, a.id LIMIT ?1";
const FORGET_UP_TO: &str = "DELETE FROM answers WHERE (used_at, id) <= (?1, ?2)";

/// One row, in the order of [`FIND`].
type Row = (i64, i64, i64, i64, i64, i64, Vec<u8>);

/// One kept answer as it was found.
#[derive(Debug)]
pub(super) struct Found {
    /// The row's number.
    pub(super) id: i64,
    /// When its use was last noted, in milliseconds.
    pub(super) used_at: i64,
    /// Whether the checksum is that of the content.
    pub(super) intact: bool,
    /// The answer.
    pub(super) entry: CacheEntry,
}

/// Times that decide what is forgotten, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Now.
    pub(super) now: i64,
    /// No right clock has shown a later time yet.
    pub(super) soon: i64,
}

/// Finds an answer.
pub(super) async fn find(
    readers: &SqlitePool,
    kind: &str,
    key: &str,
) -> Result<Option<Found>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(FIND)
        .bind(kind)
        .bind(key)
        .bind(LARGEST_VALUE as i64)
        .fetch_optional(readers)
        .await?;
    let Some((id, stored_at, fresh_until, kept_until, used_at, expected, value)) = row else {
        return Ok(None);
    };
    let entry = CacheEntry {
        value: Bytes::from(value),
        stored_at: from_millis(stored_at),
        fresh_until: from_millis(fresh_until),
        kept_until: from_millis(kept_until),
    };
    Ok(Some(Found {
        id,
        used_at,
        intact: checksum(kind, key, &entry) == expected,
        entry,
    }))
}

/// Notes that an answer was used.
pub(super) async fn note_use(writer: &SqlitePool, id: i64, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE answers SET used_at = ?2 WHERE id = ?1")
        .bind(id)
        .bind(now)
        .execute(writer)
        .await?;
    Ok(())
}

/// Keeps an answer, and forgets others first so that the file does not outgrow its bound. `false` when there was no room.
pub(super) async fn keep(
    writer: &SqlitePool,
    name: (&str, &str),
    entry: &CacheEntry,
    moment: Moment,
    bound: u64,
) -> Result<bool, sqlx::Error> {
    let mut connection = writer.acquire().await?;
    let kept = keep_at_once(&mut connection, name, entry, moment, bound).await;
    if kept.is_err() {
        // On some errors SQLite ends a transaction by itself, and the connection would count it as open for ever.
        connection.close_on_drop();
    }
    kept
}

async fn keep_at_once(
    connection: &mut SqliteConnection,
    (kind, key): (&str, &str),
    entry: &CacheEntry,
    moment: Moment,
    bound: u64,
) -> Result<bool, sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    forget(&mut transaction, kind, key).await?;
    let needed = needed(kind, key, entry);
    let room = make_room(&mut transaction, needed, moment, bound).await?;
    if room {
        insert(&mut transaction, (kind, key), entry, moment.now).await?;
    }
    transaction.commit().await?;
    Ok(room)
}

async fn insert(
    connection: &mut SqliteConnection,
    (kind, key): (&str, &str),
    entry: &CacheEntry,
    now: i64,
) -> Result<(), sqlx::Error> {
    let id: i64 = sqlx::query_scalar(INSERT)
        .bind(kind)
        .bind(key)
        .bind(millis(entry.stored_at))
        .bind(millis(entry.fresh_until))
        .bind(millis(entry.kept_until))
        .bind(now)
        .bind(checksum(kind, key, entry))
        .fetch_one(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO contents (id, value) VALUES (?1, ?2)")
        .bind(id)
        .bind(&entry.value[..])
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets one answer.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    kind: &str,
    key: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM answers WHERE kind = ?1 AND key = ?2")
        .bind(kind)
        .bind(key)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets everything and gives the room back to the file system.
pub(super) async fn clear(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for statement in [
        "DELETE FROM answers",
        "PRAGMA incremental_vacuum",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    ] {
        sqlx::query(statement).fetch_all(&mut *connection).await?;
    }
    Ok(())
}

/// Counts the answers.
pub(super) async fn count(readers: &SqlitePool) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM answers")
        .fetch_one(readers)
        .await?;
    Ok(count.unsigned_abs())
}

/// Gives the bytes of all pages in use. SQLite keeps both counts in the file's header, so they are right whoever wrote.
pub(super) async fn used(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let (all, free) = pages(connection).await?;
    Ok(all.saturating_sub(free) * PAGE)
}

async fn pages(connection: &mut SqliteConnection) -> Result<(u64, u64), sqlx::Error> {
    let all: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&mut *connection)
        .await?;
    let free: i64 = sqlx::query_scalar("PRAGMA freelist_count")
        .fetch_one(&mut *connection)
        .await?;
    Ok((all.unsigned_abs(), free.unsigned_abs()))
}

/// Forgets what has ended, then what was used least recently, until so many bytes are free.
async fn make_room(
    connection: &mut SqliteConnection,
    needed: u64,
    moment: Moment,
    bound: u64,
) -> Result<bool, sqlx::Error> {
    for batch in 0.. {
        let lacking = (used(connection).await? + needed).saturating_sub(bound);
        if lacking == 0 {
            break;
        }
        if batch == BATCHES || !forget_some(connection, lacking, moment).await? {
            return Ok(false);
        }
    }
    let (all, free) = pages(connection).await?;
    // The bound was larger once.
    if all * PAGE > bound && free > 0 {
        sqlx::query("PRAGMA incremental_vacuum(4096)")
            .fetch_all(connection)
            .await?;
    }
    Ok(true)
}

/// Forgets one batch of so many bytes or less; `false` when nothing is left.
async fn forget_some(
    connection: &mut SqliteConnection,
    lacking: u64,
    moment: Moment,
) -> Result<bool, sqlx::Error> {
    for (statement, time) in [(FORGET_ENDED, moment.now), (FORGET_FUTURE, moment.soon)] {
        let deleted = sqlx::query(statement)
            .bind(time)
            .bind(BATCH)
            .execute(&mut *connection)
            .await?;
        if deleted.rows_affected() > 0 {
            return Ok(true);
        }
    }
    let least_used: Vec<(i64, i64, i64)> = sqlx::query_as(LEAST_USED)
        .bind(BATCH)
        .fetch_all(&mut *connection)
        .await?;
    let mut freed = 0;
    let enough = least_used.iter().position(|&(_, _, bytes)| {
        freed += bytes.unsigned_abs();
        freed >= lacking
    });
    let last = enough.map_or(least_used.last(), |index| least_used.get(index));
    let Some(&(used_at, id, _)) = last else {
        return Ok(false);
    };
    sqlx::query(FORGET_UP_TO)
        .bind(used_at)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(true)
}

/// Gives the room that an entry may take, in bytes: its pages, and some that trees may split into.
pub(super) fn needed(kind: &str, key: &str, entry: &CacheEntry) -> u64 {
    // The texts lie in the row and in the index of names.
    let texts = 2 * (kind.len() + key.len()) as u64;
    let pages = (entry.value.len() as u64).div_ceil(PAGE - 4) + texts.div_ceil(PAGE - 4) + 8;
    pages * PAGE
}

/// Sums up everything that must belong together. Against bad disks, not against people.
fn checksum(kind: &str, key: &str, entry: &CacheEntry) -> i64 {
    let mut sum = Crc::new();
    for text in [kind, key] {
        sum.update(&(text.len() as u64).to_le_bytes());
        sum.update(text.as_bytes());
    }
    for time in [entry.stored_at, entry.fresh_until, entry.kept_until] {
        sum.update(&millis(time).to_le_bytes());
    }
    sum.update(&entry.value);
    i64::from(sum.sum())
}
