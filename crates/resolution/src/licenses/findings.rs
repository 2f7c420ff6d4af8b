//! The answer about licenses in plain sentences, with what would mend it. Must not judge: verdicts come from `judgement`.

use std::collections::HashSet;

use synthesizer_model::{
    compatibility::{CompatibilityFinding, Verdict},
    resolution::ImposedRequirement,
    text::escape_untrusted,
};

use super::{
    conflict::conflicts,
    expression::{Basis, Step},
    judgement::{Detail, Group, LicensedWork, Question, Statement, WorkPart, best_column},
    matrix::{Copyleft, matrix},
    outbound::{Outbound, is_possible},
    pair::{Because, Use, judge_pair},
};

/// The most names that a sentence lists.
const MOST_NAMED: usize = 4;
/// The most findings that are given.
const MOST_FINDINGS: usize = 200;
/// The most places that a finding lists.
const MOST_PLACES: usize = 100;
/// The most reasons that a sentence gives.
const MOST_REASONS: usize = 3;

/// Words the answer: under the license asked for, else under the best candidate, else what contradicts what.
pub(super) fn findings(
    question: &Question<'_>,
    asked: Option<&Outbound>,
) -> Vec<CompatibilityFinding> {
    bounded(all_findings(question, asked))
}

fn all_findings(question: &Question<'_>, asked: Option<&Outbound>) -> Vec<CompatibilityFinding> {
    let all = 0..question.groups.len();
    if let Some(outbound) = asked {
        let contradiction = outbound
            .contradiction
            .map(|verdict| contradiction(outbound, verdict));
        return match contradiction {
            Some(finding) => vec![finding],
            None => all
                .filter_map(|row| question.under(row, outbound))
                .collect(),
        };
    }
    let known = &question.known;
    let best = best_column(question.table, known);
    let outbound = &question.table.outbounds[best];
    let unknown = all.filter(|row| question.table.is_unknown(*row));
    let mut findings: Vec<CompatibilityFinding> = unknown
        .filter_map(|row| question.under(row, outbound))
        .collect();
    match question.table.total(known, best) {
        Verdict::Incompatible => findings.extend(question.contradictions(known)),
        _ => findings.extend(
            known
                .iter()
                .filter_map(|row| question.under(*row, outbound)),
        ),
    }
    findings
}

/// Leaves out the mildest of too many findings, and says so.
fn bounded(mut findings: Vec<CompatibilityFinding>) -> Vec<CompatibilityFinding> {
    if findings.len() <= MOST_FINDINGS {
        return findings;
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict as u8));
    let left_out = findings.split_off(MOST_FINDINGS);
    let verdict = left_out
        .iter()
        .fold(Verdict::Compatible, |all, one| all.and(one.verdict));
    findings.push(finding(
        &[],
        verdict,
        format!(
            "{} more findings about licenses are not listed.",
            left_out.len()
        ),
        None,
    ));
    findings
}

fn contradiction(outbound: &Outbound, verdict: Verdict) -> CompatibilityFinding {
    CompatibilityFinding {
        what: format!(
            "The outbound license {} contradicts itself: none of its licenses allows the others in one work.",
            outbound.name
        ),
        verdict,
        repositories: Vec::new(),
        requirements: Vec::new(),
        fix: Some("Ask for one license for the whole.".to_owned()),
    }
}

