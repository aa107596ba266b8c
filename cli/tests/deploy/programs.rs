//! The generated programs of a workspace, with the deployed table and nothing but the policies of the stack.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::emulator::{Emulator, Keys};
use crate::no_permissions;
use crate::support::http::Http;
use crate::support::lambda::{Function, request};
use crate::support::{Folder, Run};

/// The versions that the generated workspace is tested with.
const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/lambda.lock");

/// Enough for an answer.
const LIMIT: Duration = Duration::from_secs(60);

const CONFIG: &str = "shop/crates/my-table/config.json";

/// A workspace with a table, an API and its functions, and an empty account.
pub struct Programs {
    pub folder: Folder,
    pub emulator: Emulator,
}

/// The programs. The functions have one crate, and so one policy.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Program {
    Api,
    Lambda,
}

/// Why a program could not do something: the step, and what the program logged.
#[derive(Debug)]
struct Stopped {
    step: &'static str,
    log: String,
}

impl Programs {
    pub fn new() -> Self {
        let programs = Self { folder: Folder::new(), emulator: Emulator::start() };
        programs.folder.write("shop/Cargo.lock", &std::fs::read_to_string(LOCK).unwrap());
        for arguments in [&["new", "my-table"][..], &["connect", "api"], &["connect", "lambda"]] {
            programs.tool(&[arguments, &["--no-fetch"]].concat());
        }
        let mut config: Value = serde_json::from_str(&programs.folder.read(CONFIG)).unwrap();
        config["tableConfig"]["stream"] = "NEW_AND_OLD_IMAGES".into();
        programs.folder.write(CONFIG, &config.to_string());
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "--locked", "-p", "my-table-api", "-p", "my-table-lambda"]);
        programs.run(cargo.env("CARGO_TARGET_DIR", target()).env("CARGO_PROFILE_DEV_DEBUG", "0"));
        // Another test builds programs of the same names.
        for name in ["my-table-api", "my-table-lambda", "my-table-lambda-stream"] {
            std::fs::copy(target().join("debug").join(name), programs.binary(name)).unwrap();
        }
        programs
    }

    pub fn run(&self, command: &mut Command) -> Run {
        let run = Run::of(&command.current_dir(self.folder.path().join("shop")).stdin(Stdio::null()).output().unwrap());
        assert_eq!(run.code, 0, "{command:?}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    pub fn tool(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
        self.emulator.configure(&mut command, &Keys::root());
        self.run(command.args(arguments))
    }

    /// Deploys, and returns the outputs of the stack.
    pub fn deploy(&self) -> Value {
        let run = self.tool(&["deploy", "--yes", "--json"]);
        let last: Value = serde_json::from_str(run.stdout.lines().next_back().unwrap()).unwrap();
        last["outputs"].clone()
    }

    /// Returns the text of a managed policy.
    fn document(&self, arn: &Value) -> Value {
        let policy = self.emulator.call("iam", "get_policy", &json!({ "PolicyArn": arn }));
        let version = json!({ "PolicyArn": arn, "VersionId": policy["Policy"]["DefaultVersionId"] });
        let version = self.emulator.call("iam", "get_policy_version", &version);
        version["PolicyVersion"]["Document"].clone()
    }

    pub fn binary(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// A command of a deployed program, which finds its table through AppConfig.
    fn command(&self, name: &str, keys: &Keys, outputs: &Value) -> Command {
        let mut command = Command::new(self.binary(name));
        self.emulator.configure(&mut command, keys);
        let log = File::create(self.log()).unwrap();
        command.current_dir(self.folder.path()).env("CURSOR_KEY", "0123456789abcdef".repeat(4));
        command.env("RUNTIME_CONFIG_APP_ID", outputs["RuntimeConfigApplicationId"].as_str().unwrap());
        command.stderr(log.try_clone().unwrap()).stdout(log).stdin(Stdio::null());
        command
    }

    /// Starts a program with these credentials, and does everything that it can do.
    fn use_program(&self, program: Program, keys: &Keys, outputs: &Value) -> Result<(), Stopped> {
        let stopped = |step| Stopped { step, log: std::fs::read_to_string(self.log()).unwrap() };
        match program {
            Program::Api => {
                let http = Http::new();
                let mut command = self.command("my-table-api", keys, outputs);
                let mut api = Api(command.env("BIND_ADDRESS", http.address()).spawn().unwrap());
                if !api.is_ready(http) {
                    return Err(stopped("start"));
                }
                let send = |method: &str, path: &str, body: &Value| {
                    let answer =
                        if body.is_null() { http.send(method, path, "", "") } else { http.json(method, path, body) };
                    Some((answer.status, answer.body))
                };
                use_routes(send).map_err(stopped)
            }
            Program::Lambda => {
                let mut function = Function::start(&mut self.command("my-table-lambda", keys, outputs));
                let send = |method: &str, path: &str, body: &Value| {
                    let event = request(method, path, Some(body).filter(|body| !body.is_null()));
                    let answer = function.try_invoke(&event, LIMIT)?.body;
                    let status = answer["statusCode"].as_u64()?.try_into().ok()?;
                    Some((
                        status,
                        serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default(),
                    ))
                };
                use_routes(send).map_err(stopped)?;
                let records = self.records(keys).map_err(|(step, log)| Stopped { step, log })?;
                // The function handles the records that the routes have caused.
                let mut function = Function::start(&mut self.command("my-table-lambda-stream", keys, outputs));
                let outcome = function.invoke(&json!({ "Records": records }), LIMIT);
                assert_eq!(outcome.body, json!({ "batchItemFailures": [] }), "{outcome:?}");
                let log = stopped("").log;
                for text in ["an example was created", "an example was changed", "an example was deleted"] {
                    assert!(log.contains(text), "{text}: {log}");
                }
                Ok(())
            }
        }
    }

    /// Reads the stream as the event source mapping does: with the permissions of the function.
    fn records(&self, keys: &Keys) -> Result<Vec<Value>, (&'static str, String)> {
        let call = |name: &'static str, arguments: Value| {
            let answer = self.emulator.call_as(keys, "dynamodbstreams", name, &arguments);
            if answer["error"].is_null() { Ok(answer) } else { Err((name, answer.to_string())) }
        };
        let stream = call("list_streams", json!({}))?["Streams"][0]["StreamArn"].clone();
        let shards = call("describe_stream", json!({ "StreamArn": stream }))?["StreamDescription"]["Shards"].clone();
        let mut records = Vec::new();
        for shard in shards.as_array().unwrap() {
            let start =
                json!({ "StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON" });
            let iterator = call("get_shard_iterator", start)?["ShardIterator"].clone();
            records.extend(
                call("get_records", json!({ "ShardIterator": iterator }))?["Records"].as_array().unwrap().clone(),
            );
        }
        for record in &mut records {
            record["eventSourceARN"] = stream.clone();
            // A number in the event, but a time in Python.
            record["dynamodb"]["ApproximateCreationDateTime"] = json!(1_764_262_800.0);
        }
        Ok(records)
    }
}

