//! The glob patterns by which npm, yarn and pnpm workspaces name the folders of their members. Looks at names only; its work is bounded.

/// How many patterns one pattern with braces may stand for.
const MOST_ALTERNATIVES: usize = 200;
/// The longest pattern that is read, in bytes.
const LONGEST: usize = 1_024;

/// One pattern of a workspace, as it was written.
#[derive(Debug)]
pub(super) struct Glob {
    /// Whether it takes members away (`!pattern`).
    pub negative: bool,
    /// What it fits, one entry for each choice of its braces.
    alternatives: Vec<Alternative>,
}

#[derive(Debug)]
struct Alternative {
    parts: Vec<Part>,
    /// Names that the part at the place must not have (`!(a|b)`).
    except: Vec<(usize, Vec<String>)>,
}

#[derive(Debug)]
enum Part {
    /// `**`: any number of folders.
    Folders,
    /// A name without wildcards.
    Name(String),
    /// A name with `*`, `?` or `[…]`.
    Wild(Vec<Wild>),
}

#[derive(Debug)]
enum Wild {
    Many,
    One,
    Set {
        negative: bool,
        ranges: Vec<(char, char)>,
    },
    Exactly(char),
}

/// Why a pattern is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum GlobRefusal {
    /// Too long, or with too many choices.
    #[error("it is too long or has too many choices")]
    TooLarge,
    /// With `..` or an absolute path.
    #[error("it leads out of the workspace's folder")]
    LeadsOut,
}

impl Glob {
    /// Reads a pattern. An empty one, and one that means the workspace's own folder, fits nothing.
    ///
    /// # Errors
    /// Says why the pattern is not followed.
    pub(super) fn parse(pattern: &str) -> Result<Self, GlobRefusal> {
        if pattern.len() > LONGEST {
            return Err(GlobRefusal::TooLarge);
        }
        let mut rest = pattern.trim();
        let mut negative = false;
        while let Some(after) = rest
            .strip_prefix('!')
            .filter(|after| !after.starts_with('('))
        {
            negative = !negative;
            rest = after;
        }
        let rest = rest.strip_suffix("/package.json").unwrap_or(rest);
        let mut alternatives = Vec::new();
        for plain in expand_braces(rest).ok_or(GlobRefusal::TooLarge)? {
            let plain = plain.trim_start_matches('/');
            let names: Vec<&str> = plain
                .split('/')
                .filter(|name| !matches!(*name, "" | "."))
                .collect();
            if names.contains(&"..") {
                return Err(GlobRefusal::LeadsOut);
            }
            if !names.is_empty() {
                alternatives.push(Alternative::of(&names));
            }
        }
        Ok(Self {
            negative,
            alternatives,
        })
    }

    /// Says whether the pattern fits a folder, given by the names on its path. Takes its steps from what is left of them; fits nothing
    /// when none are left.
    pub(super) fn fits(&self, path: &[&str], steps_left: &mut u64) -> bool {
        self.alternatives
            .iter()
            .any(|alternative| alternative.fits(path, steps_left))
    }
}

impl Alternative {
    fn of(names: &[&str]) -> Self {
        let mut except = Vec::new();
        let parts = (0..)
            .zip(names)
            .map(|(position, name)| {
                let inner = name
                    .strip_prefix("!(")
                    .and_then(|rest| rest.strip_suffix(')'));
                if let Some(inner) = inner {
                    let names = inner.split('|').map(str::to_owned).collect();
                    except.push((position, names));
                    return Part::Wild(vec![Wild::Many]);
                }
                match *name {
                    "**" => Part::Folders,
                    name if name.contains(['*', '?', '[']) => Part::Wild(wildcards(name)),
                    name => Part::Name(name.to_owned()),
                }
            })
            .collect();
        Self { parts, except }
    }

