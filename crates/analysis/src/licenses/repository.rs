//! All that a tree says about its licenses, put together: manifests, license texts, file headers, REUSE files. Reports where they
//! contradict each other; decides nothing between them.

use std::collections::{BTreeMap, BTreeSet};

use synthesizer_model::{
    finding::Problem,
    license::{DetectedLicense, FileLicense, Licenses},
    progress::Progress,
    project::{Project, ProjectRole},
    source_file::FileRole,
    text::escape_untrusted,
    tree::SourceTree,
};

use super::{declared::names, files, headers, reuse::Reuse};
use crate::{lines, reading::FileRecord};

/// From which share on a text is taken to be its license.
const CONFIDENT: f32 = 0.9;
/// How many license files of folders, of statements and of contradictions are listed.
const MOST: usize = 100;

/// The licenses of a tree, and what could not be read of them.
#[derive(Debug, Default)]
pub struct Found {
    /// The licenses.
    pub licenses: Licenses,
    /// The license of each file by its own statement, by the index of the file.
    pub of_files: Vec<Option<String>>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Puts the license statements of a tree together. `records` and `roles` go by the same index.
pub fn of_repository(
    tree: &dyn SourceTree,
    records: &[FileRecord],
    roles: &[FileRole],
    projects: &[Project],
    progress: &dyn Progress,
) -> Found {
    let roots: Vec<&Project> = projects
        .iter()
        .filter(|project| project.role == ProjectRole::Root)
        .collect();
    let declared: BTreeSet<&str> = roots
        .iter()
        .filter_map(|project| project.license.as_deref())
        .collect();
    let together: Vec<String> = declared.iter().map(|one| (*one).to_owned()).collect();
    let named: Vec<String> = roots
        .iter()
        .flat_map(|project| project.license_files.iter().cloned())
        .collect();
    let recognized = |path: &str| {
        let place = records
            .binary_search_by(|record| record.path.as_str().cmp(path))
            .ok()?;
        records[place].facts.license_text.clone()
    };
    let (mut licenses, problems) =
        files::detect_with(tree, headers::join(&together), &named, &recognized);
    let reuse = Reuse::read(tree);
    // Comparing each file with each pattern can take long.
    let is_over = || progress.is_cancelled() || progress.time_is_up();
    let of_files: Vec<Option<(String, bool)>> = records
        .iter()
        .map_while(|record| {
            let header = record.facts.license.spdx.as_deref();
            (!is_over()).then(|| reuse.license(record.path.as_str(), header))
        })
        .collect();
    let left = records.len() - of_files.len();
    let not_looked_at = std::iter::repeat_n(None, left);
    let of_files: Vec<_> = of_files.into_iter().chain(not_looked_at).collect();
    licenses.stated = stated(records, roles, &of_files);
    licenses.files_without = records
        .iter()
        .zip(roles)
        .zip(&of_files)
        .filter(|((record, role), license)| {
            license.is_none() && role.is_own() && record.language.is_some_and(lines::is_programming)
        })
        .count();
    licenses.nested = nested(records, &licenses);
    licenses.disagreements = disagreements(&roots, &licenses);
    let mut problems = problems;
    problems.extend(reuse.problems);
    if left > 0 {
        let what = format!("{left} files were not looked at: the time was up");
        problems.push(Problem::new("licenses", what));
    }
    let of_files = of_files.into_iter().map(|found| Some(found?.0)).collect();
    Found {
        licenses,
        of_files,
        problems,
    }
}

/// Sums up what files of the project state for themselves.
fn stated(
    records: &[FileRecord],
    roles: &[FileRole],
    of_files: &[Option<(String, bool)>],
) -> Vec<FileLicense> {
    let mut found: BTreeMap<(String, bool), FileLicense> = BTreeMap::new();
    for ((record, role), license) in records.iter().zip(roles).zip(of_files) {
        let Some((spdx, by_reuse)) = license else {
            continue;
        };
        if *role == FileRole::Vendored {
            continue;
        }
        found
            .entry((spdx.clone(), *by_reuse))
            .or_insert_with(|| FileLicense {
                spdx: spdx.clone(),
                files: 0,
                example: record.path.to_string(),
                stated_by: if *by_reuse { "reuse" } else { "header" }.to_owned(),
            })
            .files += 1;
    }
    let mut stated: Vec<FileLicense> = found.into_values().collect();
    stated.sort_by(|left, right| (right.files, &left.spdx).cmp(&(left.files, &right.spdx)));
    stated.truncate(MOST);
    stated
}

/// Lists the license files of folders.
fn nested(records: &[FileRecord], licenses: &Licenses) -> Vec<DetectedLicense> {
    let taken: BTreeSet<&str> = licenses.texts.iter().map(String::as_str).collect();
    records
        .iter()
        .filter(|record| !taken.contains(record.path.as_str()))
        .flat_map(|record| {
            let found = record.facts.license_text.iter().flatten();
            found.map(|license| DetectedLicense {
                path: record.path.to_string(),
                spdx: license.spdx.clone(),
                confidence: license.confidence,
            })
        })
        .take(MOST)
        .collect()
}

/// Names what contradicts what.
fn disagreements(roots: &[&Project], licenses: &Licenses) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    let declaring: Vec<(&str, &str)> = roots
        .iter()
        .filter_map(|project| {
            let manifest = project.manifests.first()?;
            Some((manifest.as_str(), project.license.as_deref()?))
        })
        .collect();
    for (place, (manifest, license)) in declaring.iter().enumerate() {
        for (other_manifest, other) in &declaring[..place] {
            if license != other {
                told.push(format!(
                    "{other_manifest} declares {other}, {manifest} declares {license}"
                ));
            }
        }
    }
    for project in roots {
        if let (Some(written), Some(manifest)) =
            (&project.license_as_written, project.manifests.first())
        {
            let written = escape_untrusted(written);
            told.push(format!(
                "{manifest} declares a license that SPDX does not know: {written}"
            ));
        }
    }
    let Some(declared) = &licenses.declared else {
        return told;
    };
    for found in &licenses.detected {
        if found.confidence >= CONFIDENT && !allows(declared, &found.spdx) {
            told.push(format!(
                "the manifests declare {declared}, the text of {} is {}",
                found.path, found.spdx
            ));
        }
    }
    for stated in &licenses.stated {
        if !allows(declared, &stated.spdx) {
            let files = match stated.files {
                1 => "1 file states".to_owned(),
                several => format!("{several} files state"),
            };
            told.push(format!(
                "the manifests declare {declared}, {files} {} (such as {})",
                stated.spdx, stated.example
            ));
        }
    }
    told.truncate(MOST);
    told
}

