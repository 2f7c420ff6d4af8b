//! Documents of a synthesised project, from facts alone; pure text, no I/O. Every text of a source is data and is escaped.
//!
//! Map:
//! - [`facts`]: what a README is made from; nothing else is known here
//! - [`families`]: the words that differ between families of packages
//! - [`markdown`]: escaping, tables, code and wrapping
//! - [`readme`](mod@readme): the document as a whole
//! - `sections`: one file per section and the list of them

pub mod facts;
pub mod families;
pub mod markdown;
pub mod readme;
mod sections;

pub use facts::{ReadmeComponent, ReadmeFacts, ReadmeFolder, ReadmeSource, TemplatePackage};
pub use families::FamilyFacts;
pub use markdown::markdown_escape;
pub use readme::readme;
