//! Tables of programs and what they pass to `setup`.

use super::*;

fn shown(value: &Static) -> String {
    match value {
        Static::Nothing => "None".to_owned(),
        Static::Truth(truth) => truth.to_string(),
        Static::Number(number) => number.to_string(),
        Static::Text(text) => format!("'{text}'"),
        Static::List(list) => {
            let items = list.items.iter().map(|item| {
                let content = match &item.content {
                    Content::Value(value) => shown(value),
                    Content::FileLines(path) => format!("lines of {path}"),
                };
                let marker = item.marker.as_ref().map(|marker| format!("; {marker}"));
                format!("{content}{}", marker.unwrap_or_default())
            });
            let gaps = list.gaps.iter().map(|gap| format!("?{}", gap.line));
            format!("[{}]", items.chain(gaps).collect::<Vec<_>>().join(", "))
        }
        Static::Table(rows, gaps) => {
            let rows = rows
                .iter()
                .map(|(key, _, value)| format!("{key}: {}", shown(value)));
            let gaps = gaps.iter().map(|gap| format!("?{}", gap.line));
            format!("{{{}}}", rows.chain(gaps).collect::<Vec<_>>().join(", "))
        }
        Static::FileText(path) => format!("text of {path}"),
        Static::Definition { path, name } => format!("{name} of {path}"),
        Static::Imported(name) => format!("<{name}>"),
        Static::Unknown(gap) => format!("?{}", gap.line),
    }
}

/// Checks the argument `x` of the call of `setup`.
fn check(program: &str, expected: &str) {
    let call = read_setup(program).expect("a program").expect("a call");
    let found = call.arguments.iter().find(|(name, ..)| name == "x");
    let found = found.map_or_else(|| "missing".to_owned(), |(_, _, value)| shown(value));
    assert_eq!(found, expected, "{program}");
}

/// Checks an expression.
fn check_value(expression: &str, expected: &str) {
    check(
        &format!(
            "import sys, os, platform, io, re\nhere = os.path.dirname(os.path.abspath(__file__))\nsetup(x={expression})"
        ),
        expected,
    );
}

#[test]
fn literals_and_what_is_made_of_them() {
    check_value("['a', 'b' 'c']", "['a', 'bc']");
    check_value("('a',) + ('b',)", "['a', 'b']");
    check_value("['a', *['b'], g()]", "['a', 'b', ?3]");
    check_value("{'k': ['a'], **{'l': []}}", "{k: ['a'], l: []}");
    check_value("dict(k=['a'], **f())", "{k: ['a'], ?3}");
    check_value("f'a{1}{\"b\"}'", "'a1b'");
    check_value("'a%s%%' % 'b'", "'ab%'");
    check_value("'{}-{n}'.format('a', n=2)", "'a-2'");
    check_value("'a b'.split()", "['a', 'b']");
    check_value("','.join(['a', 'b'])", "'a,b'");
    check_value("[n + '>=1' for n in ['a', 'b'] if n != 'b']", "['a>=1']");
    check_value("sum({'k': ['a'], 'l': ['b']}.values(), [])", "['a', 'b']");
    check_value(
        "[d for ds in {'k': ['a'], 'l': ['b']}.values() for d in ds]",
        "['a', 'b']",
    );
    check_value("sorted(set(['a']) | {'b'})", "['a', 'b']");
    check_value("['a', 'b'][:1]", "['a']");
    check_value("(1, 2)[-1]", "2");
    check_value("None or 'a'", "'a'");
    check_value("list(map(lambda n: n + '!', ['a']))", "['a!']");
    check_value("{k: [v] for k, v in {'a': 'b'}.items()}", "{a: ['b']}");
}

