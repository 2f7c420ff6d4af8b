//! One declaration as a short list of items: words, and groups in brackets as one item each. Attributes are left out. Decides nothing.

use super::tokens::{Kind, Token};

/// A part of a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item<'t> {
    /// A name or keyword.
    Word(&'t str),
    /// The name of an operator: `operator==`, `operator bool`; as written.
    Operator(&'t str),
    /// `::`
    Scope,
    /// Something in parentheses: the tokens inside.
    Parens(usize, usize),
    /// Something in square brackets.
    Brackets,
    /// Template arguments.
    Angles,
    /// A body that was left out.
    Braces,
    /// `->`
    Arrow,
    /// A literal.
    Literal,
    /// Any other character; `&&` is `&`.
    Mark(u8),
}

/// Words that take a group in parentheses and say nothing about the declaration.
const ATTRIBUTES: &[&str] = &[
    "_Alignas",
    "__asm",
    "__asm__",
    "__attribute",
    "__attribute__",
    "__declspec",
    "__pragma",
    "_Pragma",
    "alignas",
    "asm",
    "explicit",
    "noexcept",
    "throw",
];

/// Words that with a group in parentheses are a type.
const COMPUTED_TYPES: &[&str] = &[
    "_Atomic",
    "_BitInt",
    "__typeof",
    "__typeof__",
    "decltype",
    "typeof",
    "typeof_unqual",
];

/// Makes the list. Tokens inside brackets may have been left out, but not the brackets around them at depth 0.
pub(super) fn outline<'t>(tokens: &[Token], text: &'t str, has_templates: bool) -> Vec<Item<'t>> {
    let mut items = Vec::with_capacity(tokens.len().min(64));
    let mut at = 0;
    // One pair of angle brackets that does not close says that they are comparisons.
    let mut has_angles = has_templates;
    while let Some(token) = tokens.get(at) {
        let next = at + 1;
        at = match token.kind {
            Kind::Word => word(tokens, at, text, has_templates, &mut items),
            Kind::Mark(b'(') => {
                let end = group_end(tokens, at);
                items.push(Item::Parens(next, end));
                end + 1
            }
            Kind::Mark(b'[') => {
                let is_attribute = tokens.get(next).is_some_and(|inner| inner.is(b'['));
                if !is_attribute {
                    items.push(Item::Brackets);
                }
                group_end(tokens, at) + 1
            }
            Kind::Mark(b'<') if has_angles && follows_name(&items) => {
                match angles_end(tokens, at) {
                    Some(end) => {
                        items.push(Item::Angles);
                        end + 1
                    }
                    None => {
                        has_angles = false;
                        items.push(Item::Mark(b'<'));
                        next
                    }
                }
            }
            Kind::Mark(mark) => {
                items.push(Item::Mark(mark));
                next
            }
            Kind::And => {
                items.push(Item::Mark(b'&'));
                next
            }
            Kind::Number | Kind::Text | Kind::Character => {
                items.push(Item::Literal);
                next
            }
            Kind::Scope => {
                items.push(Item::Scope);
                next
            }
            Kind::Arrow => {
                items.push(Item::Arrow);
                next
            }
            Kind::Braces => {
                items.push(Item::Braces);
                next
            }
            Kind::Or | Kind::Comparison | Kind::Directive | Kind::End => next,
        };
    }
    items
}

/// Takes a word, and what belongs to it; gives the place behind.
fn word<'t>(
    tokens: &[Token],
    at: usize,
    text: &'t str,
    has_templates: bool,
    items: &mut Vec<Item<'t>>,
) -> usize {
    let word = tokens[at].text(text);
    let next = at + 1;
    let takes_group = tokens.get(next).is_some_and(|token| token.is(b'('));
    if word == "operator" && has_templates {
        let end = operator_end(tokens, next);
        let last = tokens[end - 1].end as usize;
        let name = text.get(tokens[at].start as usize..last).unwrap_or(word);
        items.push(Item::Operator(name));
        return end;
    }
    if ATTRIBUTES.contains(&word) {
        return if takes_group {
            group_end(tokens, next) + 1
        } else {
            next
        };
    }
    items.push(Item::Word(word));
    if takes_group && COMPUTED_TYPES.contains(&word) {
        return group_end(tokens, next) + 1;
    }
    next
}

/// Gives the place behind the name of an operator that begins at `at`: `==`, `()`, `[]`, `new[]`, `bool`, `""_x`.
fn operator_end(tokens: &[Token], at: usize) -> usize {
    let is = |place: usize, mark: u8| tokens.get(place).is_some_and(|token| token.is(mark));
    if is(at, b'(') && is(at + 1, b')') {
        return at + 2;
    }
    let mut end = at;
    while tokens.get(end).is_some() && !is(end, b'(') {
        end += 1;
    }
    end
}

/// Gives the place of the bracket that closes the one at `at`, or the last place.
fn group_end(tokens: &[Token], at: usize) -> usize {
    let depth = tokens[at].depth;
    tokens
        .iter()
        .enumerate()
        .skip(at + 1)
        .find(|(_, token)| token.depth <= depth && matches!(token.kind, Kind::Mark(b')' | b']')))
        .map_or(tokens.len(), |(place, _)| place)
}

/// Gives the place of the angle bracket that closes the one at `at`.
fn angles_end(tokens: &[Token], at: usize) -> Option<usize> {
    let depth = tokens[at].depth;
    let mut open = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        if token.depth != depth {
            continue;
        }
        match token.kind {
            Kind::Mark(b'<') => open += 1,
            Kind::Mark(b'>') => {
                open -= 1;
                if open == 0 {
                    return Some(place);
                }
            }
            Kind::Mark(b';' | b'=') | Kind::Braces => return None,
            _ => {}
        }
    }
    None
}

fn follows_name(items: &[Item<'_>]) -> bool {
    matches!(items.last(), Some(Item::Word(_) | Item::Operator(_)))
}
