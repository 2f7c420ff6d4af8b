//! Walks a tree in the order of its text without recursion: a tree of hostile text can be a hundred thousand levels deep.

use tree_sitter::TreeCursor;

use super::{
    node::{Context, Node},
    parsing,
    vocabulary::Vocabulary,
};

/// Nodes between two looks at whether the work is still wanted.
const NODES_BETWEEN_LOOKS: u32 = 4096;

/// What to do with the children of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    /// Leave them out.
    Skip,
    /// Visit them.
    Children,
    /// Visit them and then call [`Visitor::leave`], also when there are none.
    ChildrenThenLeave,
}

/// What is called for the nodes of a tree.
pub(crate) trait Visitor<'t, V: Vocabulary> {
    /// Is called for a node before its children.
    fn enter(&mut self, node: Node<'t, V>, place: &Place<'_, 't, V>) -> Visit;

    /// Is called after the children of the innermost node for which [`Visit::ChildrenThenLeave`] was given and that was not left yet.
    fn leave(&mut self) {}
}

/// Where a node stands below its parent.
pub(crate) struct Place<'a, 't, V: Vocabulary> {
    cursor: &'a TreeCursor<'t>,
    depth: u32,
    context: &'t Context<'t, V>,
}

impl<V: Vocabulary> Place<'_, '_, V> {
    /// Says whether the node is its parent's child of this field.
    pub(crate) fn is_field(&self, field: V::Field) -> bool {
        let id = self.context.grammar.field(field);
        id != 0 && self.cursor.field_id().is_some_and(|own| own.get() == id)
    }

    /// Gives the number of nodes above it, from where the walk began.
    pub(crate) const fn depth(&self) -> u32 {
        self.depth
    }
}

/// Walks a node and everything below it.
pub(crate) fn walk<'t, V: Vocabulary>(root: Node<'t, V>, visitor: &mut impl Visitor<'t, V>) {
    let context = root.context();
    let mut cursor = root.inner().walk();
    let mut to_leave: Vec<u32> = Vec::new();
    let mut depth = 0_u32;
    let mut visited = 0_u32;
    loop {
        visited = visited.wrapping_add(1);
        if visited.is_multiple_of(NODES_BETWEEN_LOOKS) && parsing::is_cancelled() {
            return;
        }
        let place = Place {
            cursor: &cursor,
            depth,
            context,
        };
        let visit = visitor.enter(Node::new(cursor.node(), context), &place);
        if visit == Visit::ChildrenThenLeave {
            to_leave.push(depth);
        }
        if visit != Visit::Skip && cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        loop {
            if to_leave.pop_if(|level| *level == depth).is_some() {
                visitor.leave();
            }
            if depth == 0 {
                return;
            }
            if cursor.goto_next_sibling() {
                break;
            }
            cursor.goto_parent();
            depth -= 1;
        }
    }
}
