//! How much of all `package.json` and settings files of a tree is kept, so that no number of them decides how much memory the answer
//! takes. Knows no format.

use super::allowance::Allowance;

/// How many targets, patterns, runtimes and catalog entries are kept.
const MOST_ITEMS: usize = 300_000;
/// How many bytes their texts may have.
const MOST_BYTES: usize = 64 << 20;
/// How many bytes an item takes beside its texts, about.
const OVERHEAD: usize = 100;

/// What is left for the manifests of a tree.
#[derive(Debug)]
pub(super) struct Room {
    /// What is left for requirements.
    pub dependencies: Allowance,
    items: usize,
    bytes: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            dependencies: Allowance::default(),
            items: MOST_ITEMS,
            bytes: MOST_BYTES,
        }
    }
}

impl Room {
    /// Takes the place of an item whose texts have so many bytes; false when there is none, and from then on always.
    pub(super) fn admits(&mut self, bytes: usize) -> bool {
        let size = bytes.saturating_add(OVERHEAD);
        if self.items == 0 || size > self.bytes {
            self.items = 0;
            return false;
        }
        self.items -= 1;
        self.bytes -= size;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_stays_spent() {
        let mut room = Room::default();
        assert!(room.admits(MOST_BYTES / 2));
        assert!(!room.admits(MOST_BYTES / 2));
        assert!(!room.admits(0));
    }
}
