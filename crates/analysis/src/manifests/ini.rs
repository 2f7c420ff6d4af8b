//! The INI syntax of `setup.cfg` and of entry points. Syntax only: keys keep their letter case, nothing is interpolated.

/// One key of one section with the lines of its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The section.
    pub section: &'a str,
    /// The key.
    pub key: &'a str,
    /// The lines of the value that are not empty, trimmed, with their line numbers.
    pub lines: Vec<(u32, &'a str)>,
    /// The line of the key, counted from 1.
    pub line: u32,
}

impl Entry<'_> {
    /// Gives the value as one text.
    pub(super) fn text(&self) -> String {
        let lines: Vec<&str> = self.lines.iter().map(|(_, text)| *text).collect();
        lines.join("\n")
    }

    /// Splits the value as setuptools does: by lines if it has several, else by the separator.
    pub(super) fn items(&self, separator: char) -> Vec<(u32, &str)> {
        let same_line = self
            .lines
            .first()
            .is_some_and(|(line, _)| *line == self.line);
        if self.lines.len() == 1 && same_line {
            let (line, text) = self.lines[0];
            let parts = text.split(separator).map(str::trim);
            return parts
                .filter(|part| !part.is_empty())
                .map(|part| (line, part))
                .collect();
        }
        self.lines.clone()
    }
}

/// Reads all entries in their order. Lines that are neither section, key nor continuation are passed over, as comments are.
pub(super) fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut found: Vec<Entry<'_>> = Vec::new();
    let mut section = "";
    let mut in_value = false;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let (true, Some(entry)) = (in_value, found.last_mut()) {
                entry.lines.push((number, trimmed));
            }
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[') {
            section = name.split(']').next().unwrap_or(name);
            in_value = false;
            continue;
        }
        in_value = false;
        if let Some(position) = trimmed.find(['=', ':']) {
            let value = trimmed[position + 1..].trim();
            let lines = if value.is_empty() {
                Vec::new()
            } else {
                vec![(number, value)]
            };
            let key = trimmed[..position].trim();
            found.push(Entry {
                section,
                key,
                lines,
                line: number,
            });
            in_value = true;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_on_while_lines_are_indented() {
        let found = entries("x\n[a]\nk = 1; 2\nm =\n\n  3\n# c\n\t4\n[b\nno key\n  lost\n");
        let keys: Vec<(&str, &str)> = found
            .iter()
            .map(|entry| (entry.section, entry.key))
            .collect();
        assert_eq!(keys, [("a", "k"), ("a", "m")]);
        assert_eq!(found[0].items(';'), [(3, "1"), (3, "2")]);
        assert_eq!(found[1].items(';'), [(6, "3"), (8, "4")]);
    }
}
