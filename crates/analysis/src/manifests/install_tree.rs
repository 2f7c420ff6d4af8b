//! Where packages lie in each other's `node_modules`, and which one a name means from a given place. Knows no lock format.

use std::collections::HashMap;

/// How deep places may lie in each other.
const DEEPEST: u16 = 64;

/// A tree of places; the top is [`InstallTree::TOP`]. Names borrow from the lock file's text.
pub(super) struct InstallTree<'t> {
    places: Vec<Place>,
    children: HashMap<(u32, Step<'t>), u32>,
}

struct Place {
    parent: u32,
    depth: u16,
    package: Option<u32>,
}

/// How a place is reached from the one above it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step<'t> {
    /// A folder of the repository.
    Folder(&'t str),
    /// A package in `node_modules`, with its scope.
    Package(&'t str),
}

impl<'t> InstallTree<'t> {
    /// The top.
    pub(super) const TOP: u32 = 0;

    /// Makes a tree of the top alone.
    pub(super) fn new() -> Self {
        let top = Place {
            parent: Self::TOP,
            depth: 0,
            package: None,
        };
        Self {
            places: vec![top],
            children: HashMap::new(),
        }
    }

    /// Gives a place below another one, made if need be; `None` when it would lie too deep.
    pub(super) fn below(&mut self, parent: u32, step: Step<'t>) -> Option<u32> {
        if let Some(known) = self.children.get(&(parent, step)) {
            return Some(*known);
        }
        let depth = self.places[parent as usize].depth + 1;
        let place = u32::try_from(self.places.len()).ok()?;
        if depth > DEEPEST {
            return None;
        }
        self.places.push(Place {
            parent,
            depth,
            package: None,
        });
        self.children.insert((parent, step), place);
        Some(place)
    }

    /// Gives the place of a path such as `packages/a/node_modules/@scope/b`, made if need be.
    pub(super) fn place_of(&mut self, path: &'t str) -> Option<u32> {
        let mut place = Self::TOP;
        let mut rest = path;
        while !rest.is_empty() {
            let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
            let step = if first == "node_modules" && !after.is_empty() {
                let length = length_of_name(after);
                rest = after[length..].trim_start_matches('/');
                Step::Package(&after[..length])
            } else {
                rest = after;
                Step::Folder(first)
            };
            place = self.below(place, step)?;
        }
        Some(place)
    }

    /// Puts a package into a place.
    pub(super) fn put(&mut self, place: u32, package: u32) {
        self.places[place as usize].package = Some(package);
    }

    /// Gives the package in a place.
    pub(super) fn get(&self, place: u32) -> Option<u32> {
        self.places[place as usize].package
    }

    /// Finds the package that a name means from a place: in its own `node_modules`, else in that of the nearest place above.
    pub(super) fn find(&self, from: u32, name: &str) -> Option<u32> {
        let mut place = from;
        loop {
            let child = self.children.get(&(place, Step::Package(name)));
            if let Some(package) = child.and_then(|child| self.get(*child)) {
                return Some(package);
            }
            if place == Self::TOP {
                return None;
            }
            place = self.places[place as usize].parent;
        }
    }
}

/// Gives the length of the package's name that a path begins with: one component, two where the first is a scope.
pub(super) fn length_of_name(path: &str) -> usize {
    let first = path.find('/').unwrap_or(path.len());
    if !path.starts_with('@') || first == path.len() {
        return first;
    }
    let second = path[first + 1..].find('/');
    second.map_or(path.len(), |length| first + 1 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_the_nearest_place() {
        let mut tree = InstallTree::new();
        let paths = [
            "node_modules/a",
            "node_modules/@s/b",
            "node_modules/@s/b/node_modules/a",
            "packages/c/node_modules/a",
            "packages/c",
        ];
        for (package, path) in (0..).zip(paths) {
            let place = tree.place_of(path).expect("not deep");
            tree.put(place, package);
        }
        for (from, name, expected) in [
            ("", "a", Some(0)),
            ("node_modules/@s/b", "a", Some(2)),
            ("node_modules/@s/b/node_modules/a", "a", Some(2)),
            ("node_modules/a", "@s/b", Some(1)),
            ("packages/c", "a", Some(3)),
            ("packages/d", "a", Some(0)),
            ("packages/c", "x", None),
        ] {
            let place = tree.place_of(from).expect("not deep");
            assert_eq!(tree.find(place, name), expected, "{name} from {from}");
        }
    }

    #[test]
    fn places_are_not_too_deep() {
        let (installed, folders) = ("node_modules/a/".repeat(1_000), "a/".repeat(100_000));
        let mut tree = InstallTree::new();
        assert_eq!(tree.place_of(&installed), None);
        assert_eq!(tree.place_of(&folders), None);
        assert!(tree.place_of("//node_modules").is_some());
    }
}
