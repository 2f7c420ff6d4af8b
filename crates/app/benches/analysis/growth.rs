//! Generated trees of growing size, and how time grows with their lines: an exponent of 1 is linear.

use crate::{
    Choice,
    copies::Copy,
    generated::{self, Generated},
    measuring::Samples,
    programs::Programs,
    rounds::{self, Plan, Times},
};

/// The sizes in lines, and how often everything runs over each.
const SIZES: &[(u64, usize)] = &[(10_000, 9), (100_000, 7), (1_000_000, 3), (5_000_000, 3)];

/// The sizes that take no minutes.
const QUICK_SIZES: usize = 2;

/// From here on starting a process does not hide how work grows.
const FIRST_OF_EXPONENT: u64 = 100_000;

/// Time may grow with this power of the lines.
const MOST_EXPONENT: f64 = 1.1;

/// Measures the trees; gives what must not be so.
pub(crate) fn run(choice: &Choice, programs: &Programs) -> Vec<String> {
    let mut failures = Vec::new();
    let mut measured = Vec::new();
    let sizes = if choice.quick {
        QUICK_SIZES
    } else {
        SIZES.len()
    };
    for (lines, rounds) in &SIZES[..sizes] {
        match measure(*lines, choice.rounds(*rounds), programs) {
            Ok((generated, times)) => measured.push((generated.lines, times)),
            Err(failure) => failures.push(format!("generated, {lines} lines: {failure}")),
        }
    }
    println!("\nexponent of the shortest time over lines, 1 is linear");
    for (name, of) in PROGRAMS {
        if !programs.has_tokei() && *name == "tokei" {
            continue;
        }
        let points: Vec<(f64, f64)> = measured
            .iter()
            .map(|(lines, times)| (*lines as f64, of(times).shortest()))
            .collect();
        let large = large(&points);
        println!(
            "{name:22} all {}, from {FIRST_OF_EXPONENT} lines {}, the last two {}",
            shown(&points),
            shown(large),
            shown(&points[points.len().saturating_sub(2)..]),
        );
        let exponent = slope(large);
        if *name == "first" && large.len() > 1 && exponent > MOST_EXPONENT {
            failures.push(format!(
                "time grows with the power {exponent:.3} of the lines, more than {MOST_EXPONENT}"
            ));
        }
    }
    failures
}

/// Gives what one program took.
type Column = fn(&Times) -> &Samples;

/// What is compared, and where its times are.
const PROGRAMS: &[(&str, Column)] = &[
    ("cat", |times| &times.cat),
    ("tokei", |times| &times.tokei),
    ("first", |times| &times.first),
    ("second, one changed", |times| &times.second),
    ("third, unchanged", |times| &times.third),
];

fn measure(lines: u64, rounds: usize, programs: &Programs) -> Result<(Generated, Times), String> {
    let mut generated = Generated::default();
    let copy = Copy::made_by(|folder| generated = generated::write(folder, lines));
    let size = copy.size();
    println!(
        "\ngenerated: {} lines in {} files, {:.1} MB",
        generated.lines,
        size.files,
        size.bytes as f64 / 1e6
    );
    let plan = Plan {
        tree: &copy,
        rounds,
        suffix: ".py",
        change: |round| format!("\n\ndef changed_in_round_{round}():\n    return {round}\n"),
        repomix: false,
    };
    let (times, answer) = rounds::run(&plan, programs)?;
    answer.print();
    times.print();
    if let Some(what) = answer.emptiness() {
        return Err(what.to_owned());
    }
    if answer.lines() != generated.lines {
        return Err(format!(
            "{} lines were found of {} written",
            answer.lines(),
            generated.lines
        ));
    }
    Ok((generated, times))
}

fn large(points: &[(f64, f64)]) -> &[(f64, f64)] {
    let first = points
        .iter()
        .position(|(lines, _)| *lines >= FIRST_OF_EXPONENT as f64);
    &points[first.unwrap_or(points.len())..]
}

fn shown(points: &[(f64, f64)]) -> String {
    if points.len() < 2 {
        return "    -".to_owned();
    }
    format!("{:5.3}", slope(points))
}

/// Gives the slope of the least squares through the logarithms.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let logarithms = || points.iter().map(|(x, y)| (x.ln(), y.ln()));
    let (sum_x, sum_y) = logarithms().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (above, below) = logarithms().fold((0.0, 0.0), |(above, below), (x, y)| {
        let from_mean = x - mean_x;
        (
            above + from_mean * (y - mean_y),
            below + from_mean * from_mean,
        )
    });
    above / below
}
