//! The phases of a synthesis between the request and the files that are the same for every family of packages.

pub(crate) mod answer;
pub(crate) mod building;
pub(crate) mod deriving;
pub(crate) mod left_behind;
pub(crate) mod planning;
pub(crate) mod readme;
pub(crate) mod recreating;
pub(crate) mod request;
pub(crate) mod sources;
pub(crate) mod template;
