//! What a user of `monotable connect api` does: from an empty folder to a running API, over HTTP, with the example and with an own entity,
//! on the embedded engine and on DynamoDB Local.
//!
//! `MONOTABLE_TEST_ENGINES=embedded,dynamodb-local` requires DynamoDB Local. `MONOTABLE_TEST_SCHEMATHESIS` is the path of schemathesis'
//! program `st`, and `MONOTABLE_TEST_SECONDS` the time for it. A test whose program is absent is ignored, and the reason is printed.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use libtest_mimic::Arguments;
use monotable_local::DynamoDbLocal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use support::http::Http;
use support::shop::{LOCK, Shop};
use support::trial::trial;
use support::{Folder, Run};

/// A running API, with the engine of its table.
struct Running<'a> {
    child: Child,
    shop: &'a Shop,
}

/// Starts everything with one command, and waits until the API is ready.
fn start(shop: &Shop) -> Running<'_> {
    shop.build();
    let mut command = Command::new(env!("CARGO_BIN_EXE_monotable"));
    command.args(["dev", "--", "cargo", "run", "--quiet", "--locked", "-p", "my-table-api"]);
    shop.environment(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let running = Running { child: command.spawn().unwrap(), shop };
    shop.http.wait(Duration::from_secs(60));
    running
}

