//! Comments that speak to Go's tools. Works on the text of one comment; evaluates no constraint.

use synthesizer_model::text::ByteRange;

/// Says whether a comment constrains the builds that the file is part of: `//go:build …`, `// +build …`.
pub(super) fn is_build_constraint(comment: &str) -> bool {
    let Some(rest) = comment.strip_prefix("//") else {
        return false;
    };
    rest.strip_prefix("go:build")
        .or_else(|| rest.trim_start().strip_prefix("+build"))
        .is_some_and(|rest| rest.starts_with([' ', '\t']))
}

/// Says whether one line of a comment speaks to a tool and not to people: `//go:noinline`, `//nolint:x`, `//export F`.
fn is_directive(line: &str) -> bool {
    let Some(rest) = line.trim_start().strip_prefix("//") else {
        return false;
    };
    if ["export ", "extern ", "line ", "nolint", " +build "]
        .iter()
        .any(|name| rest.starts_with(name))
    {
        return true;
    }
    let name = rest
        .bytes()
        .take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        .count();
    name > 0
        && rest[name..].strip_prefix(':').is_some_and(|argument| {
            argument.starts_with(|first: char| first.is_ascii_alphanumeric())
        })
}

/// Says whether comments say something to people.
pub(super) fn is_documentation(comments: &str) -> bool {
    comments
        .lines()
        .any(|line| !is_directive(line) && line.contains(char::is_alphanumeric))
}

/// Lists the patterns of a `//go:embed` comment with their bytes in the file, quotes left out.
pub(super) fn embedded_patterns(comment: &str, offset: usize) -> Vec<(&str, ByteRange)> {
    let Some(arguments) = comment.strip_prefix("//go:embed") else {
        return Vec::new();
    };
    if !arguments.starts_with([' ', '\t']) {
        return Vec::new();
    }
    let mut patterns = Vec::new();
    let mut rest = arguments;
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else {
            return patterns;
        };
        let (pattern, after) = if matches!(first, '"' | '`') {
            let Some((pattern, after)) = rest[1..].split_once(first) else {
                return patterns;
            };
            (pattern, after)
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            rest.split_at(end)
        };
        let start = offset + (pattern.as_ptr() as usize - comment.as_ptr() as usize);
        patterns.push((pattern, ByteRange::new(start, start + pattern.len())));
        rest = after;
    }
}

/// One header that the C text above `import "C"` includes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct IncludedHeader<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Whether it is written in angle brackets.
    pub(super) system: bool,
    /// Where the name begins in the comment.
    pub(super) start: usize,
}

/// Lists the headers that C text in comments includes.
pub(super) fn included_headers(comments: &str) -> Vec<IncludedHeader<'_>> {
    let mut headers = Vec::new();
    for line in comments.lines() {
        let text = line.trim_start().trim_start_matches('/').trim_start();
        let Some(argument) = text
            .strip_prefix('#')
            .and_then(|text| text.trim_start().strip_prefix("include"))
        else {
            continue;
        };
        let argument = argument.trim_start();
        let closer = match argument.chars().next() {
            Some('"') => '"',
            Some('<') => '>',
            _ => continue,
        };
        let Some((name, _)) = argument[1..].split_once(closer) else {
            continue;
        };
        headers.push(IncludedHeader {
            name,
            system: closer == '>',
            start: name.as_ptr() as usize - comments.as_ptr() as usize,
        });
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_told_from_other_comments() {
        assert!(is_build_constraint("//go:build linux && !cgo"));
        assert!(is_build_constraint("// +build linux"));
        assert!(!is_build_constraint("// go:build linux"));
        assert!(!is_build_constraint("//go:builder x"));
    }

    #[test]
    fn directives_are_no_documentation() {
        assert!(is_documentation("// F is it."));
        assert!(is_documentation("//go:noinline\n// F is it."));
        assert!(!is_documentation("//go:noinline"));
        assert!(!is_documentation("//nolint:errcheck // why"));
        assert!(!is_documentation("//export F"));
        assert!(!is_documentation("//"));
        assert!(is_documentation("// Note: this"));
    }

    #[test]
    fn patterns_have_exact_ranges() {
        let comment = "//go:embed a/*.html \"with space\" `raw`";
        let found = embedded_patterns(comment, 10);
        let patterns: Vec<&str> = found.iter().map(|(pattern, _)| *pattern).collect();
        assert_eq!(patterns, ["a/*.html", "with space", "raw"]);
        for (pattern, range) in found {
            assert_eq!(&comment[range.start - 10..range.end - 10], pattern);
        }
        assert_eq!(embedded_patterns("//go:embedded a", 0), []);
        assert_eq!(embedded_patterns("//go:embed \"open", 0), []);
    }

    #[test]
    fn headers_of_the_c_text_are_listed() {
        let comments = "// #include <stdio.h>\n// # include \"own.h\"\n// int x;";
        let found = included_headers(comments);
        assert_eq!(
            found
                .iter()
                .map(|header| (header.name, header.system))
                .collect::<Vec<_>>(),
            [("stdio.h", true), ("own.h", false)]
        );
        assert_eq!(&comments[found[1].start..found[1].start + 5], "own.h");
    }
}
