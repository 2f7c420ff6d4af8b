//! All works under all licenses that the whole may have. Must not word the answer: that is `findings`.

use std::collections::{HashMap, HashSet};

use synthesizer_model::{
    compatibility::{CompatibilityFinding, Verdict},
    failure::Failure,
};

use super::{
    expression::{Licenses, Reading, Step, shown},
    findings,
    matrix::matrix,
    outbound::{Outbound, candidates, is_possible, read_outbound},
    pair::{Because, Use, judge_pair},
};

/// What part of a repository a license is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WorkPart {
    /// Its own source, which is copied into the work.
    Source,
    /// A package that it needs, with its name; the work depends on it and is linked with it.
    Package(String),
}

/// Something that becomes a part of the whole, with its license as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicensedWork {
    /// The repository as the user named it.
    pub repository: String,
    /// What of it.
    pub part: WorkPart,
    /// The SPDX expression as found; `None` when no license is stated.
    pub expression: Option<String>,
    /// The file that states it; empty when it is not known.
    pub manifest: String,
    /// The line, counted from 1; 0 when it is not known.
    pub line: u32,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseJudgement {
    /// Under the license that was asked for; else under the best one there is. Always the worst of the findings, compatible without any.
    pub verdict: Verdict,
    /// The reasons; also which choice of an expression was taken.
    pub findings: Vec<CompatibilityFinding>,
    /// Licenses under which the whole may be passed on, of those that the works name and the usual ones; when none of these will do, of all in the
    /// matrix. First those that ask for nothing more, then those with conditions, each the freest first; last the license that was asked for, when it is
    /// possible and not among them. Empty when anything is unknown.
    pub possible_outbound: Vec<String>,
    /// By what was judged, and that it is no legal advice.
    pub notice: String,
}

/// Judges whether works may be passed on together, under the license asked for or else under any.
///
/// Pure and in process. Expressions above 4,096 bytes or 128 licenses, and what follows after 5,000 licenses in all, are `unknown`.
///
/// # Errors
/// `E_ARGUMENT` when `outbound` is no SPDX expression of at most eight licenses; the hint names the nearest.
pub fn judge(works: &[LicensedWork], outbound: Option<&str>) -> Result<LicenseJudgement, Failure> {
    let mut licenses = Licenses::default();
    let asked = outbound
        .map(|text| read_outbound(text, &mut licenses))
        .transpose()?;
    let groups = grouped(works, &mut licenses);
    let mut table = Table::fill(&groups, candidates(&mut licenses, false), &licenses);
    if table.possible_for(&table.known()).is_empty() {
        table = Table::fill(&groups, candidates(&mut licenses, true), &licenses);
    }
    let question = Question::new(&licenses, &groups, &table);
    let findings = findings::findings(&question, asked.as_ref());
    let verdict = findings
        .iter()
        .fold(Verdict::Compatible, |all, one| all.and(one.verdict));
    let mut possible_outbound: Vec<String> = question
        .possible
        .iter()
        .map(|column| table.outbounds[*column].name.clone())
        .collect();
    if let Some(asked) =
        asked.filter(|asked| is_possible(verdict) && !possible_outbound.contains(&asked.name))
    {
        possible_outbound.push(asked.name);
    }
    Ok(LicenseJudgement {
        verdict,
        findings,
        possible_outbound,
        notice: format!(
            "Judged by OSADL's license compatibility matrix (CC-BY-4.0, as of {}) and by documented rules for what it lacks. This is no legal advice.",
            matrix().date()
        ),
    })
}

/// Everything that findings are worded from.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) licenses: &'a Licenses,
    pub(super) groups: &'a [Group<'a>],
    pub(super) table: &'a Table,
    /// The groups that are not unknown whatever the license of the whole may be.
    pub(super) known: Vec<usize>,
    /// The best candidates for those.
    pub(super) possible_for_known: Vec<usize>,
    /// The candidates that are possible for everything; none when anything is unknown.
    pub(super) possible: Vec<usize>,
    /// Those of them that ask for nothing more.
    pub(super) plain: Vec<usize>,
}

