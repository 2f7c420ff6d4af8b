//! Relative module names made absolute by Python's rules. Looks at names alone.

use crate::module_graph::ModuleNode;

/// Makes a relative module absolute, seen from a module's file.
pub(crate) fn absolute(node: &ModuleNode, level: u32, module: &str) -> Option<String> {
    let package = if node.is_package {
        Some(node.name.as_str())
    } else {
        node.name.rsplit_once('.').map(|(package, _)| package)
    };
    relative_to(package?, level, module)
}

/// Makes a relative module absolute, seen from inside a package; `None` above the top-level package.
pub(crate) fn relative_to(package: &str, level: u32, module: &str) -> Option<String> {
    let mut base = package;
    for _ in 1..level {
        base = base.rsplit_once('.')?.0;
    }
    if module.is_empty() {
        Some(base.to_owned())
    } else {
        Some(format!("{base}.{module}"))
    }
}
