//! The reader of Java and its resolver on small texts and trees.

mod reading;
mod resolving;
