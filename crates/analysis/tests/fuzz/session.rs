//! Runs one target: its seeds as they are, then inputs made from them, until the count or the time is reached. Every finding is made
//! smaller, written below Cargo's folder for tests, and told; the input at hand is always there too, so that an abort names its cause.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io::{self, Seek as _, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use super::{
    mutation::{LONGEST, Mutator},
    random::Random,
    seeds::{self, Input},
    shape::Shape,
    watch::{self, Watch},
};

/// How long an input may take in a build without optimisation: so long, and so long more for each byte. An optimised one has a tenth of it.
/// It is the processor's time, and the least of several tries, so that a busy machine is no finding.
const BOUND: Duration = Duration::from_millis(1_000);
const BOUND_OF_BYTE: Duration = Duration::from_micros(150);
const TRIES: usize = 4;
/// How large a pool may grow, and how large an input may be to be changed further.
const POOL: usize = 4_000;
const POOLED_BYTES: usize = 16 << 10;
/// How many different findings are looked for before a session ends.
const FINDINGS: usize = 12;
/// How long a finding is made smaller.
const SHRINKING: Duration = Duration::from_secs(15);

/// One family of readers.
pub(crate) struct Target {
    /// The folder of its seeds.
    pub(crate) name: &'static str,
    /// How many inputs an ordinary test run makes of it.
    pub(crate) inputs: usize,
    /// Words of its formats.
    pub(crate) words: &'static [&'static str],
    /// Reads an input and panics when something does not hold. `Care::Thorough` asks for what costs a second reading.
    pub(crate) check: fn(&Input, Care) -> Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    Quick,
    Thorough,
}

/// Runs a target; panics at the end when there was a finding.
pub(crate) fn run(target: &Target) {
    watch::remember_panics();
    // One thread for parallel work, so that figures are those of one thread. A pool that another target made is as good.
    let _ = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global();
    let seconds = std::env::var("SYNTHESIZER_FUZZ_SECONDS").ok();
    let time = seconds.map(|text| Duration::from_secs(text.parse().expect("whole seconds")));
    let mut session = Session::new(target, time.is_some());
    let began = Instant::now();
    for seed in seeds::of_target(target.name) {
        session.take(seed, Care::Thorough);
    }
    let of_seeds = session.executions;
    let mut number = 0;
    while session.findings.len() < FINDINGS
        && time.map_or(number < target.inputs, |time| began.elapsed() < time)
    {
        let input = session.mutator.next(&session.pool);
        let care = if number % 8 == 0 {
            Care::Thorough
        } else {
            Care::Quick
        };
        session.take(input, care);
        number += 1;
    }
    session.tell(began.elapsed(), of_seeds);
}

struct Session<'a> {
    target: &'a Target,
    mutator: Mutator,
    pool: Vec<Input>,
    seen: HashSet<u64>,
    executions: u64,
    slowest: Duration,
    /// What was found, by its first line.
    findings: BTreeMap<String, PathBuf>,
    /// Panics of parsers of other people that our bounds caught, with how often they were seen.
    caught: BTreeMap<String, u64>,
    folder: PathBuf,
    at_hand: File,
    watch: Watch,
}

impl<'a> Session<'a> {
    fn new(target: &'a Target, is_long: bool) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("fuzz")
            .join(target.name);
        fs::create_dir_all(&folder).expect("the folder for findings can be made");
        let clock = SystemTime::UNIX_EPOCH
            .elapsed()
            .map_or(0, |time| time.as_secs());
        let mutator = Mutator {
            random: Random::new(if is_long { clock } else { 1 }),
            words: target.words,
        };
        Self {
            target,
            mutator,
            pool: Vec::new(),
            seen: HashSet::new(),
            executions: 0,
            slowest: Duration::ZERO,
            findings: BTreeMap::new(),
            caught: BTreeMap::new(),
            at_hand: File::create(folder.join("at-hand")).expect("a file can be made"),
            watch: Watch::begin(folder.join("at-hand")),
            folder,
        }
    }

    /// Reads an input, and keeps it for further changes when its result is of a new kind.
    fn take(&mut self, input: Input, care: Care) {
        match self.read(&input, care) {
            Ok(shape) => {
                let before = self.seen.len();
                self.seen.extend(shape);
                let is_new = self.seen.len() > before && input.bytes.len() <= POOLED_BYTES;
                if (is_new && self.pool.len() < POOL) || self.pool.is_empty() {
                    self.pool.push(input);
                }
            }
            Err(what) => self.found(&input, &what, care),
        }
    }

