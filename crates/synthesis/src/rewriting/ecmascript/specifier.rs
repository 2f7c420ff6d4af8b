//! Relative names of modules. Text only.

/// Gives the relative name by which a file of a folder reaches a path; both from the top of the project.
pub(super) fn relative(folder: &str, path: &str) -> String {
    let from: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let to: Vec<&str> = path.split('/').collect();
    let common = from
        .iter()
        .zip(&to)
        .take_while(|(left, right)| left == right)
        .count()
        .min(to.len() - 1);
    let ups = from.len() - common;
    let mut name = if ups == 0 {
        "./".to_owned()
    } else {
        "../".repeat(ups)
    };
    name.push_str(&to[common..].join("/"));
    name
}

/// Follows a relative name from a folder; `None` when it leaves the top.
pub(super) fn follow(folder: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Says whether a text can stand between any quotes as it is.
pub(super) fn is_plain(name: &str) -> bool {
    !name
        .chars()
        .any(|character| character.is_control() || "\"'`\\$".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_names_lead_back_to_their_path() {
        let check = |folder: &str, path: &str, expected: &str| {
            assert_eq!(relative(folder, path), expected);
            assert_eq!(follow(folder, expected).as_deref(), Some(path));
        };
        check("src/a", "src/a/b.js", "./b.js");
        check("src/a/c", "src/a/b.js", "../b.js");
        check("src/a", "src/x/y/b.js", "../x/y/b.js");
        check("", "b.js", "./b.js");
        check("tests/a", "src/a/b.js", "../../src/a/b.js");
        assert_eq!(follow("a", "../../b"), None);
    }
}
