//! A cheap upper bound of how deep the syntax tree of an ordinary text will be, from its bytes in one pass. It gives up where a text is
//! odd (what only a lexer can tell apart), and never gives less than `depth::estimate`.

use memchr::{memchr, memchr2, memchr3};

/// Deeper nesting of brackets or blocks is no ordinary text.
const MOST_BRACKETS: usize = 60;
const MOST_BLOCKS: usize = 60;
/// Deeper nesting in a field of a format string neither.
const MOST_IN_FIELD: usize = 8;

/// What may stand before a string, and whether the string then has fields.
const STRING_PREFIXES: [(&[u8], bool); 11] = [
    (b"r", false),
    (b"b", false),
    (b"u", false),
    (b"br", false),
    (b"rb", false),
    (b"f", true),
    (b"t", true),
    (b"fr", true),
    (b"rf", true),
    (b"tr", true),
    (b"rt", true),
];

/// Bounds the nesting of the text's tokens; `None` for an odd text. Indentation is not in it, but blocks are.
pub(super) fn nesting(text: &str) -> Option<usize> {
    if memchr(b'\r', text.as_bytes()).is_some() {
        // It ends lines, comments and strings too.
        return None;
    }
    let mut glance = Glance {
        bytes: text.as_bytes(),
        at: 0,
        brackets: [Bracket::default(); MOST_BRACKETS],
        open: 0,
        outermost: Chain::default(),
        colons: 0,
        chained: 0,
        blocks: [0; MOST_BLOCKS],
        block: 0,
        indented_by: None,
        deepest: 0,
    };
    glance.line_begins()?;
    while glance.at < glance.bytes.len() {
        glance.step()?;
    }
    // What the lexer makes of an open bracket at the end is its own affair.
    (glance.open == 0).then_some(glance.deepest)
}

/// Tokens since the last separator that can each add a level.
#[derive(Debug, Clone, Copy, Default)]
struct Chain {
    length: usize,
    /// Lambdas whose colon has not come yet.
    lambdas: usize,
    has_yield: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bracket {
    closer: u8,
    chain: Chain,
}

struct Glance<'t> {
    bytes: &'t [u8],
    at: usize,
    brackets: [Bracket; MOST_BRACKETS],
    open: usize,
    outermost: Chain,
    colons: usize,
    chained: usize,
    blocks: [usize; MOST_BLOCKS],
    block: usize,
    /// The byte that lines are indented by.
    indented_by: Option<u8>,
    deepest: usize,
}

