//! Environment markers of PEP 508: syntax, and what is left of one when an extra is chosen. Does not evaluate environments.

use std::{collections::BTreeSet, fmt};

use synthesizer_model::dependency::normalize_distribution;

/// How deep parentheses may go.
const DEEPEST: usize = 32;

/// Why a text is no marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarkerError {
    /// A quote without its partner.
    #[error("a marker with an open quote")]
    OpenQuote,
    /// Something else than a variable, a text, an operator or a parenthesis.
    #[error("a marker that is not written by PEP 508")]
    Syntax,
    /// More nested parentheses than allowed.
    #[error("a marker with too many nested parentheses")]
    TooDeep,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    Variable(String),
    Text(String),
}

/// A condition on the environment, such as `python_version < "3.10"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(Node);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Comparison {
        left: Operand,
        operator: &'static str,
        right: Operand,
    },
    All(Vec<Node>),
    Any(Vec<Node>),
}

/// What is left of a marker once it is known which extra is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Residual {
    /// It holds in every environment.
    Always,
    /// It holds in no environment.
    Never,
    /// It holds where this holds.
    When(Marker),
}

impl Marker {
    /// Parses a marker.
    ///
    /// # Errors
    /// Says what is wrong with the text. Time and memory are linear in its length.
    pub fn parse(text: &str) -> Result<Self, MarkerError> {
        let tokens = tokens_of(text)?;
        let mut parser = Parser {
            tokens: &tokens,
            position: 0,
            depth: 0,
        };
        let node = parser.any()?;
        if parser.position == tokens.len() {
            Ok(Self(node))
        } else {
            Err(MarkerError::Syntax)
        }
    }

    /// Joins conditions that must all hold; `None` when there are none.
    pub fn all(markers: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut nodes: Vec<Node> = markers.into_iter().map(|marker| marker.0).collect();
        match nodes.len() {
            0 | 1 => nodes.pop().map(Self),
            _ => Some(Self(Node::All(nodes))),
        }
    }

    /// Names the extras that the marker compares with, as written, sorted.
    pub fn extras(&self) -> BTreeSet<String> {
        let mut extras = BTreeSet::new();
        self.0.collect_extras(&mut extras);
        extras
    }

    /// Gives what is left when this extra, or none, is asked for.
    pub fn with_extra(&self, extra: Option<&str>) -> Residual {
        match self.0.with_extra(extra.unwrap_or("")) {
            Truth::Always => Residual::Always,
            Truth::Never => Residual::Never,
            Truth::When(node) => Residual::When(Self(node)),
        }
    }
}

enum Truth {
    Always,
    Never,
    When(Node),
}

impl Node {
    fn collect_extras(&self, extras: &mut BTreeSet<String>) {
        match self {
            Self::Comparison { left, right, .. } => {
                if let Some((_, text)) = extra_and_text(left, right) {
                    extras.insert(text.to_owned());
                }
            }
            Self::All(nodes) | Self::Any(nodes) => {
                nodes.iter().for_each(|node| node.collect_extras(extras))
            }
        }
    }

    fn with_extra(&self, extra: &str) -> Truth {
        match self {
            Self::Comparison {
                left,
                operator,
                right,
            } => match compare_extra(left, operator, right, extra) {
                Some(true) => Truth::Always,
                Some(false) => Truth::Never,
                None => Truth::When(self.clone()),
            },
            Self::All(nodes) => {
                let mut kept = Vec::new();
                for node in nodes {
                    match node.with_extra(extra) {
                        Truth::Always => {}
                        Truth::Never => return Truth::Never,
                        Truth::When(node) => kept.push(node),
                    }
                }
                several(kept, Self::All, Truth::Always)
            }
            Self::Any(nodes) => {
                let mut kept = Vec::new();
                for node in nodes {
                    match node.with_extra(extra) {
                        Truth::Always => return Truth::Always,
                        Truth::Never => {}
                        Truth::When(node) => kept.push(node),
                    }
                }
                several(kept, Self::Any, Truth::Never)
            }
        }
    }
}

