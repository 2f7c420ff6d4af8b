//! The part of a file for testing that stands without what the project lacks: whole statements go, everything else stays byte for byte.
//! Pure; what cannot be decided surely is refused, never guessed.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::text::ByteRange;

use super::{
    removal,
    unit_rules::{
        aliases_of, fixture_name, is_definition, is_run_by_itself, may_go_from_class, tests_in,
    },
};
use crate::languages::python::outline::{ImportedAlias, Reads, Unit, UnitKind, outline};

/// What a file lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lacking {
    /// Where names of import statements begin that the project does not have.
    pub(super) aliases: BTreeSet<usize>,
    /// Where uses begin that will fail.
    pub(super) uses: BTreeSet<usize>,
    /// Attributes that the modules under these names will not have.
    pub(super) attributes: BTreeSet<(String, String)>,
    /// Names that a star import no longer gives.
    pub(super) names: BTreeSet<String>,
    /// Fixtures of other files that are gone.
    pub(super) fixtures: BTreeSet<String>,
}

impl Lacking {
    /// Says whether it lacks nothing.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is left of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    /// The text.
    pub(super) text: String,
    /// Names of the module that are gone.
    pub(super) gone: BTreeSet<String>,
    /// Fixtures that it had and has no longer.
    pub(super) gone_fixtures: BTreeSet<String>,
    /// How many tests are left of how many; functions are counted, not their parameters.
    pub(super) tests: (usize, usize),
    /// Line of the first statement that is gone; 0 for none.
    pub(super) line: u32,
}

/// Why a file cannot be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undecided {
    /// The line that cannot be decided; 0 for the whole file.
    pub(super) line: u32,
    /// Why.
    pub(super) why: &'static str,
}

/// Lists the fixtures that a text defines.
pub(super) fn fixtures(text: &str) -> BTreeSet<String> {
    let units = outline(text).unwrap_or_default();
    units.iter().filter_map(fixture_name).collect()
}

/// Cuts what cannot stand out of a text.
///
/// # Errors
/// [`Undecided`] where the rest could mean something else, or the text does not parse.
pub(super) fn cut(text: &str, lacking: &Lacking) -> Result<Cut, Undecided> {
    let undecided = Undecided {
        line: 0,
        why: "it does not parse",
    };
    let units = outline(text).ok_or(undecided)?;
    let mut cutting = Cutting::new(&units, lacking);
    while cutting.round()? {}
    cutting.check_dynamic()?;
    let text = removal::without(text, &cutting.removals());
    Ok(Cut {
        tests: cutting.count_tests(),
        line: cutting.first_line(),
        gone: cutting.gone,
        gone_fixtures: cutting.gone_fixtures,
        text,
    })
}

struct Cutting<'a> {
    units: &'a [Unit],
    lacking: &'a Lacking,
    classes: BTreeSet<&'a str>,
    /// How often each name is bound by plain imports of the module that stay.
    plain: BTreeMap<&'a str, usize>,
    own_fixtures: BTreeSet<String>,
    gone: BTreeSet<String>,
    gone_fixtures: BTreeSet<String>,
    gone_members: BTreeSet<String>,
    removed: BTreeSet<usize>,
    removed_members: BTreeSet<(usize, usize)>,
    removed_aliases: BTreeSet<usize>,
}

impl<'a> Cutting<'a> {
    fn new(units: &'a [Unit], lacking: &'a Lacking) -> Self {
        let classes = units
            .iter()
            .filter(|unit| matches!(unit.kind, UnitKind::Class(_)));
        let classes = classes.flat_map(|unit| unit.binds.iter().map(String::as_str));
        let mut plain = BTreeMap::new();
        for alias in units
            .iter()
            .flat_map(aliases_of)
            .filter(|alias| alias.plain)
        {
            *plain.entry(alias.bound.as_str()).or_insert(0) += 1;
        }
        Self {
            classes: classes.collect(),
            plain,
            own_fixtures: units.iter().filter_map(fixture_name).collect(),
            gone: lacking.names.clone(),
            gone_fixtures: BTreeSet::new(),
            gone_members: BTreeSet::new(),
            removed: BTreeSet::new(),
            removed_members: BTreeSet::new(),
            removed_aliases: BTreeSet::new(),
            units,
            lacking,
        }
    }

