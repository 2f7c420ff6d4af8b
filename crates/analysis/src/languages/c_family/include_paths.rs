//! Names of included files as paths: joined with a folder, told apart by what they look like. Touches no file.

use super::standard_headers::is_cplusplus_standard;

/// Parts of a path that are looked at.
const MOST_PARTS: usize = 64;

/// Says whether an included name is one that only C++ has.
pub(super) fn is_cplusplus_header_name(name: &str) -> bool {
    is_cplusplus_standard(name)
        || name.ends_with(".hpp")
        || name.ends_with(".hh")
        || name.ends_with(".hxx")
}

/// Joins a folder and an included name; `None` where the path leads out of the tree or is absolute.
pub(super) fn joined(folder: &str, name: &str) -> Option<String> {
    if is_absolute(name) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    // Compilers on Windows take backslashes too.
    for part in name.split(['/', '\\']).take(MOST_PARTS) {
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

fn is_absolute(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.contains([':', '\0'])
}

/// Takes `./` and `../` away from the beginning of an included name: what is left is how the path of the file ends.
pub(super) fn ending(name: &str) -> Option<String> {
    if is_absolute(name) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split(['/', '\\']).take(MOST_PARTS) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Says why a file that is not in the tree is one that the build writes, if it looks like one.
pub(super) fn is_generated_name(name: &str) -> bool {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let lower = file.to_ascii_lowercase();
    let stem = lower
        .rsplit_once('.')
        .map_or(lower.as_str(), |(stem, _)| stem);
    let words: &[&str] = &[
        "config",
        "version",
        "autoconf",
        "export",
        "exports",
        "buildinfo",
        "build_info",
        "revision",
    ];
    let is_configuration = words.iter().any(|word| {
        stem == *word
            || stem
                .strip_suffix(word)
                .is_some_and(|rest| rest.ends_with(['_', '-', '.']))
            || stem
                .strip_prefix(word)
                .is_some_and(|rest| rest.starts_with(['_', '-', '.']))
    });
    is_configuration
        || lower.ends_with(".pb.h")
        || lower.ends_with(".pb.cc")
        || lower.ends_with(".inc")
        || lower.ends_with(".moc")
        || lower.ends_with(".def")
        || lower.ends_with(".tab.h")
        || lower.ends_with("_generated.h")
        || lower.starts_with("generated")
        || lower.starts_with("moc_")
        || lower.starts_with("ui_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_within_the_tree() {
        let check = |folder: &str, name: &str, expected: Option<&str>| {
            assert_eq!(joined(folder, name).as_deref(), expected, "{folder} {name}");
        };
        check("src/a", "b.h", Some("src/a/b.h"));
        check("src/a", "../b/./c.h", Some("src/b/c.h"));
        check("src", "..\\b\\c.h", Some("b/c.h"));
        check("", "../b.h", None);
        check("src", "/etc/passwd", None);
        check("src", "C:/x.h", None);
        assert_eq!(ending("../../a/b.h").as_deref(), Some("a/b.h"));
        assert_eq!(ending("./"), None);
    }

    #[test]
    fn files_that_the_build_writes_are_known_by_their_names() {
        for name in [
            "config.h",
            "x/zconf-version.h",
            "foo_config.h",
            "config_auto.h",
            "a.pb.h",
            "parser.tab.h",
            "Foo_export.h",
        ] {
            assert!(is_generated_name(name), "{name}");
        }
        for name in ["configure.h", "a.h", "conversion.h", "exporter.h"] {
            assert!(!is_generated_name(name), "{name}");
        }
    }
}
