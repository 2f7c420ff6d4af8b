//! A tree of a wished size in Python, TypeScript and Rust, of the shape that such trees have: packages of modules with types, functions,
//! comments and imports of each other, with manifests. The same size always gives the same bytes.
//!
//! A tree is made of blocks, each one package of every language. A package has [`UNITS`] folders of [`MODULES`] modules. Modules import what
//! was written before them, mostly nearby; a few import a later one of their folder, which makes a circle.

mod python;
mod rust;
mod text;
mod typescript;

use std::{fs, path::Path};

use text::Random;

/// Folders of modules in a package.
const UNITS: u64 = 2;

/// Modules in a folder.
const MODULES: u64 = 5;

/// What was written.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Generated {
    /// Lines of all files, manifests included.
    pub(crate) lines: u64,
}

/// Writes a tree of at least so many lines, and at most one block more.
pub(crate) fn write(folder: &Path, lines: u64) -> Generated {
    let mut tree = Tree {
        folder,
        random: Random::new(),
        generated: Generated::default(),
    };
    let mut block = 0;
    while tree.generated.lines < lines {
        python::package(&mut tree, block);
        typescript::package(&mut tree, block);
        rust::package(&mut tree, block);
        block += 1;
    }
    python::manifest(&mut tree);
    typescript::manifest(&mut tree);
    rust::manifest(&mut tree);
    tree.generated
}

/// The tree while it is written.
#[derive(Debug)]
struct Tree<'a> {
    folder: &'a Path,
    random: Random,
    generated: Generated,
}

impl Tree<'_> {
    /// Writes a file, whose text ends with a line break.
    fn file(&mut self, path: &str, text: &str) {
        let path = self.folder.join(path);
        let parent = path.parent().expect("a file lies in a folder");
        fs::create_dir_all(parent).expect("the temporary folder can be written");
        fs::write(&path, text).expect("the disk has room");
        let lines = text.lines().count();
        self.generated.lines += u64::try_from(lines).expect("a file's lines can be counted");
    }

    /// Gives the modules that a module imports, in order and without repetition.
    fn imports(&mut self, of: Module) -> Vec<Module> {
        let mut imports = Vec::new();
        for _ in 0..self.random.below(6) {
            imports.extend(self.import(of));
        }
        if self.random.below(30) == 0 && of.number + 1 < MODULES {
            imports.push(Module {
                number: of.number + 1,
                ..of
            });
        }
        imports.sort_unstable();
        imports.dedup();
        imports
    }

    fn import(&mut self, of: Module) -> Option<Module> {
        match self.random.below(20) {
            0..14 if of.number > 0 => Some(Module {
                number: self.random.below(of.number),
                ..of
            }),
            14..17 if of.unit > 0 => Some(Module {
                unit: self.random.below(of.unit),
                number: self.random.below(MODULES),
                ..of
            }),
            17..20 if of.block > 0 => {
                // Mostly a neighbour, sometimes what everybody needs.
                let block = match self.random.below(4) {
                    0 => self.random.below(of.block.min(10)),
                    _ => of.block - 1 - self.random.below(of.block.min(20)),
                };
                Some(Module {
                    block,
                    unit: self.random.below(UNITS),
                    number: self.random.below(MODULES),
                })
            }
            _ => None,
        }
    }

    /// Gives how many lines a module is to have: mostly few, sometimes very many.
    fn length(&mut self) -> usize {
        let (least, most) = match self.random.below(20) {
            0..8 => (20, 60),
            8..15 => (60, 200),
            15..19 => (200, 600),
            _ => (600, 2000),
        };
        least + usize::try_from(self.random.below(most - 20)).unwrap_or_default()
    }
}

/// The place of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Module {
    block: u64,
    unit: u64,
    number: u64,
}

impl Module {
    /// Gives every module of a block.
    fn all_of(block: u64) -> impl Iterator<Item = Self> {
        (0..UNITS).flat_map(move |unit| {
            (0..MODULES).map(move |number| Self {
                block,
                unit,
                number,
            })
        })
    }

    /// Gives the name of the type that the module is there for.
    fn main_type(self) -> String {
        let index = (self.block * UNITS + self.unit) * MODULES + self.number;
        format!("{}{index}", text::capitalised(text::noun(index)))
    }
}
