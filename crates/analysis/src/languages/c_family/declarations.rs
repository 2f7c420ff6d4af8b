//! What a declaration defines, from its words: functions, types, constants, namespaces, modules; and who can use it.
//!
//! Public is what other files can use: in a header everything that is not in an unnamed namespace and not private; in a module what it
//! exports; in a source file functions and variables that the linker shows. A member that is defined outside of its type counts as
//! its declaration does, and as not public where that is in another file: the header tells it already.

use synthesizer_model::{
    code::{ImportForm, SymbolKind},
    text::ByteRange,
};

use super::{
    functions::{self, FunctionName, Question},
    outline::{Item, outline},
    scanner::Scanner,
    state::ScopeKind,
    symbols::Shows,
    tokens::{Kind, Token},
    variables, words,
};

/// Something that a declaration defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its name, with what it is written to belong to.
    pub(super) name: String,
    /// Its kind.
    pub(super) kind: SymbolKind,
    /// Whether other files can use it.
    pub(super) public: bool,
    /// How much of it is there.
    pub(super) shows: Shows,
}

/// What an opening brace begins.
#[derive(Debug)]
pub(super) enum Opening {
    /// A value; the declaration goes on behind it.
    Continues,
    /// Something of no interest that ends the declaration.
    Nothing,
    /// The body of a function.
    Function(Found),
    /// A namespace or a block that changes how things are declared.
    Scope(ScopeHead),
    /// The body of a type.
    Type(TypeHead),
}

/// The head of a namespace or block.
#[derive(Debug)]
pub(super) struct ScopeHead {
    pub(super) kind: ScopeKind,
    pub(super) name: String,
    /// Whether it has a name that is worth a definition.
    pub(super) defines: bool,
    /// Whether its name is left out of the names in it (`inline namespace`).
    pub(super) is_transparent: bool,
    pub(super) public: bool,
    pub(super) visible: bool,
    pub(super) exported: bool,
}

/// The head of a type.
#[derive(Debug)]
pub(super) struct TypeHead {
    pub(super) name: Option<String>,
    pub(super) kind: SymbolKind,
    pub(super) public: bool,
    pub(super) is_enumeration: bool,
    pub(super) members_are_public: bool,
}

/// Says what access `public:` and its likes give, if the tokens before a colon are one of them.
pub(super) fn access_label(tokens: &[Token], text: &str) -> Option<bool> {
    let word = |place: usize| {
        let token = tokens.len().checked_sub(place).map(|place| tokens[place])?;
        (token.kind == Kind::Word && token.depth == 0).then(|| token.text(text))
    };
    let access = |word: &str| match word {
        "public" | "protected" => Some(true),
        "private" => Some(false),
        _ => None,
    };
    match word(1)? {
        "slots" | "Q_SLOTS" => access(word(2)?),
        "signals" | "Q_SIGNALS" => Some(true),
        last => access(last),
    }
}

/// Decides what an opening brace behind the scanner's statement begins.
pub(super) fn opening(scanner: &Scanner<'_>) -> Opening {
    let statement = &scanner.state.statement;
    let tokens = &statement.tokens;
    // What stands before a body that was left out is another declaration whose end a macro hides.
    let from = tokens
        .iter()
        .rposition(|token| token.kind == Kind::Braces && token.depth == 0)
        .filter(|_| !statement.has_initializers)
        .map_or(0, |place| place + 1);
    let tokens = &tokens[from..];
    let items = outline(tokens, scanner.text, scanner.dialect.is_cplusplus);
    let exported = items.first() == Some(&Item::Word("export"));
    let items = &items[usize::from(exported)..];
    match items {
        [] if exported => return Opening::Scope(block(scanner, true)),
        [] => return Opening::Nothing,
        [.., Item::Word("extern"), Item::Literal] => {
            return Opening::Scope(block(scanner, exported));
        }
        [.., Item::Word("requires")] | [.., Item::Word("requires"), Item::Parens(..)] => {
            return Opening::Continues;
        }
        _ => {}
    }
    if let Some(place) = items
        .iter()
        .position(|item| *item == Item::Word("namespace"))
    {
        return Opening::Scope(namespace(scanner, items, place, exported));
    }
    if let Some(head) = type_head(scanner, items, exported) {
        return Opening::Type(head);
    }
    if let Some(found) = function(scanner, items, tokens, true, exported) {
        return Opening::Function(found);
    }
    let is_value = items.len() > 1 && !items.iter().any(|item| matches!(item, Item::Parens(..)));
    if is_value {
        Opening::Continues
    } else {
        Opening::Nothing
    }
}

fn block(scanner: &Scanner<'_>, exported: bool) -> ScopeHead {
    ScopeHead {
        kind: ScopeKind::Block,
        name: String::new(),
        defines: false,
        is_transparent: true,
        public: false,
        visible: scanner.state.is_visible(),
        exported,
    }
}

