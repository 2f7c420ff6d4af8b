//! Paths of a tree put together from a folder and a relative path. Never leave the tree.

/// Longest path that is looked up, in bytes; no tree has longer ones.
const MAX_PATH_BYTES: usize = 4096;

/// Follows a relative path from a folder; `None` when it leaves the tree or is too long. An empty path is the top.
pub(super) fn join(folder: &str, relative: &str) -> Option<String> {
    if folder.len() + relative.len() > MAX_PATH_BYTES {
        return None;
    }
    let mut path = String::with_capacity(folder.len() + relative.len() + 12);
    path.push_str(folder);
    for component in relative.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                if path.is_empty() {
                    return None;
                }
                path.truncate(path.rfind('/').unwrap_or(0));
            }
            component => {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(component);
            }
        }
    }
    Some(path)
}

/// Gives the folder of a path; empty for the top.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Lists a folder and those above it, the top last.
pub(super) fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| parent(folder))
    })
}

/// Gives what a path is below a folder.
pub(super) fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if folder.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_stays_in_the_tree() {
        let check = |folder: &str, relative: &str, expected: Option<&str>| {
            assert_eq!(
                join(folder, relative).as_deref(),
                expected,
                "{folder} {relative}"
            );
        };
        check("a/b", "./c", Some("a/b/c"));
        check("a/b", "../c.js", Some("a/c.js"));
        check("a/b", "../..", Some(""));
        check("a/b", "../../..", None);
        check("", "..", None);
        check("", "./x//y/", Some("x/y"));
        check("a", "b/../../c/./d", Some("c/d"));
        check("a", &"x".repeat(5000), None);
    }

    #[test]
    fn ancestors_end_at_the_top() {
        let check = |folder: &str, expected: &[&str]| {
            assert_eq!(ancestors(folder).collect::<Vec<_>>(), expected);
        };
        check("a/b/c", &["a/b/c", "a/b", "a", ""]);
        check("", &[""]);
        assert_eq!(below("a/b", "a"), Some("b"));
        assert_eq!(below("ab", "a"), None);
        assert_eq!(below("a", "a"), Some(""));
    }
}
