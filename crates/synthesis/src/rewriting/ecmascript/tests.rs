//! Names before and after.

use std::collections::BTreeMap;

use bytes::Bytes;
use synthesizer_model::{
    code::ImportForm,
    component::Reason,
    ecmascript::{ImportTarget, ModuleKind, TakenAs, TakenFile, TakenImport},
    text::ByteRange,
    tree::{Origin, TreePath},
};

use super::{MovedFile, rewrite};
use crate::source::{SourceFile, SourceRecord};

fn path(text: &str) -> TreePath {
    TreePath::new(text).expect(text)
}

fn record(marks_changes: bool) -> SourceRecord {
    SourceRecord {
        id: "s".to_owned(),
        origin: Origin {
            slug: "s".to_owned(),
            url: "s".to_owned(),
            revision: String::new(),
            version: None,
            platform: "local".to_owned(),
        },
        distribution: Some(("s".to_owned(), "1".to_owned())),
        license: Some("Apache-2.0".to_owned()),
        marks_changes,
        destination: None,
        texts: Vec::new(),
    }
}

/// Gives what becomes of a file of `lib`, placed below `src/s`, of which one import leads to a target at a new place.
fn rewritten(
    (origin, new): (&str, &str),
    text: &str,
    (written, form, kind): (&str, ImportForm, ModuleKind),
    (target, place): (&str, &str),
) -> (String, Vec<String>) {
    let start = text.find(written).expect("the name is in the text");
    let file = TakenFile {
        path: path(origin),
        package: String::new(),
        reason: Reason::Requested,
        taken_as: TakenAs::Module,
        kind: Some(kind),
        built: false,
        imports: vec![TakenImport {
            written: written.to_owned(),
            form,
            range: ByteRange::new(start, start + written.len()),
            line: 1,
            types_only: false,
            names: vec!["default".to_owned()],
            target: ImportTarget::Files(vec![path(target)]),
        }],
    };
    let contents = SourceFile {
        bytes: Bytes::from(text.to_owned()),
        blob: String::new(),
        executable: false,
        spdx_header: None,
    };
    let places = BTreeMap::from([(path(target), path(place))]);
    let done = rewrite(&MovedFile {
        record: &record(false),
        file: &file,
        contents: &contents,
        path: &path(new),
        places: &places,
        stays: false,
    });
    let text = String::from_utf8(done.contents.to_vec()).expect("text");
    (
        text,
        done.findings.into_iter().map(|one| one.kind).collect(),
    )
}

