//! Tokens of a text without a parser: bounds of what parsing it takes, and what can be seen of a text that no parser reads.
//!
//! Where a token can be read in two ways, both readings are followed until one is shown wrong or both come to the same state, so nothing
//! that a parser would see is hidden by a wrong guess. What a parser would refuse ends a reading.
//!
//! Map: `kinds` (what there is), `words` and `scan` (single tokens), `reading` (tokens and brackets by one reading), `load` (what they come to).

mod kinds;
mod load;
mod reading;
mod scan;
mod words;

#[cfg(test)]
mod tests;

pub(super) use self::{
    kinds::{Before, Bracket, Choice, Kind, Step, Syntax, Token},
    reading::Reading,
};

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
        match candidate.advance(text, most, is_only)? {
            Step::Token(_) => join_agreeing(&mut candidates, place),
            Step::Fork => {
                copied += candidate.reading.depth();
                candidate.choice = Some(Choice::Operator);
                let other = Candidate {
                    reading: candidate.reading.clone(),
                    load: candidate.load.clone(),
                    choice: Some(Choice::Beginning),
                };
                candidates.push(other);
                if candidates.len() > MOST_READINGS || copied > MOST_COPIED_BRACKETS {
                    return Err(Refusal::TooMuch);
                }
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

impl Candidate<'_> {
    /// Takes one step, or all steps up to the next fork or the end when there is no other candidate to wait for.
    fn advance(&mut self, text: &str, most: Effort, is_only: bool) -> Result<Step, Refusal> {
        let bytes = text.as_bytes();
        let mut step = self.reading.step(self.choice.take());
        while let Step::Token(token) = step {
            self.load.token(token, bytes);
            if self.load.deepest > most.depth {
                return Err(Refusal::TooDeep);
            }
            let copies = (self.reading.odd as u64).saturating_mul(self.load.parentheses);
            if self.load.work > most.work || copies > MOST_ERROR_COPIES {
                return Err(Refusal::TooMuch);
            }
            if !is_only {
                break;
            }
            step = self.reading.step(None);
        }
        if self.reading.looked_ahead > MOST_LOOKS * text.len() + 10_000 {
            return Err(Refusal::TooMuch);
        }
        Ok(step)
    }
}

/// Joins the candidate at a place with one that has come to the same state.
fn join_agreeing(candidates: &mut Vec<Candidate<'_>>, place: usize) {
    let same = (0..candidates.len()).find(|other| {
        *other != place
            && candidates[*other].choice.is_none()
            && candidates[*other]
                .reading
                .agrees_with(&candidates[place].reading)
    });
    let Some(same) = same else {
        return;
    };
    let joined = candidates.swap_remove(place);
    // The last one took the place of the one that was removed.
    let same = if same == candidates.len() {
        place
    } else {
        same
    };
    let kept = &mut candidates[same];
    kept.load.join(&joined.load);
    kept.reading.odd = kept.reading.odd.max(joined.reading.odd);
    kept.reading.looked_ahead = kept.reading.looked_ahead.max(joined.reading.looked_ahead);
}