    /// Removes what cannot stand by what is known so far; says whether that was anything.
    fn round(&mut self) -> Result<bool, Undecided> {
        let before = self.removed.len() + self.removed_members.len() + self.removed_aliases.len();
        let units = self.units;
        for (index, unit) in units.iter().enumerate() {
            if self.removed.contains(&index) {
                continue;
            }
            match &unit.kind {
                UnitKind::Import(aliases) => self.import(index, unit, aliases)?,
                UnitKind::Class(members) if !self.falls(&unit.reads, unit, None) => {
                    self.members(index, unit, members);
                }
                UnitKind::Class(_) => self.remove(index, unit),
                UnitKind::Function(_) => {
                    if self.function_falls(unit, None) {
                        self.remove_function(index, unit)?;
                    }
                }
                UnitKind::Definition | UnitKind::Nothing | UnitKind::Other => {
                    let binds_gone = unit.binds.iter().any(|name| self.gone.contains(name));
                    if binds_gone || self.falls(&unit.reads, unit, Some(unit.range)) {
                        self.remove_statement(index, unit)?;
                    }
                }
            }
        }
        let after = self.removed.len() + self.removed_members.len() + self.removed_aliases.len();
        Ok(after > before)
    }

    fn import(
        &mut self,
        index: usize,
        unit: &'a Unit,
        aliases: &'a [ImportedAlias],
    ) -> Result<(), Undecided> {
        for alias in aliases {
            let start = alias.range.start;
            if !self.lacking.aliases.contains(&start) || !self.removed_aliases.insert(start) {
                continue;
            }
            if alias.bound == "*" {
                return Err(undecided(
                    unit,
                    "it imports everything of what is not there",
                ));
            }
            if alias.plain {
                let left = self.plain.entry(&alias.bound).or_insert(0);
                *left = left.saturating_sub(1);
                if *left > 0 {
                    continue;
                }
            }
            self.gone.insert(alias.bound.clone());
        }
        let all_gone = aliases
            .iter()
            .all(|alias| self.removed_aliases.contains(&alias.range.start));
        if all_gone && !aliases.is_empty() {
            self.removed.insert(index);
        }
        Ok(())
    }

    /// Removes members of a class, or the class where the others would mean something else.
    fn members(&mut self, index: usize, unit: &'a Unit, members: &'a [Unit]) {
        let has_tests = members.iter().any(|member| tests_in(member) > 0);
        for (position, member) in members.iter().enumerate() {
            if self.removed_members.contains(&(index, position)) {
                continue;
            }
            let falls = match &member.kind {
                UnitKind::Function(_) => self.function_falls(member, Some(members)),
                UnitKind::Import(aliases) => aliases
                    .iter()
                    .any(|alias| self.lacking.aliases.contains(&alias.range.start)),
                _ => self.falls(&member.reads, member, Some(member.range)),
            } || (!matches!(member.kind, UnitKind::Function(_))
                && self.reads_gone_member(&member.reads, members));
            if !falls {
                continue;
            }
            if !has_tests || !may_go_from_class(member) {
                return self.remove(index, unit);
            }
            self.removed_members.insert((index, position));
            self.gone_members.extend(member.binds.iter().cloned());
            self.gone_fixtures.extend(fixture_name(member));
        }
        let left = members.iter().enumerate().filter(|(position, member)| {
            !self.removed_members.contains(&(index, *position)) && tests_in(member) > 0
        });
        if has_tests && left.count() == 0 {
            self.remove(index, unit);
        }
    }

    /// Says whether more than tests is gone: names that code could look up without showing it.
    fn lost_names(&self) -> bool {
        let is_test = |name: &str| name.starts_with("test") || name.starts_with("Test");
        self.gone.iter().any(|name| !is_test(name))
    }