impl<'a> Question<'a> {
    fn new(licenses: &'a Licenses, groups: &'a [Group<'a>], table: &'a Table) -> Self {
        let known = table.known();
        let possible_for_known = table.preferred_for(&known);
        let possible = match known.len() == groups.len() {
            true => table.possible_for(&known),
            false => Vec::new(),
        };
        let is_plain = |column: &usize| table.total(&known, *column) == Verdict::Compatible;
        let plain = possible.iter().copied().filter(is_plain).collect();
        Self {
            licenses,
            groups,
            table,
            known,
            possible_for_known,
            possible,
            plain,
        }
    }
}

/// What a license statement turned out to be.
#[derive(Debug)]
pub(super) enum Statement {
    /// An expression.
    Steps(Vec<Step>),
    /// There is none.
    Absent,
    /// It cannot be read: the reason.
    Unreadable(String),
}

/// Works with the same expression that are used in the same way.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// The expression as found, fit to be shown.
    pub(super) shown: String,
    pub(super) statement: Statement,
    pub(super) used: Use,
    pub(super) works: Vec<&'a LicensedWork>,
}

fn grouped<'a>(works: &'a [LicensedWork], licenses: &mut Licenses) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut places: HashMap<(Option<&str>, Use), usize> = HashMap::new();
    for work in works {
        let stated = work.expression.as_deref().map(str::trim);
        let stated = stated.filter(|text| !matches!(*text, "" | "NONE" | "NOASSERTION"));
        let used = match work.part {
            WorkPart::Source => Use::Copied,
            WorkPart::Package(_) => Use::Linked,
        };
        let place = *places.entry((stated, used)).or_insert(groups.len());
        if place == groups.len() {
            let statement = match stated.map(|text| licenses.read(text, Reading::Found)) {
                None => Statement::Absent,
                Some(Ok(steps)) => Statement::Steps(steps),
                Some(Err(why)) => Statement::Unreadable(why),
            };
            groups.push(Group {
                shown: stated.map_or_else(|| "no license".to_owned(), shown),
                statement,
                used,
                works: Vec::new(),
            });
        }
        groups[place].works.push(work);
    }
    groups
}

/// The verdict of every group under every candidate.
#[derive(Debug)]
pub(super) struct Table {
    /// The candidates, the freest first: the columns.
    pub(super) outbounds: Vec<Outbound>,
    /// One row per group; empty for a statement that is no expression.
    pub(super) rows: Vec<Vec<Verdict>>,
}

impl Table {
    fn fill(groups: &[Group<'_>], outbounds: Vec<Outbound>, licenses: &Licenses) -> Self {
        let row = |group: &Group<'_>| match &group.statement {
            Statement::Absent | Statement::Unreadable(_) => Vec::new(),
            Statement::Steps(steps) => outbounds
                .iter()
                .map(|outbound| group.verdict(steps, outbound, licenses))
                .collect(),
        };
        Self {
            rows: groups.iter().map(row).collect(),
            outbounds,
        }
    }

    /// Says whether a group is unknown whatever the license of the whole may be.
    pub(super) fn is_unknown(&self, row: usize) -> bool {
        let best = self.rows[row].iter().map(|verdict| *verdict as u8).min();
        best.is_none_or(|best| best == Verdict::Unknown as u8)
    }

    /// Gives the rows that are not unknown whatever the license of the whole may be.
    pub(super) fn known(&self) -> Vec<usize> {
        (0..self.rows.len())
            .filter(|row| !self.is_unknown(*row))
            .collect()
    }

    /// Gives the verdict of some rows together under one candidate.
    pub(super) fn total(&self, rows: &[usize], column: usize) -> Verdict {
        rows.iter().fold(Verdict::Compatible, |all, row| {
            all.and(self.rows[*row][column])
        })
    }

    /// Gives the candidates under which some rows may be passed on without a condition; if there are none, those with conditions.
    pub(super) fn preferred_for(&self, rows: &[usize]) -> Vec<usize> {
        let mut possible = self.possible_for(rows);
        let first = possible.first().map(|column| self.total(rows, *column));
        possible.retain(|column| Some(self.total(rows, *column)) == first);
        possible
    }

    /// Gives the candidates under which some rows may be passed on: first without conditions, then with.
    pub(super) fn possible_for(&self, rows: &[usize]) -> Vec<usize> {
        let totals: Vec<Verdict> = (0..self.outbounds.len())
            .map(|column| self.total(rows, column))
            .collect();
        let with = |verdict| {
            let columns = totals.iter().enumerate();
            let columns = columns.filter(move |(_, total)| **total == verdict);
            columns.map(|(column, _)| column)
        };
        with(Verdict::Compatible)
            .chain(with(Verdict::Conditional))
            .collect()
    }
}

