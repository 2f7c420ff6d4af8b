//! throw-away
#![allow(clippy::all, clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]
use std::{fs, path::Path, time::Instant};
use synthesizer_analysis::{manifests::ecosystems::ECOSYSTEMS, memory_tree::MemoryTree};
use synthesizer_model::{dependency::Ecosystem, tree::{Origin, SourceTree, TreePath}};
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name == ".git" || name == "node_modules" { continue; }
        let path = format!("{prefix}{name}");
        if entry.file_type().unwrap().is_dir() { collect(&entry.path(), &format!("{path}/"), files); }
        else if entry.file_type().unwrap().is_file() { files.push((path, fs::read(entry.path()).unwrap())); }
    }
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut files = Vec::new();
    collect(Path::new(&args[1]), "", &mut files);
    let origin = Origin { slug: "x".into(), url: "x".into(), revision: "x".into(), version: None, platform: "local".into() };
    let tree = MemoryTree::new(origin, files);
    let npm = ECOSYSTEMS.iter().find(|e| e.ecosystem() == Ecosystem::Npm).unwrap();
    let relevant: Vec<TreePath> = tree.entries().iter().map(|e| e.path.clone()).filter(|p| npm.is_relevant(p.as_str())).collect();
    let started = Instant::now();
    let facts = npm.read(&tree, &relevant);
    let taken = started.elapsed();
    if args.len() > 2 {
        println!("{}", serde_json::json!({"projects": facts.projects, "locks": facts.locks, "problems": facts.problems}));
    } else {
        println!("{taken:?} projects {} locks {:?}", facts.projects.len(), facts.locks.iter().map(|l| (l.path.as_str(), l.packages.len(), l.packages.iter().filter(|p| p.development).count(), l.packages.iter().filter(|p| p.required_by.is_empty()).count())).collect::<Vec<_>>());
        for p in facts.problems.iter().take(10) { println!("{} {}", p.path, p.what); }
    }
}
