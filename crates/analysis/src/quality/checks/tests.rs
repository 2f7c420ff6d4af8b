//! How much of the code is tests.

use synthesizer_model::source_file::FileRole;

use crate::{
    known::Known,
    lines,
    quality::{Check, Outcome},
};

/// A line of tests for every two lines of code counts as full.
const FULL_SHARE: f64 = 0.5;

pub(super) const CHECK: Check = Check {
    name: "tests",
    weight: 3.0,
    meaning: "Lines of test code beside the project's own code; full from one line of tests for two of code.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    let (tests, _) = code(known, FileRole::Test);
    let (source, first) = code(known, FileRole::Source);
    if source == 0 {
        return Outcome::Unknown("there is no code of the project's own".to_owned());
    }
    if tests == 0 && known.is_archive() {
        return Outcome::Unknown(
            "the published archive has no tests; its repository may".to_owned(),
        );
    }
    let (_, path) = code(known, FileRole::Test);
    #[expect(clippy::cast_precision_loss, reason = "line counts are far below 2^52")]
    let share = tests as f64 / source as f64;
    let result = format!("{tests} lines of tests for {source} lines of code");
    Outcome::scored(share / FULL_SHARE, result, path.or(first))
}

/// Counts the code of a role, and names the folder of its largest file.
fn code(known: &Known<'_>, role: FileRole) -> (u64, Option<String>) {
    let mut total = 0;
    let mut largest: Option<(u32, &str)> = None;
    for index in known.of_role(role) {
        let record = &known.records[index];
        if record.language.is_some_and(lines::is_programming) {
            let lines = record.lines().code;
            total += u64::from(lines);
            if largest.is_none_or(|(known, _)| lines > known) {
                largest = Some((lines, record.path.parent()));
            }
        }
    }
    (total, largest.map(|(_, folder)| folder.to_owned()))
}
