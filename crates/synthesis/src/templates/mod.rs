//! The templates, as data: each is a folder with a descriptor and texts. Lists them; the rules are in `render`.

mod render;

pub(crate) use render::{RenderedFile, render};
pub use render::{Template, ecosystem_of, find};

/// Every template.
pub static TEMPLATES: &[Template] = &[Template {
    name: "python-default",
    descriptor: include_str!("python_default/template.toml"),
    texts: &[
        (
            "gitignore.tmpl",
            include_str!("python_default/gitignore.tmpl"),
        ),
        (
            "package_init.py.tmpl",
            include_str!("python_default/package_init.py.tmpl"),
        ),
        (
            "test_components.py.tmpl",
            include_str!("python_default/test_components.py.tmpl"),
        ),
    ],
}];
