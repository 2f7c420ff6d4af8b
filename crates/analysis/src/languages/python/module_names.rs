//! Module names given to the import machinery and its relatives, literal or computed.

use std::cell::Cell;

use ruff_python_ast::{
    Arguments, Expr, ExprCall, ExprStringLiteral, FStringPart, InterpolatedStringElement, Operator,
};
use ruff_text_size::{Ranged, TextSize};
use synthesizer_model::python::{ModuleNameRole, ModuleNameUse, NamePrefix};
use synthesizer_model::text::ByteRange;

use super::literals::{Literal, literal};
use super::qualified::{first_name, qualified_names, relevant_names};
use super::scope::ScopeId;
use super::source::{Source, byte_range};
use super::walker::{Facts, LiteralBinding, MachineryForm, MachineryUse};

/// Most candidates of one use.
const MAX_CANDIDATES: usize = 256;

/// Most literals looked at for all computed names of a file together.
const MAX_CANDIDATES_IN_FILE: usize = 1 << 18;

/// How many names a candidate is followed through.
const MAX_STEPS: usize = 4;

/// Lists the uses of module names in source order.
pub(super) fn collect(facts: &Facts<'_>, source: &Source<'_>) -> Vec<ModuleNameUse> {
    let candidates_left = Cell::new(MAX_CANDIDATES_IN_FILE);
    let relevant = relevant_names(facts);
    let mut uses: Vec<ModuleNameUse> = facts
        .machinery
        .iter()
        .filter(|machinery| {
            let chain = match machinery.form {
                MachineryForm::Call(call) => &call.func,
                MachineryForm::Lookup { mapping, .. } => mapping,
            };
            first_name(chain).is_some_and(|name| relevant.contains(name))
        })
        .filter_map(|machinery| {
            let reader = Reader {
                facts,
                source,
                machinery,
                candidates_left: &candidates_left,
            };
            match machinery.form {
                MachineryForm::Call(call) => reader.call(call),
                MachineryForm::Lookup { mapping, key } => reader.lookup(mapping, key),
            }
        })
        .collect();
    uses.sort_by_key(|found| (found.range.start, found.range.end));
    uses
}

/// Where a function takes the module's name: the role, and the names of the first parameters.
fn role_of(function: &str) -> Option<(ModuleNameRole, &'static [&'static str])> {
    use ModuleNameRole as Role;
    let role = match function {
        "importlib.import_module" => (Role::ImportModule, &["name"][..]),
        "importlib.__import__" | "builtins.__import__" => (Role::DunderImport, &["name"][..]),
        "sys.modules.get" | "sys.modules.pop" | "sys.modules.setdefault" => {
            (Role::SysModules, &[""][..])
        }
        "logging.getLogger" => (Role::Logger, &["name"][..]),
        "importlib.metadata.version" | "importlib_metadata.version" => {
            (Role::MetadataVersion, &["distribution_name"][..])
        }
        "pkgutil.get_data" => (Role::Resources, &["package"][..]),
        _ => return role_of_member(function),
    };
    Some(role)
}

fn role_of_member(function: &str) -> Option<(ModuleNameRole, &'static [&'static str])> {
    const METADATA: [&str; 9] = [
        "distribution",
        "distributions",
        "entry_points",
        "files",
        "metadata",
        "packages_distributions",
        "requires",
        "Distribution.from_name",
        "Distribution.discover",
    ];
    const RESOURCES: [&str; 8] = [
        "contents",
        "files",
        "is_resource",
        "open_binary",
        "open_text",
        "path",
        "read_binary",
        "read_text",
    ];
    let below = |modules: [&str; 2]| {
        modules
            .into_iter()
            .find_map(|module| function.strip_prefix(module)?.strip_prefix('.'))
    };
    if let Some(member) = below(["importlib.metadata", "importlib_metadata"]) {
        return METADATA.contains(&member).then_some((
            ModuleNameRole::MetadataOther,
            &["distribution_name", "name"],
        ));
    }
    if let Some(member) = below(["importlib.resources", "importlib_resources"]) {
        return RESOURCES
            .contains(&member)
            .then_some((ModuleNameRole::Resources, &["anchor", "package"]));
    }
    let member = function.strip_prefix("pkg_resources.")?;
    if member.starts_with("resource_") {
        return Some((ModuleNameRole::Resources, &["package_or_requirement"]));
    }
    matches!(
        member,
        "get_distribution" | "require" | "iter_entry_points" | "load_entry_point" | "get_provider"
    )
    .then_some((ModuleNameRole::MetadataOther, &["dist"]))
}

/// Reads one use.
struct Reader<'f, 'a> {
    facts: &'f Facts<'a>,
    source: &'f Source<'f>,
    machinery: &'f MachineryUse<'a>,
    candidates_left: &'f Cell<usize>,
}

