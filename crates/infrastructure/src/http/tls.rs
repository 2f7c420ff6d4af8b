//! Certificates and the cryptography provider. Certificates are always verified; there is no switch.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use synthesizer_model::failure::{ErrorCode, Failure};

/// Variables of the user's environment that name a file of certificates, in the order in which they are read.
const CERTIFICATE_FILES: &[&str] = &[
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
];

/// Installs the process-wide cryptography provider; a second call changes nothing.
///
/// `main` calls it first, because some libraries ask for the process-wide provider. The door itself brings its own.
pub fn install_crypto_provider() {
    // It fails only when a provider is installed already, and then there is nothing to do.
    let _ = ring::default_provider().install_default();
}

/// Gives the file of certificates that the user's environment names, for programs that take one file.
pub(crate) fn certificate_file(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    [
        "GIT_SSL_CAINFO",
        "SSL_CERT_FILE",
        "CURL_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
    ]
    .iter()
    .filter_map(|name| environment.get(*name))
    .map(PathBuf::from)
    .find(|path| path.is_absolute() && path.is_file())
}

/// Builds the TLS settings of every connection.
///
/// When the user's environment names certificates (`SSL_CERT_FILE`, `SSL_CERT_DIR`, `REQUESTS_CA_BUNDLE`,
/// `CURL_CA_BUNDLE`, `GIT_SSL_CAINFO`), exactly those are trusted, as the user's other tools do; else the system's.
/// Reads files, so it belongs on a blocking thread.
///
/// # Errors
/// `E_CONFIG` when no certificate at all can be loaded.
pub(super) fn client_config(
    environment: &BTreeMap<String, String>,
) -> Result<ClientConfig, Failure> {
    let mut certificates = named_certificates(environment);
    if certificates.is_empty() {
        certificates = rustls_native_certs::load_native_certs().certs;
    }
    let mut roots = RootCertStore::empty();
    // A store with some certificates that cannot be parsed is usual; one without any good one is refused below.
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(Failure::new(
            ErrorCode::Config,
            "no certificate authority could be loaded",
        )
        .with_hint(
            "install the package ca-certificates, or let SSL_CERT_FILE name a file of certificates",
        ));
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::internal(format!("the TLS versions are not supported: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn named_certificates(environment: &BTreeMap<String, String>) -> Vec<CertificateDer<'static>> {
    let files = CERTIFICATE_FILES
        .iter()
        .filter_map(|name| environment.get(*name))
        .map(Path::new);
    let mut seen = Vec::new();
    let mut certificates = Vec::new();
    for file in files.filter(|file| file.is_absolute()) {
        if !seen.contains(&file) {
            seen.push(file);
            certificates.extend(rustls_native_certs::load_certs_from_paths(Some(file), None).certs);
        }
    }
    // A folder is usually the same store, split into files: read only when no file gave anything.
    if certificates.is_empty()
        && let Some(folders) = environment.get("SSL_CERT_DIR")
    {
        for folder in std::env::split_paths(folders).filter(|folder| folder.is_absolute()) {
            certificates
                .extend(rustls_native_certs::load_certs_from_paths(None, Some(&folder)).certs);
        }
    }
    certificates
}
