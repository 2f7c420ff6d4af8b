//! The parts of Go's grammar that the reader looks at.

use std::sync::LazyLock;

use crate::languages::syntax_tree::{Grammar, vocabulary};

vocabulary! {
    /// What the reader of Go looks at.
    pub(super) struct GoVocabulary;
    kinds {
        PackageClause = "package_clause",
        PackageIdentifier = "package_identifier",
        ImportSpec = "import_spec",
        Function = "function_declaration",
        Method = "method_declaration",
        FunctionLiteral = "func_literal",
        TypeDeclaration = "type_declaration",
        TypeSpec = "type_spec",
        TypeAlias = "type_alias",
        ConstDeclaration = "const_declaration",
        VarDeclaration = "var_declaration",
        ConstSpec = "const_spec",
        VarSpec = "var_spec",
        InterfaceType = "interface_type",
        MethodElement = "method_elem",
        StructType = "struct_type",
        ParameterList = "parameter_list",
        ParameterDeclaration = "parameter_declaration",
        TypeParameters = "type_parameter_list",
        TypeArguments = "type_arguments",
        PointerType = "pointer_type",
        ParenthesizedType = "parenthesized_type",
        GenericType = "generic_type",
        QualifiedType = "qualified_type",
        SliceType = "slice_type",
        ArrayType = "array_type",
        MapType = "map_type",
        FunctionType = "function_type",
        TypeIdentifier = "type_identifier",
        Identifier = "identifier",
        InterpretedString = "interpreted_string_literal",
        RawString = "raw_string_literal",
        Comment = "comment",
        If = "if_statement",
        For = "for_statement",
        ExpressionCase = "expression_case",
        TypeCase = "type_case",
        CommunicationCase = "communication_case",
    }
    tokens { And = "&&", Or = "||" }
    fields { Name = "name", Path = "path", Receiver = "receiver", Type = "type" }
}

/// Go's grammar.
pub(super) static GRAMMAR: LazyLock<Grammar<GoVocabulary>> =
    LazyLock::new(|| Grammar::new(tree_sitter_go::LANGUAGE));
