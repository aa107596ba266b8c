//! DynamoDB Local in a container, through the command line of docker, podman, finch or nerdctl.

use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;

use monotable_config::LocalDev;
use serde::{Deserialize, Serialize};

use crate::dev::state::State;
use crate::failure::{Code, Failure, Result};

/// The programs that can run containers, in the order in which they are tried if config.json names none.
const PROGRAMS: [&str; 4] = ["docker", "podman", "finch", "nerdctl"];
const IMAGE: &str = "public.ecr.aws/aws-dynamodb-local/aws-dynamodb-local:latest";
/// The label that names the workspace to which a container belongs.
const LABEL: &str = "monotable.workspace";
/// The port inside the container.
const INNER_PORT: u16 = 8000;

/// The container of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    program: String,
    image: String,
    name: String,
}

/// A container that runs.
pub struct Running {
    container: Container,
    port: u16,
    /// Copies the container's output to the log of the supervisor.
    logs: Mutex<Child>,
}

/// The image that a name stood for when it was pulled last.
#[derive(Serialize, Deserialize)]
pub struct Pulled {
    image: String,
    digest: String,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} container `{}` of {}", self.program, self.name, self.image)
    }
}

impl Container {
    pub fn of(state: &State, local: &LocalDev) -> Result<Self> {
        let program = match &local.container_engine {
            Some(program) if PROGRAMS.contains(&program.as_str()) => program.clone(),
            Some(program) => {
                return Err(Failure::usage(format!(
                    "`localDev.containerEngine` is `{program}`; it can be {}",
                    PROGRAMS.join(", ")
                )));
            }
            None => installed()?,
        };
        let name = local.container_name.clone().unwrap_or_else(|| format!("monotable-{}", state.name()));
        Ok(Self { program, image: local.image.clone().unwrap_or_else(|| IMAGE.to_owned()), name })
    }

    pub fn volume(&self) -> String {
        format!("{}-data", self.name)
    }

    /// Gets the image if this machine does not have it, or in any case with `refresh`, and records its digest. Until the next
    /// refresh, the workspace uses exactly this image.
    pub fn pull(&self, state: &State, refresh: bool) -> Result<bool> {
        if !refresh && self.succeeds(&["image", "inspect", &self.pinned(state)])? {
            return Ok(false);
        }
        let image = if refresh { self.image.clone() } else { self.pinned(state) };
        // Standard output is for results of ours.
        let status = self.command(&["pull", &image]).stdout(std::io::stderr()).status();
        let status = status.map_err(|error| self.not_started(&error))?;
        if !status.success() {
            return Err(Failure::failed(format!("`{} pull {image}` failed ({status})", self.program)));
        }
        let digests = self.run(&["image", "inspect", "--format", "{{json .RepoDigests}}", &image])?;
        let digests: Vec<String> = serde_json::from_str(digests.trim()).unwrap_or_default();
        if let Some(digest) = digests.into_iter().next() {
            state.set_pulled(&Pulled { image: self.image.clone(), digest })?;
        }
        Ok(true)
    }

    /// Returns the image with the digest that was recorded for it.
    fn pinned(&self, state: &State) -> String {
        match state.pulled() {
            Some(pulled) if pulled.image == self.image => pulled.digest,
            _ => self.image.clone(),
        }
    }

    /// Starts the container. A container of this workspace that still exists is replaced: its supervisor was killed, so its port and
    /// image may be out of date. Its volume stays.
    pub fn start(&self, state: &State, port: u16) -> Result<Running> {
        self.remove(state)?;
        let port = if port == 0 { free_port()? } else { port };
        let publish = format!("127.0.0.1:{port}:{INNER_PORT}");
        let volume = format!("{}:/home/dynamodblocal/data", self.volume());
        let label = format!("{LABEL}={}", state.root.display());
        let inner = INNER_PORT.to_string();
        let image = self.pinned(state);
        #[rustfmt::skip]
        let arguments = [
            "run", "--detach", "--name", &self.name, "--label", &label, "--publish", &publish, "--volume", &volume,
            // The volume belongs to root.
            "--user", "root", "--workdir", "/home/dynamodblocal", "--env", "DDB_LOCAL_TELEMETRY=0", &image,
            "-jar", "DynamoDBLocal.jar", "-sharedDb", "-dbPath", "./data", "-cors", "http://127.0.0.1:1", "-port", &inner,
        ];
        self.run(&arguments)?;
        let logs = self.command(&["logs", "--follow", &self.name]).spawn().map_err(|error| self.not_started(&error))?;
        Ok(Running { container: self.clone(), port, logs: Mutex::new(logs) })
    }