impl Running<'_> {
    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Stops everything, as Ctrl-C does.
    fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        assert!(support::dev::eventually(|| self.child.try_wait().unwrap().is_some()), "the program must end");
        assert!(support::dev::eventually(|| self.shop.http.connect().is_err()), "the API must end");
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.signal(Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

const TOOLS: &str = "/queries/examples/list-by-category?category=tools";

/// The example: lists in pages, conflicts, patches that move an item, and deletes.
fn use_examples(http: Http) {
    assert_eq!(http.get(TOOLS).body, json!({ "items": [] }));
    let example = |id: &str| json!({ "id": id, "name": format!("name of {id}"), "category": "tools" });
    for id in ["1", "2", "3"] {
        let created = http.json("POST", "/examples", &example(id));
        assert_eq!((created.status, created.header("location")), (201, format!("/examples/{id}").as_str()));
        assert_eq!(http.get(&format!("/examples/{id}")).body, created.body);
    }
    assert_eq!(http.json("POST", "/examples", &example("1")).status, 409);

    let first = http.get(&format!("{TOOLS}&limit=2"));
    assert_eq!(ids(&first.body), ["1", "2"]);
    let next = first.body["next"].as_str().unwrap();
    let second = http.get(next);
    assert_eq!((ids(&second.body), &second.body["next"]), (vec!["3"], &Value::Null));
    let newest =
        http.get("/queries/examples/by-date?direction=descending&limit=1&created_at_from=2020-01-01T00:00:00Z");
    assert_eq!(ids(&newest.body), ["3"]);
    let range = http.get(&format!("{TOOLS}&id_from=2&id_to=2"));
    assert_eq!(ids(&range.body), ["2"]);

    let (_, cursor) = next.split_once("cursor=").unwrap();
    // The cursor is sealed, so its text does not contain the key.
    assert!(!String::from_utf8_lossy(&base64(cursor)).contains("EXAMPLE"), "{cursor}");
    let mut forged = cursor.to_owned();
    forged.replace_range(8..9, if &cursor[8..9] == "A" { "B" } else { "A" });
    for wrong in ["damaged", forged.as_str()] {
        assert_eq!(http.get(&format!("{TOOLS}&cursor={wrong}")).status, 400, "{wrong}");
    }
    let foreign = http.get(&format!("/queries/examples/list-by-category?category=plants&cursor={cursor}"));
    assert_eq!(foreign.status, 400);

    let patched = http.send(
        "PATCH",
        "/examples/2",
        "content-type: application/merge-patch+json\r\n",
        &json!({ "category": "plants" }).to_string(),
    );
    assert_eq!((patched.status, &patched.body["name"]), (200, &json!("name of 2")));
    assert_eq!(ids(&http.get(TOOLS).body), ["1", "3"]);
    assert_eq!(ids(&http.get("/queries/examples/list-by-category?category=plants").body), ["2"]);
    let replaced = http.json("PUT", "/examples/2", &json!({ "name": "saw", "category": "tools" }));
    assert_eq!((replaced.status, &replaced.body["created_at"]), (200, &patched.body["created_at"]));
    assert_eq!(ids(&http.get(TOOLS).body), ["1", "2", "3"]);

    assert_eq!(http.delete("/examples/3").status, 204);
    assert_eq!(http.get("/examples/3").status, 404);
    assert_eq!(http.delete("/examples/3").status, 404);
}

fn base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        _ => 63,
    };
    let bits: Vec<bool> =
        text.bytes().flat_map(|byte| (0..6).rev().map(move |bit| value(byte) >> bit & 1 == 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
}

/// An entity of the user: a key of two fields, an enum, a number, a date, an optional field and a version.
fn use_orders(http: Http) {
    let order = json!({ "user_id": "u/1", "number": 7, "state": "OPEN", "day": "2026-11-20", "remark": "a" });
    let created = http.json("POST", "/orders", &order);
    assert_eq!((created.status, created.header("etag")), (201, "\"1\""), "{}", created.body);
    let path = created.header("location");
    assert_eq!(path, "/orders/u%2f1/7");
    let path = "/orders/u%2F1/7";
    let open = "/queries/orders/list-by-state?state=OPEN";
    assert_eq!(http.get(&format!("{open}&day_to=2026-11-20")).body["items"], json!([created.body]));
    assert_eq!(http.get(&format!("{open}&day_from=2026-11-21")).body["items"], json!([]));
    assert_eq!(http.get("/queries/orders/by-user-id?user_id=u/1&number_from=7").body["items"], json!([created.body]));

    // The sort key of this list has the fields `state`, `day` and `number`, which are given from left to right.
    let all = |conditions: &str| http.get(&format!("/queries/orders/list-all?{conditions}"));
    for conditions in [
        "state=OPEN",
        "state=OPEN&day=2026-11-20",
        "state=OPEN&day_from=2026-11-19&day_to=2026-11-20",
        "state=OPEN&day=2026-11-20&number_to=7",
        "state=OPEN&day=2026-11-20&number=7",
    ] {
        assert_eq!(all(conditions).body["items"], json!([created.body]), "{conditions}");
    }
    for conditions in ["state=PAID", "state=OPEN&day_from=2026-11-21", "state=OPEN&day=2026-11-20&number_from=8"] {
        assert_eq!(all(conditions).body["items"], json!([]), "{conditions}");
    }
    for (conditions, missing) in [("day_from=2026-11-20", "state"), ("state=OPEN&number=7", "day")] {
        let answer = all(conditions);
        let detail = answer.body["detail"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && detail.starts_with(&format!("`{missing}`: give one value")), "{detail}");
    }

    let patch = |tag: &str, body: Value| {
        http.send("PATCH", path, &format!("content-type: application/json\r\nif-match: {tag}\r\n"), &body.to_string())
    };
    let paid = patch("\"1\"", json!({ "state": "PAID", "remark": null }));
    assert_eq!((paid.status, paid.header("etag"), &paid.body["remark"]), (200, "\"2\"", &Value::Null));
    assert_eq!(patch("\"1\"", json!({ "state": "OPEN" })).status, 412);
    // A wrong body is reported first, because the request could not succeed with any version.
    assert_eq!(patch("\"1\"", json!({ "state": "LOST" })).status, 422);
    assert_eq!(http.send("DELETE", path, "if-match: \"1\"\r\n", "").status, 412);
    assert_eq!(http.get(open).body["items"], json!([]));
    assert_eq!(http.get("/queries/orders/list-by-state?state=PAID").body["items"], json!([paid.body]));
    assert_eq!(patch("\"2\"", json!({})).body, paid.body);

    for (wrong, status) in [
        (json!({ "state": "LOST" }), 422),
        (json!({ "day": "yesterday" }), 422),
        (json!({ "day": null }), 422),
        (json!({ "number": 8 }), 422),
        (json!({ "version": 8 }), 422),
    ] {
        assert_eq!(http.json("PATCH", path, &wrong).status, status, "{wrong}");
    }
    assert_eq!(http.get("/orders/u%2F1/4294967296").status, 400);
    assert_eq!(http.get("/queries/orders/list-by-state?state=LOST").status, 400);
    assert_eq!(http.send("DELETE", path, "if-match: \"2\"\r\n", "").status, 204);
}

/// An entity whose partition key a function makes from an enum and a number.
fn use_scores(http: Http) {
    let score = json!({ "state": "PAID", "season": 2026, "player": "ada", "points": 3 });
    let created = http.json("POST", "/scores", &score);
    assert_eq!((created.status, created.header("location")), (201, "/scores/paid/2026/ada"), "{}", created.body);
    let path = "/scores/PAID/2026/ada";
    assert_eq!(http.get(path).body, created.body);
    assert_eq!(http.get("/scores/OPEN/2026/ada").status, 404);
    assert_eq!(http.get("/scores/LOST/2026/ada").status, 400);
    let patched = http.json("PATCH", path, &json!({ "points": 4 }));
    assert_eq!((patched.status, &patched.body["points"]), (200, &json!(4)), "{}", patched.body);
    // The key cannot be changed.
    assert_eq!(http.json("PATCH", path, &json!({ "season": 2027 })).status, 422);
    assert_eq!(http.delete(path).status, 204);
    assert_eq!(http.get(path).status, 404);
}

const SCHEMATHESIS: &str = "MONOTABLE_TEST_SCHEMATHESIS";

fn requests_made_from_the_openapi_document_are_answered_as_documented() {
    let shop = Shop::new();
    shop.add_entities();
    shop.engine("embedded");
    let running = start(&shop);
    use_examples(shop.http);
    use_orders(shop.http);
    let seconds = std::env::var("MONOTABLE_TEST_SECONDS").unwrap_or_else(|_| "30".to_owned());
    // A schema cannot say everything that the table rejects, so a valid request may be rejected.
    let arguments =
        ["--exclude-checks", "positive_data_acceptance", "--max-examples", "100000", "--max-time", &seconds];
    let mut command = Command::new(std::env::var_os(SCHEMATHESIS).unwrap());
    // It writes a cache into the current folder.
    let folder = Folder::new();
    command.current_dir(folder.path());
    command.arg("run").arg(format!("http://{}/openapi.json", shop.http.address())).args(arguments);
    let run = Run::of(&command.output().unwrap());
    assert_eq!(run.code, 0, "{}\n{}", run.stdout, run.stderr);
    println!("{}", run.stdout.lines().rev().take(12).collect::<Vec<_>>().join("\n"));
    running.stop();
}

/// The whole use on one engine. The data stays if everything is started again.
fn use_on(shop: &Shop, engine: &str) {
    shop.engine(engine);
    let running = start(shop);
    use_examples(shop.http);
    running.stop();
    let running = start(shop);
    assert_eq!(ids(&shop.http.get(TOOLS).body), ["1", "2"], "the data stays on {engine}");
    use_orders(shop.http);
    use_scores(shop.http);
    running.stop();
}

fn an_api_works_from_an_empty_folder() {
    let shop = Shop::new();
    if std::env::var_os("MONOTABLE_WRITE_GOLDEN").is_some() {
        shop.write_lock();
    }
    shop.engine("embedded");
    let running = start(&shop);
    use_examples(shop.http);
    running.stop();
    shop.tool(&["dev", "reset", "--yes"]);

    shop.add_entities();
    shop.cargo(&["fmt", "--all", "--check"]);
    shop.cargo(&["clippy", "--quiet", "--locked", "--all-targets", "--", "--deny", "warnings"]);
    let tests = shop.cargo(&["test", "--quiet", "--locked"]).stdout;
    assert!(tests.matches(" passed").count() >= 6 && !tests.contains("failed;\n"), "{tests}");
    use_on(&shop, "embedded");
}

fn an_api_works_on_dynamodb_local() {
    let shop = Shop::new();
    shop.add_entities();
    use_on(&shop, "dynamodb-local");
}

/// A program can link only one SQLite, so the tests cannot contain the embedded engine.
fn an_api_in_a_workspace_with_another_sqlite_is_tested_on_the_local_table() {
    let shop = Shop::with(support::sqlite::add);
    shop.engine("embedded");
    // The versions that the other tests use. They contain the embedded engine, which cargo removes because nothing needs it.
    shop.folder.write("shop/Cargo.lock", &std::fs::read_to_string(LOCK).unwrap());
    for _ in 0..2 {
        // The second run finds the tables of the first one.
        let run = shop.tool(&["dev", "--", "cargo", "test", "--quiet", "-p", "my-table-api"]);
        assert!(run.stdout.matches(" passed").count() >= 4 && !run.stdout.contains("failed;\n"), "{run:?}");
    }
    assert!(!shop.folder.read("shop/Cargo.lock").contains("dynoxide"));
    shop.cargo(&["clippy", "--quiet", "-p", "my-table-api", "--all-targets", "--", "--deny", "warnings"]);
    shop.cargo(&["fmt", "--all", "--check"]);
    let outside = Run::of(&shop.command("cargo", &["test", "--quiet", "-p", "my-table-api"]).output().unwrap());
    assert!(outside.stdout.contains("run the tests with `monotable dev -- cargo test -p my-table-api`"), "{outside:?}");
}

fn an_api_without_its_table_is_alive_but_not_ready() {
    let shop = Shop::new();
    shop.engine("embedded");
    let mut command = Command::new(shop.build());
    shop.environment(&mut command);
    command.env("LOCAL_DEV", "true").stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    assert!(support::dev::eventually(|| shop.http.connect().is_ok()));
    assert_eq!(shop.http.get("/health").status, 200);
    for path in ["/ready", "/examples/1"] {
        let answer = shop.http.get(path);
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{path}");
    }
    let wrong = Run::of(&command.env("CURSOR_KEY", "short").stderr(Stdio::piped()).output().unwrap());
    assert!(wrong.code == 1 && wrong.stderr.contains("CURSOR_KEY must have 64 hexadecimal digits"), "{wrong:?}");
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert!(support::dev::eventually(|| child.try_wait().unwrap().is_some()));
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // The tests build in the same target folder, so they would only wait for each other.
    arguments.test_threads = Some(1);
    let is_required = std::env::var("MONOTABLE_TEST_ENGINES").is_ok_and(|engines| engines.contains("dynamodb-local"));
    let no_local = DynamoDbLocal::installed().err().filter(|_| !is_required).map(|error| error.to_string());
    let no_schemathesis = std::env::var_os(SCHEMATHESIS).is_none().then(|| format!("{SCHEMATHESIS} is not set"));
    let trials = vec![
        trial("an_api_works_from_an_empty_folder", None, an_api_works_from_an_empty_folder),
        trial("an_api_works_on_dynamodb_local", no_local.as_deref(), an_api_works_on_dynamodb_local),
        trial(
            "requests_made_from_the_openapi_document_are_answered_as_documented",
            no_schemathesis.as_deref(),
            requests_made_from_the_openapi_document_are_answered_as_documented,
        ),
        trial(
            "an_api_in_a_workspace_with_another_sqlite_is_tested_on_the_local_table",
            None,
            an_api_in_a_workspace_with_another_sqlite_is_tested_on_the_local_table,
        ),
        trial("an_api_without_its_table_is_alive_but_not_ready", None, an_api_without_its_table_is_alive_but_not_ready),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}
