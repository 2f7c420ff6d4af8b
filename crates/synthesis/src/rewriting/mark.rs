//! The comment that says a file was changed. Puts it where no meaning changes; does not decide whether it is needed.

/// Inserts a comment line after a byte order mark, a `#!` line and an encoding line, before everything else.
///
/// `comment` is one line without its end. The file's own line ends are kept.
pub(super) fn insert(text: &str, comment: &str) -> String {
    let body_start = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let end_of_line = first_line_end(&text[body_start..]).unwrap_or("\n");
    let mut position = body_start;
    for line_number in 0..2 {
        let line = line_at(text, position);
        let stays_first = (line_number == 0 && line.starts_with("#!")) || is_encoding_line(line);
        let coding_may_follow = line_number == 0
            && line.trim_start().starts_with('#')
            && is_encoding_line(line_at(text, position + line.len()));
        if !(stays_first || coding_may_follow) {
            break;
        }
        position += line.len();
    }
    let (before, after) = text.split_at(position);
    let joint = if before.len() == body_start || before.ends_with(['\n', '\r']) {
        ""
    } else {
        end_of_line
    };
    format!("{before}{joint}{comment}{end_of_line}{after}")
}

/// Gives the line that begins at the position, with its end.
fn line_at(text: &str, position: usize) -> &str {
    let rest = text.get(position..).unwrap_or_default();
    match rest.find(['\n', '\r']) {
        Some(end) if rest[end..].starts_with("\r\n") => &rest[..end + 2],
        Some(end) => &rest[..=end],
        None => rest,
    }
}

fn first_line_end(text: &str) -> Option<&'static str> {
    let end = text.find(['\n', '\r'])?;
    Some(match &text[end..] {
        rest if rest.starts_with("\r\n") => "\r\n",
        rest if rest.starts_with('\r') => "\r",
        _ => "\n",
    })
}

/// Says whether a line declares an encoding (language reference, 2.1.4: `^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)`).
fn is_encoding_line(line: &str) -> bool {
    let Some(comment) = line
        .trim_start_matches([' ', '\t', '\u{c}'])
        .strip_prefix('#')
    else {
        return false;
    };
    comment.match_indices("coding").any(|(position, word)| {
        comment[position + word.len()..]
            .strip_prefix([':', '='])
            .is_some_and(|rest| {
                rest.trim_start_matches([' ', '\t'])
                    .starts_with(|first: char| {
                        first.is_ascii_alphanumeric() || matches!(first, '-' | '_' | '.')
                    })
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(insert(text, "# M"), expected, "{text:?}");
    }

    #[test]
    fn the_comment_comes_after_what_must_stay_first() {
        check("", "# M\n");
        check("x = 1\n", "# M\nx = 1\n");
        check(
            "\"\"\"Doc.\"\"\"\r\nx\r\n",
            "# M\r\n\"\"\"Doc.\"\"\"\r\nx\r\n",
        );
        check("#!/usr/bin/python\nx\n", "#!/usr/bin/python\n# M\nx\n");
        check("#!/usr/bin/python", "#!/usr/bin/python\n# M\n");
        check(
            "# -*- coding: utf-8 -*-\nx\n",
            "# -*- coding: utf-8 -*-\n# M\nx\n",
        );
        check(
            "#!/bin/py\r\n# vim: fileencoding=utf-8 :\r\nx\r\n",
            "#!/bin/py\r\n# vim: fileencoding=utf-8 :\r\n# M\r\nx\r\n",
        );
        check(
            "# a comment\n# coding: utf8\nx\n",
            "# a comment\n# coding: utf8\n# M\nx\n",
        );
        check("# a comment\nx\n", "# M\n# a comment\nx\n");
        check("x = 1\n# coding: utf8\n", "# M\nx = 1\n# coding: utf8\n");
        check("\u{feff}x\n", "\u{feff}# M\nx\n");
        check("# coding\u{e9}\nx", "# M\n# coding\u{e9}\nx");
        check("a\rb\r", "# M\ra\rb\r");
    }
}
