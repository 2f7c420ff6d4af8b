//! The platforms, one file each, and their list in the order in which users see them. Must not hold logic of a platform.

mod arxiv;
mod arxiv_papers;
mod arxiv_query;
mod atom;
mod gitea;
mod github;
mod github_query;
mod gitlab;
mod hugging_face;
mod hugging_face_entries;
mod hugging_face_limits;
mod kaggle;
mod kaggle_entries;
mod kaggle_pages;
mod kinds;
mod limits;
mod paging;
mod plain_words;
mod reading;

#[cfg(test)]
mod forge_stand_in_tests;
#[cfg(test)]
mod stand_in_tests;
#[cfg(test)]
mod testing;

use crate::client::PlatformDescriptor;

/// Every platform.
pub static PLATFORMS: &[&PlatformDescriptor] = &[
    &github::GITHUB,
    &gitlab::GITLAB,
    &hugging_face::HUGGING_FACE,
    &kaggle::KAGGLE,
    &arxiv::ARXIV,
    &gitea::GITEA,
];
