//! The version or the name of a package whose manifest only names the place where it is written. Reads that place as text, and runs
//! nothing.

use synthesizer_model::{text::is_deceptive, tree::TreePath};

use super::{
    facts::VersionSource,
    folder_manifests::read_text,
    tree_reading::{TreeReading, in_folder, join},
};
use crate::languages::python::static_reading::{self, Content, Static};

/// How many times one place names the next.
const MOST_STEPS: usize = 4;
/// The longest version or name, in bytes.
const LONGEST: usize = 100;

/// Folders below which packages commonly lie.
const ROOTS: [&str; 3] = ["", "src", "lib"];

/// Looks a version or a name up; `None` when its place does not tell it as one short text.
pub(super) fn resolve(
    reading: &mut TreeReading<'_>,
    folder: &str,
    roots: &[String],
    source: &VersionSource,
) -> Option<String> {
    let mut source = source.clone();
    for _ in 0..MOST_STEPS {
        let (path, names) = match &source {
            VersionSource::File(path) => return short(&text_at(reading, folder, path)?),
            VersionSource::Definition { path, names } => (path.clone(), names.clone()),
            VersionSource::Attribute { module, name } => {
                let path = module_file(reading, folder, roots, module)?;
                (path, vec![name.clone()])
            }
        };
        let text = text_at(reading, folder, &path)?;
        let value = names
            .iter()
            .find_map(|name| static_reading::module_value(&text, &path, name))?;
        source = match value {
            Static::Text(text) => return short(&text),
            Static::List(list) => {
                let parts = list.items.iter().map(|item| match &item.content {
                    Content::Value(Static::Text(text)) => Some(text.clone()),
                    Content::Value(Static::Number(number)) => Some(number.to_string()),
                    _ => None,
                });
                let parts: Option<Vec<String>> = parts.collect();
                return short(&parts.filter(|_| list.gaps.is_empty())?.join("."));
            }
            Static::FileText(path) => VersionSource::File(path),
            Static::Definition { path, name } => VersionSource::Definition {
                path,
                names: vec![name],
            },
            Static::Imported(name) => imported(&path, &name)?,
            _ => return None,
        };
    }
    None
}

/// Turns a dotted name of a file into the place that it was imported from.
fn imported(path: &str, dotted: &str) -> Option<VersionSource> {
    let (module, name) = dotted.rsplit_once('.')?;
    let relative = dotted.trim_start_matches('.');
    let level = dotted.len() - relative.len();
    if level == 0 {
        return Some(VersionSource::Attribute {
            module: module.to_owned(),
            name: name.to_owned(),
        });
    }
    let (module, name) = relative.rsplit_once('.')?;
    let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for _ in 1..level {
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
    Some(VersionSource::Definition {
        path: format!("{}.py", in_folder(folder, &module.replace('.', "/"))),
        names: vec![name.to_owned()],
    })
}

/// Finds the file of a module below a package's folder; the path is from that folder.
pub(super) fn module_file(
    reading: &TreeReading<'_>,
    folder: &str,
    roots: &[String],
    module: &str,
) -> Option<String> {
    let stem = module.replace('.', "/");
    let roots = roots.iter().map(String::as_str).chain(ROOTS);
    roots
        .flat_map(|root| {
            let stem = in_folder(root.trim_matches(['.', '/']), &stem);
            [format!("{stem}.py"), format!("{stem}/__init__.py")]
        })
        .find(|path| at(folder, path).is_some_and(|path| reading.has(&path)))
}

/// Gives the path of a file named in a folder; `None` when it would leave the tree.
fn at(folder: &str, relative: &str) -> Option<TreePath> {
    TreePath::new(&join(folder, relative)?).ok()
}

fn text_at(reading: &mut TreeReading<'_>, folder: &str, relative: &str) -> Option<String> {
    let path = at(folder, relative)?;
    reading.has(&path).then(|| read_text(reading, &path))?
}

fn short(text: &str) -> Option<String> {
    let text = text.trim();
    let is_short = !text.is_empty() && text.len() <= LONGEST && !text.chars().any(is_deceptive);
    is_short.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_tree::MemoryTree;

    fn check(files: &[(&str, &str)], source: &VersionSource, expected: Option<&str>) {
        let tree = MemoryTree::of_texts(files.iter().copied());
        let mut reading = TreeReading::new(&tree);
        let found = resolve(&mut reading, "p", &[], source);
        assert_eq!(found.as_deref(), expected, "{files:?}");
    }

    #[test]
    fn versions_are_found_where_they_are_written() {
        let attribute = VersionSource::Attribute {
            module: "x".to_owned(),
            name: "__version__".to_owned(),
        };
        check(
            &[("p/x.py", "__version__ = '1.2'")],
            &attribute,
            Some("1.2"),
        );
        check(
            &[("p/src/x/__init__.py", "__version__ = (1, 2)")],
            &attribute,
            Some("1.2"),
        );
        check(
            &[
                ("p/x/__init__.py", "from .v import V as __version__"),
                ("p/x/v.py", "V = '3'"),
            ],
            &attribute,
            Some("3"),
        );
        check(&[("p/x.py", "__version__ = f()")], &attribute, None);
        check(&[("x.py", "__version__ = '1.2'")], &attribute, None);
        check(
            &[
                ("p/x/__init__.py", "from .a import __version__"),
                ("p/x/a.py", "from . import __version__"),
            ],
            &attribute,
            None,
        );
        let file = VersionSource::File("VERSION".to_owned());
        check(&[("p/VERSION", "1.0\n")], &file, Some("1.0"));
        check(&[("p/VERSION", "1.0\n2.0\n")], &file, None);
        check(
            &[("VERSION", "1.0\n")],
            &VersionSource::File("../../VERSION".to_owned()),
            None,
        );
        let definition = VersionSource::Definition {
            path: "v.py".to_owned(),
            names: vec!["A".to_owned(), "B".to_owned()],
        };
        check(&[("p/v.py", "B = '2'")], &definition, Some("2"));
    }
}