fn several(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node, none: Truth) -> Truth {
    match nodes.len() {
        0 => none,
        1 => nodes.pop().map_or(none, Truth::When),
        _ => Truth::When(join(nodes)),
    }
}

/// Gives whether the variable `extra` is on the left, and the text it is compared with.
fn extra_and_text<'a>(left: &'a Operand, right: &'a Operand) -> Option<(bool, &'a str)> {
    match (left, right) {
        (Operand::Variable(name), Operand::Text(text)) if name == "extra" => Some((true, text)),
        (Operand::Text(text), Operand::Variable(name)) if name == "extra" => Some((false, text)),
        _ => None,
    }
}

/// Decides a comparison with `extra`; names are compared normalised (PEP 685).
fn compare_extra(left: &Operand, operator: &str, right: &Operand, extra: &str) -> Option<bool> {
    let (_, text) = extra_and_text(left, right)?;
    let equal = normalize_distribution(text) == normalize_distribution(extra);
    match operator {
        "==" | "===" => Some(equal),
        "!=" => Some(!equal),
        _ => None,
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_node(&self.0, false, formatter)
    }
}

fn write_node(node: &Node, inside_all: bool, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match node {
        Node::Comparison {
            left,
            operator,
            right,
        } => {
            write_operand(left, formatter)?;
            write!(formatter, " {operator} ")?;
            write_operand(right, formatter)
        }
        Node::All(nodes) => write_joined(nodes, " and ", true, formatter),
        Node::Any(nodes) if inside_all => {
            formatter.write_str("(")?;
            write_joined(nodes, " or ", false, formatter)?;
            formatter.write_str(")")
        }
        Node::Any(nodes) => write_joined(nodes, " or ", false, formatter),
    }
}

fn write_joined(
    nodes: &[Node],
    word: &str,
    inside_all: bool,
    formatter: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            formatter.write_str(word)?;
        }
        write_node(node, inside_all, formatter)?;
    }
    Ok(())
}

