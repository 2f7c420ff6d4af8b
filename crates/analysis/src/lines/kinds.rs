//! Which languages hold programs, and which hold prose or data.

/// Languages of prose and data, by `tokei`'s names: files of them are counted, but make no share of a project's code.
const PROSE_AND_DATA: &[&str] = &[
    "AsciiDoc",
    "BibTeX",
    "CSV",
    "GeoJSON",
    "INI",
    "JSON",
    "JSON5",
    "Jupyter Notebooks",
    "LLVM",
    "Markdown",
    "Org",
    "PO File",
    "Plain Text",
    "Protocol Buffers",
    "ReStructuredText",
    "SVG",
    "TOML",
    "TeX",
    "Text",
    "XML",
    "YAML",
    "ZenCode",
];

/// Says whether a language, by `tokei`'s name, is one in which programs or pages are written.
pub fn is_programming(language: &str) -> bool {
    !PROSE_AND_DATA.contains(&language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::known_name;

    #[test]
    fn prose_and_data_are_no_programs() {
        for (language, expected) in [("Python", true), ("CSS", true), ("Markdown", false)] {
            assert_eq!(is_programming(language), expected, "{language}");
        }
    }

    #[test]
    fn the_names_are_those_of_the_table() {
        for name in ["AsciiDoc", "JSON", "Markdown", "TOML", "YAML", "XML", "SVG"] {
            assert_eq!(known_name(name), Some(name));
        }
    }
}
