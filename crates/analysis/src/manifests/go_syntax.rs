//! The line syntax that `go.mod` and `go.work` share: a verb with arguments, or a verb with a block of lines. Knows no verb.
//! Specification: <https://go.dev/ref/mod#go-mod-file-lexical>

use super::{
    allowance::{LONGEST_TEXT, cut},
    problem_list::ProblemList,
};

/// How many statements of one file are kept.
const MOST_STATEMENTS: usize = 50_000;

/// A verb with its arguments; a line of a block has the verb of the block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Counted from 1.
    pub line: u32,
    pub verb: String,
    pub arguments: Vec<String>,
    /// What follows `//` on the line.
    pub comment: Option<String>,
}

/// Reads the statements of a file; a line that is none becomes a problem.
pub(super) fn statements(path: &str, text: &str, problems: &mut ProblemList) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    let mut block: Option<String> = None;
    for (number, line) in (1_u32..).zip(text.split('\n')) {
        let (words, comment) = match words_of(line) {
            Ok(read) => read,
            Err(what) => {
                problems.tell_line(path, number, what);
                continue;
            }
        };
        let parts: Vec<&str> = words.iter().map(String::as_str).collect();
        let (verb, arguments) = match (&block, parts.as_slice()) {
            (_, []) => continue,
            (Some(_), [")"]) => {
                block = None;
                continue;
            }
            (None, [verb, "("]) => {
                block = Some((*verb).to_owned());
                continue;
            }
            (None, [_, "(", ")"]) => continue,
            (Some(verb), arguments) => (verb.clone(), arguments),
            (None, [verb, arguments @ ..]) => ((*verb).to_owned(), arguments),
        };
        if arguments.contains(&"(") || arguments.contains(&")") {
            problems.tell_line(path, number, "a parenthesis where none is expected");
            continue;
        }
        if statements.len() == MOST_STATEMENTS {
            let what = format!("more than {MOST_STATEMENTS} statements; the rest is left out");
            problems.tell_line(path, number, what);
            break;
        }
        statements.push(Statement {
            line: number,
            verb,
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
            comment,
        });
    }
    if let Some(verb) = block {
        problems.tell(path, format_args!("the block of `{verb}` has no end"));
    }
    statements
}

/// Splits a line into words, punctuation and texts in quotes, and the comment after them.
fn words_of(line: &str) -> Result<(Vec<String>, Option<String>), &'static str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            let comment = cut(comment.trim(), LONGEST_TEXT).to_owned();
            return Ok((words, Some(comment)));
        }
        let (word, after) = match first {
            '(' | ')' | '[' | ']' | '{' | '}' | ',' => {
                let (word, after) = rest.split_at(1);
                (word.to_owned(), after)
            }
            '"' | '`' => quoted(rest, first)?,
            _ => {
                let end = end_of_word(rest);
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        if word.len() > LONGEST_TEXT {
            return Err("a word is too long");
        }
        words.push(word);
        rest = after.trim_start();
    }
    Ok((words, None))
}

fn end_of_word(text: &str) -> usize {
    let ends = |(at, character): &(usize, char)| {
        character.is_whitespace()
            || matches!(character, '(' | ')' | '[' | ']' | '{' | '}' | ',')
            || text[*at..].starts_with("//")
    };
    let end = text.char_indices().find(ends);
    end.map_or(text.len(), |(at, _)| at)
}

/// Gives the inside of a text in quotes and what follows it.
fn quoted(text: &str, quote: char) -> Result<(String, &str), &'static str> {
    let mut inside = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return Ok((inside, &text[at + 1..]));
        }
        if character == '\\' && quote == '"' {
            inside.extend(characters.next().map(|(_, escaped)| escaped));
        } else {
            inside.push(character);
        }
    }
    Err("a quotation without an end")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[&str], problems: &[&str]) {
        let mut told = ProblemList::default();
        let found: Vec<String> = statements("go.mod", text, &mut told)
            .into_iter()
            .map(|statement| {
                let comment = statement.comment.unwrap_or_default();
                let Statement { line, verb, .. } = statement;
                format!("{line} {verb} {:?} {comment}", statement.arguments)
            })
            .collect();
        assert_eq!(found, expected, "{text}");
        assert_eq!(told.texts(), problems, "{text}");
    }

    #[test]
    fn lines_blocks_quotes_and_comments_are_read() {
        check(
            "module example.test/m // indirect; why\r\n\nrequire (\n\ta v1 // x\n\t\"b c\" `v\\2`\n)\nretract [v1, v2]\nexclude ()\n",
            &[
                "1 module [\"example.test/m\"] indirect; why",
                "4 require [\"a\", \"v1\"] x",
                "5 require [\"b c\", \"v\\\\2\"] ",
                "7 retract [\"[\", \"v1\", \",\", \"v2\", \"]\"] ",
            ],
            &[],
        );
    }

    #[test]
    fn what_is_wrong_is_a_problem_with_its_line() {
        check(
            "require (a v1)\nrequire \"a\nrequire (\n",
            &[],
            &[
                "line 1: a parenthesis where none is expected",
                "line 2: a quotation without an end",
                "the block of `require` has no end",
            ],
        );
    }

    #[test]
    fn long_lines_take_linear_time() {
        let mut told = ProblemList::default();
        let text = "a/".repeat(500_000);
        assert!(statements("go.mod", &text, &mut told).is_empty());
        let text = "a ".repeat(200_000);
        assert_eq!(statements("go.mod", &text, &mut told).len(), 1);
        assert_eq!(told.texts(), ["line 1: a word is too long"]);
    }

    proptest! {
        #[test]
        fn any_text_ends_well(text in "[a-c\"`()\\[\\],\\\\/é \n]{0,60}") {
            statements("go.mod", &text, &mut ProblemList::default());
        }

        #[test]
        fn any_bytes_end_well(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            statements("go.mod", &String::from_utf8_lossy(&bytes), &mut ProblemList::default());
        }
    }
}