#[test]
fn names_are_followed_and_lists_are_changed() {
    check(
        "r = ['a']\nr.append('b')\nr += ['c']\nr.extend(('d',))\nsetup(x=r)",
        "['a', 'b', 'c', 'd']",
    );
    check(
        "k = {'x': ['a']}\nk['x'].append('b')\nsetup(**k)",
        "['a', 'b']",
    );
    check("k = {}\nk['x'] = ['a']\nk.update(y=1)\nsetup(**k)", "['a']");
    check(
        "k = {}\nk.setdefault('x', []).append('a')\nsetup(**k)",
        "['a']",
    );
    check("a, b = 'p', 'q'\nsetup(x=b)", "'q'");
    check("for n in ('a', 'b'):\n    r = n\nsetup(x=r)", "'b'");
    check(
        "def f(n, m='z'):\n    return [n, m]\nsetup(x=f('a'))",
        "['a', 'z']",
    );
    check(
        "def f():\n    setup(x=['a'])\nif __name__ == '__main__':\n    f()",
        "['a']",
    );
    check("import setuptools as s\ns.setup(x='a')", "'a'");
    check(
        "r = ['a']\nwhile g():\n    r.append('b')\nsetup(x=r)",
        "['a', ?3]",
    );
    check("def f(r):\n    return f(r)\nsetup(x=f(1))", "?2");
}

#[test]
fn requirements_are_told_from_their_names() {
    check(
        "import re\nL = ['a>=1', 'b']\nD = {n: r for r, n in (re.findall(r'^(([^!=<>~ ]+)(?:[!=<>~ ].*)?$)', x)[0] for x in L)}\n\
         def f(*names):\n    return [D[n] for n in names]\nE = {}\nE['t'] = f('a', 'b')\nsetup(x=E)",
        "{t: ['a>=1', 'b']}",
    );
}

#[test]
fn files_are_named_and_not_read() {
    for program in [
        "setup(x=open('r.txt').read().splitlines())",
        "with open('r.txt') as f:\n    r = f.read().split('\\n')\nsetup(x=r)",
        "def f(n):\n    with open(n) as h:\n        return [l.strip() for l in h if l and not l.startswith('#')]\nsetup(x=f('r.txt'))",
        "def f(n):\n    r = []\n    for l in open(n):\n        l = l.split('#')[0].strip()\n        if l:\n            r.append(l)\n    return r\nsetup(x=f('r.txt'))",
        "def q(r):\n    if r.startswith('-r '):\n        return f(r.split()[1])\n    return [r]\ndef f(n):\n    return [r for s in [q(l) for l in open(n)] for r in s]\nsetup(x=f('r.txt'))",
        "import os\nhere = os.path.abspath(os.path.dirname(__file__))\nsetup(x=open(os.path.join(here, 'r.txt')).readlines())",
        "from pathlib import Path\nsetup(x=(Path(__file__).parent / 'r.txt').read_text().splitlines())",
        "from pip.req import parse_requirements\nsetup(x=[str(r.req) for r in parse_requirements('r.txt', session=False)])",
    ] {
        check(program, "[lines of r.txt]");
    }
    check(
        "about = {}\nwith open('p/v.py') as f:\n    exec(f.read(), about)\nsetup(x=about['__version__'])",
        "__version__ of p/v.py",
    );
    check(
        "exec(open('v.py').read())\nsetup(x=__version__)",
        "__version__ of v.py",
    );
    check(
        "import re\nsetup(x=re.search(r'__version__ = \"(.*)\"', open('v.py').read()).group(1))",
        "__version__ of v.py",
    );
    check(
        "from distutils.core import setup\nif g():\n    from setuptools import setup\nsetup(x='a')",
        "'a'",
    );
    check(
        "import re\nfor l in open('v.py'):\n    m = re.search('__version__ = (.*)', l)\n    if m:\n        v = m.group(1)\n        break\nsetup(x=v)",
        "__version__ of v.py",
    );
    check(
        "a = {}\nexec(open('v.py').read(), None, a)\nsetup(x=a['v'])",
        "v of v.py",
    );
    check(
        "import re\nP = re.compile('__version__ = (.*)')\nsetup(x=P.search(open('v.py').read()).group(1))",
        "__version__ of v.py",
    );
    check(
        "import re\ndef f():\n    m = re.search('__version__ = (.*)', open('v.py').read())\n    if m:\n        return m.group(1)\n    raise E\nsetup(x=f())",
        "__version__ of v.py",
    );
    check(
        "for l in open('v.py'):\n    if g(l):\n        v = l\n        break\nelse:\n    raise E\nsetup(x='a')",
        "'a'",
    );
    check("import p\nsetup(x=p.__version__)", "<p.__version__>");
    check("from p.q import v\nsetup(x=v)", "<p.q.v>");
    check("setup(x=open('V').read().strip())", "text of V");
}

