//! The reader of JSON texts: one pass, no recursion. Knows nothing of what the values mean.

use std::borrow::Cow;

use super::{DEEPEST, Document, JsonError, LONGEST, Liberties, MOST_VALUES, Member, Node, Value};

/// Reads a text; a byte order mark before it is read over.
///
/// # Errors
/// Names the first mistake, or the bound that the text breaks.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, JsonError> {
    parse_within(text, MOST_VALUES)
}

/// Reads a text of at most so many values.
pub(super) fn parse_within(text: &str, most_values: usize) -> Result<Document<'_>, JsonError> {
    let mut reader = Reader {
        text,
        position: text.len() - text.trim_start_matches('\u{feff}').len(),
        line: 1,
        values_left: most_values,
        liberties: Liberties::default(),
    };
    if text.len() > LONGEST {
        return reader.fail("the text is too long");
    }
    let root = reader.document()?;
    Ok(Document {
        root,
        liberties: reader.liberties,
    })
}

/// A list or object that is not closed yet.
enum Open<'t> {
    List {
        line: u32,
        items: Vec<Node<'t>>,
    },
    Object {
        line: u32,
        members: Vec<Member<'t>>,
        key: Cow<'t, str>,
        key_line: u32,
    },
}

impl<'t> Open<'t> {
    const fn end(&self) -> u8 {
        match self {
            Self::List { .. } => b']',
            Self::Object { .. } => b'}',
        }
    }

    fn push(&mut self, value: Node<'t>) {
        match self {
            Self::List { items, .. } => items.push(value),
            Self::Object {
                members,
                key,
                key_line,
                ..
            } => members.push(Member {
                key: std::mem::take(key),
                line: *key_line,
                value,
            }),
        }
    }

    fn closed(self) -> Node<'t> {
        match self {
            Self::List { line, items } => Node {
                line,
                value: Value::List(items),
            },
            Self::Object { line, members, .. } => Node {
                line,
                value: Value::Object(members),
            },
        }
    }
}

/// What stands where a value may begin.
enum Begun<'t> {
    Open(Open<'t>),
    Whole(Node<'t>),
}

struct Reader<'t> {
    text: &'t str,
    position: usize,
    line: u32,
    values_left: usize,
    liberties: Liberties,
}

impl<'t> Reader<'t> {
    fn fail<T>(&self, message: &'static str) -> Result<T, JsonError> {
        Err(JsonError {
            line: self.line,
            message,
        })
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn document(&mut self) -> Result<Node<'t>, JsonError> {
        let mut stack: Vec<Open<'t>> = Vec::new();
        loop {
            let mut whole = match self.value()? {
                Begun::Whole(node) => node,
                Begun::Open(mut open) => {
                    if stack.len() >= DEEPEST {
                        return self.fail("lists and objects lie in each other too deeply");
                    }
                    if self.ends(&open)? {
                        open.closed()
                    } else {
                        self.key(&mut open)?;
                        stack.push(open);
                        continue;
                    }
                }
            };
            // The value may end what it lies in, and that what it lies in.
            loop {
                let Some(open) = stack.last_mut() else {
                    return self.nothing_after(whole);
                };
                open.push(whole);
                if self.goes_on(open)? {
                    break;
                }
                let Some(open) = stack.pop() else {
                    return self.fail("a bracket that closes nothing");
                };
                whole = open.closed();
            }
        }
    }

    fn nothing_after(&mut self, root: Node<'t>) -> Result<Node<'t>, JsonError> {
        self.skip()?;
        match self.byte() {
            None => Ok(root),
            Some(_) => self.fail("something stands after the value"),
        }
    }

    fn value(&mut self) -> Result<Begun<'t>, JsonError> {
        self.skip()?;
        match self.values_left.checked_sub(1) {
            Some(left) => self.values_left = left,
            None => return self.fail("there are too many values"),
        }
        let line = self.line;
        let whole = |value| Ok(Begun::Whole(Node { line, value }));
        match self.byte() {
            Some(b'{') => {
                self.position += 1;
                Ok(Begun::Open(Open::Object {
                    line,
                    members: Vec::new(),
                    key: Cow::Borrowed(""),
                    key_line: line,
                }))
            }
            Some(b'[') => {
                self.position += 1;
                let items = Vec::new();
                Ok(Begun::Open(Open::List { line, items }))
            }
            Some(b'"') => whole(Value::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => whole(Value::Number(self.number()?)),
            Some(b't') => self.word("true").and_then(|()| whole(Value::Boolean(true))),
            Some(b'f') => self
                .word("false")
                .and_then(|()| whole(Value::Boolean(false))),
            Some(b'n') => self.word("null").and_then(|()| whole(Value::Null)),
            Some(_) => self.fail("no value begins here"),
            None => self.fail("the text ends where a value is missing"),
        }
    }

    /// Reads the end of what is open, if it stands here.
    fn ends(&mut self, open: &Open<'t>) -> Result<bool, JsonError> {
        self.skip()?;
        let ends = self.byte() == Some(open.end());
        self.position += usize::from(ends);
        Ok(ends)
    }

    /// Reads what stands after a value, and the next key; says whether another value comes.
    fn goes_on(&mut self, open: &mut Open<'t>) -> Result<bool, JsonError> {
        if self.ends(open)? {
            return Ok(false);
        }
        if self.byte() != Some(b',') {
            return self.fail("a comma or a closing bracket is missing");
        }
        let line = self.line;
        self.position += 1;
        if self.ends(open)? {
            self.liberties.trailing_comma.get_or_insert(line);
            return Ok(false);
        }
        self.key(open)?;
        Ok(true)
    }

    /// Reads a key and its colon, in an object.
    fn key(&mut self, open: &mut Open<'t>) -> Result<(), JsonError> {
        let Open::Object { key, key_line, .. } = open else {
            return Ok(());
        };
        if self.byte() != Some(b'"') {
            return self.fail("a key in quotes is missing");
        }
        *key_line = self.line;
        *key = self.string()?;
        self.skip()?;
        if self.byte() != Some(b':') {
            return self.fail("a colon is missing after a key");
        }
        self.position += 1;
        Ok(())
    }

    fn word(&mut self, word: &'static str) -> Result<(), JsonError> {
        let rest = &self.text.as_bytes()[self.position..];
        if !rest.starts_with(word.as_bytes()) {
            return self.fail("no value begins here");
        }
        self.position += word.len();
        Ok(())
    }

    /// Reads a number as a text of the characters that numbers have.
    fn number(&mut self) -> Result<&'t str, JsonError> {
        let rest = &self.text[self.position..];
        let length = rest
            .bytes()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .unwrap_or(rest.len());
        let number = &rest[..length];
        if !number.bytes().any(|byte| byte.is_ascii_digit()) {
            return self.fail("a number without digits");
        }
        self.position += length;
        Ok(number)
    }

