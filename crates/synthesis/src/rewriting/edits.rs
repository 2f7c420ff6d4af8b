//! A checked list of replacements in one text: never overlapping, always on character boundaries. Knows no language.

use std::collections::BTreeMap;

use synthesizer_model::text::ByteRange;

/// Why an edit cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EditError {
    /// The range is reversed, leaves the text or cuts a character.
    #[error("a range outside the text's characters")]
    Range,
    /// The range overlaps another edit's.
    #[error("two edits at one place")]
    Overlap,
}

/// Replacements in one text.
#[derive(Debug)]
pub(crate) struct Edits<'a> {
    text: &'a str,
    by_start: BTreeMap<usize, (usize, String)>,
}

impl<'a> Edits<'a> {
    /// Begins without edits.
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            by_start: BTreeMap::new(),
        }
    }

    /// Says whether there are no edits.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_start.is_empty()
    }

    /// Says whether an edit replaces the whole of the range.
    pub(crate) fn cover(&self, range: ByteRange) -> bool {
        self.by_start
            .range(..=range.start)
            .next_back()
            .is_some_and(|(_, (end, _))| range.end <= *end && range.start < *end)
    }

    /// Adds a replacement; the same one twice counts once.
    ///
    /// # Errors
    /// [`EditError`] when the range is not one of the text or overlaps another edit; the list is then unchanged.
    pub(crate) fn replace(
        &mut self,
        range: ByteRange,
        replacement: impl Into<String>,
    ) -> Result<(), EditError> {
        if range.of(self.text).is_none() {
            return Err(EditError::Range);
        }
        let replacement = replacement.into();
        if let Some((end, present)) = self.by_start.get(&range.start) {
            let same = *end == range.end && *present == replacement;
            return if same {
                Ok(())
            } else {
                Err(EditError::Overlap)
            };
        }
        let before = self.by_start.range(..range.start).next_back();
        let after = self.by_start.range(range.start..).next();
        let overlaps = before.is_some_and(|(_, (end, _))| *end > range.start)
            || after.is_some_and(|(start, _)| *start < range.end);
        if overlaps {
            return Err(EditError::Overlap);
        }
        self.by_start.insert(range.start, (range.end, replacement));
        Ok(())
    }

    /// Gives the text with every replacement made.
    pub(crate) fn apply(&self) -> String {
        let added: usize = self.by_start.values().map(|(_, text)| text.len()).sum();
        let mut result = String::with_capacity(self.text.len() + added);
        let mut position = 0;
        for (start, (end, replacement)) in &self.by_start {
            result.push_str(&self.text[position..*start]);
            result.push_str(replacement);
            position = *end;
        }
        result.push_str(&self.text[position..]);
        result
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn overlapping_and_cutting_ranges_are_refused() {
        let mut edits = Edits::new("aébc");
        let mut check = |start, end, expected| {
            assert_eq!(
                edits.replace(ByteRange::new(start, end), "x"),
                expected,
                "{start}..{end}"
            );
        };
        check(1, 2, Err(EditError::Range));
        check(3, 9, Err(EditError::Range));
        check(4, 3, Err(EditError::Range));
        check(1, 3, Ok(()));
        check(1, 3, Ok(()));
        check(0, 2, Err(EditError::Range));
        check(0, 3, Err(EditError::Overlap));
        check(1, 4, Err(EditError::Overlap));
        check(3, 4, Ok(()));
        check(0, 1, Ok(()));
        assert!(edits.cover(ByteRange::new(1, 3)));
        assert!(!edits.cover(ByteRange::new(4, 5)));
        assert_eq!(edits.apply(), "xxxc");
    }

    proptest! {
        #[test]
        fn accepted_edits_give_what_editing_from_the_back_gives(
            text in "[aé\n ]{0,40}",
            wanted in prop::collection::vec((0_usize..60, 0_usize..12, "[xü]{0,3}"), 0..12),
        ) {
            let mut edits = Edits::new(&text);
            let mut accepted: Vec<(usize, usize, String)> = Vec::new();
            for (start, length, replacement) in wanted {
                let range = ByteRange::new(start, start + length);
                if edits.replace(range, replacement.clone()).is_ok() {
                    accepted.push((range.start, range.end, replacement));
                }
            }
            accepted.sort();
            accepted.dedup();
            for pair in accepted.windows(2) {
                prop_assert!(pair[0].1 <= pair[1].0);
            }
            let mut expected = text.clone();
            for (start, end, replacement) in accepted.iter().rev() {
                expected.replace_range(*start..*end, replacement);
            }
            prop_assert_eq!(edits.apply(), expected);
        }
    }
}
