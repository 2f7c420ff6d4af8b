//! What is forgotten of jobs that have ended, and giving its room back. Never touches a job that may still go on.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use sqlx::sqlite::SqlitePool;

use super::{
    super::times::{SKEW, millis},
    record::Retention,
    writing::Writing,
};

/// Free pages from which on the file is written anew without them, when they are also a quarter of it.
const MANY_FREE_PAGES: i64 = 1_024;

/// A folder of a job that the table does not know is removed when it is older; younger ones may belong to a job that is being entered.
const STRANGE_FOLDER: Duration = Duration::from_secs(3600);

/// Those beyond the newest `?1`, and those that ended before `?2` or, by a wrong clock, after `?3`.
const FORGET: &str = "DELETE FROM jobs WHERE status IN ('succeeded', 'failed', 'cancelled') AND (ended_at < ?2 OR ended_at > ?3 \
     OR id NOT IN (SELECT id FROM jobs WHERE status IN ('succeeded', 'failed', 'cancelled') ORDER BY ended_at DESC, id LIMIT ?1)) \
     RETURNING id";

/// What a job found out on the way serves its resumption alone.
const FORGET_ARTIFACTS: &str =
    "DELETE FROM job_artifacts WHERE job IN (SELECT id FROM jobs WHERE status = 'succeeded')";

/// Forgets jobs and gives their room back.
pub(super) async fn forget(
    pool: &SqlitePool,
    folder: &Path,
    retention: &Retention,
    now: SystemTime,
) -> Result<(), sqlx::Error> {
    let oldest = now.checked_sub(retention.keep_for).map_or(i64::MIN, millis);
    let latest = now.checked_add(SKEW).map_or(i64::MAX, millis);
    let mut writing = Writing::begin(pool).await?;
    sqlx::query(FORGET)
        .bind(i64::try_from(retention.keep).unwrap_or(i64::MAX))
        .bind(oldest)
        .bind(latest)
        .execute(writing.connection())
        .await?;
    sqlx::query(FORGET_ARTIFACTS)
        .execute(writing.connection())
        .await?;
    let known: Vec<String> = sqlx::query_scalar("SELECT id FROM jobs")
        .fetch_all(writing.connection())
        .await?;
    writing.commit().await?;
    remove_strange(&folder.join("jobs"), &known.into_iter().collect(), now);
    give_back(pool).await
}

/// Removes the folders of jobs that are forgotten, and the record files of versions before the table.
fn remove_strange(folder: &Path, known: &BTreeSet<String>, now: SystemTime) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let id = name.strip_suffix(".json").unwrap_or(name);
        let is_ours = is_handle(id) && !known.contains(id);
        let age = entry
            .metadata()
            .and_then(|data| data.modified())
            .ok()
            .and_then(|modified| now.duration_since(modified).ok());
        if !is_ours || age.is_none_or(|age| age < STRANGE_FOLDER) {
            continue;
        }
        let path = entry.path();
        let removed = match entry.file_type() {
            Ok(kind) if kind.is_dir() => fs::remove_dir_all(path),
            _ => fs::remove_file(path),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, "the folder of a forgotten job could not be removed");
        }
    }
}

/// Says whether a name has the form of a handle: a UUID as it is written by us.
fn is_handle(name: &str) -> bool {
    name.len() == 36
        && name.char_indices().all(|(index, character)| match index {
            8 | 13 | 18 | 23 => character == '-',
            _ => matches!(character, '0'..='9' | 'a'..='f'),
        })
}

/// Writes the file anew when much of it is free. Others wait meanwhile; when they do not let us, it is done another time.
async fn give_back(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    let free: i64 = sqlx::query_scalar("PRAGMA freelist_count")
        .fetch_one(pool)
        .await?;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(pool)
        .await?;
    if free < MANY_FREE_PAGES || free < pages / 4 {
        return Ok(());
    }
    if let Err(error) = sqlx::query("VACUUM").execute(pool).await {
        tracing::info!(%error, "the state file could not be made smaller now");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_handles_that_nobody_knows_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let (known, strange) = (
            "00000000-0000-4000-8000-000000000001",
            "00000000-0000-4000-8000-000000000002",
        );
        for folder in [
            known,
            strange,
            "notes",
            "00000000-0000-4000-8000-00000000000G",
        ] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        fs::write(place.path().join(format!("{strange}.json")), "{}").unwrap();
        let names = || {
            let mut names: Vec<String> = fs::read_dir(place.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let all = BTreeSet::from([known.to_owned()]);
        remove_strange(place.path(), &all, SystemTime::now());
        assert_eq!(names().len(), 5, "a young one stays");
        let later = SystemTime::now() + STRANGE_FOLDER * 2;
        remove_strange(place.path(), &all, later);
        assert_eq!(
            names(),
            [known, "00000000-0000-4000-8000-00000000000G", "notes"]
        );
    }
}
