//! One folder per family of packages: what a project of it is made of, and how it is laid out. Each gives a [`crate::Synthesis`].

pub mod cargo;
pub mod npm;
pub mod python;
