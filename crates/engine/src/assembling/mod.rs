//! From an idea in words to the components that come nearest to it. Pure: searching and analysing are the operation's.
//!
//! - `idea`: what the words ask for
//! - `choosing`: which component of which repository answers it, and why

mod choosing;
mod idea;

pub(crate) use choosing::{Offer, choose};
pub use idea::{Capability, Idea};
