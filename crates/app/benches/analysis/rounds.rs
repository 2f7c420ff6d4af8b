//! Rounds over one tree: in each, every program once, so that all of them see the same load of the machine; and the table of what they took.

use std::{collections::BTreeMap, fs::File, io::BufReader, path::Path};

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    copies::Copy,
    measuring::{Samples, measure},
    programs::{Programs, World},
};

/// Programs that take many seconds run in so many rounds only.
const ROUNDS_OF_SLOW_PROGRAMS: usize = 2;

/// What is done over one tree.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// The tree.
    pub(crate) tree: &'a Copy,
    /// How often.
    pub(crate) rounds: usize,
    /// The end of the names of files of which one is changed.
    pub(crate) suffix: &'a str,
    /// Gives what is written behind that file's contents in a round; never the same twice.
    pub(crate) change: fn(usize) -> String,
    /// Whether `repomix` takes part.
    pub(crate) repomix: bool,
}

/// What the programs took.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// Reading alone.
    pub(crate) cat: Samples,
    /// Counting lines.
    pub(crate) tokei: Samples,
    /// Packing.
    pub(crate) repomix: Samples,
    /// Our analysis with an empty cache.
    pub(crate) first: Samples,
    /// The same after one file was changed.
    pub(crate) second: Samples,
    /// The same once more, with nothing changed.
    pub(crate) third: Samples,
}

/// Runs the rounds; gives the analysis as well, from a run that is not measured.
///
/// # Errors
/// What a program said that failed.
pub(crate) fn run(plan: &Plan<'_>, programs: &Programs) -> Result<(Times, Answer), String> {
    let tree = plan.tree.path();
    let answer = analysis(&tree, programs)?;
    let changed = plan.tree.middle_file(plan.suffix);
    plan.tree.settle();
    let mut times = Times::default();
    for round in 0..plan.rounds {
        // A program's own files are made before each call and deleted after it, outside of what is measured.
        let world = World::new();
        times
            .cat
            .push(measure(&mut programs.cat(&tree, &world), None)?);
        if let Some(mut tokei) = programs.tokei(&tree, &world) {
            times.tokei.push(measure(&mut tokei, None)?);
        }
        let own = || measure(&mut programs.own(&tree, &world), None);
        times.first.push(own()?);
        changed.change(&(plan.change)(round));
        times.second.push(own()?);
        times.third.push(own()?);
        if plan.repomix
            && round < ROUNDS_OF_SLOW_PROGRAMS
            && let Some(mut repomix) = programs.repomix(&tree, &world)
        {
            times.repomix.push(measure(&mut repomix, None)?);
        }
        changed.change("");
    }
    Ok((times, answer))
}

/// Gives our program's answer; the tree is in memory afterwards.
fn analysis(tree: &Path, programs: &Programs) -> Result<Answer, String> {
    let world = World::new();
    let answer = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let output = answer.reopen().map_err(|error| error.to_string())?;
    measure(&mut programs.own(tree, &world), Some(output))?;
    let file = File::open(answer.path()).map_err(|error| error.to_string())?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| format!("the answer: {error}"))
}

/// What is looked at of an answer, which may be too large to hold (see [`measuring`](crate::measuring)).
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    files_analyzed: u64,
    lines_of_code: u64,
    structure: Structure,
    components: Vec<IgnoredAny>,
    problems: Vec<Problem>,
}

#[derive(Debug, Deserialize)]
struct Structure {
    roles: BTreeMap<String, Counts>,
}

#[derive(Debug, Deserialize)]
struct Counts {
    code: u64,
    comments: u64,
    blanks: u64,
}

#[derive(Debug, Deserialize)]
struct Problem {
    path: String,
    what: String,
}

impl Answer {
    /// Gives the lines of all kinds of files.
    pub(crate) fn lines(&self) -> u64 {
        let roles = self.structure.roles.values();
        roles
            .map(|counts| counts.code + counts.comments + counts.blanks)
            .sum()
    }

    /// Says what is wrong with an answer that has nothing of what every tree here has.
    pub(crate) fn emptiness(&self) -> Option<&'static str> {
        [
            (self.files_analyzed == 0, "no file was analysed"),
            (self.lines_of_code == 0, "no line of code was found"),
            (self.components.is_empty(), "no component was found"),
        ]
        .into_iter()
        .find_map(|(is_so, what)| is_so.then_some(what))
    }

    /// Prints what was found.
    pub(crate) fn print(&self) {
        println!(
            "analysed: {} files, {} lines, {} of code, {} components, {} problems",
            self.files_analyzed,
            self.lines(),
            self.lines_of_code,
            self.components.len(),
            self.problems.len(),
        );
        for problem in self.problems.iter().take(3) {
            println!("  problem: {}: {}", problem.path, problem.what);
        }
    }
}

impl Times {
    /// Prints a line for each program.
    pub(crate) fn print(&self) {
        println!(
            "{:22} {:>4} {:>9} {:>9} {:>9} {:>9}   {:>15}",
            "", "runs", "shortest", "median", "user+sys", "peak", "times tokei's"
        );
        let rows = [
            ("cat", &self.cat),
            ("tokei", &self.tokei),
            ("repomix", &self.repomix),
            ("first", &self.first),
            ("second, one changed", &self.second),
            ("third, unchanged", &self.third),
        ];
        for (name, samples) in rows.into_iter().filter(|(_, samples)| samples.len() > 0) {
            let ratio = if self.tokei.len() > 0 {
                format!(
                    "{:6.2} / {:6.2}",
                    samples.shortest() / self.tokei.shortest(),
                    samples.median() / self.tokei.median()
                )
            } else {
                String::new()
            };
            println!(
                "{name:22} {:>4} {:>7.3} s {:>7.3} s {:>7.3} s {:>6.0} MB   {ratio:>15}",
                samples.len(),
                samples.shortest(),
                samples.median(),
                samples.processor(),
                samples.peak_megabytes(),
            );
        }
        println!(
            "second / first: {:.1} % (shortest), {:.1} % (median); third / first: {:.1} %, {:.1} %",
            100.0 * self.second.shortest() / self.first.shortest(),
            100.0 * self.second.median() / self.first.median(),
            100.0 * self.third.shortest() / self.first.shortest(),
            100.0 * self.third.median() / self.first.median(),
        );
    }
}
