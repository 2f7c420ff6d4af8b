//! Throw-away.
#![allow(clippy::all, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, elided_lifetimes_in_paths)]
use std::{collections::{BTreeMap, BTreeSet}, fs, path::Path, time::Instant};
use synthesizer_analysis::{languages::{LANGUAGES, FileKind, SourceFiles, SourceFile, Resolved}, memory_tree::MemoryTree, manifests::ecosystems::ECOSYSTEMS};
use synthesizer_model::{code::*, source_file::FileRole, tree::{Origin, SourceTree}};

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name == ".git" { continue }
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().unwrap();
        if kind.is_dir() { collect(&entry.path(), &format!("{path}/"), files); }
        else if kind.is_file() { files.push((path, fs::read(entry.path()).unwrap())); }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mode = arguments[1].as_str();
    let top = Path::new(&arguments[2]);
    let mut files = Vec::new();
    if mode == "package" {
        let name = top.file_name().unwrap().to_str().unwrap();
        collect(top, &format!("{name}/"), &mut files);
    } else {
        collect(top, "", &mut files);
    }
    let origin = Origin { slug: "x".into(), url: "x".into(), revision: "x".into(), version: None, platform: "local".into() };
    let tree = MemoryTree::new(origin, files);
    if mode == "manifests" {
        let skip: BTreeSet<&str> = arguments[3..].iter().map(String::as_str).collect();
        let relevant: Vec<_> = tree.entries().iter().map(|e| e.path.clone()).collect();
        for reader in ECOSYSTEMS {
            if reader.ecosystem().as_str() != "python" { continue }
            let relevant: Vec<_> = relevant.iter().filter(|p| reader.is_relevant(p.as_str()) && !skip.contains(p.as_str())).cloned().collect();
            let started = Instant::now();
            let facts = reader.read(&tree, &relevant);
            eprintln!("{:?}", started.elapsed());
            println!("{}", serde_json::json!({
                "projects": facts.projects, "locks": facts.locks, "problems": facts.problems.iter().map(|p| format!("{}: {}", p.path, p.what)).collect::<Vec<_>>(),
            }));
        }
        return;
    }
    let python = LANGUAGES[0];
    let started = Instant::now();
    let facts: Vec<Option<CodeFacts>> = tree.entries().iter().map(|entry| {
        let path = entry.path.as_str();
        if !path.ends_with(".py") { return None }
        let blob = tree.read(&entry.path).unwrap();
        let text = String::from_utf8_lossy(&blob.bytes).into_owned();
        Some(python.read(&text, FileKind { language: "Python", suffix: "py" }))
    }).collect();
    eprintln!("parsed {} files in {:?}", facts.iter().flatten().count(), started.elapsed());
    if mode == "complexity" {
        for (entry, facts) in tree.entries().iter().zip(&facts) {
            let Some(facts) = facts else { continue };
            for symbol in &facts.symbols {
                if let Some(complexity) = symbol.complexity {
                    println!("{}\t{}\t{}\t{}", entry.path.as_str(), symbol.lines.0, symbol.name, complexity);
                }
            }
        }
        return;
    }
    let started = Instant::now();
    let mut projects = Vec::new();
    for reader in ECOSYSTEMS {
        if reader.ecosystem().as_str() != "python" { continue }
        let relevant: Vec<_> = tree.entries().iter().map(|e| e.path.clone()).filter(|p| reader.is_relevant(p.as_str())).collect();
        projects.extend(reader.read(&tree, &relevant).projects);
    }
    eprintln!("manifests in {:?}", started.elapsed());
    let started = Instant::now();
    let sources: Vec<SourceFile> = tree.entries().iter().zip(&facts).map(|(entry, code)| SourceFile {
        path: &entry.path, language: code.as_ref().map(|_| "Python"), role: FileRole::Source, code: code.as_ref(),
    }).collect();
    let files = SourceFiles::new(&tree, sources, &projects);
    let resolver = python.resolver(&files);
    eprintln!("indexed in {:?}", started.elapsed());
    let started = Instant::now();
    let mut edges: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut other: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = 0;
    for (index, file) in files.files().iter().enumerate() {
        let Some(code) = file.code else { continue };
        for import in &code.imports {
            count += 1;
            let resolved = resolver.resolve(index, import);
            match resolved {
                Resolved::Files(targets) => if import.form == ImportForm::Static {
                    for target in targets {
                        edges.entry((file.path.to_string(), files.file(target).path.to_string())).or_insert(import.line);
                    }
                } else { *other.entry(format!("files by {:?}", import.form)).or_default() += 1 },
                Resolved::External(name) => *other.entry(format!("external {name}")).or_default() += 1,
                Resolved::Unresolved(why) => *other.entry(format!("unresolved {why}: {:?} {} in {}:{}", import.form, import.target, file.path.as_str(), import.line)).or_default() += 1,
                Resolved::StandardLibrary => *other.entry("standard".into()).or_default() += 1,
                Resolved::Nothing => *other.entry(format!("nothing {:?}", import.form)).or_default() += 1,
            }
        }
    }
    eprintln!("resolved {count} in {:?}, {} edges", started.elapsed(), edges.len());
    for (what, count) in &other { eprintln!("{count}\t{what}"); }
    for ((from, to), line) in &edges { println!("{from}\t{to}\t{line}"); }
}
