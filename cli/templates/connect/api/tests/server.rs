//! The server, over a real connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::sleep;

use @{library}@::server::serve;

fn request(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_request_finishes_after_the_stop_signal_and_later_ones_are_refused() {
    let slow = get(|| async {
        sleep(Duration::from_millis(500)).await;
        "done"
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let stopped = async {
            let _ = stopped.await;
        };
        serve(listener, Router::new().route("/slow", slow), stopped).await;
    });
    let running = tokio::task::spawn_blocking(move || request(address));
    sleep(Duration::from_millis(200)).await;
    stop.send(()).unwrap();
    let response = running.await.unwrap().unwrap();
    assert!(response.ends_with("done"), "{response}");
    server.await.unwrap();
    assert!(TcpStream::connect(address).is_err());
}
