//! Node kinds and fields of a grammar as enums of the language that reads it, so that a walk compares small numbers, not strings.

use std::collections::HashMap;

/// The node kinds and fields that one reader looks at. Declared with [`vocabulary!`].
pub(crate) trait Vocabulary: 'static {
    /// A kind; every kind that was not declared is [`Vocabulary::OTHER`].
    type Kind: Copy + PartialEq + std::fmt::Debug + 'static;
    /// A field.
    type Field: Copy + 'static;
    /// The kind of all nodes that were not declared.
    const OTHER: Self::Kind;
    /// The declared kinds: name in the grammar, whether it is a named node, kind.
    const KINDS: &'static [(&'static str, bool, Self::Kind)];
    /// The names of the declared fields.
    const FIELDS: &'static [&'static str];
    /// Gives the place of a field in [`Vocabulary::FIELDS`].
    fn field_index(field: Self::Field) -> usize;
}

/// Declares a [`Vocabulary`]: a marker type, and beside it the enums `Kind` (with `Other`) and `Field`.
///
/// `kinds` are named nodes, `tokens` anonymous ones. A name that the grammar does not have is never met; that a vocabulary is right is
/// tested with [`Grammar::unknown_names`].
macro_rules! vocabulary {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident;
        kinds { $($kind:ident = $kind_name:literal),* $(,)? }
        tokens { $($token:ident = $token_name:literal),* $(,)? }
        fields { $($field:ident = $field_name:literal),* $(,)? }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy)]
        $visibility struct $name;

        /// A kind of node.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $visibility enum Kind {
            /// Any kind that is not named here.
            Other,
            $(#[doc = concat!("`", $kind_name, "`")] $kind,)*
            $(#[doc = concat!("`", $token_name, "`")] $token,)*
        }

        /// A field of a node.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $visibility enum Field {
            $(#[doc = concat!("`", $field_name, "`")] $field,)*
        }

        impl $crate::languages::syntax_tree::Vocabulary for $name {
            type Kind = Kind;
            type Field = Field;
            const OTHER: Kind = Kind::Other;
            const KINDS: &'static [(&'static str, bool, Kind)] = &[
                $(($kind_name, true, Kind::$kind),)*
                $(($token_name, false, Kind::$token),)*
            ];
            const FIELDS: &'static [&'static str] = &[$($field_name,)*];

            fn field_index(field: Field) -> usize {
                field as usize
            }
        }
    };
}
pub(crate) use vocabulary;

/// One grammar, seen through a vocabulary. Several grammars may share a vocabulary (C and C++).
pub(crate) struct Grammar<V: Vocabulary> {
    language: tree_sitter::Language,
    kinds: Box<[V::Kind]>,
    fields: Box<[u16]>,
}

impl<V: Vocabulary> Grammar<V> {
    /// Looks the vocabulary's names up in the grammar.
    pub(crate) fn new(language: impl Into<tree_sitter::Language>) -> Self {
        let language = language.into();
        let declared: HashMap<(&str, bool), V::Kind> = V::KINDS
            .iter()
            .map(|(name, named, kind)| ((*name, *named), *kind))
            .collect();
        let kinds = kind_names(&language)
            .map(|key| key.and_then(|key| declared.get(&key).copied()))
            .map(|kind| kind.unwrap_or(V::OTHER))
            .collect();
        let fields = V::FIELDS
            .iter()
            .map(|name| language.field_id_for_name(name).map_or(0, u16::from))
            .collect();
        Self {
            language,
            kinds,
            fields,
        }
    }

    /// Gives what is declared and not in the grammar.
    #[cfg(test)]
    pub(crate) fn unknown_names(&self) -> Vec<&'static str> {
        let known: std::collections::HashSet<(&str, bool)> =
            kind_names(&self.language).flatten().collect();
        let kinds = V::KINDS
            .iter()
            .filter(|(name, named, _)| !known.contains(&(*name, *named)))
            .map(|(name, ..)| *name);
        let fields = V::FIELDS
            .iter()
            .zip(&self.fields)
            .filter(|(_, id)| **id == 0)
            .map(|(name, _)| *name);
        kinds.chain(fields).collect()
    }

    pub(super) fn language(&self) -> &tree_sitter::Language {
        &self.language
    }

    pub(super) fn kind(&self, id: u16) -> V::Kind {
        self.kinds.get(usize::from(id)).copied().unwrap_or(V::OTHER)
    }

    /// Gives the grammar's number of a field; 0 for one that it does not have.
    pub(super) fn field(&self, field: V::Field) -> u16 {
        self.fields.get(V::field_index(field)).copied().unwrap_or(0)
    }
}

/// Lists name and namedness of every node kind by its number.
fn kind_names(language: &tree_sitter::Language) -> impl Iterator<Item = Option<(&str, bool)>> {
    (0..language.node_kind_count()).map(|id| {
        let id = u16::try_from(id).ok()?;
        let name = language.node_kind_for_id(id)?;
        Some((name, language.node_kind_is_named(id)))
    })
}
