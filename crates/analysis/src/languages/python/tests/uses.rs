//! Uses of plainly imported names, by scope.

use super::{inexact, parsed, shown_uses};

/// `expected` is the uses, then after `!` the modules whose uses are not exact.
fn check(text: &str, expected: &str) {
    let file = parsed(text);
    let mut shown = shown_uses(text, &file.uses).join(" ");
    for module in inexact(&file) {
        shown.push_str(" !");
        shown.push_str(module);
    }
    assert_eq!(shown.trim(), expected, "in {text}");
}

#[test]
fn chains_are_maximal() {
    check(
        "import a.b\na.b.c.d()\na.b[0].e\na\nx.a.b\n",
        "a.b.c.d a.b a",
    );
    check(
        "import a.b\na . b \\\n . c\n(a\n  .b # no\n  .c)\n",
        "a.b.c a.b.c",
    );
    check("import a.b\n(a.b).c\n(a).b\n((a.b)).c.d\n", "a.b a a.b");
    check(
        "import a.b\na.b = 1\na.b += 1\ndel a.b\na.b: int = 1\n",
        "a.b a.b a.b a.b",
    );
    check(
        "import a.b\nf'{a.b!r:>{a.c}} {x[a.d]}' f\"{a.e=}\"\n",
        "a.b a.c a.d a.e",
    );
    check(
        "import a.b\nprint(f'''{\n a.b.c:{a.d}}''', rf'{a.e}\\d')\n",
        "a.b.c a.d a.e",
    );
    check("import a.b as c\nimport a.d\nc.x\na.y\n", "a.y");
    check("import a\nfrom b import c\na.x; c.y\n", "a.x");
    check("s = 'ä€'; import a.b; a.b.ü\n", "a.b.ü");
    check("\u{feff}import a.b\r\na.b\r\n", "a.b");
}

#[test]
fn several_plain_imports_of_one_name_are_exact() {
    check("import a.b, a.c\nimport a\na.b; a.c\n", "a.b a.c");
    check(
        "if TYPE_CHECKING:\n import a.b\ndef f():\n import a.c\n a.c.x\na.b.y\n",
        "a.c.x() a.b.y",
    );
}

#[test]
fn scopes_hide_names() {
    check(
        "import a.b\ndef f(a): a.b\nlambda a: a.b\n[a.b for a in x]\n",
        "",
    );
    check("import a.b\ndef f():\n a.b\n a = 1\n", "");
    check("import a.b\ndef f():\n for a in x: pass\n a.b\n", "");
    check("import a.b\ndef f():\n a: int\n a.b\n", "");
    check("import a.b\ndef f():\n (a := 1)\n a.b\n", "");
    check("import a.b\ndef f():\n [a := 1 for x in y]\n a.b\n", "");
    check(
        "import a.b\ndef f():\n try: pass\n except E as a: pass\n a.b\n",
        "",
    );
    check(
        "import a.b\ndef f():\n match x:\n  case {'k': a}: a.b\n",
        "",
    );
    check("import a.b\ndef f[a](x: a.b) -> a.c: a.d\n", "");
    check("import a.b\nclass C[a](a.b): x: a.c\n", "");
    check(
        "import a.b\ntype X[a] = a.b\ntype Y[T: a.c = a.d] = a.e\n",
        "a.c a.d a.e",
    );
}

#[test]
fn outer_parts_are_evaluated_outside() {
    check(
        "import a.b\n@a.d\ndef f(a=a.x, *, k: a.y = a.z) -> a.r: pass\n",
        "a.d a.x a.y a.z a.r",
    );
    check(
        "import a.b\n@a.d\nclass a2(a.b, metaclass=a.m):\n a.c\n",
        "a.d a.b a.m a.c",
    );
    check("import a.b\n[a.c for a in a.b if a.d]\n", "a.b");
    check("import a.b\n[x for x in a.b for a in a.c]\n", "a.b");
    check("import a.b\nlambda a=a.b: a.c\n", "a.b");
    check("import a.b\nlambda x: a.c\n", "a.c()");
    check(
        "import a.b\ndef f():\n def g():\n  return [a.b for x in a.c]\n",
        "a.b() a.c()",
    );
    check(
        "import a.b\nmatch x:\n case a.b.C(k=a.K): pass\n case a.V: pass\n",
        "a.b.C a.K a.V",
    );
    check(
        "import a.b\ntry: pass\nexcept (a.E, a.F) as e: pass\nwith a.c() as d: pass\n",
        "a.E a.F a.c",
    );
}

