//! Which works cannot be passed on together under any license: the smallest sets of them. Knows nothing of licenses, only tables of verdicts.

use std::collections::HashMap;

use synthesizer_model::compatibility::Verdict;

/// The most kinds of works that are compared in pairs; kinds differ by the licenses under which they can be passed on.
const MOST_KINDS: usize = 96;
/// The most sets that are reported.
const MOST_SETS: usize = 40;

/// Works that cannot be passed on together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Conflicts {
    /// Each set holds kinds, each kind the rows of the table that are alike.
    pub(super) sets: Vec<Vec<Vec<usize>>>,
    /// How many sets were left out, at least.
    pub(super) left_out: usize,
}

struct Kind {
    /// Whether each column is open to it.
    open: Vec<bool>,
    rows: Vec<usize>,
}

/// Finds the smallest sets of rows that have no column that is open to all of them: single rows, else pairs, else one larger set.
///
/// A column is open to a row unless its verdict there is incompatible.
pub(super) fn conflicts(table: &[(usize, &[Verdict])]) -> Conflicts {
    let kinds = kinds(table);
    let (alone, others): (Vec<&Kind>, Vec<&Kind>) =
        kinds.iter().partition(|kind| !kind.open.contains(&true));
    let mut sets: Vec<Vec<&Kind>> = alone.into_iter().map(|kind| vec![kind]).collect();
    let compared = &others[..others.len().min(MOST_KINDS)];
    for (place, kind) in compared.iter().enumerate() {
        let against = compared[place + 1..].iter();
        let against = against.filter(|other| !are_open(&[kind, *other]));
        sets.extend(against.map(|other| vec![*kind, *other]));
    }
    if sets.is_empty() && !others.is_empty() && !are_open(&others) {
        sets.push(shrunk(others));
    }
    let left_out = sets.len().saturating_sub(MOST_SETS) + kinds.len().saturating_sub(MOST_KINDS);
    sets.truncate(MOST_SETS);
    let rows = |set: Vec<&Kind>| set.iter().map(|kind| kind.rows.clone()).collect();
    Conflicts {
        sets: sets.into_iter().map(rows).collect(),
        left_out,
    }
}

fn kinds(table: &[(usize, &[Verdict])]) -> Vec<Kind> {
    let mut places: HashMap<Vec<bool>, usize> = HashMap::new();
    let mut kinds: Vec<Kind> = Vec::new();
    for (row, verdicts) in table {
        let open: Vec<bool> = verdicts
            .iter()
            .map(|verdict| *verdict != Verdict::Incompatible)
            .collect();
        let place = *places.entry(open.clone()).or_insert(kinds.len());
        if place == kinds.len() {
            kinds.push(Kind {
                open,
                rows: Vec::new(),
            });
        }
        kinds[place].rows.push(*row);
    }
    kinds
}

fn are_open(kinds: &[&Kind]) -> bool {
    let columns = kinds.first().map_or(0, |kind| kind.open.len());
    (0..columns).any(|column| kinds.iter().all(|kind| kind.open[column]))
}

/// Leaves out what is not needed for the contradiction. Keeps for each column how many kinds close it, so that it takes one look per kind.
fn shrunk(mut kinds: Vec<&Kind>) -> Vec<&Kind> {
    let columns = kinds.first().map_or(0, |kind| kind.open.len());
    let mut closed: Vec<usize> = (0..columns)
        .map(|column| kinds.iter().filter(|kind| !kind.open[column]).count())
        .collect();
    let mut place = 0;
    while place < kinds.len() {
        let open = &kinds[place].open;
        let is_needed = (0..columns).any(|column| closed[column] == usize::from(!open[column]));
        if is_needed {
            place += 1;
            continue;
        }
        for (column, is_open) in open.iter().enumerate() {
            closed[column] -= usize::from(!is_open);
        }
        kinds.remove(place);
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[&str], expected: &[&[&[usize]]]) {
        let table: Vec<Vec<Verdict>> = rows
            .iter()
            .map(|row| {
                let verdicts = row.chars().map(|letter| match letter {
                    'n' => Verdict::Incompatible,
                    'u' => Verdict::Unknown,
                    _ => Verdict::Compatible,
                });
                verdicts.collect()
            })
            .collect();
        let table: Vec<(usize, &[Verdict])> = table.iter().map(Vec::as_slice).enumerate().collect();
        let found = conflicts(&table);
        assert_eq!(found.sets, expected, "{rows:?}");
        assert_eq!(found.left_out, 0);
    }

    #[test]
    fn the_smallest_sets_are_found() {
        check(&["yn", "ny", "yy"], &[&[&[0], &[1]]]);
        check(&["yn", "nn", "ny"], &[&[&[1]], &[&[0], &[2]]]);
        check(&["yn", "yn", "nu"], &[&[&[0, 1], &[2]]]);
        check(&["yyn", "nyy", "yny", "yyy"], &[&[&[0], &[1], &[2]]]);
        check(&["yn", "yy"], &[]);
        check(&[], &[]);
    }
}
