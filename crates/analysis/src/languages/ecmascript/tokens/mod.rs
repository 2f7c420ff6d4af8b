//! Tokens of a text without a parser: bounds of what parsing it takes, and what can be seen of a text that no parser reads.
//!
//! Where a token can be read in two ways, both readings are followed until one is shown wrong or both come to the same state, so nothing
//! that a parser would see is hidden by a wrong guess. What a parser would refuse ends a reading.
//!
//! Map: `words` and `scan` (single tokens), `reading` (tokens and brackets by one reading), `load` (what they come to).

mod load;
mod reading;
mod scan;
mod words;

#[cfg(test)]
mod tests;

pub(super) use self::reading::{Before, Bracket, Choice, Kind, Reading, Step, Syntax, Token};

use self::load::Load;

/// Readings that are followed at once.
const MOST_READINGS: usize = 8;

/// How often the length of a text may be looked at to find the ends of regular expressions.
const MOST_LOOKS: usize = 8;

/// Open brackets that may be copied because a text can be read in several ways.
const MOST_COPIED_BRACKETS: usize = 20_000_000;

/// Errors without end times parentheses: a parser keeps all errors at each parenthesis.
const MOST_ERROR_COPIES: u64 = 5_000_000;

/// What parsing a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effort {
    /// How deep its parser goes, at most.
    pub(super) depth: usize,
    /// How many tokens its parser reads, at most.
    pub(super) work: u64,
}

/// Why a text is not to be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Goes deeper than allowed.
    TooDeep,
    /// Takes more work than allowed, or has too many readings.
    TooMuch,
    /// Every reading breaks off: no parser of this grammar reads on from here.
    BreaksOff(usize),
}

struct Candidate<'t> {
    reading: Reading<'t>,
    load: Load,
    choice: Option<Choice>,
}

/// Estimates from above what parsing a text takes, up to bounds.
///
/// # Errors
/// Says why the text is not to be parsed.
pub(super) fn effort(text: &str, syntax: Syntax, most: Effort) -> Result<Effort, Refusal> {
    let mut found = Effort { depth: 0, work: 0 };
    let mut has_ended = false;
    let mut broke_off = 0;
    let mut copied = 0_usize;
    let mut candidates = vec![Candidate {
        reading: Reading::new(text, syntax),
        load: Load::new(syntax.types),
        choice: None,
    }];
    while let Some(place) = furthest_behind(&candidates) {
        let is_only = candidates.len() == 1;
        let candidate = &mut candidates[place];
        let choice = candidate.choice.take();
        match candidate.reading.step(choice) {
            Step::Token(token) => {
                candidate.load.token(token, text.as_bytes());
                check(candidate, text.len(), most)?;
                if !is_only {
                    join_agreeing(&mut candidates, place);
                }
            }
            Step::Fork => {
                copied += candidate.reading.depth();
                if candidates.len() >= MOST_READINGS || copied > MOST_COPIED_BRACKETS {
                    return Err(Refusal::TooMuch);
                }
                let candidate = &mut candidates[place];
                candidate.choice = Some(Choice::Operator);
                let other = Candidate {
                    reading: candidate.reading.clone(),
                    load: candidate.load.clone(),
                    choice: Some(Choice::Beginning),
                };
                candidates.push(other);
            }
            end => {
                has_ended |= end == Step::End;
                broke_off = broke_off.max(candidate.reading.position());
                found.depth = found.depth.max(candidate.load.deepest);
                found.work = found.work.max(candidate.load.work);
                candidates.swap_remove(place);
            }
        }
    }
    if has_ended {
        Ok(found)
    } else {
        Err(Refusal::BreaksOff(broke_off))
    }
}

fn furthest_behind(candidates: &[Candidate<'_>]) -> Option<usize> {
    if candidates.len() < 2 {
        return (!candidates.is_empty()).then_some(0);
    }
    (0..candidates.len()).min_by_key(|place| candidates[*place].reading.position())
}

fn check(candidate: &Candidate<'_>, length: usize, most: Effort) -> Result<(), Refusal> {
    let (reading, load) = (&candidate.reading, &candidate.load);
    if load.deepest > most.depth {
        return Err(Refusal::TooDeep);
    }
    let copies = (reading.odd as u64).saturating_mul(load.parentheses);
    if load.work > most.work
        || copies > MOST_ERROR_COPIES
        || reading.looked_ahead > MOST_LOOKS * length + 10_000
    {
        return Err(Refusal::TooMuch);
    }
    Ok(())
}

/// Joins the candidate at a place with one that has come to the same state.
fn join_agreeing(candidates: &mut Vec<Candidate<'_>>, place: usize) {
    let same = (0..candidates.len()).find(|other| {
        *other != place
            && candidates[*other].choice.is_none()
            && candidates[*other].reading.agrees_with(&candidates[place].reading)
    });
    let Some(same) = same else {
        return;
    };
    let joined = candidates.swap_remove(place);
    // The last one took the place of the one that was removed.
    let same = if same == candidates.len() { place } else { same };
    let kept = &mut candidates[same];
    kept.load.join(&joined.load);
    kept.reading.odd = kept.reading.odd.max(joined.reading.odd);
    kept.reading.looked_ahead = kept.reading.looked_ahead.max(joined.reading.looked_ahead);
}
