//! Why the two sides differ: the classes of differences, each of which is believed only after a look at the text or the manifest that
//! it speaks of.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    ours::Ours,
    place::{Import, Place},
};

/// A reason for a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// `createRequire(…)('x')`: the tool does not know the function.
    MadeRequire,
    /// `declare module './x'` adds to the types of another file; the tool takes it for a module of its own.
    Augmentation,
    /// `{import('./x').A}` in a JSDoc tag that the tool does not look into, such as `@property` below `@typedef`.
    TypeInComment,
    /// A package that the manifest asks for and that has the name of a module of Node.js (`events`): bundlers take the package, the tool
    /// takes the module.
    AskedForLikeBuiltin,
    /// The manifest asks for a package under another name (`"a": "npm:b"`): we tell the real one.
    Renamed,
    /// `node:x` that the Node.js which runs the tool does not have yet.
    NewBuiltin,
    /// `/// <reference path="x/y.d.ts" />` is a path from the file; the tool takes it for a module of a package `x`.
    Reference,
    /// A module of a package of the tree that its manifest does not offer, or offers by a built file that is not there: the tool, which
    /// has the package installed, finds nothing; we find the source that stands for it.
    OwnSource,
}

/// Says why an import leads to where it leads on one side only, if there is a known reason. `others` are the places that the other side
/// tells for the same name in the same file.
pub(crate) fn class_of(
    ours: &Ours,
    import: &Import,
    is_of_tool: bool,
    others: &BTreeSet<&Place>,
) -> Option<Class> {
    if let Some(other) = single(others) {
        let (tool, own) = if is_of_tool {
            (&import.place, other)
        } else {
            (other, &import.place)
        };
        return of_two_places(ours, import, tool, own);
    }
    // The tool found nothing at this place of the text.
    if is_of_tool || !others.is_empty() {
        return None;
    }
    let text = ours.texts.get(&import.from)?;
    let before = text.get(..import.at?)?;
    let before = before.strip_suffix(['\'', '"', '`'])?;
    if is_made_require(before, text) {
        Some(Class::MadeRequire)
    } else if before.trim_end().ends_with("declare module") {
        Some(Class::Augmentation)
    } else if is_type_in_comment(before) {
        Some(Class::TypeInComment)
    } else {
        None
    }
}

fn single<'p>(places: &BTreeSet<&'p Place>) -> Option<&'p Place> {
    let mut places = places.iter();
    let first = places.next();
    first.filter(|_| places.next().is_none()).copied()
}

/// Looks at one name that both sides found and took for different places.
fn of_two_places(ours: &Ours, import: &Import, tool: &Place, own: &Place) -> Option<Class> {
    match (tool, own) {
        (Place::Builtin(builtin), Place::Package(package)) => {
            let is_asked = builtin == package && asked_for(ours, &import.from, package).is_some();
            is_asked.then_some(Class::AskedForLikeBuiltin)
        }
        (Place::Package(written), Place::Package(real)) => {
            let specifier = asked_for(ours, &import.from, written)?;
            let real = format!("npm:{real}");
            let rest = specifier.strip_prefix(real.as_str())?;
            (rest.is_empty() || rest.starts_with('@')).then_some(Class::Renamed)
        }
        (Place::Nowhere(written), Place::Builtin(name)) => {
            (*written == format!("node:{name}")).then_some(Class::NewBuiltin)
        }
        (Place::Package(_), Place::File(path)) if is_reference(ours, import) => {
            let folder = import.from.rsplit_once('/').map(|(folder, _)| folder);
            let expected = folder.map_or_else(String::new, |folder| format!("{folder}/"));
            (*path == expected + &import.specifier).then_some(Class::Reference)
        }
        (Place::Package(package), Place::File(path)) => {
            let is_own = names_of_packages(ours).any(|name| name == *package);
            let is_there = ours.texts.contains_key(path);
            (is_own && is_there).then_some(Class::OwnSource)
        }
        _ => None,
    }
}

/// Says whether a comment of the importing file refers to the name as a path.
fn is_reference(ours: &Ours, import: &Import) -> bool {
    let lines = ours
        .texts
        .get(&import.from)
        .map_or("", String::as_str)
        .lines();
    let quoted = [
        format!("path=\"{}\"", import.specifier),
        format!("path='{}'", import.specifier),
    ];
    lines
        .filter(|line| line.starts_with("/// <reference "))
        .any(|line| quoted.iter().any(|quoted| line.contains(quoted)))
}

/// Says whether the name is the argument of what `createRequire` gave, at once or under a name.
fn is_made_require(before: &str, text: &str) -> bool {
    let Some(callee) = before.trim_end().strip_suffix('(') else {
        return false;
    };
    let callee = callee.trim_end();
    if callee.ends_with(')') {
        return before_parentheses(callee).is_some_and(|maker| maker.ends_with("createRequire"));
    }
    let start = callee.rfind(|character: char| !character.is_alphanumeric() && character != '_');
    let name = &callee[start.map_or(0, |start| start + 1)..];
    let made = format!("{name} = createRequire(");
    !name.is_empty() && text.contains(&made)
}

/// Gives what stands before the parentheses that a text ends with.
fn before_parentheses(text: &str) -> Option<&str> {
    let mut depth = 0;
    for (place, character) in text.char_indices().rev() {
        match character {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(text[..place].trim_end());
        }
    }
    None
}

/// Says whether the name is that of an `import(` within the braces of a tag of a JSDoc comment.
fn is_type_in_comment(before: &str) -> bool {
    let Some(comment) = before.rfind("/**") else {
        return false;
    };
    let comment = &before[comment..];
    let Some(tag) = comment.rfind(" @").map(|tag| &comment[tag..]) else {
        return false;
    };
    !comment.contains("*/") && tag.contains('{') && tag.ends_with("import(")
}

/// Gives what the manifests around a file ask for under a name.
fn asked_for(ours: &Ours, from: &str, name: &str) -> Option<String> {
    let kinds = [
        "dependencies",
        "devDependencies",
        "peerDependencies",
        "optionalDependencies",
    ];
    let mut folder = from;
    loop {
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        let manifest = if folder.is_empty() {
            "package.json".to_owned()
        } else {
            format!("{folder}/package.json")
        };
        let manifest = ours.texts.get(&manifest);
        let manifest = manifest.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let asked = manifest.and_then(|manifest| {
            let asked = kinds.iter().find_map(|kind| manifest[kind][name].as_str());
            asked.map(str::to_owned)
        });
        if asked.is_some() || folder.is_empty() {
            return asked;
        }
    }
}

/// Lists the names that the manifests of the tree give to their packages.
fn names_of_packages(ours: &Ours) -> impl Iterator<Item = String> {
    let is_manifest = |path: &str| path.rsplit('/').next() == Some("package.json");
    ours.texts
        .iter()
        .filter(move |(path, _)| is_manifest(path))
        .filter_map(|(_, text)| serde_json::from_str::<Value>(text).ok())
        .filter_map(|manifest| manifest["name"].as_str().map(str::to_owned))
}
