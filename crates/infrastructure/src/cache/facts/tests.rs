//! Behaviour of the folder of facts: what is found again, what is not believed, what has to go.

use super::*;

fn key(number: u32) -> FactsKey {
    let mut bytes = [7; 20];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    FactsKey(bytes)
}

fn facts(numbers: impl IntoIterator<Item = u32>, new: bool) -> Vec<KeptFacts> {
    numbers
        .into_iter()
        .map(|number| KeptFacts {
            key: key(number),
            bytes: Bytes::from(format!("facts of {number}").repeat(10)),
            new,
        })
        .collect()
}

fn folder(limit: u64) -> (tempfile::TempDir, FactsFolder) {
    let scratch = tempfile::tempdir().expect("a folder");
    let store = FactsFolder::new(scratch.path().join("facts"), limit);
    (scratch, store)
}

#[test]
fn what_was_kept_is_found_by_source_and_by_key() {
    let (scratch, store) = folder(1 << 20);
    assert!(store.of_source("a").is_empty());
    store.save("a", facts(0..100, true));
    store.save("b", facts(100..103, true));
    let other = FactsFolder::new(scratch.path().join("facts"), 1 << 20);
    let found = other.of_source("a");
    assert_eq!(found.len(), 100);
    assert_eq!(found[&key(42)], facts([42], true)[0].bytes);
    let loaded = other.load(&[key(101), key(500), key(3)]);
    assert_eq!(loaded[0], Some(facts([101], true)[0].bytes.clone()));
    assert_eq!(loaded[1], None);
    assert_eq!(loaded[2], Some(facts([3], true)[0].bytes.clone()));
}

#[test]
fn a_little_news_is_added_and_much_news_replaces() {
    let (_scratch, store) = folder(1 << 20);
    store.save("a", facts(0..100, true));
    for round in 0..20_u32 {
        let mut all = facts(round + 1..100, false);
        all.extend(facts([1000 + round], true));
        store.save("a", all);
        assert!(store.pieces_of("a").len() <= MOST_ADDITIONS + 1);
        assert!(store.of_source("a").contains_key(&key(1000 + round)));
    }
    store.save("a", facts(200..300, true));
    assert_eq!(store.pieces_of("a").len(), 1);
    assert!(!store.of_source("a").contains_key(&key(5)));
}

#[test]
fn nothing_new_writes_nothing() {
    let (_scratch, store) = folder(1 << 20);
    store.save("a", facts(0..10, true));
    let before = store.pieces_of("a");
    store.save("a", facts(0..10, false));
    store.save("a", facts(0..5, false));
    assert_eq!(store.pieces_of("a"), before);
}

#[test]
fn a_damaged_piece_is_not_believed() {
    let (_scratch, store) = folder(1 << 20);
    store.save("a", facts(0..10, true));
    let path = store.path(&store.pieces_of("a")[0]);
    let whole = fs::read(&path).expect("a piece");
    for place in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        fs::write(&path, &damaged).expect("written");
        let other = FactsFolder::new(store.folder.clone(), 1 << 20);
        let expected = facts(0..10, true);
        for (found, wanted) in other
            .load(&(0..10).map(key).collect::<Vec<_>>())
            .iter()
            .zip(&expected)
        {
            assert!(
                found.is_none() || found.as_ref() == Some(&wanted.bytes),
                "byte {place}"
            );
        }
        assert!(other.of_source("a").is_empty(), "byte {place}");
    }
    for end in [0, 5, HEADER_AND_SOME, whole.len() - 1] {
        fs::write(&path, &whole[..end]).expect("written");
        let other = FactsFolder::new(store.folder.clone(), 1 << 20);
        assert_eq!(other.load(&[key(9)]), [None], "cut at {end}");
        assert!(other.of_source("a").is_empty(), "cut at {end}");
    }
}

const HEADER_AND_SOME: usize = 40;

#[test]
fn the_least_recently_used_source_goes_first() {
    let (_scratch, store) = folder(8_000);
    store.save("a", facts(0..20, true));
    store.save("b", facts(20..40, true));
    let old = SystemTime::now() - Duration::from_secs(100);
    for name in store.pieces_of("b") {
        let file = fs::File::open(store.path(&name)).expect("a piece");
        file.set_times(fs::FileTimes::new().set_modified(old))
            .expect("a time");
    }
    assert_eq!(store.of_source("a").len(), 20);
    store.save("c", facts(40..60, true));
    assert!(store.of_source("b").is_empty());
    assert_eq!(store.of_source("a").len() + store.of_source("c").len(), 40);
    let total: u64 = store.list().iter().map(|piece| piece.bytes).sum();
    assert!(total <= 8_000, "{total}");
}

#[test]
fn what_is_too_large_and_what_cannot_be_written_is_forgotten() {
    let (_scratch, store) = folder(100);
    store.save("a", facts(0..20, true));
    assert!(store.of_source("a").is_empty());
    let file = tempfile::NamedTempFile::new().expect("a file");
    let store = FactsFolder::new(file.path().join("below a file"), 1 << 20);
    store.save("a", facts(0..20, true));
    assert_eq!(store.load(&[key(1)]), [None]);
}

#[test]
fn one_blob_in_a_source_twice_is_kept_once() {
    let (_scratch, store) = folder(1 << 20);
    let mut twice = facts(0..3, true);
    twice.extend(facts(0..3, true));
    store.save("a", twice);
    assert_eq!(store.of_source("a").len(), 3);
}
