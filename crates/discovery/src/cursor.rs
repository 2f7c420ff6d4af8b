//! Where a page starts, as an opaque text. Never trusted: it is bounded, and fits one search only; it holds nothing of a platform.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use synthesizer_model::{ErrorCode, Failure, discovery::SourceState};

/// The form of the text; another one is refused.
const VERSION: u8 = 1;
/// The most rounds that are walked; see `docs/design/006-ranking.md`.
pub(crate) const MOST_ROUNDS: usize = 20;
/// The most repositories that a round may hold.
const MOST_IN_ROUND: usize = 10_000;
/// The most platforms that a cursor may speak of.
const MOST_PLATFORMS: usize = 32;
/// How many days a cursor can be used.
const DAYS: i64 = 7;
/// The longest text that is read.
const LONGEST: usize = 256;
/// What is not a state: the platform is still asked.
const STILL_ASKED: u8 = u8::MAX;
/// The states that can end a platform's part in a search, by their number in the text.
const STATES: [SourceState; 6] = [
    SourceState::Timeout,
    SourceState::RateLimited,
    SourceState::CircuitOpen,
    SourceState::Unauthorized,
    SourceState::Offline,
    SourceState::Failed,
];

/// A place in the list of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The round, counted from 0.
    pub(crate) round: usize,
    /// How many repositories of that round came before.
    pub(crate) offset: usize,
    /// The day of the first page, in days since 1970, so that midnight does not change the order.
    pub(crate) day: i64,
    /// The platforms of the search, in order: those that failed take part no further than they did.
    pub(crate) ended: Vec<Option<Ended>>,
}

/// How far a platform took part before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// How many pages it gave.
    pub(crate) pages: usize,
    /// Why it gave no more.
    pub(crate) state: SourceState,
}

impl Cursor {
    /// Makes the cursor of a first page.
    pub(crate) fn start(platforms: usize, today: i64) -> Self {
        Self {
            round: 0,
            offset: 0,
            day: today,
            ended: vec![None; platforms],
        }
    }

