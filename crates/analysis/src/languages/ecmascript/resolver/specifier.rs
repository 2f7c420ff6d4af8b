//! What kind of name a module is imported by. Looks at the name alone.

/// The kinds of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Specifier<'s> {
    /// `./x`, `../x`, `.`, `..`
    Relative(&'s str),
    /// `/x`, without its slash.
    Absolute(&'s str),
    /// `#x`, which the package itself says where to find.
    Private(&'s str),
    /// `node:x`, `bun:x`: what a runtime brings along.
    Builtin,
    /// `npm:x@1/y` of Deno and its like, without the prefix and the version.
    Registry(&'s str),
    /// `@/x`, `~/x`: an alias that build tools are told of, without its mark.
    Alias(&'s str),
    /// The name of a package and what is below it.
    Package {
        /// `name` or `@scope/name`
        name: &'s str,
        /// What follows the name, without its slash; empty for the package itself.
        subpath: &'s str,
    },
    /// What leads to no file.
    Nowhere(&'static str),
    /// What says nothing about files.
    Nothing,
}

impl<'s> Specifier<'s> {
    /// Reads a name, with what loaders of build tools are written before it left aside.
    pub(super) fn of(text: &'s str) -> Self {
        let text = text.rsplit('!').next().unwrap_or(text).trim();
        if text.is_empty() || text.starts_with("data:") || text.starts_with("blob:") {
            return Self::Nothing;
        }
        if text == "." || text == ".." || text.starts_with("./") || text.starts_with("../") {
            return Self::Relative(text);
        }
        if text.starts_with("//") {
            return Self::Nowhere("a URL");
        }
        if let Some(path) = text.strip_prefix('/') {
            return Self::Absolute(path);
        }
        if text.starts_with('#') {
            return Self::Private(text);
        }
        if text.starts_with('\0') || text.contains('\\') {
            return Self::Nowhere("no name of a module");
        }
        if let Some(alias) = text.strip_prefix("@/").or_else(|| text.strip_prefix("~/")) {
            return Self::Alias(alias);
        }
        match scheme(text) {
            Some(("node" | "bun", _)) => Self::Builtin,
            Some(("npm" | "jsr", rest)) => Self::Registry(without_version(rest)),
            Some(("http" | "https" | "file", _)) => Self::Nowhere("a URL"),
            Some((_, _)) => Self::Nowhere("made by the build tool or the runtime"),
            None => Self::package(text),
        }
    }

    fn package(text: &'s str) -> Self {
        let name_end = if text.starts_with('@') {
            let scope = text.find('/').unwrap_or(text.len());
            text[scope..]
                .char_indices()
                .skip(1)
                .find(|(_, character)| *character == '/')
                .map_or(text.len(), |(offset, _)| scope + offset)
        } else {
            text.find('/').unwrap_or(text.len())
        };
        let (name, rest) = text.split_at(name_end);
        let is_scoped = name.starts_with('@');
        if is_scoped && !name[1..].contains('/') || name.len() > MAX_NAME_BYTES {
            return Self::Nowhere("no name of a package");
        }
        Self::Package {
            name,
            subpath: rest.strip_prefix('/').unwrap_or(rest),
        }
    }
}

/// Longest name of a package; registries allow 214 bytes.
const MAX_NAME_BYTES: usize = 300;

/// Takes a scheme of at least two letters apart.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then_some((scheme, rest))
}

/// Takes the version out of `name@1.2.3`; what is below the package is cut off with it.
fn without_version(text: &str) -> &str {
    let text = text.strip_prefix('/').unwrap_or(text);
    let after_scope = usize::from(text.starts_with('@'));
    match text[after_scope..].find('@') {
        Some(at) => &text[..after_scope + at],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Specifier<'_>) {
        assert_eq!(Specifier::of(text), expected, "{text:?}");
    }

    #[test]
    fn names_are_told_apart() {
        check("./a", Specifier::Relative("./a"));
        check("..", Specifier::Relative(".."));
        check("raw-loader!./a.txt", Specifier::Relative("./a.txt"));
        check("/a/b", Specifier::Absolute("a/b"));
        check("#a/b", Specifier::Private("#a/b"));
        check("node:fs", Specifier::Builtin);
        check("node:sqlite", Specifier::Builtin);
        check("bun:test", Specifier::Builtin);
        check("npm:chalk@5", Specifier::Registry("chalk"));
        check("jsr:@std/path@^1", Specifier::Registry("@std/path"));
        check("@/a", Specifier::Alias("a"));
        check("~/a", Specifier::Alias("a"));
        check("https://a.b/c.js", Specifier::Nowhere("a URL"));
        check("//a.b/c.js", Specifier::Nowhere("a URL"));
        check("data:text/javascript,0", Specifier::Nothing);
        check("", Specifier::Nothing);
        check("@scope", Specifier::Nowhere("no name of a package"));
        check("a\\b", Specifier::Nowhere("no name of a module"));
        let virtual_module = Specifier::Nowhere("made by the build tool or the runtime");
        check("virtual:pwa", virtual_module);
        check("cloudflare:workers", virtual_module);
    }

    #[test]
    fn packages_end_at_their_slash() {
        let check = |text: &str, name: &str, subpath: &str| {
            check(text, Specifier::Package { name, subpath });
        };
        check("react", "react", "");
        check("react/jsx-runtime", "react", "jsx-runtime");
        check("react/", "react", "");
        check("@a/b", "@a/b", "");
        check("@a/b/c/d.js", "@a/b", "c/d.js");
        check("é/x", "é", "x");
    }
}
