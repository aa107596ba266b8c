//! Serves MCP over streamable HTTP, to programs on this machine.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::Server;

/// The path of the server.
pub const PATH: &str = "/mcp";

/// The largest body of a request. An item of DynamoDB has at most 400 KB.
const BODY_LIMIT: usize = 512 * 1024;
/// After a stop signal, requests have this long to finish.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `stop` is ready.
///
/// # Errors
/// Fails if the address of the listener cannot be read.
pub async fn serve(listener: TcpListener, server: Server, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!("listening on http://{address}{PATH}");
    let (stopping, stopped) = oneshot::channel();
    let stop = async move {
        stop.await;
        let _ = stopping.send(());
    };
    tokio::select! {
        served = axum::serve(listener, router(server, address)).with_graceful_shutdown(stop).into_future() => served,
        // Otherwise, a client that never finishes its request would keep the process.
        () = async { let _ = stopped.await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}

/// Returns the routes of a server that listens on `address`.
///
/// Any web page in a browser on this machine can send requests here. The check of `Origin` rejects them, and the check of `Host`
/// rejects a page whose name has been changed to this address (DNS rebinding).
pub fn router(server: Server, address: SocketAddr) -> Router {
    let hosts = [address.to_string(), format!("localhost:{}", address.port())];
    let origins = hosts.clone().map(|host| format!("http://{host}"));
    // No tool needs a session. Without them, a restart of the server disturbs no client.
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(hosts)
        .with_allowed_origins(origins)
        .with_max_request_body_bytes(BODY_LIMIT)
        .with_legacy_session_mode(false)
        .with_json_response(true);
    let service =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::new(NeverSessionManager::default()), config);
    Router::new().route_service(PATH, service)
}

/// Returns a future that is ready when the process is asked to stop.
///
/// # Errors
/// Fails if the signals cannot be handled.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}