    /// A name of a class that other statements of its body read.
    fn reads_gone_member(&self, reads: &Reads, members: &[Unit]) -> bool {
        let own = |name: &String| members.iter().any(|member| member.binds.contains(name));
        reads
            .names
            .iter()
            .any(|name| self.gone_members.contains(name) && own(name))
    }

    fn function_falls(&self, unit: &Unit, members: Option<&[Unit]>) -> bool {
        let UnitKind::Function(function) = &unit.kind else {
            return false;
        };
        let is_own = |name: &String| {
            let of_class = || {
                let mut known = members.into_iter().flatten().filter_map(fixture_name);
                known.any(|known| known == *name)
            };
            let is_itself = fixture_name(unit).as_ref() == Some(name);
            !is_itself && (self.own_fixtures.contains(name) || of_class())
        };
        let is_gone = |name: &String| {
            self.gone_fixtures.contains(name)
                || (self.lacking.fixtures.contains(name) && !is_own(name))
        };
        let asks = function.parameters.iter().any(is_gone)
            || [&unit.reads, &unit.inner]
                .iter()
                .any(|reads| reads.texts.iter().any(is_gone));
        asks || self.falls(&unit.reads, unit, Some(unit.range))
            || self.falls(&unit.inner, unit, None)
            || members.is_some_and(|members| self.reads_gone_member(&unit.reads, members))
            || (unit.inner.dynamic && self.lost_names())
    }

    /// Says whether what is read is gone, or something within the range will fail.
    fn falls(&self, reads: &Reads, unit: &Unit, within: Option<ByteRange>) -> bool {
        let is_member = |(root, name): &(String, String)| {
            let of_class = matches!(root.as_str(), "self" | "cls" | "super")
                || self.classes.contains(root.as_str());
            of_class && self.gone_members.contains(name)
        };
        reads.names.iter().any(|name| self.gone.contains(name))
            || reads.attributes.iter().any(|attribute| {
                self.lacking.attributes.contains(attribute) || is_member(attribute)
            })
            || within.is_some_and(|range| {
                let places = [&self.lacking.uses, &self.lacking.aliases];
                places
                    .iter()
                    .any(|starts| starts.range(range.start..range.end).next().is_some())
            })
            || (within.is_none()
                && matches!(unit.kind, UnitKind::Class(_))
                && self.head_lacks(unit))
    }

    /// Uses that will fail in the decorators and bases of a class: those within it and not within its body.
    fn head_lacks(&self, unit: &Unit) -> bool {
        let UnitKind::Class(members) = &unit.kind else {
            return false;
        };
        let end = members
            .first()
            .map_or(unit.range.end, |member| member.range.start);
        self.lacking
            .uses
            .range(unit.range.start..end)
            .next()
            .is_some()
    }

    fn remove(&mut self, index: usize, unit: &Unit) {
        self.removed.insert(index);
        self.gone.extend(unit.binds.iter().cloned());
    }

    fn remove_function(&mut self, index: usize, unit: &Unit) -> Result<(), Undecided> {
        let name = unit.binds.first().map_or("", String::as_str);
        let automatic = matches!(&unit.kind, UnitKind::Function(function)
            if function.fixture.as_ref().is_some_and(|fixture| fixture.automatic || fixture.name.is_none()));
        if automatic || is_run_by_itself(name) {
            return Err(undecided(unit, "the test runner uses it for every test"));
        }
        self.gone_fixtures.extend(fixture_name(unit));
        self.remove(index, unit);
        Ok(())
    }

