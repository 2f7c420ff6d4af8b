//! Ranges beside the `semver` that npm brings.

use std::{collections::BTreeMap, fs, process::Command};

use serde_json::Value;
use synthesizer_model::dependency::Dependency;

use super::{installed, json, read};

/// How many ranges are drawn.
const RANGES: usize = 6_000;
/// The plain comparators that npm reads in ranges; `null` for what is none.
const NORMAL_FORMS: &str = r"
const { Range } = require(process.argv[1] + '/npm/node_modules/semver');
const ranges = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const form = text => { try { return new Range(text, { loose: true }).range } catch { return null } };
console.log(JSON.stringify(ranges.map(form)));
";

/// Draws pieces of ranges; the same ones in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % count
    }

    fn one(&mut self, pieces: &[&str]) -> String {
        pieces[self.below(pieces.len())].to_owned()
    }

    fn version(&mut self) -> String {
        let numbers = ["0", "1", "2", "10", "x", "X", "*", "3", "0"];
        let count = 1 + self.below(4).min(2);
        let mut parts: Vec<String> = (0..count).map(|_| self.one(&numbers)).collect();
        // What a number after an `x` means differs between versions of npm.
        if let Some(first) = parts
            .iter()
            .position(|part| matches!(part.as_str(), "x" | "X" | "*"))
        {
            parts[first..].fill("x".to_owned());
        }
        let suffixes = [
            "",
            "",
            "",
            "",
            "-beta",
            "-rc.1",
            "-0",
            "-alpha.01",
            "+build.2",
            "beta",
            "-1.2.x",
        ];
        let suffix = if count == 3 {
            self.one(&suffixes)
        } else {
            String::new()
        };
        let prefix = self.one(&["", "", "", "", "v"]);
        format!("{prefix}{}{suffix}", parts.join("."))
    }

    fn range(&mut self) -> String {
        let alternatives: Vec<String> = (0..1 + self.below(5).saturating_sub(2))
            .map(|_| {
                if self.below(6) == 0 {
                    return format!("{} - {}", self.version(), self.version());
                }
                let terms: Vec<String> = (0..1 + self.below(5).saturating_sub(2))
                    .map(|_| {
                        let operators = [
                            "", "^", "~", ">", ">=", "<", "<=", "=", "~>", "^ ", "~ ", "> ",
                            ">=  ", "< ", "= ",
                        ];
                        format!("{}{}", self.one(&operators), self.version())
                    })
                    .collect();
                let others = ["latest", "", "1.2.3.4", ">", "next-1", "*"];
                match self.below(20) {
                    0 => self.one(&others),
                    1 => format!("{} {}", terms.join(" "), self.one(&others)),
                    _ => terms.join(" "),
                }
            })
            .collect();
        alternatives.join(&self.one(&["||", " || ", "  ||"]))
    }
}

#[test]
fn ranges_mean_what_npm_reads_in_them() {
    let Some(root) = installed() else { return };
    let mut draw = Draw(4);
    let ranges: Vec<String> = (0..RANGES).map(|_| draw.range()).collect();
    let dependencies: serde_json::Map<String, Value> = ranges
        .iter()
        .enumerate()
        .map(|(number, range)| (format!("p{number}"), Value::from(range.as_str())))
        .collect();
    let manifest = serde_json::json!({"dependencies": dependencies}).to_string();
    let facts = read(vec![("package.json".to_owned(), manifest.into_bytes())]);
    let found: BTreeMap<&str, &Dependency> = facts.projects[0]
        .dependencies
        .iter()
        .map(|known| (known.name.as_str(), known))
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let asked = folder.path().join("ranges.json");
    fs::write(&asked, Value::from(ranges.clone()).to_string()).expect("the disk has room");
    let output = Command::new("node")
        .args(["-e", NORMAL_FORMS, &root])
        .stdin(fs::File::open(&asked).expect("just written"))
        .output()
        .expect("node starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let forms = json(&String::from_utf8_lossy(&output.stdout));
    let forms = forms.as_array().expect("a list");
    assert_eq!(forms.len(), RANGES);
    let mut told = 0;
    for (number, (range, form)) in ranges.iter().zip(forms).enumerate() {
        let known = found[format!("p{number}").as_str()];
        let expected = form.as_str().and_then(without_lowest);
        let parsed = known.parsed.as_deref().map(as_npm_writes);
        assert_eq!(parsed, expected, "{range:?}");
        told += usize::from(expected.is_some());
    }
    assert!(
        told > RANGES / 2,
        "only {told} of the ranges leave something out"
    );
}

/// Drops `>=0.0.0`, which says nothing, and which npm itself drops only where it is written so; `None` when nothing is left.
fn without_lowest(form: &str) -> Option<String> {
    let alternatives: Vec<String> = form
        .split("||")
        .map(|alternative| {
            let comparators = alternative.split(' ').filter(|known| *known != ">=0.0.0");
            comparators.collect::<Vec<&str>>().join(" ")
        })
        .collect();
    let says_something = alternatives
        .iter()
        .all(|alternative| !alternative.is_empty());
    says_something.then(|| alternatives.join("||"))
}

/// npm writes no operator before a single version, a space between comparators, and none around `||`.
fn as_npm_writes(parsed: &str) -> String {
    let alternatives = parsed.split(" || ").map(|alternative| {
        let comparators = alternative.split(", ");
        let comparators: Vec<&str> = comparators
            .map(|comparator| comparator.strip_prefix('=').unwrap_or(comparator))
            .collect();
        comparators.join(" ")
    });
    alternatives.collect::<Vec<String>>().join("||")
}
