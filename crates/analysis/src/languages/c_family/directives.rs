//! What a preprocessor directive says. Evaluates nothing but `#if 0` and `#if 1`.

use synthesizer_model::text::ByteRange;

/// How often one condition may ask for a file.
const MOST_ASKED: usize = 16;

/// Longest name of an included file, in bytes.
const MAX_TARGET_BYTES: usize = 1_000;

/// Longest text of a computed include, in bytes.
const MAX_EXPRESSION_BYTES: usize = 200;

/// A directive. Ranges are of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Directive<'t> {
    /// `#include "x"`, `#include <x>`, `#include MACRO` and their likes.
    Include(Included<'t>),
    /// `#embed "x"` (C23).
    Embed(Included<'t>),
    /// `#define NAME …`
    Define {
        /// The macro's name.
        name: &'t str,
        /// Whether it has parameters.
        is_function: bool,
        /// What it stands for, without comments around it.
        body: ByteRange,
    },
    /// `#if`, `#ifdef`, `#ifndef`
    If(Condition<'t>),
    /// `#elif`, `#elifdef`, `#elifndef`
    Elif(Condition<'t>),
    /// `#else`
    Else,
    /// `#endif`
    Endif,
    /// Any other.
    Other,
}

/// What is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Included<'t> {
    /// Between quotes.
    Quoted(&'t str, ByteRange),
    /// Between angle brackets.
    Angled(&'t str, ByteRange),
    /// What a macro gives.
    Computed(&'t str, ByteRange),
}

/// A condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Condition<'t> {
    /// What is known of its value without any macro: `0` and `1`.
    pub(super) value: Option<bool>,
    /// The macro of `#ifndef X` and `#if !defined(X)`.
    pub(super) absent: Option<&'t str>,
    /// Whether it asks for `__cplusplus` alone: `Some(true)` where it must be there.
    pub(super) cplusplus: Option<bool>,
    /// The files that `__has_include` asks for: the name, and the whole expression with its range.
    pub(super) asked: Vec<(&'t str, &'t str, ByteRange)>,
}

/// Reads a directive from its text, which begins with `#`. `start` is where it begins in the file.
pub(super) fn read(text: &str, start: usize) -> Directive<'_> {
    let after = text.get(1..).unwrap_or_default();
    let body = after.trim_start_matches([' ', '\t']);
    let length = body
        .find(|letter: char| !letter.is_ascii_alphabetic() && letter != '_')
        .unwrap_or(body.len());
    let (name, rest) = body.split_at(length);
    let at = start + text.len() - rest.len();
    match name {
        "include" | "include_next" | "import" => {
            included(rest, at).map_or(Directive::Other, Directive::Include)
        }
        "embed" => included(rest, at).map_or(Directive::Other, Directive::Embed),
        "define" => define(rest, at).unwrap_or(Directive::Other),
        "if" => Directive::If(condition(rest, at)),
        "ifdef" => Directive::If(Condition {
            cplusplus: is_cplusplus(rest).then_some(true),
            ..Condition::default()
        }),
        "ifndef" => Directive::If(Condition {
            absent: first_word(rest),
            cplusplus: is_cplusplus(rest).then_some(false),
            ..Condition::default()
        }),
        "elif" => Directive::Elif(condition(rest, at)),
        "elifdef" | "elifndef" => Directive::Elif(Condition::default()),
        "else" => Directive::Else,
        "endif" => Directive::Endif,
        _ => Directive::Other,
    }
}

fn included(rest: &str, at: usize) -> Option<Included<'_>> {
    let written = rest.trim_start_matches([' ', '\t']);
    let at = at + rest.len() - written.len();
    let between = |closer: char| {
        let name = written.get(1..)?;
        let name = &name[..name.find(closer)?];
        let fits = !name.is_empty() && name.len() <= MAX_TARGET_BYTES && !name.contains('\n');
        fits.then(|| (name, ByteRange::new(at + 1, at + 1 + name.len())))
    };
    match written.as_bytes().first()? {
        b'"' => between('"').map(|(name, range)| Included::Quoted(name, range)),
        b'<' => between('>').map(|(name, range)| Included::Angled(name, range)),
        _ => {
            let expression = without_comments(written);
            let expression = &expression[..expression.floor_char_boundary(MAX_EXPRESSION_BYTES)];
            let range = ByteRange::new(at, at + expression.len());
            (!expression.is_empty()).then_some(Included::Computed(expression, range))
        }
    }
}

fn define(rest: &str, at: usize) -> Option<Directive<'_>> {
    let written = rest.trim_start_matches([' ', '\t']);
    let length = written
        .find(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '$'))
        .unwrap_or(written.len());
    let (name, after) = written.split_at(length);
    if name.is_empty() {
        return None;
    }
    let is_function = after.starts_with('(');
    let behind = if is_function {
        after.find(')').map_or("", |end| &after[end + 1..])
    } else {
        after
    };
    let body = without_comments(behind.trim_start_matches([' ', '\t', '\\', '\r', '\n']));
    // `rest` ends where the directive ends, so places can be counted from there.
    let offset_of = |part: &str| at + part.as_ptr().addr() - rest.as_ptr().addr();
    let start = if body.is_empty() { at } else { offset_of(body) };
    Some(Directive::Define {
        name,
        is_function,
        body: ByteRange::new(start, start + body.len()),
    })
}

/// Cuts a text before its first comment, and white space at its end. A comment's mark within quotes is none.
fn without_comments(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'/') if matches!(bytes.get(at + 1), Some(b'/' | b'*')) => break,
            _ => {}
        }
        at += 1;
    }
    text.get(..at.min(text.len()))
        .unwrap_or(text)
        .trim_end_matches([' ', '\t', '\r', '\n', '\\'])
}