fn write_operand(operand: &Operand, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match operand {
        Operand::Variable(name) => formatter.write_str(name),
        Operand::Text(text) if text.contains('"') => write!(formatter, "'{text}'"),
        Operand::Text(text) => write!(formatter, "\"{text}\""),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Operator(&'static str),
    Open,
    Close,
}

/// Longer operators come before their prefixes.
const OPERATORS: &[&str] = &["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

fn tokens_of(text: &str) -> Result<Vec<Token>, MarkerError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '"' | '\'' => {
                let end = rest[1..].find(first).ok_or(MarkerError::OpenQuote)?;
                (Token::Text(rest[1..=end].to_owned()), end + 2)
            }
            letter if letter.is_ascii_alphabetic() || letter == '_' => {
                let end = rest
                    .find(|other: char| {
                        !(other.is_ascii_alphanumeric() || matches!(other, '_' | '.'))
                    })
                    .unwrap_or(rest.len());
                (Token::Word(rest[..end].to_owned()), end)
            }
            _ => {
                let operator = OPERATORS
                    .iter()
                    .find(|operator| rest.starts_with(**operator));
                let operator = operator.ok_or(MarkerError::Syntax)?;
                (Token::Operator(operator), operator.len())
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    position: usize,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Node, MarkerError> {
        let mut nodes = vec![self.every()?];
        while self.word("or") {
            nodes.push(self.every()?);
        }
        Ok(single_or(nodes, Node::Any))
    }

    fn every(&mut self) -> Result<Node, MarkerError> {
        let mut nodes = vec![self.condition()?];
        while self.word("and") {
            nodes.push(self.condition()?);
        }
        Ok(single_or(nodes, Node::All))
    }

    fn condition(&mut self) -> Result<Node, MarkerError> {
        if self.tokens.get(self.position) != Some(&Token::Open) {
            return self.comparison();
        }
        if self.depth == DEEPEST {
            return Err(MarkerError::TooDeep);
        }
        self.position += 1;
        self.depth += 1;
        let node = self.any()?;
        self.depth -= 1;
        match self.next() {
            Some(Token::Close) => Ok(node),
            _ => Err(MarkerError::Syntax),
        }
    }

    fn comparison(&mut self) -> Result<Node, MarkerError> {
        let left = self.operand()?;
        let operator = self.operator()?;
        let right = self.operand()?;
        Ok(Node::Comparison {
            left,
            operator,
            right,
        })
    }

    fn operand(&mut self) -> Result<Operand, MarkerError> {
        match self.next() {
            Some(Token::Word(name)) if !matches!(name.as_str(), "and" | "or" | "in" | "not") => {
                Ok(Operand::Variable(name.clone()))
            }
            Some(Token::Text(text)) => Ok(Operand::Text(text.clone())),
            _ => Err(MarkerError::Syntax),
        }
    }

    fn operator(&mut self) -> Result<&'static str, MarkerError> {
        if self.word("in") {
            return Ok("in");
        }
        if self.word("not") {
            return if self.word("in") {
                Ok("not in")
            } else {
                Err(MarkerError::Syntax)
            };
        }
        match self.next() {
            Some(Token::Operator(operator)) => Ok(operator),
            _ => Err(MarkerError::Syntax),
        }
    }

    fn next(&mut self) -> Option<&Token> {
        let token = self.tokens.get(self.position);
        self.position += 1;
        token
    }

    fn word(&mut self, expected: &str) -> bool {
        let found =
            matches!(self.tokens.get(self.position), Some(Token::Word(word)) if word == expected);
        self.position += usize::from(found);
        found
    }
}

fn single_or(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() > 1 {
        return join(nodes);
    }
    nodes
        .pop()
        .expect("the parser pushes a first node before it looks for more")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, extra: Option<&str>, expected: &str) {
        let marker = Marker::parse(text).expect("a marker");
        let left = match marker.with_extra(extra) {
            Residual::Always => "always".to_owned(),
            Residual::Never => "never".to_owned(),
            Residual::When(marker) => marker.to_string(),
        };
        assert_eq!(left, expected, "{text} with {extra:?}");
    }

    #[test]
    fn choosing_an_extra_leaves_the_rest() {
        check("extra == 'socks'", Some("socks"), "always");
        check("extra == 'socks'", None, "never");
        check("\"use_chardet\" == extra", Some("Use-Chardet"), "always");
        check(
            "python_version<'3.8' and extra=='x'",
            Some("x"),
            "python_version < \"3.8\"",
        );
        check(
            "(os_name == 'nt' or sys_platform == 'w') and extra == 'x'",
            Some("x"),
            "os_name == \"nt\" or sys_platform == \"w\"",
        );
        check(
            "os_name == 'nt' and (extra == 'x' or extra == 'y')",
            Some("y"),
            "os_name == \"nt\"",
        );
        check(
            "python_version < '3' or extra == 'x'",
            None,
            "python_version < \"3\"",
        );
        check("python_version < '3' or extra == 'x'", Some("x"), "always");
        check(
            "(a == '1' or b == '2') and c not in 'z' and extra != 'x'",
            None,
            "(a == \"1\" or b == \"2\") and c not in \"z\"",
        );
        check(
            "platform_version == 'say \"x\"'",
            None,
            "platform_version == 'say \"x\"'",
        );
    }

    #[test]
    fn what_is_no_marker_is_refused() {
        for (text, expected) in [
            ("", MarkerError::Syntax),
            ("python_version", MarkerError::Syntax),
            ("python_version < '3", MarkerError::OpenQuote),
            ("python_version < '3' and", MarkerError::Syntax),
            ("os_name not 'nt'", MarkerError::Syntax),
            ("é == 'x'", MarkerError::Syntax),
            ("(a == 'b'", MarkerError::Syntax),
            ("a == 'b')", MarkerError::Syntax),
        ] {
            assert_eq!(Marker::parse(text), Err(expected), "{text}");
        }
        let deep = format!("{}a == 'b'{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(Marker::parse(&deep), Err(MarkerError::TooDeep));
    }
}
