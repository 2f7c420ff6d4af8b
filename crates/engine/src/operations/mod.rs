//! One file per use case; each is a method of [`crate::Engine`].

pub mod analyze;
pub mod doctor;
pub mod resolve;
pub mod status;
pub mod synthesize;
pub mod verify;