#[test]
fn names_that_still_lead_there_stay_and_others_are_replaced() {
    use ImportForm::{Dynamic, ReExport, Require, Static};
    use ModuleKind::{CommonJs, Module};
    let check = |text: &str, written: &str, form, kind, files: [&str; 4], expected: &str| {
        let [origin, new, target, place] = files;
        let (found, findings) =
            rewritten((origin, new), text, (written, form, kind), (target, place));
        assert_eq!(found, expected, "{text}");
        assert!(findings.is_empty(), "{findings:?}");
    };
    let beside = ["lib/a.js", "src/s/lib/a.js", "lib/b.js", "src/s/lib/b.js"];
    check(
        "require('./b')",
        "./b",
        Require,
        CommonJs,
        beside,
        "require('./b')",
    );
    check(
        "require('./b.js')",
        "./b.js",
        Require,
        CommonJs,
        beside,
        "require('./b.js')",
    );
    check(
        "import b from \"./b.js\"",
        "./b.js",
        Static,
        Module,
        beside,
        "import b from \"./b.js\"",
    );
    // Node.js asks for whole names in ECMAScript modules.
    check(
        "import b from './b'",
        "./b",
        Static,
        Module,
        beside,
        "import b from './b.js'",
    );
    check(
        "export * from './b'",
        "./b",
        ReExport,
        Module,
        beside,
        "export * from './b.js'",
    );
    check(
        "import('./b')",
        "./b",
        Dynamic,
        CommonJs,
        beside,
        "import('./b.js')",
    );
    let index = [
        "lib/a.js",
        "src/s/lib/a.js",
        "lib/b/index.js",
        "src/s/lib/b/index.js",
    ];
    check(
        "require('./b/')",
        "./b/",
        Require,
        CommonJs,
        index,
        "require('./b/')",
    );
    check(
        "import b from './b'",
        "./b",
        Static,
        Module,
        index,
        "import b from './b/index.js'",
    );
    // Names of other kinds become relative.
    check(
        "require('#inner')",
        "#inner",
        Require,
        CommonJs,
        beside,
        "require('./b.js')",
    );
    check(
        "require(`self/b`)",
        "self/b",
        Require,
        CommonJs,
        beside,
        "require(`./b.js`)",
    );
    let typed = ["src/a.ts", "src/s/a.ts", "src/lib/b.ts", "src/s/lib/b.ts"];
    check(
        "import b from '@lib/b'",
        "@lib/b",
        Static,
        Module,
        typed,
        "import b from './lib/b.js'",
    );
    check(
        "import b from './lib/b'",
        "./lib/b",
        Static,
        Module,
        typed,
        "import b from './lib/b.js'",
    );
    check(
        "import b from './lib/b'",
        "./lib/b",
        Static,
        CommonJs,
        typed,
        "import b from './lib/b'",
    );
    check(
        "import b from './lib/b.ts'",
        "./lib/b.ts",
        Static,
        Module,
        typed,
        "import b from './lib/b.js'",
    );
    check(
        "import b from './lib/b.js'",
        "./lib/b.js",
        Static,
        Module,
        typed,
        "import b from './lib/b.js'",
    );
    let test = [
        "test/a.js",
        "tests/s/test/a.js",
        "lib/b.js",
        "src/s/lib/b.js",
    ];
    check(
        "require('../lib/b')",
        "../lib/b",
        Require,
        CommonJs,
        test,
        "require('../../../src/s/lib/b.js')",
    );
}

#[test]
fn json_is_said_to_be_json_where_node_wants_it() {
    use ImportForm::{Require, Static};
    use ModuleKind::{CommonJs, Module};
    let check = |text: &str, form, kind, expected: &str| {
        let files = (
            ("lib/a.js", "src/s/lib/a.js"),
            ("lib/d.json", "src/s/lib/d.json"),
        );
        let (found, _) = rewritten(files.0, text, ("./d.json", form, kind), files.1);
        assert_eq!(found, expected);
    };
    check(
        "import d from './d.json';",
        Static,
        Module,
        "import d from './d.json' with { type: \"json\" };",
    );
    check(
        "import d from './d.json' with {type: 'json'};",
        Static,
        Module,
        "import d from './d.json' with {type: 'json'};",
    );
    check(
        "require('./d.json')",
        Require,
        CommonJs,
        "require('./d.json')",
    );
}

#[test]
fn what_cannot_be_rewritten_is_told() {
    use ImportForm::{Require, Resource};
    let kind = ModuleKind::CommonJs;
    let files = ("lib/a.js", "src/s/a.js");
    let moved = ("data/d.txt", "src/s/other/d.txt");
    let (text, findings) = rewritten(
        files,
        "join(__dirname, '../data/d.txt')",
        ("../data/d.txt", Resource, kind),
        moved,
    );
    assert_eq!(text, "join(__dirname, './other/d.txt')");
    assert!(findings.is_empty());
    let (text, findings) = rewritten(
        files,
        "__dirname + '/../data/d.txt'",
        ("/../data/d.txt", Resource, kind),
        moved,
    );
    assert_eq!(text, "__dirname + '/../data/d.txt'");
    assert_eq!(findings, ["resource-moved"]);
    let quoted = ("lib/b.js", "src/it's/b.js");
    let (text, findings) = rewritten(files, "require('./b')", ("./b", Require, kind), quoted);
    assert_eq!(text, "require('./b')");
    assert_eq!(findings, ["import-not-rewritten"]);
}
