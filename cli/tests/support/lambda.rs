//! A stand-in for the runtime API of AWS Lambda, from which a function gets its events:
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

const VERSION: &str = "/2018-06-01/runtime";

/// A running function.
pub struct Function {
    child: Child,
    events: Sender<Event>,
    outcomes: Receiver<Outcome>,
    count: usize,
}

struct Event {
    id: String,
    deadline: Duration,
    body: String,
}

/// How an invocation ended.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub id: String,
    /// `response` or `error`.
    pub kind: String,
    pub body: Value,
}

impl Function {
    /// Starts the function that this command runs. Its logs go to the command's standard output.
    pub fn start(command: &mut Command) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (events, queue) = channel();
        let (results, outcomes) = channel();
        let queue = Arc::new(Mutex::new(queue));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (queue, results) = (Arc::clone(&queue), results.clone());
                std::thread::spawn(move || serve(&stream, &queue, &results));
            }
        });
        command
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            // The tests let it panic.
            .env("RUST_BACKTRACE", "0");
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        Self { child, events, outcomes, count: 0 }
    }

    /// Sends an event with this time limit, and returns what the function answers. Lambda would stop a function that does not answer
    /// within the limit, so this fails.
    pub fn invoke(&mut self, event: &Value, limit: Duration) -> Outcome {
        let outcome = self.try_invoke(event, limit);
        outcome.unwrap_or_else(|| panic!("the function ended, or did not answer before its deadline"))
    }

    /// Sends an event. Returns `None` if the function ends, or if it does not answer within the limit.
    pub fn try_invoke(&mut self, event: &Value, limit: Duration) -> Option<Outcome> {
        self.count += 1;
        let id = format!("8476a536-e9f4-11e8-9739-{:012}", self.count);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        self.events.send(Event { id: id.clone(), deadline: now + limit, body: event.to_string() }).unwrap();
        let until = Instant::now() + limit;
        while Instant::now() < until && self.is_running() {
            if let Ok(outcome) = self.outcomes.recv_timeout(Duration::from_millis(20)) {
                assert_eq!(outcome.id, id);
                return Some(outcome);
            }
        }
        None
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // `monotable dev` then stops what it has started.
        let _ = kill(Pid::from_raw(self.child.id().try_into().unwrap()), Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

/// The recorded event of an API Gateway, with another request.
pub fn request(method: &str, path: &str, body: Option<&Value>) -> Value {
    let text = include_str!("../../templates/connect/lambda/events/request.json");
    let mut event: Value = serde_json::from_str(text).unwrap();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    event["rawPath"] = path.into();
    event["rawQueryString"] = query.into();
    event["requestContext"]["http"]["method"] = method.into();
    event["requestContext"]["http"]["path"] = path.into();
    if let Some(body) = body {
        event["headers"]["content-type"] = "application/json".into();
        event["body"] = body.to_string().into();
    }
    event
}

/// Serves the requests of a connection.
fn serve(stream: &TcpStream, queue: &Mutex<Receiver<Event>>, results: &Sender<Outcome>) {
    let mut reader = BufReader::new(stream);
    while let Some((request, body)) = read(&mut reader) {
        let path: Vec<&str> = request.split(' ').nth(1).unwrap().strip_prefix(VERSION).unwrap().split('/').collect();
        let answer = match path[..] {
            ["", "invocation", "next"] => {
                let Ok(event) = queue.lock().unwrap().recv() else { return };
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nLambda-Runtime-Aws-Request-Id: {}\r\n\
                     Lambda-Runtime-Deadline-Ms: {}\r\n\
                     Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:function\r\n\
                     Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1\r\n\
                     content-length: {}\r\n\r\n{}",
                    event.id,
                    event.deadline.as_millis(),
                    event.body.len(),
                    event.body
                )
            }
            ["", "invocation", id, kind @ ("response" | "error")] => {
                let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
                let _ = results.send(Outcome { id: id.to_owned(), kind: kind.to_owned(), body });
                "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned()
            }
            _ => panic!("the runtime API has no path for {request}"),
        };
        if { stream }.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads the first line of a request, and its body.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<(String, String)> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut length = 0;
    loop {
        let header = line()?.to_lowercase();
        if header.is_empty() {
            break;
        }
        assert!(!header.starts_with("transfer-encoding"), "{header}");
        if let Some(value) = header.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, String::from_utf8_lossy(&body).into_owned()))
}
