//! One walk over the syntax tree that collects definitions and imports, with the circumstances under which each runs. Holds what the walk
//! knows at a place; what a definition or an import looks like is in the files beside it.

use oxc_ast::ast::{
    ArrowFunctionExpression, AssignmentExpression, AssignmentTarget, BinaryExpression,
    BindingPattern, CallExpression, CatchClause, ChainElement, Class, ConditionalExpression,
    DoWhileStatement, Expression, ForInStatement, ForOfStatement, ForStatement, Function,
    IfStatement, ImportExpression, JSXElement, JSXFragment, JSXMemberExpressionObject,
    LogicalExpression, NewExpression, Program, PropertyDefinition, Statement,
    StaticMemberExpression, SwitchCase, TSImportType, TSImportTypeQualifier,
    TSNamespaceDeclarationBody, TSTupleElement, TSType, TSTypeAnnotation, TSTypeName,
    TSTypeParameterDeclaration, TSTypeParameterInstantiation, TemplateLiteral, TryStatement,
    VariableDeclarator, WhileStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;
use synthesizer_model::{
    code::{Circumstances, CodeFacts, Import, ImportForm},
    text::{ByteRange, LineIndex},
};

use super::{
    bounded::MAX_DEPTH, comments::Comments, dialect::Dialect, names::NamesTaken, symbols::Symbols,
};

/// Imports that are kept of one file.
const MOST_IMPORTS: usize = 100_000;

/// What the walk has found and where it is.
pub(super) struct Walker<'t> {
    pub(super) text: &'t str,
    pub(super) lines: LineIndex,
    pub(super) dialect: Dialect,
    pub(super) comments: Comments<'t>,
    pub(super) symbols: Symbols,
    pub(super) imports: Vec<Import>,
    pub(super) names_taken: NamesTaken,
    /// Names that are called like `require`.
    pub(super) requires: Vec<String>,
    pub(super) exports_more: bool,
    /// Whether an `export { … }` or `export =` says which declarations of a declaration file are exported.
    pub(super) has_export_list: bool,
    /// Functions around the place that run on a call only.
    pub(super) functions: u32,
    guarded: u32,
    fallback: u32,
    conditional: u32,
    /// Whether types can import: else they need no walk.
    types_import: bool,
    depth: usize,
    too_deep: bool,
    left_out: Option<u32>,
}

/// Collects the facts of a tree.
pub(super) fn facts(text: &str, dialect: Dialect, program: &Program<'_>) -> CodeFacts {
    let mut walker = Walker {
        text,
        lines: LineIndex::new(text),
        dialect,
        comments: Comments::of(text, program),
        symbols: Symbols::default(),
        imports: Vec::new(),
        names_taken: NamesTaken::default(),
        requires: vec!["require".to_owned()],
        exports_more: false,
        has_export_list: false,
        functions: 0,
        guarded: 0,
        fallback: 0,
        conditional: 0,
        types_import: may_import_in_types(text),
        depth: 0,
        too_deep: false,
        left_out: None,
    };
    walker.comment_imports();
    walker.top_level(&program.body, dialect.declarations);
    walker.finish(program)
}

/// Says whether `import` is followed by what can be the parenthesis of `import('x').Type` anywhere.
fn may_import_in_types(text: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), "import").any(|found| {
        let rest = &text.as_bytes()[found + "import".len()..];
        rest.iter()
            .find(|byte| !byte.is_ascii_whitespace())
            .is_some_and(|byte| matches!(byte, b'(' | b'/'))
    })
}

impl<'t> Walker<'t> {
    fn finish(mut self, program: &Program<'_>) -> CodeFacts {
        if self.dialect.declarations && !self.has_export_list {
            self.symbols.export_all();
        }
        let documentation = self.comments.file_documentation(program);
        let lines = &self.lines;
        let (symbols, symbols_left_out) = self.symbols.finish(|offset| lines.line(offset));
        self.imports.sort_by_key(|import| import.range.start);
        let mut syntax_errors = Vec::new();
        let left_out = symbols_left_out.map(|range| lines.line(range.start));
        if let Some(line) = left_out.or(self.left_out) {
            syntax_errors.push((
                line,
                format!("more than {MOST_IMPORTS} definitions or imports, the rest is left out"),
            ));
        }
        if self.too_deep {
            syntax_errors.push((1, "nested too deeply, partly left out".to_owned()));
        }
        CodeFacts {
            symbols,
            imports: self.imports,
            namespace: None,
            documentation,
            exports_more: self.exports_more,
            syntax_errors,
        }
    }

