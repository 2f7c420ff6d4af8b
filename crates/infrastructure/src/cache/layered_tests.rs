//! Memory answers first, the disk fills it, and what was forgotten stays so.

use std::{path::Path, sync::Arc};

use futures_util::future::join_all;

use super::{
    super::testing::{Times, entry},
    *,
};

fn cache(folder: &Path, times: &Times) -> Cache {
    Cache::of(
        MemoryCache::with_clock(1 << 20, times.clock()),
        Some(DiskCache::with_clock(folder, 16 << 20, times.clock())),
        times.clock(),
    )
}

#[tokio::test]
async fn what_the_disk_has_is_taken_into_memory() {
    let folder = tempfile::tempdir().unwrap();
    let times = Times::new();
    let put = entry(&times, 1000);
    cache(folder.path(), &times)
        .put("http", "key", put.clone())
        .await;
    let other = cache(folder.path(), &times);
    assert_eq!(other.memory.find("http", "key"), None);
    assert_eq!(other.get("http", "key").await, Some(put.clone()));
    assert_eq!(other.memory.find("http", "key"), Some(put));
    let size = other.size().await.unwrap();
    assert_eq!((size.memory_entries, size.disk_entries), (1, 1));
    other.clear().await.unwrap();
    assert_eq!(other.get("http", "key").await, None);
    let size = other.size().await.unwrap();
    assert_eq!((size.memory_entries, size.disk_entries), (0, 0));
}

#[tokio::test]
async fn a_stale_answer_in_memory_gives_way_to_a_newer_one_of_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let times = Times::new();
    let first = cache(folder.path(), &times);
    let second = cache(folder.path(), &times);
    let old = entry(&times, 1000);
    first.put("http", "key", old.clone()).await;
    times.forward(600);
    let new = entry(&times, 1001);
    second.put("http", "key", new.clone()).await;
    assert_eq!(first.get("http", "key").await, Some(old), "fresh still");
    times.forward(3100);
    assert_eq!(first.get("http", "key").await, Some(new.clone()));
    assert_eq!(first.memory.find("http", "key"), Some(new));
}

#[tokio::test]
async fn a_stale_answer_is_given_until_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let times = Times::new();
    let cache = cache(folder.path(), &times);
    let put = entry(&times, 1000);
    cache.put("http", "key", put.clone()).await;
    times.forward(7199);
    assert_eq!(cache.get("http", "key").await, Some(put));
    times.forward(1);
    assert_eq!(cache.get("http", "key").await, None);
}

#[tokio::test]
async fn what_is_removed_stays_so_in_both_layers() {
    let folder = tempfile::tempdir().unwrap();
    let times = Times::new();
    let first = cache(folder.path(), &times);
    first.put("http", "key", entry(&times, 1000)).await;
    first.remove("http", "key").await;
    assert_eq!(first.get("http", "key").await, None);
    assert_eq!(cache(folder.path(), &times).get("http", "key").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_look_up_never_brings_back_an_older_answer() {
    let folder = tempfile::tempdir().unwrap();
    let times = Times::new();
    let writer = cache(folder.path(), &times);
    writer.put("http", "key", entry(&times, 1)).await;
    for round in 0..50_usize {
        // A cache with an empty memory, so that readers go to the disk while the answer is replaced.
        let shared = Arc::new(cache(folder.path(), &times));
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let shared = Arc::clone(&shared);
                crate::telemetry::tasks::spawn(
                    "test",
                    async move { shared.get("http", "key").await },
                )
            })
            .collect();
        let new = entry(&times, 100 + round);
        shared.put("http", "key", new.clone()).await;
        for read in join_all(readers).await {
            read.unwrap();
        }
        assert_eq!(shared.memory.find("http", "key"), Some(new), "{round}");
        shared.close().await;
    }
}

#[tokio::test]
async fn without_a_disk_nothing_is_written_and_memory_works() {
    let cache = Cache::in_memory(1 << 20);
    let mut put = entry(&Times::new(), 10);
    let now = std::time::SystemTime::now();
    put.stored_at = now;
    put.fresh_until = now + std::time::Duration::from_secs(60);
    put.kept_until = now + std::time::Duration::from_secs(60);
    cache.put("http", "key", put).await;
    assert!(cache.get("http", "key").await.is_some());
    assert_eq!(cache.size().await.unwrap().memory_entries, 1);
    cache.close().await;
}
