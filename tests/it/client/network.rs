//! The network between a program and DynamoDB: connections, TLS, and the runtime that drives them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use monotable::aws::Client;
use monotable::aws::config::{BehaviorVersion, Credentials, Region};
use monotable::{Connection, Entity as _, ErrorKind};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use crate::guide::UserModel;

pub fn trials() -> Vec<Trial> {
    macro_rules! trials {
        ($($name:ident),* $(,)?) => {
            vec![$(Trial::test(concat!("it::client::network::", stringify!($name)), || {
                $name();
                Ok::<_, Failed>(())
            })),*]
        };
    }
    trials![
        an_idle_http_connection_is_not_reused,
        a_runtime_without_timers_is_reported,
        an_unreadable_response_leaves_the_outcome_unknown,
        a_read_is_repeated_if_the_runtime_of_its_connection_ends,
        an_unknown_certificate_authority_is_a_configuration_error,
    ]
}

/// A response without an item.
const NOTHING: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 2\r\n\r\n{}";

/// Starts a server that returns this response to each request. Returns its endpoint and its count of connections.
fn server(answer: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    server_after(answer, || {})
}

/// Starts a server that calls a function before each response.
fn server_after(answer: &'static [u8], before: impl Fn() + Clone + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream.unwrap();
            let before = before.clone();
            std::thread::spawn(move || {
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    request.extend_from_slice(&buffer[..length]);
                    if request.ends_with(b"}") {
                        request.clear();
                        before();
                        // The program may have closed the connection.
                        let _ = stream.write_all(answer);
                    }
                }
            });
        }
    });
    (endpoint, connections)
}

fn through(endpoint: &str, client: Option<monotable::aws::config::SharedHttpClient>) -> Connection {
    let config = monotable::aws::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("UNUSED", "UNUSED", None, None, "tests"));
    let config = match client {
        Some(client) => config.http_client(client),
        None => config,
    };
    Connection::new(Client::from_conf(config.build()), "t")
}

fn an_idle_http_connection_is_not_reused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // A Lambda function can be frozen between requests. The SDK's default client then reuses the old connection.
    for (client, expected) in [(None, 1), (Some(monotable::http_client(Duration::from_millis(100))), 2)] {
        let (endpoint, connections) = server(NOTHING);
        let connection = through(&endpoint, client);
        runtime.block_on(async {
            for _ in 0..2 {
                assert_eq!(UserModel::get("u").on(&connection).await.unwrap(), None);
                assert_eq!(UserModel::get("u").on(&connection).await.unwrap(), None);
                tokio::time::sleep(Duration::from_millis(400)).await;
            }
        });
        assert_eq!(connections.load(Ordering::SeqCst), expected);
    }
}

fn a_runtime_without_timers_is_reported() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let connection = through("http://127.0.0.1:9", None);
    let error = runtime.block_on(UserModel::get("u").on(&connection).send()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("the Tokio runtime has no timers"), "{error}");
}

fn an_unreadable_response_leaves_the_outcome_unknown() {
    const GARBLED: &[u8] = b"HTTP/1.1 200 OK\r\nx-garbled: \xff\xfe\r\ncontent-length: 2\r\n\r\n{}";
    const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for answer in [GARBLED, EMPTY] {
        let (endpoint, _) = server(answer);
        let connection = through(&endpoint, None);
        runtime.block_on(async {
            let created_at = monotable::timestamp::now();
            let user = UserModel { user_id: "u".into(), username: "u".into(), email: "e".into(), created_at };
            // A put does not read this header, so an invalid header may be ignored.
            match user.put().on(&connection).await {
                Ok(_) => assert_eq!(answer, GARBLED),
                Err(error) => assert!(error.is_outcome_unknown(), "{error}"),
            }
            if answer == GARBLED {
                return;
            }
            // A read without a readable response fails. It must not report a missing item.
            let error = UserModel::get("u").on(&connection).await.unwrap_err();
            assert!(!error.is_outcome_unknown(), "{error}");
            let error = UserModel::scan().on(&connection).all().await.unwrap_err();
            assert!(!error.is_not_found(), "{error}");
        });
    }
}

/// The runtime that opened an HTTP connection drives it. Another runtime can use the connection as well.
fn a_read_is_repeated_if_the_runtime_of_its_connection_ends() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (arrived, arrivals) = mpsc::channel();
    let (permit, permits) = mpsc::channel();
    let permits = Arc::new(Mutex::new(permits));
    let (endpoint, connections) = server_after(NOTHING, move || {
        arrived.send(()).unwrap();
        permits.lock().unwrap().recv().unwrap();
    });
    let connection = through(&endpoint, None);
    let (first, second) = (runtime(), runtime());
    permit.send(()).unwrap();
    first.block_on(UserModel::get("u").on(&connection).send()).unwrap();
    arrivals.recv().unwrap();
    let read = second.spawn(UserModel::get("u").on(&connection).send());
    arrivals.recv().unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1, "both runtimes must use one connection");
    drop(first);
    // One for the lost response, and one for the second attempt.
    permit.send(()).unwrap();
    permit.send(()).unwrap();
    assert_eq!(second.block_on(read).unwrap().unwrap(), None);
    assert_eq!(connections.load(Ordering::SeqCst), 2, "the read must be repeated on another connection");
}

fn an_unknown_certificate_authority_is_a_configuration_error() {
    // A certificate that is its own authority.
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth();
    let config = config.with_single_cert(vec![own.cert.der().clone()], own.signing_key.into()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let handshakes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&handshakes);
        tokio::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                // The client ends the handshake.
                let _ = acceptor.accept(stream).await;
            }
        });
        let table = through(&endpoint, None);
        UserModel::get("u").on(&table).await.unwrap_err();
        assert_eq!(handshakes.load(Ordering::SeqCst), 1, "another attempt cannot succeed either");
        let error = UserModel::update("u").set(UserModel::EMAIL, "e").on(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(!error.is_outcome_unknown() && !error.is_transient(), "{error}");
        let text = error.to_string();
        assert!(text.contains("UnknownIssuer"), "{text}");
        assert!(text.contains("check that this machine trusts the authority that issued the certificate"), "{text}");
    });
}
