//! Sdists, wheels, packages of npm and Cargo, and raw archives. The raw ones hold what no honest tool writes: `..`, links, devices, bombs, lies about sizes.

use std::io::{Cursor, Read, Write};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, write::GzEncoder};
use synthesizer_model::tree::sha256_hex;
use tar::{EntryType, Header};

/// An entry of a tar archive, written as it stands.
#[derive(Debug, Clone)]
pub struct RawTarEntry {
    name: Vec<u8>,
    kind: EntryType,
    target: Vec<u8>,
    contents: Contents,
    mode: u32,
}

#[derive(Debug, Clone)]
enum Contents {
    Bytes(Vec<u8>),
    Zeros(u64),
    /// The header announces this size; nothing follows.
    Missing(u64),
}

impl RawTarEntry {
    /// Makes a file of any name, such as `../escape` or `/absolute`.
    pub fn file(name: impl AsRef<[u8]>, contents: impl AsRef<[u8]>) -> Self {
        let contents = Contents::Bytes(contents.as_ref().to_vec());
        Self::new(name.as_ref(), EntryType::Regular, b"", contents)
    }

    /// Makes a file of zeros, which packs a thousandfold.
    pub fn zeros(name: impl AsRef<[u8]>, size: u64) -> Self {
        Self::new(
            name.as_ref(),
            EntryType::Regular,
            b"",
            Contents::Zeros(size),
        )
    }

    /// Makes a file whose header announces bytes that the archive does not have.
    pub fn truncated(name: impl AsRef<[u8]>, size: u64) -> Self {
        Self::new(
            name.as_ref(),
            EntryType::Regular,
            b"",
            Contents::Missing(size),
        )
    }

    /// Makes a folder.
    pub fn folder(name: impl AsRef<[u8]>) -> Self {
        Self::new(name.as_ref(), EntryType::Directory, b"", Contents::Zeros(0))
    }

    /// Makes a symbolic link.
    pub fn symbolic_link(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        Self::new(
            name.as_ref(),
            EntryType::Symlink,
            target.as_ref(),
            Contents::Zeros(0),
        )
    }

    /// Makes a hard link.
    pub fn hard_link(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        Self::new(
            name.as_ref(),
            EntryType::Link,
            target.as_ref(),
            Contents::Zeros(0),
        )
    }

    /// Makes a FIFO, a character device or a block device.
    pub fn special(name: impl AsRef<[u8]>, kind: EntryType) -> Self {
        Self::new(name.as_ref(), kind, b"", Contents::Zeros(0))
    }

    /// Sets the permission bits.
    #[must_use]
    pub fn with_mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    fn new(name: &[u8], kind: EntryType, target: &[u8], contents: Contents) -> Self {
        Self {
            name: name.to_vec(),
            kind,
            target: target.to_vec(),
            contents,
            mode: 0o644,
        }
    }
}

/// Packs entries into a `.tar.gz`, exactly as they are and in this order.
pub fn raw_tar(entries: &[RawTarEntry]) -> Vec<u8> {
    let mut archive = GzEncoder::new(Vec::new(), Compression::fast());
    for entry in entries {
        write_entry(&mut archive, entry);
    }
    write_zeros(&mut archive, 1024);
    archive.finish().expect("memory takes everything")
}

/// Packs plain files into a `.zip`, names as they are.
pub fn raw_zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, contents) in files {
        archive
            .start_file(*name, options)
            .expect("zip takes any name");
        archive
            .write_all(contents)
            .expect("memory takes everything");
    }
    archive
        .finish()
        .expect("memory takes everything")
        .into_inner()
}

/// Builds a source archive: `PKG-INFO` and the files, below `NAME-VERSION/`.
pub fn sdist(name: &str, version: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    sdist_with_metadata(&metadata(name, version, &[]), name, version, files)
}

/// Builds a source archive with a `PKG-INFO` of the caller's making.
pub fn sdist_with_metadata(
    metadata: &str,
    name: &str,
    version: &str,
    files: &[(&str, &[u8])],
) -> Vec<u8> {
    let top = format!("{}-{version}", file_stem(name));
    let mut entries = vec![RawTarEntry::file(format!("{top}/PKG-INFO"), metadata)];
    for (path, contents) in files {
        entries.push(RawTarEntry::file(format!("{top}/{path}"), contents));
    }
    raw_tar(&entries)
}

/// Packs files below one top folder into a `.tar.gz`, as npm and cargo do.
pub fn tarball(top: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let entries: Vec<RawTarEntry> = files
        .iter()
        .map(|(path, contents)| RawTarEntry::file(format!("{top}/{path}"), contents))
        .collect();
    raw_tar(&entries)
}

/// Gives the file name of a source archive.
pub fn sdist_file_name(name: &str, version: &str) -> String {
    format!("{}-{version}.tar.gz", file_stem(name))
}

