//! Whether a locked project that somebody else wrote may be given to uv: nothing in it may choose a host, a path or a command. Runs nothing.
//!
//! uv believes a lock: it fetches the addresses that stand in it, also from indexes that nobody configured, and sends the user's
//! credentials along. So of a lock only names, versions and hashes are used, and the user's own configuration says where to ask.

use toml::{Table, Value};

use super::uv_project::refuse_choices;

/// Checks the `pyproject.toml` and the `uv.lock` of a project.
///
/// # Errors
/// Why uv must not see them, as a sentence.
pub fn check_project(pyproject: &str, lock: &str) -> Result<(), String> {
    let manifest: Table =
        toml::from_str(pyproject).map_err(|_| "the pyproject.toml cannot be parsed".to_owned())?;
    refuse_choices(&manifest).map_err(|what| format!("the pyproject.toml {what}"))?;
    let lock: Table =
        toml::from_str(lock).map_err(|_| "the uv.lock cannot be parsed".to_owned())?;
    let packages = lock.get("package").and_then(Value::as_array);
    let foreign = packages
        .into_iter()
        .flatten()
        .any(|package| !is_of_index_or_own(package));
    if foreign {
        return Err(
            "the uv.lock takes a package from an address or a path instead of a package index"
                .to_owned(),
        );
    }
    Ok(())
}

fn is_of_index_or_own(package: &Value) -> bool {
    let Some(source) = package.get("source").and_then(Value::as_table) else {
        return false;
    };
    let mut entries = source.iter();
    match (entries.next(), entries.next()) {
        (Some((kind, place)), None) => match kind.as_str() {
            "registry" => true,
            "virtual" | "editable" => place.as_str() == Some("."),
            _ => false,
        },
        _ => false,
    }
}

/// Checks the pins that `uv export` writes of an untrusted lock: names, versions, conditions and hashes, and no option or address.
///
/// # Errors
/// Why they must not be installed, as a sentence.
pub fn check_pins(pins: &str) -> Result<(), String> {
    if pins.lines().all(is_pin_or_hash) {
        Ok(())
    } else {
        Err("the uv.lock holds more than packages, versions and hashes".to_owned())
    }
}

fn is_pin_or_hash(line: &str) -> bool {
    let line = line.trim_end_matches('\\').trim();
    if let Some(hash) = line.strip_prefix("--hash=") {
        return hash.split_once(':').is_some_and(|(kind, digest)| {
            kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
    }
    let (pin, condition) = line.split_once(';').unwrap_or((line, ""));
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'.' | b'-' | b'_' | b'+' | b'!' | b'=' | b'[' | b']' | b',' | b' '
            )
    };
    let is_pin = pin.contains("==")
        && !pin.contains("--")
        && pin.bytes().all(plain)
        && pin
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
    // A word that pip reads as an option would begin like one.
    let has_option = condition
        .split_whitespace()
        .any(|word| word.starts_with('-'));
    line.is_empty() || (is_pin && !condition.contains("://") && !has_option)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(manifest: &str, source: &str, expected: bool) {
        let manifest = format!(
            "[project]\nname = 'x'\nversion = '1'\ndependencies = ['click>=8']\n{manifest}"
        );
        let lock = format!(
            "version = 1\n[[package]]\nname = 'x'\nversion = '1'\nsource = {{ virtual = '.' }}\n[[package]]\nname = 'click'\nversion = '8'\n{source}\n"
        );
        let outcome = check_project(&manifest, &lock);
        assert_eq!(outcome.is_ok(), expected, "{manifest}{lock}: {outcome:?}");
    }

    #[test]
    fn nothing_chooses_a_place() {
        let registry = "source = { registry = 'https://index.example/simple' }";
        check("", registry, true);
        check("[dependency-groups]\ndev = ['pytest']", registry, true);
        for manifest in [
            "[[tool.uv.index]]\nname = 'corp'\nurl = 'http://127.0.0.1/simple'",
            "[tool.uv]\ncache-dir = '/somewhere'",
            "[tool.uv]\nkeyring-provider = 'subprocess'",
            "[tool.uv.workspace]\nmembers = ['../../other']",
            "[tool.uv.sources]\nclick = { path = '/somewhere' }",
            "[tool.uv]\nconstraint-dependencies = ['a @ http://127.0.0.1/a.whl']",
            "[dependency-groups]\ndev = ['a @ file:///etc/x.whl']",
        ] {
            check(manifest, registry, false);
        }
        for source in [
            "",
            "source = { url = 'http://127.0.0.1/click.whl' }",
            "source = { git = 'file:///somewhere' }",
            "source = { path = '/somewhere/click.whl' }",
            "source = { directory = '../other' }",
            "source = { editable = '../other' }",
            "source = { registry = 'r', git = 'g' }",
        ] {
            check("", source, false);
        }
    }

    #[test]
    fn pins_hold_no_option_and_no_address() {
        let good = "click==8.1.7 \\\n    --hash=sha256:ab12 \\\n    --hash=sha256:cd34\ncolorama==0.4.6 ; sys_platform == 'win32'\nx[y]==1!2.0+a\n";
        assert_eq!(check_pins(good), Ok(()));
        for bad in [
            "--index-url http://127.0.0.1/",
            "-r other.txt",
            "-e .",
            "click @ http://127.0.0.1/click.whl",
            "./click.whl",
            "click==1 --hash=sha256:ab --index-url=x",
            "    --hash=sha256:ab --index-url x",
            "click==1 ; sys_platform == 'x' --index-url=y",
            "click",
        ] {
            assert!(check_pins(bad).is_err(), "{bad}");
        }
    }
}
