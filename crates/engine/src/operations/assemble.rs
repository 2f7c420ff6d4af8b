//! `assemble`: from an idea to a plan, with the reasons, and on to the project. Without a language model: by ranking and names.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use synthesizer_model::{
    discovery::{FoundRepository, SearchRequest},
    failure::{ErrorCode, Failure},
    reference::RepositoryReference,
    synthesis::{RequestedRepository, SynthesisRequest, SynthesisResult},
    text::escape_untrusted,
    verification::Level,
};

use super::{
    analyze::{AnalyzeRequest, Detail},
    synthesize::SynthesizeRequest,
};
use crate::{
    Call, Engine,
    assembling::{Capability, Idea, Offer, choose},
    observing::observed,
};

/// How many repositories are asked for per capability.
const FOUND: usize = 8;
/// How many of them are fetched and analysed per capability.
const ANALYSED: usize = 3;
/// How many are analysed at once; each holds a repository in memory.
const AT_ONCE: usize = 2;

/// What to assemble.
#[derive(Debug, Clone)]
pub struct AssembleRequest {
    /// The idea in words.
    pub idea: String,
    /// The project's name; made of the idea's words when `None`.
    pub name: Option<String>,
    /// The project's folder, as the caller wrote it; one of its name when `None`.
    pub output: Option<String>,
    /// Plan only; write nothing.
    pub dry_run: bool,
    /// How deep to verify; not at all when `None`.
    pub verify: Option<Level>,
}

/// A repository that was looked at for a capability.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    /// The capability, as it was searched for.
    pub capability: String,
    /// What can be given to other commands as REPO.
    pub repository: String,
    /// Its page.
    pub url: String,
    /// Whether it is part of the plan.
    pub chosen: bool,
    /// The component that comes nearest; `None` when none does.
    pub component: Option<String>,
    /// 0 to 1; comparable within one capability.
    pub score: f64,
    /// Why, one short sentence each.
    pub reasons: Vec<String>,
}

/// What was found for an idea, and what it makes.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// What the idea was taken to ask for.
    pub idea: Idea,
    /// What was looked at, the best of each capability first.
    pub candidates: Vec<Candidate>,
    /// The request that the choices make; `synthesize` takes it as it is.
    pub request: SynthesisRequest,
}

/// A proposal and the project that it makes.
#[derive(Debug, Clone, Serialize)]
pub struct AssembleAnswer {
    /// What was found.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// What became of it.
    #[serde(flatten)]
    pub synthesis: SynthesisResult,
}

impl Engine {
    /// Searches for what an idea asks for, analyses the best, and plans or builds a project of the components that come nearest.
    ///
    /// # Errors
    /// `E_QUERY` for an idea that says nothing, `E_NOT_FOUND` when no component comes near a capability (the candidates are in the details);
    /// those of search and synthesis.
    pub async fn assemble(
        &self,
        call: &Call,
        request: AssembleRequest,
    ) -> Result<AssembleAnswer, Failure> {
        let proposal = self.propose(call, &request).await?;
        let synthesis = proposal.synthesis(self, &request);
        let synthesis = self.synthesize(call, synthesis).await.map_err(|failure| {
            // What was found is worth knowing although it does not make a project.
            match failure.details {
                None => {
                    let details = serde_json::to_value(&proposal).unwrap_or_default();
                    failure.with_details(details)
                }
                Some(_) => failure,
            }
        })?;
        Ok(AssembleAnswer {
            proposal,
            synthesis,
        })
    }

    /// Searches for what an idea asks for, analyses the best, and chooses; builds nothing.
    ///
    /// # Errors
    /// As [`Self::assemble`].
    pub async fn propose(
        &self,
        call: &Call,
        request: &AssembleRequest,
    ) -> Result<Proposal, Failure> {
        let work = self.bounded(call, self.choose_parts(call, request));
        observed(call, "assemble", work).await
    }

    async fn choose_parts(
        &self,
        call: &Call,
        request: &AssembleRequest,
    ) -> Result<Proposal, Failure> {
        let idea = Idea::read(&request.idea)?;
        let mut ecosystem = idea.ecosystem.map(|one| one.as_str().to_owned());
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut parts: BTreeMap<usize, (String, String)> = BTreeMap::new();
        for (number, capability) in idea.capabilities.iter().enumerate() {
            let share = 40 / idea.capabilities.len().max(1);
            let percent = u8::try_from(share * number).unwrap_or(40);
            call.progress
                .step(percent, &format!("looking for {}", capability.query()));
            let looked = self
                .look_for(call, capability, idea.language, ecosystem.as_deref())
                .await?;
            let mut looked = looked;
            looked.sort_by(|one, other| {
                let score = |entry: &(Candidate, Option<Offer>)| entry.0.score;
                score(other)
                    .total_cmp(&score(one))
                    .then_with(|| one.0.repository.cmp(&other.0.repository))
            });
            if let Some((candidate, Some(offer))) = looked.first_mut() {
                candidate.chosen = true;
                ecosystem.get_or_insert_with(|| offer.ecosystem.clone());
                let part = (candidate.repository.clone(), offer.component.clone());
                parts.insert(number, part);
            }
            candidates.extend(looked.into_iter().map(|(candidate, _)| candidate));
        }
        if let Some((_, missing)) = (0..)
            .zip(&idea.capabilities)
            .find(|(number, _)| !parts.contains_key(number))
        {
            let failure = Failure::new(
                ErrorCode::NotFound,
                format!(
                    "no component was found for: {}",
                    escape_untrusted(&missing.query())
                ),
            );
            return Err(failure
                .with_hint(
                    "use other words for it, or name the repositories yourself with synthesize",
                )
                .with_details(serde_json::json!({ "candidates": candidates })));
        }
        let request = SynthesisRequest {
            name: request.name.clone().unwrap_or_else(|| idea.project_name()),
            template: String::new(),
            ecosystem: ecosystem.unwrap_or_default(),
            link: false,
            tests: true,
            repositories: repositories(parts.into_values()),
        };
        Ok(Proposal {
            idea,
            candidates,
            request,
        })
    }

