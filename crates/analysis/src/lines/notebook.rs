//! The cells of a Jupyter notebook. Keeps nothing of a notebook but their texts.

use std::{fmt, str::FromStr as _};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use synthesizer_model::source_file::LineCounts;
use tokei::LanguageType;

use super::count::{self, Inside};

/// Counts the cells of a notebook. One that is not of the form that `tokei` reads has no lines.
pub(super) fn count(text: &[u8], level: u8, inside: &mut Inside) -> LineCounts {
    let mut lines = LineCounts::default();
    let Ok(notebook) = serde_json::from_slice::<Notebook>(text) else {
        return lines;
    };
    let code = notebook.metadata.language();
    for cell in notebook.cells {
        let language = match cell.cell_type {
            CellType::Markdown => LanguageType::Markdown,
            CellType::Code => code,
        };
        let mut inside_cell = Inside::default();
        let own = count::count_text(
            language,
            cell.source.0.as_bytes(),
            level + 1,
            &mut inside_cell,
        );
        lines.add(own);
        inside.add(language, own);
        inside.too_deep |= inside_cell.too_deep;
        for (language, lines) in inside_cell.lines {
            // `tokei` counts what lies inside a cell for the cell and for the notebook.
            inside.add(language, lines);
            inside.add(language, lines);
        }
    }
    lines
}

#[derive(Deserialize)]
struct Notebook {
    cells: Vec<Cell>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Cell {
    cell_type: CellType,
    source: Joined,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum CellType {
    Markdown,
    Code,
}

#[derive(Deserialize)]
struct Metadata {
    kernelspec: Anything,
    language_info: Anything,
}

impl Metadata {
    fn language(&self) -> LanguageType {
        let by_name = self.kernelspec.language.as_deref();
        let by_extension = self.language_info.file_extension.as_deref();
        by_name
            .and_then(|name| LanguageType::from_str(name).ok())
            .or_else(|| by_extension.and_then(LanguageType::from_file_extension))
            .unwrap_or(LanguageType::Python)
    }
}

/// Strings of a list, as one.
struct Joined(String);

impl<'de> Deserialize<'de> for Joined {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strings;

        impl<'de> Visitor<'de> for Strings {
            type Value = Joined;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of strings")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Joined, A::Error> {
                let mut joined = String::new();
                while let Some(line) = list.next_element::<String>()? {
                    joined.push_str(&line);
                }
                Ok(Joined(joined))
            }
        }

        deserializer.deserialize_seq(Strings)
    }
}

/// Any value, of which only what may tell the language is kept.
#[derive(Default)]
struct Anything {
    text: Option<String>,
    language: Option<String>,
    file_extension: Option<String>,
}

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnythingVisitor)
    }
}

struct AnythingVisitor;

impl<'de> Visitor<'de> for AnythingVisitor {
    type Value = Anything;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Anything, E> {
        Ok(Anything::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Anything, E> {
        Ok(Anything::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Anything, E> {
        Ok(Anything::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Anything, E> {
        Ok(Anything::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Anything, E> {
        Ok(Anything::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Anything, E> {
        Ok(Anything {
            text: Some(text.to_owned()),
            ..Anything::default()
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Anything, A::Error> {
        while list.next_element::<Anything>()?.is_some() {}
        Ok(Anything::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Anything, A::Error> {
        let mut anything = Anything::default();
        while let Some((key, value)) = map.next_entry::<String, Anything>()? {
            match key.as_str() {
                "language" => anything.language = value.text,
                "file_extension" => anything.file_extension = value.text,
                _ => {}
            }
        }
        Ok(anything)
    }
}
