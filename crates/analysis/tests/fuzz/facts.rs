//! What has to hold for the facts of one file, whatever its bytes are.

use serde_json::Value;
use synthesizer_analysis::{
    languages, lines,
    reading::{blob, kept},
};
use synthesizer_model::{
    python::{ImportKind, PythonFile},
    source_file::FileFacts,
    text::ByteRange,
};

use super::{
    seeds::Input,
    session::Care,
    shape::{self, Shape},
};

/// Files up to this size are parsed, as in the program.
const PARSED_BYTES: usize = 4 << 20;

/// Languages inside which texts of others are counted.
const WITH_OTHERS: [&str; 10] = [
    "Rust",
    "Markdown",
    "Unreal Markdown",
    "HTML",
    "Vue",
    "Svelte",
    "Ruby HTML",
    "Glimmer JS",
    "Glimmer TS",
    "Lingua Franca",
];

/// Reads a file by its name and checks its facts.
pub(crate) fn check_file(input: &Input, care: Care) -> Shape {
    let facts = read(input);
    check(&facts, &input.bytes);
    let encoded = kept::encode(&facts).expect("facts can be encoded");
    let decoded = kept::decode(&encoded).expect("what was encoded can be decoded");
    assert!(decoded == facts, "decoded facts differ");
    if care == Care::Thorough {
        assert!(read(input) == facts, "the same bytes gave other facts");
    }
    let value = serde_json::to_value(&facts).unwrap_or(Value::Null);
    shape::of(&value)
}

fn read(input: &Input) -> FileFacts {
    let name = input.file_name();
    let language = lines::language_of(name, &[]);
    let suffix = lines::suffix_of(name);
    blob::facts(&input.bytes, language, suffix, PARSED_BYTES)
}

/// Checks everything that facts promise about the text they were read from.
pub(crate) fn check(facts: &FileFacts, bytes: &[u8]) {
    check_lines(facts, bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert!(
            facts.code.is_none() && facts.python.is_none(),
            "facts of what is no text"
        );
        return;
    };
    // Languages differ in what ends a line; none has more lines than this.
    let breaks = |character: char| {
        matches!(
            character,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let last = u32::try_from(text.chars().filter(|character| breaks(*character)).count() + 1)
        .expect("a small text");
    let line = |line: u32| assert!((1..=last).contains(&line), "line {line} of {last}");
    let range = |range: ByteRange| assert!(range.of(text).is_some(), "{range:?} of {}", text.len());
    if let Some(code) = &facts.code {
        for symbol in &code.symbols {
            range(symbol.range);
            line(symbol.lines.0);
            line(symbol.lines.1);
            assert!(symbol.lines.0 <= symbol.lines.1, "{:?}", symbol.lines);
            assert!(!symbol.name.is_empty(), "a symbol without a name");
            assert!(symbol.complexity != Some(0), "no complexity of a function");
        }
        for import in &code.imports {
            range(import.range);
            line(import.line);
        }
        assert!(code.syntax_errors.len() <= 101, "too many syntax errors");
        code.syntax_errors.iter().for_each(|(at, _)| line(*at));
        let documentation = code.documentation.as_ref().map_or(0, String::len);
        assert!(
            documentation <= 400,
            "{documentation} bytes of documentation"
        );
    }
    if let Some(python) = &facts.python {
        check_python(python, &range, &line);
    }
    assert!(
        facts.license.copyrights.len() <= 10,
        "too many copyright lines"
    );
    assert!(
        facts
            .license
            .copyrights
            .iter()
            .all(|text| text.len() <= 200),
        "a long copyright line"
    );
    assert!(
        facts
            .marks
            .generated
            .as_ref()
            .is_none_or(|text| text.len() <= 120),
        "a long mark"
    );
}

fn check_lines(facts: &FileFacts, bytes: &[u8]) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let newlines = bytes.iter().filter(|byte| **byte == b'\n').count();
    let unfinished = usize::from(bytes.last().is_some_and(|byte| *byte != b'\n'));
    let Some(first) = facts.lines.first() else {
        return;
    };
    let is_utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    // Lines of a notebook are those of its cells.
    if first.language != "Jupyter Notebooks" && !is_utf_16 {
        let total = lines::whole_file(&facts.lines).total() as usize;
        let has = newlines + unfinished;
        // Of a text inside another, empty lines at its ends are not counted, and its last line can be counted on both sides.
        if WITH_OTHERS.contains(&first.language.as_str()) {
            assert!(total <= 2 * has + 2, "{total} lines of {has}");
        } else {
            assert_eq!(total, has, "lines of {}", first.language);
        }
    }
    assert!(
        languages::reader(&first.language).is_some() || facts.code.is_none(),
        "code without a reader"
    );
}

fn check_python(python: &PythonFile, range: &impl Fn(ByteRange), line: &impl Fn(u32)) {
    for import in &python.imports {
        range(import.range);
        line(import.line);
        match &import.kind {
            ImportKind::Plain(names) => names.iter().for_each(|name| {
                range(name.range);
                range(name.module_range);
                assert!(
                    import.range.contains(name.range),
                    "a name outside its import"
                );
            }),
            ImportKind::From {
                module_range,
                names,
                ..
            } => {
                range(*module_range);
                names.iter().for_each(|name| range(name.range));
            }
        }
    }
    for used in &python.uses {
        line(used.line);
        assert_eq!(used.parts.len(), used.ranges.len(), "parts without a range");
        used.ranges.iter().copied().for_each(range);
    }
    for used in &python.module_names {
        range(used.range);
        line(used.line);
        if let Some((_, inside)) = used.package {
            range(inside);
        }
        used.prefixes
            .iter()
            .filter_map(|prefix| prefix.inside)
            .for_each(range);
        assert!(used.expression.len() <= 200, "a long expression");
    }
    for literal in &python.path_literals {
        line(literal.line);
        literal.inside.into_iter().for_each(range);
    }
    for symbol in &python.symbols {
        range(symbol.range);
        line(symbol.lines.0);
        line(symbol.lines.1);
    }
    python.syntax_errors.iter().for_each(|(at, _)| line(*at));
}
