//! The phases of a synthesis between the request and the files: what is asked, what is taken, what it needs.

pub(crate) mod answer;
pub(crate) mod needs;
pub(crate) mod planning;
pub(crate) mod readme;
pub(crate) mod request;
pub(crate) mod taking;
