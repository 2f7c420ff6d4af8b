//! Patterns that take long to compare, for many files: attributes, statements of licenses, license files.

use super::{File, analyze, assert_told, file};

/// Long names of one letter, on which patterns of many stars go back most often.
fn files(count: usize) -> Vec<File> {
    let folder = "a".repeat(120);
    (0..count)
        .map(|number| {
            file(
                format!("{folder}/{folder}/{folder}{number}.py"),
                format!("x = {number}\n"),
            )
        })
        .collect()
}

fn with(more: Vec<File>) -> Vec<File> {
    let mut files = files(3_000);
    files.extend(more);
    files
}

#[test]
fn statements_of_licenses_are_bounded() {
    let star = format!("{}b", "*a".repeat(4_000));
    let one_long =
        format!("[[annotations]]\npath = \"{star}\"\nSPDX-License-Identifier = \"MIT\"\n");
    let many: String = (0..2_500)
        .map(|number| {
            format!(
                "[[annotations]]\npath = \"{}{number}\"\nSPDX-License-Identifier = \"MIT\"\n",
                "**a*".repeat(20)
            )
        })
        .collect();
    let analysis = analyze("one long pattern", with(vec![file("REUSE.toml", one_long)]));
    assert_told("one long pattern", &analysis, "REUSE.toml", "left out");
    let analysis = analyze("many patterns", with(vec![file("REUSE.toml", many)]));
    assert_told("many patterns", &analysis, "REUSE.toml", "left out");
    let older = format!(
        "Format: x\n\nFiles: {}\nLicense: MIT\n",
        format!("{star} ").repeat(60)
    );
    let analysis = analyze("the older form", with(vec![file(".reuse/dep5", older)]));
    assert_told("the older form", &analysis, ".reuse/dep5", "left out");
}

#[test]
fn attributes_are_bounded() {
    let rule = format!("{}b linguist-generated\n", "*aaaaaaaaaaaaaaa".repeat(8));
    let analysis = analyze(
        "attributes",
        with(vec![file(".gitattributes", rule.repeat(1_000))]),
    );
    assert_told("attributes", &analysis, ".gitattributes", "left out");
    let everywhere =
        (0..3_000).map(|number| file(format!("f{number}/.gitattributes"), "* linguist-vendored\n"));
    analyze("attributes everywhere", everywhere.collect());
}

#[test]
fn license_files_are_bounded() {
    let patterns: Vec<String> = (0..500)
        .map(|number| format!("\"**/{}{number}\"", "*a".repeat(100)))
        .collect();
    let manifest = format!(
        "[project]\nname = \"p\"\nlicense-files = [{}]\n",
        patterns.join(",")
    );
    let analysis = analyze("patterns", with(vec![file("pyproject.toml", manifest)]));
    assert_told("patterns", &analysis, "", "license file patterns");
    let large = "Permission is hereby granted, free of charge, to any person. ".repeat(170_000);
    let analysis = analyze("a license of 10 MB", vec![file("LICENSE", large)]);
    assert_eq!(analysis.licenses.detected, [], "of what is no license");
    let words: String = (0..20_000).map(|number| format!("word{number} ")).collect();
    let many = (0..40).map(|number| file(format!("d{number}/LICENSE"), format!("{words}{number}")));
    analyze("many license files", many.collect());
}
