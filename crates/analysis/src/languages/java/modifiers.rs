//! What stands before a declaration: modifiers and annotations. Knows nothing of what they are before.

use super::{
    code::look_through,
    tokens::{AT, DOT, JavaTokens, Kind, PARENTHESIS},
    used_names::UsedNames,
};

/// The modifiers of a declaration that matter here.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Modifiers {
    /// `public`
    pub(super) public: bool,
    /// `protected`
    pub(super) protected: bool,
    /// `private`
    pub(super) private: bool,
    /// `static`
    pub(super) is_static: bool,
    /// `final`
    pub(super) is_final: bool,
}

impl Modifiers {
    /// Reads what begins at a place; gives the place behind. Names in annotations are noted.
    pub(super) fn read<'t>(
        tokens: &JavaTokens<'t>,
        names: &mut UsedNames<'t>,
        mut at: usize,
    ) -> (Self, usize) {
        let mut modifiers = Self::default();
        loop {
            at = match tokens.kind(at) {
                AT if tokens.text(at + 1) != "interface" => annotation(tokens, names, at),
                // A comment between an annotation and what it is for.
                Kind::Javadoc => at + 1,
                Kind::Word if modifiers.take(tokens, at) => at + 1,
                // `non-sealed`
                Kind::Word if tokens.text(at) == "non" && tokens.text(at + 2) == "sealed" => at + 3,
                _ => return (modifiers, at),
            };
        }
    }

    fn take(&mut self, tokens: &JavaTokens<'_>, at: usize) -> bool {
        match tokens.text(at) {
            "public" => self.public = true,
            "protected" => self.protected = true,
            "private" => self.private = true,
            "static" => self.is_static = true,
            "final" => self.is_final = true,
            "abstract" | "native" | "synchronized" | "transient" | "volatile" | "strictfp"
            | "default" => {}
            "sealed" => return tokens.kind(at + 1) == Kind::Word,
            _ => return false,
        }
        true
    }
}

/// `@Name`, `@a.b.Name(value)`
fn annotation<'t>(tokens: &JavaTokens<'t>, names: &mut UsedNames<'t>, at: usize) -> usize {
    let mut end = at + 1;
    if tokens.kind(end) == Kind::Word {
        end = names.path(tokens, end);
    }
    while tokens.kind(end) == DOT && tokens.kind(end + 1) == Kind::Word {
        end += 2;
    }
    if tokens.kind(end) == PARENTHESIS {
        let after = tokens.after(end);
        look_through(tokens, names, end, after);
        end = after;
    }
    end
}
