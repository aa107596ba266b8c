use std::fmt::Display;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use dynoxide::Database;
use tokio::sync::oneshot;

use crate::{Engine, Error, Result};

/// The engine parses conditions recursively. DynamoDB accepts conditions of up to 4 KB, which can nest over a thousand levels
/// deep.
const STACK: usize = 256 * 1024 * 1024;

/// An engine that runs in this process and listens on a port of the loopback address.
///
/// You do not need to install anything, and it starts within a millisecond. It runs on a separate thread with a separate runtime,
/// so it keeps working when the runtime of a test or program ends.
///
/// Unlike DynamoDB, the engine loses the idempotency tokens of transactions when the process ends. A transaction that is sent
/// again with its token after that is applied again.
#[derive(Debug)]
pub struct Embedded {
    endpoint: String,
    stop: Mutex<Option<oneshot::Sender<()>>>,
}

impl Embedded {
    /// Starts an engine with an empty database in memory.
    ///
    /// # Errors
    /// Fails if the engine cannot get a port or a thread.
    pub fn in_memory() -> Result<Self> {
        Self::serve(Database::memory().map_err(failed)?)
    }

    /// Starts an engine with the database in the file at `path`, and creates the file if it does not exist.
    ///
    /// # Errors
    /// Fails if the file is not a database, or if the engine cannot get a port or a thread.
    pub fn on_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::serve(Self::database(path.as_ref())?)
    }

    /// Starts an engine with the database in the file at `path`, on this port of the loopback address.
    ///
    /// # Errors
    /// Fails like [`Embedded::on_file`], or if another program uses the port.
    pub fn on_port(path: impl AsRef<Path>, port: u16) -> Result<Self> {
        Self::serve_on(Self::database(path.as_ref())?, port)
    }

    fn database(path: &Path) -> Result<Database> {
        let text = path.to_str().ok_or_else(|| failed(format!("the path {} is not UTF-8", path.display())))?;
        Database::new(text).map_err(failed)
    }

    fn serve(database: Database) -> Result<Self> {
        Self::serve_on(database, 0)
    }

    fn serve_on(database: Database, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let endpoint = format!("http://{}", listener.local_addr().map_err(failed)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async {
                let served = match tokio::net::TcpListener::from_std(listener) {
                    // A dropped sender also stops the server.
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
            // Do not wait for connections that clients keep open.
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

    /// Does not join the engine's thread. That thread may wait for clients to close their connections, and a client may live on
    /// the calling thread, so joining could deadlock.
    fn stop(&self) {
        if let Some(stop) = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // An error means that the engine has already ended.
            let _ = stop.send(());
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop();
    }
}