    /// Removes the container if it exists and belongs to this workspace, and keeps its volume.
    pub fn remove(&self, state: &State) -> Result<()> {
        let format = format!("{{{{index .Config.Labels \"{LABEL}\"}}}}");
        let arguments = ["container", "inspect", "--format", &format, &self.name];
        let inspected = self.output(&arguments)?;
        if !inspected.status.success() {
            return Ok(());
        }
        let owner = String::from_utf8_lossy(&inspected.stdout).trim().to_owned();
        if owner != state.root.display().to_string() {
            return Err(Failure::failed(format!(
                "a container `{}` exists already, and it does not belong to this workspace; remove it, or choose another \
                 `localDev.containerName`",
                self.name
            )));
        }
        // DynamoDB Local writes its data when it is asked to stop.
        let _ = self.output(&["stop", "-t", "5", &self.name])?;
        self.run(&["rm", "--force", &self.name]).map(drop)
    }

    pub fn remove_volume(&self) -> Result<()> {
        match self.succeeds(&["volume", "inspect", &self.volume()])? {
            true => self.run(&["volume", "rm", &self.volume()]).map(drop),
            false => Ok(()),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).stdin(Stdio::null());
        command
    }

    fn output(&self, arguments: &[&str]) -> Result<Output> {
        self.command(arguments).output().map_err(|error| self.not_started(&error))
    }

    fn succeeds(&self, arguments: &[&str]) -> Result<bool> {
        Ok(self.output(arguments)?.status.success())
    }

    /// Runs the program, and returns its standard output.
    fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.output(arguments)?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(Failure::failed(format!(
                "`{} {}` failed: {}",
                self.program,
                arguments.first().copied().unwrap_or_default(),
                String::from_utf8_lossy(&output.stderr).trim()
            ))),
        }
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        let message = format!(
            "cannot start `{}`: {error}; install it, or set `localDev.engine` to `embedded`, which needs no other program",
            self.program
        );
        Failure::new(Code::MissingTool, message)
    }
}

impl Running {
    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn is_running(&self) -> bool {
        let follows = |logs: &mut Child| matches!(logs.try_wait(), Ok(None));
        if self.logs.lock().is_ok_and(|mut logs| follows(&mut logs)) {
            return true;
        }
        // The program that follows the log may have ended for another reason.
        let state =
            self.container.run(&["container", "inspect", "--format", "{{.State.Running}}", &self.container.name]);
        state.is_ok_and(|state| state.trim() == "true")
    }

    /// Stops and removes the container, and keeps its volume.
    pub fn stop(self) -> Result<()> {
        let name = &self.container.name;
        let _ = self.container.output(&["stop", "-t", "5", name])?;
        let removed = self.container.run(&["rm", "--force", name]).map(drop);
        if let Ok(mut logs) = self.logs.lock() {
            let _ = logs.kill();
            let _ = logs.wait();
        }
        removed
    }
}

/// Returns the first program of [`PROGRAMS`] that this machine has.
fn installed() -> Result<String> {
    let answers = |program: &&str| {
        let asked = Command::new(program).arg("--version").stdin(Stdio::null()).output();
        asked.is_ok_and(|output| output.status.success())
    };
    PROGRAMS.into_iter().find(answers).map(str::to_owned).ok_or_else(|| {
        Failure::new(
            Code::MissingTool,
            format!(
                "the engine `container` needs one of {}; install one, or set `localDev.engine` to `embedded`",
                PROGRAMS.join(", ")
            ),
        )
    })
}

fn free_port() -> Result<u16> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    port.map(|address| address.port()).map_err(|error| Failure::failed(format!("cannot find a free port: {error}")))
}
