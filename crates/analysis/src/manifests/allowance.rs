//! How much of a tree's manifests is kept, so that no manifest decides how much memory the answer takes.

use synthesizer_model::dependency::Dependency;

/// How many requirements, features, targets or members of one manifest are kept.
pub(super) const MOST_ITEMS: usize = 20_000;
/// The longest name that is kept, in bytes; longer ones are problems.
pub(super) const LONGEST_NAME: usize = 512;
/// The longest other text that is kept, in bytes; longer ones are cut.
pub(super) const LONGEST_TEXT: usize = 4_096;

/// How many requirements of one family are kept; fewer in tests, so that the bound is reached soon.
pub(super) const MOST_DEPENDENCIES: usize = if cfg!(test) { 2_000 } else { 200_000 };
/// How many bytes the requirements of one family may have.
const MOST_BYTES: usize = 64 << 20;

/// What is left for the requirements of one family.
#[derive(Debug)]
pub(super) struct Allowance {
    dependencies: usize,
    bytes: usize,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            dependencies: MOST_DEPENDENCIES,
            bytes: MOST_BYTES,
        }
    }
}

impl Allowance {
    /// Says whether nothing is left; then a requirement need not even be put together.
    pub(super) const fn is_spent(&self) -> bool {
        self.dependencies == 0 || self.bytes == 0
    }

    /// Takes the place of a requirement; false when there is none, and from then on always.
    pub(super) fn admits(&mut self, dependency: &Dependency) -> bool {
        let size = size_of_dependency(dependency);
        if self.is_spent() || size > self.bytes {
            self.bytes = 0;
            return false;
        }
        self.dependencies -= 1;
        self.bytes -= size;
        true
    }
}

fn size_of_dependency(dependency: &Dependency) -> usize {
    let optional = [
        &dependency.parsed,
        &dependency.imported_as,
        &dependency.member,
        &dependency.marker,
        &dependency.group,
        &dependency.url,
    ];
    let extras: usize = dependency.extras.iter().map(|extra| extra.len() + 24).sum();
    let optional: usize = optional.into_iter().flatten().map(String::len).sum();
    dependency.name.len()
        + dependency.specifier.len()
        + dependency.manifest.len()
        + extras
        + optional
        + size_of::<Dependency>()
}

/// Gives the beginning of a text, at most so many bytes, whole characters only.
pub(super) fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use synthesizer_model::dependency::Ecosystem;

    use super::*;

    #[test]
    fn what_is_spent_stays_spent() {
        let mut allowance = Allowance::default();
        let mut dependency = Dependency::new(Ecosystem::Cargo, "a", "Cargo.toml", 1);
        assert!(allowance.admits(&dependency));
        dependency.specifier = "x".repeat(MOST_BYTES);
        assert!(!allowance.admits(&dependency));
        dependency.specifier.clear();
        assert!(!allowance.admits(&dependency) && allowance.is_spent());
    }

    #[test]
    fn a_cut_text_has_whole_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
    }
}
