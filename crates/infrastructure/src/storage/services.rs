//! What is remembered about each service between processes. Decides nothing: it keeps and gives back.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqlitePool};
use synthesizer_model::Failure;

use super::{
    database::Database,
    errors::failure,
    times::{Clock, SKEW, from_millis, millis},
};
use crate::{
    config::Config,
    resilience::record::{ServiceRecord, ServiceRecords},
};

/// How long a record is kept that nobody changes; one that a person forced open stays.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// How many records are read at most.
const MOST: i64 = 1_000;

const SELECT: &str = "SELECT name, forced_open, open_until, openings, paused_until, reset_at, changed_at FROM services \
     WHERE forced_open OR changed_at BETWEEN ?1 AND ?2 ORDER BY forced_open DESC, changed_at DESC, name LIMIT ?3";

/// The newer record stays. One of the future was written by a clock that was wrong, and would stay for ever.
const PUT: &str = "INSERT INTO services (name, forced_open, open_until, openings, paused_until, reset_at, changed_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
     ON CONFLICT (name) DO UPDATE SET forced_open = excluded.forced_open, open_until = excluded.open_until, \
     openings = excluded.openings, paused_until = excluded.paused_until, reset_at = excluded.reset_at, \
     changed_at = excluded.changed_at \
     WHERE excluded.changed_at >= services.changed_at OR services.changed_at > ?8";

const PRUNE: &str = "DELETE FROM services WHERE NOT forced_open AND changed_at < ?1";

/// What lies between a service's name and its address; no name of a service has it.
const AT: char = '@';

/// One row, in the order of [`SELECT`].
type Row = (
    String,
    bool,
    Option<i64>,
    i64,
    Option<i64>,
    Option<i64>,
    i64,
);

/// The records in the state file. Nothing is opened before the first use, and reading alone creates no file.
#[derive(Debug, Clone)]
pub struct SqliteServiceRecords {
    database: Database,
    clock: Clock,
    /// Where services are that the configuration moved, by their names.
    places: Arc<BTreeMap<String, String>>,
}

/// Gives the records of a configuration's state file.
///
/// What a service did at an address of the configuration's own is remembered for that address alone: a checkout whose file sends us to
/// its server must not have the public service left alone.
pub fn service_records(config: &Config) -> Arc<dyn ServiceRecords> {
    let places = config.platforms.iter().filter_map(|(name, platform)| {
        let address = platform.base_url.as_ref()?;
        Some((name.clone(), address.origin().ascii_serialization()))
    });
    Arc::new(SqliteServiceRecords {
        places: Arc::new(places.collect()),
        ..SqliteServiceRecords::new(Database::of(config))
    })
}

impl SqliteServiceRecords {
    /// Takes the state file to keep the records in.
    pub fn new(database: Database) -> Self {
        Self {
            database,
            clock: Clock::system(),
            places: Arc::default(),
        }
    }

    /// Gives the name under which a service is written here: its own, or with the address that it has.
    fn name_in_file(&self, service: &str) -> String {
        match self.places.get(service) {
            Some(place) => format!("{service}{AT}{place}"),
            None => service.to_owned(),
        }
    }

    /// Gives the service of a written name; `None` when it has another address here.
    fn service_of(&self, written: &str) -> Option<String> {
        let service = written.split_once(AT).map_or(written, |(name, _)| name);
        (self.name_in_file(service) == written).then(|| service.to_owned())
    }

    async fn read(&self) -> Result<Vec<ServiceRecord>, Failure> {
        let Some(pool) = self.database.existing().await? else {
            return Ok(Vec::new());
        };
        let now = self.clock.now();
        let rows: Vec<Row> = sqlx::query_as(SELECT)
            .bind(oldest(now))
            .bind(soon(now))
            .bind(MOST)
            .fetch_all(pool)
            .await
            .map_err(|error| failure("read the state file", &error))?;
        let records = rows.into_iter().map(record).filter_map(|mut record| {
            record.name = self.service_of(&record.name)?;
            Some(record)
        });
        Ok(records.collect())
    }

    async fn write(&self, record: &ServiceRecord) -> Result<(), Failure> {
        let pool = self.database.pool().await?;
        let mut record = record.clone();
        record.name = self.name_in_file(&record.name);
        write(pool, &record, self.clock.now())
            .await
            .map_err(|error| failure("write the state file", &error))
    }
}

impl ServiceRecords for SqliteServiceRecords {
    fn all(&self) -> BoxFuture<'_, Result<Vec<ServiceRecord>, Failure>> {
        self.read().boxed()
    }

    fn put<'a>(&'a self, record: &'a ServiceRecord) -> BoxFuture<'a, Result<(), Failure>> {
        self.write(record).boxed()
    }
}

async fn write(
    pool: &SqlitePool,
    record: &ServiceRecord,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let written = write_at_once(&mut connection, record, now).await;
    if written.is_err() {
        // On some errors SQLite ends a transaction by itself, and the connection would count it as open for ever.
        connection.close_on_drop();
    }
    written
}

async fn write_at_once(
    connection: &mut SqliteConnection,
    record: &ServiceRecord,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query(PUT)
        .bind(&record.name)
        .bind(record.forced_open)
        .bind(record.open_until.map(millis))
        .bind(i64::from(record.openings))
        .bind(record.paused_until.map(millis))
        .bind(record.reset_at.map(millis))
        .bind(millis(record.changed_at))
        .bind(soon(now))
        .execute(&mut *transaction)
        .await?;
    sqlx::query(PRUNE)
        .bind(oldest(now))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

fn record(row: Row) -> ServiceRecord {
    let (name, forced_open, open_until, openings, paused_until, reset_at, changed_at) = row;
    ServiceRecord {
        name,
        forced_open,
        open_until: open_until.map(from_millis),
        openings: u32::try_from(openings.max(0)).unwrap_or(u32::MAX),
        paused_until: paused_until.map(from_millis),
        reset_at: reset_at.map(from_millis),
        changed_at: from_millis(changed_at),
    }
}

fn oldest(now: SystemTime) -> i64 {
    now.checked_sub(KEPT).map_or(i64::MIN, millis)
}

fn soon(now: SystemTime) -> i64 {
    now.checked_add(SKEW).map_or(i64::MAX, millis)
}

#[cfg(test)]
#[path = "services_tests.rs"]
mod tests;
