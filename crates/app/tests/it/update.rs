//! Projects that follow their sources: real packages, edits, conflicts, kills, and projects that mean harm.

mod hostile;
mod killed;
mod locked;
mod moving;
mod real;
mod world;
