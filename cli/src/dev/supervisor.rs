//! The supervisor: a process that owns the engine of one workspace, and stops it when no `dev` is left.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;

use crate::dev::engine::{Engine, Settings};
use crate::dev::signals::Signals;
use crate::dev::state::{Ended, Running, State};
use crate::dev::{guard, log, port};
use crate::failure::{Failure, Result};

/// How often the supervisor looks at the lease.
const PERIOD: Duration = Duration::from_millis(100);

#[derive(Args)]
pub struct Options {
    #[arg(long)]
    state: PathBuf,
    #[arg(long)]
    root: PathBuf,
    /// [`Settings`] as JSON.
    #[arg(long)]
    settings: String,
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
        state.set_ended(Some(&Ended::Failed { code: failure.code, message: failure.message.clone() }))?;
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

async fn supervise(state: &State, options: &Options) -> Result<()> {
    let settings: Settings = serde_json::from_str(&options.settings)
        .map_err(|error| Failure::usage(format!("the settings of the engine cannot be read: {error}")))?;
    let mut signals = Signals::new()?;
    let engine = start(state, &settings)?;
    state.set_running(Some(&Running {
        pid: std::process::id(),
        root: state.root.clone(),
        settings: settings.clone(),
    }))?;
    log::write(&format!(
        "the engine ({}) listens on {}, with its data in {}",
        settings.engine_name(),
        settings.endpoint(),
        settings.location(state)
    ));
    let ended = tokio::select! {
        ended = until_unused(state, &engine) => ended,
        _ = signals.next() => Ok(None),
    };
    let stopped = engine.stop(state);
    // Until this process ends, so that no `dev` attaches to an engine that has stopped.
    let _lease = ended?;
    let recorded = state.set_ended(Some(&Ended::Stopped));
    state.set_running(None)?;
    state.set_ready(None)?;
    state.set_kept(false)?;
    // On a full disk, the request to stop remains, and tells every `dev` that this is not a crash.
    if recorded.is_ok() {
        state.set_stop_requested(false)?;
    }
    log::write("the engine has stopped");
    stopped
}

/// Takes the port first: a used port then has a clear message, whatever the engine would say.
fn start(state: &State, settings: &Settings) -> Result<Engine> {
    if settings.engine == monotable_config::Engine::Endpoint {
        return Engine::start(state, settings);
    }
    let listeners = port::bind(settings.port)?;
    if !settings.guard {
        drop(listeners);
        return Engine::start(state, settings);
    }
    let engine = Engine::start(state, settings)?;
    guard::serve(listeners, &engine.endpoint(), settings.requests)?;
    Ok(engine)
}

/// Returns when the engine is not needed any more: `dev stop` was called, or no `dev` is left. In that case it returns the lease, locked.
async fn until_unused(state: &State, engine: &Engine) -> Result<Option<File>> {
    let lease = state.lease()?;
    loop {
        if state.is_stop_requested() {
            return Ok(None);
        }
        if !engine.is_running() {
            return Err(Failure::failed("the engine has crashed"));
        }
        match lease.try_lock() {
            // No `dev` can come before the lease is released.
            Ok(()) if !state.is_kept() => return Ok(Some(lease)),
            Ok(()) => lease.unlock().map_err(|error| Failure::io("unlock", state.folder(), error))?,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(Failure::io("lock", state.folder(), error)),
        }
        tokio::time::sleep(PERIOD).await;
    }
}
