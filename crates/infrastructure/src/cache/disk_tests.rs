//! The file stays in its bound, is shared, and forgets instead of failing whatever happens to it.

use std::{
    fs::{self, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    time::Duration,
};

use futures_util::future::join_all;

use super::{
    super::testing::{Times, entry},
    *,
};

const MIB: u64 = 1 << 20;

struct Fixture {
    folder: tempfile::TempDir,
    times: Times,
}

impl Fixture {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            times: Times::new(),
        }
    }

    /// Names the cache's folder, which nobody has made yet.
    fn path(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn file(&self) -> PathBuf {
        self.path().join("answers.db")
    }

    /// Opens the file as one more process would.
    fn disk(&self, bytes: u64) -> DiskCache {
        DiskCache::with_clock(&self.path(), bytes, self.times.clock())
    }

    /// Puts an entry, and says whether it is found again.
    async fn works(&self, disk: &DiskCache) -> bool {
        let put = entry(&self.times, 5000);
        disk.keep("http", "works", put.clone()).await;
        disk.find("http", "works").await == Some(put)
    }
}

#[tokio::test]
async fn an_entry_comes_back_as_it_was_put() {
    let fixture = Fixture::new();
    let disk = fixture.disk(64 * MIB);
    for length in [0, 1, 4000, 4100, 100_000, LARGEST] {
        let key = format!("https://host/ä?{length}");
        let put = entry(&fixture.times, length);
        disk.keep("http", &key, put.clone()).await;
        assert_eq!(disk.find("http", &key).await, Some(put), "{length}");
        assert_eq!(disk.find("other", &key).await, None);
    }
    let replaced = entry(&fixture.times, 77);
    disk.keep("http", "https://host/ä?1", replaced.clone())
        .await;
    assert_eq!(disk.find("http", "https://host/ä?1").await, Some(replaced));
    disk.forget("http", "https://host/ä?0").await;
    assert_eq!(disk.find("http", "https://host/ä?0").await, None);
    assert_eq!(disk.size().await.unwrap().0, 5);
}

const LARGEST: usize = super::super::LARGEST_VALUE;

#[tokio::test]
async fn looking_forgetting_and_emptying_create_no_file() {
    let fixture = Fixture::new();
    let disk = fixture.disk(MIB);
    assert_eq!(disk.find("http", "key").await, None);
    disk.forget("http", "key").await;
    disk.clear().await.unwrap();
    assert_eq!(disk.size().await.unwrap(), (0, 0));
    disk.keep("http", "key", entry(&fixture.times, LARGEST + 1))
        .await;
    assert!(!fixture.path().exists());
}

