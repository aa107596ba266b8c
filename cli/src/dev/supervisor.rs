//! The supervisor: a process that owns the engine of one workspace, and stops it when no `dev` is left.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use monotable_local::{Embedded, Engine};
use tokio::runtime::Runtime;

use crate::dev::guard;
use crate::dev::state::{Ended, Running, State};
use crate::failure::{Failure, Result};

/// How often the supervisor looks at the lease.
const PERIOD: Duration = Duration::from_millis(100);

#[derive(Args)]
pub struct Options {
    #[arg(long)]
    state: PathBuf,
    #[arg(long)]
    root: PathBuf,
    #[arg(long)]
    port: u16,
    #[arg(long)]
    no_guard: bool,
}

pub fn run(runtime: &Runtime, options: &Options) -> Result<()> {
    let state = State::at(options.state.clone(), options.root.clone())?;
    let Some(lock) = lock(&state)? else { return Ok(()) };
    state.set_running(None)?;
    state.set_ready(None)?;
    state.set_ended(None)?;
    state.set_stop_requested(false)?;
    state.set_kept(false)?;
    let result = runtime.block_on(supervise(&state, options));
    if let Err(failure) = &result {
        state.set_ended(Some(&Ended::Failed(failure.message.clone())))?;
        state.set_running(None)?;
    }
    drop(lock);
    result
}

/// Returns the supervisor's lock; `None` if another supervisor has started at the same time and holds it. Processes that look for a
/// supervisor hold the lock for a moment, so one attempt is not enough.
fn lock(state: &State) -> Result<Option<File>> {
    for _ in 0..100 {
        if let Some(lock) = state.lock_supervisor()? {
            return Ok(Some(lock));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(None)
}

/// Writes a line to the log, which is the standard output. A full disk must not end the engine.
fn log(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

async fn supervise(state: &State, options: &Options) -> Result<()> {
    let data = state.data();
    std::fs::create_dir_all(&data).map_err(|error| Failure::io("create", &data, error))?;
    let file = data.join("embedded.db");
    // Binding the port first tells a used port from any other failure.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure::failed(format!(
            "another program uses port {port}: stop it (`lsof -i :{port}` shows it), or change `localDev.port`",
            port = options.port
        )),
        _ => Failure::failed(format!("cannot listen on port {}: {error}", options.port)),
    })?;
    let start = |engine: monotable_local::Result<Embedded>| engine.map_err(|error| Failure::failed(error.to_string()));
    let engine = match options.no_guard {
        true => {
            drop(listener);
            start(Embedded::on_port(&file, options.port))?
        }
        false => {
            let engine = start(Embedded::on_file(&file))?;
            guard::serve(listener, engine.endpoint())?;
            engine
        }
    };
    let running =
        Running { pid: std::process::id(), root: state.root.clone(), port: options.port, guard: !options.no_guard };
    state.set_running(Some(&running))?;
    log(&format!("the embedded engine listens on {}, with its data in {}", running.endpoint(), file.display()));
    let lease = state.lease()?;
    loop {
        if state.is_stop_requested() {
            break;
        }
        match lease.try_lock() {
            // No `dev` is left, and none can come before this process has released the lease.
            Ok(()) if !state.is_kept() => break,
            Ok(()) => lease.unlock().map_err(|error| Failure::io("unlock", state.folder(), error))?,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(Failure::io("lock", state.folder(), error)),
        }
        tokio::time::sleep(PERIOD).await;
    }
    engine.stop();
    state.set_ended(Some(&Ended::Stopped))?;
    state.set_running(None)?;
    state.set_ready(None)?;
    state.set_stop_requested(false)?;
    state.set_kept(false)?;
    log("the engine has stopped");
    Ok(())
}
