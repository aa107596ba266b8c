//! A workspace with a table, and `monotable dev` in it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Folder, Run};

/// A workspace with one table on a free port, and its own folder for states.
pub struct Workspace {
    pub folder: Folder,
    pub port: u16,
    /// Variables of the commands.
    pub environment: Vec<(&'static str, String)>,
}

/// A `dev` that runs.
pub struct Dev(pub Child);

impl Workspace {
    pub fn new() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let workspace = Self { folder: Folder::new(), port, environment: Vec::new() };
        workspace.config(port);
        workspace
    }

    pub fn config(&self, port: u16) {
        self.config_with(port, "");
    }

    /// Writes a config.json with more words of `localDev`, such as `, "engine": "endpoint"`.
    pub fn config_with(&self, port: u16, more: &str) {
        let text = format!(
            r#"{{ "runtimeConfigKey": "Shop", "localDev": {{ "port": {port}, "tableName": "shop-orders"{more} }} }}"#
        );
        self.folder.write("config.json", &text);
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("MONOTABLE_STATE_DIR", self.folder.path().join("states"));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&self.command(arguments).output().unwrap())
    }

    /// Starts `dev`, and waits for its ready line.
    pub fn dev(&self, arguments: &[&str]) -> Dev {
        let mut command = self.command(&[&["dev"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        if !line.starts_with("ready: table `shop-orders`") {
            let run = Run::of(&child.wait_with_output().unwrap());
            panic!("{line}{run:?}");
        }
        Dev(child)
    }

    pub fn is_running(&self) -> bool {
        self.status()["running"].as_bool().unwrap()
    }

    pub fn status(&self) -> serde_json::Value {
        serde_json::from_str(&self.run(&["dev", "status", "--json"]).stdout).unwrap()
    }

    pub fn stopped(&self) -> bool {
        eventually(|| !self.is_running())
    }

    /// Sends a request as a browser would, and returns the status line.
    pub fn request(&self, headers: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        let body = "{}";
        let request = format!(
            "POST / HTTP/1.1\r\n{headers}X-Amz-Target: DynamoDB_20120810.ListTables\r\n\
             Content-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20261127T000000Z\r\nContent-Length: {}\r\nConnection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=UNUSED/20261127/us-east-1/dynamodb/aws4_request, \
             SignedHeaders=host, Signature=0\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response.lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.run(&["dev", "stop"]);
    }
}

impl Dev {
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id().try_into().unwrap()), signal).unwrap();
    }

    pub fn ends(mut self) -> Run {
        assert!(eventually(|| self.0.try_wait().unwrap().is_some()), "the process must end");
        Run::of(&self.0.wait_with_output().unwrap())
    }

    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

pub fn eventually(mut condition: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}
