//! The published trees, each beside all other programs.

use crate::{
    Choice,
    copies::Copy,
    programs::Programs,
    published::{self, Published, TREES},
    rounds::{self, Plan},
};

/// How often everything runs over each tree.
const ROUNDS: usize = 7;

/// Measures all trees that were asked for; gives what must not be so.
pub(crate) fn run(choice: &Choice, programs: &Programs) -> Vec<String> {
    let mut failures: Vec<String> = published::fetch_missing().err().into_iter().collect();
    let wanted = |tree: &&Published| {
        let word = choice.only.as_deref().unwrap_or_default();
        tree.name.contains(word) && tree.folder().is_dir()
    };
    for tree in TREES.iter().filter(wanted) {
        let name = format!("{} {}", tree.name, tree.version);
        if let Err(failure) = measure(tree, &name, choice, programs) {
            failures.push(format!("{name}: {failure}"));
        }
    }
    failures
}

fn measure(
    tree: &Published,
    name: &str,
    choice: &Choice,
    programs: &Programs,
) -> Result<(), String> {
    let copy = Copy::of(&tree.folder());
    let size = copy.size();
    println!(
        "\n{name}: {} files, {:.1} MB",
        size.files,
        size.bytes as f64 / 1e6
    );
    let plan = Plan {
        tree: &copy,
        rounds: choice.rounds(ROUNDS),
        suffix: tree.suffix,
        change: tree.change,
        repomix: true,
    };
    let (times, answer) = rounds::run(&plan, programs)?;
    answer.print();
    times.print();
    answer
        .emptiness()
        .map_or(Ok(()), |what| Err(what.to_owned()))
}
