//! What a project takes from elsewhere in the tree: parents, properties, and the versions that `dependencyManagement` gives. Bounded in
//! depth and in steps, so that no circle and no tower of properties takes long.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    collections::{BTreeSet, HashMap},
};

use super::{
    super::super::{
        allowance::{LONGEST_TEXT, cut},
        pom_xml::{PomDependency, Profile},
        tree_reading::{in_folder, join},
    },
    PomFile,
};

/// How many parents one project has at most.
const MOST_PARENTS: usize = 32;
/// How many properties lie in each other at most.
const DEEPEST_PROPERTY: usize = 16;
/// How many imported managements lie in each other at most.
const DEEPEST_IMPORT: u32 = 8;
/// How many steps the properties and managements of one tree may take; fewer in tests, so that the bound is reached soon.
const MOST_STEPS: usize = if cfg!(test) { 100_000 } else { 5_000_000 };

/// The projects of a tree with their parents.
pub(super) struct Models<'m> {
    files: &'m [PomFile],
    /// For each project itself, its parent, and so on.
    chains: Vec<Vec<usize>>,
    places: Places<'m>,
    managed: Vec<Managed<'m>>,
    steps: Cell<usize>,
    /// Coordinates of imported managements that are not in the tree.
    unknown_imports: RefCell<BTreeSet<String>>,
}

/// Where projects are, by what names them.
#[derive(Default)]
struct Places<'m> {
    by_path: HashMap<&'m str, usize>,
    by_coordinates: HashMap<(&'m str, &'m str), usize>,
    by_version: HashMap<(&'m str, &'m str, &'m str), usize>,
}

impl<'m> Places<'m> {
    fn of(files: &'m [PomFile]) -> Self {
        let mut places = Self::default();
        for (index, file) in files.iter().enumerate() {
            places.by_path.insert(&file.path, index);
            if let (Some(group), Some(artifact)) = (group_of(file), file.pom.artifact.as_deref()) {
                places
                    .by_coordinates
                    .entry((group, artifact))
                    .or_insert(index);
                let version = version_of(file).unwrap_or_default();
                let key = (group, artifact, version);
                places.by_version.entry(key).or_insert(index);
            }
        }
        places
    }

    /// Finds a project by its coordinates, of several the one with the version.
    fn find(&self, group: &str, artifact: &str, version: &str) -> Option<usize> {
        // The tables may be asked for names that live shorter than theirs.
        let by_version: &HashMap<(&str, &str, &str), usize> = &self.by_version;
        let by_coordinates: &HashMap<(&str, &str), usize> = &self.by_coordinates;
        let exact = by_version.get(&(group, artifact, version));
        exact
            .or_else(|| by_coordinates.get(&(group, artifact)))
            .copied()
    }
}

/// The management of one project.
#[derive(Default)]
struct Managed<'m> {
    by_artifact: HashMap<&'m str, Vec<&'m PomDependency>>,
    /// Those whose artifact is a property.
    open: Vec<&'m PomDependency>,
    imports: Vec<&'m PomDependency>,
}

/// What names a requirement, with its properties filled in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub group: String,
    pub artifact: String,
    pub kind: String,
    pub classifier: String,
}

/// What the management gives.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    pub version: Option<String>,
    pub scope: Option<String>,
}

impl<'m> Models<'m> {
    /// Finds the parents of every project.
    pub(super) fn of(files: &'m [PomFile]) -> Self {
        let places = Places::of(files);
        let parents: Vec<Option<usize>> = (0..files.len())
            .map(|index| parent_of(files, index, &places))
            .collect();
        Self {
            files,
            chains: (0..files.len())
                .map(|index| chain(index, &parents))
                .collect(),
            places,
            managed: files.iter().map(managed_of).collect(),
            steps: Cell::new(MOST_STEPS),
            unknown_imports: RefCell::default(),
        }
    }

    /// Looks at one project.
    pub(super) fn view<'v>(&'v self, index: usize, profile: Option<&'v Profile>) -> View<'v> {
        View {
            models: self,
            chain: &self.chains[index],
            profile,
        }
    }

    /// Says whether the steps for this tree are used up.
    pub(super) fn is_spent(&self) -> bool {
        self.steps.get() == 0
    }

    /// Gives the coordinates of imported managements that were needed and are not in the tree.
    pub(super) fn unknown_imports(&self) -> BTreeSet<String> {
        self.unknown_imports.take()
    }

    /// Takes one step; false when none is left.
    fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }
}

fn group_of(file: &PomFile) -> Option<&str> {
    let parent = file.pom.parent.as_ref();
    let own = file.pom.group.as_ref();
    let group = own.or_else(|| parent?.group.as_ref());
    group.map(String::as_str)
}

