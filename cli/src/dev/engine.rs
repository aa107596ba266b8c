//! The engine of a workspace: what its projects agree on, and how the supervisor runs it.

mod container;
mod leftover;
mod settings;

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use monotable_config::Engine as Kind;
use monotable_local::{DynamoDbLocal, Embedded, Engine as _};

use crate::dev::state::State;
use crate::failure::{Code, Failure, Result};

pub use container::{Container, Pulled};
pub use leftover::Leftover;
pub use settings::Settings;

/// How long an engine may take until it answers. The JVM needs a few seconds, and a container a few more.
const START: Duration = Duration::from_secs(50);
const PAUSE: Duration = Duration::from_millis(50);

/// An engine that the supervisor runs.
pub enum Engine {
    Embedded(Embedded),
    DynamodbLocal(DynamoDbLocal),
    Container(container::Running),
    /// An engine that somebody else has started.
    Endpoint(u16),
}

impl Engine {
    /// Starts the engine. If the guard has taken the workspace's port, the engine gets a free one.
    pub fn start(state: &State, settings: &Settings) -> Result<Self> {
        leftover::remove(state)?;
        let data = state.data();
        std::fs::create_dir_all(&data).map_err(|error| Failure::io("create", &data, error))?;
        let port = if settings.guard { 0 } else { settings.port };
        match settings.engine {
            Kind::Embedded => {
                let file = data.join("embedded.db");
                let engine = if port == 0 { Embedded::on_file(&file) } else { Embedded::on_port(&file, port) };
                engine.map(Self::Embedded).map_err(Failure::from)
            }
            Kind::DynamodbLocal => {
                let folder = data.join("dynamodb-local");
                let engine = DynamoDbLocal::on_folder(port, &folder).map_err(Failure::from)?;
                leftover::record_process(state, engine.process_id(), &folder)?;
                Ok(Self::DynamodbLocal(engine))
            }
            Kind::Container => {
                let container = settings.container()?;
                leftover::record_container(state, container)?;
                let running = container.start(state, port)?;
                wait_until(|| responds(running.port()), || running.is_running(), "the container")?;
                Ok(Self::Container(running))
            }
            Kind::Endpoint => match responds(settings.port) {
                true => Ok(Self::Endpoint(settings.port)),
                false => Err(Failure::failed(format!(
                    "nothing answers at {}, where `localDev.engine` `endpoint` expects an engine; start your engine first",
                    settings.endpoint()
                ))),
            },
            _ => Err(Failure::failed("this version does not know the engine of config.json; update monotable-cli")),
        }
    }

    /// Returns the URL that the engine itself listens on.
    pub fn endpoint(&self) -> String {
        match self {
            Self::Embedded(engine) => engine.endpoint().to_owned(),
            Self::DynamodbLocal(engine) => engine.endpoint().to_owned(),
            Self::Container(running) => format!("http://127.0.0.1:{}", running.port()),
            Self::Endpoint(port) => format!("http://127.0.0.1:{port}"),
        }
    }

    pub fn is_running(&self) -> bool {
        match self {
            // It runs in this process.
            Self::Embedded(_) => true,
            Self::DynamodbLocal(engine) => engine.is_running(),
            Self::Container(running) => running.is_running(),
            Self::Endpoint(port) => TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).is_ok(),
        }
    }

    /// Stops the engine, and keeps its data.
    pub fn stop(self, state: &State) -> Result<()> {
        match self {
            Self::Embedded(engine) => engine.stop(),
            Self::DynamodbLocal(engine) => engine.stop(),
            Self::Container(running) => running.stop()?,
            Self::Endpoint(_) => {}
        }
        leftover::forget(state);
        Ok(())
    }
}

/// Stops what a killed supervisor has left behind.
pub fn remove_leftovers(state: &State) -> Result<()> {
    leftover::remove(state)
}

/// Deletes the data of all local tables of a workspace.
pub fn delete_data(state: &State) -> Result<()> {
    leftover::remove(state)?;
    if let Some(container) = leftover::last_container(state) {
        container.remove_volume()?;
    }
    let data = state.data();
    match std::fs::remove_dir_all(&data) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::io("delete", &data, error)),
        _ => Ok(()),
    }
}

fn wait_until(mut is_ready: impl FnMut() -> bool, is_running: impl Fn() -> bool, what: &str) -> Result<()> {
    let until = Instant::now() + START;
    while !is_ready() {
        if !is_running() {
            return Err(Failure::failed(format!(
                "{what} has ended before it was ready; `monotable dev logs` shows why"
            )));
        }
        if Instant::now() >= until {
            let message = format!("{what} did not answer within {} seconds", START.as_secs());
            return Err(Failure::new(Code::Deadline, message));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Returns whether an engine answers HTTP requests. A connection proves nothing: a container program accepts connections before the
/// engine in the container listens.
fn responds(port: u16) -> bool {
    use std::io::{Read, Write};
    let limit = Duration::from_secs(1);
    let Ok(mut stream) = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), limit) else {
        return false;
    };
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut first = [0];
    stream.set_read_timeout(Some(limit)).is_ok()
        && stream.write_all(request).is_ok()
        && stream.read(&mut first).is_ok_and(|read| read > 0)
}
