//! The parts of the grammar of Java that the reader looks at. Decides nothing.

use std::sync::LazyLock;

use super::super::syntax_tree::{Grammar, vocabulary};

vocabulary! {
    /// What the reader of Java looks at.
    pub(super) struct JavaSyntax;
    kinds {
        Annotation = "annotation",
        AnnotationElement = "annotation_type_element_declaration",
        AnnotationType = "annotation_type_declaration",
        Asterisk = "asterisk",
        BlockComment = "block_comment",
        CatchClause = "catch_clause",
        ClassDeclaration = "class_declaration",
        CompactConstructor = "compact_constructor_declaration",
        ConstantDeclaration = "constant_declaration",
        Constructor = "constructor_declaration",
        Do = "do_statement",
        EnhancedFor = "enhanced_for_statement",
        EnumConstant = "enum_constant",
        EnumDeclaration = "enum_declaration",
        FieldAccess = "field_access",
        FieldDeclaration = "field_declaration",
        For = "for_statement",
        Identifier = "identifier",
        If = "if_statement",
        ImportDeclaration = "import_declaration",
        Initializer = "block",
        InterfaceDeclaration = "interface_declaration",
        LineComment = "line_comment",
        MarkerAnnotation = "marker_annotation",
        Method = "method_declaration",
        MethodInvocation = "method_invocation",
        MethodReference = "method_reference",
        Modifiers = "modifiers",
        ModuleDeclaration = "module_declaration",
        PackageDeclaration = "package_declaration",
        ProvidesDirective = "provides_module_directive",
        RecordDeclaration = "record_declaration",
        RecordPattern = "record_pattern",
        RequiresDirective = "requires_module_directive",
        RequiresModifier = "requires_modifier",
        ScopedIdentifier = "scoped_identifier",
        ScopedType = "scoped_type_identifier",
        StaticInitializer = "static_initializer",
        Ternary = "ternary_expression",
        TypeIdentifier = "type_identifier",
        TypeParameter = "type_parameter",
        UsesDirective = "uses_module_directive",
        VariableDeclarator = "variable_declarator",
        While = "while_statement",
    }
    tokens {
        And = "&&",
        Case = "case",
        Final = "final",
        Or = "||",
        Private = "private",
        Protected = "protected",
        Public = "public",
        Static = "static",
    }
    fields { Module = "module", Name = "name" }
}

/// The grammar.
pub(super) static GRAMMAR: LazyLock<Grammar<JavaSyntax>> =
    LazyLock::new(|| Grammar::new(tree_sitter_java::LANGUAGE));