    /// Gives the text of a range; empty when it is no range of the text.
    pub(super) fn slice(&self, range: ByteRange) -> &'t str {
        range.of(self.text).unwrap_or_default()
    }

    /// Gives the circumstances at this place.
    pub(super) fn circumstances(&self) -> Circumstances {
        Circumstances {
            in_function: self.functions > 0,
            type_checking: self.dialect.declarations,
            guarded: self.guarded > 0,
            fallback: self.fallback > 0,
            conditional: self.conditional > 0,
        }
    }

    /// Keeps an import.
    pub(super) fn import(
        &mut self,
        target: impl Into<String>,
        form: ImportForm,
        names: Vec<String>,
        range: ByteRange,
        circumstances: Circumstances,
    ) {
        let line = self.lines.line(range.start);
        if self.imports.len() >= MOST_IMPORTS {
            self.left_out.get_or_insert(line);
            return;
        }
        self.imports.push(Import {
            target: target.into(),
            form,
            names,
            range,
            line,
            circumstances,
        });
    }

    /// Walks what runs on a call only.
    pub(super) fn inside_function(&mut self, work: impl FnOnce(&mut Self)) {
        self.functions += 1;
        work(self);
        self.functions -= 1;
    }

    /// Walks what may never run.
    fn inside_condition(&mut self, work: impl FnOnce(&mut Self)) {
        self.conditional += 1;
        work(self);
        self.conditional -= 1;
    }

    /// Walks what is guarded: a failing import in it is caught.
    pub(super) fn inside_guard(&mut self, work: impl FnOnce(&mut Self)) {
        self.guarded += 1;
        work(self);
        self.guarded -= 1;
    }

    /// Goes one level deeper, unless that is too deep. Every circle of the walk leads through this.
    fn deeper(&mut self, work: impl FnOnce(&mut Self)) {
        if self.depth >= MAX_DEPTH {
            self.too_deep = true;
            return;
        }
        self.depth += 1;
        work(self);
        self.depth -= 1;
    }

    /// Walks a function that runs where it stands: an immediately invoked one, or the body of an AMD module.
    pub(super) fn visit_immediate(&mut self, function: &Expression<'_>) {
        match function.without_parentheses() {
            Expression::FunctionExpression(function) => {
                walk::walk_function(self, function, ScopeFlags::Function);
            }
            Expression::ArrowFunctionExpression(function) => {
                walk::walk_arrow_function_expression(self, function);
            }
            other => self.visit_expression(other),
        }
    }
}