impl Glance<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(b'\n')
    }

    fn step(&mut self) -> Option<()> {
        let byte = self.bytes[self.at];
        match byte {
            b' ' | b'\t' => self.at += 1,
            b'\n' => return self.line_ends(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' => return self.word(),
            b'"' | b'\'' => return self.string(false),
            b'#' => self.at = self.find(memchr(b'\n', &self.bytes[self.at..])),
            b'(' | b'[' | b'{' => self.opens(byte)?,
            b')' | b']' | b'}' => self.closes(byte)?,
            b',' => {
                let chain = self.chain();
                if chain.lambdas == 0 && !chain.has_yield {
                    self.reset();
                }
                self.at += 1;
            }
            b';' => {
                self.ends_statement();
                self.at += 1;
            }
            b':' if self.byte(1) != b'=' => self.colon(),
            // At the end of the text there is no line to join.
            b'\\' if self.byte(1) == b'\n' && self.at + 2 < self.bytes.len() => self.at += 2,
            b'!'..=b'~' if byte != b'\\' => {
                self.lengthen(1);
                self.at += 1;
            }
            // Form feeds, letters of other alphabets, control characters.
            _ => return None,
        }
        Some(())
    }

    /// Gives the place that was found from here on, or the end.
    fn find(&self, found: Option<usize>) -> usize {
        found.map_or(self.bytes.len(), |ahead| self.at + ahead)
    }

    fn chain(&mut self) -> &mut Chain {
        match self.open.checked_sub(1) {
            Some(last) => &mut self.brackets[last].chain,
            None => &mut self.outermost,
        }
    }

    fn lengthen(&mut self, by: usize) {
        self.chain().length += by;
        self.chained += by;
        self.note();
    }

    fn note(&mut self) {
        let depth = self.open + self.chained + self.colons + self.block;
        self.deepest = self.deepest.max(depth);
    }

    fn reset(&mut self) {
        let chain = std::mem::take(self.chain());
        self.chained -= chain.length;
    }

    fn opens(&mut self, byte: u8) -> Option<()> {
        self.lengthen(1);
        *self.brackets.get_mut(self.open)? = Bracket {
            closer: closer_of(byte),
            chain: Chain::default(),
        };
        self.open += 1;
        self.note();
        self.at += 1;
        Some(())
    }

    /// The lexer takes any closer for any bracket: one that does not match is odd.
    fn closes(&mut self, byte: u8) -> Option<()> {
        let last = self.open.checked_sub(1)?;
        let Bracket { closer, chain } = self.brackets[last];
        if closer != byte || chain.lambdas > 0 {
            return None;
        }
        self.chained -= chain.length;
        self.open = last;
        self.at += 1;
        Some(())
    }

    fn colon(&mut self) {
        let chain = self.chain();
        chain.lambdas = chain.lambdas.saturating_sub(1);
        if self.open == 0 {
            self.colons += 1;
        }
        self.lengthen(1);
        self.at += 1;
    }

    fn ends_statement(&mut self) {
        if self.open == 0 && self.outermost.lambdas == 0 {
            self.reset();
        }
    }

    fn line_ends(&mut self) -> Option<()> {
        self.at += 1;
        if self.open > 0 {
            return Some(());
        }
        self.ends_statement();
        self.colons = 0;
        self.line_begins()
    }

    /// Reads the indentation of a line outside of brackets.
    fn line_begins(&mut self) -> Option<()> {
        let begin = self.at;
        while let b' ' | b'\t' = self.byte(0) {
            let by = self.byte(0);
            if *self.indented_by.get_or_insert(by) != by {
                return None;
            }
            self.at += 1;
        }
        if self.byte(0) == b'\\' {
            // The next line's indentation counts with this one's.
            return None;
        }
        if matches!(self.byte(0), b'\n' | b'#') {
            // A line that says nothing closes no block.
            return Some(());
        }
        let width = self.at - begin;
        let before = self.block;
        while self.block > 0 && self.blocks[self.block - 1] > width {
            self.block -= 1;
        }
        let around = match self.block.checked_sub(1) {
            Some(last) => self.blocks[last],
            None => 0,
        };
        if width > around {
            if self.block < before {
                // Back to a width that no block around has.
                return None;
            }
            *self.blocks.get_mut(self.block)? = width;
            self.block += 1;
            self.note();
        }
        Some(())
    }

    /// A name, a number, a keyword, or the prefix of a string.
    fn word(&mut self) -> Option<()> {
        let begin = self.at;
        let rest = &self.bytes[begin..];
        let is_part = |byte: &u8| *byte == b'_' || byte.is_ascii_alphanumeric();
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        let word = &rest[..length];
        self.at += length;
        let is_quote = matches!(self.byte(0), b'"' | b'\'');
        if word[0].is_ascii_digit() {
            // Where a number ends and a word or a string begins is for the lexer to say.
            let is_plain = word.iter().all(|byte| !byte.is_ascii_alphabetic());
            let goes_on = self.byte(0) == b'.' && self.byte(1).is_ascii_alphabetic();
            self.lengthen(1);
            return (is_plain && !is_quote && !goes_on && self.byte(0).is_ascii()).then_some(());
        }
        if is_quote {
            // What is no prefix is a word, or a part of one, that stands there by accident.
            let is_format = STRING_PREFIXES
                .iter()
                .find(|(prefix, _)| word.eq_ignore_ascii_case(prefix))?;
            return self.string(is_format.1);
        }
        if !self.byte(0).is_ascii() {
            return None;
        }
        match word {
            b"lambda" => self.chain().lambdas += 1,
            b"yield" => self.chain().has_yield = true,
            _ => {}
        }
        self.lengthen(1);
        Some(())
    }

    /// A string from its quotes on.
    fn string(&mut self, is_format: bool) -> Option<()> {
        let quote = self.byte(0);
        let is_long = self.byte(1) == quote && self.byte(2) == quote;
        if is_format {
            self.lengthen(3);
        }
        if !is_long && self.byte(1) == quote {
            self.at += 2;
            return Some(());
        }
        self.at += if is_long { 3 } else { 1 };
        loop {
            let rest = self.bytes.get(self.at..)?;
            let found = match (is_format, is_long) {
                (true, _) => rest
                    .iter()
                    .position(|byte| matches!(byte, b'\\' | b'{' | b'}' | b'\n') || *byte == quote),
                (false, true) => memchr2(quote, b'\\', rest),
                (false, false) => memchr3(quote, b'\\', b'\n', rest),
            };
            // A string that does not end is odd.
            self.at += found?;
            match self.bytes[self.at] {
                // It hides no brace, and what it makes of a character's name depends on the prefix.
                b'\\' if is_format && matches!(self.byte(1), b'{' | b'}' | b'N') => return None,
                b'\\' => self.at += 2,
                b'\n' if !is_long => return None,
                b'\n' => self.at += 1,
                b'{' | b'}' => self.field()?,
                _ if !is_long => {
                    self.at += 1;
                    return Some(());
                }
                _ if self.byte(1) == quote && self.byte(2) == quote => {
                    self.at += 3;
                    return Some(());
                }
                _ => self.at += 1,
            }
        }
    }

    /// A field of a format string: whatever is in it counts until the next separator after the string.
    fn field(&mut self) -> Option<()> {
        let brace = self.byte(0);
        if self.byte(1) == brace {
            self.at += 2;
            return Some(());
        }
        let mut closers = [0; MOST_IN_FIELD];
        let mut open = 0_usize;
        let begin = self.at;
        loop {
            match self.byte(0) {
                bracket @ (b'{' | b'(' | b'[') => {
                    *closers.get_mut(open)? = closer_of(bracket);
                    open += 1;
                }
                bracket @ (b'}' | b')' | b']') => {
                    open = open.checked_sub(1)?;
                    if closers[open] != bracket {
                        return None;
                    }
                }
                b' '..=b'~' if !matches!(self.byte(0), b'"' | b'\'' | b'\\' | b'#') => {}
                // Strings, comments and line ends inside of fields.
                _ => return None,
            }
            self.at += 1;
            if open == 0 {
                break;
            }
        }
        let field = &self.bytes[begin..self.at];
        let keeps_open = |word: &&[u8]| memchr::memmem::find(field, word).is_some();
        if [&b"lambda"[..], b"yield"].iter().any(keeps_open) {
            // The lexer keeps its bracket open beyond the string.
            return None;
        }
        self.lengthen(2 * (self.at - begin));
        Some(())
    }
}

