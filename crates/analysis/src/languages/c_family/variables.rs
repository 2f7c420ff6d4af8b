//! The names that a declaration gives to variables and, behind `typedef`, to types. Knows no function.

use synthesizer_model::code::SymbolKind;

use super::{
    declarations::{Found, has_word, is_linked},
    functions::{declares_pointer, is_type_part, qualifiers},
    outline::Item,
    scanner::Scanner,
    symbols::Shows,
    tokens::{Kind, Token},
    words,
};

/// Lists the names behind `typedef`.
pub(super) fn type_names<'t>(items: &[Item<'t>], tokens: &[Token], text: &'t str) -> Vec<&'t str> {
    // Behind a body stand the names alone.
    let after = items
        .iter()
        .rposition(|item| *item == Item::Braces)
        .map(|place| &items[place + 1..]);
    after
        .unwrap_or(items)
        .split(|item| *item == Item::Mark(b','))
        .filter_map(|part| declarator(part, tokens, text, after.is_some()))
        .map(|(name, _)| name)
        .filter(|name| !words::is_keyword(name))
        .collect()
}

/// The name in one declarator and its place. `alone` where no type stands before it.
fn declarator<'t>(
    part: &[Item<'t>],
    tokens: &[Token],
    text: &'t str,
    alone: bool,
) -> Option<(&'t str, usize)> {
    for (place, item) in part.iter().enumerate() {
        let Item::Parens(from, to) = *item else {
            continue;
        };
        let inner = tokens.get(from..to).unwrap_or_default();
        if declares_pointer(part, place, tokens) {
            let base = inner.first()?.depth;
            let name = inner
                .iter()
                .take_while(|token| !token.is(b'('))
                .filter(|token| token.kind == Kind::Word && token.depth == base)
                .map(|token| token.text(text))
                .filter(|word| !words::is_keyword(word))
                .last()?;
            return Some((name, place));
        }
        // `int (name)(int)`
        if let ([only], Some(Item::Parens(..))) = (inner, part.get(place + 1))
            && only.kind == Kind::Word
        {
            return Some((only.text(text), place));
        }
        // `LIST_OF(type) name`: what has the parentheses is a macro that gives the type.
        let names_follow = part[place + 1..]
            .iter()
            .any(|item| matches!(item, Item::Word(word) if !words::is_trailing(word)));
        if names_follow {
            continue;
        }
        // `int name(int)`, or the variable of `Type name(1)`; a macro with arguments stands behind the name.
        let before = part.get(..place)?;
        let Some(Item::Word(name)) = before.last() else {
            continue;
        };
        if !words::is_macro_like(name) || before.len() < 2 {
            return Some((name, place - 1));
        }
        return declarator(&before[..before.len() - 1], tokens, text, alone);
    }
    let word = |place: usize| match part[place] {
        Item::Word(word) => Some(word),
        _ => None,
    };
    let last = (0..part.len()).rev().find(|place| word(*place).is_some())?;
    let name = word(last)?;
    let before = last.checked_sub(1).and_then(word);
    let is_behind_name = words::is_macro_like(name)
        && before.is_some_and(|before| {
            let is_tag =
                last >= 2 && matches!(word(last - 2), Some(key) if words::is_type_key(key));
            let has_type = alone || part[..last - 1].iter().any(is_type_part);
            !words::is_keyword(before) && !words::is_macro_like(before) && !is_tag && has_type
        });
    if is_behind_name {
        return before.map(|before| (before, last - 1));
    }
    Some((name, last))
}

/// Lists the variables of a declaration that are worth a definition: those of files and namespaces, and constants of types.
pub(super) fn declared(
    scanner: &Scanner<'_>,
    items: &[Item<'_>],
    tokens: &[Token],
    exported: bool,
) -> Vec<Found> {
    let has_value = items.contains(&Item::Mark(b'='));
    let in_type = scanner.state.enclosing_type().is_some();
    // Behind the body of a type that has a name stand names alone; none of what is before it is one.
    let body = items
        .iter()
        .position(|item| *item == Item::Braces)
        .filter(|_| scanner.state.statement.defined_type.is_some());
    let names = &items[body.map_or(0, |place| place + 1)..];
    let end = names
        .iter()
        .position(|item| matches!(item, Item::Mark(b'=' | b':')))
        .unwrap_or(names.len());
    let names = &names[..end];
    let items = &items[..items.len().min(body.map_or(0, |place| place + 1) + end)];
    let is_constant = has_word(items, "const") || has_word(items, "constexpr");
    if in_type && !(has_word(items, "static") && is_constant) {
        return Vec::new();
    }
    let is_foreign = has_word(items, "extern") && !has_value;
    if (is_foreign && !scanner.dialect.is_header)
        || items.contains(&Item::Arrow)
        || is_forward(items)
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (number, part) in names.split(|item| *item == Item::Mark(b',')).enumerate() {
        let alone = body.is_some() || number > 0;
        let Some((name, place)) = declarator(part, tokens, scanner.text, alone) else {
            continue;
        };
        let (outer, before) = qualifiers(part, place);
        let has_type = alone || part[..before].iter().any(is_type_part);
        if !has_type || words::is_keyword(name) {
            if number == 0 {
                break; // No declaration: the call of a macro, a label.
            }
            continue;
        }
        let is_elsewhere = !outer.is_empty() && !in_type;
        let is_internal = scanner.dialect.is_cplusplus
            && !scanner.dialect.is_header
            && is_constant
            && is_itself_constant(items)
            && !has_word(items, "extern")
            && !has_word(items, "inline");
        let mut full = String::new();
        for outer in outer {
            full.push_str(outer);
            full.push('.');
        }
        full.push_str(name);
        found.push(Found {
            name: full,
            kind: SymbolKind::Constant,
            public: if in_type {
                scanner.state.is_visible()
            } else {
                !is_elsewhere && !is_internal && is_linked(scanner, items, exported)
            },
            shows: match (is_elsewhere, is_foreign) {
                (true, _) => Shows::DefinitionElsewhere,
                (false, true) => Shows::Declaration,
                (false, false) => Shows::Definition,
            },
        });
    }
    found
}

/// `struct x;`, `class API X;`: a type without its body, and no variable.
fn is_forward(items: &[Item<'_>]) -> bool {
    let mut words = Vec::new();
    for item in items {
        match item {
            Item::Word(word) if words::is_specifier(word) => {}
            Item::Word(word) => words.push(*word),
            Item::Parens(..) | Item::Angles | Item::Scope => {}
            _ => return false,
        }
    }
    let [key, rest @ ..] = words.as_slice() else {
        return false;
    };
    let rest = match rest {
        ["class" | "struct", rest @ ..] => rest,
        rest => rest,
    };
    words::is_type_key(key)
        && match rest {
            [] | [_] => true,
            [first, _] => words::is_macro_like(first),
            _ => items.contains(&Item::Scope),
        }
}

/// Says whether it is the variable that is constant, not what it points to.
fn is_itself_constant(items: &[Item<'_>]) -> bool {
    let star = items.iter().rposition(|item| *item == Item::Mark(b'*'));
    star.is_none_or(|star| has_word(&items[star..], "const")) || has_word(items, "constexpr")
}
