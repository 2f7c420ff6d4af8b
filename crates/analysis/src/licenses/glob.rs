//! Glob patterns of manifests (`LICEN[CS]E*`, `licenses/**/*.txt`) against paths of a tree. Never exponential.

/// Says whether a path fits a pattern.
///
/// `*` and `?` stay within a folder, `**` as a whole component fits any number of folders, `[…]` is one of several characters.
/// A pattern without any of them fits only its own path.
///
/// Takes at most (length of pattern) × (length of path) steps.
pub(crate) fn fits(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let path: Vec<&str> = path.split('/').collect();
    backtrack_once(
        &pattern,
        &path,
        |part| *part == "**",
        |part, name| component_fits(part, name),
    )
}

enum Element {
    Many,
    One(Box<dyn Fn(char) -> bool>),
}

fn component_fits(pattern: &str, name: &str) -> bool {
    let elements = elements_of(pattern);
    let characters: Vec<char> = name.chars().collect();
    backtrack_once(
        &elements,
        &characters,
        |element| matches!(element, Element::Many),
        |element, character| matches!(element, Element::One(fits) if fits(*character)),
    )
}

fn elements_of(pattern: &str) -> Vec<Element> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut elements = Vec::new();
    let mut position = 0;
    while let Some(&character) = characters.get(position) {
        position += 1;
        let element = match character {
            '*' => Element::Many,
            '?' => Element::One(Box::new(|_| true)),
            '[' => match characters[position..]
                .iter()
                .skip(1)
                .position(|other| *other == ']')
            {
                Some(length) => {
                    let set: Vec<char> = characters[position..=position + length].to_vec();
                    position += length + 2;
                    Element::One(Box::new(move |other| is_in_set(&set, other)))
                }
                None => Element::One(Box::new(|other| other == '[')),
            },
            other => Element::One(Box::new(move |found| found == other)),
        };
        elements.push(element);
    }
    elements
}

fn is_in_set(set: &[char], character: char) -> bool {
    let (negated, set) = match set {
        ['!' | '^', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    let mut rest = set;
    let mut found = false;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if let ['-', last, tail @ ..] = tail {
            found |= (*first..=*last).contains(&character);
            rest = tail;
        } else {
            found |= *first == character;
        }
    }
    found != negated
}

/// Matches a sequence against a pattern with wildcards for any number of items, going back to the last wildcard only.
fn backtrack_once<P, I>(
    pattern: &[P],
    items: &[I],
    is_many: impl Fn(&P) -> bool,
    is_one: impl Fn(&P, &I) -> bool,
) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut last_many: Option<(usize, usize)> = None;
    while next < items.len() {
        match pattern.get(at) {
            Some(part) if is_many(part) => {
                last_many = Some((at, next));
                at += 1;
            }
            Some(part) if is_one(part, &items[next]) => {
                at += 1;
                next += 1;
            }
            _ => match &mut last_many {
                Some((many, taken)) => {
                    *taken += 1;
                    next = *taken;
                    at = *many + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(is_many)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str, expected: bool) {
        assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
    }

    #[test]
    fn patterns_fit_as_in_python() {
        check("LICENSE", "LICENSE", true);
        check("./LICENSE", "LICENSE", true);
        check("LICEN[CS]E*", "LICENCE.txt", true);
        check("LICEN[!CS]E*", "LICENCE.txt", false);
        check("[a-c]?", "bé", true);
        check("*", "licenses/MIT", false);
        check("licenses/*", "licenses/MIT", true);
        check("licenses/**/*.txt", "licenses/a/b/MIT.txt", true);
        check("**/MIT", "MIT", true);
        check("a[", "a[", true);
        check("[]]", "]", true);
        check("", "", false);
    }

    #[test]
    fn many_wildcards_end_soon() {
        check(&"*a".repeat(2_000), &"a".repeat(4_000), true);
        check(
            &format!("{}b", "*a".repeat(2_000)),
            &"a".repeat(4_000),
            false,
        );
        check(
            &format!("{}b", "**/a/".repeat(2_000)),
            &"a/".repeat(4_000),
            false,
        );
    }
}