    /// Searches for a capability and analyses the best repositories that can be fetched.
    async fn look_for(
        &self,
        call: &Call,
        capability: &Capability,
        language: Option<&str>,
        ecosystem: Option<&str>,
    ) -> Result<Vec<(Candidate, Option<Offer>)>, Failure> {
        let search = SearchRequest {
            language: language.map(str::to_owned),
            limit: FOUND,
            ..SearchRequest::new(&capability.query())?
        };
        let found = match self.search(call, &search).await {
            // That nothing is found is told of the capability, with what else was found.
            Err(failure) if failure.code == ErrorCode::NotFound => Vec::new(),
            other => other?.repositories,
        };
        let possible = found
            .into_iter()
            .filter(|one| one.facts.reference.is_some() && !one.facts.private && !one.facts.gated)
            .take(ANALYSED);
        let looks = possible.map(|one| self.look_at(call, capability, ecosystem, one));
        let looked: Vec<_> = stream::iter(looks).buffered(AT_ONCE).collect().await;
        looked.into_iter().collect()
    }

    async fn look_at(
        &self,
        call: &Call,
        capability: &Capability,
        ecosystem: Option<&str>,
        found: FoundRepository,
    ) -> Result<(Candidate, Option<Offer>), Failure> {
        let reference = found.facts.reference.clone().unwrap_or_default();
        let mut candidate = Candidate {
            capability: capability.query(),
            repository: reference.clone(),
            url: found.facts.url.clone(),
            chosen: false,
            component: None,
            score: 0.0,
            reasons: Vec::new(),
        };
        let analysed = match RepositoryReference::parse(&reference) {
            Ok(repository) => {
                let request = AnalyzeRequest {
                    repository,
                    include_transitive: false,
                    extract_components: true,
                    component_query: None,
                    detail: Detail::Summary,
                };
                self.analyze(call, request).await
            }
            Err(failure) => Err(failure),
        };
        let analysis = match analysed {
            Ok(analysis) => analysis,
            Err(failure) if failure.code == ErrorCode::Cancelled => return Err(failure),
            Err(failure) => {
                candidate
                    .reasons
                    .push(format!("could not be analysed: {}", failure.message));
                return Ok((candidate, None));
            }
        };
        let offer = choose(capability, &analysis.components, ecosystem, found.score);
        match &offer {
            Some(offer) => {
                candidate.component = Some(offer.component.clone());
                candidate.score = offer.score;
                candidate.reasons.clone_from(&offer.reasons);
            }
            None => candidate.reasons.push(format!(
                "none of its {} components has the words",
                analysis.components.len()
            )),
        }
        if found.facts.archived {
            candidate.reasons.push("is archived".to_owned());
        }
        if let Some(stars) = found.facts.stars {
            candidate.reasons.push(format!("has {stars} stars"));
        }
        Ok((candidate, offer))
    }
}

impl Proposal {
    /// Gives what to build of it.
    pub fn synthesis(&self, engine: &Engine, request: &AssembleRequest) -> SynthesizeRequest {
        let output = request.output.clone();
        SynthesizeRequest {
            output: output.unwrap_or_else(|| format!("./{}", self.request.name)),
            request: self.request.clone(),
            base: engine.config().paths.working_directory.clone(),
            dry_run: request.dry_run,
            verify: request.verify,
            require_verified: false,
        }
    }
}

/// Puts the components of one repository together, in the order in which it was first chosen.
fn repositories(parts: impl Iterator<Item = (String, String)>) -> Vec<RequestedRepository> {
    let mut repositories: Vec<RequestedRepository> = Vec::new();
    for (url, component) in parts {
        match repositories.iter_mut().find(|known| known.url == url) {
            Some(known) if known.components.contains(&component) => {}
            Some(known) => known.components.push(component),
            None => repositories.push(RequestedRepository {
                url,
                rev: None,
                components: vec![component],
                destination: None,
            }),
        }
    }
    repositories
}
