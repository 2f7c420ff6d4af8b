//! How fast secrets are masked, and that the time grows with the text's length alone: prints seconds, bytes per second and how many times as
//! long it takes as a search for one rare word (`memchr::memmem`) in the same text. Times are those of the processor, so that other work on the
//! machine does not count. Ends with 1 when a time is not linear.

#![expect(clippy::print_stdout, reason = "the figures are what this is for")]

use std::{hint::black_box, process::ExitCode, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use synthesizer_infrastructure::telemetry::masking::mask;

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MEGABYTE: usize = 1_000_000;

/// Ten times the text may take so many times as long.
const MOST_GROWTH: f64 = 12.0;

/// The same for hostile text, where 1 MB fits the nearest caches and takes a few milliseconds; quadratic work would take a hundred times as long.
const MOST_HOSTILE_GROWTH: f64 = 25.0;

/// Hostile text may take so many times as long as real text.
const MOST_SLOWDOWN: f64 = 10.0;

/// A word that no text here holds, so that the search reads all of it.
const RARE: &str = "zyzzyva";

fn main() -> ExitCode {
    println!(
        "first use, with all rules read: {:.1} ms",
        milliseconds(&time(|| mask("x")))
    );
    let real = Text::new().of_length(100 * MEGABYTE);
    let is_linear = real_text(&real);
    let sample = &real[..real.floor_char_boundary(MEGABYTE)];
    let is_bounded = repeated_patterns(sample) & repeated_keywords(sample);
    if is_linear && is_bounded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Measures text as it is written every day, with a secret in each 100 kB; says whether the time is linear.
fn real_text(whole: &str) -> bool {
    println!("\nlogs, JSON and source with a secret in each 100 kB");
    let mut times = Vec::new();
    for megabytes in [1, 10, 100] {
        let text = &whole[..whole.floor_char_boundary(megabytes * MEGABYTE)];
        let repeats = if megabytes == 100 { 5 } else { 15 };
        let (masked, searched) = compared(text, repeats);
        print_times(&format!("{megabytes} MB"), text, masked, searched);
        times.push(masked.as_secs_f64());
    }
    let secrets = mask(whole).matches("****").count();
    println!("masked in 100 MB: {secrets}");
    let growth = times[2] / times[1];
    println!("10 MB to 100 MB: {growth:.1} times as long (less than {MOST_GROWTH})");
    growth < MOST_GROWTH
}

/// Measures text that repeats what begins a secret, in two lengths.
fn repeated_patterns(real: &str) -> bool {
    println!("\nhostile text, 1 MB and 10 MB");
    let encoded = "Z2hwXzAxMjM0NTY3ODk";
    let patterns = [
        "://",
        "a://b@",
        "eyJ.",
        "eyJhbGciOi.",
        "token=",
        "token=\"",
        "token:",
        "password='\"`",
        "session=",
        "token=${",
        "secret=f(",
        "%41",
        "%2541 ",
        "token%253D%2541 ",
        "100% ",
        "%3Dtoken",
        encoded,
        "/Z2h/Z2hw-Z2",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "password=-----BEGIN PRIVATE KEY-----",
        "Bearer ",
        "basic YTpi ",
        "xoxb-",
        "nvapi-",
        "sk-ant-",
        "\\\\\\\"",
        "auth: ",
        "\u{1b}[1;1;1;1;1;1m",
    ];
    let mut holds = true;
    for pattern in patterns {
        let long = pattern.repeat(10 * MEGABYTE / pattern.len());
        let short = &long[..MEGABYTE / pattern.len() * pattern.len()];
        let speed = speed(real, best(5, || mask(real)));
        let (masked_short, _) = compared(short, 5);
        let (masked, searched) = compared(&long, 5);
        let growth = masked.as_secs_f64() / masked_short.as_secs_f64();
        let slowdown = speed / self::speed(&long, masked);
        let name: String = pattern.escape_debug().take(24).collect();
        print_times(
            &format!("{name:24} grows {growth:4.1}, slower {slowdown:4.1}"),
            &long,
            masked,
            searched,
        );
        holds &= growth < MOST_HOSTILE_GROWTH && slowdown < MOST_SLOWDOWN;
    }
    if !holds {
        println!(
            "not within {MOST_HOSTILE_GROWTH} times for ten times the text and {MOST_SLOWDOWN} times slower than real text"
        );
    }
    holds
}

/// Measures text that repeats the keyword of each rule, in several ways to go on; prints the slowest.
fn repeated_keywords(real: &str) -> bool {
    let rules: toml::Table =
        toml::from_str(include_str!("../src/telemetry/masking/rules.toml")).expect("valid");
    let keywords: Vec<&str> = rules["rule"]
        .as_array()
        .expect("rules")
        .iter()
        .flat_map(|rule| rule["keywords"].as_array().expect("keywords"))
        .map(|keyword| keyword.as_str().expect("a keyword"))
        .collect();
    let mut slowest: Vec<(f64, String)> = Vec::new();
    for keyword in &keywords {
        let speed = speed(real, best(3, || mask(real)));
        for pattern in [
            (*keyword).to_owned(),
            format!("{keyword}="),
            format!("-{keyword}"),
            format!("{keyword}_key: "),
            format!("{keyword}0123456789abcdef"),
        ] {
            let text = pattern.repeat(MEGABYTE / 2 / pattern.len());
            let took = best(3, || mask(&text));
            slowest.push((speed / self::speed(&text, took), pattern));
        }
    }
    slowest.sort_by(|one, other| other.0.total_cmp(&one.0));
    println!(
        "\nrepeated keywords: {} of all rules, each in 5 ways; the slowest, against real text",
        keywords.len()
    );
    for (slowdown, pattern) in slowest.iter().take(8) {
        println!("{slowdown:5.1} times slower: {pattern}");
    }
    slowest[0].0 < MOST_SLOWDOWN
}

/// Measures masking and the search in turn, so that both see the same load of the machine; gives the best time of each.
fn compared(text: &str, repeats: usize) -> (Duration, Duration) {
    let finder = memchr::memmem::Finder::new(RARE);
    let mut bests = (Duration::MAX, Duration::MAX);
    for _ in 0..repeats {
        bests.1 = bests
            .1
            .min(time(|| finder.find(black_box(text.as_bytes()))));
        bests.0 = bests.0.min(time(|| mask(black_box(text))));
    }
    bests
}

fn best<T>(repeats: usize, work: impl Fn() -> T) -> Duration {
    (0..repeats).map(|_| time(&work)).min().unwrap_or_default()
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = processor_time();
    black_box(work());
    processor_time() - start
}

/// Gives how long this thread was at work so far.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Gives bytes per second.
fn speed(text: &str, took: Duration) -> f64 {
    text.len() as f64 / took.as_secs_f64()
}

fn milliseconds(duration: &Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn print_times(name: &str, text: &str, masked: Duration, searched: Duration) {
    println!(
        "{name}: {:.4} s, {:.3} GB/s; search {:.4} s, {:.2} GB/s; {:.1} times the search",
        masked.as_secs_f64(),
        speed(text, masked) / 1e9,
        searched.as_secs_f64(),
        speed(text, searched) / 1e9,
        masked.as_secs_f64() / searched.as_secs_f64(),
    );
}

/// Makes text that is always the same.
struct Text {
    state: u64,
}

const WORDS: &[&str] = &[
    "request", "path", "pattern", "global", "author", "session", "handler", "token", "compile",
    "disk", "task", "error", "async", "update", "cache", "primary", "password", "field", "service",
    "import", "return", "values", "the", "of", "and", "with", "import", "config", "worker",
    "queue", "response", "index", "keyboard", "monkey", "en-us", "drone",
];

impl Text {
    fn new() -> Self {
        Self {
            state: 0x9E37_79B9_7F4A_7C15,
        }
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or_default() % limit
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    fn characters(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .map(|_| char::from(alphabet[self.below(alphabet.len())]))
            .collect()
    }

    fn hexadecimal(&mut self, length: usize) -> String {
        self.characters(b"0123456789abcdef", length)
    }

    fn mixed(&mut self, length: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        self.characters(alphabet, length)
    }

    fn of_length(mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 1000);
        let mut next_secret = MEGABYTE / 20;
        while text.len() < length {
            if text.len() >= next_secret {
                next_secret += MEGABYTE / 10;
                text.push_str(&format!("pushed with ghp_{} to the fork\n", self.mixed(36)));
            }
            let line = self.line();
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    fn line(&mut self) -> String {
        let (a, b, c, d) = (self.word(), self.word(), self.word(), self.word());
        let number = self.below(100_000);
        match self.below(14) {
            0 => format!(
                "2026-11-23T02:10:{:02}.{:03}Z  INFO synthesizer::{a}::{b}: {c} finished {d}={number} correlation_id={}",
                number % 60,
                number % 1000,
                self.hexadecimal(32)
            ),
            1 => format!(
                "{{\"timestamp\":\"2026-11-23T02:10:00.123Z\",\"level\":\"INFO\",\"target\":\"{a}.{b}\",\"message\":\"{c} {d}\",\"bytes\":{number},\"ok\":true}}"
            ),
            2 => format!(
                "10.0.{}.{} - - [23/Nov/2026:02:10:00 +0000] \"GET /api/v4/{a}/{b}?{c}_of={d}&page={number} HTTP/1.1\" 200 {number}",
                number % 256,
                number % 199
            ),
            3 => format!("    def {a}_{b}(self, {c}: str, {d}: int = {number}) -> Optional[{a}]:"),
            4 => {
                format!("        self.{a}.{b} = {c}_{d}(self._{a}, key={b}[{number}], timeout=30)")
            }
            5 => format!(
                "pub(crate) fn {a}_{b}({c}: &str, {d}: usize) -> Result<Vec<{a}>, Failure> {{"
            ),
            6 => format!(
                "commit {} by {a} {b} <{c}@{d}.example>",
                self.hexadecimal(40)
            ),
            7 => format!("    \"sha256:{}\",", self.hexadecimal(64)),
            8 => format!(
                "see https://{a}.example/{b}/{c}/blob/main/src/{d}.rs#L{number} for the {a} of {b}"
            ),
            9 => format!(
                "The {a} {b} {c} {d}, and then the {b} of every {d} is {a}: it has {number} parts."
            ),
            10 => format!("      \"integrity\": \"sha512-{}==\",", self.mixed(86)),
            11 => format!(
                "<li class=\"{a}-{b}\"><a href=\"/{c}/{d}\" lang=\"en-us\">{a} {b} {c} \u{2013} {d}</a></li>"
            ),
            12 => format!(
                "{}-{}-4{}-8{}-{} {a} /usr/lib/python3.12/site-packages/{b}/{c}/{d}.py",
                self.hexadecimal(8),
                self.hexadecimal(4),
                self.hexadecimal(3),
                self.hexadecimal(3),
                self.hexadecimal(12)
            ),
            _ => format!("GET /search?q={a}%20{b}&sort={c} 200 {number}us 100% of {d}"),
        }
    }
}