fn condition(rest: &str, at: usize) -> Condition<'_> {
    let expression = without_comments(rest).trim();
    let value = match expression {
        "0" | "false" => Some(false),
        "1" | "true" => Some(true),
        _ => None,
    };
    let (negated, asked_macro) = match expression.strip_prefix('!') {
        Some(inner) => (true, defined_macro(inner.trim())),
        None => (false, defined_macro(expression)),
    };
    Condition {
        value,
        absent: asked_macro.filter(|_| negated),
        cplusplus: (asked_macro == Some("__cplusplus")).then_some(!negated),
        asked: asked_files(rest, at),
    }
}

/// Gives the macro of `defined X` and `defined(X)`, where the expression is nothing else.
fn defined_macro(expression: &str) -> Option<&str> {
    let inner = expression.strip_prefix("defined")?.trim_start();
    let inner = match inner.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')')?.trim(),
        None => inner,
    };
    let is_name = !inner.is_empty() && inner.bytes().all(super::tokens::is_word_byte);
    is_name.then_some(inner)
}

fn asked_files(rest: &str, at: usize) -> Vec<(&str, &str, ByteRange)> {
    let mut asked = Vec::new();
    for (start, found) in rest.match_indices("__has_include").take(MOST_ASKED) {
        let inner = rest[start + found.len()..].trim_start();
        let Some(inner) = inner.strip_prefix('(').map(str::trim_start) else {
            continue;
        };
        let closer = match inner.as_bytes().first() {
            Some(b'<') => '>',
            Some(b'"') => '"',
            _ => continue,
        };
        let Some(length) = inner[1..].find(closer) else {
            continue;
        };
        let name = &inner[1..=length];
        let behind = &inner[length + 2..];
        let Some(end) = behind.find(')') else {
            continue;
        };
        let length = rest.len() - start - (behind.len() - end - 1);
        if name.len() <= MAX_TARGET_BYTES && length <= MAX_TARGET_BYTES + 100 {
            let expression = &rest[start..start + length];
            asked.push((
                name,
                expression,
                ByteRange::new(at + start, at + start + length),
            ));
        }
    }
    asked
}

fn first_word(rest: &str) -> Option<&str> {
    rest.split(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '$'))
        .find(|word| !word.is_empty())
}

fn is_cplusplus(rest: &str) -> bool {
    first_word(rest) == Some("__cplusplus")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_have_the_range_of_their_name() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let told = match read(text, 100) {
                Directive::Include(Included::Quoted(name, range)) => Some(("quoted", name, range)),
                Directive::Include(Included::Angled(name, range)) => Some(("angled", name, range)),
                Directive::Include(Included::Computed(name, range)) => {
                    Some(("computed", name, range))
                }
                _ => None,
            };
            if let Some((_, name, range)) = told {
                assert_eq!(&text[range.start - 100..range.end - 100], name);
            }
            assert_eq!(told.map(|(form, name, _)| (form, name)), expected, "{text}");
        };
        check("#include \"a/b.h\" // why", Some(("quoted", "a/b.h")));
        check("#  include<sys/types.h>", Some(("angled", "sys/types.h")));
        check(
            "#include FT_FREETYPE_H /* x */",
            Some(("computed", "FT_FREETYPE_H")),
        );
        check("#include STR(a b.h)", Some(("computed", "STR(a b.h)")));
        check("#include_next <x.h>", Some(("angled", "x.h")));
        check("#include \"a", None);
        check("#include", None);
        check("#includes \"a\"", None);
    }

    #[test]
    fn macros_have_a_name_and_a_body() {
        let check = |text: &str, expected: Option<(&str, bool, &str)>| {
            let told = match read(text, 7) {
                Directive::Define {
                    name,
                    is_function,
                    body,
                } => Some((name, is_function, &text[body.start - 7..body.end - 7])),
                _ => None,
            };
            assert_eq!(told, expected, "{text}");
        };
        check("#define A 1 /* one */", Some(("A", false, "1")));
        check("#define A(x, y) \\\n  (x)", Some(("A", true, "(x)")));
        check("#define A (x)", Some(("A", false, "(x)")));
        check("#define A \"//\" // x", Some(("A", false, "\"//\"")));
        check("#define A // x", Some(("A", false, "")));
        check("#define", None);
    }

    #[test]
    fn conditions_tell_what_needs_no_macro() {
        let of = |text| match read(text, 0) {
            Directive::If(condition) | Directive::Elif(condition) => condition,
            other => panic!("{other:?}"),
        };
        assert_eq!(of("#if 0 // no").value, Some(false));
        assert_eq!(of("#if (1)").value, None);
        assert_eq!(of("#ifndef A_H").absent, Some("A_H"));
        assert_eq!(of("#if !defined(A_H)").absent, Some("A_H"));
        assert_eq!(of("#if !defined A_H").absent, Some("A_H"));
        assert_eq!(of("#if !defined(A) && !defined(B)").absent, None);
        assert_eq!(of("#ifdef __cplusplus").cplusplus, Some(true));
        assert_eq!(of("#if defined(__cplusplus)").cplusplus, Some(true));
        assert_eq!(of("#if defined(__cplusplus) && X").cplusplus, None);
        let text = "#if defined(X) && __has_include( <a/b.h> ) && __has_include(\"c\")";
        let asked = of(text).asked;
        let names: Vec<_> = asked
            .iter()
            .map(|(name, whole, _)| (*name, *whole))
            .collect();
        assert_eq!(
            names,
            [
                ("a/b.h", "__has_include( <a/b.h> )"),
                ("c", "__has_include(\"c\")")
            ]
        );
        assert!(
            asked
                .iter()
                .all(|(_, whole, range)| range.of(text) == Some(whole))
        );
    }
}
