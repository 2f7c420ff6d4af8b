//! Looks through bodies, types and values for the names that they use and for branches. Knows no declaration but that of local types.

use super::{
    tokens::{COMMA, DOT, GREATER, JavaTokens, Kind, LESS, after_angles},
    used_names::UsedNames,
};

/// Looks through the tokens from `at` to the one before `end`; gives the number of branches in them, by McCabe.
pub(super) fn look_through<'t>(
    tokens: &JavaTokens<'t>,
    names: &mut UsedNames<'t>,
    mut at: usize,
    end: usize,
) -> u32 {
    let mut branches = 0_u32;
    let mut before = Kind::Mark(b';');
    while at < end {
        let kind = tokens.kind(at);
        let mut next = at + 1;
        match kind {
            Kind::And | Kind::Or => branches += 1,
            Kind::Mark(b'?') if !is_wildcard(tokens, at, before) => branches += 1,
            Kind::Word if before != DOT && before != Kind::DoubleColon => {
                branches += u32::from(is_branch(tokens.text(at)));
                next = word(tokens, names, at).min(end);
            }
            _ => {}
        }
        before = tokens.kind(next - 1);
        at = next;
    }
    branches
}

/// Takes a word that begins something; gives the place behind what was looked at.
fn word<'t>(tokens: &JavaTokens<'t>, names: &mut UsedNames<'t>, at: usize) -> usize {
    let declares_type = matches!(tokens.text(at), "class" | "interface" | "enum" | "record")
        && tokens.kind(at + 1) == Kind::Word;
    if declares_type {
        names.declare(tokens.text(at + 1));
        return at + 2;
    }
    names.path(tokens, at)
}

/// Declares the names of type parameters that begin with `<`, and looks through their bounds; gives the place behind them.
pub(super) fn type_parameters<'t>(
    tokens: &JavaTokens<'t>,
    names: &mut UsedNames<'t>,
    at: usize,
) -> usize {
    let Some(end) = after_angles(tokens, at) else {
        return at + 1;
    };
    let mut depth = 0_usize;
    for place in at..end {
        match tokens.kind(place) {
            LESS => depth += 1,
            GREATER => depth -= 1,
            _ => {}
        }
        let begins = depth == 1 && matches!(tokens.kind(place), LESS | COMMA);
        if begins && tokens.kind(place + 1) == Kind::Word {
            names.declare(tokens.text(place + 1));
        }
    }
    look_through(tokens, names, at, end);
    end
}

/// Says whether a question mark stands for a type: `List<?>`, `Map<K, ? extends V>`.
fn is_wildcard(tokens: &JavaTokens<'_>, at: usize, before: Kind) -> bool {
    let after = tokens.kind(at + 1);
    let is_bound = after == Kind::Word && matches!(tokens.text(at + 1), "extends" | "super");
    matches!(before, LESS | COMMA) && (is_bound || matches!(after, GREATER | COMMA))
}

fn is_branch(word: &str) -> bool {
    matches!(word, "if" | "for" | "while" | "case" | "catch")
}
