//! The made-up repositories that the stand-ins serve: the same at every start, about 120 per platform. Must not know how a platform shows them.

use super::matching::slug;

/// The platforms, by the names of the configuration.
pub const PLATFORMS: [&str; 6] = [
    "github",
    "gitlab",
    "huggingface",
    "kaggle",
    "arxiv",
    "gitea",
];

/// The moment before which everything happened, in seconds since 1970 (2026-11-01).
const NEWEST: u64 = 1_793_491_200;

const DAY: u64 = 86_400;

/// What the repositories are about, in which language most are, and what they say they are good for.
const TOPICS: [(&str, &str, &str); 12] = [
    (
        "HTTP client",
        "Python",
        "connection pooling, retries and timeouts",
    ),
    (
        "JSON parser",
        "Rust",
        "streaming documents of any size without copies",
    ),
    ("date picker", "TypeScript", "accessible calendars in forms"),
    (
        "vector database",
        "Rust",
        "nearest neighbour search over embeddings",
    ),
    ("image resizer", "Go", "thumbnails of photographs in bulk"),
    (
        "task queue",
        "Python",
        "background work with delays and priorities",
    ),
    (
        "markdown editor",
        "JavaScript",
        "writing notes beside a live preview",
    ),
    (
        "speech recognition",
        "Python",
        "transcripts of recorded calls",
    ),
    ("rate limiter", "Go", "fair use of shared services"),
    (
        "graph layout",
        "C++",
        "drawing networks that people can read",
    ),
    (
        "sentiment analysis",
        "Jupyter Notebook",
        "opinions in reviews of products",
    ),
    (
        "time series forecast",
        "R",
        "demand and weather of the next weeks",
    ),
];

/// How repositories are called that are on several platforms.
const SHARED: [&str; 3] = ["lantern", "harbour", "juniper"];

/// How the others are called, ten per platform.
const OWN: [[&str; 10]; 6] = [
    [
        "swift", "tiny", "sturdy", "plain", "brisk", "mellow", "keen", "quiet", "amber", "nimble",
    ],
    [
        "solid", "tidy", "calm", "bold", "clear", "frugal", "gentle", "humble", "ivory", "jolly",
    ],
    [
        "deep", "wide", "dense", "sparse", "fused", "tuned", "mixed", "bare", "lifted", "scaled",
    ],
    [
        "sample", "starter", "annual", "daily", "global", "local", "labelled", "raw", "merged",
        "public",
    ],
    [
        "optimal", "robust", "adaptive", "provable", "unified", "causal", "convex", "latent",
        "minimal", "online",
    ],
    [
        "copper", "willow", "granite", "maple", "cedar", "flint", "heather", "moss", "pebble",
        "thistle",
    ],
];

const OWNERS: [&str; 8] = [
    "quillbrook-labs",
    "fernmoor",
    "oddharbour",
    "tallgrass-systems",
    "mirrorpond",
    "nightjar-works",
    "saltmarsh-io",
    "elderflower-dev",
];

const LICENSES: [&str; 6] = [
    "MIT",
    "Apache-2.0",
    "BSD-3-Clause",
    "GPL-3.0",
    "MPL-2.0",
    "ISC",
];

/// One repository, model, dataset, notebook or paper on one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The platform, one of [`PLATFORMS`].
    pub platform: &'static str,
    /// `repository`, `model`, `dataset`, `space`, `kernel` or `paper`.
    pub kind: &'static str,
    /// The platform's number for it.
    pub id: u64,
    /// Who owns it; the first author of a paper.
    pub owner: String,
    /// Its name in addresses; the identifier of a paper.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it says it is.
    pub description: Option<String>,
    /// Its main language.
    pub language: Option<&'static str>,
    /// As SPDX writes it; `NOASSERTION` for a text that nobody recognised.
    pub license: Option<&'static str>,
    /// Topics, in lower case with hyphens.
    pub topics: Vec<String>,
    /// Stars, likes or votes.
    pub stars: u64,
    /// Forks.
    pub forks: u64,
    /// Open issues.
    pub open_issues: u64,
    /// Downloads.
    pub downloads: u64,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it last changed, in seconds since 1970.
    pub updated: u64,
    /// Read-only.
    pub archived: bool,
    /// A fork of another repository.
    pub fork: bool,
    /// Not for strangers.
    pub private: bool,
    /// Files only for those who asked.
    pub gated: bool,
    /// The name in addresses that it had before, under the same owner.
    pub former_name: Option<String>,
    /// Where else the project is.
    pub links: Vec<String>,
}

