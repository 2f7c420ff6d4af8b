//! Imports that are statements or types: `import`, `export … from`, `import x = require('x')`, `import('x')` in types, and those that
//! stand in comments.

use oxc_ast::ast::{
    ExportAllDeclaration, ExportFromDeclaration, ImportDeclaration, ImportDeclarationSpecifier,
    StringLiteral, TSExternalModuleDeclaration, TSImportEqualsDeclaration, TSImportType,
    TSImportTypeQualifier, TSModuleReference,
};
use oxc_span::Span;
use synthesizer_model::{
    code::{Circumstances, ImportForm},
    text::ByteRange,
};

use super::{comments::CommentImport, walker::Walker};

/// Gives the range of a span of the syntax tree.
pub(super) fn range_of(span: Span) -> ByteRange {
    ByteRange::new(span.start as usize, span.end as usize)
}

/// Gives the range of what is between the quotes of a literal with this span.
pub(super) fn inside_quotes(span: Span) -> ByteRange {
    let start = span.start as usize + 1;
    ByteRange::new(start, (span.end as usize).saturating_sub(1).max(start))
}

impl Walker<'_> {
    /// Takes `import … from 'x'` and `import 'x'`.
    pub(super) fn import_declaration(&mut self, declaration: &ImportDeclaration<'_>) {
        let specifiers = declaration
            .specifiers
            .as_ref()
            .map_or(&[][..], |specifiers| specifiers.as_slice());
        let only_types = !specifiers.is_empty()
            && specifiers.iter().all(|specifier| match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                    specifier.import_kind.is_type()
                }
                _ => false,
            });
        let names = specifiers
            .iter()
            .map(|specifier| match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                    specifier.imported.name().to_string()
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => "default".to_owned(),
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => "*".to_owned(),
            })
            .collect();
        let types = declaration.import_kind.is_type() || only_types;
        self.literal_import(&declaration.source, ImportForm::Static, names, types);
    }

    /// Takes `export { a, b as c } from 'x'`.
    pub(super) fn export_from(&mut self, declaration: &ExportFromDeclaration<'_>) {
        let specifiers = &declaration.specifiers;
        let only_types = !specifiers.is_empty()
            && specifiers
                .iter()
                .all(|specifier| specifier.export_kind.is_type());
        let names = specifiers
            .iter()
            .map(|specifier| specifier.local.name().to_string())
            .collect();
        let types = declaration.export_kind.is_type() || only_types;
        self.literal_import(&declaration.source, ImportForm::ReExport, names, types);
    }

    /// Takes `export * from 'x'` and `export * as a from 'x'`.
    pub(super) fn export_all_from(&mut self, declaration: &ExportAllDeclaration<'_>) {
        self.exports_more |= declaration.exported.is_none();
        let types = declaration.export_kind.is_type();
        let names = vec!["*".to_owned()];
        self.literal_import(&declaration.source, ImportForm::ReExport, names, types);
    }

    /// Takes `import x = require('x')`; a mere alias of a name is no import.
    pub(super) fn import_equals(&mut self, declaration: &TSImportEqualsDeclaration<'_>) {
        if let TSModuleReference::ExternalModuleReference(reference) = &declaration.module_reference
        {
            let types = declaration.import_kind.is_type();
            let names = vec!["*".to_owned()];
            self.literal_import(&reference.expression, ImportForm::Require, names, types);
        }
    }

    /// Takes `import('x').Type` of a type.
    pub(super) fn type_import(&mut self, import: &TSImportType<'_>) {
        let names = import
            .qualifier
            .as_ref()
            .map_or_else(Vec::new, |qualifier| {
                let mut first = qualifier;
                while let TSImportTypeQualifier::QualifiedName(qualified) = first {
                    first = &qualified.left;
                }
                match first {
                    TSImportTypeQualifier::Identifier(name) => vec![name.name.to_string()],
                    TSImportTypeQualifier::QualifiedName(_) => Vec::new(),
                }
            });
        self.literal_import(&import.source, ImportForm::Static, names, true);
    }

    /// Takes `declare module './x' { … }`, which adds to the types of another file.
    pub(super) fn module_augmentation(&mut self, declaration: &TSExternalModuleDeclaration<'_>) {
        if declaration.id.value.starts_with('.') {
            self.literal_import(&declaration.id, ImportForm::Static, Vec::new(), true);
        }
    }

    /// Takes the imports that stand in comments: references at the top, and in JavaScript the types of JSDoc.
    pub(super) fn comment_imports(&mut self) {
        let found = self.comments.imports(!self.dialect.is_typed());
        for CommentImport { target, form } in found {
            let circumstances = Circumstances {
                type_checking: true,
                ..Circumstances::default()
            };
            let name = self.slice(target);
            self.import(name, form, Vec::new(), target, circumstances);
        }
    }

    fn literal_import(
        &mut self,
        source: &StringLiteral<'_>,
        form: ImportForm,
        names: Vec<String>,
        types: bool,
    ) {
        let mut circumstances = Circumstances {
            type_checking: types || self.dialect.declarations,
            ..Circumstances::default()
        };
        if form == ImportForm::Require {
            circumstances = Circumstances {
                type_checking: circumstances.type_checking,
                ..self.circumstances()
            };
        }
        let range = inside_quotes(source.span);
        self.import(source.value.as_str(), form, names, range, circumstances);
    }
}
