//! Finds the function that a declaration is about, if it is about one. Knows neither scopes nor visibility.

use super::{
    outline::Item,
    tokens::{Kind, Token},
    words,
};

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a, 't> {
    /// The declaration.
    pub(super) items: &'a [Item<'t>],
    /// Its tokens.
    pub(super) tokens: &'a [Token],
    /// The text.
    pub(super) text: &'t str,
    /// Whether a body follows.
    pub(super) has_body: bool,
    /// Whether the language is C++.
    pub(super) is_cplusplus: bool,
    /// The name of the type whose member it is; empty for one without a name.
    pub(super) member_of: Option<&'a str>,
}

/// The name of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FunctionName<'t> {
    /// What it belongs to, outermost first.
    pub(super) qualifiers: Vec<&'t str>,
    /// Its own name.
    pub(super) name: String,
    /// How many items stand before it.
    pub(super) before: usize,
}

/// Finds the function. Of several words with parentheses behind them it is the first that has a type before it, and behind it nothing
/// but what may stand behind parameters: the others are macros.
pub(super) fn find<'t>(question: Question<'_, 't>) -> Option<FunctionName<'t>> {
    let items = question.items;
    let end = head_end(items);
    (1..end)
        .filter(|place| matches!(items[*place], Item::Parens(..)))
        .find_map(|place| candidate(question, place, end))
        .or_else(|| returning_pointer(question, end))
}

/// Gives how many tokens the head of a function in the style before C89 has, when the tokens are one and the declaration of a parameter:
/// `int name(a, b) int a`.
pub(super) fn old_style_head(tokens: &[Token], text: &str) -> Option<usize> {
    let open = tokens.iter().position(|token| token.is(b'('))?;
    let close = open + 1 + tokens[open + 1..].iter().position(|token| token.is(b')'))?;
    let name = tokens.get(open.checked_sub(1)?)?;
    let is_name = name.kind == Kind::Word
        && !words::is_keyword(name.text(text))
        && !words::is_macro_like(name.text(text));
    let names = &tokens[open + 1..close];
    let are_names = !names.is_empty()
        && names
            .iter()
            .enumerate()
            .all(|(place, token)| match place % 2 {
                0 => token.kind == Kind::Word && !words::is_keyword(token.text(text)),
                _ => token.is(b','),
            });
    let behind = tokens.get(close + 1..)?;
    let [first, .., last] = behind else {
        return None;
    };
    // `FILE *file` declares a parameter, `ATTRIBUTE(1)` does not.
    let is_macro = behind.get(1).is_some_and(|second| second.is(b'('));
    let declares = first.kind == Kind::Word
        && !is_macro
        && !first.text(text).starts_with("__")
        && matches!(last.kind, Kind::Word | Kind::Mark(b']' | b')'));
    let has_value = behind.iter().any(|token| token.is(b'='));
    (is_name && are_names && declares && !has_value).then_some(close + 1)
}

/// Where the head ends: before a value, a result type behind an arrow, initialisers of members, a body.
pub(super) fn head_end(items: &[Item<'_>]) -> usize {
    let mut has_group = false;
    for (place, item) in items.iter().enumerate() {
        match item {
            Item::Parens(..) => has_group = true,
            Item::Mark(b'=') => return place,
            Item::Mark(b':') | Item::Arrow if has_group => return place,
            _ => {}
        }
    }
    items.len()
}

fn candidate<'t>(question: Question<'_, 't>, place: usize, end: usize) -> Option<FunctionName<'t>> {
    let items = question.items;
    let Item::Parens(from, to) = items[place] else {
        return None;
    };
    if declares_pointer(items, place, question.tokens) {
        return None; // `int (*name)(int)`
    }
    let found = name_before(question, place)?;
    let rest = &items[place + 1..end];
    if !is_trailing(rest) {
        return None;
    }
    let before = &items[..found.before];
    let is_operator = found.name.starts_with("operator") && question.is_cplusplus;
    let is_special = match question.member_of {
        Some(member_of) => found.name == member_of || found.name.starts_with('~') || is_operator,
        None => !found.qualifiers.is_empty() || is_operator,
    };
    if is_special {
        return Some(found);
    }
    let has_type = before.iter().any(is_type_part);
    if !has_type {
        // A function of C without a type gives `int`; in capitals it is a macro that defines something.
        let is_old =
            question.has_body && !words::is_macro_like(&found.name) && question.member_of.is_none();
        return (is_old && !before.contains(&Item::Mark(b'='))).then_some(found);
    }
    if question.has_body {
        return Some(found);
    }
    let is_annotation = words::is_macro_like(&found.name)
        && matches!(before, [.., type_part, Item::Word(name)] if !words::is_keyword(name) && !words::is_macro_like(name) && is_type_part(type_part));
    let is_variable =
        question.is_cplusplus && looks_like_arguments(&question.tokens[from.min(to)..to]);
    (!is_annotation && !is_variable).then_some(found)
}

/// The name that ends before the item at `place`, with its qualifiers.
fn name_before<'t>(question: Question<'_, 't>, place: usize) -> Option<FunctionName<'t>> {
    let items = question.items;
    let mut at = place.checked_sub(1)?;
    if let (Item::Word(word), Item::Parens(from, _)) = (items[at], items[place])
        && (words::is_macro_like(word) || word.starts_with('_'))
        && at > 1
        && question
            .tokens
            .get(from)
            .is_some_and(|token| token.is(b'('))
    {
        at -= 1; // `int name P_((int))`, from when parameters could be left out
    }
    if items[at] == Item::Angles {
        at = at.checked_sub(1)?;
    }
    let mut name = match items[at] {
        Item::Word(word) if !words::is_keyword(word) => word.to_owned(),
        Item::Operator(written) => operator_name(written),
        // `(name)(parameters)`, so that no macro of the same name is expanded.
        Item::Parens(from, to) if from + 1 == to && at > 0 => {
            let inner = question
                .tokens
                .get(from)
                .filter(|token| token.kind == Kind::Word)?;
            inner.text(question.text).to_owned()
        }
        _ => return None,
    };
    if at > 0 && items[at - 1] == Item::Mark(b'~') {
        name.insert(0, '~');
        at -= 1;
    }
    let (qualifiers, before) = qualifiers(items, at);
    Some(FunctionName {
        qualifiers,
        name,
        before,
    })
}

/// The names joined with `::` before the item at `at`, and how many items stand before them.
pub(super) fn qualifiers<'t>(items: &[Item<'t>], mut at: usize) -> (Vec<&'t str>, usize) {
    let mut qualifiers = Vec::new();
    while at > 0 && items[at - 1] == Item::Scope {
        let mut before = at - 1;
        if before > 0 && items[before - 1] == Item::Angles {
            before -= 1;
        }
        match before.checked_sub(1).map(|place| items[place]) {
            Some(Item::Word(word)) if !words::is_keyword(word) => {
                qualifiers.push(word);
                at = before - 1;
            }
            _ => {
                at -= 1;
                break;
            }
        }
    }
    qualifiers.reverse();
    (qualifiers, at)
}