impl Listing {
    /// Gives owner and name, as the platform's addresses have them; for a paper its identifier.
    pub fn full_name(&self) -> String {
        match self.platform {
            "arxiv" => self.name.clone(),
            _ => format!("{}/{}", self.owner, self.name),
        }
    }

    /// Gives the full name that it had before.
    pub fn former_full_name(&self) -> Option<String> {
        let name = self.former_name.as_ref()?;
        Some(format!("{}/{name}", self.owner))
    }

    /// Gives the page for people.
    pub fn page(&self) -> String {
        let place = match (self.platform, self.kind) {
            ("github", _) => "https://github.com/",
            ("gitlab", _) => "https://gitlab.com/",
            ("huggingface", "dataset") => "https://huggingface.co/datasets/",
            ("huggingface", "space") => "https://huggingface.co/spaces/",
            ("huggingface", _) => "https://huggingface.co/",
            ("kaggle", "dataset") => "https://www.kaggle.com/datasets/",
            ("kaggle", "kernel") => "https://www.kaggle.com/code/",
            ("kaggle", _) => "https://www.kaggle.com/models/",
            ("arxiv", _) => "https://arxiv.org/abs/",
            _ => "https://codeberg.org/",
        };
        format!("{place}{}", self.full_name())
    }
}

/// What there is on all platforms.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// Everything; tests may add and change.
    pub listings: Vec<Listing>,
}

impl Catalogue {
    /// Makes the usual one. Of the ten listings per topic and platform, in this order: one that is on all platforms, one that GitHub and
    /// GitLab share, one that GitHub and Gitea share, one archived, one fork, one without license, one renamed, one whose description is not
    /// in English letters (the last topic's is hostile), one gated and without description or language, and one private (of every fourth topic).
    pub fn made_up() -> Self {
        let mut listings = Vec::new();
        for (place, platform) in PLATFORMS.into_iter().enumerate() {
            for topic in 0..TOPICS.len() {
                for variant in 0..10 {
                    listings.push(make(place, platform, topic, variant));
                }
            }
        }
        Self { listings }
    }

    /// Makes an empty one.
    pub fn empty() -> Self {
        Self {
            listings: Vec::new(),
        }
    }

    /// Makes one that has so many copies of the first listing of a platform, under different names.
    pub fn many(platform: &str, count: u64) -> Self {
        let usual = Self::made_up();
        let first = usual.on(platform)[0];
        let copy = |number: u64| {
            let mut listing = first.clone();
            listing.id += number;
            listing.name = match platform {
                "arxiv" => format!("2601.{:05}", number % 100_000),
                _ => format!("{}-{number}", first.name),
            };
            listing
        };
        Self {
            listings: (0..count).map(copy).collect(),
        }
    }

    /// Gives what is on one platform, in the order of the catalogue, private things too.
    pub fn on(&self, platform: &str) -> Vec<&Listing> {
        let here = |listing: &&Listing| listing.platform == platform;
        self.listings.iter().filter(here).collect()
    }

    /// Finds something by platform and a test.
    pub fn find(&self, platform: &str, test: impl Fn(&Listing) -> bool) -> &Listing {
        let found = self.on(platform).into_iter().find(|listing| test(listing));
        found.unwrap_or_else(|| panic!("nothing like that on {platform}"))
    }
}

/// Says whether a variant is on a platform under a name that it has elsewhere too.
fn is_shared(platform: &str, variant: usize) -> bool {
    match variant {
        0 => true,
        1 => matches!(platform, "github" | "gitlab"),
        2 => matches!(platform, "github" | "gitea"),
        _ => false,
    }
}

/// Gives a number that depends on a text alone (FNV-1a).
fn number_of(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    hash ^ (hash >> 29)
}

fn kind_of(platform: &str, variant: usize) -> &'static str {
    match (platform, variant) {
        ("huggingface", 1 | 5) => "dataset",
        ("huggingface", 2 | 7) => "space",
        ("huggingface", _) => "model",
        ("kaggle", 1 | 4) => "kernel",
        ("kaggle", 2 | 6) => "model",
        ("kaggle", _) => "dataset",
        ("arxiv", _) => "paper",
        _ => "repository",
    }
}

