//! Tests of the whole verdict: expected answers with reasons, the matrix itself, and what strangers may write.

use super::{LicenseJudgement, LicensedWork, WorkPart, judge};

mod expected;
mod hostile;
mod pairs;
mod wording;

/// Makes the source of a repository with a license; the empty text is none.
fn source(repository: &str, expression: &str) -> LicensedWork {
    LicensedWork {
        repository: repository.to_owned(),
        part: WorkPart::Source,
        expression: Some(expression.to_owned()).filter(|text| !text.is_empty()),
        manifest: "pyproject.toml".to_owned(),
        line: 3,
    }
}

/// Makes a package that a repository needs.
fn package(repository: &str, name: &str, expression: &str) -> LicensedWork {
    LicensedWork {
        part: WorkPart::Package(name.to_owned()),
        ..source(repository, expression)
    }
}

/// Judges sources `./0`, `./1` and so on with packages of the first.
fn judged(sources: &[&str], packages: &[&str], outbound: Option<&str>) -> LicenseJudgement {
    let sources = sources.iter().enumerate();
    let mut works: Vec<LicensedWork> = sources
        .map(|(number, expression)| source(&format!("./{number}"), expression))
        .collect();
    let packages = packages.iter().enumerate();
    works.extend(
        packages.map(|(number, expression)| package("./0", &format!("p{number}"), expression)),
    );
    judge(&works, outbound).expect("a license that SPDX knows")
}
