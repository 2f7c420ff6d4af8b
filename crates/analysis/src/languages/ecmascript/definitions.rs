//! Definitions of the top level, of namespaces and of classes. What stands inside functions defines nothing that others could see.

use oxc_ast::ast::{
    BindingPattern, Class, ClassElement, Declaration, ExportDefaultDeclaration,
    ExportDefaultDeclarationKind, ExportNamedDeclaration, Expression, FormalParameters, Function,
    MethodDefinition, MethodDefinitionKind, PropertyKey, Statement, TSAccessibility,
    TSExportAssignment, TSNamespaceDeclaration, TSNamespaceDeclarationBody, VariableDeclaration,
    VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;
use synthesizer_model::{code::SymbolKind, text::ByteRange};

use super::{exports::Assigned, imports::range_of, names, symbols::Definition, walker::Walker};

/// Longest text of a computed member's name that is kept, in bytes.
const MAX_COMPUTED_NAME: usize = 100;

/// Where a definition stands and who sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The whole of it.
    pub(super) range: ByteRange,
    /// See [`Definition::visible`].
    pub(super) visible: bool,
    /// Whether it has documentation.
    pub(super) documented: bool,
}

impl Place {
    /// Makes a definition at this place that is no function.
    pub(super) fn define(self, name: impl Into<String>, kind: SymbolKind) -> Definition {
        Definition {
            name: name.into(),
            kind,
            range: self.range,
            visible: self.visible,
            documented: self.documented,
            typed: None,
            signature: false,
        }
    }
}

