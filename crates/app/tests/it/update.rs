//! Projects that follow their sources: real packages, edits, conflicts, kills, and projects that mean harm.

mod families;
mod hostile;
mod killed;
mod locked;
mod moving;
mod pages;
mod real;
mod recreated;
mod unresolved;
mod world;
