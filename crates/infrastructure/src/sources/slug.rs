//! Short names of sources, made of `[a-z0-9-]` alone.

/// The longest slug, in bytes.
const LONGEST: usize = 64;

/// Makes a slug of any text; `source` when nothing of it can stay.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        if slug.len() >= LONGEST {
            break;
        }
        let lowered = character.to_ascii_lowercase();
        if lowered.is_ascii_alphanumeric() {
            slug.push(lowered);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "source".to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_characters_stay() {
        for (text, expected) in [
            ("click", "click"),
            ("My_Lib.2", "my-lib-2"),
            ("..", "source"),
            ("--é--a", "a"),
            ("", "source"),
        ] {
            assert_eq!(slug(text), expected, "{text}");
        }
    }
}
