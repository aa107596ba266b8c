//! What a supervisor starts outside its own process. If the supervisor is killed, the next one finds the record and removes it.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::dev::engine::Container;
use crate::dev::state::State;
use crate::failure::Result;

/// A process or a container that the supervisor has started.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Leftover {
    process: Option<Process>,
    container: Option<Container>,
    /// Whether the container may still exist. Its name is kept, because it is also the name of the volume.
    is_started: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Process {
    id: u32,
    /// Occurs in its command line. Another process may have got the same id.
    mark: String,
}

pub fn record_process(state: &State, id: Option<u32>, folder: &Path) -> Result<()> {
    let process = id.map(|id| Process { id, mark: folder.display().to_string() });
    state.set_leftover(&Leftover { process, is_started: true, ..last(state) })
}

pub fn record_container(state: &State, container: &Container) -> Result<()> {
    state.set_leftover(&Leftover { process: None, container: Some(container.clone()), is_started: true })
}

/// Records that the engine has stopped in order. On a full disk, the old record stays, and the next start looks for the engine in vain.
pub fn forget(state: &State) {
    if last(state).is_started {
        let _ = state.set_leftover(&Leftover { process: None, is_started: false, ..last(state) });
    }
}

/// Returns the container that the workspace has used last.
pub fn last_container(state: &State) -> Option<Container> {
    last(state).container
}

pub fn remove(state: &State) -> Result<()> {
    let leftover = last(state);
    if !leftover.is_started {
        return Ok(());
    }
    if let Some(process) = &leftover.process {
        end(process);
    } else if let Some(container) = &leftover.container {
        container.remove(state)?;
    }
    forget(state);
    Ok(())
}

fn last(state: &State) -> Leftover {
    state.leftover().unwrap_or_default()
}

#[cfg(unix)]
fn end(process: &Process) {
    use nix::sys::signal::{Signal, kill};
    let id = process.id.to_string();
    let listed = Command::new("ps").args(["-o", "command=", "-p", &id]).stdin(Stdio::null()).output();
    let is_ours = listed.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(&process.mark));
    if let (true, Ok(id)) = (is_ours, i32::try_from(process.id)) {
        // An error means that the process has already ended.
        let _ = kill(nix::unistd::Pid::from_raw(id), Signal::SIGKILL);
    }
}

#[cfg(not(unix))]
fn end(process: &Process) {
    let _ = &process.mark;
    let arguments = ["/F", "/PID", &process.id.to_string()];
    let _ = Command::new("taskkill").args(arguments).stdin(Stdio::null()).output();
}