/// Builds a pure wheel with `METADATA`, `WHEEL` and `RECORD`; `requires` are PEP 508 requirements.
pub fn wheel(name: &str, version: &str, files: &[(&str, &[u8])], requires: &[&str]) -> Vec<u8> {
    let information = format!("{}-{version}.dist-info", file_stem(name));
    let metadata = metadata(name, version, requires);
    let tag = "Wheel-Version: 1.0\nGenerator: synthesizer-testkit\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let metadata_path = format!("{information}/METADATA");
    let tag_path = format!("{information}/WHEEL");
    let record_path = format!("{information}/RECORD");
    let mut all = files.to_vec();
    all.push((&metadata_path, metadata.as_bytes()));
    all.push((&tag_path, tag.as_bytes()));
    let mut record = String::new();
    for (path, contents) in &all {
        let digest = hex::decode(sha256_hex(contents)).expect("a digest is hexadecimal");
        let digest = URL_SAFE_NO_PAD.encode(digest);
        record.push_str(&format!("{path},sha256={digest},{}\n", contents.len()));
    }
    record.push_str(&format!("{record_path},,\n"));
    all.push((&record_path, record.as_bytes()));
    raw_zip(&all)
}

/// Gives the file name of a pure wheel.
pub fn wheel_file_name(name: &str, version: &str) -> String {
    format!("{}-{version}-py3-none-any.whl", file_stem(name))
}

/// Gives core metadata 2.2 of a package.
pub fn metadata(name: &str, version: &str, requires: &[&str]) -> String {
    let mut text = format!(
        "Metadata-Version: 2.2\nName: {name}\nVersion: {version}\nSummary: made by a test\n"
    );
    for requirement in requires {
        text.push_str(&format!("Requires-Dist: {requirement}\n"));
    }
    text
}

/// Gives the part of a file name that names the package (binary distribution format, "Escaping and Unicode").
fn file_stem(name: &str) -> String {
    synthesizer_model::dependency::normalize_distribution(name).replace('-', "_")
}

fn write_entry(archive: &mut impl Write, entry: &RawTarEntry) {
    if entry.name.len() > 100 {
        write_long(archive, EntryType::GNULongName, &entry.name);
    }
    if entry.target.len() > 100 {
        write_long(archive, EntryType::GNULongLink, &entry.target);
    }
    let size = match &entry.contents {
        Contents::Bytes(bytes) => bytes.len() as u64,
        Contents::Zeros(size) | Contents::Missing(size) => *size,
    };
    let header = header(&entry.name, entry.kind, &entry.target, size, entry.mode);
    archive
        .write_all(header.as_bytes())
        .expect("memory takes everything");
    match &entry.contents {
        Contents::Bytes(bytes) => {
            archive.write_all(bytes).expect("memory takes everything");
            write_zeros(archive, padding(size));
        }
        Contents::Zeros(size) => write_zeros(archive, size + padding(*size)),
        Contents::Missing(_) => {}
    }
}

fn write_long(archive: &mut impl Write, kind: EntryType, text: &[u8]) {
    let size = text.len() as u64;
    let header = header(b"././@LongLink", kind, b"", size, 0o644);
    archive
        .write_all(header.as_bytes())
        .expect("memory takes everything");
    archive.write_all(text).expect("memory takes everything");
    write_zeros(archive, padding(size));
}

fn header(name: &[u8], kind: EntryType, target: &[u8], size: u64, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    // The checked setters refuse the names that these archives are for.
    let fields = header.as_old_mut();
    let name = &name[..name.len().min(100)];
    fields.name[..name.len()].copy_from_slice(name);
    let target = &target[..target.len().min(100)];
    fields.linkname[..target.len()].copy_from_slice(target);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(1_700_000_000);
    header.set_cksum();
    header
}

fn padding(size: u64) -> u64 {
    size.next_multiple_of(512) - size
}

fn write_zeros(archive: &mut impl Write, count: u64) {
    std::io::copy(&mut std::io::repeat(0).take(count), archive).expect("memory takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_entries_come_back_as_they_were_written() {
        let long = "d/".repeat(80) + "file";
        let packed = raw_tar(&[
            RawTarEntry::file("../escape", "out"),
            RawTarEntry::file(&long, "deep"),
            RawTarEntry::symbolic_link("link", "/etc/passwd"),
            RawTarEntry::special("fifo", EntryType::Fifo),
            RawTarEntry::zeros("bomb", 1 << 20),
        ]);
        assert!(packed.len() < 10_000, "{}", packed.len());
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed.as_slice()));
        let found: Vec<_> = archive
            .entries()
            .expect("an archive")
            .map(|entry| {
                let entry = entry.expect("an entry");
                let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                (name, entry.header().entry_type(), entry.size())
            })
            .collect();
        let expected = [
            ("../escape", EntryType::Regular, 3),
            (&long, EntryType::Regular, 4),
            ("link", EntryType::Symlink, 0),
            ("fifo", EntryType::Fifo, 0),
            ("bomb", EntryType::Regular, 1 << 20),
        ];
        assert_eq!(
            found,
            expected.map(|(name, kind, size)| (name.to_owned(), kind, size))
        );
    }

    #[test]
    fn a_zip_keeps_hostile_names() {
        let packed = raw_zip(&[("../escape", b"out")]);
        let archive = zip::ZipArchive::new(Cursor::new(packed)).expect("a zip");
        assert_eq!(archive.file_names().collect::<Vec<_>>(), ["../escape"]);
    }
}