/// Runs each program with its policy, and without each action of it.
pub fn run_with_policies() {
    let programs = Programs::new();
    let outputs = programs.deploy();
    for (program, output) in [(Program::Api, "MyTableApiPolicyArn"), (Program::Lambda, "MyTableLambdaPolicyArn")] {
        let (user, arn) = (format!("{program:?}"), &outputs[output]);
        let keys = programs.emulator.user(&user, &no_permissions());
        let attached = json!({ "UserName": user, "PolicyArn": arn });
        programs.emulator.call("iam", "attach_user_policy", &attached);
        if let Err(Stopped { step, log }) = programs.use_program(program, &keys, &outputs) {
            panic!("{program:?} cannot {step}: {log}");
        }

        programs.emulator.call("iam", "detach_user_policy", &attached);
        for (action, less) in without_each_action(&programs.document(arn)) {
            programs.emulator.allow(&user, &less);
            let Err(Stopped { step, log }) = programs.use_program(program, &keys, &outputs) else {
                panic!("{program:?} works without {action}: {less}")
            };
            assert!(log.contains(&action), "{program:?} without {action} cannot {step}: {log}");
        }
    }
}

/// Returns the policy without each of its actions, except those that the emulator does not check.
fn without_each_action(policy: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (number, statement) in policy["Statement"].as_array().unwrap().iter().enumerate() {
        let actions = statement["Action"].as_array().cloned().unwrap_or_else(|| vec![statement["Action"].clone()]);
        for action in actions.iter().map(|action| action.as_str().unwrap()).filter(|action| !action.starts_with("kms:"))
        {
            let mut less = policy.clone();
            let rest: Vec<&Value> = actions.iter().filter(|other| *other != action).collect();
            match rest.is_empty() {
                true => drop(less["Statement"].as_array_mut().unwrap().remove(number)),
                false => less["Statement"][number]["Action"] = json!(rest),
            }
            found.push((action.to_owned(), less));
        }
    }
    found
}

/// A running API.
struct Api(Child);

impl Api {
    /// Waits until it serves requests. Returns `false` if it ends instead.
    fn is_ready(&mut self, http: Http) -> bool {
        let until = Instant::now() + LIMIT;
        while http.try_send("GET", "/health", "", "").is_none_or(|answer| answer.status != 200) {
            if self.0.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < until, "the API is not ready");
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Uses each route once. Returns the first step that does not succeed.
pub fn use_routes(mut send: impl FnMut(&str, &str, &Value) -> Option<(u16, Value)>) -> Result<(), &'static str> {
    let mut step =
        |name: &'static str, method: &str, path: &str, body: Value, expected: u16| match send(method, path, &body) {
            Some((status, body)) if status == expected => Ok(body),
            _ => Err(name),
        };
    step("ready", "GET", "/ready", Value::Null, 200)?;
    let example = |name: &str| json!({ "name": name, "category": "tools" });
    let mut new = example("hammer");
    let id = format!("{:x}", rand());
    new["id"] = id.as_str().into();
    let path = format!("/examples/{id}");
    step("create", "POST", "/examples", new, 201)?;
    assert_eq!(step("get", "GET", &path, Value::Null, 200)?["name"], "hammer");
    for list in ["list-by-category?category=tools&limit=100", "by-date?limit=100"] {
        let found = step("list", "GET", &format!("/queries/examples/{list}"), Value::Null, 200)?;
        assert!(found["items"].as_array().unwrap().iter().any(|item| item["id"] == id), "{list}: {found}");
    }
    step("replace", "PUT", &path, example("saw"), 200)?;
    assert_eq!(step("patch", "PATCH", &path, json!({ "category": "plants" }), 200)?["name"], "saw");
    step("delete", "DELETE", &path, Value::Null, 204)?;
    step("get", "GET", &path, Value::Null, 404).map(drop)
}

/// A number that no other run has.
fn rand() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated")
}
