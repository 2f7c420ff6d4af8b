//! `synthesizer compat`: whether repositories can live together, on one page.

use std::cmp::Reverse;

use clap::Args;
use synthesizer_engine::operations::compat::{CompatAnswer, CompatRequest};
use synthesizer_model::{
    ErrorCode, Failure,
    compatibility::{Compatibility, CompatibilityFinding, Dimension, PairVerdict, Verdict},
    reference::RepositoryReference,
    resolution::{Resolution, ResolutionStatus},
};

use crate::{
    answer::document,
    cli::{
        output::{Answer, Page, shell_word},
        session::Session,
    },
};

/// How many repositories the table of pairs has room for; of more only the pairs that do not go together are listed.
const MOST_COLUMNS: usize = 10;
/// The widest table of pairs, in characters: that of a usual terminal.
const WIDEST: usize = 80;
/// How many pairs are listed where there is no table.
const MOST_PAIRS: usize = 20;
/// What the cells of the table of pairs mean.
const LEGEND: &str =
    "if = once settled, ? = unknown; D dependencies, R runtime, L licenses, N names";

const EXAMPLES: &str = "\
Examples:
  synthesizer compat pypi:flask@3.1.0 pypi:django@5.2
  synthesizer compat ./a ./b --python 3.12
  synthesizer compat ./a cargo:serde npm:express --outbound-license Apache-2.0
  synthesizer compat ./a ./b --constraint './a :: click>=7.0,<8.2'

compatible: they go together. conditional: they do once what is named is
settled. unknown: it could not be told. incompatible: they do not.
`synthesizer resolve --help` has the forms of a constraint.

Exit status 1 means that they cannot live together. This is no legal advice.";

/// The arguments of `compat`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The repositories, two or more
    #[arg(value_name = "REPO", required = true, num_args = 2..)]
    repositories: Vec<String>,
    /// The Python version to compare for; every version that the repositories allow, if not given
    #[arg(long, value_name = "VERSION")]
    python: Option<String>,
    /// The license under which the combined work is to be passed on, as an SPDX expression
    #[arg(long, value_name = "SPDX")]
    outbound_license: Option<String>,
    /// A further requirement, as for `resolve`
    #[arg(long = "constraint", value_name = "REQUIREMENT")]
    constraints: Vec<String>,
}

/// Runs the command.
pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<Answer, Failure> {
    let repositories = arguments
        .repositories
        .iter()
        .map(|text| RepositoryReference::parse(text))
        .collect::<Result<Vec<_>, _>>()?;
    let request = CompatRequest {
        repositories,
        constraints: arguments.constraints.clone(),
        python_version: arguments.python.clone(),
        outbound_license: arguments.outbound_license.clone(),
    };
    let answer = session.engine.compat(&session.call, request).await?;
    Ok(Answer {
        document: document(&answer, &session.call.correlation_id)?,
        text: render(&answer),
        status: answer.compatibility.code.map_or(0, ErrorCode::exit_status),
    })
}

fn render(answer: &CompatAnswer) -> String {
    let found = &answer.compatibility;
    let mut page = Page::default();
    page.heading("Verdict");
    page.verdict(
        matches!(found.verdict, Verdict::Compatible | Verdict::Conditional),
        found.verdict.as_str(),
    );
    for (name, dimension) in found.dimensions.named() {
        page.fact(name, Some(&summary(dimension)));
    }
    matrix(&mut page, found);
    for (name, dimension) in found.dimensions.named() {
        findings(&mut page, name, dimension);
    }
    ways_out(&mut page, found);
    notes(&mut page, found);
    if !found.possible_outbound_licenses.is_empty() {
        page.heading("Could be passed on under, by the licenses that are known");
        page.line(&found.possible_outbound_licenses.join(", "));
    }
    let solvers: Vec<String> = found.resolutions.iter().map(solved).collect();
    page.list("Packages", &solvers);
    page.list("Warnings", &found.warnings);
    if let Some(diagram) = &found.diagram {
        page.heading("Picture (Mermaid)");
        page.lines(diagram);
    }
    page.into_text()
}

/// Counts what has to be looked at; what is compatible is a note.
fn summary(dimension: &Dimension) -> String {
    let findings = dimension.findings.iter();
    let count = findings.filter(|finding| is_open(finding)).count();
    match count {
        0 => dimension.verdict.to_string(),
        1 => format!("{}, 1 finding", dimension.verdict),
        _ => format!("{}, {count} findings", dimension.verdict),
    }
}

fn is_open(finding: &CompatibilityFinding) -> bool {
    finding.verdict != Verdict::Compatible
}

fn solved(one: &Resolution) -> String {
    let solver = &one.solver;
    match (one.status, one.packages_resolved) {
        (ResolutionStatus::Resolved, 0) => {
            format!("{}: no package is needed, by {solver}", one.ecosystem)
        }
        (ResolutionStatus::Resolved, 1) => {
            format!("{}: one set of 1 package, by {solver}", one.ecosystem)
        }
        (ResolutionStatus::Resolved, count) => {
            format!(
                "{}: one set of {count} packages, by {solver}",
                one.ecosystem
            )
        }
        (ResolutionStatus::Unsatisfiable, _) => {
            format!("{}: there is no set, by {solver}", one.ecosystem)
        }
        (ResolutionStatus::Unknown, _) => {
            format!("{}: it could not be told, by {solver}", one.ecosystem)
        }
    }
}

