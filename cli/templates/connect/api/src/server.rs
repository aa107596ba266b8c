//! Serves the router with limits that a public server needs, and stops without dropping requests.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

/// A client has this long to send the headers of a request. An idle connection is closed after it.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection is closed if the client accepts nothing of a response for this time.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Further connections wait until one of these is closed.
const MAX_CONNECTIONS: usize = 1024;
/// The connections of clients, and as many to the table. The limit of a process is often 1024.
const OPEN_FILES: u64 = 4096;
/// After a stop signal, requests have this long to finish.
const GRACE: Duration = Duration::from_secs(10);

/// Raises the limit of open files of this process, so that all connections fit in.
pub fn allow_open_files() {
    match rlimit::increase_nofile_limit(OPEN_FILES) {
        Ok(limit) if limit >= OPEN_FILES => {}
        Ok(limit) => tracing::warn!("this process may only open {limit} files; many connections can exhaust them"),
        Err(error) => tracing::warn!("cannot raise the limit of open files: {error}"),
    }
}

/// Serves the router until `stop` is ready.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // For example, the process has too many open files. Without a pause, this loop would use a whole CPU.
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        let stream = TokioIo::new(Box::pin(stream));
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(stream, service));
        tokio::spawn(async move {
            let _slot = slot;
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended with an error: {error}");
            }
        });
    }
    drop(listener);
    tracing::info!("stopping");
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
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