#[test]
fn class_scopes_are_seen_from_themselves_only() {
    check(
        "class C:\n import a.b\n a.b.x\n def f(self): a.b.y\n",
        "a.b.x",
    );
    check(
        "import a.b\nclass C:\n import a.c\n a.c.x\n def f(self): a.b.y\n",
        "a.c.x a.b.y()",
    );
    check("class C:\n import a.b\n x = [a.c for i in a.d]\n", "a.d");
    check(
        "class C:\n import a.b\n def f[T](self, x: a.c): a.d\n",
        "a.c",
    );
    check(
        "import a.b\nclass C:\n a = a.b\n def f(self): a.c\n",
        "a.c() !a.b",
    );
}

#[test]
fn names_bound_otherwise_are_not_exact() {
    for other in [
        "a = 1",
        "a += 1",
        "a: int",
        "def a(): pass",
        "class a: pass",
        "from x import a",
        "import x as a",
        "for a in x: pass",
        "with x as a: pass",
        "del a",
        "(a := 1)",
        "def f(): global a",
        "def f():\n global a\n a = 1",
        "type a = int",
        "try: pass\nexcept E as a: pass",
        "[x for y in z if (a := y)]",
    ] {
        let file = parsed(&format!("import a.b\nimport c\n{other}\n"));
        assert_eq!(inexact(&file), ["a.b"], "with {other}");
    }
    for elsewhere in [
        "def f(): a = 1",
        "class C: a = 1",
        "[a for a in x]",
        "x.a = 1",
        "f(a=1)",
    ] {
        let file = parsed(&format!("import a.b\n{elsewhere}\n"));
        assert_eq!(inexact(&file), [""; 0], "with {elsewhere}");
    }
}

#[test]
fn declared_names_bind_where_they_say() {
    check(
        "def f():\n global a\n import a.b\n a.c\na.d\n",
        "a.c() a.d !a.b",
    );
    check(
        "def f():\n import a.b\n def g():\n  nonlocal a\n  import a.c\n  a.x\n a.y\n",
        "a.x() a.y() !a.b !a.c",
    );
    check(
        "def f():\n import a.b\n def g():\n  a.x\n  def h(): a.y\n",
        "a.x() a.y()",
    );
    check(
        "import a.b\ndef f():\n a = 1\n def g():\n  global a\n  a.x\n",
        "a.x() !a.b",
    );
}

fn check_shadowing(text: &str, expected: &str) {
    let file = parsed(text);
    let shown: Vec<String> = file
        .uses
        .iter()
        .map(|found| {
            let mut names: Vec<&str> = file.shadowing(found).collect();
            names.sort_unstable();
            names.join(" ")
        })
        .collect();
    assert_eq!(shown.join("|"), expected, "in {text}");
}

#[test]
fn shadowing_lists_the_names_around() {
    check_shadowing(
        "import a.b, c\nx = 1\nfrom y import z\nimport q as r\na.b\n",
        "r x z",
    );
    check_shadowing("import a.b\ndef f(p, *q, **r):\n s = a.b\n", "f p q r s");
    check_shadowing(
        "def f(p):\n import a.b\n return [a.b for i in p]\ng = 1\n",
        "i p",
    );
    check_shadowing(
        "import a.b\nclass C:\n x = a.b\n def m(self): a.c\n",
        "C m x|C self",
    );
    check_shadowing("import a.b\ndef f[T](x: a.b): pass\n", "T f");
}

#[test]
fn too_many_names_around_make_uses_inexact() {
    let names: String = (0..600).map(|number| format!("n{number} = 1\n")).collect();
    check(&format!("import a.b\n{names}a.b\n"), "a.b !a.b");
}