fn make(place: usize, platform: &'static str, topic: usize, variant: usize) -> Listing {
    let (subject, main_language, purpose) = TOPICS[topic];
    let shared = is_shared(platform, variant);
    let word = match shared {
        true => SHARED[variant],
        false => OWN[place][variant],
    };
    let subject_slug = slug(subject);
    let project = format!("{word}-{subject_slug}");
    let number = number_of(&format!("{}{project}", if shared { "" } else { platform }));
    let owner = OWNERS[(number % 8) as usize].to_owned();
    let index = (topic * 10 + variant) as u64;
    let renamed = variant == 6 && platform != "arxiv" && platform != "kaggle";
    let archived = variant == 3;
    let updated =
        NEWEST - (number >> 7) % 700 * DAY - number % DAY - if archived { 1_500 * DAY } else { 0 };
    let mirror = shared && !matches!(platform, "github");
    let stars = popularity(number, variant) / if mirror { 50 } else { 1 };
    let without_words = variant == 8;
    Listing {
        platform,
        kind: kind_of(platform, variant),
        id: 100_000_000 * (place as u64 + 1) + index * 7_919 + 17,
        links: links_of(platform, shared, &owner, &project),
        former_name: renamed.then(|| format!("old-{project}")),
        name: match platform {
            "arxiv" => format!(
                "{}{:02}.{:05}",
                20 + number % 6,
                1 + number % 12,
                10_000 + index * 53
            ),
            _ => project,
        },
        owner,
        title: title_of(platform, word, subject, purpose),
        description: (!without_words || platform == "arxiv")
            .then(|| description_of(word, subject, purpose, topic, variant)),
        language: (!without_words).then(|| language_of(main_language, variant)),
        license: match variant {
            5 => None,
            9 => Some("NOASSERTION"),
            _ => Some(LICENSES[(number >> 3) as usize % LICENSES.len()]),
        },
        topics: match variant {
            9 => Vec::new(),
            _ => [subject_slug.as_str(), &slug(main_language), word]
                .map(str::to_owned)
                .to_vec(),
        },
        stars,
        forks: stars / 9,
        open_issues: number % 60,
        downloads: stars * 31 + number % 500,
        created: updated - (100 + number % 1_900) * DAY,
        updated,
        archived,
        fork: variant == 4,
        private: variant == 9 && topic.is_multiple_of(4) && platform != "arxiv",
        gated: variant == 8,
    }
}

fn popularity(number: u64, variant: usize) -> u64 {
    match variant {
        0 => 20_000 + number % 30_000,
        1 | 2 => 1_000 + number % 8_000,
        _ => number % 10_u64.pow(2 + (number >> 11) as u32 % 3),
    }
}

fn language_of(main: &'static str, variant: usize) -> &'static str {
    match variant {
        5 => "Python",
        7 => "Rust",
        _ => main,
    }
}

fn title_of(platform: &str, word: &str, subject: &str, purpose: &str) -> String {
    let mut word = word.to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    match platform {
        "arxiv" => format!("{word} {subject}: {purpose}"),
        _ => format!("{word} {subject}"),
    }
}

fn description_of(
    word: &str,
    subject: &str,
    purpose: &str,
    topic: usize,
    variant: usize,
) -> String {
    match (variant, topic) {
        (7, 11) => format!(
            "{subject} \u{1b}[31mred\u{1b}[0m \u{202e}backwards\u{202c}\r\nsecond line\u{0}{}",
            " and on".repeat(300)
        ),
        (7, _) => format!("{subject}: größer, schöner, 速くて小さい, Ελληνικά, עברית"),
        (4, _) => format!("A {word} fork of a {subject} with a few fixes"),
        _ if word.starts_with(['a', 'i', 'o', 'u']) => format!("An {word} {subject} for {purpose}"),
        _ => format!("A {word} {subject} for {purpose}"),
    }
}

fn links_of(platform: &str, shared: bool, owner: &str, project: &str) -> Vec<String> {
    match (platform, shared) {
        ("github", true) => vec![format!("https://gitlab.com/{owner}/{project}")],
        ("github", false) => vec![format!("https://{project}.example")],
        (_, true) => vec![format!("https://github.com/{owner}/{project}")],
        (_, false) => Vec::new(),
    }
}
