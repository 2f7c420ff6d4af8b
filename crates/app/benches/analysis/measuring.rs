//! One run of a program: how long it took, how long the processors were at work for it, and the most memory it had.
//!
//! A child inherits the size of the process that starts it as its smallest peak, so nothing here may hold a tree in memory.

use std::{
    fs::File,
    io::{Read as _, Seek as _},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use wait4::Wait4 as _;

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// From start to end, in seconds.
    pub(crate) wall: f64,
    /// Time of the processors for it and its children, in seconds.
    pub(crate) processor: f64,
    /// The largest resident size of it or of one of its children, in bytes.
    pub(crate) peak: u64,
}

/// All runs of one program over one tree.
#[derive(Debug, Default, Clone)]
pub(crate) struct Samples(Vec<Sample>);

impl Samples {
    /// Adds a run.
    pub(crate) fn push(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// Gives the number of runs.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Gives the shortest time, in seconds.
    pub(crate) fn shortest(&self) -> f64 {
        self.sorted(|sample| sample.wall)
            .first()
            .copied()
            .unwrap_or(f64::NAN)
    }

    /// Gives the median time, in seconds; of an even number of runs the upper one.
    pub(crate) fn median(&self) -> f64 {
        middle(&self.sorted(|sample| sample.wall))
    }

    /// Gives the median time of the processors, in seconds.
    pub(crate) fn processor(&self) -> f64 {
        middle(&self.sorted(|sample| sample.processor))
    }

    /// Gives the largest peak of memory, in megabytes of 1,000,000 bytes.
    pub(crate) fn peak_megabytes(&self) -> f64 {
        let peak = self.0.iter().map(|sample| sample.peak).max();
        peak.unwrap_or_default() as f64 / 1e6
    }

    fn sorted(&self, figure: impl Fn(&Sample) -> f64) -> Vec<f64> {
        let mut figures: Vec<f64> = self.0.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures
    }
}

fn middle(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Runs a program to its end; its output goes to `output`, or nowhere.
///
/// # Errors
/// What it wrote to standard error when it cannot be started or says that it failed.
pub(crate) fn measure(command: &mut Command, output: Option<File>) -> Result<Sample, String> {
    let mut said = tempfile::tempfile().map_err(|error| error.to_string())?;
    let errors = said.try_clone().map_err(|error| error.to_string())?;
    command
        .stdin(Stdio::null())
        .stdout(output.map_or_else(Stdio::null, Stdio::from))
        .stderr(errors);
    let begun = Instant::now();
    let child = command
        .spawn()
        .map_err(|error| format!("{command:?}: {error}"))?;
    let ended = child.wait4().map_err(|error| error.to_string())?;
    let wall = begun.elapsed();
    if !ended.status.success() {
        let mut text = String::new();
        // What cannot be read cannot be shown; the status is told anyhow.
        let _ = said.rewind();
        let _ = said.read_to_string(&mut text);
        return Err(format!("{command:?}: {}: {text}", ended.status));
    }
    let used = ended.rusage;
    Ok(Sample {
        wall: wall.as_secs_f64(),
        processor: Duration::as_secs_f64(&(used.utime + used.stime)),
        peak: used.maxrss,
    })
}