impl Reader<'_, '_> {
    fn call(&self, call: &ExprCall) -> Option<ModuleNameUse> {
        let functions = qualified_names(self.facts, self.machinery.scope, &call.func);
        let (role, parameters) = functions.iter().find_map(|function| role_of(function))?;
        let argument = parameters
            .iter()
            .find_map(|name| call.arguments.find_argument_value(name, 0));
        let mut found = self.named_by(role, argument, byte_range(call.range()))?;
        match role {
            ModuleNameRole::ImportModule => {
                found.package = self.package(&call.arguments);
                let relative = found
                    .literal
                    .as_deref()
                    .is_some_and(|name| name.starts_with('.'));
                let package = call.arguments.find_argument_value("package", 1);
                if let (true, None, Some(package)) = (relative, &found.package, package) {
                    found.expression = self.text_of(byte_range(package.range()));
                }
            }
            ModuleNameRole::Resources => found.resource = self.resource(call),
            _ => {}
        }
        Some(found)
    }

    fn lookup(&self, mapping: &Expr, key: &Expr) -> Option<ModuleNameUse> {
        let names = qualified_names(self.facts, self.machinery.scope, mapping);
        let is_modules = names.iter().any(|name| name == "sys.modules");
        is_modules
            .then(|| {
                self.named_by(
                    ModuleNameRole::SysModules,
                    Some(key),
                    byte_range(key.range()),
                )
            })
            .flatten()
    }

    /// Describes a use whose name is `argument`; none if the role asks for a literal and there is none.
    fn named_by(
        &self,
        role: ModuleNameRole,
        argument: Option<&Expr>,
        whole: ByteRange,
    ) -> Option<ModuleNameUse> {
        let literal = argument.and_then(|argument| literal(argument, self.source));
        let argument_range = argument.map_or(whole, |argument| byte_range(argument.range()));
        let (text, range, candidates) = match (role, literal) {
            (ModuleNameRole::MetadataVersion, Some(Literal { text, .. })) => {
                (Some(text), whole, Vec::new())
            }
            (_, Some(Literal { text, inside })) => match inside {
                Some(inside) => (Some(text), inside, Vec::new()),
                None => (None, argument_range, vec![text.to_owned()]),
            },
            (ModuleNameRole::Logger, None) => return None,
            (ModuleNameRole::SysModules, None) => {
                let (prefix, _) =
                    computed_prefix(argument?).filter(|(prefix, _)| prefix.contains('.'))?;
                (None, argument_range, vec![prefix])
            }
            (ModuleNameRole::MetadataVersion, None) => (None, whole, self.candidates(argument)),
            (_, None) => (None, argument_range, self.candidates(argument)),
        };
        Some(ModuleNameUse {
            role,
            literal: text.map(str::to_owned),
            line: self.source.line(range.start),
            range,
            package: None,
            candidates,
            resource: None,
            expression: self.expression(role, text.is_some(), argument_range),
            prefixes: self.prefixes(role, argument),
            circumstances: self.machinery.circumstances,
        })
    }

    /// The text of an expression that computes the name of a module to import, cut off after 200 bytes.
    fn expression(&self, role: ModuleNameRole, is_literal: bool, argument: ByteRange) -> String {
        let imports = matches!(
            role,
            ModuleNameRole::ImportModule | ModuleNameRole::DunderImport
        );
        if is_literal || !imports {
            return String::new();
        }
        self.text_of(argument)
    }

    fn text_of(&self, range: ByteRange) -> String {
        const MOST_BYTES: usize = 200;
        let text = self.source.slice(range);
        text[..text.floor_char_boundary(MOST_BYTES)].to_owned()
    }

    /// The literal beginnings of a computed name, given directly or by way of a variable.
    fn prefixes(&self, role: ModuleNameRole, argument: Option<&Expr>) -> Vec<NamePrefix> {
        let imports = matches!(
            role,
            ModuleNameRole::ImportModule | ModuleNameRole::DunderImport
        );
        let Some(argument) = argument.filter(|_| imports) else {
            return Vec::new();
        };
        let mut found: Vec<NamePrefix> = match argument {
            Expr::Name(name) => self
                .literal_bindings(self.machinery.scope, &name.id)
                .filter_map(|(_, binding)| match binding {
                    LiteralBinding::Value(value) => self.prefix(value),
                    LiteralBinding::ElementOf(_) => None,
                })
                .collect(),
            argument => self.prefix(argument).into_iter().collect(),
        };
        found.retain(|prefix| !prefix.text.is_empty());
        found.dedup();
        found
    }

    fn prefix(&self, expression: &Expr) -> Option<NamePrefix> {
        let (text, start) = computed_prefix(expression)?;
        let inside = start
            .map(|start| ByteRange::new(start.to_usize(), start.to_usize() + text.len()))
            .filter(|inside| inside.of(self.source.text) == Some(text.as_str()));
        Some(NamePrefix { text, inside })
    }

    fn package(&self, arguments: &Arguments) -> Option<(String, ByteRange)> {
        let package = literal(arguments.find_argument_value("package", 1)?, self.source)?;
        Some((package.text.to_owned(), package.inside?))
    }