impl Walker<'_> {
    /// Walks statements whose definitions others can see. In an ambient block everything is exported.
    pub(super) fn top_level(&mut self, statements: &[Statement<'_>], ambient: bool) {
        for statement in statements {
            self.top_statement(statement, ambient);
        }
    }

    fn top_statement(&mut self, statement: &Statement<'_>, ambient: bool) {
        let span = statement.span();
        match statement {
            Statement::ExportDeclaration(export) => {
                self.declaration(&export.declaration, span, true);
            }
            Statement::ExportNamedDeclaration(export) => self.export_list(export),
            Statement::ExportDefaultDeclaration(export) => self.export_default(export),
            Statement::ExportFromDeclaration(export) => self.export_from(export),
            Statement::ExportAllDeclaration(export) => self.export_all_from(export),
            Statement::ImportDeclaration(import) => self.import_declaration(import),
            Statement::TSExportAssignment(export) => self.export_assignment(export),
            Statement::ExpressionStatement(statement)
                if matches!(
                    statement.expression.without_parentheses(),
                    Expression::AssignmentExpression(_)
                ) =>
            {
                self.assignment_statement(&statement.expression, range_of(span));
            }
            other => match other.as_declaration() {
                // At the top of a declaration file, an export list decides at the end.
                Some(declaration) => {
                    let visible = ambient && !self.symbols.is_at_top();
                    self.declaration(declaration, span, visible);
                }
                None => self.visit_statement(other),
            },
        }
    }

    fn export_list(&mut self, export: &ExportNamedDeclaration<'_>) {
        self.has_export_list = true;
        for specifier in &export.specifiers {
            self.symbols.export(&specifier.local.name());
        }
    }

    fn export_default(&mut self, export: &ExportDefaultDeclaration<'_>) {
        self.has_export_list = true;
        let place = self.place(export.span, true);
        match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                let name = function
                    .id
                    .as_ref()
                    .map_or("default", |name| name.name.as_str());
                self.function(name, function, place);
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                let name = class
                    .id
                    .as_ref()
                    .map_or("default", |name| name.name.as_str());
                self.class(name, class, place);
            }
            ExportDefaultDeclarationKind::TSInterfaceDeclaration(interface) => {
                let name = interface.id.name.as_str();
                self.symbols.add(place.define(name, SymbolKind::Type));
                walk::walk_ts_interface_declaration(self, interface);
            }
            other => {
                if let Some(value) = other.as_expression() {
                    self.exported_expression("default", value, place);
                }
            }
        }
    }

    fn export_assignment(&mut self, export: &TSExportAssignment<'_>) {
        self.has_export_list = true;
        let place = self.place(export.span, true);
        self.exported_expression("export=", &export.expression, place);
    }

    fn exported_expression(&mut self, name: &str, value: &Expression<'_>, place: Place) {
        let value = value.get_inner_expression();
        match value {
            Expression::Identifier(value) => self.symbols.export(&value.name),
            value if names::is_import(value, &self.requires) => {
                self.exports_more = true;
                self.visit_expression(value);
            }
            Expression::ClassExpression(class) => {
                let name = class.id.as_ref().map_or(name, |own| own.name.as_str());
                self.class(name, class, place);
            }
            _ => self.define_value(name, value, place),
        }
    }

    fn place(&self, span: Span, visible: bool) -> Place {
        Place {
            range: range_of(span),
            visible,
            documented: self.comments.documents(span.start),
        }
    }

    fn declaration(&mut self, declaration: &Declaration<'_>, whole: Span, visible: bool) {
        let place = self.place(whole, visible);
        match declaration {
            Declaration::VariableDeclaration(variables) => self.variables(variables, place),
            Declaration::FunctionDeclaration(function) => {
                let name = function
                    .id
                    .as_ref()
                    .map_or("default", |name| name.name.as_str());
                self.function(name, function, place);
            }
            Declaration::ClassDeclaration(class) => {
                let name = class
                    .id
                    .as_ref()
                    .map_or("default", |name| name.name.as_str());
                let decorators = class
                    .decorators
                    .iter()
                    .map(|decorator| decorator.span.start);
                let documented = place.documented
                    || decorators
                        .chain([class.span.start])
                        .any(|start| self.comments.documents(start));
                self.class(
                    name,
                    class,
                    Place {
                        documented,
                        ..place
                    },
                );
            }
            Declaration::TSTypeAliasDeclaration(alias) => {
                let name = alias.id.name.as_str();
                self.symbols.add(place.define(name, SymbolKind::Type));
                walk::walk_ts_type_alias_declaration(self, alias);
            }
            Declaration::TSInterfaceDeclaration(interface) => {
                let name = interface.id.name.as_str();
                self.symbols.add(place.define(name, SymbolKind::Type));
                walk::walk_ts_interface_declaration(self, interface);
            }
            Declaration::TSEnumDeclaration(declaration) => {
                let name = declaration.id.name.as_str();
                self.symbols.add(place.define(name, SymbolKind::Type));
                walk::walk_ts_enum_declaration(self, declaration);
            }
            Declaration::TSExternalModuleDeclaration(module) => {
                self.module_augmentation(module);
                let definition = Place {
                    visible: true,
                    ..place
                }
                .define(module.id.value.as_str(), SymbolKind::Module);
                self.symbols.open(definition);
                if let Some(body) = &module.body {
                    self.top_level(&body.body, true);
                }
                self.symbols.close();
            }
            Declaration::TSNamespaceDeclaration(namespace) => self.namespace(namespace, place),
            Declaration::TSGlobalDeclaration(global) => {
                let definition = Place {
                    visible: true,
                    ..place
                }
                .define("global", SymbolKind::Module);
                self.symbols.open(definition);
                self.top_level(&global.body.body, true);
                self.symbols.close();
            }
            Declaration::TSImportEqualsDeclaration(import) => self.import_equals(import),
        }
    }

    fn namespace(&mut self, namespace: &TSNamespaceDeclaration<'_>, place: Place) {
        let ambient = namespace.declare || self.dialect.declarations;
        let mut namespace = namespace;
        let mut opened = 0;
        loop {
            let definition = Place {
                visible: place.visible || opened > 0,
                ..place
            }
            .define(namespace.id.name.as_str(), SymbolKind::Module);
            self.symbols.open(definition);
            opened += 1;
            match &namespace.body {
                TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => namespace = inner,
                TSNamespaceDeclarationBody::TSModuleBlock(block) => {
                    self.top_level(&block.body, ambient);
                    break;
                }
            }
        }
        for _ in 0..opened {
            self.symbols.close();
        }
    }

    fn variables(&mut self, variables: &VariableDeclaration<'_>, place: Place) {
        let only_one = variables.declarations.len() == 1;
        for (index, declarator) in variables.declarations.iter().enumerate() {
            let own = self.place(declarator.span, place.visible);
            let place = Place {
                range: if only_one { place.range } else { own.range },
                visible: place.visible,
                documented: own.documented || (index == 0 && place.documented),
            };
            self.variable(declarator, place);
        }
    }

    fn variable(&mut self, declarator: &VariableDeclarator<'_>, place: Place) {
        self.note_declarator(declarator);
        if let Some(annotation) = &declarator.type_annotation {
            self.visit_ts_type_annotation(annotation);
        }
        let value = declarator.init.as_ref();
        if value.is_some_and(|value| names::is_import(value, &self.requires)) {
            self.visit_binding_pattern(&declarator.id);
            if let Some(value) = value {
                self.visit_expression(value);
            }
            return;
        }
        let BindingPattern::BindingIdentifier(name) = &declarator.id else {
            for name in bound_names(&declarator.id) {
                self.symbols.add(place.define(name, SymbolKind::Constant));
            }
            self.visit_binding_pattern(&declarator.id);
            if let Some(value) = value {
                self.visit_expression(value);
            }
            return;
        };
        let name = name.name.as_str();
        let Some(value) = value else {
            self.symbols.add(place.define(name, SymbolKind::Constant));
            return;
        };
        let assigned = Assigned::of(value);
        if assigned.is_exported() {
            self.symbols.export(name);
        }
        let typed = declarator.type_annotation.is_some();
        self.define_typed_value(name, assigned.value(), place, typed);
    }

    /// Defines a name by its value and walks the value: a function, a class, or a constant.
    pub(super) fn define_value(&mut self, name: &str, value: &Expression<'_>, place: Place) {
        self.define_typed_value(name, value, place, false);
    }

    fn define_typed_value(
        &mut self,
        name: &str,
        value: &Expression<'_>,
        place: Place,
        typed: bool,
    ) {
        let inner = value.get_inner_expression();
        match inner {
            Expression::ClassExpression(class) => self.class(name, class, place),
            inner if inner.is_function() => {
                let mut definition =
                    self.function_definition(name, SymbolKind::Function, inner, place);
                definition.typed = definition.typed.map(|own| own || typed);
                self.symbols.open(definition);
                self.visit_expression(inner);
                self.symbols.close();
            }
            _ => {
                self.symbols.add(place.define(name, SymbolKind::Constant));
                self.visit_expression(value);
            }
        }
    }

    /// Defines a constant whose value is got by a function.
    pub(super) fn define_accessor(&mut self, name: &str, value: &Expression<'_>, place: Place) {
        self.symbols.add(place.define(name, SymbolKind::Constant));
        self.visit_expression(value);
    }

    /// Makes the definition of a function that is an expression.
    pub(super) fn function_definition(
        &self,
        name: &str,
        kind: SymbolKind,
        value: &Expression<'_>,
        place: Place,
    ) -> Definition {
        let typed = match value.get_inner_expression() {
            Expression::ArrowFunctionExpression(function) => {
                are_typed(&function.params) && function.return_type.is_some()
            }
            Expression::FunctionExpression(function) => {
                are_typed(&function.params) && function.return_type.is_some()
            }
            _ => false,
        };
        Definition {
            typed: self.dialect.is_typed().then_some(typed),
            ..place.define(name, kind)
        }
    }

    fn function(&mut self, name: &str, function: &Function<'_>, place: Place) {
        let typed = are_typed(&function.params) && function.return_type.is_some();
        self.symbols.open(Definition {
            typed: self.dialect.is_typed().then_some(typed),
            signature: function.body.is_none(),
            ..place.define(name, SymbolKind::Function)
        });
        self.visit_function(function, ScopeFlags::Function);
        self.symbols.close();
    }

    fn class(&mut self, name: &str, class: &Class<'_>, place: Place) {
        self.visit_decorators(&class.decorators);
        self.symbols.open(place.define(name, SymbolKind::Class));
        if let Some(parameters) = &class.type_parameters {
            self.visit_ts_type_parameter_declaration(parameters);
        }
        if let Some(heritage) = &class.heritage {
            self.visit_class_heritage(heritage);
        }
        self.visit_ts_class_implements_list(&class.implements);
        for element in &class.body.body {
            self.class_element(element);
        }
        self.symbols.close();
    }

    fn class_element(&mut self, element: &ClassElement<'_>) {
        let place = self.place(
            element.span(),
            !matches!(
                element.accessibility(),
                Some(TSAccessibility::Private | TSAccessibility::Protected)
            ) && !element
                .property_key()
                .is_some_and(PropertyKey::is_private_identifier),
        );
        match element {
            ClassElement::MethodDefinition(method) => self.method(method, place),
            ClassElement::PropertyDefinition(property) => {
                let function = property
                    .value
                    .as_ref()
                    .filter(|value| value.get_inner_expression().is_function());
                let name = self.member_name(&property.key);
                if let Some(value) = function {
                    let mut definition =
                        self.function_definition(&name, SymbolKind::Method, value, place);
                    let annotated = property.type_annotation.is_some();
                    definition.typed = definition.typed.map(|own| own || annotated);
                    self.symbols.open(definition);
                    self.visit_property_definition(property);
                    self.symbols.close();
                } else {
                    if property.r#static {
                        self.symbols.add(place.define(name, SymbolKind::Constant));
                    }
                    self.visit_property_definition(property);
                }
            }
            other => self.visit_class_element(other),
        }
    }

    fn method(&mut self, method: &MethodDefinition<'_>, place: Place) {
        let function = &method.value;
        let needs_result = !matches!(
            method.kind,
            MethodDefinitionKind::Constructor | MethodDefinitionKind::Set
        );
        let typed =
            are_typed(&function.params) && (!needs_result || function.return_type.is_some());
        let name = self.member_name(&method.key);
        self.symbols.open(Definition {
            typed: self.dialect.is_typed().then_some(typed),
            signature: function.body.is_none(),
            ..place.define(name, SymbolKind::Method)
        });
        walk::walk_method_definition(self, method);
        self.symbols.close();
    }

    fn member_name(&self, key: &PropertyKey<'_>) -> String {
        if let Some(name) = key.static_name() {
            return name.into_owned();
        }
        if let PropertyKey::PrivateIdentifier(name) = key {
            return format!("#{}", name.name);
        }
        let text = self.slice(range_of(key.span()));
        format!("[{}]", &text[..text.floor_char_boundary(MAX_COMPUTED_NAME)])
    }
}

/// Says whether all parameters have a type.
fn are_typed(parameters: &FormalParameters<'_>) -> bool {
    let rest = parameters.rest.as_ref();
    parameters
        .items
        .iter()
        .all(|parameter| parameter.type_annotation.is_some())
        && rest.is_none_or(|rest| rest.type_annotation.is_some())
}

/// Lists the names that a pattern binds. The pattern's depth is bounded by the parser's.
fn bound_names<'p>(pattern: &'p BindingPattern<'_>) -> Vec<&'p str> {
    pattern
        .get_binding_identifiers()
        .into_iter()
        .map(|name| name.name.as_str())
        .collect()
}
