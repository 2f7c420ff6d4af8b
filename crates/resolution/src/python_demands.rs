//! What repositories and the user ask of Python itself, each with its place. Asks no solver.

use synthesizer_model::{
    failure::{ErrorCode, Failure},
    resolution::{ImposedRequirement, ResolutionRequest},
    text::escape_untrusted,
};

use crate::{
    python_range::{DEFAULT_LOWER_BOUND, PythonRange},
    shrinking::{Element, imposed},
};

/// A range of Python versions and who asks for it.
#[derive(Debug, Clone)]
pub(crate) struct PythonDemand {
    /// The repository's index; `None` for the user's own choice.
    pub(crate) repository: Option<usize>,
    /// The repository as the user named it, or words for the choice.
    pub(crate) shown: String,
    /// As written, safe to show.
    pub(crate) text: String,
    /// What it means.
    pub(crate) range: PythonRange,
}

impl PythonDemand {
    /// Gives the demand with the place that imposes it.
    pub(crate) fn imposed(&self, request: &ResolutionRequest) -> ImposedRequirement {
        let element = self
            .repository
            .map_or(Element::ChosenPython, Element::Python);
        let place = imposed(request, element);
        let (manifest, line) = place.map_or_else(Default::default, |one| (one.manifest, one.line));
        ImposedRequirement {
            repository: match self.repository {
                Some(_) => self.shown.clone(),
                None => "python_version".to_owned(),
            },
            specifier: self.text.clone(),
            manifest,
            line,
        }
    }
}

/// Reads all ranges of a request; what cannot be read is left out, with a warning.
///
/// # Errors
/// `E_ARGUMENT` when the user's choice is no version.
pub(crate) fn read(
    request: &ResolutionRequest,
    warnings: &mut Vec<String>,
) -> Result<Vec<PythonDemand>, Failure> {
    let mut demands = Vec::new();
    for (index, repository) in request.repositories.iter().enumerate() {
        let text = repository.requires_python.as_deref().map(str::trim);
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            continue;
        };
        let shown = escape_untrusted(&repository.repository);
        let text = escape_untrusted(text);
        match PythonRange::parse(&text) {
            Some(range) => demands.push(PythonDemand {
                repository: Some(index),
                shown,
                text,
                range,
            }),
            None => {
                let text: String = text.chars().take(120).collect();
                warnings.push(format!(
                    "{shown}: its Python requirement `{text}` cannot be read and was left out"
                ));
            }
        }
    }
    if let Some(version) = &request.python_version {
        let version = escape_untrusted(version);
        let range = PythonRange::of_version(&version).ok_or_else(|| {
            let message = format!("`{version}` is not a Python version");
            Failure::new(ErrorCode::Argument, message)
                .with_hint("write a version such as 3.12 or 3.12.4")
        })?;
        demands.push(PythonDemand {
            repository: None,
            shown: format!("the Python version {version}"),
            text: range.specifier(),
            range,
        });
    }
    Ok(demands)
}

/// Gives the versions that are in all ranges.
pub(crate) fn intersection<'d>(demands: impl IntoIterator<Item = &'d PythonDemand>) -> PythonRange {
    demands
        .into_iter()
        .fold(PythonRange::full(), |common, demand| {
            common.intersect(&demand.range)
        })
}

/// Gives the range that a request is solved for, with the lower bound that is taken where nobody gives one; `None` when it is empty.
pub(crate) fn common(request: &ResolutionRequest) -> Option<PythonRange> {
    let demands = read(request, &mut Vec::new()).ok()?;
    let common = with_lower_bound(intersection(&demands)).0;
    (!common.is_empty()).then_some(common)
}

/// Adds the lower bound that is taken where nobody gives one; says whether it was added.
pub(crate) fn with_lower_bound(range: PythonRange) -> (PythonRange, bool) {
    let bound = PythonRange::parse(DEFAULT_LOWER_BOUND).expect("the default bound is a specifier");
    let bounded = range.intersect(&bound);
    if !range.has_no_lower_bound() || bounded.is_empty() {
        return (range, false);
    }
    (bounded, true)
}

/// Gives the smallest set of ranges that no version is in, if there is one.
pub(crate) fn contradiction(demands: &[PythonDemand]) -> Option<Vec<&PythonDemand>> {
    if !intersection(demands).is_empty() {
        return None;
    }
    let mut parties: Vec<&PythonDemand> = demands.iter().collect();
    let mut index = parties.len();
    while index > 0 {
        index -= 1;
        let mut fewer = parties.clone();
        fewer.remove(index);
        if intersection(fewer.iter().copied()).is_empty() {
            parties = fewer;
        }
    }
    Some(parties)
}
