//! What many starting points reach in one graph, all at once: 64 of them in one pass over the graph, so that the time grows with the
//! size of the graph and of the answers, not with their product. Knows nothing of what the nodes are.

use synthesizer_model::{failure::Failure, progress::Progress};

use crate::file_graph::condense;

/// How many starting points share a pass.
const LANES: usize = 64;
/// How many nodes all answers together may have; past it, starting points are left without an answer.
const MOST_REACHED: u64 = 400_000_000;

/// A graph whose circles are found already.
pub(super) struct Reach {
    /// The groups of nodes that reach each other; each comes after those that it reaches.
    groups: Vec<Vec<usize>>,
    group_of: Vec<usize>,
    /// The groups that each group leads to, sorted, without itself.
    leads_to: Vec<Vec<usize>>,
}

impl Reach {
    /// Finds the circles of a graph; `edges` holds the nodes that each node leads to.
    pub(super) fn of(edges: &[Vec<usize>]) -> Self {
        let groups = condense(edges.len(), |node| edges[node].iter().copied());
        let mut group_of = vec![0; edges.len()];
        for (number, group) in groups.iter().enumerate() {
            for node in group {
                group_of[*node] = number;
            }
        }
        let leads_to = groups
            .iter()
            .enumerate()
            .map(|(number, group)| {
                let mut targets: Vec<usize> = group
                    .iter()
                    .flat_map(|node| edges[*node].iter().map(|to| group_of[*to]))
                    .filter(|to| *to != number)
                    .collect();
                targets.sort_unstable();
                targets.dedup();
                targets
            })
            .collect();
        Self {
            groups,
            group_of,
            leads_to,
        }
    }

    /// Gives the other nodes of a node's circle, sorted; none when it is in no circle.
    pub(super) fn circle(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        let group = &self.groups[self.group_of[node]];
        group.iter().copied().filter(move |other| *other != node)
    }

    /// Calls `reached(start, node)` for every node that each start reaches, itself included, starts in their order within a pass and
    /// nodes in the order of the groups. Gives how many starts, counted from the first, have their whole answer.
    ///
    /// # Errors
    /// `E_CANCELLED`.
    pub(super) fn visit(
        &self,
        starts: &[usize],
        progress: &dyn Progress,
        mut reached: impl FnMut(usize, usize),
    ) -> Result<usize, Failure> {
        let mut lanes = vec![0_u64; self.groups.len()];
        let mut total = 0_u64;
        let mut done = 0;
        for chunk in starts.chunks(LANES) {
            if progress.is_cancelled() {
                return Err(Failure::cancelled());
            }
            if total > MOST_REACHED {
                return Ok(done);
            }
            lanes.fill(0);
            for (lane, start) in chunk.iter().enumerate() {
                lanes[self.group_of[*start]] |= 1 << lane;
            }
            for group in (0..self.groups.len()).rev() {
                let here = lanes[group];
                if here != 0 {
                    for to in &self.leads_to[group] {
                        lanes[*to] |= here;
                    }
                }
            }
            for (group, mask) in lanes.iter().enumerate() {
                let mut left = *mask;
                while left != 0 {
                    let lane = left.trailing_zeros() as usize;
                    left &= left - 1;
                    total += self.groups[group].len() as u64;
                    for node in &self.groups[group] {
                        reached(done + lane, *node);
                    }
                }
            }
            done += chunk.len();
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use synthesizer_model::progress::Unwatched;

    use super::*;

    fn by_walking(edges: &[Vec<usize>], start: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::from([start]);
        let mut waiting = vec![start];
        while let Some(node) = waiting.pop() {
            for to in &edges[node] {
                if seen.insert(*to) {
                    waiting.push(*to);
                }
            }
        }
        seen
    }

    proptest! {
        #[test]
        fn many_at_once_reach_what_each_reaches_alone(
            edges in prop::collection::vec(prop::collection::vec(0..150_usize, 0..3), 150)
        ) {
            let reach = Reach::of(&edges);
            let starts: Vec<usize> = (0..edges.len()).collect();
            let mut found = vec![BTreeSet::new(); starts.len()];
            let done = reach.visit(&starts, &Unwatched, |start, node| {
                assert!(found[start].insert(node));
            });
            prop_assert_eq!(done.expect("not cancelled"), starts.len());
            for start in starts {
                prop_assert_eq!(&found[start], &by_walking(&edges, start));
            }
        }
    }
}