#[tokio::test]
async fn only_its_user_can_read_it() {
    let fixture = Fixture::new();
    let disk = fixture.disk(MIB);
    assert!(fixture.works(&disk).await);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(fixture.path()), 0o700);
    let files: Vec<PathBuf> = fs::read_dir(fixture.path())
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        assert_eq!(mode(file.clone()), 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn the_bound_holds_after_many_entries() {
    let fixture = Fixture::new();
    let bound = 4 * MIB;
    let disk = fixture.disk(bound);
    for number in 0..700 {
        fixture.times.forward(1);
        let length = (number * 7919) % 30_000;
        let key = format!("https://host/path/{number}");
        let put = entry(&fixture.times, length);
        disk.keep("http", &key, put.clone()).await;
        if number % 100 == 99 {
            assert_eq!(disk.find("http", &key).await, Some(put));
            let bytes = fs::metadata(fixture.file()).unwrap().len();
            assert!(bytes <= bound, "{bytes} after {number}");
        }
    }
    // About 15 kB each.
    let (entries, bytes) = disk.size().await.unwrap();
    assert!(entries > 150, "{entries}");
    assert!(bytes <= bound + 20 * MIB, "{bytes}");
    // One large entry takes the room of hundreds.
    let large = entry(&fixture.times, 3 << 20);
    disk.keep("http", "large", large.clone()).await;
    assert_eq!(disk.find("http", "large").await, Some(large));
    disk.close().await;
    assert!(fs::metadata(fixture.file()).unwrap().len() <= bound);
}

#[tokio::test]
async fn a_bound_that_is_lowered_is_kept_before_long_and_emptying_gives_room_back() {
    let fixture = Fixture::new();
    let wide = fixture.disk(16 * MIB);
    for number in 0..200 {
        wide.keep("http", &format!("{number}"), entry(&fixture.times, 50_000))
            .await;
    }
    wide.close().await;
    assert!(fs::metadata(fixture.file()).unwrap().len() > 9 * MIB);
    let narrow = fixture.disk(2 * MIB);
    for _ in 0..4 {
        fixture.works(&narrow).await;
    }
    assert!(fixture.works(&narrow).await);
    narrow.close().await;
    assert!(fs::metadata(fixture.file()).unwrap().len() <= 2 * MIB);
    narrow.clear().await.unwrap();
    let (entries, bytes) = narrow.size().await.unwrap();
    assert_eq!(entries, 0);
    assert!(bytes < 128 << 10, "{bytes}");
    assert!(fixture.works(&narrow).await);
}

#[tokio::test]
async fn what_has_ended_goes_first_then_the_least_recently_used() {
    let fixture = Fixture::new();
    let disk = fixture.disk(MIB);
    let put = |key: &'static str, hours: u64| {
        let mut put = entry(&fixture.times, 100_000);
        put.kept_until = fixture.times.now() + Duration::from_secs(hours * 3600);
        disk.keep("http", key, put)
    };
    for key in ["a", "b", "c"] {
        put(key, 99).await;
        fixture.times.forward(100);
    }
    put("short", 1).await;
    fixture.times.forward(3700);
    // `a` was stored first and is used now.
    assert!(disk.find("http", "a").await.is_some());
    let left = async || {
        let mut left = Vec::new();
        for key in ["a", "b", "c", "short"] {
            let found: Option<i64> = sqlx::query_scalar("SELECT id FROM answers WHERE key = ?1")
                .bind(key)
                .fetch_optional(&disk.current().opened.get().unwrap().readers)
                .await
                .unwrap();
            left.extend(found.map(|_| key));
        }
        left
    };
    let mut seen = Vec::new();
    for number in 0..16 {
        fixture.times.forward(100);
        let mut filler = entry(&fixture.times, 100_000);
        filler.kept_until = fixture.times.now() + Duration::from_secs(99 * 3600);
        disk.keep("http", &format!("filler {number}"), filler).await;
        let now = left().await;
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    let expected: [&[&str]; 5] = [
        &["a", "b", "c", "short"],
        &["a", "b", "c"],
        &["a", "c"],
        &["a"],
        &[],
    ];
    assert_eq!(seen, expected);
    // Room is made for one more, not for many.
    assert!(disk.size().await.unwrap().0 >= 7);
}

#[tokio::test]
async fn entries_end_at_their_time_whatever_the_clock_does() {
    let fixture = Fixture::new();
    let disk = fixture.disk(MIB);
    disk.keep("http", "key", entry(&fixture.times, 10)).await;
    fixture.times.forward(7199);
    assert!(disk.find("http", "key").await.is_some());
    fixture.times.forward(1);
    assert_eq!(disk.find("http", "key").await, None);
    // The clock goes back: by some hours the entry counts again, by some days it does not.
    fixture.times.back(3600);
    assert!(disk.find("http", "key").await.is_some());
    fixture.times.back(3 * 24 * 3600);
    assert_eq!(disk.find("http", "key").await, None);
    // An entry that claims to be kept for ever.
    let mut eternal = entry(&fixture.times, 10);
    eternal.kept_until = fixture.times.now() + Duration::from_secs(u32::MAX.into());
    disk.keep("http", "eternal", eternal).await;
    fixture.times.forward(400 * 24 * 3600 - 1);
    assert!(disk.find("http", "eternal").await.is_some());
    fixture.times.forward(1);
    assert_eq!(disk.find("http", "eternal").await, None);
}

#[tokio::test]
async fn entries_of_a_wrong_clock_do_not_crowd_out_others() {
    let fixture = Fixture::new();
    let disk = fixture.disk(MIB);
    fixture.times.forward(100 * 24 * 3600);
    for number in 0..20 {
        disk.keep("http", &format!("{number}"), entry(&fixture.times, 60_000))
            .await;
    }
    fixture.times.back(100 * 24 * 3600);
    for number in 0..8 {
        disk.keep(
            "http",
            &format!("right {number}"),
            entry(&fixture.times, 60_000),
        )
        .await;
    }
    for number in 0..8 {
        let found = disk.find("http", &format!("right {number}")).await;
        assert!(found.is_some(), "{number}");
    }
}

#[tokio::test]
async fn two_processes_see_each_other() {
    let fixture = Fixture::new();
    let first = fixture.disk(4 * MIB);
    let second = fixture.disk(4 * MIB);
    assert!(fixture.works(&first).await);
    assert_eq!(
        second.find("http", "works").await,
        Some(entry(&fixture.times, 5000))
    );
    let newer = entry(&fixture.times, 9);
    second.keep("http", "works", newer.clone()).await;
    assert_eq!(first.find("http", "works").await, Some(newer));
    first.clear().await.unwrap();
    assert_eq!(second.find("http", "works").await, None);
}

#[tokio::test]
async fn many_that_begin_and_write_at_once_lose_nothing() {
    let fixture = Fixture::new();
    let writers = (0..16).map(|process| {
        let disk = fixture.disk(16 * MIB);
        let times = fixture.times.clone();
        crate::telemetry::tasks::spawn("test", async move {
            for number in 0..10 {
                let key = format!("{process}/{number}");
                disk.keep("http", &key, entry(&times, 2000)).await;
            }
            disk.close().await;
        })
    });
    for written in join_all(writers).await {
        written.unwrap();
    }
    assert_eq!(fixture.disk(16 * MIB).size().await.unwrap().0, 160);
}

/// Fills a file, closes it, damages it, and asks for a cache that works again with the old file beside it.
async fn recovers(damage: impl Fn(&std::path::Path)) {
    let fixture = Fixture::new();
    let before = fixture.disk(4 * MIB);
    for number in 0..100 {
        before
            .keep("http", &format!("{number}"), entry(&fixture.times, 3000))
            .await;
    }
    before.close().await;
    damage(&fixture.file());
    let disk = fixture.disk(4 * MIB);
    for number in 0..100 {
        // Nothing that is found may differ from what was put.
        if let Some(found) = disk.find("http", &format!("{number}")).await {
            assert_eq!(found, entry(&fixture.times, 3000), "{number}");
        }
    }
    assert!(fixture.works(&disk).await);
    assert!(fixture.path().join("answers.db.broken").exists());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_begun_anew() {
    recovers(|file| fs::write(file, "no database at all ".repeat(5000)).unwrap()).await;
}

#[tokio::test]
async fn a_file_that_was_cut_is_begun_anew() {
    recovers(|file| {
        let file = OpenOptions::new().write(true).open(file).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(length / 2 + 100).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_file_with_overwritten_pages_is_begun_anew() {
    recovers(|file| {
        let mut file = OpenOptions::new().write(true).open(file).unwrap();
        let length = file.metadata().unwrap().len();
        file.seek(SeekFrom::Start(4096)).unwrap();
        file.write_all(&vec![0xa5; length as usize - 8192]).unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_database_of_another_program_is_put_aside_whole() {
    let fixture = Fixture::new();
    let disk = fixture.disk(MIB);
    assert!(fixture.works(&disk).await);
    sqlx::raw_sql("CREATE TABLE precious (x); PRAGMA application_id = 7")
        .execute(&disk.current().opened.get().unwrap().writer)
        .await
        .unwrap();
    disk.close().await;
    let bytes = fs::read(fixture.file()).unwrap();
    assert!(fixture.works(&disk).await);
    let aside = fs::read(fixture.path().join("answers.db.broken")).unwrap();
    let first = aside.iter().zip(&bytes).position(|(new, old)| new != old);
    assert_eq!((aside.len(), first), (bytes.len(), None));
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let fixture = Fixture::new();
    let disk = fixture.disk(MIB);
    assert!(fixture.works(&disk).await);
    sqlx::raw_sql("PRAGMA user_version = 2")
        .execute(&disk.current().opened.get().unwrap().writer)
        .await
        .unwrap();
    disk.close().await;
    let bytes = fs::read(fixture.file()).unwrap();
    assert!(!fixture.works(&disk).await);
    assert!(fs::read(fixture.file()).unwrap() == bytes);
    assert!(!fixture.path().join("answers.db.broken").exists());
}

#[tokio::test]
async fn a_value_with_a_wrong_bit_is_not_given() {
    let fixture = Fixture::new();
    let disk = fixture.disk(MIB);
    assert!(fixture.works(&disk).await);
    sqlx::raw_sql("UPDATE contents SET value = zeroblob(length(value))")
        .execute(&disk.current().opened.get().unwrap().writer)
        .await
        .unwrap();
    assert_eq!(disk.find("http", "works").await, None);
    assert!(fixture.works(&disk).await);
}

#[tokio::test]
async fn a_folder_that_is_deleted_under_a_running_process_is_made_again() {
    let fixture = Fixture::new();
    let disk = fixture.disk(MIB);
    assert!(fixture.works(&disk).await);
    fs::remove_dir_all(fixture.path()).unwrap();
    assert_eq!(disk.find("http", "works").await, None);
    assert!(!fixture.path().exists());
    assert!(fixture.works(&disk).await);
    assert!(fixture.works(&fixture.disk(MIB)).await);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_forgets() {
    for block in [
        // As root, permissions stop nobody: what is no folder does.
        (|path| fs::write(path, "").unwrap()) as fn(PathBuf),
        |path| fs::create_dir_all(path.join("answers.db")).unwrap(),
    ] {
        let fixture = Fixture::new();
        block(fixture.path());
        let disk = fixture.disk(MIB);
        assert!(!fixture.works(&disk).await);
        disk.forget("http", "works").await;
        assert!(disk.health.rests(), "the next calls do not try");
    }
}

#[tokio::test]
async fn a_full_disk_forgets_the_new_and_keeps_the_old() {
    let fixture = Fixture::new();
    let mut disk = fixture.disk(64 * MIB);
    // SQLite says "full" by this bound as it does for a disk.
    disk.pages = 40;
    let first = entry(&fixture.times, 50_000);
    disk.keep("http", "first", first.clone()).await;
    disk.keep("http", "second", entry(&fixture.times, 500_000))
        .await;
    assert_eq!(disk.find("http", "second").await, None);
    assert_eq!(disk.find("http", "first").await, Some(first));
    assert!(fixture.works(&disk).await);
    let check: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&disk.current().opened.get().unwrap().readers)
        .await
        .unwrap();
    assert_eq!(check, "ok");
}

#[tokio::test]
async fn a_writer_that_holds_the_file_delays_nobody_for_long() {
    let fixture = Fixture::new();
    let other = fixture.disk(MIB);
    assert!(fixture.works(&other).await);
    let writer = other.current().opened.get().unwrap().writer.clone();
    let held = writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let disk = fixture.disk(MIB);
    assert!(
        disk.find("http", "works").await.is_some(),
        "reading goes on"
    );
    disk.keep("http", "new", entry(&fixture.times, 10)).await;
    assert_eq!(disk.find("http", "new").await, None);
    held.rollback().await.unwrap();
    assert!(fixture.works(&disk).await);
}