    /// The resource is the second argument, or the path joined to what `files` gives.
    fn resource(&self, call: &ExprCall) -> Option<String> {
        let second = ["resource", "name", "resource_name"]
            .into_iter()
            .find_map(|name| call.arguments.find_argument_value(name, 1));
        match second {
            Some(second) => literal(second, self.source).map(|literal| literal.text.to_owned()),
            None => self
                .facts
                .joined_paths
                .get(&call.range())
                .cloned()
                .flatten(),
        }
    }

    fn candidates(&self, argument: Option<&Expr>) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(Expr::Name(name)) = argument {
            self.values(self.machinery.scope, &name.id, MAX_STEPS, &mut found);
        }
        found
    }

    fn add(&self, found: &mut Vec<String>, text: &str) {
        let Some(left) = self.candidates_left.get().checked_sub(1) else {
            return;
        };
        self.candidates_left.set(left);
        if found.len() < MAX_CANDIDATES && !found.iter().any(|known| known == text) {
            found.push(text.to_owned());
        }
    }

    /// Adds the strings that a name can be.
    fn values(&self, scope: ScopeId, name: &str, steps: usize, found: &mut Vec<String>) {
        if self.candidates_left.get() == 0 {
            return;
        }
        for (binder, binding) in self.literal_bindings(scope, name) {
            match binding {
                LiteralBinding::Value(Expr::StringLiteral(literal)) => {
                    self.add(found, literal.value.to_str());
                }
                LiteralBinding::Value(Expr::Name(name)) if steps > 0 => {
                    self.values(binder, &name.id, steps - 1, found);
                }
                LiteralBinding::Value(_) => {}
                LiteralBinding::ElementOf(sequence) => {
                    self.elements(binder, sequence, steps, found);
                }
            }
        }
    }

    /// Adds the strings that a sequence holds.
    fn elements(&self, scope: ScopeId, sequence: &Expr, steps: usize, found: &mut Vec<String>) {
        let elements = match sequence {
            Expr::Tuple(tuple) => &tuple.elts,
            Expr::List(list) => &list.elts,
            Expr::Set(set) => &set.elts,
            Expr::Name(name) if steps > 0 => {
                for (binder, binding) in self.literal_bindings(scope, &name.id) {
                    if let LiteralBinding::Value(value) = binding {
                        self.elements(binder, value, steps - 1, found);
                    }
                }
                return;
            }
            _ => return,
        };
        for element in elements.iter().take(MAX_CANDIDATES) {
            if let Some(literal) = element.as_string_literal_expr() {
                self.add(found, literal.value.to_str());
            }
        }
    }

    fn literal_bindings<'s>(
        &'s self,
        scope: ScopeId,
        name: &'s str,
    ) -> impl Iterator<Item = (ScopeId, LiteralBinding<'s>)> {
        let binder = self.facts.scopes.resolve(scope, name);
        binder.into_iter().flat_map(move |binder| {
            let bindings = self.facts.literal_bindings.get(&(binder, name));
            bindings
                .into_iter()
                .flatten()
                .take(MAX_CANDIDATES)
                .map(move |binding| (binder, *binding))
        })
    }
}

/// The literal beginning of an f-string, of a concatenation or of a text formatted by `%`, and where it should begin.
fn computed_prefix(expression: &Expr) -> Option<(String, Option<TextSize>)> {
    match expression {
        Expr::BinOp(operation) if operation.op == Operator::Add => {
            let mut first = &*operation.left;
            while let Expr::BinOp(operation) = first {
                first = &operation.left;
            }
            match first {
                Expr::StringLiteral(literal) => {
                    Some((literal.value.to_str().to_owned(), start_of(literal)))
                }
                first => computed_prefix(first),
            }
        }
        Expr::BinOp(operation) if operation.op == Operator::Mod => {
            let literal = operation.left.as_string_literal_expr()?;
            let format = literal.value.to_str();
            let prefix = format.split('%').next().unwrap_or(format);
            Some((prefix.to_owned(), start_of(literal)))
        }
        Expr::FString(f_string) => {
            let mut prefix = String::new();
            let mut start = None;
            for part in &f_string.value {
                let f_string = match part {
                    FStringPart::Literal(literal) => {
                        prefix.push_str(literal);
                        continue;
                    }
                    FStringPart::FString(f_string) => f_string,
                };
                for element in &f_string.elements {
                    match element {
                        InterpolatedStringElement::Literal(literal) => {
                            if prefix.is_empty() {
                                start = Some(literal.start());
                            }
                            prefix.push_str(literal);
                        }
                        InterpolatedStringElement::Interpolation(_) => {
                            return Some((prefix, start));
                        }
                    }
                }
            }
            Some((prefix, start))
        }
        _ => None,
    }
}

fn start_of(literal: &ExprStringLiteral) -> Option<TextSize> {
    Some(literal.as_single_part_string()?.content_range().start())
}
