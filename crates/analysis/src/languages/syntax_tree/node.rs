//! One node of a tree: its kind, text, place and children. Offers no way up or sideways, which tree-sitter pays for with the whole tree.

use synthesizer_model::{code::SymbolKind, text::ByteRange};

use super::{
    Definition,
    vocabulary::{Grammar, Vocabulary},
};

/// What every node of a tree needs to tell about itself.
pub(super) struct Context<'t, V: Vocabulary> {
    pub(super) text: &'t str,
    pub(super) grammar: &'t Grammar<V>,
}

/// One node.
pub(crate) struct Node<'t, V: Vocabulary> {
    node: tree_sitter::Node<'t>,
    context: &'t Context<'t, V>,
}

impl<V: Vocabulary> Clone for Node<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: Vocabulary> Copy for Node<'_, V> {}

impl<'t, V: Vocabulary> Node<'t, V> {
    pub(super) fn new(node: tree_sitter::Node<'t>, context: &'t Context<'t, V>) -> Self {
        Self { node, context }
    }

    pub(super) fn inner(self) -> tree_sitter::Node<'t> {
        self.node
    }

    pub(super) fn context(self) -> &'t Context<'t, V> {
        self.context
    }

    /// Gives its kind.
    pub(crate) fn kind(self) -> V::Kind {
        self.context.grammar.kind(self.node.kind_id())
    }

    /// Says whether it is of a kind.
    pub(crate) fn is(self, kind: V::Kind) -> bool {
        self.kind() == kind
    }

    /// Gives its text; empty where it does not lie on character boundaries.
    pub(crate) fn text(self) -> &'t str {
        self.context
            .text
            .get(self.node.start_byte()..self.node.end_byte())
            .unwrap_or_default()
    }

    /// Gives the text of the whole file.
    pub(crate) fn file_text(self) -> &'t str {
        self.context.text
    }

    /// Gives its bytes.
    pub(crate) fn range(self) -> ByteRange {
        ByteRange::new(self.node.start_byte(), self.node.end_byte())
    }

    /// Gives the line of its first byte, counted from 1; lines end with LF.
    pub(crate) fn line(self) -> u32 {
        line_of(self.node.start_position().row)
    }

    /// Gives the line of its last byte, counted from 1.
    pub(crate) fn last_line(self) -> u32 {
        let (start, end) = (self.node.start_position(), self.node.end_position());
        // A node that takes its line's end with it ends before the first column of the next line.
        let row = if end.column == 0 && end.row > start.row {
            end.row - 1
        } else {
            end.row
        };
        line_of(row)
    }

    /// Gives its first and last line.
    pub(crate) fn lines(self) -> (u32, u32) {
        (self.line(), self.last_line())
    }

    /// Says whether the grammar names it (it is no punctuation or keyword).
    pub(crate) fn is_named(self) -> bool {
        self.node.is_named()
    }

    /// Says whether the parser could not make sense of its text, or made it up.
    pub(crate) fn is_error(self) -> bool {
        self.node.is_error() || self.node.is_missing()
    }

    /// Gives its first child of a field. Linear in the number of its children.
    pub(crate) fn child(self, field: V::Field) -> Option<Self> {
        let id = self.context.grammar.field(field);
        if id == 0 {
            return None;
        }
        let child = self.node.child_by_field_id(id)?;
        Some(Self::new(child, self.context))
    }

    /// Gives its children, punctuation included. Costs an allocation: not for every node of a tree.
    pub(crate) fn children(self) -> Children<'t, V> {
        Children {
            cursor: self.node.walk(),
            entered: false,
            context: self.context,
        }
    }

    /// Gives its first child of a kind.
    pub(crate) fn first(self, kind: V::Kind) -> Option<Self> {
        self.children().find(|child| child.is(kind))
    }
}

fn line_of(row: usize) -> u32 {
    u32::try_from(row).map_or(u32::MAX, |row| row.saturating_add(1))
}

/// The children of a node.
pub(crate) struct Children<'t, V: Vocabulary> {
    cursor: tree_sitter::TreeCursor<'t>,
    entered: bool,
    context: &'t Context<'t, V>,
}

impl<'t, V: Vocabulary> Iterator for Children<'t, V> {
    type Item = Node<'t, V>;

    fn next(&mut self) -> Option<Self::Item> {
        let moved = if self.entered {
            self.cursor.goto_next_sibling()
        } else {
            self.entered = true;
            self.cursor.goto_first_child()
        };
        moved.then(|| Node::new(self.cursor.node(), self.context))
    }
}

impl<'a> Definition<'a> {
    /// Makes a definition of the node's extent that is neither public nor documented.
    pub(crate) fn new<V: Vocabulary>(name: &'a str, kind: SymbolKind, node: Node<'_, V>) -> Self {
        Self {
            name,
            kind,
            lines: node.lines(),
            range: node.range(),
            public: false,
            documented: false,
            typed: None,
        }
    }
}
