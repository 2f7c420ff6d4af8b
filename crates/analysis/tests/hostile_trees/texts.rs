//! Files of code that nobody would write, and folders that nobody would make.

use super::{analyze, assert_told, file};

const SUFFIXES: [&str; 16] = [
    "py", "js", "ts", "tsx", "rs", "go", "java", "c", "h", "cpp", "md", "html", "ipynb", "vue",
    "json", "txt",
];

#[test]
fn a_line_of_ten_megabytes_is_survived() {
    for piece in ["x", "(", "a.b ", "\"a\",", "/*", "\\"] {
        let line = piece.repeat((3 << 20) / piece.len());
        let files = SUFFIXES.map(|suffix| file(format!("long.{suffix}"), line.as_str()));
        let analysis = analyze(piece, files.to_vec());
        assert_eq!(analysis.files.len(), SUFFIXES.len() + 1, "{piece}");
    }
    let line = vec![b'x'; 10 << 20];
    let files = SUFFIXES.map(|suffix| file(format!("long.{suffix}"), line.as_slice()));
    let analysis = analyze("ten megabytes", files.to_vec());
    assert_told("ten megabytes", &analysis, "long.py", "not parsed");
}

#[test]
fn deep_folders_and_many_files_of_one_folder_are_listed() {
    let deep = |depth: usize| "d/".repeat(depth);
    let mut files: Vec<_> = (0..250)
        .map(|depth| file(format!("{}__init__.py", deep(depth)), "from . import d\n"))
        .collect();
    files.push(file(format!("{}a.py", deep(1_000)), "x = 1\n"));
    files.extend((0..20_000).map(|number| file(format!("flat/m{number}.py"), "")));
    let analysis = analyze("folders", files);
    assert_told("folders", &analysis, "d/d/", "too deep");
    assert_eq!(analysis.files.len(), 250 + 20_000 + 1);
}

#[test]
fn names_that_lead_elsewhere_or_hide_are_left_out_and_told() {
    let names = [
        "../up.py",
        "a/../../up.py",
        "/absolute.py",
        "a\\b.py",
        "C:/x.py",
        "nul.py",
        "aux.txt",
        "a/.git/config",
        "GIT~1/x.py",
        "name.",
        "space ",
        "new\nline.py",
        "\u{1b}[31m.py",
        "\u{202e}yp.py",
        "a//b.py",
        "./a.py",
        "\u{feff}.py",
        "\0.py",
    ];
    let files = names.iter().map(|name| file(*name, "x = 1\n"));
    let analysis = analyze("names", files.collect());
    assert_eq!(analysis.files.len(), 1, "{:?}", analysis.files);
    let told = analysis
        .problems
        .iter()
        .filter(|problem| problem.what.contains("left out"));
    assert_eq!(told.count(), names.len(), "{:#?}", analysis.problems);
    let visible = |text: &str| !text.contains(['\n', '\u{1b}', '\u{202e}', '\0', '\u{feff}']);
    assert!(
        analysis
            .problems
            .iter()
            .all(|problem| visible(&problem.path) && visible(&problem.what))
    );
}

#[test]
fn bytes_that_are_no_text_are_counted_only() {
    for bytes in [
        &b"\xff\xfe\0\0"[..],
        b"\0",
        b"\xed\xa0\x80",
        b"\x80",
        b"\x1b[2J",
        b"\xef\xbb\xbf\xef\xbb\xbf",
    ] {
        let contents = bytes.repeat(20_000);
        let files = SUFFIXES.map(|suffix| file(format!("odd.{suffix}"), contents.as_slice()));
        analyze("odd bytes", files.to_vec());
    }
}
