//! MiniStack, an emulator of AWS, with a proxy in front of it that has the rules which MiniStack does not have.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub const REGION: &str = "eu-central-1";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy");

/// The interpreter that has `requirements.txt` installed.
pub fn python() -> PathBuf {
    let default = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("ministack-venv/bin/python");
    std::env::var_os("MONOTABLE_TEST_MINISTACK").map_or(default, PathBuf::from)
}

/// Returns the reason if MiniStack is not installed.
pub fn absence() -> Option<String> {
    if std::env::var_os("MONOTABLE_TEST_MINISTACK").is_some() {
        return None;
    }
    let python = python();
    let output = Command::new(&python).args(["-c", "import ministack, boto3"]).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => None,
        _ => Some(format!("`{} -c 'import ministack, boto3'` fails; .ci/run installs them", python.display())),
    }
}

/// An empty AWS account. Its processes end with it.
pub struct Emulator {
    /// The address of the proxy.
    pub address: String,
    processes: Vec<Child>,
    requests: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

/// The credentials of a user.
#[derive(Debug, Clone)]
pub struct Keys {
    pub id: String,
    pub secret: String,
}

impl Keys {
    /// The credentials that may do everything.
    pub fn root() -> Self {
        Self { id: "test".into(), secret: "test".into() }
    }
}

impl Emulator {
    pub fn start() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut ministack = Command::new(python())
            .args(["-m", "ministack"])
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AUTH", "true")
            // For the functions that it runs.
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = ministack.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < until, "MiniStack does not start: {ended:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
        let upstream = format!("http://127.0.0.1:{port}");
        let mut rules = script("rules.py").arg(upstream).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(rules.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("ready ").expect("the proxy does not start");
        let address = format!("http://127.0.0.1:{port}");
        let mut aws = script("aws.py").arg(&address).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let requests = RefCell::new((aws.stdin.take().unwrap(), BufReader::new(aws.stdout.take().unwrap())));
        Self { address, processes: vec![aws, rules, ministack], requests }
    }

    /// Calls a function of boto3, or a control of the proxy.
    pub fn call(&self, service: &str, name: &str, arguments: &Value) -> Value {
        self.call_as(&Keys::root(), service, name, arguments)
    }

    /// Calls a function of boto3 as a user.
    pub fn call_as(&self, keys: &Keys, service: &str, name: &str, arguments: &Value) -> Value {
        let (input, output) = &mut *self.requests.borrow_mut();
        writeln!(input, "{}", json!([service, name, arguments, [keys.id, keys.secret]])).unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{service} {name} {arguments}: {error}: {line}"))
    }

    pub fn control(&self, name: &str, arguments: &Value) {
        self.call("rules", name, arguments);
    }

    /// Returns the actions of CloudFormation that were requested since the start or the last reset.
    pub fn actions(&self) -> Vec<String> {
        let log = self.call("rules", "log", &Value::Null);
        log.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
    }

    /// Creates a user with this policy and no other permission.
    pub fn user(&self, name: &str, policy: &Value) -> Keys {
        self.call("iam", "create_user", &json!({ "UserName": name }));
        let keys = self.call("iam", "create_access_key", &json!({ "UserName": name }));
        self.allow(name, policy);
        let text = |key: &str| keys["AccessKey"][key].as_str().unwrap().to_owned();
        Keys { id: text("AccessKeyId"), secret: text("SecretAccessKey") }
    }

    /// Replaces the policy of a user.
    pub fn allow(&self, name: &str, policy: &Value) {
        let arguments = json!({ "UserName": name, "PolicyName": "p", "PolicyDocument": policy.to_string() });
        let answer = self.call("iam", "put_user_policy", &arguments);
        assert!(answer["error"].is_null(), "{answer}");
    }

    /// Returns the description of a table.
    pub fn table(&self, name: &str) -> Value {
        self.call("dynamodb", "describe_table", &json!({ "TableName": name }))["Table"].clone()
    }

    /// Lets a command use this account.
    pub fn configure(&self, command: &mut Command, keys: &Keys) {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            command.env_remove(name);
        }
        command
            .env_remove("LOCAL_DEV")
            .env("AWS_ENDPOINT_URL", &self.address)
            .env("AWS_ACCESS_KEY_ID", &keys.id)
            .env("AWS_SECRET_ACCESS_KEY", &keys.secret)
            .env("AWS_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true");
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

pub fn script(name: &str) -> Command {
    let mut command = Command::new(python());
    // No `__pycache__` in the sources.
    command.arg("-B").arg(Path::new(FOLDER).join(name)).stdin(Stdio::null());
    command
}
