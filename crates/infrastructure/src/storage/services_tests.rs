//! Records come back as they were put, the newest wins, the old ones go.

use std::time::UNIX_EPOCH;

use synthesizer_model::ErrorCode;

use super::*;

const DAY: u64 = 24 * 3600;

/// A time so many seconds after an arbitrary beginning.
fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_000_000 + seconds)
}

fn records(folder: &std::path::Path, now: SystemTime) -> SqliteServiceRecords {
    SqliteServiceRecords {
        database: Database::below(folder),
        clock: Clock::of(move || now),
        places: Arc::default(),
    }
}

fn opened(name: &str, openings: u32, changed_at: SystemTime) -> ServiceRecord {
    ServiceRecord {
        name: name.to_owned(),
        forced_open: false,
        open_until: Some(changed_at + Duration::from_millis(5_001)),
        openings,
        paused_until: None,
        reset_at: Some(changed_at),
        changed_at,
    }
}

#[tokio::test]
async fn records_are_seen_by_another_process_as_they_were_put() {
    let folder = tempfile::tempdir().unwrap();
    let first = records(folder.path(), at(0));
    let forced = ServiceRecord {
        forced_open: true,
        open_until: None,
        paused_until: Some(at(90)),
        reset_at: None,
        ..opened("naïve \"name'; --", u32::MAX, at(0))
    };
    let failing = opened("github", 3, at(1));
    first.put(&forced).await.unwrap();
    first.put(&failing).await.unwrap();
    let second = records(folder.path(), at(2));
    assert_eq!(second.all().await.unwrap(), [forced, failing]);
}

#[tokio::test]
async fn reading_creates_no_file_and_sees_a_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let reader = records(&data, at(0));
    assert_eq!(reader.all().await.unwrap(), []);
    assert!(!data.exists());
    let record = opened("github", 1, at(0));
    records(&data, at(0)).put(&record).await.unwrap();
    assert_eq!(reader.all().await.unwrap(), [record]);
}

#[tokio::test]
async fn what_a_service_did_at_another_address_concerns_that_address_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at_place = |place: Option<&str>| {
        let place = place.map(|place| ("github".to_owned(), place.to_owned()));
        SqliteServiceRecords {
            places: Arc::new(place.into_iter().collect()),
            ..records(folder.path(), at(0))
        }
    };
    let (public, moved, other) = (
        at_place(None),
        at_place(Some("https://git.example")),
        at_place(Some("https://git.example:8443")),
    );
    let paused = ServiceRecord {
        paused_until: Some(at(DAY)),
        ..opened("github", 1, at(0))
    };
    moved.put(&paused).await.unwrap();
    assert_eq!(public.all().await.unwrap(), []);
    assert_eq!(other.all().await.unwrap(), []);
    assert_eq!(moved.all().await.unwrap(), [paused]);
    let usual = opened("github", 2, at(0));
    public.put(&usual).await.unwrap();
    assert_eq!(public.all().await.unwrap(), [usual]);
    assert_eq!(moved.all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_newest_change_wins_whatever_the_order() {
    let older = opened("github", 1, at(10));
    let newer = opened("github", 2, at(11));
    for order in [[&older, &newer], [&newer, &older]] {
        let folder = tempfile::tempdir().unwrap();
        for record in order {
            records(folder.path(), at(20)).put(record).await.unwrap();
        }
        let found = records(folder.path(), at(20)).all().await.unwrap();
        assert_eq!(found, std::slice::from_ref(&newer));
    }
}

#[tokio::test]
async fn a_record_of_the_future_neither_counts_nor_stays() {
    let folder = tempfile::tempdir().unwrap();
    let ahead = opened("github", 9, at(40 * DAY));
    records(folder.path(), at(40 * DAY))
        .put(&ahead)
        .await
        .unwrap();
    let corrected = records(folder.path(), at(0));
    assert_eq!(corrected.all().await.unwrap(), []);
    let right = opened("github", 1, at(0));
    corrected.put(&right).await.unwrap();
    assert_eq!(corrected.all().await.unwrap(), [right]);
}

#[tokio::test]
async fn old_records_go_unless_a_person_forced_them() {
    let folder = tempfile::tempdir().unwrap();
    let begin = records(folder.path(), at(0));
    let forced = ServiceRecord {
        forced_open: true,
        ..opened("forced", 1, at(0))
    };
    begin.put(&opened("idle", 1, at(0))).await.unwrap();
    begin.put(&forced).await.unwrap();
    let recent = opened("recent", 1, at(20 * DAY));
    records(folder.path(), at(20 * DAY))
        .put(&recent)
        .await
        .unwrap();
    let later = records(folder.path(), at(31 * DAY));
    assert_eq!(
        later.all().await.unwrap(),
        [forced.clone(), recent.clone()],
        "what is too old is not given, even before it is deleted"
    );
    later.put(&recent).await.unwrap();
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM services ORDER BY name")
        .fetch_all(later.database.pool().await.unwrap())
        .await
        .unwrap();
    assert_eq!(names, ["forced", "recent"]);
}

#[tokio::test]
async fn many_writers_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let writers = (0..40).map(|number| {
        let records = records(folder.path(), at(0));
        crate::telemetry::tasks::spawn("test", async move {
            let record = opened(&format!("service-{number:02}"), number, at(0));
            records.put(&record).await
        })
    });
    for written in futures_util::future::join_all(writers).await {
        written.unwrap().unwrap();
    }
    let found = records(folder.path(), at(0)).all().await.unwrap();
    assert!(found.iter().map(|record| record.openings).eq(0..40));
}

#[tokio::test]
async fn a_full_disk_is_a_failure_that_passes() {
    let folder = tempfile::tempdir().unwrap();
    let records = records(folder.path(), at(0));
    records.put(&opened("small", 1, at(0))).await.unwrap();
    let pool = records.database.pool().await.unwrap();
    let large = opened(&"n".repeat(100_000), 1, at(0));
    // SQLite says "full" by this bound of a connection as it does for a disk.
    let mut connections = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await.unwrap();
        sqlx::raw_sql("PRAGMA max_page_count = 10")
            .execute(&mut *connection)
            .await
            .unwrap();
        connections.push(connection);
    }
    let count = connections.len();
    drop(connections);
    let failure = records.put(&large).await.unwrap_err();
    assert_eq!(failure.code, ErrorCode::Limit);
    // Each connection that failed is closed, so that after the last of them there is no such bound.
    let mut written = false;
    for _ in 0..count {
        written |= records.put(&large).await.is_ok();
    }
    assert!(written);
    assert_eq!(records.all().await.unwrap().len(), 2);
}
