//! The problems of one family's manifests, bounded: neither one file nor many can fill the answer.

use std::{collections::HashMap, fmt};

use synthesizer_model::{finding::Problem, text::escape_untrusted};

use super::allowance::cut;

/// How many problems of one file are told one by one.
const MOST_OF_A_FILE: usize = 100;
/// How many problems of one family are told one by one.
const MOST: usize = 5_000;
/// How long one problem is, in bytes before it is escaped.
const LONGEST: usize = 400;

/// Problems in the order in which they were told.
#[derive(Debug, Default)]
pub(super) struct ProblemList {
    told: Vec<Problem>,
    of_file: HashMap<String, usize>,
    untold: usize,
}

impl ProblemList {
    /// Adds a problem of a file as a whole; past the bounds, problems are only counted.
    pub(super) fn tell(&mut self, path: &str, what: impl fmt::Display) {
        let count = self.of_file.entry(path.to_owned()).or_default();
        *count += 1;
        if *count > MOST_OF_A_FILE || self.told.len() >= MOST {
            self.untold += 1;
            return;
        }
        let what = what.to_string();
        let what = escape_untrusted(cut(&what, LONGEST));
        self.told.push(Problem::new(escape_untrusted(path), what));
    }

    /// Adds a problem of one line, counted from 1.
    pub(super) fn tell_line(&mut self, path: &str, line: u32, what: impl fmt::Display) {
        self.tell(path, format_args!("line {line}: {what}"));
    }

    /// Gives the problems, with the number of those that were not told one by one.
    pub(super) fn finish(mut self, family: &str) -> Vec<Problem> {
        if self.untold > 0 {
            let what = format!("{} more problems of {family} are not listed", self.untold);
            self.told.push(Problem::new("", what));
        }
        self.told
    }

    #[cfg(test)]
    pub(super) fn texts(&self) -> Vec<&str> {
        let texts = self.told.iter();
        texts.map(|problem| problem.what.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_does_not_fill_the_list() {
        let mut problems = ProblemList::default();
        for line in 0..300 {
            problems.tell_line("a", line, "x".repeat(1_000));
        }
        problems.tell("b", "y\u{1b}");
        let told = problems.finish("cargo");
        assert_eq!(told.len(), MOST_OF_A_FILE + 2);
        assert!(told.iter().all(|problem| problem.what.len() <= LONGEST));
        assert_eq!(told[MOST_OF_A_FILE].what, "y\\u{1b}");
        let last = "200 more problems of cargo are not listed";
        assert_eq!(told[MOST_OF_A_FILE + 1].what, last);
    }
}
