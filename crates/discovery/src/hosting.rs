//! Which repository of which platform a git address is. Reaches nothing, and knows no platform.

use std::ops::RangeInclusive;

use url::Url;

use crate::{client::site_of, platforms::Platform};

/// Where git fetches the repositories of a platform.
#[derive(Debug)]
pub struct GitHosting {
    /// The host of the public platform's git addresses; `None` for platforms that are only self-hosted.
    pub host: Option<&'static str>,
    /// What the address of a self-hosted API ends with and its git addresses lack, such as `/api/v4`.
    pub root: &'static str,
    /// How many parts a full name has.
    pub depth: RangeInclusive<usize>,
}

/// Gives the platform's full name of the repository at an address; `None` when the address is not of that platform.
pub(crate) fn full_name(platform: &Platform, address: &Url) -> Option<String> {
    let hosting = platform.descriptor.git.as_ref()?;
    let path = if platform.is_self_hosted() {
        path_below(&site_of(platform.base_url.as_ref()?, hosting.root), address)?
    } else {
        let host = address.host_str()?.trim_end_matches('.');
        let host = host.strip_prefix("www.").unwrap_or(host);
        let is_there = hosting.host? == host && address.port().is_none();
        is_there.then_some(address.path())?
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let parts = path.split('/');
    let is_name = parts.clone().all(|part| !part.is_empty());
    (is_name && hosting.depth.contains(&parts.count())).then(|| path.to_owned())
}

/// Gives what follows the path of a site, when the address is on the same server.
fn path_below<'a>(site: &Url, address: &'a Url) -> Option<&'a str> {
    let is_same = site.host() == address.host()
        && site.port_or_known_default() == address.port_or_known_default();
    let path = address.path().strip_prefix(site.path())?;
    let is_below = site.path().ends_with('/') || path.starts_with('/');
    (is_same && is_below).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clients::PLATFORMS, platforms::Access};

    /// Gives `PLATFORM:FULL_NAME` for every platform that has the address.
    fn found(address: &str, base_urls: &[(&str, &str)]) -> Vec<String> {
        let address = Url::parse(address).expect("a URL");
        let configured = |name: &str| {
            let found = base_urls.iter().find(|(platform, _)| *platform == name);
            found.map(|(_, url)| *url)
        };
        PLATFORMS
            .iter()
            .map(|descriptor| Platform {
                descriptor,
                base_url: configured(descriptor.name)
                    .or(descriptor.public_url)
                    .map(|url| Url::parse(url).expect("a URL")),
                authenticated: false,
                withheld: None,
                access: Access::Disabled {
                    reason: "nothing is asked here",
                    hint: String::new(),
                },
                service: None,
            })
            .filter_map(|platform| {
                let name = full_name(&platform, &address)?;
                Some(format!("{}:{name}", platform.name()))
            })
            .collect()
    }

    #[test]
    fn public_addresses_are_of_their_platform() {
        let check = |address: &str, expected: &[&str]| {
            assert_eq!(found(address, &[]), expected, "{address}");
        };
        check("https://github.com/o/n.git", &["github:o/n"]);
        check("https://www.github.com/o/n/", &["github:o/n"]);
        check("https://gitlab.com/a/b/c.git", &["gitlab:a/b/c"]);
        check("https://huggingface.co/o/n", &["huggingface:o/n"]);
        check(
            "https://huggingface.co/datasets/o/n",
            &["huggingface:datasets/o/n"],
        );
        for address in [
            "https://github.com/o",
            "https://github.com/o/n/tree/main",
            "https://github.com:8443/o/n",
            "https://github.com.example/o/n",
            "https://api.github.com/o/n",
            "https://git.example/o/n.git",
        ] {
            check(address, &[]);
        }
    }

    #[test]
    fn a_self_hosted_platform_has_the_addresses_of_its_own_server_alone() {
        let own = [
            ("gitea", "https://git.example/api/v1"),
            ("gitlab", "http://127.0.0.1:8080/lab"),
            ("github", "https://hub.example/api/v3"),
        ];
        let check = |address: &str, expected: &[&str]| {
            assert_eq!(found(address, &own), expected, "{address}");
        };
        check("https://git.example/o/n.git", &["gitea:o/n"]);
        check("https://hub.example/o/n", &["github:o/n"]);
        check("http://127.0.0.1:8080/lab/a/b/c.git", &["gitlab:a/b/c"]);
        for address in [
            "https://github.com/o/n",
            "https://gitlab.com/o/n",
            "http://127.0.0.1:8081/lab/a/b",
            "http://127.0.0.1:8080/laboratory/a/b",
            "http://127.0.0.1:8080/a/b",
            "https://git.example:444/o/n",
        ] {
            check(address, &[]);
        }
    }
}
