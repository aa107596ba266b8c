//! `monotable connect lambda`, and its functions with a stand-in for the runtime API of Lambda.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::http::Http;
use support::lambda::{Function, request};
use support::{Folder, Run, golden};

const GIT: [&str; 3] = ["--monotable-git", "https://example.com/monotable", "--no-fetch"];

/// A workspace with the table `my-table`.
fn workspace() -> Folder {
    let folder = Folder::new();
    folder.write("shop/.keep", "");
    let run = folder.run_in("shop", &[&["new", "my-table"], &GIT[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    folder
}

fn connect(folder: &Folder, kind: &str, arguments: &[&str]) -> Run {
    folder.run_in("shop", &[&["connect", kind, "--no-fetch"], arguments].concat())
}

fn ok(folder: &Folder, kind: &str, arguments: &[&str]) -> Run {
    let run = connect(folder, kind, arguments);
    assert_eq!(run.code, 0, "{run:?}");
    run
}

/// To write the golden tree again, run `MONOTABLE_WRITE_GOLDEN=1 cargo test -p monotable-cli --test connect_lambda golden`.
#[test]
fn the_generated_tree_is_the_golden_one() {
    let folder = workspace();
    ok(&folder, "api", &[]);
    ok(&folder, "lambda", &[]);
    let mut tree = folder.tree("shop/crates/my-table-lambda");
    // It repeats the other files.
    assert!(tree.remove(".monotable/connect.json").is_some());
    golden("my-table-lambda", tree);
    assert_eq!(ok(&folder, "lambda", &[]).stdout, "");
}

#[test]
fn without_an_api_the_error_names_the_command_that_creates_it() {
    let folder = workspace();
    let before = folder.tree("");
    let run = connect(&folder, "lambda", &[]);
    assert!(run.code == 2 && run.stderr.contains("run `monotable connect api --table my-table` first"), "{run:?}");
    assert_eq!(folder.tree(""), before);
}

#[test]
fn of_several_apis_the_one_with_the_default_name_is_used() {
    let folder = workspace();
    ok(&folder, "api", &["--to", "admin-api"]);
    let main = |name: &str| folder.read(&format!("shop/crates/{name}/src/main.rs"));
    let only = ok(&folder, "lambda", &["--to", "first"]);
    assert!(main("first").contains("use admin_api::{AppState, router};") && !only.stderr.contains("note:"), "{only:?}");
    ok(&folder, "api", &[]);
    let run = ok(&folder, "lambda", &["--to", "second"]);
    assert!(main("second").contains("use my_table_api::{AppState, router};"));
    assert!(run.stderr.contains("serves the routes of `my-table-api`; to serve those of `admin-api`"), "{run:?}");
}

#[test]
fn a_function_is_for_the_stream_of_one_table() {
    let folder = workspace();
    assert_eq!(folder.run_in("shop", &[&["new", "reviews"], &GIT[..]].concat()).code, 0);
    let path = "shop/crates/reviews/schema.json";
    folder.write(path, &folder.read(path).replace("\"name\": \"Example\"", "\"name\": \"Record\""));
    for table in ["my-table", "reviews"] {
        ok(&folder, "api", &["--table", table]);
        ok(&folder, "lambda", &["--table", table]);
    }
    // The generated code itself uses the name of this entity.
    let changes = folder.read("shop/crates/reviews-lambda/src/changes/record.rs");
    assert!(changes.contains("use reviews::entities::Record as RecordEntity;"), "{changes}");
    let run = connect(&folder, "lambda", &["--table", "reviews", "--to", "my-table-lambda"]);
    assert!(run.code == 2 && run.stderr.contains("is for the stream of another table"), "{run:?}");
}

/// The versions that the generated workspace is tested with. To update them, run
/// `MONOTABLE_WRITE_GOLDEN=1 cargo test -p monotable-cli --test connect_lambda functions`.
const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/lambda.lock");

/// Enough for an answer. A test that needs longer fails.
const LIMIT: Duration = Duration::from_secs(20);

/// A workspace `shop` with a table, an API and its functions.
struct Shop {
    folder: Folder,
}

impl Shop {
    fn new() -> Self {
        let shop = Self { folder: Folder::new() };
        shop.folder.write("shop/Cargo.lock", &std::fs::read_to_string(LOCK).unwrap_or_default());
        shop.run(Command::new(env!("CARGO_BIN_EXE_monotable")).args(["new", "my-table", "--no-fetch"]));
        for kind in ["api", "lambda"] {
            shop.run(Command::new(env!("CARGO_BIN_EXE_monotable")).args(["connect", kind, "--no-fetch"]));
        }
        shop
    }

    fn run(&self, command: &mut Command) -> Run {
        self.environment(command);
        let run = Run::of(&command.output().unwrap());
        assert_eq!(run.code, 0, "{command:?}\n{}\n{}", run.stdout, run.stderr);
        run
    }

    fn environment(&self, command: &mut Command) {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
        command.current_dir(self.folder.path().join("shop")).env_remove("RUNTIME_CONFIG_APP_ID");
        command.env("CARGO_TARGET_DIR", target).env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.env("MONOTABLE_STATE_DIR", self.folder.path().join("states"));
        command.env("CURSOR_KEY", "0123456789abcdef".repeat(4));
    }

    fn change(&self, path: &str, old: &str, new: &str) {
        let path = format!("shop/crates/{path}");
        let text = self.folder.read(&path);
        assert!(text.contains(old), "{path}: {old}");
        self.folder.write(&path, &text.replacen(old, new, 1));
    }

    /// Sets the port of the local table.
    fn port(&self, port: u16) {
        let path = "shop/crates/my-table/config.json";
        let mut config: Value = serde_json::from_str(&self.folder.read(path)).unwrap();
        config["localDev"]["engine"] = "embedded".into();
        config["localDev"]["port"] = port.into();
        self.folder.write(path, &config.to_string());
    }

    /// Packs the binary of a function as `cargo lambda build` does.
    fn bootstrap(&self, binary: &str) -> PathBuf {
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated/debug").join(binary);
        let folder = self.folder.path().join(binary);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(built, folder.join("bootstrap")).unwrap();
        folder.join("bootstrap")
    }

    fn function(&self, command: &mut Command, log: impl Into<Stdio>) -> Function {
        self.environment(command);
        Function::start(command.stdout(log))
    }
}

/// Sends a request, and returns the status and the body of the response.
fn send(function: &mut Function, method: &str, path: &str, body: Option<&Value>) -> (u64, Value) {
    let outcome = function.invoke(&request(method, path, body), LIMIT);
    assert_eq!(outcome.kind, "response", "{outcome:?}");
    let text = outcome.body["body"].as_str().unwrap_or_default();
    (outcome.body["statusCode"].as_u64().unwrap(), serde_json::from_str(text).unwrap_or_default())
}

/// The routes of the API, behind an API Gateway.
fn use_routes(shop: &Shop) {
    shop.port(Http::new().port);
    let mut dev = Command::new(env!("CARGO_BIN_EXE_monotable"));
    let mut function = shop.function(dev.args(["dev", "--"]).arg(shop.bootstrap("my-table-lambda")), Stdio::null());
    assert_eq!(send(&mut function, "GET", "/health", None).0, 200);
    let example = json!({ "id": "1", "name": "hammer", "category": "tools" });
    let (status, created) = send(&mut function, "POST", "/examples", Some(&example));
    assert_eq!((status, &created["name"]), (201, &json!("hammer")), "{created}");
    assert_eq!(send(&mut function, "POST", "/examples", Some(&example)).0, 409);
    assert_eq!(send(&mut function, "GET", "/examples/1", None), (200, created.clone()));
    let list = "/queries/examples/list-by-category?category=tools&limit=1";
    assert_eq!(send(&mut function, "GET", list, None).1["items"], json!([created]));
    let (status, problem) = send(&mut function, "GET", "/examples/2", None);
    assert_eq!((status, &problem["detail"]), (404, &json!("no item has this key")));

    // Lambda encodes a body whose type is not a text.
    let mut encoded = request("POST", "/examples", Some(&Value::Null));
    encoded["body"] = "eyJpZCI6IjIiLCJuYW1lIjoic2F3IiwiY2F0ZWdvcnkiOiJ0b29scyJ9".into();
    encoded["isBase64Encoded"] = true.into();
    assert_eq!(function.invoke(&encoded, LIMIT).body["statusCode"], 201);

    // An event that is not a request is an error of this invocation only.
    assert_eq!(function.invoke(&json!({ "no": "request" }), LIMIT).kind, "error");
    assert_eq!(send(&mut function, "GET", "/examples/2", None).1["name"], "saw");
}

/// A table that accepts connections and never answers.
fn reach_the_time_limit(shop: &Shop) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    shop.port(silent.local_addr().unwrap().port());
    let config = shop.folder.path().join("shop/crates/my-table/config.json");
    let mut command = Command::new(shop.bootstrap("my-table-lambda"));
    let mut function = shop.function(command.env("LOCAL_DEV", "true").env("MONOTABLE_CONFIG", config), Stdio::null());
    assert_eq!(send(&mut function, "GET", "/health", None).0, 200);
    let began = Instant::now();
    let outcome = function.invoke(&request("GET", "/examples/1", None), Duration::from_secs(3));
    assert_eq!(outcome.body["statusCode"], 504, "{outcome:?}");
    assert!(began.elapsed() > Duration::from_secs(2), "it must use its time");
    assert_eq!(send(&mut function, "GET", "/health", None).0, 200);
    assert!(function.is_running());
}

/// A record of an `Example`, as DynamoDB Streams sends it with the view type `NEW_AND_OLD_IMAGES`.
fn record(number: &str, event: &str, name: &str) -> Value {
    let (id, name) = name.split_once(' ').unwrap_or((name, name));
    let at = "2026-11-27T17:00:00.000000+00:00";
    let key = json!({ "S": format!("EXAMPLE#{id}") });
    let image = json!({
        "pk": key, "sk": key, "gsi1pk": { "S": "CATEGORY#tools" }, "gsi1sk": key, "gsi2pk": { "S": "EXAMPLE" }, "gsi2sk": { "S": at },
        "entity_type": { "S": "ExampleModel" }, "name": { "S": name }, "category": { "S": "tools" },
        "created_at": { "S": at }, "updated_at": { "S": at },
    });
    let mut change = json!({
        "ApproximateCreationDateTime": 1_764_262_800.0, "Keys": { "pk": key, "sk": key }, "SequenceNumber": number, "SizeBytes": 280,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    for (kind, images) in
        [("INSERT", &["NewImage"][..]), ("MODIFY", &["OldImage", "NewImage"]), ("REMOVE", &["OldImage"])]
    {
        for name in images.iter().filter(|_| kind == event) {
            change[name] = image.clone();
        }
    }
    json!({
        "eventID": format!("c4ca4238a0b923820dcc509a6f{number:0>6}"), "eventName": event, "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": "eu-central-1", "dynamodb": change,
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/my-table/stream/2026-11-27T17:00:00.000",
    })
}

/// Records that fail. The user's code fails as the name of the new item says.
const FAILURES: &str = r#"if let Change::Inserted { new } = &change {
        match new.name.as_str() {
            "slow" => tokio::time::sleep(std::time::Duration::from_secs(60)).await,
            "fail" => return Err("as asked".into()),
            "panic" => panic!("as asked"),
            _ => {}
        }
    }
    match change {"#;

/// The records of a stream.
fn use_stream(shop: &Shop) {
    let log = shop.folder.path().join("log");
    let mut command = Command::new(shop.bootstrap("my-table-lambda-stream"));
    let mut function = shop.function(&mut command, std::fs::File::create(&log).unwrap());
    let mut shown = 0;
    let mut deliver = |records: &[Value], limit: Duration| {
        let outcome = function.invoke(&json!({ "Records": records }), limit);
        assert_eq!(outcome.kind, "response", "{outcome:?}");
        let failures = outcome.body["batchItemFailures"].as_array().unwrap().clone();
        let failures: Vec<String> =
            failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect();
        let text = std::fs::read_to_string(&log).unwrap();
        let new = text[shown..].to_owned();
        shown = text.len();
        (failures, new)
    };

    let all = [record("1", "INSERT", "a"), record("2", "MODIFY", "a"), record("3", "REMOVE", "a")];
    let (failures, log) = deliver(&all, LIMIT);
    assert!(failures.is_empty(), "{failures:?}");
    for text in ["an example was created", "an example was changed", "an example was deleted"] {
        assert!(log.contains(text), "{text}: {log}");
    }
    let mut expired = record("4", "REMOVE", "a");
    expired["userIdentity"] = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    let (failures, log) = deliver(&[expired], LIMIT);
    assert!(failures.is_empty() && log.contains("an example expired"), "{failures:?} {log}");

    let mut undecodable = record("12", "INSERT", "poison");
    undecodable["dynamodb"]["NewImage"]["name"] = json!({ "N": "1" });
    let mut damaged = record("12", "INSERT", "poison");
    damaged["dynamodb"]["NewImage"]["name"] = json!({ "B": "not base64" });
    for poison in [undecodable, damaged, record("12", "INSERT", "b fail"), record("12", "INSERT", "b panic")] {
        // The record before it is handled once. Those after it wait, so the changes of an item keep their order.
        let before = record("11", "INSERT", "before");
        let after = [record("13", "INSERT", "after"), record("14", "MODIFY", "b")];
        let (failures, log) = deliver(&[&[before, poison.clone()][..], &after].concat(), LIMIT);
        assert_eq!(failures, ["12"]);
        assert!(log.contains("EXAMPLE#before") && !log.contains("EXAMPLE#after"), "{log}");
        let (failures, log) = deliver(&[&[poison][..], &after].concat(), LIMIT);
        assert_eq!(failures, ["12"]);
        assert!(!log.contains("EXAMPLE#before") && !log.contains("EXAMPLE#after"), "{log}");
        // Lambda gives it up.
        let (failures, log) = deliver(&after, LIMIT);
        assert!(failures.is_empty() && log.contains("EXAMPLE#after") && log.contains("EXAMPLE#b"), "{log}");
    }

    let mut unknown = record("21", "INSERT", "unknown");
    unknown["dynamodb"]["NewImage"]["entity_type"] = json!({ "S": "Other" });
    let (failures, log) = deliver(&[unknown], LIMIT);
    assert!(failures.is_empty() && log.contains("no function handles the changes of this item"), "{log}");

    // A record that takes too long ends before the deadline, and so does an event without time for its records.
    let slow = [record("31", "INSERT", "before"), record("32", "INSERT", "c slow"), record("33", "INSERT", "after")];
    let (failures, log) = deliver(&slow, Duration::from_secs(3));
    assert_eq!(failures, ["32"]);
    assert!(log.contains("EXAMPLE#before") && !log.contains("EXAMPLE#after"), "{log}");
    assert_eq!(deliver(&slow, Duration::from_millis(400)).0, ["31"]);

    // An event of another service is an error of this invocation only.
    assert_eq!(function.invoke(&json!({ "detail-type": "Scheduled Event" }), LIMIT).kind, "error");
    assert_eq!(function.invoke(&json!({ "Records": [] }), LIMIT).body, json!({ "batchItemFailures": [] }));
}

#[test]
fn the_functions_answer_over_the_runtime_api() {
    let shop = Shop::new();
    let writes_lock = std::env::var_os("MONOTABLE_WRITE_GOLDEN").is_some();
    let cargo = |command: &str, last: &[&str]| {
        let locked: &[&str] = if writes_lock { &[] } else { &["--locked"] };
        shop.run(Command::new("cargo").args([command, "--quiet", "-p", "my-table-lambda"]).args(locked).args(last));
    };
    cargo("test", &[]);
    if writes_lock {
        std::fs::write(LOCK, shop.folder.read("shop/Cargo.lock")).unwrap();
    }
    cargo("clippy", &["--all-targets", "--", "--deny", "warnings"]);
    shop.run(Command::new("cargo").args(["fmt", "--all", "--check"]));
    // Without Lambda, the error says how to run it.
    let mut outside = Command::new(shop.bootstrap("my-table-lambda"));
    shop.environment(&mut outside);
    let run = Run::of(&outside.output().unwrap());
    assert!(run.code == 1 && run.stderr.contains("with `cargo lambda watch`"), "{run:?}");

    use_routes(&shop);
    reach_the_time_limit(&shop);
    shop.change("my-table-lambda/src/changes/example.rs", "match change {", FAILURES);
    cargo("build", &[]);
    use_stream(&shop);
}