impl Question<'_> {
    /// Words how one group fares under a license for the whole; `None` when there is nothing to say.
    fn under(&self, row: usize, outbound: &Outbound) -> Option<CompatibilityFinding> {
        let group = &self.groups[row];
        let subject = subject(&[group]);
        let Some(detail) = group.detail(outbound, self.licenses) else {
            return Some(self.about_statement(group, &subject));
        };
        let (stated, name) = (&group.shown, &outbound.name);
        let because = self.reasons(group, &detail);
        let said = match detail.verdict {
            Verdict::Compatible => {
                return self.has_to_choose(group, &detail, outbound).then(|| {
                    finding(
                        &[group],
                        Verdict::Compatible,
                        format!(
                            "{subject}: under {stated}, taken under {}.",
                            self.taken(&detail)
                        ),
                        None,
                    )
                });
            }
            Verdict::Conditional => {
                format!("may be passed on under {name} on a condition: {because}")
            }
            Verdict::Unknown => format!(
                "nobody can tell from here whether it may be passed on under {name}: {because}"
            ),
            Verdict::Incompatible => format!("cannot be passed on under {name}: {because}"),
        };
        let choice = match group.has_choice() && is_possible(detail.verdict) {
            true => format!(" It is taken under {}.", self.taken(&detail)),
            false => String::new(),
        };
        Some(finding(
            &[group],
            detail.verdict,
            format!("{subject}: under {stated}, {said}.{choice}"),
            self.fix(group, &subject, &detail, outbound),
        ))
    }

    fn about_statement(&self, group: &Group<'_>, subject: &str) -> CompatibilityFinding {
        let (what, fix) = match &group.statement {
            Statement::Unreadable(why) => (
                format!(
                    "{subject}: the license {} cannot be judged: {why}.",
                    group.shown
                ),
                format!("State the license of {subject} as an SPDX expression, or replace it."),
            ),
            Statement::Absent | Statement::Steps(_) => (
                format!(
                    "{subject}: no license is stated. Without one only the holders may copy, change or pass it on; whether they would allow it is unknown."
                ),
                format!("Ask the holders of {subject} to state a license, or replace it."),
            ),
        };
        let rest = match self.known.is_empty() {
            true => Vec::new(),
            false => self.possible_for_known.clone(),
        };
        let rest = match self.names(&rest, None).as_str() {
            "" => String::new(),
            names => {
                format!(" Everything whose license is known could be passed on under {names}.")
            }
        };
        finding(
            &[group],
            Verdict::Unknown,
            what,
            Some(format!("{fix}{rest}")),
        )
    }

    /// Says whether the choice that an expression leaves is worth a word: always for copied source, for packages when another choice would not do.
    fn has_to_choose(&self, group: &Group<'_>, detail: &Detail, outbound: &Outbound) -> bool {
        let Statement::Steps(steps) = &group.statement else {
            return false;
        };
        let lead = outbound
            .alternatives
            .first()
            .and_then(|leads| leads.first());
        let is_worse = |step: &Step| match (step, lead) {
            (Step::License(place), Some(lead)) => {
                let (lead, part) = (self.licenses.get(*lead), self.licenses.get(*place));
                judge_pair(lead, part, group.used).verdict != detail.verdict
            }
            _ => false,
        };
        group.has_choice() && (group.used == Use::Copied || steps.iter().any(is_worse))
    }

    fn taken(&self, detail: &Detail) -> String {
        let names = detail
            .taken
            .iter()
            .map(|place| self.licenses.get(*place).name.as_str());
        let names: Vec<&str> = names.collect();
        listed(&names, "and")
    }

    fn reasons(&self, group: &Group<'_>, detail: &Detail) -> String {
        let mut texts: Vec<String> = Vec::new();
        for (place, _, because) in &detail.reasons {
            let text = match because {
                // The matrix names both licenses itself.
                Because::Matrix(..) | Because::Condition(_) => because.text(),
                _ if group.shown == self.licenses.get(*place).name => because.text(),
                _ => format!("{}: {}", self.licenses.get(*place).name, because.text()),
            };
            if !texts.contains(&text) {
                texts.push(text);
            }
            if texts.len() == MOST_REASONS {
                break;
            }
        }
        texts.join("; ")
    }

    fn fix(
        &self,
        group: &Group<'_>,
        subject: &str,
        detail: &Detail,
        outbound: &Outbound,
    ) -> Option<String> {
        match detail.verdict {
            Verdict::Compatible => None,
            Verdict::Conditional => {
                let names = self.names(&self.plain, Some(outbound));
                (!names.is_empty()).then(|| format!("Meet the condition, or pass the whole on under {names}, which asks for nothing more here."))
            }
            Verdict::Unknown | Verdict::Incompatible => {
                let better = if self.plain.is_empty() {
                    &self.possible
                } else {
                    &self.plain
                };
                let names = self.names(better, Some(outbound));
                let elsewhere = match names.as_str() {
                    "" => String::new(),
                    names => format!("Pass the whole on under {names}; or "),
                };
                let replace = match elsewhere.is_empty() {
                    true => "Replace",
                    false => "replace",
                };
                let read = match detail.verdict {
                    Verdict::Unknown => ", or read its terms and decide",
                    _ => self.closed_way(group),
                };
                Some(format!(
                    "{elsewhere}{replace} {subject}, or ask its holders for a license that allows it, such as {}{read}.",
                    self.ask(outbound)
                ))
            }
        }
    }

    /// Names a license to ask the holders for: the license of the whole where it has no copyleft, else MIT.
    fn ask(&self, outbound: &Outbound) -> String {
        let leads = outbound.alternatives.iter().flatten();
        let mut leads = leads.map(|lead| self.licenses.get(*lead));
        let is_free = leads.all(|lead| match lead.basis {
            Basis::Matrix(place) | Basis::StandIn(place, _) => {
                matrix().copyleft(place) == Copyleft::None
            }
            _ => false,
        });
        match is_free {
            true => outbound.name.clone(),
            false => "MIT".to_owned(),
        }
    }

    fn closed_way(&self, group: &Group<'_>) -> &'static str {
        let Statement::Steps(steps) = &group.statement else {
            return "";
        };
        let is_closed = |step: &Step| match step {
            Step::License(place) => matches!(self.licenses.get(*place).basis, Basis::Closed(_)),
            Step::And | Step::Or => false,
        };
        match steps.iter().any(is_closed) {
            true => {
                "; a whole that need not be open can be judged by asking for that license as the outbound license"
            }
            false => "",
        }
    }

    fn contradictions(&self, known: &[usize]) -> Vec<CompatibilityFinding> {
        let table: Vec<(usize, &[Verdict])> = known
            .iter()
            .map(|row| (*row, self.table.rows[*row].as_slice()))
            .collect();
        let found = conflicts(&table);
        let mut findings: Vec<CompatibilityFinding> = found
            .sets
            .iter()
            .map(|set| self.about_set(set, known))
            .collect();
        if found.left_out > 0 {
            findings.push(finding(
                &[],
                Verdict::Incompatible,
                format!(
                    "At least {} more sets contradict each other and are not listed.",
                    found.left_out
                ),
                None,
            ));
        }
        findings
    }

    fn about_set(&self, set: &[Vec<usize>], known: &[usize]) -> CompatibilityFinding {
        let groups_of = |kind: &[usize]| -> Vec<&Group<'_>> {
            kind.iter().map(|row| &self.groups[*row]).collect()
        };
        let all: Vec<&Group<'_>> = set.iter().flat_map(|kind| groups_of(kind)).collect();
        let described = set.iter().map(|kind| {
            let groups = groups_of(kind);
            let mut stated: Vec<&str> = groups.iter().map(|group| group.shown.as_str()).collect();
            stated.dedup();
            format!("{} (under {})", subject(&groups), listed(&stated, "and"))
        });
        let described: Vec<String> = described.collect();
        let described: Vec<&str> = described.iter().map(String::as_str).collect();
        let why = self.why_not_together(set);
        let what = match described.as_slice() {
            [one] => format!("No open license for the whole allows {one}: {why}."),
            several => format!(
                "No license for the whole allows {} together: {why}.",
                listed(several, "and")
            ),
        };
        let fix = self.way_out(set, known);
        finding(&all, Verdict::Incompatible, what, Some(fix))
    }

    /// For each member: under the license that it brings itself, why another is not allowed.
    fn why_not_together(&self, set: &[Vec<usize>]) -> String {
        let mut reasons: Vec<String> = Vec::new();
        for kind in set.iter().take(MOST_NAMED) {
            let outbound = &self.table.outbounds[self.own_column(kind[0])];
            let others = set.iter().filter(|other| set.len() == 1 || *other != kind);
            for other in others {
                let detail = self.groups[other[0]].detail(outbound, self.licenses);
                let Some(detail) = detail.filter(|detail| detail.verdict == Verdict::Incompatible)
                else {
                    continue;
                };
                let reason = format!(
                    "under {}: {}",
                    outbound.name,
                    self.reasons(&self.groups[other[0]], &detail)
                );
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
                break;
            }
        }
        reasons.truncate(MOST_REASONS);
        reasons.join("; ")
    }

    /// Finds the candidate that a group names itself and that is possible for it; else its best.
    fn own_column(&self, row: usize) -> usize {
        let possible = self.table.possible_for(&[row]);
        let Statement::Steps(steps) = &self.groups[row].statement else {
            return 0;
        };
        let is_own = |column: &usize| {
            let leads = self.table.outbounds[*column].alternatives.iter().flatten();
            let mut own = steps.iter().filter_map(|step| match step {
                Step::License(place) => Some(*place),
                Step::And | Step::Or => None,
            });
            let leads: Vec<usize> = leads.copied().collect();
            own.any(|place| leads.contains(&place))
        };
        let own = possible.iter().copied().find(is_own);
        own.unwrap_or_else(|| best_column(self.table, &[row]))
    }

    fn way_out(&self, set: &[Vec<usize>], known: &[usize]) -> String {
        let mut ways: Vec<String> = Vec::new();
        for kind in set.iter().take(MOST_NAMED) {
            let groups: Vec<&Group<'_>> = kind.iter().map(|row| &self.groups[*row]).collect();
            let subject = subject(&groups);
            let members: HashSet<&usize> = kind.iter().collect();
            let rest: Vec<usize> = known
                .iter()
                .copied()
                .filter(|row| !members.contains(row))
                .collect();
            let possible = self.names(&self.table.preferred_for(&rest), None);
            let then = match possible.as_str() {
                "" => String::new(),
                names => format!(" (then the whole could be under {names})"),
            };
            ways.push(format!(
                "replace {subject} or ask its holders for another license, such as MIT{then}"
            ));
            if let Some((later, names)) = self.or_later(kind, &rest) {
                ways.push(format!("ask the holders of {subject} for {later} (then the whole could be under {names})"));
            }
            ways.extend(match self.closed_way(groups[0]) {
                "" => None,
                way => Some(way.trim_start_matches("; ").to_owned()),
            });
        }
        let text = ways.join("; or ");
        let mut letters = text.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).chain(['.']).collect()
    }

    /// Tries whether `…-or-later` in the place of a single `…-only` would do, and gives it with the licenses that the whole could then have.
    fn or_later(&self, kind: &[usize], rest: &[usize]) -> Option<(&'static str, String)> {
        let [row] = kind else { return None };
        let group = &self.groups[*row];
        let Statement::Steps(steps) = &group.statement else {
            return None;
        };
        let [Step::License(place)] = steps.as_slice() else {
            return None;
        };
        let license = self.licenses.get(*place);
        let later = format!("{}-or-later", license.name.strip_suffix("-only")?);
        let place = matrix().place(&later)?;
        let mut asked = license.clone();
        asked.name = later;
        asked.basis = Basis::Matrix(place);
        let mut columns = self.table.possible_for(rest);
        columns.retain(|column| {
            let leads = self.table.outbounds[*column].alternatives.iter().flatten();
            let mut leads = leads.map(|lead| self.licenses.get(*lead));
            leads.all(|lead| is_possible(judge_pair(lead, &asked, group.used).verdict))
        });
        let names = self.names(&columns, None);
        (!names.is_empty()).then(|| (matrix().name(place), names))
    }

    /// Lists the first few candidates by name, without the one that was asked for.
    fn names(&self, columns: &[usize], without: Option<&Outbound>) -> String {
        let names = columns
            .iter()
            .map(|column| self.table.outbounds[*column].name.as_str());
        let names = names.filter(|name| without.is_none_or(|asked| asked.name != *name));
        let names: Vec<&str> = names.take(MOST_NAMED).collect();
        listed(&names, "or")
    }
}

