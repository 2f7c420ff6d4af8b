//! `synthesizer compat`: whether repositories can live together, on one page.

use clap::Args;
use synthesizer_engine::operations::compat::{CompatAnswer, CompatRequest};
use synthesizer_model::{
    ErrorCode, Failure,
    compatibility::{Compatibility, CompatibilityFinding, Dimension, PairVerdict, Verdict},
    reference::RepositoryReference,
};

use crate::{
    answer::document,
    cli::{
        output::{Answer, Page},
        session::Session,
    },
};

/// How many repositories the table of pairs has room for; of more only the pairs that do not go together are listed.
const MOST_COLUMNS: usize = 10;

const EXAMPLES: &str = "\
Examples:
  synthesizer compat pypi:flask@3.1.0 pypi:django@5.2
  synthesizer compat ./a ./b --python 3.12
  synthesizer compat ./a cargo:serde npm:express --outbound-license Apache-2.0
  synthesizer compat ./a ./b --constraint './a :: click>=7.0,<8.2'

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
    page.list(
        "Could be passed on under",
        &found.possible_outbound_licenses,
    );
    let solvers: Vec<String> = found
        .resolutions
        .iter()
        .map(|one| {
            format!(
                "{}: {} packages by {}",
                one.ecosystem, one.packages_resolved, one.solver
            )
        })
        .collect();
    page.list("Solved", &solvers);
    page.list("Ways out, each solved", &ways_out(found));
    if let Some(diagram) = &found.diagram {
        page.heading("Picture (Mermaid)");
        page.lines(diagram);
    }
    page.list("Warnings", &found.warnings);
    page.into_text()
}

fn summary(dimension: &Dimension) -> String {
    let count = dimension.findings.len();
    match count {
        0 => dimension.verdict.to_string(),
        1 => format!("{}, 1 finding", dimension.verdict),
        _ => format!("{}, {count} findings", dimension.verdict),
    }
}

/// Shows every pair: a table while it fits, else the pairs that do not go together.
fn matrix(page: &mut Page, found: &Compatibility) {
    let mut names: Vec<&str> = Vec::new();
    for pair in &found.pairs {
        for name in &pair.repositories {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    if names.len() > MOST_COLUMNS {
        let bad = found
            .pairs
            .iter()
            .filter(|pair| pair.verdict != Verdict::Compatible);
        let rows = bad
            .map(|pair| {
                let [first, second] = &pair.repositories;
                vec![first.clone(), second.clone(), cell(pair)]
            })
            .collect();
        page.table("Pairs that do not simply go together", &["", "", ""], rows);
        return;
    }
    let numbers: Vec<String> = (1..=names.len()).map(|number| number.to_string()).collect();
    let columns: Vec<&str> = ["", ""]
        .into_iter()
        .chain(numbers.iter().map(String::as_str))
        .collect();
    let rows = names
        .iter()
        .zip(&numbers)
        .map(|(row, number)| {
            let cells = names.iter().map(|column| {
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
}

fn cell(pair: &PairVerdict) -> String {
    match pair.because_of.as_slice() {
        [] => "ok".to_owned(),
        reasons => format!("{}: {}", pair.verdict, reasons.join(", ")),
    }
}

fn findings(page: &mut Page, name: &str, dimension: &Dimension) {
    if dimension.findings.is_empty() {
        return;
    }
    page.heading(&format!("About {name}"));
    for finding in &dimension.findings {
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

fn ways_out(found: &Compatibility) -> Vec<String> {
    let changes = found.resolutions.iter().flat_map(|one| &one.relaxations);
    changes
        .map(|change| {
            let how = change
                .constraint
                .as_ref()
                .map_or_else(String::new, |text| format!(" (--constraint '{text}')"));
            format!("option {}: {}{how}", change.option, change.what)
        })
        .collect()
}
