//! One file per use case; each is a method of [`crate::Engine`].

pub mod analyze;
pub mod assemble;
pub mod breakers;
pub mod compat;
pub mod doctor;
pub mod platforms;
pub mod resolve;
pub mod search;
pub mod status;
pub mod synthesize;
pub mod update;
pub mod verify;
pub mod work;
