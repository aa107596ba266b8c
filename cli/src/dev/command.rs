//! What happens while the engine runs, and the commands that look at it.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::dev::attach::Attached;
use crate::dev::engine;
use crate::dev::signals::{Signal, Signals};
use crate::dev::state::State;
use crate::failure::{Code, Failure, Result};
use crate::files;
use crate::output::{self, Output};

const PERIOD: Duration = Duration::from_millis(100);

/// Keeps the lease until a signal, `dev stop`, or a crash of the engine.
pub async fn until_stopped(attached: Attached<'_>, signals: &mut Signals) -> Result<()> {
    loop {
        tokio::select! {
            _ = signals.next() => return attached.leave().await,
            () = tokio::time::sleep(PERIOD) => if attached.check()? { return Ok(()) },
        }
    }
}

/// Runs a command with `LOCAL_DEV=true`, forwards signals to it, and ends with its exit code.
pub async fn run(attached: Attached<'_>, command: &[String], signals: &mut Signals) -> Result<()> {
    let [program, arguments @ ..] = command else { return Ok(()) };
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .env("LOCAL_DEV", "true")
        .spawn()
        .map_err(|error| Failure::failed(format!("cannot start `{program}`: {error}")))?;
    let mut is_reported = false;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.map_err(|error| Failure::failed(format!("cannot wait for `{program}`: {error}")))?,
            signal = signals.next() => forward(&child, signal),
            () = tokio::time::sleep(PERIOD) => if !is_reported {
                match attached.check() {
                    Ok(false) => {}
                    Ok(true) => is_reported = report(&Failure::failed("the engine was stopped by `monotable dev stop`")),
                    Err(failure) => is_reported = report(&failure),
                }
            },
        }
    };
    attached.leave().await?;
    match code(status) {
        0 => Ok(()),
        code => Err(Failure::exit(code)),
    }
}

/// Tells the user about the engine while the command runs on. Returns `true`.
fn report(failure: &Failure) -> bool {
    output::report(failure);
    true
}

/// Sends a signal to the command, unless the terminal has done that.
#[cfg(unix)]
fn forward(child: &tokio::process::Child, signal: Signal) {
    use nix::sys::signal::{Signal as Kind, kill};
    if signal.number == Kind::SIGINT as i32 && !signal.is_from_process {
        return;
    }
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).map(nix::unistd::Pid::from_raw);
    if let (Some(pid), Ok(kind)) = (pid, Kind::try_from(signal.number)) {
        // An error means that the process has already ended.
        let _ = kill(pid, kind);
    }
}

#[cfg(not(unix))]
fn forward(_: &tokio::process::Child, _: Signal) {}

/// Returns the exit code of a process, or 128 + n if signal n has killed it.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

pub async fn wait(state: &State, deadline: Duration) -> Result<()> {
    let until = Instant::now() + deadline;
    loop {
        if let Some(running) = state.running()?
            && state.ready() == Some(running.pid)
        {
            return Ok(());
        }
        if Instant::now() >= until {
            let message = format!("no `monotable dev` was ready within {} s", deadline.as_secs());
            return Err(Failure::new(Code::Deadline, message));
        }
        tokio::time::sleep(PERIOD / 4).await;
    }
}

pub fn stop(state: &State, output: Output) -> Result<()> {
    if let Some(_lock) = state.lock_supervisor()? {
        engine::remove_leftovers(state)?;
        output.note("the engine does not run");
        return Ok(());
    }
    state.set_stop_requested(true)?;
    let until = Instant::now() + Duration::from_secs(20);
    while state.lock_supervisor()?.is_none() {
        if Instant::now() >= until {
            return Err(Failure::new(Code::Deadline, "the engine did not stop; `monotable dev logs` shows why"));
        }
        std::thread::sleep(PERIOD / 4);
    }
    output.note("the engine has stopped; the data stays");
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    running: bool,
    ready: bool,
    pid: Option<u32>,
    endpoint: Option<String>,
    engine: Option<String>,
    guard: Option<bool>,
    detached: bool,
    data: String,
}

pub fn status(state: &State, output: Output) -> Result<()> {
    let running = state.running()?;
    let ready = running.as_ref().is_some_and(|running| state.ready() == Some(running.pid));
    let status = Status {
        running: running.is_some(),
        ready,
        pid: running.as_ref().map(|running| running.pid),
        endpoint: running.as_ref().map(super::state::Running::endpoint),
        engine: running.as_ref().map(|running| running.settings.engine_name()),
        guard: running.as_ref().map(|running| running.settings.guard),
        detached: running.is_some() && state.is_kept(),
        data: match &running {
            Some(running) => running.settings.location(state),
            None => state.data().display().to_string(),
        },
    };
    output.result(&status, || match &status.endpoint {
        Some(endpoint) => format!(
            "running at {endpoint} (process {}{}), tables {}\ndata: {}",
            status.pid.unwrap_or_default(),
            if status.detached { ", detached" } else { "" },
            if ready { "ready" } else { "not ready" },
            status.data
        ),
        None => format!("not running\ndata: {}", status.data),
    });
    Ok(())
}

pub fn logs(state: &State) -> Result<()> {
    if let Some(text) = files::read(&state.log())? {
        output::print(&text);
    }
    Ok(())
}

pub fn reset(state: &State, yes: bool, output: Output) -> Result<()> {
    let data = state.data();
    let refused =
        |why: &str| Err(Failure::new(Code::Refused, format!("the data in {} was kept: {why}", data.display())));
    if !yes {
        match output::ask(&format!("Delete all local tables of this workspace, in {}? [y/N]", data.display())) {
            None => return refused("confirm it with `--yes`"),
            Some(answer) if !matches!(answer.as_str(), "y" | "yes") => return refused("not confirmed"),
            Some(_) => {}
        }
    }
    // Held until the data is deleted, so that no engine starts meanwhile.
    let Some(_lock) = state.lock_supervisor()? else {
        return refused("the engine runs; stop it with `monotable dev stop`");
    };
    engine::delete_data(state)?;
    output.note(&format!("deleted {}", data.display()));
    Ok(())
}