    /// Reads an input and gives what is wrong, if anything is.
    fn read(&mut self, input: &Input, care: Care) -> Result<Shape, String> {
        self.write_at_hand(input)
            .expect("the input at hand can be written");
        self.watch.next();
        let bound = bound(input.bytes.len());
        let mut quickest = Duration::MAX;
        let mut shape = Shape::new();
        for _ in 0..TRIES {
            let (began, used) = (Instant::now(), watch::processor_time());
            self.executions += 1;
            let outcome = catch_unwind(AssertUnwindSafe(|| (self.target.check)(input, care)));
            let used = watch::processor_time().saturating_sub(used);
            quickest = quickest.min(began.elapsed()).min(used);
            let panics = watch::take_panics();
            shape = outcome.map_err(|_| panics.last().cloned().unwrap_or_default())?;
            for panic in panics {
                if watch::is_ours(&panic) {
                    return Err(format!("caught: {panic}"));
                }
                if panic.contains("tests/fuzz") {
                    continue;
                }
                *self.caught.entry(first_words(&panic)).or_default() += 1;
            }
            if quickest < bound {
                break;
            }
        }
        self.slowest = self.slowest.max(quickest);
        if quickest >= bound {
            return Err(format!("slow: {} ms", quickest.as_millis() / 1000 * 1000));
        }
        Ok(shape)
    }

    /// Writes over what was there: a file that is emptied first is waited for by some file systems.
    fn write_at_hand(&mut self, input: &Input) -> io::Result<()> {
        let text = [input.name.as_bytes(), b"\n", &input.bytes].concat();
        self.at_hand.rewind()?;
        self.at_hand.write_all(&text)?;
        self.at_hand.set_len(text.len() as u64)
    }

    fn found(&mut self, input: &Input, what: &str, care: Care) {
        let kind = first_words(what);
        if self.findings.contains_key(&kind) {
            return;
        }
        let small = self.shrink(input.clone(), &kind, care);
        let name = format!("{}-{}", self.findings.len(), small.file_name());
        let path = self.folder.join(name);
        fs::write(&path, &small.bytes).expect("a finding can be written");
        eprintln!(
            "{}: {what}\n  {} bytes: {}",
            self.target.name,
            small.bytes.len(),
            path.display()
        );
        self.findings.insert(kind, path);
    }

    /// Leaves out as much of a finding as possible while it stays the same finding.
    fn shrink(&mut self, mut input: Input, kind: &str, care: Care) -> Input {
        let end = Instant::now() + SHRINKING;
        let mut step = (input.bytes.len() / 2).max(1);
        while Instant::now() < end {
            let mut start = 0;
            let mut smaller = false;
            while start < input.bytes.len() && Instant::now() < end {
                let mut less = input.clone();
                less.bytes
                    .drain(start..(start + step).min(input.bytes.len()));
                let same = self
                    .read(&less, care)
                    .is_err_and(|what| first_words(&what) == kind);
                if same {
                    input = less;
                    smaller = true;
                } else {
                    start += step;
                }
            }
            if step == 1 && !smaller {
                break;
            }
            step = (step / 2).max(1);
        }
        input
    }

    fn tell(self, took: Duration, of_seeds: u64) {
        let name = self.target.name;
        let per_second =
            self.executions * 1_000 / u64::try_from(took.as_millis()).map_or(1, |time| time.max(1));
        eprintln!(
            "{name}: {} executions ({of_seeds} of seeds) in {} s, {per_second}/s; {} kinds of results; {} inputs in the pool; slowest {} ms",
            self.executions,
            took.as_secs(),
            self.seen.len(),
            self.pool.len(),
            self.slowest.as_millis(),
        );
        for (panic, times) in &self.caught {
            eprintln!("{name}: caught {times} times in somebody else's parser: {panic}");
        }
        assert!(
            self.findings.is_empty(),
            "{name}: {} findings in inputs of at most {LONGEST} bytes: {:#?}",
            self.findings.len(),
            self.findings
        );
    }
}

fn bound(bytes: usize) -> Duration {
    let bound = BOUND + BOUND_OF_BYTE * u32::try_from(bytes).unwrap_or(u32::MAX);
    if cfg!(debug_assertions) {
        bound
    } else {
        bound / 10
    }
}

/// Gives what tells one finding from another: its beginning, without figures.
fn first_words(what: &str) -> String {
    let mut kept: String = what
        .chars()
        .map(|character| {
            if character.is_ascii_digit() && what.starts_with("slow") {
                '0'
            } else {
                character
            }
        })
        .take(160)
        .collect();
    if let Some(place) = kept.find("bytes [") {
        kept.truncate(place);
    }
    kept
}