fn finding(
    groups: &[&Group<'_>],
    verdict: Verdict,
    what: String,
    fix: Option<String>,
) -> CompatibilityFinding {
    let mut repositories: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    let mut requirements = Vec::new();
    for (group, work) in works_of(groups) {
        if seen.insert(work.repository.as_str()) {
            repositories.push(work.repository.clone());
        }
        if requirements.len() < MOST_PLACES {
            requirements.push(ImposedRequirement {
                repository: work.repository.clone(),
                specifier: group.shown.clone(),
                manifest: work.manifest.clone(),
                line: work.line,
            });
        }
    }
    CompatibilityFinding {
        what,
        verdict,
        repositories,
        requirements,
        fix,
    }
}

fn works_of<'a>(
    groups: &'a [&'a Group<'a>],
) -> impl Iterator<Item = (&'a Group<'a>, &'a LicensedWork)> {
    groups
        .iter()
        .flat_map(|group| group.works.iter().map(move |work| (*group, *work)))
}

/// Names works, such as `./a`, or `numpy (needed by ./a) and 3 more`.
fn subject(groups: &[&Group<'_>]) -> String {
    let mut seen: HashSet<(&str, &WorkPart)> = HashSet::new();
    let mut names: Vec<String> = Vec::new();
    for (_, work) in works_of(groups) {
        if seen.insert((&work.repository, &work.part)) && names.len() < MOST_NAMED {
            names.push(name_of(work));
        }
    }
    let mut listing: Vec<&str> = names.iter().map(String::as_str).collect();
    let more = format!("{} more", seen.len() - names.len());
    if seen.len() > names.len() {
        listing.push(&more);
    }
    listed(&listing, "and")
}

fn name_of(work: &LicensedWork) -> String {
    let repository = escape_untrusted(&work.repository);
    match &work.part {
        WorkPart::Source => repository,
        WorkPart::Package(package) if repository.is_empty() => escape_untrusted(package),
        WorkPart::Package(package) => {
            format!("{} (needed by {repository})", escape_untrusted(package))
        }
    }
}

/// Writes `a, b and c`.
fn listed(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [before @ .., end] => format!("{} {last} {end}", before.join(", ")),
    }
}