fn closer_of(opener: u8) -> u8 {
    match opener {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::languages::python::depth;

    fn check(text: &str) {
        if let Some(bound) = nesting(text) {
            let exact = depth::nesting(text);
            assert!(bound >= exact, "{bound} < {exact}: {text:?}");
        }
    }

    #[test]
    fn ordinary_text_is_bounded_and_shallow() {
        for text in [
            "",
            "x = f(a.b, [c, d])  # remark ((((\n",
            "def f(a, *, b: int = 1) -> 'x[[[[':\n    '''Text ((( \\''' '''\n    return f\"{a.b:>{b}} {{ }}\"\n\nclass C:\n\tpass\n".replace('\t', "    ").as_str(),
            "if a and \\\n   b:\n    yield a, b\nx = lambda a, b: (a, b)\nr'\\'\n".trim_end_matches("r'\\'\n"),
        ] {
            let bound = nesting(text);
            assert!(bound.is_some_and(|bound| bound < 60), "{bound:?}: {text}");
            check(text);
        }
    }

    #[test]
    fn odd_text_is_left_to_the_lexer() {
        for text in [
            "x = 'a\n",
            "x = '''a",
            "é = 1\n",
            "a\r\n",
            "\x0ca\n",
            "if a:\n  \tb\n",
            "f'{a['b']}'\n",
            "f'{a!r:{\"b\"}}'\n",
            "a \\ b\n",
            "f(",
            "1.e5f\"{a}\"",
            "1.jrf'{a}'",
            "f'\\N{{a}}'",
            "f'{lambda x}'",
            "a or'b'",
            "[)\n",
        ] {
            assert_eq!(nesting(text), None, "{text:?}");
        }
        assert_eq!(nesting(&"(".repeat(MOST_BRACKETS + 1)), None);
    }

    #[test]
    fn it_is_never_less_than_what_the_lexer_tells() {
        let pieces = [
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "'",
            "\"",
            "'''",
            "\"\"\"",
            "f'",
            "rb'",
            "\\",
            "\n",
            "\n  ",
            "\n    ",
            "\n\t",
            "#",
            ",",
            ";",
            ":",
            ":=",
            "->",
            "lambda ",
            "yield ",
            "not ",
            "a",
            "b.c",
            " ",
            "=",
            "\r",
            "é",
            "\u{c}",
            "{a}",
            "{{",
            "1e5",
            "if a: ",
            "...",
            "$",
            "?",
            "!",
            "1.e5",
            "1.j",
            "f\"",
            "rf'",
            "\\N",
            "lambda a=",
            "or",
            "in",
            "{lambda",
            "}\"",
            "}'",
            "1}",
        ];
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap() % below
        };
        for _ in 0..400_000 {
            let length = 1 + next(24);
            let text: String = (0..length).map(|_| pieces[next(pieces.len())]).collect();
            check(&text);
        }
    }
}
