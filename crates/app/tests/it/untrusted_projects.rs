//! Projects that somebody else wrote, and packages that replace files of the environment: none of them chooses a host or what the sandbox sees.

use std::fs;

use synthesizer_testkit::{
    package_index::{Package, PackageIndex},
    program::Program,
};

use crate::{
    bad_input::names,
    crafted::{
        assert_nothing_left, assert_verified, checks, package, program_with_index, synthesized,
    },
    listener::Trap,
};

const HELPER: (&str, &[u8]) = ("helper.py", b"value = 1\n");

/// Synthesises `./out` with a dependency on this release of `helper`.
fn project(helper: Package) -> (PackageIndex, Program) {
    let (index, program) = program_with_index(vec![helper]);
    let text = "import helper\nvalue = helper.value\n";
    package(
        &program,
        "user",
        "dependencies = [\"helper\"]\n",
        &[("user.py", text)],
    );
    let (answer, _) = synthesized(&program, &["./user"], &[]);
    assert_verified(&answer);
    (index, program)
}

/// The file of an environment that names its Python also says which folder the sandbox sees.
#[test]
fn a_package_cannot_choose_which_python_the_sandbox_sees() {
    let other = (
        "helper-1.data/data/pyvenv.cfg",
        &b"home = /root/bin\nversion_info = 3.9\n"[..],
    );
    let helper = Package::new("helper", "1").with_wheel(&[HELPER, other], &[]);
    let (_index, program) = project(helper);
    assert_nothing_left(&program);
}

#[test]
fn a_lock_cannot_choose_hosts() {
    let trap = Trap::new();
    let helper = Package::new("helper", "1").with_wheel(&[HELPER], &[]);
    let (index, program) = project(helper);
    let lock = program.work().join("out/uv.lock");
    let text = fs::read_to_string(&lock).expect("the project has a lock");
    let hostile = text.replace(&index.authority(), &format!("127.0.0.1:{}", trap.port()));
    assert_ne!(text, hostile);
    fs::write(&lock, hostile).expect("the lock can be written");
    program.run(["verify", "out", "--json"]).json();
    trap.assert_untouched("the lock");
    assert_nothing_left(&program);
}

#[test]
fn a_manifest_cannot_choose_hosts_or_paths() {
    let trap = Trap::new();
    let mark = tempfile::tempdir().expect("a folder");
    let helper = Package::new("helper", "1").with_wheel(&[HELPER], &[]);
    let (_index, program) = project(helper);
    let manifest = program.work().join("out/pyproject.toml");
    let text = fs::read_to_string(&manifest).expect("the project has a manifest");
    let address = format!("http://127.0.0.1:{}/simple", trap.port());
    for more in [
        format!("[[tool.uv.index]]\nname = \"corp\"\nurl = \"{address}\"\ndefault = true\n"),
        format!(
            "[tool.uv]\ncache-dir = \"{}\"\n",
            mark.path().join("cache").display()
        ),
        format!(
            "[tool.uv.sources]\nhelper = {{ url = \"{address}/helper-1-py3-none-any.whl\" }}\n"
        ),
    ] {
        fs::write(&manifest, format!("{text}\n{more}")).expect("the manifest can be written");
        let answer = program
            .run(["verify", "out", "--json"])
            .expect_status(0)
            .json();
        assert_eq!(checks(&answer)["install"], "not_run", "{more}: {answer:#}");
        trap.assert_untouched(&more);
        assert_eq!(names(mark.path()), [""; 0], "{more}");
    }
    assert_nothing_left(&program);
}

/// A link or a file that cannot be compared is no file that the lock knows.
#[test]
fn a_link_is_not_as_the_lock_says() {
    let helper = Package::new("helper", "1").with_wheel(&[HELPER], &[]);
    let (_index, program) = project(helper);
    let verify = ["verify", "out", "--json", "--locked", "--level", "parse"];
    let answer = program.run(verify).expect_status(0).json();
    assert_eq!(checks(&answer)["locked"], "passed", "{answer:#}");
    let link = program.work().join("out/src/fresh/more.py");
    std::os::unix::fs::symlink("/etc/hostname", link).expect("a link");
    let answer = program.run(verify).expect_status(1).json();
    assert_eq!(checks(&answer)["locked"], "failed", "{answer:#}");
}