/// Says whether items may stand between parameters and the end.
fn is_trailing(items: &[Item<'_>]) -> bool {
    let mut after_word = false;
    for item in items {
        match item {
            Item::Word("requires") | Item::Mark(b',') => return true,
            Item::Word(word) if words::is_trailing(word) => after_word = true,
            Item::Parens(..) if after_word => after_word = false,
            Item::Mark(b'&') | Item::Literal | Item::Brackets => {}
            _ => return false,
        }
    }
    true
}

/// Says whether an item before a name can be its type.
pub(super) fn is_type_part(item: &Item<'_>) -> bool {
    match item {
        Item::Word(word) => !words::is_specifier(word) && *word != "typename",
        Item::Angles | Item::Braces | Item::Parens(..) => true,
        _ => false,
    }
}

/// Says whether the parentheses at a place hold the name of a pointer: `(*name)(int)`, `(API *name)(int)`, `(*name)[2]`.
pub(super) fn declares_pointer(items: &[Item<'_>], place: usize, tokens: &[Token]) -> bool {
    let Item::Parens(from, _) = items[place] else {
        return false;
    };
    if !matches!(
        items.get(place + 1),
        Some(Item::Parens(..) | Item::Brackets)
    ) {
        return false;
    }
    let is_pointer = |place: usize| {
        tokens.get(place).is_some_and(|token| {
            token.is(b'*') || token.is(b'^') || token.is(b'&') || token.kind == Kind::And
        })
    };
    let second = tokens.get(from + 1).map(|token| token.kind);
    is_pointer(from)
        || (second == Some(Kind::Scope) && is_pointer(from + 2))
        || (tokens
            .get(from)
            .is_some_and(|token| token.kind == Kind::Word)
            && is_pointer(from + 1))
}

/// `void (*signal(int number, void (*handler)(int)))(int)`
fn returning_pointer<'t>(question: Question<'_, 't>, end: usize) -> Option<FunctionName<'t>> {
    let items = question.items;
    let place = (1..end.saturating_sub(1))
        .find(|place| declares_pointer(items, *place, question.tokens))?;
    let Item::Parens(from, to) = items[place] else {
        return None;
    };
    let inner = question.tokens.get(from..to)?;
    let name = inner.windows(2).find_map(|pair| match pair {
        [name, open] if name.kind == Kind::Word && open.is(b'(') => Some(name.text(question.text)),
        _ => None,
    })?;
    (!words::is_keyword(name)).then(|| FunctionName {
        qualifiers: Vec::new(),
        name: name.to_owned(),
        before: place,
    })
}

/// Says whether what stands in parentheses gives values, not parameters: `Lock lock(mutex.get(), 1);`
fn looks_like_arguments(tokens: &[Token]) -> bool {
    let Some(first) = tokens.first() else {
        return false;
    };
    let is_value = |token: &Token| {
        matches!(token.kind, Kind::Number | Kind::Text | Kind::Character)
            || token.is(b'&')
            || token.is(b'*')
            || token.is(b'-')
            || token.is(b'!')
    };
    if is_value(first) {
        return true;
    }
    tokens.windows(2).any(|pair| {
        let [left, right] = pair else {
            return false;
        };
        (left.is(b',') && is_value(right))
            || left.kind == Kind::Arrow
            || (left.is(b'.') && right.kind == Kind::Word && left.depth == first.depth)
    }) && !tokens.iter().any(|token| token.is(b'='))
}

/// `operator ==` is `operator==`, `operator   bool` is `operator bool`.
fn operator_name(written: &str) -> String {
    let mut name = String::with_capacity(written.len());
    for part in written.split_whitespace() {
        let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        if is_word(name.chars().last()) && is_word(part.chars().next()) {
            name.push(' ');
        }
        name.push_str(part);
    }
    name
}
