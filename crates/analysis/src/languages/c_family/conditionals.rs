//! The conditional groups of the preprocessor around a place. Knows no declaration.
//!
//! Every branch of a group begins where the `#if` stands, and what follows the `#endif` goes on where the first branch ended: branches
//! that open a brace each are one brace. Branches that no compiler takes (`#if 0`) are left out.

use super::{directives::Condition, state::State};

/// Groups within groups that are told apart; the C standard asks compilers for 63.
const DEEPEST: usize = 256;

/// Bytes of copied states; a text that needs more gets none for its further groups.
const MOST_COPIED_BYTES: usize = 128 << 20;

#[derive(Debug)]
struct Group {
    /// Whether the branch is read: false where no compiler takes it.
    is_read: bool,
    /// Whether the branch is taken whatever macros there are.
    always: bool,
    /// Whether a branch was taken that leaves nothing to the others.
    decided: bool,
    /// Whether it is the include guard of the file.
    is_guard: bool,
    /// What the state was at its beginning.
    before: Option<State>,
    /// What it was at the end of its first branch that was read.
    after_first: Option<State>,
    /// Names of files whose presence the branch asks for.
    asked: Vec<String>,
}

/// The groups that are open.
#[derive(Debug)]
pub(super) struct Conditionals {
    groups: Vec<Group>,
    /// Groups deeper than those.
    deeper: usize,
    copied: usize,
    /// What `__cplusplus` is here: defined, not defined, or both.
    cplusplus: Option<bool>,
    /// Whether a group may still be the include guard.
    may_be_guarded: bool,
    /// The macro of the guard, until its `#define`.
    guard: Option<String>,
}

impl Conditionals {
    /// Begins outside of all groups. `cplusplus` says whether the language is C++; `None` for what both languages read.
    pub(super) fn new(cplusplus: Option<bool>) -> Self {
        Self {
            groups: Vec::new(),
            deeper: 0,
            copied: 0,
            cplusplus,
            may_be_guarded: true,
            guard: None,
        }
    }

    /// Says that something else than a comment or directive was met.
    pub(super) fn note_code(&mut self) {
        self.may_be_guarded = false;
        self.guard = None;
    }

    /// Takes the name of a `#define`; says whether it is that of the include guard.
    pub(super) fn is_guard(&mut self, name: &str) -> bool {
        self.may_be_guarded = false;
        let is_guard = self.guard.take().is_some_and(|guard| guard == name);
        if let (true, Some(group)) = (is_guard, self.groups.last_mut()) {
            group.is_guard = true;
        }
        is_guard
    }

    /// Says whether what stands here is read.
    pub(super) fn is_read(&self) -> bool {
        self.groups.last().is_none_or(|group| group.is_read)
    }

    /// Says whether what stands here depends on a condition.
    pub(super) fn is_conditional(&self) -> bool {
        self.groups
            .iter()
            .any(|group| !group.always && !group.is_guard)
    }

    /// Says whether what stands here is read only where a file is present.
    pub(super) fn asks_for(&self, file: &str) -> bool {
        self.groups
            .iter()
            .any(|group| group.asked.iter().any(|asked| asked == file))
    }

    /// Says whether a group is open.
    pub(super) fn is_open(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Takes an `#if`.
    pub(super) fn begin(&mut self, condition: &Condition<'_>, state: &State) {
        if self.groups.len() >= DEEPEST {
            self.deeper += 1;
            return;
        }
        if self.may_be_guarded {
            self.guard = condition.absent.map(str::to_owned);
        }
        self.may_be_guarded = false;
        let is_read = self.is_read();
        let (own, always) = self.value(condition);
        let before = if is_read { self.copy(state) } else { None };
        self.groups.push(Group {
            is_read: is_read && own,
            always,
            decided: always && own,
            is_guard: false,
            before,
            after_first: None,
            asked: asked(condition),
        });
    }

    /// Says whether the branch of a condition is read, and whether that is so whatever macros there are.
    fn value(&self, condition: &Condition<'_>) -> (bool, bool) {
        match (condition.value, condition.cplusplus, self.cplusplus) {
            (Some(value), ..) => (value, true),
            (None, Some(wanted), Some(is)) => (wanted == is, true),
            _ => (true, false),
        }
    }

    /// Takes an `#elif` or, without a condition, an `#else`. Gives the state to go on with, where it is another one.
    pub(super) fn turn(
        &mut self,
        condition: Option<&Condition<'_>>,
        state: &State,
    ) -> Option<State> {
        if self.deeper > 0 {
            return None;
        }
        let count = self.groups.len().checked_sub(1)?;
        self.guard = None;
        let is_outer_read = count
            .checked_sub(1)
            .is_none_or(|place| self.groups[place].is_read);
        let (own, always) = condition.map_or((true, false), |condition| self.value(condition));
        let group = &self.groups[count];
        let was_read = group.is_read;
        let is_first = was_read && group.after_first.is_none();
        // The `#else` of what no compiler takes is what every compiler takes.
        let is_only_one = condition.is_none() && group.always && !group.decided;
        let own = own && !group.decided;
        let after_first = if is_first { self.copy(state) } else { None };
        let before = self.groups[count].before.take();
        let again = before
            .as_ref()
            .filter(|_| was_read)
            .and_then(|before| self.copy(before));
        let group = &mut self.groups[count];
        group.before = before;
        if is_first {
            group.after_first = after_first;
        }
        group.is_read = is_outer_read && own;
        group.always = is_only_one || (group.always && always);
        group.decided |= group.always && own;
        group.asked = condition.map(asked).unwrap_or_default();
        again
    }

    /// Takes an `#endif`. Gives the state to go on with, where it is another one.
    pub(super) fn end(&mut self) -> Option<State> {
        if self.deeper > 0 {
            self.deeper -= 1;
            return None;
        }
        self.guard = None;
        self.groups.pop().and_then(|group| group.after_first)
    }

    fn copy(&mut self, state: &State) -> Option<State> {
        self.copied = self.copied.saturating_add(state.cost());
        (self.copied <= MOST_COPIED_BYTES).then(|| state.clone())
    }
}

fn asked(condition: &Condition<'_>) -> Vec<String> {
    condition
        .asked
        .iter()
        .map(|(name, ..)| (*name).to_owned())
        .collect()
}
