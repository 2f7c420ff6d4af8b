//! How long one first look takes over 50 repositories with 200 requirements each, everything read anew, beside the plain parse of the same texts
//! by the libraries that define them (`pep508_rs`, `semver`): the least that any program has to do that looks at all of them. In turn within one
//! run, so that both see the same load of the machine; the shortest of many rounds counts. The aim is printed, not enforced.

#![expect(clippy::print_stdout, reason = "the figures are what this is for")]

use std::{
    hint::black_box,
    str::FromStr as _,
    time::{Duration, Instant},
};

use pep508_rs::Requirement;
use semver::VersionReq;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    resolution::RepositoryRequirements,
};
use synthesizer_resolution::first_look;
use url::Url;

const REPOSITORIES: usize = 50;
const REQUIREMENTS: usize = 200;
/// Names that they choose from; the lower ones are asked for more often.
const PACKAGES: u64 = 1_500;
const ROUNDS: usize = 200;
const AIM: Duration = Duration::from_millis(10);

/// Numbers from a seed (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        let index = self.below(texts.len() as u64);
        texts[usize::try_from(index).unwrap_or(0)]
    }
}

const PREFIXES: &[&str] = &[
    "py",
    "django-",
    "flask_",
    "google-cloud-",
    "async",
    "data",
    "types-",
    "open",
    "micro",
    "tree-",
];
const MARKERS: &[&str] = &[
    "python_version < '3.11'",
    "python_version >= '3.9'",
    "sys_platform == 'win32'",
    "sys_platform != 'win32' and python_version < '3.13'",
    "platform_python_implementation == 'CPython'",
    "platform_machine == 'x86_64' or platform_machine == 'aarch64'",
];

/// A specifier around the version that the package is at.
fn specifier(ecosystem: Ecosystem, random: &mut Random, major: u64) -> String {
    let (minor, patch) = (random.below(9), random.below(6));
    let next = major + 1;
    let form = random.below(20);
    match ecosystem {
        Ecosystem::Python => match form {
            0..=4 => String::new(),
            5..=11 => format!(">={major}.{minor}"),
            12..=15 => format!(">={major}.{minor},<{next}"),
            16 => format!("~={major}.{minor}"),
            17 => format!("=={major}.{minor}.{patch}"),
            18 => format!(">={major}.{minor},!={major}.{minor}.{patch},<{next}"),
            _ => format!("=={major}.*"),
        },
        Ecosystem::Cargo => match form {
            0..=9 => format!("{major}.{minor}"),
            10..=14 => format!("{major}.{minor}.{patch}"),
            15..=16 => format!("^{major}"),
            17 => format!(">={major}.{minor}, <{next}"),
            18 => format!("~{major}.{minor}"),
            _ => format!("={major}.{minor}.{patch}"),
        },
        _ => match form {
            0..=14 => format!(">={major}.{minor}.{patch}, <{next}.0.0-0"),
            15..=17 => format!(
                ">={major}.{minor}.0, <{major}.{next}.0-0 || >={next}.0.0, <{}.0.0-0",
                next + 1
            ),
            _ => format!("={major}.{minor}.{patch}"),
        },
    }
}

fn requirement(ecosystem: Ecosystem, random: &mut Random, line: u32) -> Dependency {
    let rank = random.below(PACKAGES).min(random.below(PACKAGES));
    let prefix = PREFIXES[usize::try_from(rank % PREFIXES.len() as u64).unwrap_or(0)];
    let specifier = specifier(ecosystem, random, rank % 7 + 1);
    let mut dependency = Dependency::new(
        ecosystem,
        format!("{prefix}package{rank}"),
        "manifest",
        line,
    );
    match ecosystem {
        Ecosystem::Python if random.below(6) == 0 => {
            dependency.marker = Some(random.of(MARKERS).to_owned());
        }
        Ecosystem::Npm => {
            dependency.parsed = Some(specifier.clone());
            dependency.group = (random.below(3) == 0).then(|| "peer".to_owned());
        }
        _ => {}
    }
    dependency.specifier = specifier;
    dependency
}

fn repositories(ecosystem: Ecosystem) -> Vec<RepositoryRequirements> {
    let mut random = Random(20_261_123);
    (0..REPOSITORIES)
        .map(|index| RepositoryRequirements {
            repository: format!("https://host.example/owner/repository-{index}"),
            slug: format!("repository-{index}"),
            requires_python: Some(
                random
                    .of(&[">=3.8", ">=3.9", ">=3.10", ">=3.9,<4"])
                    .to_owned(),
            ),
            requirements: (1..=REQUIREMENTS)
                .map(|line| requirement(ecosystem, &mut random, u32::try_from(line).unwrap_or(0)))
                .collect(),
            ..RepositoryRequirements::default()
        })
        .collect()
}

/// Parses every text by the library that defines it, and keeps nothing.
fn parse_all(ecosystem: Ecosystem, repositories: &[RepositoryRequirements]) {
    for dependency in repositories.iter().flat_map(|one| &one.requirements) {
        match ecosystem {
            Ecosystem::Python => {
                drop(black_box(Requirement::<Url>::from_str(
                    &dependency.requirement(),
                )));
            }
            Ecosystem::Cargo => drop(black_box(VersionReq::parse(&dependency.specifier))),
            _ => {
                for alternative in dependency.specifier.split("||") {
                    drop(black_box(VersionReq::parse(alternative.trim())));
                }
            }
        }
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn main() {
    println!(
        "first look over {REPOSITORIES} repositories with {REQUIREMENTS} requirements each, shortest of {ROUNDS}"
    );
    for (ecosystem, peer) in [
        (Ecosystem::Python, "pep508_rs"),
        (Ecosystem::Cargo, "semver"),
        (Ecosystem::Npm, "semver"),
    ] {
        let repositories = repositories(ecosystem);
        let mut look = Duration::MAX;
        let mut parse = Duration::MAX;
        let mut found = 0;
        for _ in 0..ROUNDS {
            look = look.min(timed(|| {
                found = black_box(first_look::conflicts(ecosystem, &repositories, None)).len();
            }));
            parse = parse.min(timed(|| parse_all(ecosystem, &repositories)));
        }
        let verdict = if look <= AIM { "within" } else { "over" };
        println!(
            "{ecosystem}: {:.2} ms, {found} conflicts ({verdict} the aim of {} ms); parse alone by {peer}: {:.2} ms",
            look.as_secs_f64() * 1e3,
            AIM.as_millis(),
            parse.as_secs_f64() * 1e3,
        );
    }
}