/// Shows every pair: a table while it fits, else the pairs that do not simply go together.
fn matrix(page: &mut Page, found: &Compatibility) {
    let mut names: Vec<&str> = Vec::new();
    for pair in &found.pairs {
        for name in &pair.repositories {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    let longest = names.iter().map(|name| name.chars().count()).max();
    let cells = found.pairs.iter().map(|pair| cell(pair).chars().count());
    let width = longest.unwrap_or(0) + 4 + names.len() * (cells.max().unwrap_or(0) + 2);
    if names.len() > MOST_COLUMNS || width > WIDEST {
        return worst_pairs(page, found);
    }
    let numbers: Vec<String> = (1..=names.len()).map(|number| number.to_string()).collect();
    // Nothing stands below the first number: pairs are shown once.
    let columns: Vec<&str> = ["", ""]
        .into_iter()
        .chain(numbers.iter().skip(1).map(String::as_str))
        .collect();
    let rows = names
        .iter()
        .zip(&numbers)
        .map(|(row, number)| {
            let cells = names.iter().skip(1).map(|column| {
                let pair = found
                    .pairs
                    .iter()
                    .find(|pair| pair.repositories == [*row, *column]);
                pair.map_or_else(String::new, cell)
            });
            [number.clone(), (*row).to_owned()]
                .into_iter()
                .chain(cells)
                .collect()
        })
        .collect();
    page.table("Repositories", &columns, rows);
    if found
        .pairs
        .iter()
        .any(|pair| pair.verdict != Verdict::Compatible)
    {
        page.line(LEGEND);
    }
}

fn worst_pairs(page: &mut Page, found: &Compatibility) {
    let mut bad: Vec<&PairVerdict> = found
        .pairs
        .iter()
        .filter(|pair| pair.verdict != Verdict::Compatible)
        .collect();
    bad.sort_by_key(|pair| Reverse(pair.verdict as u8));
    let count = bad.len();
    let rows = bad
        .into_iter()
        .take(MOST_PAIRS)
        .map(|pair| {
            let [first, second] = &pair.repositories;
            vec![first.clone(), second.clone(), cell(pair)]
        })
        .collect();
    page.table("Pairs that do not simply go together", &["", "", ""], rows);
    match count {
        0 => page.list("Repositories", &["every pair goes together"]),
        _ => page.line(LEGEND),
    }
    if count > MOST_PAIRS {
        page.line(&format!("and {} more, in --json", count - MOST_PAIRS));
    }
}

/// Says what two repositories are to each other, short enough for a table; [`LEGEND`] explains it.
fn cell(pair: &PairVerdict) -> String {
    let verdict = match pair.verdict {
        Verdict::Compatible => return "ok".to_owned(),
        Verdict::Conditional => "if",
        Verdict::Unknown => "?",
        Verdict::Incompatible => "no",
    };
    let letters: String = pair
        .because_of
        .iter()
        .filter_map(|name| name.chars().next())
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    format!("{verdict} {letters}")
}

fn findings(page: &mut Page, name: &str, dimension: &Dimension) {
    let open: Vec<&CompatibilityFinding> = dimension
        .findings
        .iter()
        .filter(|one| is_open(one))
        .collect();
    if open.is_empty() {
        return;
    }
    page.heading(&format!("About {name}"));
    for finding in open {
        one(page, finding);
    }
}

fn one(page: &mut Page, finding: &CompatibilityFinding) {
    page.line(&format!("- {}: {}", finding.verdict, finding.what));
    for requirement in &finding.requirements {
        let place = requirement.place();
        let at = if place.is_empty() {
            String::new()
        } else {
            format!(" at {place}")
        };
        page.line(&format!(
            "    {}: {}{at}",
            requirement.repository, requirement.specifier
        ));
    }
    if let Some(fix) = &finding.fix {
        page.line(&format!("    fix: {fix}"));
    }
}

/// Shows the ways out of each family, with what to add to the command to try one.
fn ways_out(page: &mut Page, found: &Compatibility) {
    let offered = found
        .resolutions
        .iter()
        .filter(|one| !one.relaxations.is_empty());
    for resolution in offered {
        page.heading(&format!(
            "Ways out for {}, the mildest first; each was solved",
            resolution.ecosystem
        ));
        let mut option = 0;
        for change in &resolution.relaxations {
            let start = if change.option == option {
                "   and:".to_owned()
            } else {
                format!("- option {}:", change.option)
            };
            option = change.option;
            page.line(&format!("{start} {}", change.what));
            if let Some(constraint) = &change.constraint {
                page.line(&format!("    --constraint {}", shell_word(constraint)));
            }
        }
    }
}

/// Lists what was decided on the way and needs nothing.
fn notes(page: &mut Page, found: &Compatibility) {
    let all = found.dimensions.named();
    let findings = all.iter().flat_map(|(_, dimension)| &dimension.findings);
    let notes: Vec<&str> = findings
        .filter(|finding| !is_open(finding))
        .map(|finding| finding.what.as_str())
        .collect();
    page.list("Notes", &notes);
}

#[cfg(test)]
#[path = "compat_tests.rs"]
mod tests;
