//! Markdown (GitHub's flavour) that untrusted text cannot break out of: escaping, code, tables, wrapping.

use synthesizer_model::text::escape_untrusted;

/// The width at which prose is wrapped, in characters.
pub const WIDTH: usize = 120;

/// Stands for a space at which no line may be broken, until [`finish`].
const GLUE: char = '\u{e000}';

/// Escapes a text so that it shows as itself and acts as nothing: no markup, no HTML, no table cell, no link, one line.
///
/// Control and invisible characters become `\u{…}`. The result may stand anywhere in a line of prose or in a table cell.
pub fn markdown_escape(text: &str) -> String {
    let visible = escape_untrusted(text);
    let mut escaped = String::with_capacity(visible.len() + 8);
    for (index, word) in visible.split(' ').enumerate() {
        if index > 0 {
            escaped.push(' ');
        }
        escape_word(word, &mut escaped);
    }
    escaped
}

fn escape_word(word: &str, escaped: &mut String) {
    // A word can become the first of a line, where these would begin a heading, a list, a rule or a quotation.
    if word.starts_with(['#', '+', '-', '=']) {
        escaped.push('\\');
    }
    let digits = word.chars().take_while(char::is_ascii_digit).count();
    for (index, character) in word.chars().enumerate() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '.' | ')' if digits > 0 && index == digits => {
                escaped.push('\\');
                escaped.push(character);
            }
            // Addresses are not made into links.
            ':' | '@' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '.' if escaped.ends_with("www") => escaped.push_str("\\."),
            _ => escaped.push(character),
        }
    }
}

/// Makes a code span for prose: longer fences than any inside, one line, never broken.
pub fn code(text: &str) -> String {
    code_span(text).replace(' ', &GLUE.to_string())
}

fn code_span(text: &str) -> String {
    let visible = escape_untrusted(text);
    if visible.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&visible) + 1);
    let padded = visible.starts_with('`') || visible.ends_with('`') || visible.starts_with(' ');
    let pad = if padded { " " } else { "" };
    format!("{fence}{pad}{visible}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

/// Makes a code span for a table cell, where a vertical bar ends the cell even in code.
pub fn code_cell(text: &str) -> String {
    code_span(text).replace('|', "\\|")
}

/// Makes a fenced block of lines; the lines cannot end it.
pub fn code_block(language: &str, lines: &[String]) -> String {
    let visible: Vec<String> = lines.iter().map(|line| escape_untrusted(line)).collect();
    let longest = visible
        .iter()
        .map(|line| longest_run(line))
        .max()
        .unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", visible.join("\n"))
}

/// Makes a table of cells that are already Markdown.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!(
        "| {} |\n|{}\n",
        head.join(" | "),
        " --- |".repeat(head.len())
    );
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

/// Wraps a paragraph that is already Markdown.
pub fn paragraph(text: &str) -> String {
    wrap(text, "", "")
}

/// Wraps a list item that is already Markdown.
pub fn item(text: &str) -> String {
    wrap(text, "- ", "  ")
}

fn wrap(text: &str, first: &str, following: &str) -> String {
    let mut wrapped = String::with_capacity(text.len() + 16);
    let mut line = first.to_owned();
    let mut width = line.chars().count();
    let mut empty = true;
    for word in text.split_ascii_whitespace() {
        let length = word.chars().count();
        if !empty && width + 1 + length > WIDTH {
            wrapped.push_str(&line);
            wrapped.push('\n');
            line = following.to_owned();
            width = line.chars().count();
            empty = true;
        }
        if !empty {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += length;
        empty = false;
    }
    wrapped.push_str(&line);
    wrapped.push('\n');
    wrapped
}

/// Ends a document: spaces that were kept together become spaces again.
pub fn finish(text: &str) -> String {
    text.replace(GLUE, " ")
}

/// Writes a count with its noun, such as `1 file` and `2 files`.
pub fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(markdown_escape(text), expected);
    }

    #[test]
    fn untrusted_text_shows_as_itself() {
        check(
            "plain text, as it is (really)",
            "plain text, as it is (really)",
        );
        check(
            "a|b `c` *d* _e_ ~f~",
            "a\\|b \\`c\\` \\*d\\* \\_e\\_ \\~f\\~",
        );
        check(
            "![x](javascript:y) [a]: b",
            "\\!\\[x\\](javascript\\:y) \\[a\\]\\: b",
        );
        check(
            "<script>&amp;</script>",
            "&lt;script&gt;&amp;amp;&lt;/script&gt;",
        );
        check("a\n# b\r\n- c", "a\\\\u{a}# b\\\\u{d}\\\\u{a}- c");
        check(
            "# b - + = 1. 12) 1.5 v1.",
            "\\# b \\- \\+ \\= 1\\. 12\\) 1\\.5 v1.",
        );
        check(
            "https://x.example www.x.example a@b",
            "https\\://x.example www\\.x.example a\\@b",
        );
        check("\u{202e}é\u{1b}[31m", "\\\\u{202e}é\\\\u{1b}\\[31m");
        check("back\\slash", "back\\\\slash");
        check("", "");
    }

    #[test]
    fn code_is_never_ended_by_its_text() {
        assert_eq!(finish(&code("a b")), "`a b`");
        assert_eq!(finish(&code("`a``b`")), "``` `a``b` ```");
        assert_eq!(finish(&code("a\n# b")), "`a\\u{a}# b`");
        assert_eq!(code(""), "");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
        assert_eq!(
            code_block("python", &["a```".to_owned(), "b\n```".to_owned()]),
            "````python\na```\nb\\u{a}```\n````\n"
        );
    }

    #[test]
    fn prose_is_wrapped_but_code_is_not() {
        let text = format!("{} {} end", "word ".repeat(22), code("x y"));
        let wrapped = finish(&item(&text));
        assert_eq!(wrapped, format!("- {}`x y`\n  end\n", "word ".repeat(22)));
        let long = "x".repeat(300);
        assert_eq!(paragraph(&format!("a {long} b")), format!("a\n{long}\nb\n"));
    }
}