/// How a group fares under a license for the whole.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) verdict: Verdict,
    /// The licenses that decide, with the license of the whole that each is held against.
    pub(super) reasons: Vec<(usize, usize, Because)>,
    /// The licenses that are taken, of those that the expression leaves to choose from.
    pub(super) taken: Vec<usize>,
}

impl Group<'_> {
    fn verdict(&self, steps: &[Step], outbound: &Outbound, licenses: &Licenses) -> Verdict {
        let mut worst = Verdict::Compatible;
        for leads in &outbound.alternatives {
            let verdicts = leads.iter().map(|lead| self.under(steps, *lead, licenses));
            let best = verdicts.min_by_key(|verdict| *verdict as u8);
            worst = worst.and(best.unwrap_or(Verdict::Incompatible));
        }
        worst
    }

    fn under(&self, steps: &[Step], lead: usize, licenses: &Licenses) -> Verdict {
        let mut stack: Vec<Verdict> = Vec::new();
        for step in steps {
            if let Step::License(place) = step {
                let part = licenses.get(*place);
                stack.push(judge_pair(licenses.get(lead), part, self.used).verdict);
                continue;
            }
            let right = stack.pop().unwrap_or(Verdict::Unknown);
            let left = stack.pop().unwrap_or(Verdict::Unknown);
            stack.push(match step {
                Step::And => left.and(right),
                _ => better(left, right),
            });
        }
        stack.pop().unwrap_or(Verdict::Unknown)
    }

    /// Gives the verdict with what decides it and what is chosen; `None` for a statement that is no expression.
    pub(super) fn detail(&self, outbound: &Outbound, licenses: &Licenses) -> Option<Detail> {
        let Statement::Steps(steps) = &self.statement else {
            return None;
        };
        let mut worst: Option<Detail> = None;
        for leads in &outbound.alternatives {
            let details = leads
                .iter()
                .map(|lead| self.detail_under(steps, *lead, licenses));
            let best = details.min_by_key(|detail| detail.verdict as u8)?;
            let is_worse = |one: &Detail| (best.verdict as u8) > (one.verdict as u8);
            if worst.as_ref().is_none_or(is_worse) {
                worst = Some(best);
            }
        }
        worst
    }

    fn detail_under(&self, steps: &[Step], lead: usize, licenses: &Licenses) -> Detail {
        let mut stack: Vec<(Verdict, Vec<usize>)> = Vec::new();
        for step in steps {
            if let Step::License(place) = step {
                let part = licenses.get(*place);
                let verdict = judge_pair(licenses.get(lead), part, self.used).verdict;
                stack.push((verdict, vec![*place]));
                continue;
            }
            let right = stack.pop().unwrap_or((Verdict::Unknown, Vec::new()));
            let left = stack.pop().unwrap_or((Verdict::Unknown, Vec::new()));
            stack.push(match step {
                Step::And => (left.0.and(right.0), [left.1, right.1].concat()),
                // What is written first is taken unless the second is better.
                _ if (right.0 as u8) < (left.0 as u8) => right,
                _ => left,
            });
        }
        let (verdict, mut taken) = stack.pop().unwrap_or((Verdict::Unknown, Vec::new()));
        let mut seen = HashSet::new();
        taken.retain(|place| seen.insert(*place));
        let reasons = taken.iter().map(|place| {
            let answer = judge_pair(licenses.get(lead), licenses.get(*place), self.used);
            (answer.verdict, (*place, lead, answer.because))
        });
        let decides = reasons.filter(|(one, _)| *one == verdict);
        Detail {
            verdict,
            reasons: decides.map(|(_, reason)| reason).collect(),
            taken,
        }
    }

    /// Says whether its expression leaves a choice.
    pub(super) fn has_choice(&self) -> bool {
        match &self.statement {
            Statement::Steps(steps) => steps.iter().any(|step| matches!(step, Step::Or)),
            Statement::Absent | Statement::Unreadable(_) => false,
        }
    }
}

const fn better(left: Verdict, right: Verdict) -> Verdict {
    if (right as u8) < (left as u8) {
        right
    } else {
        left
    }
}

/// Gives the best candidate for some rows, even when none is possible: the freest of those with the mildest verdict.
pub(super) fn best_column(table: &Table, rows: &[usize]) -> usize {
    let possible = table.possible_for(rows).into_iter().next();
    possible.unwrap_or_else(|| {
        let columns = 0..table.outbounds.len();
        columns
            .min_by_key(|column| table.total(rows, *column) as u8)
            .unwrap_or(0)
    })
}