#[test]
fn branches_on_the_machine_become_markers() {
    let program =
        |branch: &str| format!("import sys, os, platform\nr = ['a']\n{branch}\nsetup(x=r)");
    let check = |branch: &str, expected: &str| check(&program(branch), expected);
    check(
        "if sys.platform == 'win32':\n    r.append('b')",
        "['a', 'b'; sys_platform == \"win32\"]",
    );
    check(
        "if os.name == 'nt': r += ['b']\nelse: r += ['c']",
        "['a', 'b'; os_name == \"nt\", 'c'; os_name != \"nt\"]",
    );
    check(
        "if sys.version_info < (3, 8): r.append('b')",
        "['a', 'b'; python_version < \"3.8\"]",
    );
    check(
        "if sys.version_info[:2] <= (3, 7): r.append('b')",
        "['a', 'b'; python_version <= \"3.7\"]",
    );
    check(
        "if sys.version_info[0] == 2: r.append('b')",
        "['a', 'b'; python_version < \"3\"]",
    );
    check(
        "if not sys.version_info >= (3,): r.append('b')",
        "['a', 'b'; python_version < \"3\"]",
    );
    check(
        "if sys.version_info.major >= 3 and platform.system() == 'Windows': r.append('b')",
        "['a', 'b'; python_version >= \"3\" and platform_system == \"Windows\"]",
    );
    check(
        "if sys.platform.startswith('linux'): r = ['b']",
        "['b'; sys_platform == \"linux\", 'a'; sys_platform != \"linux\"]",
    );
    check(
        "if 'win' in sys.platform: r.append('b')",
        "['a', 'b'; \"win\" in sys_platform]",
    );
    check(
        "r.append('b' if os.name in ('nt', 'ce') else 'c')",
        "['a', 'b'; os_name == \"nt\" or os_name == \"ce\", 'c'; os_name != \"nt\" and os_name != \"ce\"]",
    );
    check(
        "PY2 = sys.version_info[0] == 2\nif PY2: r.append('b')",
        "['a', 'b'; python_version < \"3\"]",
    );
    check("if sys.version_info < (3, 6): sys.exit(1)", "['a']");
    check(
        "if sys.version_info < (3, 6):\n    if os.name == 'nt':\n        r.append('b')",
        "['a', 'b'; os_name == \"nt\" and python_version < \"3.6\"]",
    );
}

#[test]
fn what_is_not_static_is_a_gap() {
    let check = |branch: &str, expected: &str| {
        check(
            &format!("import os\nr = ['a']\n{branch}\nsetup(x=r)"),
            expected,
        )
    };
    check("if os.environ.get('X'): r.append('b')", "['a', ?3]");
    check(
        "try:\n    import json\nexcept ImportError:\n    r.append('b')",
        "['a', ?6]",
    );
    check("if g():\n    raise SystemExit", "['a']");
    check("r = g()", "?3");
    check(
        "def f(n):\n    if n:\n        return ['p']\n    return ['q']\nr = f(g())",
        "[?5, ?6]",
    );
    check(
        "def f(n):\n    if n:\n        return ['p']\n    return ['q']\nr = f(1)",
        "['p']",
    );
}

