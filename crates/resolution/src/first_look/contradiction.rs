//! Which of several requirements contradict each other. Knows no kind of version.

/// Among more requirements than this, pairs are not compared: only one smallest set is looked for.
pub(super) const MOST_COMPARED: usize = 128;

/// Gives the positions of those requirements that take part in a contradiction; empty when all of them hold together.
///
/// `meet` gives what two sets of versions have in common. Those that no version fits alone; else every one that contradicts another; else the
/// members of one smallest set. The answer is sorted. Takes at most `n²/2` meetings for [`MOST_COMPARED`], else `n` times the size of the set.
pub(crate) fn contradicting<S: Clone>(
    sets: &[S],
    is_empty: impl Fn(&S) -> bool,
    meet: impl Fn(&S, &S) -> S,
) -> Vec<usize> {
    let alone: Vec<usize> = positions(sets, &is_empty);
    if !alone.is_empty() {
        return alone;
    }
    if sets.len() <= MOST_COMPARED {
        let clashes = |one: &S| {
            sets.iter()
                .any(|other| !std::ptr::eq(one, other) && is_empty(&meet(one, other)))
        };
        let clashing = positions(sets, &clashes);
        if !clashing.is_empty() {
            return clashing;
        }
    }
    smallest(sets, &is_empty, &meet)
}

fn positions<S>(sets: &[S], is_wanted: &impl Fn(&S) -> bool) -> Vec<usize> {
    sets.iter()
        .enumerate()
        .filter(|(_, set)| is_wanted(set))
        .map(|(position, _)| position)
        .collect()
}

/// Finds one set that contradicts itself and of which no part does: what ends the walk through all of them belongs to it, and the next walk
/// starts with what is known to belong.
fn smallest<S: Clone>(
    sets: &[S],
    is_empty: &impl Fn(&S) -> bool,
    meet: &impl Fn(&S, &S) -> S,
) -> Vec<usize> {
    let mut members: Vec<usize> = Vec::new();
    let mut end = sets.len();
    loop {
        let kept = members.iter().filter_map(|index| sets.get(*index)).cloned();
        let mut common: Option<S> = kept.reduce(|common, next| meet(&common, &next));
        if common.as_ref().is_some_and(is_empty) {
            members.sort_unstable();
            return members;
        }
        let mut last = None;
        for (index, set) in sets.iter().enumerate().take(end) {
            let next = common
                .as_ref()
                .map_or_else(|| set.clone(), |common| meet(common, set));
            let is_last = is_empty(&next);
            common = Some(next);
            if is_last {
                last = Some(index);
                break;
            }
        }
        match last {
            Some(index) => {
                members.push(index);
                end = index;
            }
            None => return Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets of the numbers 0 to 63.
    fn check(sets: &[u64], expected: &[usize]) {
        let found = contradicting(sets, |set| *set == 0, |one, other| one & other);
        assert_eq!(found, expected, "{sets:?}");
    }

    #[test]
    fn what_contradicts_is_named_and_nothing_else() {
        check(&[], &[]);
        check(&[0b1], &[]);
        check(&[0b1, 0b11, 0b1], &[]);
        check(&[0b1, 0], &[1]);
        check(&[0b1, 0b11, 0b10], &[0, 2]);
        check(&[0b1, 0b10, 0b100, 0b111], &[0, 1, 2]);
        // No two contradict each other, three do.
        check(&[0b1111, 0b011, 0b101, 0b110], &[1, 2, 3]);
    }

    #[test]
    fn many_are_looked_at_once_each() {
        let mut sets = vec![u64::MAX; MOST_COMPARED];
        sets.extend([0b1, 0b11, 0b10]);
        check(&sets, &[MOST_COMPARED, MOST_COMPARED + 2]);
    }
}
