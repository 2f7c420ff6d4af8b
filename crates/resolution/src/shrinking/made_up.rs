//! An exact solver over made-up packages, for tests: it tries every version of everything.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::BoxFuture;
use pep440_rs::Version;
use proptest::prelude::*;
use synthesizer_model::{
    dependency::{Dependency, Ecosystem},
    failure::{ErrorCode, Failure},
    resolution::{
        Constraint, RepositoryRequirements, Resolution, ResolutionRequest, ResolutionStatus,
        ResolvedPackage,
    },
};
use tokio_util::sync::CancellationToken;
use version_ranges::Ranges;

use crate::{
    requirement::{SolverRequirement, read_text},
    solvers::{Effort, Solver, SolverDescription, SolverEnvironment, uv::Uv},
};

static DESCRIPTION: SolverDescription = SolverDescription {
    name: "made-up",
    ecosystem: Ecosystem::Python,
    documentation: "",
    limits: "",
};

/// The versions of every package, oldest first, each with what it asks for.
#[derive(Debug, Default)]
pub(crate) struct MadeUp {
    versions: BTreeMap<String, Vec<(Version, Vec<SolverRequirement>)>>,
    /// A package of which nothing can be told.
    pub(crate) untold: Option<&'static str>,
    /// After how many solves the registry fails.
    pub(crate) fails_after: Option<usize>,
    /// How often it was asked.
    pub(crate) asked: AtomicUsize,
}

impl MadeUp {
    /// Reads lines such as `requests 2.20 urllib3<1.25`.
    pub(crate) fn new(lines: &[&str]) -> Self {
        let mut made_up = Self::default();
        for line in lines {
            let mut words = line.split(' ');
            let name = words.next().expect("a name").to_owned();
            let version = words.next().expect("a version").parse().expect("a version");
            let asks = words.map(|text| read_text(text, None).expect("a requirement"));
            let versions = made_up.versions.entry(name).or_default();
            versions.push((version, asks.collect()));
        }
        made_up
    }

    fn answer(&self, request: &ResolutionRequest) -> Resolution {
        let mut allowed: BTreeMap<String, Ranges<Version>> = BTreeMap::new();
        let mut wanted: Vec<String> = Vec::new();
        let own = request
            .repositories
            .iter()
            .flat_map(|one| &one.requirements);
        for dependency in own {
            let read = read_text(&dependency.requirement(), None).expect("a requirement");
            wanted.push(read.name.clone());
            narrow(&mut allowed, &read);
        }
        for constraint in &request.constraints {
            narrow(
                &mut allowed,
                &read_text(&constraint.requirement, None).expect("a constraint"),
            );
        }
        let mut resolution = Resolution::unanswered(Ecosystem::Python, "made-up");
        if wanted.iter().any(|name| Some(name.as_str()) == self.untold) {
            return resolution;
        }
        resolution.status = ResolutionStatus::Unsatisfiable;
        if let Some(taken) = self.search(&wanted, &allowed, &BTreeMap::new()) {
            resolution.status = ResolutionStatus::Resolved;
            resolution.packages = taken
                .into_iter()
                .map(|(name, version)| ResolvedPackage {
                    name,
                    version: version.to_string(),
                    required_by: Vec::new(),
                    chain: Vec::new(),
                    import_names: Vec::new(),
                    license: None,
                })
                .collect();
        }
        resolution
    }

    fn search(
        &self,
        wanted: &[String],
        allowed: &BTreeMap<String, Ranges<Version>>,
        taken: &BTreeMap<String, Version>,
    ) -> Option<BTreeMap<String, Version>> {
        let fits = |name: &String, version: &Version| {
            allowed
                .get(name)
                .is_none_or(|range| range.contains(version))
        };
        if taken.iter().any(|(name, version)| !fits(name, version)) {
            return None;
        }
        let Some(next) = wanted.iter().find(|name| !taken.contains_key(*name)) else {
            return Some(taken.clone());
        };
        let versions = self.versions.get(next)?;
        for (version, asks) in versions.iter().rev().filter(|(one, _)| fits(next, one)) {
            let (mut wanted, mut allowed, mut taken) =
                (wanted.to_vec(), allowed.clone(), taken.clone());
            taken.insert(next.clone(), version.clone());
            for one in asks {
                wanted.push(one.name.clone());
                narrow(&mut allowed, one);
            }
            if let Some(found) = self.search(&wanted, &allowed, &taken) {
                return Some(found);
            }
        }
        None
    }
}