fn namespace(scanner: &Scanner<'_>, items: &[Item<'_>], place: usize, exported: bool) -> ScopeHead {
    let mut name = String::new();
    let mut joins = false;
    for item in &items[place + 1..] {
        match item {
            Item::Scope => joins = true,
            Item::Word("inline") => {}
            Item::Word(word) => {
                // A word that is not joined to the one before is a macro or its successor.
                if joins && !name.is_empty() {
                    name.push('.');
                } else {
                    name.clear();
                }
                name.push_str(word);
                joins = false;
            }
            _ => {}
        }
    }
    let is_inline = place > 0 && items[place - 1] == Item::Word("inline");
    let visible = scanner.state.is_visible() && !name.is_empty();
    ScopeHead {
        kind: ScopeKind::Namespace,
        defines: !name.is_empty() && !is_inline,
        is_transparent: is_inline,
        public: visible && is_shown_type(scanner, exported),
        visible,
        exported,
        name,
    }
}

/// Says whether other files can see a type, an alias or a namespace by the kind of this file.
fn is_shown_type(scanner: &Scanner<'_>, exported: bool) -> bool {
    if scanner.dialect.is_module {
        exported || scanner.state.is_exported() || scanner.state.enclosing_type().is_some()
    } else {
        scanner.dialect.is_header
    }
}

fn type_head(scanner: &Scanner<'_>, items: &[Item<'_>], exported: bool) -> Option<TypeHead> {
    let place = items
        .iter()
        .position(|item| matches!(item, Item::Word(word) if words::is_type_key(word)))?;
    let Item::Word(key) = items[place] else {
        return None;
    };
    let after = &items[place + 1..];
    let end = after
        .iter()
        .position(|item| *item == Item::Mark(b':'))
        .unwrap_or(after.len());
    let after = &after[..end];
    let is_function = after.windows(2).any(|pair| {
        matches!(pair, [before, Item::Parens(..)] if !matches!(before, Item::Word(word) if words::is_macro_like(word) || word.starts_with("__")))
    });
    if is_function
        || after
            .iter()
            .any(|item| matches!(item, Item::Mark(b'*' | b'&')))
    {
        return None;
    }
    let name = type_name(after);
    let is_class = matches!(key, "class" | "struct") && scanner.dialect.is_cplusplus;
    Some(TypeHead {
        name,
        kind: if is_class {
            SymbolKind::Class
        } else {
            SymbolKind::Type
        },
        public: scanner.state.is_visible() && is_shown_type(scanner, exported),
        is_enumeration: key == "enum",
        members_are_public: key != "class",
    })
}

