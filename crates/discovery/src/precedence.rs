//! Which of two entries leads their project, and who may be put below another. Evidence that one side can forge hides nobody else.

use std::cmp::Reverse;

use synthesizer_model::discovery::RepositoryFacts;

/// How high an entry stands among those of its project; the least leads.
///
/// Files come before papers and models; public platforms before servers of the user's own choice, whose numbers nobody checks;
/// then the most stars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Standing {
    holds_no_files: bool,
    self_hosted: bool,
    stars: Reverse<Option<u64>>,
}

impl Standing {
    /// Gives the standing of an entry.
    pub(crate) fn of(facts: &RepositoryFacts, self_hosted: bool) -> Self {
        Self {
            holds_no_files: facts.kind != "repository",
            self_hosted,
            stars: Reverse(facts.stars),
        }
    }
}

/// Why two entries may be one, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// Each links to the other.
    MutualLinks,
    /// One links to the other.
    Link,
    /// Equal owner and name, and something more.
    Name,
}

/// Two entries that may be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) evidence: Evidence,
    /// The one that came later; always of this round.
    pub(crate) new: usize,
    /// The one before it.
    pub(crate) other: usize,
    /// The one whose word it is, where only one says so.
    pub(crate) linking: Option<usize>,
}

/// The leader of one side of an edge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leader {
    pub(crate) entry: usize,
    pub(crate) standing: Standing,
    /// Its platform's place, which decides between equals.
    pub(crate) platform: usize,
}

impl Edge {
    /// Says which of the two sides' leaders leads when both become one project; `None` when they must stay apart.
    ///
    /// Whoever goes below another is no longer listed by itself. So the evidence must be about that very entry and not about one that was
    /// joined to it before; and an entry that alone says "we are one" goes below the other, or nowhere.
    pub(crate) fn leader(&self, of_new: Leader, of_other: Leader) -> Option<usize> {
        if let Some(linking) = self.linking {
            let (linker, linked) = if linking == self.new {
                (of_new, of_other)
            } else {
                (of_other, of_new)
            };
            let goes_below = linker.entry == linking && linked.standing <= linker.standing;
            return goes_below.then_some(linked.entry);
        }
        let order = |leader: &Leader| (leader.standing, leader.platform);
        let (above, below) = if order(&of_new) < order(&of_other) {
            (of_new, of_other)
        } else {
            (of_other, of_new)
        };
        let concerned = [self.new, self.other].contains(&below.entry);
        concerned.then_some(above.entry)
    }
}
