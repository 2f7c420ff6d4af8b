//! Certificates that must be refused, shown by a real TLS server; and one that is right, so that the refusals mean something.

use std::{
    io::{Read as _, Write as _},
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use synthesizer_model::failure::{ErrorCode, Failure};

use super::{Door, ServiceAnswer, testing::*};

const HTTP: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

/// A server with one certificate that takes so many connections.
struct TlsServer {
    address: SocketAddr,
    served: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

impl TlsServer {
    fn start(certificate: &[u8]) -> Self {
        let key = include_bytes!("fixtures/server_key.pem");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(certificate).expect("a certificate")],
                PrivateKeyDer::from_pem_slice(key).expect("a key"),
            )
            .expect("they belong together");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let served = Arc::new(AtomicUsize::new(0));
        let (count, config) = (Arc::clone(&served), Arc::new(config));
        let thread = std::thread::spawn(move || {
            let (socket, _) = listener.accept().expect("a client");
            let connection = ServerConnection::new(config).expect("a connection");
            let mut stream = StreamOwned::new(connection, socket);
            // A client that refuses the certificate never sends a request.
            if stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                count.fetch_add(1, Ordering::SeqCst);
                stream.write_all(HTTP).expect("sent");
                stream.conn.send_close_notify();
                stream.flush().expect("sent");
            }
        });
        Self {
            address,
            served,
            thread,
        }
    }
}

/// Calls a server that shows a certificate, and gives what came and how many requests it saw.
async fn shown(certificate: &[u8]) -> (Result<ServiceAnswer, Failure>, usize) {
    let server = TlsServer::start(certificate);
    let mut stage = Stage::new();
    let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/fixtures/ca.pem");
    stage
        .config
        .tool_environment
        .insert("SSL_CERT_FILE".to_owned(), authority.display().to_string());
    let address = server.address.to_string();
    let names = MadeUpNames::default().answer("server.test", &[&address]);
    let door = Door::with_resolver(&stage.config, Arc::new(names)).expect("a door");
    let url = format!("https://server.test:{}/", server.address.port());
    let outcome = call(&door.service(&PLAIN), request(&url)).await;
    server.thread.join().expect("the server ends");
    (outcome, server.served.load(Ordering::SeqCst))
}

#[tokio::test]
async fn fault_17_certificates_that_are_not_right_are_refused_before_anything_is_sent() {
    let (answer, served) = shown(include_bytes!("fixtures/valid.pem")).await;
    assert_eq!(
        (&answer.expect("trusted").body[..], served),
        (&b"ok"[..], 1)
    );
    for (certificate, what) in [
        (&include_bytes!("fixtures/expired.pem")[..], "expired"),
        (
            &include_bytes!("fixtures/self_signed.pem")[..],
            "self-signed",
        ),
        (
            &include_bytes!("fixtures/other_name.pem")[..],
            "of another name",
        ),
    ] {
        let (outcome, served) = shown(certificate).await;
        let failure = outcome.expect_err(what);
        assert_eq!((failure.code, served), (ErrorCode::Upstream, 0), "{what}");
        assert!(
            failure.message.contains("certificate"),
            "{what}: {}",
            failure.message
        );
    }
}