/// The name of a type among the words behind its keyword: the last that is no macro.
fn type_name(after: &[Item<'_>]) -> Option<String> {
    let mut last = None;
    for (place, item) in after.iter().enumerate() {
        let Item::Word(word) = item else {
            continue;
        };
        if matches!(*word, "class" | "struct" | "final" | "sealed" | "abstract")
            || words::is_specifier(word)
        {
            continue;
        }
        let is_call = matches!(after.get(place + 1), Some(Item::Parens(..)));
        if is_call || (last.is_some() && words::is_macro_like(word)) {
            continue;
        }
        last = Some((place, *word));
    }
    let (place, word) = last?;
    let (qualifiers, _) = functions::qualifiers(after, place);
    Some(joined(&qualifiers, word))
}

fn joined(qualifiers: &[&str], name: &str) -> String {
    let mut full = String::new();
    for qualifier in qualifiers {
        full.push_str(qualifier);
        full.push('.');
    }
    full.push_str(name);
    full
}

fn function(
    scanner: &Scanner<'_>,
    items: &[Item<'_>],
    tokens: &[Token],
    has_body: bool,
    exported: bool,
) -> Option<Found> {
    let state = &scanner.state;
    let member_of = state
        .enclosing_type()
        .map(|scope| scope.name.rsplit('.').next().unwrap_or_default());
    if member_of.is_some() && !scanner.dialect.is_cplusplus {
        return None;
    }
    let found = functions::find(Question {
        items,
        tokens,
        text: scanner.text,
        has_body,
        is_cplusplus: scanner.dialect.is_cplusplus,
        member_of,
    })?;
    let is_defaulted = has_word(&items[functions::head_end(items)..], "default");
    let is_member = member_of.is_some() || !found.qualifiers.is_empty();
    let shows = match (member_of.is_none() && is_member, has_body || is_defaulted) {
        (true, true) => Shows::DefinitionElsewhere,
        (true, false) => return None,
        (false, true) => Shows::Definition,
        (false, false) => Shows::Declaration,
    };
    let public = match shows {
        Shows::DefinitionElsewhere => false,
        // A friend is found by its arguments, whatever the access where it stands.
        _ if has_word(&items[..found.before], "friend") => {
            state.scopes.last().is_none_or(|scope| scope.visible)
        }
        _ if member_of.is_some() => state.is_visible(),
        _ => is_linked(scanner, &items[..found.before], exported),
    };
    let FunctionName {
        qualifiers, name, ..
    } = found;
    Some(Found {
        name: joined(&qualifiers, &name),
        kind: if is_member {
            SymbolKind::Method
        } else {
            SymbolKind::Function
        },
        public,
        shows,
    })
}

/// Says whether other files can use a function or variable with these words before its name.
pub(super) fn is_linked(scanner: &Scanner<'_>, before: &[Item<'_>], exported: bool) -> bool {
    let state = &scanner.state;
    state.is_visible()
        && if scanner.dialect.is_module {
            exported || state.is_exported()
        } else {
            scanner.dialect.is_header || !has_word(before, "static")
        }
}

pub(super) fn has_word(items: &[Item<'_>], word: &str) -> bool {
    items.contains(&Item::Word(word))
}

/// Lists what the scanner's statement, which ends with a semicolon, defines.
pub(super) fn declared(scanner: &mut Scanner<'_>) -> Vec<Found> {
    let tokens = std::mem::take(&mut scanner.state.statement.tokens);
    let items = outline(&tokens, scanner.text, scanner.dialect.is_cplusplus);
    let exported = items.first() == Some(&Item::Word("export"));
    let items = &items[usize::from(exported)..];
    let in_type = scanner.state.enclosing_type().is_some();
    if in_type && !scanner.dialect.is_cplusplus {
        return Vec::new();
    }
    let words: Vec<Option<&str>> = items
        .iter()
        .take(2)
        .map(|item| match item {
            Item::Word(word) => Some(*word),
            _ => None,
        })
        .collect();
    let alias = |name: &str| {
        vec![Found {
            name: name.to_owned(),
            kind: SymbolKind::Type,
            public: scanner.state.is_visible() && is_shown_type(scanner, exported),
            shows: Shows::Declaration,
        }]
    };
    match (
        words.first().copied().flatten(),
        words.get(1).copied().flatten(),
    ) {
        (Some("using"), Some(name)) if items.get(2) == Some(&Item::Mark(b'=')) => {
            return alias(name);
        }
        (Some("concept"), Some(name)) => return alias(name),
        (
            Some(
                "using" | "template" | "friend" | "namespace" | "static_assert" | "_Static_assert",
            ),
            _,
        )
        | (Some("extern"), Some("template")) => return Vec::new(),
        (Some("import" | "module"), _) if scanner.dialect.is_cplusplus => {
            module(scanner, &tokens[usize::from(exported)..]);
            return Vec::new();
        }
        (Some(first), _) if words::begins_no_declaration(first) => return Vec::new(),
        (None, _) if !begins_declaration(items) => return Vec::new(),
        _ => {}
    }
    if has_word(items, "typedef") {
        let names = variables::type_names(items, &tokens, scanner.text);
        return names.into_iter().flat_map(alias).collect();
    }
    if let Some(found) = function(scanner, items, &tokens, false, exported) {
        let is_deleted = has_word(&items[functions::head_end(items)..], "delete");
        let is_kept = in_type
            || found.shows != Shows::Declaration
            || scanner.dialect.is_header
            || scanner.dialect.is_module;
        return if is_kept && !is_deleted {
            vec![found]
        } else {
            Vec::new()
        };
    }
    variables::declared(scanner, items, &tokens, exported)
}

fn begins_declaration(items: &[Item<'_>]) -> bool {
    matches!(
        items.first(),
        Some(Item::Scope | Item::Mark(b'~') | Item::Operator(_) | Item::Braces)
    )
}

/// `module x;`, `import x;`, `import <x>;`, `import :part;`, with what they name behind the first token.
fn module(scanner: &mut Scanner<'_>, tokens: &[Token]) {
    let [keyword, named @ ..] = tokens else {
        return;
    };
    let (Some(first), Some(last)) = (named.first(), named.last()) else {
        return;
    };
    let has_code = named.iter().any(|token| {
        matches!(
            token.kind,
            Kind::Mark(b'(' | b'=') | Kind::Scope | Kind::Arrow
        )
    });
    if has_code {
        return;
    }
    let text = scanner.text;
    let (form, start, end) = match first.kind {
        Kind::Text => (ImportForm::Include, first.start + 1, first.end - 1),
        Kind::Mark(b'<') => (ImportForm::SystemInclude, first.end, last.start),
        _ => (ImportForm::Static, first.start, last.end),
    };
    let range = ByteRange::new(start as usize, end.max(start) as usize);
    let target: String = range
        .of(text)
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    if target.is_empty() || target.len() > 1_000 {
        return;
    }
    if keyword.text(text) == "import" {
        scanner.import_module(target, form, range, first.line);
    } else if form == ImportForm::Static && target != ":private" {
        let exports = scanner.state.statement.start < keyword.start;
        // What implements a module sees its interface without importing it.
        if !exports && !target.contains(':') {
            scanner.import_module(target.clone(), form, range, first.line);
        }
        scanner.namespace = Some(target);
    }
}