impl<'a> Visit<'a> for Walker<'_> {
    fn visit_expression(&mut self, it: &Expression<'a>) {
        self.deeper(|walker| walk::walk_expression(walker, it));
    }

    fn visit_statement(&mut self, it: &Statement<'a>) {
        self.deeper(|walker| walk::walk_statement(walker, it));
    }

    fn visit_binding_pattern(&mut self, it: &BindingPattern<'a>) {
        self.deeper(|walker| walk::walk_binding_pattern(walker, it));
    }

    fn visit_assignment_target(&mut self, it: &AssignmentTarget<'a>) {
        self.deeper(|walker| walk::walk_assignment_target(walker, it));
    }

    fn visit_chain_element(&mut self, it: &ChainElement<'a>) {
        self.deeper(|walker| walk::walk_chain_element(walker, it));
    }

    fn visit_jsx_element(&mut self, it: &JSXElement<'a>) {
        self.deeper(|walker| walk::walk_jsx_element(walker, it));
    }

    fn visit_jsx_fragment(&mut self, it: &JSXFragment<'a>) {
        self.deeper(|walker| walk::walk_jsx_fragment(walker, it));
    }

    fn visit_jsx_member_expression_object(&mut self, _it: &JSXMemberExpressionObject<'a>) {}

    fn visit_ts_type(&mut self, it: &TSType<'a>) {
        if self.types_import {
            self.deeper(|walker| walk::walk_ts_type(walker, it));
        }
    }

    fn visit_ts_type_annotation(&mut self, it: &TSTypeAnnotation<'a>) {
        if self.types_import {
            walk::walk_ts_type_annotation(self, it);
        }
    }

    fn visit_ts_type_parameter_declaration(&mut self, it: &TSTypeParameterDeclaration<'a>) {
        if self.types_import {
            walk::walk_ts_type_parameter_declaration(self, it);
        }
    }

    fn visit_ts_type_parameter_instantiation(&mut self, it: &TSTypeParameterInstantiation<'a>) {
        if self.types_import {
            walk::walk_ts_type_parameter_instantiation(self, it);
        }
    }

    fn visit_ts_tuple_element(&mut self, it: &TSTupleElement<'a>) {
        self.deeper(|walker| walk::walk_ts_tuple_element(walker, it));
    }

    fn visit_ts_type_name(&mut self, _it: &TSTypeName<'a>) {}

    fn visit_ts_import_type_qualifier(&mut self, _it: &TSImportTypeQualifier<'a>) {}

    fn visit_ts_namespace_declaration_body(&mut self, it: &TSNamespaceDeclarationBody<'a>) {
        self.deeper(|walker| walk::walk_ts_namespace_declaration_body(walker, it));
    }

    fn visit_ts_import_type(&mut self, it: &TSImportType<'a>) {
        self.type_import(it);
        walk::walk_ts_import_type(self, it);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.inside_function(|walker| walk::walk_function(walker, it, flags));
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.inside_function(|walker| walk::walk_arrow_function_expression(walker, it));
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        walk::walk_class(self, it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        if it.r#static {
            walk::walk_property_definition(self, it);
        } else {
            self.inside_function(|walker| walk::walk_property_definition(walker, it));
        }
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        self.call(it);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        self.url_of_module(it);
        walk::walk_new_expression(self, it);
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        self.import_expression(it);
        walk::walk_import_expression(self, it);
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        self.names_taken.by_member(it, &self.requires);
        walk::walk_static_member_expression(self, it);
    }

    fn visit_binary_expression(&mut self, it: &BinaryExpression<'a>) {
        self.concatenated_path(it);
        walk::walk_binary_expression(self, it);
    }

    fn visit_template_literal(&mut self, it: &TemplateLiteral<'a>) {
        self.template_path(it);
        walk::walk_template_literal(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        self.note_declarator(it);
        walk::walk_variable_declarator(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        self.note_assignment(it);
        if it.operator.is_logical() {
            self.symbols.branch(1);
            self.visit_assignment_target(&it.left);
            self.inside_condition(|walker| walker.visit_expression(&it.right));
        } else {
            walk::walk_assignment_expression(self, it);
        }
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        self.symbols.branch(1);
        self.visit_expression(&it.test);
        self.inside_condition(|walker| {
            walker.visit_statement(&it.consequent);
            if let Some(alternate) = &it.alternate {
                walker.visit_statement(alternate);
            }
        });
    }

    fn visit_conditional_expression(&mut self, it: &ConditionalExpression<'a>) {
        self.symbols.branch(1);
        self.visit_expression(&it.test);
        self.inside_condition(|walker| {
            walker.visit_expression(&it.consequent);
            walker.visit_expression(&it.alternate);
        });
    }

    fn visit_logical_expression(&mut self, it: &LogicalExpression<'a>) {
        self.symbols.branch(1);
        self.visit_expression(&it.left);
        self.inside_condition(|walker| walker.visit_expression(&it.right));
    }

    fn visit_switch_case(&mut self, it: &SwitchCase<'a>) {
        if it.test.is_some() {
            self.symbols.branch(1);
        }
        self.inside_condition(|walker| walk::walk_switch_case(walker, it));
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        self.symbols.branch(1);
        walk::walk_for_statement(self, it);
    }

    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        self.symbols.branch(1);
        walk::walk_for_in_statement(self, it);
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        self.symbols.branch(1);
        walk::walk_for_of_statement(self, it);
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.symbols.branch(1);
        walk::walk_while_statement(self, it);
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        self.symbols.branch(1);
        walk::walk_do_while_statement(self, it);
    }

    fn visit_catch_clause(&mut self, it: &CatchClause<'a>) {
        self.symbols.branch(1);
        self.fallback += 1;
        walk::walk_catch_clause(self, it);
        self.fallback -= 1;
    }

    fn visit_try_statement(&mut self, it: &TryStatement<'a>) {
        if it.handler.is_some() {
            self.inside_guard(|walker| walker.visit_block_statement(&it.block));
        } else {
            self.visit_block_statement(&it.block);
        }
        if let Some(handler) = &it.handler {
            self.visit_catch_clause(handler);
        }
        if let Some(finalizer) = &it.finalizer {
            self.visit_block_statement(finalizer);
        }
    }
}