/// Says whether every license of an expression is one that the declared expression names; an `-or-later` names its `-only`.
fn allows(declared: &str, stated: &str) -> bool {
    let words = stated.split(|character: char| {
        !(character.is_alphanumeric() || matches!(character, '-' | '.' | '+'))
    });
    words
        .filter(|word| !word.is_empty() && !matches!(*word, "AND" | "OR" | "WITH"))
        .filter(|word| spdx::license_id(word).is_some() || word.starts_with("LicenseRef-"))
        .all(|word| {
            let family = word.trim_end_matches("-only").trim_end_matches("-or-later");
            names(declared, word)
                || names(declared, &format!("{family}-only"))
                || names(declared, &format!("{family}-or-later"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(declared: &str, stated: &str, expected: bool) {
        assert_eq!(allows(declared, stated), expected, "{declared} / {stated}");
    }

    #[test]
    fn what_the_declaration_names_is_no_contradiction() {
        check("MIT OR Apache-2.0", "Apache-2.0", true);
        check("MIT", "MIT AND Apache-2.0", false);
        check("GPL-3.0-or-later", "GPL-3.0-only", true);
        check("GPL-2.0-only", "GPL-3.0-only", false);
        check("MIT AND LicenseRef-x", "LicenseRef-x", true);
    }
}