    /// Writes the cursor for the search with this scope.
    pub(crate) fn write(&self, scope: u64) -> String {
        let narrow = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        let mut bytes = vec![VERSION];
        bytes.extend(scope.to_be_bytes());
        bytes.push(narrow(self.round));
        bytes.extend(u16::try_from(self.offset).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(u32::try_from(self.day).unwrap_or(0).to_be_bytes());
        for ended in &self.ended {
            let number = ended.and_then(|ended| {
                let number = STATES.iter().position(|state| *state == ended.state);
                Some((narrow(ended.pages), narrow(number?)))
            });
            let (pages, state) = number.unwrap_or((0, STILL_ASKED));
            bytes.extend([pages, state]);
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor that somebody gave.
    ///
    /// # Errors
    /// `E_ARGUMENT` for one that we did not write, that belongs to another search, or that is older than a week.
    pub(crate) fn read(
        text: &str,
        scope: u64,
        platforms: usize,
        today: i64,
    ) -> Result<Self, Failure> {
        let bytes = decode(text).ok_or_else(|| refused("is not one of ours"))?;
        let mut fields = Fields(&bytes);
        if fields.take::<1>() != Some([VERSION]) {
            return Err(refused("is not one of ours"));
        }
        if fields.take().map(u64::from_be_bytes) != Some(scope) {
            return Err(refused(
                "belongs to another search: words, platforms, language and stars must stay the same",
            ));
        }
        let cursor = fields
            .cursor(platforms)
            .ok_or_else(|| refused("is not one of ours"))?;
        if !(today - DAYS..=today + 1).contains(&cursor.day) {
            return Err(refused("is older than a week"));
        }
        Ok(cursor)
    }
}

/// Gives the number of a search: equal for equal parts, and the same in every process of this version.
pub(crate) fn scope(parts: &[&str]) -> u64 {
    // FNV-1a, 64 bits. Nothing is protected by it: a forged cursor changes its sender's own answer alone.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        let length = part.len().to_be_bytes();
        for byte in length.iter().chain(part.as_bytes()) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
        return None;
    }
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn refused(what: &str) -> Failure {
    Failure::new(ErrorCode::Argument, format!("the cursor {what}")).with_hint(
        "start again without a cursor, and pass next_cursor of the last answer unchanged",
    )
}

/// What is still to be read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    /// Reads all that follows the scope; `None` for numbers out of bounds and for too few or too many bytes.
    fn cursor(&mut self, platforms: usize) -> Option<Cursor> {
        let [round] = self.take()?;
        let offset = usize::from(u16::from_be_bytes(self.take()?));
        let day = i64::from(u32::from_be_bytes(self.take()?));
        let round = usize::from(round);
        if round >= MOST_ROUNDS || offset > MOST_IN_ROUND || platforms > MOST_PLATFORMS {
            return None;
        }
        let mut ended = Vec::with_capacity(platforms);
        for _ in 0..platforms {
            ended.push(match self.take()? {
                [0, STILL_ASKED] => None,
                [pages, state] if usize::from(pages) <= round => Some(Ended {
                    pages: usize::from(pages),
                    state: *STATES.get(usize::from(state))?,
                }),
                _ => return None,
            });
        }
        self.0.is_empty().then_some(Cursor {
            round,
            offset,
            day,
            ended,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: i64 = 20_000;

    fn sample() -> Cursor {
        Cursor {
            round: 3,
            offset: 17,
            day: TODAY,
            ended: vec![
                None,
                Some(Ended {
                    pages: 2,
                    state: SourceState::RateLimited,
                }),
            ],
        }
    }

    fn refusal(text: &str, scope: u64, platforms: usize, today: i64) -> String {
        let failure = Cursor::read(text, scope, platforms, today).expect_err(text);
        assert_eq!(failure.code, ErrorCode::Argument);
        failure.message
    }

    #[test]
    fn what_is_written_is_read() {
        let read = Cursor::read(&sample().write(7), 7, 2, TODAY + 6);
        assert_eq!(read.expect("reads"), sample());
    }

    #[test]
    fn foreign_and_old_cursors_are_refused() {
        let text = sample().write(7);
        assert!(refusal(&text, 8, 2, TODAY).contains("another search"));
        assert!(refusal(&text, 7, 2, TODAY + 8).contains("older"));
        assert!(refusal(&text, 7, 2, TODAY - 2).contains("older"));
        assert!(refusal(&text, 7, 3, TODAY).contains("not one of ours"));
        assert!(refusal(&text, 7, 1, TODAY).contains("not one of ours"));
    }

    #[test]
    fn garbled_cursors_are_refused() {
        let huge = "A".repeat(1 << 20);
        for text in ["", "x", "AAAA", "%%%", "не", "AQ==", huge.as_str()] {
            refusal(text, 7, 2, TODAY);
        }
        let whole = URL_SAFE_NO_PAD.decode(sample().write(7)).expect("decodes");
        let out_of_bounds = [
            (9, 20),   // a round too far
            (10, 255), // an offset too far
            (16, 1),   // pages of a platform that is still asked
            (18, 9),   // more pages than rounds
            (19, 6),   // no such state
        ];
        for (place, value) in out_of_bounds {
            let mut bytes = whole.clone();
            bytes[place] = value;
            refusal(&URL_SAFE_NO_PAD.encode(bytes), 7, 2, TODAY);
        }
        for length in 0..whole.len() {
            refusal(&URL_SAFE_NO_PAD.encode(&whole[..length]), 7, 2, TODAY);
        }
    }

    #[test]
    fn scopes_keep_their_parts_apart() {
        assert_ne!(scope(&["ab", "c"]), scope(&["a", "bc"]));
        assert_eq!(scope(&["ab", "c"]), scope(&["ab", "c"]));
    }
}
