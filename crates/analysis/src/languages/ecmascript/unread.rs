//! What can be seen of a text that no parser reads, such as JavaScript with Flow's types: its imports, from tokens alone.

use synthesizer_model::{
    code::{Circumstances, CodeFacts, Import, ImportForm},
    text::{ByteRange, LineIndex},
};

use super::tokens::{Before, Bracket, Choice, Kind, Reading, Step, Syntax, Token};

/// Imports that are kept of one text.
const MOST_IMPORTS: usize = 10_000;

/// Names that are kept of one import.
const MOST_NAMES: usize = 1_000;

/// How often the length of a text may be looked at in vain, for the ends of what does not end.
const MOST_LOOKS: usize = 50;

/// Lists the imports of a text; what it exports is not known.
pub(super) fn facts(text: &str, syntax: Syntax) -> CodeFacts {
    let mut reader = Reader {
        text,
        lines: LineIndex::new(text),
        clause: None,
        call: Call::None,
        imports: Vec::new(),
    };
    let mut reading = Reading::new(text, syntax);
    let mut choice = None;
    let mut looks = MOST_LOOKS * text.len();
    while reading.looked_ahead <= MOST_LOOKS * text.len() {
        match reading.step(choice.take()) {
            Step::Token(token) => reader.token(token),
            // After a bracket, a value has mostly ended.
            Step::Fork => choice = Some(Choice::Operator),
            Step::Dead if reading.position() < text.len() => {
                let Some(left) = looks.checked_sub(text.len() - reading.position()) else {
                    break;
                };
                looks = left;
                reading.recover();
            }
            Step::Dead | Step::End => break,
        }
    }
    CodeFacts {
        imports: reader.imports,
        exports_more: true,
        ..CodeFacts::default()
    }
}

/// An `import … from` or `export … from` up to its module.
struct Clause {
    form: ImportForm,
    types: bool,
    names: Vec<String>,
    /// Whether the next word is a name that is taken.
    expects_name: bool,
    in_braces: bool,
    after_from: bool,
}

/// A call of `import` or `require` up to its module.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    None,
    Word(ImportForm),
    Open(ImportForm),
    Module(ImportForm, ByteRange),
}

struct Reader<'t> {
    text: &'t str,
    lines: LineIndex,
    clause: Option<Clause>,
    call: Call,
    imports: Vec<Import>,
}

impl Reader<'_> {
    fn token(&mut self, token: Token) {
        let text = self.text.get(token.start..token.end).unwrap_or_default();
        self.follow_call(token, text);
        if self.clause.is_some() {
            self.follow_clause(token, text);
        }
        let form = match (token.kind, text) {
            (Kind::Word(_), "import") => ImportForm::Static,
            (Kind::Word(_), "export") => ImportForm::ReExport,
            _ => return,
        };
        if !matches!(token.before, Before::Dot) {
            self.clause = Some(Clause {
                form,
                types: false,
                names: Vec::new(),
                expects_name: form == ImportForm::Static,
                in_braces: false,
                after_from: form == ImportForm::Static,
            });
        }
    }

    fn follow_call(&mut self, token: Token, text: &str) {
        self.call = match (self.call, token.kind) {
            (Call::Module(form, range), Kind::Close(Bracket::Round) | Kind::Comma) => {
                self.import(form, range, Vec::new(), false);
                Call::None
            }
            (Call::Open(form), Kind::String) => Call::Module(form, inside(token)),
            (Call::Word(form), Kind::Open(Bracket::Round)) => Call::Open(form),
            (_, Kind::Word(_)) if text == "require" => Call::Word(ImportForm::Require),
            (_, Kind::Word(_)) if text == "import" => Call::Word(ImportForm::Dynamic),
            _ => Call::None,
        };
    }

    fn follow_clause(&mut self, token: Token, text: &str) {
        let Some(clause) = &mut self.clause else {
            return;
        };
        let is_static = clause.form == ImportForm::Static;
        match (token.kind, text) {
            (Kind::String, _) if clause.after_from => {
                if let Some(clause) = self.clause.take() {
                    self.import(clause.form, inside(token), clause.names, clause.types);
                }
                return;
            }
            (Kind::Word(_), "from") => {
                clause.after_from = true;
                return;
            }
            (Kind::Word(_), "type" | "typeof") if !clause.in_braces => {
                clause.types = true;
                return;
            }
            (Kind::Word(_), "as") => clause.expects_name = false,
            (Kind::Word(_), _) => {
                let is_default = is_static && !clause.in_braces;
                if !is_static && !clause.in_braces && clause.names.is_empty() {
                    // `export const …`, `export default …`
                    self.clause = None;
                    return;
                }
                if clause.expects_name && clause.names.len() < MOST_NAMES {
                    let name = if is_default { "default" } else { text };
                    clause.names.push(name.to_owned());
                } else if let Some(name) = clause.names.last_mut()
                    && clause.in_braces
                    && matches!(name.as_str(), "type" | "typeof")
                {
                    // `{ type A }`
                    text.clone_into(name);
                }
                clause.expects_name = false;
            }
            (Kind::Operator, "*") => {
                clause.names.push("*".to_owned());
                clause.expects_name = false;
            }
            (Kind::Open(Bracket::Curly), _) => {
                clause.in_braces = true;
                clause.expects_name = true;
            }
            (Kind::Close(Bracket::Curly), _) => {
                clause.in_braces = false;
                clause.expects_name = false;
                if clause.names.is_empty() {
                    clause.names.push(String::new());
                }
            }
            (Kind::Comma, _) => clause.expects_name = true,
            _ => {
                self.clause = None;
                return;
            }
        }
        clause.after_from = false;
    }

    fn import(&mut self, form: ImportForm, range: ByteRange, names: Vec<String>, types: bool) {
        if self.imports.len() >= MOST_IMPORTS {
            return;
        }
        let Some(target) = range.of(self.text) else {
            return;
        };
        self.imports.push(Import {
            target: target.to_owned(),
            form,
            names: names.into_iter().filter(|name| !name.is_empty()).collect(),
            range,
            line: self.lines.line(range.start),
            circumstances: Circumstances {
                type_checking: types,
                ..Circumstances::default()
            },
        });
    }
}

fn inside(token: Token) -> ByteRange {
    ByteRange::new(
        token.start + 1,
        token.end.saturating_sub(1).max(token.start + 1),
    )
}