    /// Removes a statement of the module, with the names that it changes; refuses what it may do to others.
    fn remove_statement(&mut self, index: usize, unit: &Unit) -> Result<(), Undecided> {
        if unit.binds.iter().any(|name| is_run_by_itself(name)) {
            return Err(undecided(unit, "the test runner uses it for every test"));
        }
        let imported: BTreeSet<&str> = self
            .units
            .iter()
            .flat_map(aliases_of)
            .map(|alias| alias.bound.as_str())
            .collect();
        for name in &unit.reads.changes {
            if imported.contains(name.as_str()) && !self.gone.contains(name) && name != "warnings" {
                return Err(undecided(unit, "it may change what other tests use"));
            }
            self.gone.insert(name.clone());
        }
        let calls = &unit.reads.calls;
        if calls.iter().any(|name| !self.gone.contains(name)) {
            return Err(undecided(unit, "it may change what other tests use"));
        }
        self.remove(index, unit);
        Ok(())
    }

    /// Code of the module that can read names which its text does not show must not stand beside what is gone.
    fn check_dynamic(&self) -> Result<(), Undecided> {
        if !self.lost_names() {
            return Ok(());
        }
        let left = self
            .units
            .iter()
            .enumerate()
            .filter(|(index, _)| !self.removed.contains(index));
        for (index, unit) in left {
            let members = match &unit.kind {
                UnitKind::Class(members) => &members[..],
                _ => &[],
            };
            let of_class = members
                .iter()
                .enumerate()
                .filter(|(position, _)| !self.removed_members.contains(&(index, *position)))
                .find(|(_, member)| member.reads.dynamic);
            if unit.reads.dynamic || of_class.is_some() {
                return Err(undecided(
                    unit,
                    "it reads names that its text does not show",
                ));
            }
        }
        Ok(())
    }

    fn removals(&self) -> Vec<removal::Removal> {
        let mut removals = Vec::new();
        for (index, unit) in self.units.iter().enumerate() {
            if self.removed.contains(&index) {
                removals.push(removal::Removal::Statement {
                    range: unit.range,
                    has_comments: index > 0 && is_definition(unit),
                });
                continue;
            }
            match &unit.kind {
                UnitKind::Class(members) => {
                    let gone = members
                        .iter()
                        .enumerate()
                        .filter(|(position, _)| self.removed_members.contains(&(index, *position)));
                    removals.extend(gone.map(|(_, member)| removal::Removal::Statement {
                        range: member.range,
                        has_comments: is_definition(member),
                    }));
                }
                UnitKind::Import(aliases) => {
                    let names: Vec<(ByteRange, bool)> = aliases
                        .iter()
                        .map(|alias| {
                            let gone = self.removed_aliases.contains(&alias.range.start);
                            (alias.range, gone)
                        })
                        .collect();
                    if names.iter().any(|(_, gone)| *gone) {
                        removals.push(removal::Removal::Names(names));
                    }
                }
                _ => {}
            }
        }
        removals
    }

    fn count_tests(&self) -> (usize, usize) {
        let mut counts = (0, 0);
        for (index, unit) in self.units.iter().enumerate() {
            let mut count = |unit: &Unit, gone: bool| {
                let tests = tests_in(unit);
                counts.1 += tests;
                counts.0 += if gone { 0 } else { tests };
            };
            let gone = self.removed.contains(&index);
            match &unit.kind {
                UnitKind::Class(members) => {
                    for (position, member) in members.iter().enumerate() {
                        count(
                            member,
                            gone || self.removed_members.contains(&(index, position)),
                        );
                    }
                }
                _ => count(unit, gone),
            }
        }
        counts
    }

    fn first_line(&self) -> u32 {
        let of_module = self
            .removed
            .iter()
            .filter_map(|index| Some(self.units.get(*index)?.line));
        let of_class = self.removed_members.iter().filter_map(|(index, position)| {
            match &self.units.get(*index)?.kind {
                UnitKind::Class(members) => Some(members.get(*position)?.line),
                _ => None,
            }
        });
        let of_names = self.units.iter().filter(|unit| {
            aliases_of(unit)
                .iter()
                .any(|alias| self.removed_aliases.contains(&alias.range.start))
        });
        of_module
            .chain(of_class)
            .chain(of_names.map(|unit| unit.line))
            .min()
            .unwrap_or(0)
    }
}

fn undecided(unit: &Unit, why: &'static str) -> Undecided {
    Undecided {
        line: unit.line,
        why,
    }
}