fn narrow(allowed: &mut BTreeMap<String, Ranges<Version>>, by: &SolverRequirement) {
    let range = by.always.clone().expect("no condition");
    let whole = allowed.entry(by.name.clone()).or_insert_with(Ranges::full);
    *whole = whole.intersection(&range);
}

impl Solver for MadeUp {
    fn description(&self) -> &'static SolverDescription {
        &DESCRIPTION
    }

    fn read_constraint(&self, text: &str) -> Result<Dependency, &'static str> {
        Uv.read_constraint(text)
    }

    fn version<'a>(
        &'a self,
        _environment: SolverEnvironment<'a>,
        _cancellation: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<String, Failure>> {
        Box::pin(async { Ok("made-up 1".to_owned()) })
    }

    fn solve<'a>(
        &'a self,
        request: &'a ResolutionRequest,
        _effort: Effort,
        environment: SolverEnvironment<'a>,
        _cancellation: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Resolution, Failure>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        assert!(environment.scratch.is_dir(), "a fresh folder");
        Box::pin(async move {
            if self.fails_after.is_some_and(|most| asked >= most) {
                return Err(Failure::new(ErrorCode::Upstream, "the registry is away"));
            }
            Ok(self.answer(request))
        })
    }
}

/// Makes a request of repositories `./0`, `./1` and so on, each with its requirements.
pub(crate) fn request(repositories: &[&[&str]], constraints: &[&str]) -> ResolutionRequest {
    let repository = |(index, texts): (usize, &&[&str])| RepositoryRequirements {
        repository: format!("./{index}"),
        slug: format!("{index}"),
        requirements: texts
            .iter()
            .zip(1..)
            .map(|(text, line)| dependency(text, line))
            .collect(),
        ..RepositoryRequirements::default()
    };
    ResolutionRequest {
        repositories: repositories.iter().enumerate().map(repository).collect(),
        constraints: constraints
            .iter()
            .map(|text| Constraint::beside(*text))
            .collect(),
        ..ResolutionRequest::default()
    }
}

fn dependency(text: &str, line: u32) -> Dependency {
    let name = text
        .find(['[', '<', '>', '=', '!', '~'])
        .unwrap_or(text.len());
    let versions = text.find(['<', '>', '=', '!', '~']).unwrap_or(text.len());
    let extras = text[name..versions].trim_matches(['[', ']']);
    Dependency {
        specifier: text[versions..].to_owned(),
        extras: extras
            .split(',')
            .filter(|extra| !extra.is_empty())
            .map(str::to_owned)
            .collect(),
        ..Dependency::new(Ecosystem::Python, &text[..name], "pyproject.toml", line)
    }
}

/// Gives the environment of a folder.
pub(crate) fn environment<'a>(
    scratch: &'a Path,
    variables: &'a BTreeMap<String, String>,
) -> SolverEnvironment<'a> {
    SolverEnvironment {
        program: Path::new("made-up"),
        scratch,
        variables,
        deadline: Duration::from_secs(60),
        explanation_time: Duration::from_secs(60),
    }
}

/// A made-up registry of packages `p0` to `p4`, and requirements of up to four repositories.
pub(crate) fn worlds() -> impl Strategy<Value = (Vec<String>, Vec<Vec<String>>)> {
    let version = (0_u8..4).prop_map(|major| format!("{major}.0"));
    let asks = (0_u8..5, 0_u8..3, version.clone()).prop_map(|(package, sign, version)| {
        let sign = ["<", ">=", "=="][usize::from(sign)];
        format!("p{package}{sign}{version}")
    });
    let line = (0_u8..5, version, prop::collection::vec(asks.clone(), 0..3));
    let lines = prop::collection::vec(line, 5..14).prop_map(|lines| {
        let distinct: BTreeMap<(u8, String), Vec<String>> = lines
            .into_iter()
            .map(|(package, version, asks)| ((package, version), asks))
            .collect();
        distinct
            .into_iter()
            .map(|((package, version), asks)| format!("p{package} {version} {}", asks.join(" ")))
            .map(|line| line.trim().to_owned())
            .collect()
    });
    (
        lines,
        prop::collection::vec(prop::collection::vec(asks, 1..4), 1..4),
    )
}
