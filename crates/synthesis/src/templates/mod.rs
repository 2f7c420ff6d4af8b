//! The templates, as data: each is a folder with a descriptor and texts. Lists them; what they mean is in the modules.

mod descriptor;
mod engine;
mod filling;
mod manifest;
mod tags;
mod template;
#[cfg(test)]
mod tests;
mod values;

pub use filling::{Command, Filled, ManifestPart, RenderedFile, fill};
pub use template::{Template, TemplateDependency, ecosystem_of, find, for_ecosystem, is_built_in};
pub use values::{TestedComponent, Values};

/// Takes texts of a template, each by its name and with its file below this folder.
macro_rules! texts {
    ($($name:literal: $file:literal),* $(,)?) => {
        &[$(($name, include_str!($file))),*]
    };
}

/// Every template of the program.
pub static BUILT_IN: &[Template] = &[
    Template::built_in(
        "python-default",
        include_str!("python_default/template.toml"),
        texts! {
            "editorconfig.tmpl": "shared/editorconfig.tmpl",
            "gitignore.tmpl": "shared/python/gitignore.tmpl",
            "package_init.py.tmpl": "shared/python/package_init.py.tmpl",
            "test_components.py.tmpl": "shared/python/test_components.py.tmpl",
            "tools.toml.tmpl": "shared/python/tools.toml.tmpl",
            "workflow.yml.tmpl": "shared/python/workflow.yml.tmpl",
        },
    ),
    Template::built_in(
        "python-web",
        include_str!("python_web/template.toml"),
        texts! {
            "app.py.tmpl": "python_web/app.py.tmpl",
            "editorconfig.tmpl": "shared/editorconfig.tmpl",
            "gitignore.tmpl": "shared/python/gitignore.tmpl",
            "package_init.py.tmpl": "shared/python/package_init.py.tmpl",
            "test_app.py.tmpl": "python_web/test_app.py.tmpl",
            "test_components.py.tmpl": "shared/python/test_components.py.tmpl",
            "tools.toml.tmpl": "shared/python/tools.toml.tmpl",
            "workflow.yml.tmpl": "shared/python/workflow.yml.tmpl",
        },
    ),
    Template::built_in(
        "python-ml",
        include_str!("python_ml/template.toml"),
        texts! {
            "editorconfig.tmpl": "shared/editorconfig.tmpl",
            "gitignore.tmpl": "shared/python/gitignore.tmpl",
            "package_init.py.tmpl": "shared/python/package_init.py.tmpl",
            "pipeline.py.tmpl": "python_ml/pipeline.py.tmpl",
            "test_components.py.tmpl": "shared/python/test_components.py.tmpl",
            "test_pipeline.py.tmpl": "python_ml/test_pipeline.py.tmpl",
            "tools.toml.tmpl": "shared/python/tools.toml.tmpl",
            "workflow.yml.tmpl": "shared/python/workflow.yml.tmpl",
        },
    ),
    Template::built_in(
        "python-cli",
        include_str!("python_cli/template.toml"),
        texts! {
            "cli.py.tmpl": "python_cli/cli.py.tmpl",
            "editorconfig.tmpl": "shared/editorconfig.tmpl",
            "gitignore.tmpl": "shared/python/gitignore.tmpl",
            "main.py.tmpl": "python_cli/main.py.tmpl",
            "package_init.py.tmpl": "shared/python/package_init.py.tmpl",
            "scripts.toml.tmpl": "python_cli/scripts.toml.tmpl",
            "test_cli.py.tmpl": "python_cli/test_cli.py.tmpl",
            "test_components.py.tmpl": "shared/python/test_components.py.tmpl",
            "tools.toml.tmpl": "shared/python/tools.toml.tmpl",
            "workflow.yml.tmpl": "shared/python/workflow.yml.tmpl",
        },
    ),
    Template::built_in(
        "rust-workspace",
        include_str!("rust_workspace/template.toml"),
        texts! {
            "editorconfig.tmpl": "shared/editorconfig.tmpl",
            "gitignore.tmpl": "shared/cargo/gitignore.tmpl",
            "lib.rs.tmpl": "rust_workspace/lib.rs.tmpl",
            "package.toml.tmpl": "rust_workspace/package.toml.tmpl",
            "rustfmt.toml.tmpl": "shared/cargo/rustfmt.toml.tmpl",
            "test_components.rs.tmpl": "rust_workspace/test_components.rs.tmpl",
            "workflow.yml.tmpl": "shared/cargo/workflow.yml.tmpl",
            "workspace.toml.tmpl": "rust_workspace/workspace.toml.tmpl",
        },
    ),
    Template::built_in(
        "rust-cli",
        include_str!("rust_cli/template.toml"),
        texts! {
            "editorconfig.tmpl": "shared/editorconfig.tmpl",
            "gitignore.tmpl": "shared/cargo/gitignore.tmpl",
            "main.rs.tmpl": "rust_cli/main.rs.tmpl",
            "package.toml.tmpl": "rust_cli/package.toml.tmpl",
            "rustfmt.toml.tmpl": "shared/cargo/rustfmt.toml.tmpl",
            "test_program.rs.tmpl": "rust_cli/test_program.rs.tmpl",
            "workflow.yml.tmpl": "shared/cargo/workflow.yml.tmpl",
        },
    ),
    Template::built_in(
        "node-typescript",
        include_str!("node_typescript/template.toml"),
        texts! {
            "components.test.ts.tmpl": "node_typescript/components.test.ts.tmpl",
            "copy-unbuilt.mjs.tmpl": "node_typescript/copy-unbuilt.mjs.tmpl",
            "editorconfig.tmpl": "shared/editorconfig.tmpl",
            "gitignore.tmpl": "shared/npm/gitignore.tmpl",
            "index.ts.tmpl": "node_typescript/index.ts.tmpl",
            "package.json.tmpl": "node_typescript/package.json.tmpl",
            "tsconfig.build.json.tmpl": "node_typescript/tsconfig.build.json.tmpl",
            "tsconfig.json.tmpl": "node_typescript/tsconfig.json.tmpl",
            "workflow.yml.tmpl": "shared/npm/workflow.yml.tmpl",
        },
    ),
    Template::built_in(
        "minimal",
        include_str!("minimal/template.toml"),
        texts! {
            "lib.rs.tmpl": "minimal/lib.rs.tmpl",
            "package_init.py.tmpl": "shared/python/package_init.py.tmpl",
        },
    ),
];
