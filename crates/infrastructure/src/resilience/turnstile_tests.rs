//! Several turnstiles over one folder, as several processes: each opens the lock file for itself.

use std::sync::Mutex;

use super::*;
use crate::telemetry::metrics::Recording;
use crate::telemetry::tasks;

const DISTANCE: Duration = Duration::from_secs(3);

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn gate(folder: &tempfile::TempDir) -> Turnstile {
    Turnstile::new(&folder.path().join("locks"), "arxiv", DISTANCE)
}

fn after(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

fn write(folder: &tempfile::TempDir, text: &str) {
    fs::create_dir_all(folder.path().join("locks")).expect("made");
    fs::write(folder.path().join("locks/arxiv.lock"), text).expect("written");
}

/// The wall clock does not stand still while time is paused, so waits are a little shorter than the distance.
fn is_about(wait: Duration, expected: Duration) -> bool {
    wait <= expected + LOCK_INTERVAL && wait + Duration::from_millis(500) >= expected
}

#[tokio::test(start_paused = true)]
async fn calls_of_all_processes_go_one_at_a_time_and_keep_the_distance() {
    let folder = folder();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let processes = [gate(&folder), gate(&folder), gate(&folder)];
    let mut callers = Vec::new();
    for number in 0..6 {
        let gate = processes[number % 3].clone();
        let calls = Arc::clone(&calls);
        callers.push(tasks::spawn("test", async move {
            let passage = gate.pass(after(1_000)).await.expect("in time");
            let begun = Instant::now();
            sleep(Duration::from_secs(2)).await;
            calls.lock().expect("lock").push((begun, Instant::now()));
            drop(passage);
        }));
    }
    for caller in callers {
        caller.await.expect("ends");
    }
    let calls = calls.lock().expect("lock");
    assert_eq!(calls.len(), 6);
    for pair in calls.windows(2) {
        let distance = pair[1].0 - pair[0].1;
        assert!(
            distance + Duration::from_millis(500) >= DISTANCE,
            "{distance:?} from end to start"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_call_waits_for_nothing() {
    let folder = folder();
    let gate = gate(&folder);
    let start = Instant::now();
    drop(gate.pass(after(0)).await.expect("free"));
    assert!(start.elapsed().is_zero());
    let mode = fs::metadata(folder.path().join("locks/arxiv.lock"))
        .expect("is there")
        .mode();
    assert_eq!(mode & 0o077, 0);
}

#[tokio::test(start_paused = true)]
async fn only_a_wait_counts_as_one() {
    let recording = Recording::new();
    let _recording = recording.enter();
    let waits = || recording.value("synthesizer_limit_waits_total{service=\"arxiv\"}");
    let folder = folder();
    let gate = gate(&folder);
    // Real time passes while the file is made.
    tokio::time::resume();
    drop(gate.pass(after(1)).await.expect("free"));
    tokio::time::pause();
    assert_eq!(waits(), None);
    drop(gate.pass(after(10)).await.expect("in time"));
    assert_eq!(waits(), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_is_refused_at_once() {
    let folder = folder();
    let (one, two) = (gate(&folder), gate(&folder));
    drop(one.pass(after(0)).await.expect("free"));
    let start = Instant::now();
    let failure = two.pass(after(2)).await.expect_err("too late");
    assert_eq!(failure.code, ErrorCode::RateLimited);
    assert_eq!(failure.retry_after_seconds, Some(3));
    assert!(start.elapsed().is_zero());

    let passage = two.pass(after(10)).await.expect("in time");
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let two = two.clone();
            tasks::spawn("test", async move { two.pass(after(100)).await.map(drop) })
        })
        .collect();
    tokio::task::yield_now().await;
    let start = Instant::now();
    let failure = two.pass(after(8)).await.expect_err("three are ahead");
    assert_eq!(failure.retry_after_seconds, Some(9));
    assert!(start.elapsed().is_zero());
    let failure = one
        .pass(after(5))
        .await
        .expect_err("another process passes");
    assert_eq!(failure.code, ErrorCode::RateLimited);
    assert!(start.elapsed() <= Duration::from_secs(5));
    drop(passage);
    for waiter in waiting {
        waiter.await.expect("ends").expect("in time");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_cancelled_holds_nobody_up() {
    let folder = folder();
    let (one, two) = (gate(&folder), gate(&folder));
    let passage = one.pass(after(0)).await.expect("free");
    let cancelled: Vec<_> = [&one, &two, &two]
        .map(|gate| {
            let gate = gate.clone();
            tasks::spawn(
                "test",
                async move { gate.pass(after(1_000)).await.map(drop) },
            )
        })
        .into();
    sleep(Duration::from_secs(1)).await;
    for waiter in cancelled {
        waiter.abort();
        let _ = waiter.await;
    }
    drop(passage);
    let start = Instant::now();
    drop(two.pass(after(10)).await.expect("in time"));
    assert!(is_about(start.elapsed(), DISTANCE), "{:?}", start.elapsed());
    assert_eq!(one.inner.present.load(Ordering::Relaxed), 0);
    assert_eq!(two.inner.present.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_ends_without_a_word_lets_the_next_through() {
    let folder = folder();
    // What the kernel does when a process is killed: the file is closed, and nothing is written.
    let path = folder.path().join("locks");
    let killed = LockFile::try_lock(&path, "arxiv")
        .expect("usable")
        .expect("free");
    killed.write_now();
    let gate = gate(&folder);
    let waiter = tasks::spawn("test", async move {
        let start = Instant::now();
        gate.pass(after(100)).await.map(|_| start.elapsed())
    });
    sleep(Duration::from_secs(10)).await;
    drop(killed);
    let waited = waiter.await.expect("ends").expect("in time");
    assert!(waited >= Duration::from_secs(10), "{waited:?}");
    assert!(waited <= Duration::from_secs(10) + DISTANCE + LOCK_INTERVAL * 2);
}

#[tokio::test(start_paused = true)]
async fn fault_08_whatever_the_file_says_the_wait_is_bounded() {
    for text in [
        "00000099999999999999",
        "18446744073709551615",
        "99999999999999999999",
        "soon",
        "-5",
        "\u{1f600}",
        &"7".repeat(100_000),
    ] {
        let folder = folder();
        write(&folder, text);
        let start = Instant::now();
        drop(gate(&folder).pass(after(100)).await.expect("in time"));
        assert_eq!(start.elapsed(), DISTANCE, "{text:.30}");
    }
    for text in ["", "0", "00000000000000000000"] {
        let folder = folder();
        write(&folder, text);
        drop(gate(&folder).pass(after(0)).await.expect("free"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_in_place_of_the_file_is_refused_and_a_removed_file_is_made_anew() {
    let folder = folder();
    write(&folder, "");
    let path = folder.path().join("locks/arxiv.lock");
    fs::rename(&path, folder.path().join("target")).expect("moved");
    std::os::unix::fs::symlink(folder.path().join("target"), &path).expect("linked");
    let failure = gate(&folder).pass(after(1)).await.expect_err("a link");
    assert_eq!(failure.code, ErrorCode::Config);
    fs::remove_file(&path).expect("removed");
    let passage = gate(&folder).pass(after(1)).await.expect("free");
    fs::remove_file(&path).expect("removed");
    drop(passage);
    drop(gate(&folder).pass(after(1)).await.expect("a new file"));
    assert!(path.exists());
}

#[test]
fn file_names_are_plain() {
    assert_eq!(file_name("arxiv"), "arxiv.lock");
    assert_eq!(file_name("../a b\0"), "___a_b_.lock");
}
