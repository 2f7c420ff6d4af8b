//! Which words Python accepts as names of modules. ASCII only, because the names become paths and text of other people's files.

/// Hard keywords of Python 3 (language reference, 2.3.1).
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Lower-case names of the `builtins` module of Python 3.14 without a leading underscore.
const BUILTINS: &[&str] = &[
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "copyright",
    "credits",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "exit",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "license",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];

/// Says whether a word is an ASCII identifier and no keyword.
pub(crate) fn is_module_name(word: &str) -> bool {
    let mut characters = word.chars();
    let begins_well = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    begins_well
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !KEYWORDS.contains(&word)
}

/// Says whether a word names a builtin, so that binding it would hide the builtin.
pub(crate) fn is_builtin(word: &str) -> bool {
    BUILTINS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_names_are_ascii_identifiers_and_no_keywords() {
        let check =
            |word: &str, expected: bool| assert_eq!(is_module_name(word), expected, "{word:?}");
        check("toolbox", true);
        check("_private2", true);
        check("match", true);
        check("", false);
        check("2fast", false);
        check("a-b", false);
        check("class", false);
        check("None", false);
        check("ünicode", false);
    }
}