    /// Compares from the left; after a mismatch only the last `**` is tried again, one folder further.
    fn fits(&self, path: &[&str], steps_left: &mut u64) -> bool {
        let (mut part, mut name) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            if *steps_left == 0 {
                return false;
            }
            *steps_left -= 1;
            let fits = match (self.parts.get(part), path.get(name)) {
                (None, None) => return true,
                (Some(Part::Folders), _) => {
                    retry = Some((part, name));
                    part += 1;
                    continue;
                }
                (Some(pattern), Some(text)) => self.part_fits(part, pattern, text, steps_left),
                (Some(_), None) | (None, Some(_)) => false,
            };
            if fits {
                part += 1;
                name += 1;
                continue;
            }
            // A hidden folder is not passed over by `**`.
            match retry {
                Some((folders, from))
                    if path.get(from).is_some_and(|text| !text.starts_with('.')) =>
                {
                    retry = Some((folders, from + 1));
                    part = folders + 1;
                    name = from + 1;
                }
                _ => return false,
            }
        }
    }

    fn part_fits(&self, position: usize, part: &Part, text: &str, steps_left: &mut u64) -> bool {
        match part {
            Part::Folders => false,
            Part::Name(name) => name == text,
            Part::Wild(wildcards) => {
                let is_hidden =
                    text.starts_with('.') && !matches!(wildcards.first(), Some(Wild::Exactly('.')));
                let mut exceptions = self.except.iter();
                let is_excepted = exceptions.any(|(place, names)| {
                    *place == position && names.iter().any(|name| name == text)
                });
                !is_hidden && !is_excepted && name_fits(wildcards, text, steps_left)
            }
        }
    }
}

fn name_fits(wildcards: &[Wild], text: &str, steps_left: &mut u64) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let (mut wild, mut position) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if *steps_left == 0 {
            return false;
        }
        *steps_left -= 1;
        let fits = match (wildcards.get(wild), characters.get(position)) {
            (None, None) => return true,
            (Some(Wild::Many), _) => {
                retry = Some((wild, position));
                wild += 1;
                continue;
            }
            (Some(Wild::One), Some(_)) => true,
            (Some(Wild::Exactly(expected)), Some(found)) => expected == found,
            (Some(Wild::Set { negative, ranges }), Some(found)) => {
                let is_in = ranges
                    .iter()
                    .any(|(low, high)| (low..=high).contains(&found));
                is_in != *negative
            }
            (Some(_), None) | (None, Some(_)) => false,
        };
        match retry {
            _ if fits => {
                wild += 1;
                position += 1;
            }
            Some((many, from)) if from < characters.len() => {
                retry = Some((many, from + 1));
                wild = many + 1;
                position = from + 1;
            }
            _ => return false,
        }
    }
}

fn wildcards(name: &str) -> Vec<Wild> {
    let characters: Vec<char> = name.chars().collect();
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(character) = characters.get(position) {
        position += 1;
        found.push(match character {
            '*' => {
                while characters.get(position) == Some(&'*') {
                    position += 1;
                }
                Wild::Many
            }
            '?' => Wild::One,
            '[' => match set(&characters[position..]) {
                Some((set, length)) => {
                    position += length;
                    set
                }
                None => Wild::Exactly('['),
            },
            other => Wild::Exactly(*other),
        });
    }
    found
}

/// Reads what stands after `[`, up to and with the `]`.
fn set(characters: &[char]) -> Option<(Wild, usize)> {
    let end = 1 + characters.iter().skip(1).position(|found| *found == ']')?;
    let inner = &characters[..end];
    let negative = matches!(inner.first(), Some('!' | '^'));
    let inner = &inner[usize::from(negative)..];
    let mut ranges = Vec::new();
    let mut position = 0;
    while let Some(low) = inner.get(position) {
        match (inner.get(position + 1), inner.get(position + 2)) {
            (Some('-'), Some(high)) => {
                ranges.push((*low, *high));
                position += 3;
            }
            _ => {
                ranges.push((*low, *low));
                position += 1;
            }
        }
    }
    Some((Wild::Set { negative, ranges }, end + 1))
}

/// Writes out `{a,b}`, `@(a|b)` and `+(a|b)`; `None` when that makes too many patterns.
fn expand_braces(pattern: &str) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut waiting = vec![pattern.to_owned()];
    let mut steps = 0;
    while let Some(text) = waiting.pop() {
        steps += 1;
        if steps > MOST_ALTERNATIVES * 4 || done.len() > MOST_ALTERNATIVES {
            return None;
        }
        match first_choice(&text) {
            None => done.push(text),
            Some((before, choices, after)) => {
                let written = choices.iter().rev();
                waiting.extend(written.map(|choice| format!("{before}{choice}{after}")));
            }
        }
    }
    Some(done)
}

