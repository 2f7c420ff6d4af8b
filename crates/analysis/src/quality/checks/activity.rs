//! Whether somebody still works on it, where the platform tells.

use crate::{
    known::Known,
    quality::{Check, Outcome},
};

pub(super) const CHECK: Check = Check {
    name: "activity",
    weight: 1.0,
    meaning: "The platform says that the repository is not archived; when it last changed is told beside it.",
    run,
};

fn run(known: &Known<'_>) -> Outcome {
    let Some(facts) = known.platform else {
        return Outcome::Unknown("no platform was asked about it".to_owned());
    };
    let since = facts
        .updated_at
        .as_deref()
        .map_or_else(String::new, |time| format!("; last changed {time}"));
    if facts.archived {
        Outcome::scored(0.0, format!("the repository is archived{since}"), None)
    } else {
        Outcome::scored(1.0, format!("the repository is not archived{since}"), None)
    }
}
