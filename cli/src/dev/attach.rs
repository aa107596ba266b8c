//! Attaches to the supervisor of a workspace, and starts it if it does not run.

use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::dev::state::{Ended, Running, State};
use crate::failure::{Code, Failure, Result};

const PAUSE: Duration = Duration::from_millis(20);

pub struct Options {
    pub port: u16,
    pub guard: bool,
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
            _ => Err(Failure::failed(format!("the engine has crashed; its log is {}", self.state.log().display()))),
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
                check(&running, options)?;
                if TcpStream::connect((Ipv4Addr::LOCALHOST, running.port)).is_ok() {
                    return Ok(Attached { state, running, lease });
                }
            }
            None => match &mut supervisor {
                None => supervisor = Some(spawn(state, options)?),
                Some(child) => {
                    // A supervisor that finds another one ends at once, and the other one is used.
                    let has_ended = child.try_wait().is_ok_and(|status| status.is_some());
                    if has_ended && state.lock_supervisor()?.is_some() {
                        return Err(Failure::failed(match state.ended() {
                            Some(Ended::Failed(message)) => message,
                            Some(Ended::Stopped) => "the engine was stopped by `monotable dev stop`".to_owned(),
                            None => format!("the engine did not start; its log is {}", state.log().display()),
                        }));
                    }
                }
            },
        }
        pause(until, "the engine").await?;
    }
}

/// Starts a supervisor in its own process group, so that Ctrl-C does not reach it.
fn spawn(state: &State, options: &Options) -> Result<Child> {
    state.set_ended(None)?;
    let program =
        std::env::current_exe().map_err(|error| Failure::failed(format!("cannot find this program: {error}")))?;
    let log = OpenOptions::new().create(true).append(true).open(state.log());
    let log = log.map_err(|error| Failure::io("open", &state.log(), error))?;
    let errors = log.try_clone().map_err(|error| Failure::io("open", &state.log(), error))?;
    let mut command = Command::new(&program);
    command.args(["dev", "supervise", "--port", &options.port.to_string()]);
    command.arg("--state").arg(state.folder()).arg("--root").arg(&state.root);
    if !options.guard {
        command.arg("--no-guard");
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.current_dir(state.folder()).stdin(Stdio::null()).stdout(log).stderr(errors);
    command.spawn().map_err(|error| Failure::io("start", &program, error))
}

fn check(running: &Running, options: &Options) -> Result<()> {
    let port = options.port;
    if running.guard != options.guard {
        let (has, wants) = if running.guard { ("with", "without") } else { ("without", "with") };
        return Err(Failure::failed(format!(
            "the engine of this workspace runs {has} the guard, not {wants} it; run `monotable dev stop` and start again"
        )));
    }
    if running.port == port {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "the engine of this workspace listens on port {}, but config.json has {port}; run `monotable dev stop` and start again",
        running.port
    )))
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
