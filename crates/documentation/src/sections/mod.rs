//! The sections of a README, as a visible static list. No logic.

use crate::facts::ReadmeFacts;

mod dependencies;
mod findings;
mod introduction;
mod layout;
mod licenses;
mod making;
mod origin;
mod usage;

/// One section.
pub(crate) struct Section {
    /// Its heading; the introduction has none.
    pub(crate) heading: Option<&'static str>,
    /// Writes its body, ending with a line end; `None` when there is nothing to say.
    pub(crate) body: fn(&ReadmeFacts<'_>) -> Option<String>,
}

/// Every section in the order of the document; a new one is a file of this folder and a line here.
pub(crate) const SECTIONS: &[Section] = &[
    Section {
        heading: None,
        body: introduction::body,
    },
    Section {
        heading: Some("What it is made of"),
        body: origin::body,
    },
    Section {
        heading: Some("How to import it"),
        body: usage::imports,
    },
    Section {
        heading: Some("Where things are"),
        body: layout::body,
    },
    Section {
        heading: Some("How to install and test it"),
        body: usage::commands,
    },
    Section {
        heading: Some("Dependencies"),
        body: dependencies::body,
    },
    Section {
        heading: Some("Licenses"),
        body: licenses::body,
    },
    Section {
        heading: Some("Worth a look"),
        body: findings::body,
    },
    Section {
        heading: Some("How it was made"),
        body: making::body,
    },
];
