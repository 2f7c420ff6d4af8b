//! Matches brackets while tokens are read, also where some are missing. Linear in the number of brackets; knows no language.

/// The shape of a bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `(` and `)`
    Round,
    /// `[` and `]`
    Square,
    /// `{` and `}`
    Curly,
}

impl Shape {
    /// Gives the opening bracket.
    pub(crate) const fn opener(self) -> char {
        match self {
            Self::Round => '(',
            Self::Square => '[',
            Self::Curly => '{',
        }
    }

    /// Gives the closing bracket.
    pub(crate) const fn closer(self) -> char {
        match self {
            Self::Round => ')',
            Self::Square => ']',
            Self::Curly => '}',
        }
    }
}

/// The brackets that are open.
#[derive(Debug, Default)]
pub(crate) struct Brackets {
    open: Vec<(u32, Shape)>,
    counts: [usize; 3],
}

impl Brackets {
    /// Takes an opening bracket, by the number of its token.
    pub(crate) fn open(&mut self, token: u32, shape: Shape) {
        self.counts[shape as usize] += 1;
        self.open.push((token, shape));
    }

    /// Takes a closing bracket. Calls `each` with the token of every bracket that it ends, innermost first, and whether it has the
    /// same shape: brackets of other shapes inside the one that fits were never closed. Gives false, and ends nothing, when no
    /// bracket of its shape is open.
    pub(crate) fn close(&mut self, shape: Shape, mut each: impl FnMut(u32, Option<Shape>)) -> bool {
        if self.counts[shape as usize] == 0 {
            return false;
        }
        while let Some((token, open)) = self.open.pop() {
            self.counts[open as usize] -= 1;
            if open == shape {
                each(token, None);
                break;
            }
            each(token, Some(open));
        }
        true
    }

    /// Gives the brackets that were never closed.
    pub(crate) fn unclosed(self) -> Vec<(u32, Shape)> {
        self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_brackets_end_where_what_is_around_them_ends() {
        let mut brackets = Brackets::default();
        brackets.open(0, Shape::Curly);
        brackets.open(1, Shape::Round);
        let mut ended = Vec::new();
        assert!(!brackets.close(Shape::Square, |token, _| ended.push(token)));
        assert!(brackets.close(Shape::Curly, |token, _| ended.push(token)));
        assert_eq!(ended, [1, 0]);
        brackets.open(7, Shape::Square);
        assert_eq!(brackets.unclosed(), [(7, Shape::Square)]);
    }
}
