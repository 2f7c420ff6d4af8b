//! Symbols, exports, docstrings, path literals, lines of code.

use synthesizer_model::python::SymbolKind;

use super::parsed;

#[test]
fn symbols_in_source_order() {
    let text = "\
X = 1
x = 2
Y: int = 3
@decorated
class A:
    '''doc'''
    Z = 1
    def m(self):
        '''doc'''
        def inner(): pass
        class Local: pass
    class B:
        async def __init__(self): pass
        def _n(self): pass
if x:
    def f(): 'doc'
class _P:
    def m(self): pass
_Q = W_1 = 1
";
    let file = parsed(text);
    let shown: Vec<String> = file
        .symbols
        .iter()
        .map(|symbol| {
            let kind = match symbol.kind {
                SymbolKind::Class => "class",
                SymbolKind::Function => "function",
                SymbolKind::Method => "method",
                SymbolKind::Constant => "constant",
                SymbolKind::Module => "module",
                SymbolKind::Type => "type",
            };
            let public = if symbol.public { " public" } else { "" };
            let documented = if symbol.documented { " documented" } else { "" };
            let (first, last) = symbol.lines;
            format!("{} {kind} {first}-{last}{public}{documented}", symbol.name)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "X constant 1-1 public",
            "Y constant 3-3 public",
            "A class 4-14 public documented",
            "A.m method 8-11 public documented",
            "A.B class 12-14 public",
            "A.B.__init__ method 13-13",
            "A.B._n method 14-14",
            "f function 16-16 public documented",
            "_P class 17-18",
            "_P.m method 18-18",
            "_Q constant 19-19",
            "W_1 constant 19-19 public",
        ]
    );
    let class = &file.symbols[2];
    let range = class.range.of(text).unwrap();
    assert!(range.starts_with("@decorated") && range.ends_with("(self): pass"));
}

#[test]
fn exports_when_literal() {
    let check = |text: &str, expected: Option<&[&str]>| {
        let expected = expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(parsed(text).exports, expected, "in {text}");
    };
    check("__all__ = ['a', 'b']", Some(&["a", "b"]));
    check("__all__ = 'a', 'b'", Some(&["a", "b"]));
    check(
        "__all__: list[str] = ['a']\n__all__ += ['b']\n__all__.extend(('c',))\n__all__.append('d')",
        Some(&["a", "b", "c", "d"]),
    );
    check("__all__ = ['a'] + ['b', 'a']", Some(&["a", "b"]));
    check(
        "if x:\n __all__ = ['a']\nelse:\n __all__ = ['b']",
        Some(&["a", "b"]),
    );
    check("__all__ = []", Some(&[]));
    check("x = 1", None);
    check("__all__ = ['a'] + x.__all__", None);
    check("__all__ = ['a', b]", None);
    check("__all__ = ['a']\n__all__ += x.__all__", None);
    check("__all__ = ['a']\n__all__.remove('a')", None);
    check("__getattr__, __all__ = f()", None);
    check("from x import __all__", None);
    check("def f():\n __all__ = ['a']", None);
}

#[test]
fn module_getattr() {
    for text in [
        "def __getattr__(name): pass",
        "from x import __getattr__",
        "__getattr__, y = f()",
    ] {
        assert!(parsed(text).has_module_getattr, "in {text}");
    }
    assert!(!parsed("class C:\n def __getattr__(self, name): pass").has_module_getattr);
}

#[test]
fn docstrings_are_summed_up() {
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(parsed(text).docstring.as_deref(), expected, "in {text}");
    };
    check(
        "'''\n  First line\n  second.\n\n  More.\n'''",
        Some("First line second."),
    );
    check("# comment\n\nr'doc'\n", Some("doc"));
    check("x = 1\n'no'", None);
    check("''\n", None);
    check(&format!("'{}'", "ä".repeat(400)), Some(&"ä".repeat(300)));
}

#[test]
fn literals_that_could_name_files() {
    let file = parsed(
        "'''doc.txt'''\nx = 'a/b'\ny = ['c.json', 'd e.txt', 'plain']\nclass C:\n 'doc.x'\n z = b'bytes.x'\nf('é.x' '/y')\nf'{q}.no'\nw: 'q.T'\n",
    );
    let shown: Vec<(&str, u32)> = file
        .path_literals
        .iter()
        .map(|literal| (literal.text.as_str(), literal.line))
        .collect();
    assert_eq!(shown, [("a/b", 2), ("c.json", 3), ("é.x/y", 7)]);
    let long = format!("x = '{}.x'", "a".repeat(254));
    assert_eq!(parsed(&long).path_literals, []);
}

#[test]
fn lines_of_code() {
    for (text, expected) in [
        ("", 0),
        ("# only\n\n# comments\n", 0),
        (
            "'''doc\nstring'''\nx = 1  # comment\n\ny = (1,\n\n  2)\n",
            3,
        ),
        ("def f():\n  'doc'\n  return 1\n", 2),
        ("'doc'; x = 1\n", 1),
        ("x = '''a\n\nb'''\n", 2),
        ("x = 1; y = 2\r\nz = 3\r\n", 2),
        ("x = f'''a\n{y}\n'''\n", 3),
        ("x = f'''a\n\n  {y}'''\n", 2),
    ] {
        assert_eq!(parsed(text).lines_of_code, expected, "in {text:?}");
    }
}
