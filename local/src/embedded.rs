use std::fmt::Display;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use dynoxide::Database;
use tokio::sync::oneshot;

use crate::{Engine, Error, Result};

/// The engine reads conditions by recursion. Those of 4 KB, the most that DynamoDB takes, nest some thousand levels deep.
const STACK: usize = 256 * 1024 * 1024;

/// An engine inside this process, on a port of the loopback address: nothing to install, and started in a millisecond.
///
/// The idempotency tokens of transactions are forgotten when its process ends, unlike those of DynamoDB: a transaction that is
/// repeated with its token after that is made again.
///
/// It has a thread and a runtime of its own, so that it serves tests and programs whose runtimes come and go.
#[derive(Debug)]
pub struct Embedded {
    endpoint: String,
    stop: Mutex<Option<oneshot::Sender<()>>>,
}

impl Embedded {
    /// An empty database in memory.
    ///
    /// # Errors
    /// If no port or thread can be had.
    pub fn in_memory() -> Result<Self> {
        Self::serve(Database::memory().map_err(failed)?)
    }

    /// The database in the file at `path`, which is made if there is none.
    ///
    /// # Errors
    /// If the file is no database, or no port or thread can be had.
    pub fn on_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = path.to_str().ok_or_else(|| failed(format!("the path {} is not UTF-8", path.display())))?;
        Self::serve(Database::new(text).map_err(failed)?)
    }

    fn serve(database: Database) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let endpoint = format!("http://{}", listener.local_addr().map_err(failed)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async {
                let served = match tokio::net::TcpListener::from_std(listener) {
                    // A sender that is dropped means stop, too.
                    Ok(listener) => {
                        let stopped = async { drop(stopped.await) };
                        dynoxide::server::serve_with_shutdown(listener, database, stopped).await
                    }
                    Err(error) => Err(error.to_string()),
                };
                if let Err(error) = served {
                    tracing::error!(error, "the embedded engine ended");
                }
            });
            // Connections that clients keep open are not waited for.
            runtime.shutdown_background();
        };
        thread::Builder::new().name("embedded-dynamodb".into()).stack_size(STACK).spawn(serve).map_err(failed)?;
        Ok(Self { endpoint, stop: Mutex::new(Some(stop)) })
    }
}

fn failed(error: impl Display) -> Error {
    Error::Embedded(error.to_string())
}

impl Engine for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The thread is not waited for: it ends when clients close their connections, and those may live on this thread.
    fn stop(&self) {
        if let Some(stop) = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop();
    }
}