fn version_of(file: &PomFile) -> Option<&str> {
    let parent = file.pom.parent.as_ref();
    let own = file.pom.version.as_ref();
    let version = own.or_else(|| parent?.version.as_ref());
    version.map(String::as_str)
}

/// Finds the file of a parent: where the relative path leads if the coordinates agree there, else by the coordinates.
fn parent_of(files: &[PomFile], index: usize, places: &Places<'_>) -> Option<usize> {
    let file = &files[index];
    let parent = file.pom.parent.as_ref()?;
    let agrees = |found: &usize| {
        let other = &files[*found];
        let is_open = |text: &str| text.contains("${");
        let equal = |left: Option<&str>, right: Option<&str>| match (left, right) {
            (Some(left), Some(right)) => left == right || is_open(left) || is_open(right),
            _ => true,
        };
        *found != index
            && equal(group_of(other), parent.group.as_deref())
            && equal(other.pom.artifact.as_deref(), parent.artifact.as_deref())
            && equal(version_of(other), parent.version.as_deref())
    };
    let place = match parent.relative_path.as_str() {
        "" => None,
        path => join(&file.folder, &path.replace('\\', "/")),
    };
    let by_place = place.and_then(|place| {
        let inside = in_folder(&place, "pom.xml");
        let at = |path: &str| places.by_path.get(path).copied();
        at(&place).or_else(|| at(&inside)).filter(agrees)
    });
    by_place.or_else(|| {
        let version = parent.version.as_deref().unwrap_or_default();
        let (group, artifact) = (parent.group.as_deref()?, parent.artifact.as_deref()?);
        places.find(group, artifact, version).filter(agrees)
    })
}

fn chain(index: usize, parents: &[Option<usize>]) -> Vec<usize> {
    let mut chain = vec![index];
    while let Some(parent) = parents[chain[chain.len() - 1]] {
        if chain.contains(&parent) || chain.len() == MOST_PARENTS {
            break;
        }
        chain.push(parent);
    }
    chain
}

fn managed_of(file: &PomFile) -> Managed<'_> {
    let mut managed = Managed::default();
    for given in &file.pom.managed {
        let is_import = given.scope.as_deref() == Some("import");
        let artifact = given.artifact.as_deref().unwrap_or_default();
        if is_import {
            managed.imports.push(given);
        } else if artifact.contains("${") {
            managed.open.push(given);
        } else {
            managed.by_artifact.entry(artifact).or_default().push(given);
        }
    }
    managed
}

/// One project with its parents, and the profile that is looked at with it.
#[derive(Clone, Copy)]
pub(super) struct View<'v> {
    models: &'v Models<'v>,
    chain: &'v [usize],
    profile: Option<&'v Profile>,
}

/// A text with its properties filled in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filled<'t> {
    pub text: Cow<'t, str>,
    /// A property that is not defined in the tree, or that is defined by itself.
    pub missing: Option<String>,
}

impl<'v> View<'v> {
    /// Gives the files of the project and its parents.
    pub(super) fn files(&self) -> impl Iterator<Item = &'v PomFile> + use<'v> {
        let files = self.models.files;
        self.chain.iter().map(|index| &files[*index])
    }