#[test]
fn hostile_programs_end_soon() {
    let doubling = format!("r = ['a']\n{}setup(x=r)", "r = r + r\n".repeat(60));
    let texts = format!("r = 'a'\n{}setup(x=r)", "r = r + r\n".repeat(60));
    let branches = format!(
        "import os\nr = ['a']\n{}setup(x=r)",
        "if os.name == 'nt': r.insert(0, 'b')\n".repeat(20_000)
    );
    let returns = format!(
        "import os\ndef f():\n{}    return 'z'\nsetup(x=f())",
        "    if os.name == 'nt': return 'a'\n".repeat(20_000)
    );
    let choices = format!(
        "import os\nr = 'a'\n{}setup(x=r)",
        "r = 'b' if os.name == 'nt' else r\n".repeat(20_000)
    );
    let elifs = format!(
        "import os\nr = 'a'\nif os.name == 'a': pass\n{}setup(x=r)",
        "elif os.name == 'nt': r = 'b'\n".repeat(20_000)
    );
    let conditions = format!(
        "import os\nr = os.name == 'a'\n{}setup(x=r)",
        "r = r and os.name == 'b' or r\n".repeat(20_000)
    );
    let nested = format!("setup(x={}1{})", "f(".repeat(2_000), ")".repeat(2_000));
    let calls = format!("def f(n): return [f(n), f(n)]\nsetup(x=f({}))", "1");
    let loops = "r = []\nfor a in range(9):\n    pass\nq = ['a'] * 9\nfor a in (1,2,3,4,5,6,7,8,9):\n for b in (1,2,3,4,5,6,7,8,9):\n  for c in (1,2,3,4,5,6,7,8,9):\n   for d in (1,2,3,4,5,6,7,8,9):\n    for e in (1,2,3,4,5,6,7,8,9):\n     for f in (1,2,3,4,5,6,7,8,9):\n      for g in (1,2,3,4,5,6,7,8,9):\n       for h in (1,2,3,4,5,6,7,8,9):\n        r.append('a')\nsetup(x=r)".to_owned();
    let tables = format!(
        "r = {{}}\n{}setup(x=r)",
        (0..20_000)
            .map(|n| format!("r['k{n}'] = [{n}]\n"))
            .collect::<String>()
    );
    let chain = format!("setup(x='a'{})", ".strip()".repeat(2_000));
    let replaced = format!(
        "r = 'a' * 9\nr = 'aaaaaaaaaaaaaaaa'\n{}setup(x=r)",
        "r = r.replace('a', 'aaaaaaaaaaaaaaaa')\n".repeat(50)
    );
    for (name, program) in [
        ("doubling", doubling),
        ("texts", texts),
        ("branches", branches),
        ("returns", returns),
        ("choices", choices),
        ("elifs", elifs),
        ("conditions", conditions),
        ("nested", nested),
        ("calls", calls),
        ("loops", loops),
        ("tables", tables),
        ("chain", chain),
        ("replaced", replaced),
    ] {
        let started = std::time::Instant::now();
        drop(read_setup(&program));
        assert!(
            started.elapsed().as_secs() < 20,
            "{name} took {:?}",
            started.elapsed()
        );
    }
    for program in [
        "",
        "setup(",
        "setup(*a, **b)",
        "setup(x=**)",
        "\0",
        "import",
        "def setup(): setup()\nsetup()",
    ] {
        drop(read_setup(program));
    }
}

#[test]
fn a_name_of_a_module_is_found() {
    for (text, expected) in [
        ("__version__ = '1.2'\n", Some("'1.2'")),
        (
            "VERSION = (1, 2)\n__version__ = '.'.join(map(str, VERSION))\n",
            Some("'1.2'"),
        ),
        ("__version__: str = f'{1}.{2}'\n", Some("'1.2'")),
        ("from ._v import __version__\n", Some("<._v.__version__>")),
        ("x = 1\n", None),
    ] {
        let found = module_value(text, "p/__init__.py", "__version__");
        assert_eq!(found.as_ref().map(shown).as_deref(), expected, "{text}");
    }
}
