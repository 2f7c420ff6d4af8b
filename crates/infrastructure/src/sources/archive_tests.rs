//! Archives made to please and to harm.

use synthesizer_model::tree::SourceTree as _;
use synthesizer_testkit::archives::{RawTarEntry, raw_tar, raw_zip, sdist, wheel};

use super::*;
use crate::sources::testing::{paths, problem_paths};

fn origin() -> Origin {
    Origin {
        slug: "x".into(),
        url: "pypi:x@1".into(),
        revision: "sha256:0".into(),
        version: None,
        platform: "pypi".into(),
    }
}

fn open_with(
    bytes: Vec<u8>,
    format: ArchiveFormat,
    limits: &Limits,
) -> Result<MemoryTree, Failure> {
    unpack(&Bytes::from(bytes), format, origin(), limits)
}

fn open(bytes: Vec<u8>, format: ArchiveFormat) -> Result<MemoryTree, Failure> {
    open_with(bytes, format, &Limits::default())
}

fn refuses(bytes: Vec<u8>, format: ArchiveFormat, expected: ErrorCode, what: &str) {
    let code = open(bytes, format)
        .map(|tree| paths(&tree).join(" "))
        .map_err(|failure| failure.code);
    assert_eq!(code, Err(expected), "{what}");
}

#[test]
fn a_source_archive_loses_its_top_folder() {
    let bytes = sdist(
        "demo",
        "1.0",
        &[("src/demo/__init__.py", b"x = 1\n"), ("README", b"")],
    );
    let tree = open(bytes, ArchiveFormat::TarGz).expect("opens");
    assert_eq!(paths(&tree), ["PKG-INFO", "README", "src/demo/__init__.py"]);
    let path = TreePath::new("src/demo/__init__.py").expect("a path");
    assert_eq!(tree.read(&path).expect("reads").bytes, "x = 1\n");
    assert_eq!(
        tree.read(&TreePath::new("none").expect("a path"))
            .expect_err("absent")
            .code,
        ErrorCode::NotFound
    );
}

#[test]
fn a_wheel_shows_its_metadata_at_the_top() {
    let files: &[(&str, &[u8])] = &[
        ("demo/__init__.py", b""),
        ("demo-1.0.dist-info/licenses/LICENSE.txt", b"MIT"),
        ("demo-1.0.dist-info/COPYING", b"MIT"),
        ("demo-1.0.dist-info/licenses/deep/LICENSE", b"MIT"),
    ];
    let tree = open(wheel("demo", "1.0", files, &[]), ArchiveFormat::Wheel).expect("opens");
    let top: Vec<&str> = paths(&tree)
        .into_iter()
        .filter(|path| !path.contains('/'))
        .collect();
    assert_eq!(top, ["COPYING", "LICENSE.txt", "PKG-INFO"]);
}

#[test]
fn executables_and_leading_dots_are_understood() {
    let entries = [
        RawTarEntry::folder("./"),
        RawTarEntry::folder("./demo-1/"),
        RawTarEntry::file("./demo-1/run", "#!/bin/sh").with_mode(0o755),
        RawTarEntry::file("./demo-1/data", ""),
    ];
    let tree = open(raw_tar(&entries), ArchiveFormat::TarGz).expect("opens");
    let kinds: Vec<_> = tree
        .entries()
        .iter()
        .map(|entry| (entry.path.as_str(), entry.kind))
        .collect();
    assert_eq!(
        kinds,
        [("data", EntryKind::File), ("run", EntryKind::Executable)]
    );
}

#[test]
fn long_names_of_both_kinds_are_read() {
    let long = format!("demo-1/{}/mod.py", "deep/".repeat(40));
    let mut gnu = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::fast(),
    ));
    let mut header = tar::Header::new_gnu();
    header.set_size(2);
    gnu.append_data(&mut header, &long, &b"ok"[..])
        .expect("written");
    let bytes = gnu.into_inner().expect("ends").finish().expect("ends");
    let tree = open(bytes, ArchiveFormat::TarGz).expect("opens");
    assert!(
        tree.entries()[0].path.as_str().ends_with("deep/mod.py")
            || paths(&tree)[0].ends_with("mod.py")
    );

    let mut pax = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::fast(),
    ));
    pax.append_pax_extensions([("path", "demo-1/caf\u{e9}.py".as_bytes())])
        .expect("written");
    let mut header = tar::Header::new_ustar();
    header.set_size(2);
    header.set_path("demo-1/other.py").expect("a path");
    header.set_cksum();
    pax.append(&header, &b"ok"[..]).expect("written");
    let bytes = pax.into_inner().expect("ends").finish().expect("ends");
    assert_eq!(
        paths(&open(bytes, ArchiveFormat::TarGz).expect("opens")),
        ["caf\u{e9}.py"]
    );
}

#[test]
fn what_leads_outside_refuses_the_whole() {
    for name in [
        "../x",
        "d/../../x",
        "/etc/passwd",
        "..\\x",
        "d\\..\\..\\x",
        "\\x",
        "C:\\x",
        "C:x",
        "d/..",
    ] {
        refuses(
            raw_tar(&[RawTarEntry::file(name, "x")]),
            ArchiveFormat::TarGz,
            ErrorCode::Forbidden,
            name,
        );
        refuses(
            raw_zip(&[(name, b"x")]),
            ArchiveFormat::Zip,
            ErrorCode::Forbidden,
            name,
        );
    }
    let twice = [
        RawTarEntry::file("d/a", "1"),
        RawTarEntry::file("./d/a", "2"),
    ];
    refuses(
        raw_tar(&twice),
        ArchiveFormat::TarGz,
        ErrorCode::Forbidden,
        "a name twice",
    );
}

