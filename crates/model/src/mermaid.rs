//! Text of others in a Mermaid picture: only ever a quoted label. <https://mermaid.js.org/syntax/flowchart.html>

/// Makes a text safe within double quotes of Mermaid, which knows entities of numbers; cuts it after so many characters.
pub fn label(text: &str, longest: usize) -> String {
    let mut label = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == longest {
            label.push('…');
            break;
        }
        match character {
            ' ' | '.' | ',' | '-' | '_' | '/' | ':' | '@' | '=' | '+' | '!' | '~' | '^' | '*'
            | '(' | ')' => {
                label.push(character);
            }
            character if character.is_alphanumeric() => label.push(character),
            character if character.is_control() => label.push(' '),
            character => label.push_str(&format!("#{};", u32::from(character))),
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_label_is_markup() {
        let check = |text: &str, expected: &str| assert_eq!(label(text, 20), expected, "{text}");
        check("src/a_b (c)", "src/a_b (c)");
        check("a\"]; click x", "a#34;#93;#59; click x");
        check("<b>`", "#60;b#62;#96;");
        check("a\nb", "a b");
        check(&"x".repeat(21), &format!("{}…", "x".repeat(20)));
    }
}