    fn file(&self) -> &'v PomFile {
        &self.models.files[self.chain[0]]
    }

    /// Gives the coordinates of the nearest parent that is not in the tree.
    pub(super) fn outer_parent(&self) -> Option<String> {
        let last = self.chain[self.chain.len() - 1];
        let parent = self.models.files[last].pom.parent.as_ref()?;
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        let parts = [&parent.group, &parent.artifact, &parent.version].map(part);
        Some(parts.join(":"))
    }

    /// Fills the properties of a text in, as this project sees them.
    pub(super) fn fill<'t>(&self, text: &'t str) -> Filled<'t> {
        if !text.contains("${") {
            return Filled {
                text: Cow::Borrowed(text),
                missing: None,
            };
        }
        let mut filled = String::new();
        let mut missing = None;
        self.expand(text, &mut Vec::new(), &mut filled, &mut missing);
        Filled {
            text: Cow::Owned(filled),
            missing,
        }
    }

    /// Fills a text in that may not be there; what is not defined stays as written.
    pub(super) fn filled(&self, text: Option<&str>) -> Option<String> {
        text.map(|text| self.fill(text).text.into_owned())
    }

    fn expand<'t>(
        &self,
        text: &'t str,
        open: &mut Vec<&'t str>,
        filled: &mut String,
        missing: &mut Option<String>,
    ) where
        'v: 't,
    {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            push(filled, before);
            let Some((key, behind)) = after.split_once('}') else {
                push(filled, "${");
                rest = after;
                continue;
            };
            rest = behind;
            let is_bounded = open.len() < DEEPEST_PROPERTY && filled.len() < LONGEST_TEXT;
            let may_go_on = is_bounded && !open.contains(&key) && self.models.step();
            match self.property(key).filter(|_| may_go_on) {
                Some(value) => {
                    open.push(key);
                    self.expand(value, open, filled, missing);
                    open.pop();
                }
                None => {
                    for part in ["${", key, "}"] {
                        push(filled, part);
                    }
                    missing.get_or_insert_with(|| cut(key, 200).to_owned());
                }
            }
        }
        push(filled, rest);
    }

    /// Gives the value of a property: a field of the project, what the profile sets, what the project or a parent sets.
    pub(super) fn property(&self, key: &str) -> Option<&'v str> {
        let field = key
            .strip_prefix("project.")
            .or_else(|| key.strip_prefix("pom."));
        field
            .and_then(|field| self.field(field))
            .or_else(|| Some(self.profile?.properties.get(key)?.as_str()))
            .or_else(|| {
                let mut files = self.files();
                files
                    .find_map(|file| file.pom.properties.get(key))
                    .map(String::as_str)
            })
            .or_else(|| self.field(key))
    }

    fn field(&self, field: &str) -> Option<&'v str> {
        let file = self.file();
        let parent = || file.pom.parent.as_ref();
        match field {
            "groupId" => group_of(file),
            "version" => version_of(file),
            "artifactId" => file.pom.artifact.as_deref(),
            "packaging" => Some(file.pom.packaging.as_deref().unwrap_or("jar")),
            "name" => file.pom.name.as_deref(),
            "description" => file.pom.description.as_deref(),
            "parent.groupId" => parent()?.group.as_deref(),
            "parent.artifactId" => parent()?.artifact.as_deref(),
            "parent.version" => parent()?.version.as_deref(),
            _ => None,
        }
    }

    /// Gives what names a requirement.
    pub(super) fn key(&self, dependency: &PomDependency) -> Key {
        let text = |text: &Option<String>| self.filled(text.as_deref()).unwrap_or_default();
        let kind = text(&dependency.kind);
        Key {
            group: text(&dependency.group),
            artifact: text(&dependency.artifact),
            kind: if kind.is_empty() {
                "jar".to_owned()
            } else {
                kind
            },
            classifier: text(&dependency.classifier),
        }
    }

    /// Gives what the managements give to a requirement: the profile's, the project's and its parents', then imported ones.
    pub(super) fn managed(&self, wanted: &Key) -> Option<Given> {
        self.managed_within(wanted, DEEPEST_IMPORT)
    }

    fn managed_within(&self, wanted: &Key, depth: u32) -> Option<Given> {
        let of_profile = self.profile.iter().flat_map(|profile| &profile.managed);
        let by_level = self.chain.iter().flat_map(|index| {
            let managed = &self.models.managed[*index];
            let named = managed.by_artifact.get(wanted.artifact.as_str());
            // Of two entries of one project the last one counts.
            named
                .into_iter()
                .flatten()
                .rev()
                .chain(&managed.open)
                .copied()
        });
        for given in of_profile.chain(by_level) {
            if !self.models.step() {
                return None;
            }
            if given.scope.as_deref() != Some("import") && self.key(given) == *wanted {
                return Some(Given {
                    version: self.filled(given.version.as_deref()),
                    scope: self.filled(given.scope.as_deref()),
                });
            }
        }
        let imports = self
            .chain
            .iter()
            .flat_map(|index| &self.models.managed[*index].imports);
        for import in imports {
            if depth == 0 || !self.models.step() {
                return None;
            }
            let Key {
                group, artifact, ..
            } = self.key(import);
            let version = self.filled(import.version.as_deref()).unwrap_or_default();
            match self.models.places.find(&group, &artifact, &version) {
                Some(index) => {
                    let view = self.models.view(index, None);
                    if let Some(given) = view.managed_within(wanted, depth - 1) {
                        return Some(given);
                    }
                }
                None => {
                    let mut unknown = self.models.unknown_imports.borrow_mut();
                    if unknown.len() < 20 {
                        unknown.insert(format!("{group}:{artifact}"));
                    }
                }
            }
        }
        None
    }
}

/// Adds to a text up to the longest that is kept.
fn push(filled: &mut String, text: &str) {
    let left = LONGEST_TEXT.saturating_sub(filled.len());
    filled.push_str(cut(text, left));
}