#[test]
fn links_devices_and_odd_names_are_left_out() {
    let entries = [
        RawTarEntry::file("d/ok", "x"),
        RawTarEntry::symbolic_link("d/link", "/etc/passwd"),
        RawTarEntry::hard_link("d/hard", "../../etc/passwd"),
        RawTarEntry::special("d/fifo", tar::EntryType::Fifo),
        RawTarEntry::special("d/device", tar::EntryType::Block),
        RawTarEntry::file("d/a\nb", "x"),
        RawTarEntry::file("d/.git/config", "x"),
        RawTarEntry::file("d/OK", "x"),
        RawTarEntry::file(b"d/\xff", "x"),
    ];
    let tree = open(raw_tar(&entries), ArchiveFormat::TarGz).expect("opens");
    assert_eq!(paths(&tree), ["ok"]);
    assert_eq!(
        problem_paths(tree.problems()),
        [
            "link",
            "hard",
            "fifo",
            "device",
            "a\\u{a}b",
            ".git/config",
            "OK",
            "\u{fffd}"
        ]
    );
}

#[test]
fn a_link_in_a_zip_is_left_out() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer
        .add_symlink("d/link", "/etc/passwd", options)
        .expect("written");
    writer
        .start_file("d/run", options.unix_permissions(0o755))
        .expect("written");
    let bytes = writer.finish().expect("ends").into_inner();
    let tree = open(bytes, ArchiveFormat::Zip).expect("opens");
    assert_eq!(
        (paths(&tree), problem_paths(tree.problems())),
        (vec!["run"], vec!["link"])
    );
    assert_eq!(tree.entries()[0].kind, EntryKind::Executable);
}

#[test]
fn bombs_hit_a_bound() {
    let zeros = raw_tar(&[RawTarEntry::zeros("d/zeros", 100 << 20)]);
    refuses(
        zeros,
        ArchiveFormat::TarGz,
        ErrorCode::Limit,
        "one large file",
    );
    let many: Vec<_> = (0..40)
        .map(|number| RawTarEntry::zeros(format!("d/{number}"), 1 << 20))
        .collect();
    refuses(
        raw_tar(&many),
        ArchiveFormat::TarGz,
        ErrorCode::Limit,
        "many files",
    );
    let chunk = vec![0_u8; 8 << 20];
    let names: Vec<String> = (0..5).map(|number| format!("d/{number}")).collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), chunk.as_slice()))
        .collect();
    refuses(
        raw_zip(&files),
        ArchiveFormat::Zip,
        ErrorCode::Limit,
        "a zip bomb",
    );
    let limits = Limits {
        source_files: 3,
        ..Limits::default()
    };
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(
        open_with(raw_zip(&files), ArchiveFormat::Zip, &limits)
            .expect_err("many")
            .code,
        ErrorCode::Limit
    );
}

#[test]
fn a_file_over_the_bound_is_left_out_alone() {
    let limits = Limits {
        file_bytes: 3,
        ..Limits::default()
    };
    let tar = raw_tar(&[
        RawTarEntry::file("d/four", "1234"),
        RawTarEntry::file("d/three", "123"),
    ]);
    let zip = raw_zip(&[("d/four", b"1234"), ("d/three", b"123")]);
    for (bytes, format) in [(tar, ArchiveFormat::TarGz), (zip, ArchiveFormat::Zip)] {
        let tree = open_with(bytes, format, &limits).expect("opens");
        assert_eq!(
            (paths(&tree), problem_paths(tree.problems())),
            (vec!["three"], vec!["four"])
        );
    }
}

#[test]
fn damage_is_a_typed_failure_wherever_it_is() {
    let tar = sdist(
        "demo",
        "1.0",
        &[("a.py", b"some contents that are long enough to cut")],
    );
    for length in 0..tar.len() {
        refuses(
            tar[..length].to_vec(),
            ArchiveFormat::TarGz,
            ErrorCode::Upstream,
            &format!("a tar of {length} bytes"),
        );
    }
    let zip = raw_zip(&[("d/a.py", b"some contents"), ("d/b.py", b"more contents")]);
    for length in 0..zip.len() {
        refuses(
            zip[..length].to_vec(),
            ArchiveFormat::Zip,
            ErrorCode::Upstream,
            &format!("a zip of {length} bytes"),
        );
    }
    refuses(
        raw_tar(&[RawTarEntry::truncated("d/a", 1 << 40)]),
        ArchiveFormat::TarGz,
        ErrorCode::Upstream,
        "a huge size",
    );
}

#[test]
fn no_changed_byte_of_a_zip_panics() {
    let zip = raw_zip(&[("d/a.py", b"some contents"), ("d/b.py", b"more contents")]);
    for position in 0..zip.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut changed = zip.clone();
            changed[position] = value;
            // Whatever comes out, it comes out as a value.
            let _ = open(changed, ArchiveFormat::Zip);
        }
    }
}