    /// Reads over white space and comments.
    fn skip(&mut self) -> Result<(), JsonError> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.position) {
                Some(b' ' | b'\t') => self.position += 1,
                Some(b'\n') => {
                    self.position += 1;
                    self.line = self.line.saturating_add(1);
                }
                Some(b'\r') => {
                    self.position += 1;
                    if bytes.get(self.position) != Some(&b'\n') {
                        self.line = self.line.saturating_add(1);
                    }
                }
                Some(b'/') => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self) -> Result<(), JsonError> {
        self.liberties.comment.get_or_insert(self.line);
        let rest = &self.text.as_bytes()[self.position..];
        if rest.starts_with(b"//") {
            self.position += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            return Ok(());
        }
        let Some(inner) = rest.strip_prefix(b"/*") else {
            return self.fail("no value begins here");
        };
        let Some(length) = memchr::memmem::find(inner, b"*/") else {
            return self.fail("a comment that is not closed");
        };
        let lines = memchr::memchr_iter(b'\n', &inner[..length]).count();
        self.line = self
            .line
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.position += length + 4;
        Ok(())
    }

    /// Reads a text in quotes, which begins here.
    fn string(&mut self) -> Result<Cow<'t, str>, JsonError> {
        let start = self.position + 1;
        let mut position = start;
        let mut decoded: Option<String> = None;
        let mut kept = start;
        loop {
            let rest = &self.text.as_bytes()[position..];
            let Some(length) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
                return self.fail("a text that is not closed");
            };
            position += length;
            match rest[length] {
                b'"' => break,
                b'\\' => {
                    let text = decoded.get_or_insert_default();
                    text.push_str(&self.text[kept..position]);
                    self.position = position + 1;
                    let character = self.escape()?;
                    text.push(character);
                    position = self.position;
                    kept = position;
                }
                _ => return self.fail("a text that is not closed on its line"),
            }
        }
        self.position = position + 1;
        let last = &self.text[kept..position];
        Ok(match decoded {
            None => Cow::Borrowed(last),
            Some(mut text) => {
                text.push_str(last);
                Cow::Owned(text)
            }
        })
    }

    /// Reads what stands after a backslash.
    fn escape(&mut self) -> Result<char, JsonError> {
        let character = match self.byte() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.position += 1;
                return self.unicode();
            }
            _ => return self.fail("an escape that JSON does not have"),
        };
        self.position += 1;
        Ok(character)
    }

    /// Reads the digits of `\uXXXX`, and the other half of a pair.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.four_digits()?;
        let is_high = (0xd800..0xdc00).contains(&first);
        if is_high && self.text.as_bytes()[self.position..].starts_with(b"\\u") {
            let before = self.position;
            self.position += 2;
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.position = before;
        }
        Ok(char::from_u32(first).unwrap_or_else(|| {
            self.liberties.half_surrogate.get_or_insert(self.line);
            char::REPLACEMENT_CHARACTER
        }))
    }

    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let bytes = self.text.as_bytes();
        let digits = bytes.get(self.position..self.position + 4);
        let code = digits.and_then(|digits| {
            digits.iter().try_fold(0, |code, digit| {
                Some(code * 16 + char::from(*digit).to_digit(16)?)
            })
        });
        match code {
            Some(code) => {
                self.position += 4;
                Ok(code)
            }
            None => self.fail("an escape without four digits"),
        }
    }
}
