//! Attaches to the supervisor of a workspace, and starts it if it does not run.

use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::dev::engine::Settings;
use crate::dev::state::{Ended, Running, State};
use crate::failure::{Code, Failure, Result};

const PAUSE: Duration = Duration::from_millis(20);

pub struct Options {
    pub settings: Settings,
    pub deadline: Duration,
}

/// A lease on the engine. Dropping it gives the engine up.
pub struct Attached<'s> {
    state: &'s State,
    pub running: Running,
    lease: File,
}

impl Attached<'_> {
    pub fn endpoint(&self) -> String {
        self.running.endpoint()
    }

    /// Returns an error if the supervisor has ended. `Ok(true)`: `dev stop` has stopped it.
    pub fn check(&self) -> Result<bool> {
        if self.state.running()?.is_some_and(|running| running.pid == self.running.pid) {
            return Ok(false);
        }
        match self.state.ended() {
            Some(Ended::Stopped) => Ok(true),
            Some(Ended::Failed { message, .. }) => {
                Err(Failure::failed(format!("{message}; its log is {}", self.state.log().display())))
            }
            None if self.state.is_stop_requested() => Ok(true),
            None => Err(Failure::failed(format!("the engine has crashed; its log is {}", self.state.log().display()))),
        }
    }

    /// Gives up the lease, and waits until the engine has stopped if this was the last one.
    pub async fn leave(self) -> Result<()> {
        let Self { state, running, lease } = self;
        drop(lease);
        for _ in 0..100 {
            tokio::time::sleep(PAUSE).await;
            if state.running()?.is_none_or(|found| found.pid != running.pid) {
                break;
            }
            // Another `dev` holds a lease, or the engine is detached.
            let probe = state.lease()?;
            if probe.try_lock().is_err() || state.is_kept() {
                break;
            }
        }
        Ok(())
    }
}

pub async fn attach<'s>(state: &'s State, options: &Options) -> Result<Attached<'s>> {
    let until = Instant::now() + options.deadline;
    // Waits while a supervisor is stopping: it holds the lease exclusively until it has ended.
    let lease = loop {
        let lease = state.lease()?;
        if lease.try_lock_shared().is_ok() {
            break lease;
        }
        pause(until, "another `dev` to stop").await?;
    };
    let mut supervisor: Option<Child> = None;
    loop {
        match state.running()? {
            Some(running) => {
                running.settings.check(&options.settings)?;
                if TcpStream::connect((Ipv4Addr::LOCALHOST, running.settings.port)).is_ok() {
                    return Ok(Attached { state, running, lease });
                }
            }
            None => match &mut supervisor {
                None => supervisor = Some(spawn(state, options)?),
                Some(child) => {
                    // A supervisor that finds another one ends at once, and the other one is used.
                    let has_ended = child.try_wait().is_ok_and(|status| status.is_some());
                    if has_ended && state.lock_supervisor()?.is_some() {
                        return Err(match state.ended() {
                            Some(Ended::Failed { code, message }) => Failure { code, message },
                            Some(Ended::Stopped) => Failure::failed("the engine was stopped by `monotable dev stop`"),
                            None => Failure::failed(format!(
                                "the engine did not start; its log is {}",
                                state.log().display()
                            )),
                        });
                    }
                }
            },
        }
        pause(until, "the engine").await?;
    }
}

/// Gets what the engine needs, and starts a supervisor in its own process group, so that Ctrl-C does not reach it.
fn spawn(state: &State, options: &Options) -> Result<Child> {
    state.set_ended(None)?;
    if let Some(container) = &options.settings.container {
        // Here and not in the supervisor, so that the user sees the progress.
        container.pull(state, false)?;
    }
    let program =
        std::env::current_exe().map_err(|error| Failure::failed(format!("cannot find this program: {error}")))?;
    let log = OpenOptions::new().create(true).append(true).open(state.log());
    let log = log.map_err(|error| Failure::io("open", &state.log(), error))?;
    let errors = log.try_clone().map_err(|error| Failure::io("open", &state.log(), error))?;
    let mut command = Command::new(&program);
    let settings = serde_json::to_string(&options.settings)
        .map_err(|error| Failure::failed(format!("the settings of the engine have no JSON form: {error}")))?;
    command.args(["dev", "supervise", "--settings", &settings]);
    command.arg("--state").arg(state.folder()).arg("--root").arg(&state.root);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.current_dir(state.folder()).stdin(Stdio::null()).stdout(log).stderr(errors);
    command.spawn().map_err(|error| Failure::io("start", &program, error))
}

async fn pause(until: Instant, what: &str) -> Result<()> {
    if Instant::now() >= until {
        return Err(Failure::new(
            Code::Deadline,
            format!("gave up waiting for {what}; `monotable dev logs` shows why"),
        ));
    }
    tokio::time::sleep(PAUSE).await;
    Ok(())
}