/// Finds the first choice that has no other one before it: what stands before it, its parts, what stands after it.
fn first_choice(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    let openings = [
        ("{", '{', '}', ','),
        ("@(", '(', ')', '|'),
        ("+(", '(', ')', '|'),
    ];
    let (start, (opening, open, close, between)) = openings
        .iter()
        .filter_map(|opening| Some((text.find(opening.0)?, *opening)))
        .min_by_key(|(start, _)| *start)?;
    let inner = &text[start + opening.len()..];
    let mut depth = 0_usize;
    let mut choices = Vec::new();
    let mut from = 0;
    for (position, character) in inner.char_indices() {
        if character == open {
            depth += 1;
        } else if character == between && depth == 0 {
            choices.push(&inner[from..position]);
            from = position + 1;
        } else if character == close && depth > 0 {
            depth -= 1;
        } else if character == close {
            choices.push(&inner[from..position]);
            // `{a}` is no choice, but its braces say nothing else either.
            return Some((&text[..start], choices, &inner[position + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(pattern: &str, fitting: &[&str], others: &[&str]) {
        let glob = Glob::parse(pattern).expect(pattern);
        let fits = |path: &str| {
            let names: Vec<&str> = path.split('/').collect();
            glob.fits(&names, &mut 1_000_000)
        };
        for path in fitting {
            assert!(fits(path), "{pattern} should fit {path}");
        }
        for path in others {
            assert!(!fits(path), "{pattern} should not fit {path}");
        }
    }

    #[test]
    fn patterns_of_workspaces() {
        check(
            "packages/*",
            &["packages/a"],
            &["packages", "packages/a/b", "packages/.a", "other/a"],
        );
        check("./packages/a/", &["packages/a"], &["packages/b"]);
        check(
            "packages/**",
            &["packages", "packages/a", "packages/a/b"],
            &["other", "packages/.x/a"],
        );
        check("**", &["a", "a/b/c"], &[".a"]);
        check(
            "**/test/*",
            &["test/a", "x/y/test/a"],
            &["test", "test/a/b"],
        );
        check("a/**/b/**/c", &["a/b/c", "a/x/b/y/z/c"], &["a/c", "a/b/d"]);
        check(
            "{apps,packages/{x,y}}/*",
            &["apps/a", "packages/x/a", "packages/y/a"],
            &["packages/a"],
        );
        check(
            "packages/!(a|b)",
            &["packages/c"],
            &["packages/a", "packages/b"],
        );
        check(
            "packages/@(a|b)",
            &["packages/a", "packages/b"],
            &["packages/c"],
        );
        check("p-[a-c]?*", &["p-ax", "p-cyz"], &["p-d1", "p-a"]);
        check("p-[!a]", &["p-b"], &["p-a"]);
        check("a*b*c", &["abc", "axxbxbc"], &["abcd"]);
        check("packages/*/package.json", &["packages/a"], &["packages"]);
        check(".", &[], &["a"]);
        check("", &[], &["a"]);
        assert!(Glob::parse("!packages/a").expect("plain").negative);
        assert!(!Glob::parse("!!packages/a").expect("plain").negative);
    }

    #[test]
    fn what_leads_out_or_is_too_large_is_refused() {
        assert_eq!(Glob::parse("../x/*").err(), Some(GlobRefusal::LeadsOut));
        assert_eq!(
            Glob::parse(&"a".repeat(2_000)).err(),
            Some(GlobRefusal::TooLarge)
        );
        assert_eq!(
            Glob::parse(&"{a,b}".repeat(20)).err(),
            Some(GlobRefusal::TooLarge)
        );
    }

    #[test]
    fn steps_are_counted() {
        let glob = Glob::parse(&"*a".repeat(200)).expect("plain");
        let name = "a".repeat(4_000);
        let mut steps = 10_000;
        assert!(!glob.fits(&[&name, "b"], &mut steps));
        assert!(!Glob::parse("**").expect("plain").fits(&["a"], &mut 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_pattern_makes_it_panic(pattern in "[a*?!{}()|,@+\\[\\]^./é-]{0,40}", path in "[a./é-]{0,20}") {
            if let Ok(glob) = Glob::parse(&pattern) {
                let names: Vec<&str> = path.split('/').collect();
                glob.fits(&names, &mut 100_000);
            }
        }
    }
}
