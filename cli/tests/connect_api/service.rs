//! A generated API that runs, with a proxy between it and the engine of its table.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::proxy::{Fault, Proxy};
use crate::support::dev::{Dev, Workspace};
use crate::support::http::{Answer, Http};
use crate::support::shop::Shop;

/// The program, which is built once.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let shop = Shop::new();
    shop.add_entities();
    let program = shop.build();
    // Another test may build a program of the same name.
    let copy = program.with_file_name("my-table-api-under-test");
    let _ = std::fs::remove_file(&copy);
    std::fs::copy(&program, &copy).unwrap();
    copy
});

/// A running API. Each one has its own table.
pub struct Service {
    pub http: Http,
    pub child: Child,
    fault: Arc<Mutex<Fault>>,
    /// How many requests of the program have reached the proxy.
    requests: Arc<AtomicUsize>,
    engine: Option<Dev>,
    workspace: Workspace,
    _runtime: Runtime,
}

/// What no error may contain: the values and the keys of the item that `Service::start` creates, and names of the table.
const SECRETS: [&str; 7] =
    ["hidden-name", "hidden-category", "EXAMPLE#", "CATEGORY#", "gsi1pk", "shop-orders", "made up"];

impl Service {
    /// Starts everything, and creates the item `/examples/stored`.
    pub fn start() -> Self {
        Self::start_with("proxied.json", "")
    }

    /// Starts the program without the proxy.
    pub fn start_direct() -> Self {
        Self::start_with("config.json", "")
    }

    /// Starts the program with this configuration, after a command of the shell such as `ulimit`.
    pub fn start_with(file: &str, shell: &str) -> Self {
        let program = PROGRAM.clone();
        let workspace = Workspace::new();
        let key = |name: &str| json!({ "indexName": format!("{name}pk-{name}sk-index"), "partitionKey": format!("{name}pk"), "sortKey": format!("{name}sk") });
        let config = |port: u16| {
            json!({
                "runtimeConfigKey": "MyTable",
                "localDev": { "port": port, "tableName": "shop-orders", "engine": "embedded" },
                "tableConfig": { "globalSecondaryIndexes": [key("gsi1"), key("gsi2")] },
            })
        };
        workspace.folder.write("config.json", &config(workspace.port).to_string());
        let engine = workspace.dev(&[]);

        let runtime = Runtime::new().unwrap();
        let fault = Arc::new(Mutex::new(Fault::None));
        let requests = Arc::new(AtomicUsize::new(0));
        let (rule, count) = (Arc::clone(&fault), Arc::clone(&requests));
        let endpoint = format!("http://127.0.0.1:{}", workspace.port);
        let proxy = runtime.block_on(Proxy::start(&endpoint, "", move |_, _, _| {
            count.fetch_add(1, Ordering::SeqCst);
            *lock(&rule)
        }));
        workspace.folder.write("proxied.json", &config(proxy.port()).to_string());

        let http = Http::new();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{shell}\nexec \"$0\"")]).arg(program);
        command.env("LOCAL_DEV", "true").env("BIND_ADDRESS", http.address());
        command.env("MONOTABLE_CONFIG", workspace.folder.path().join(file));
        command.env("CURSOR_KEY", "0123456789abcdef".repeat(4));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let service = Self { http, child, fault, requests, engine: Some(engine), workspace, _runtime: runtime };
        http.wait(Duration::from_secs(30));
        let item = json!({ "id": "stored", "name": "hidden-name", "category": "hidden-category" });
        assert_eq!(http.json("POST", "/examples", &item).status, 201);
        service
    }

    /// Selects what happens to the requests of the program to its table.
    pub fn table(&self, fault: Fault) {
        *lock(&self.fault) = fault;
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub fn stop_engine(&mut self) {
        self.engine.take().unwrap().signal(Signal::SIGTERM);
        assert!(self.workspace.stopped());
    }

    pub fn start_engine(&mut self) {
        self.engine = Some(self.workspace.dev(&[]));
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Checks that an answer is a problem with this status, which shows nothing that the client did not send.
    pub fn expect(&self, answer: &Answer, status: u16, of: &str) {
        assert_eq!(answer.status, status, "{of}: {answer:?}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{of}");
        assert_eq!(answer.body["status"], status, "{of}");
        let text = format!("{}{}", answer.headers, answer.body);
        for secret in SECRETS {
            assert!(!text.contains(secret), "{of}: {text}");
        }
        assert_eq!(answer.header("retry-after"), if status == 503 { "1" } else { "" }, "{of}");
    }

    /// Sends a body that is JSON, and checks the problem.
    pub fn rejects(&self, method: &str, path: &str, body: &str, status: u16) {
        let answer = self.http.send(method, path, "content-type: application/json\r\n", body);
        self.expect(&answer, status, &format!("{method} {path} {body:.80}"));
    }

    /// Checks that the program still reads and writes.
    pub fn works(&mut self) {
        let status = self.child.try_wait().unwrap();
        assert!(status.is_none(), "the program has ended: {status:?}");
        assert_eq!(self.http.get("/examples/stored").body["name"], "hidden-name");
        let patch = json!({ "category": "hidden-category" });
        assert_eq!(self.http.json("PATCH", "/examples/stored", &patch).status, 200);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(engine) = self.engine.take() {
            engine.signal(Signal::SIGTERM);
            let _ = engine.ends();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opens a connection and sends the first part of a request.
pub fn send_part(http: Http, part: &str) -> TcpStream {
    let mut stream = http.connect().unwrap();
    stream.write_all(part.as_bytes()).unwrap();
    stream
}

/// Reads until the server closes the connection. Returns the status line; it is empty if the server has closed without an answer.
pub fn read_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A connection that is reset has also ended.
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "the connection stays open");
    }
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}
