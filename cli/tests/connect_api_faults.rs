//! What a generated API does with wrong requests, slow clients, and a table that fails. Each test also checks that the API works afterwards.
//! The table of wrong requests in `docs/chapters/connections.md` has a row for each of them.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../tests/it/support/proxy.rs"]
#[allow(dead_code, reason = "these tests send requests with another client")]
mod proxy;
#[path = "connect_api/service.rs"]
mod service;
mod support;

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use proxy::Fault;
use serde_json::{Value, json};
use service::{Service, read_end, send_part};
use support::dev::eventually;

const LIST: &str = "/queries/examples/list-by-category?category=hidden-category";
const JSON: &str = "content-type: application/json\r\n";
/// The headers of a request whose body has 100 bytes.
const HEADERS: &str =
    "POST /examples HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";
/// The API closes slow connections after 10 seconds. This leaves time for a busy machine.
const SLOW: Duration = Duration::from_secs(20);

fn example(id: &str) -> Value {
    json!({ "id": id, "name": "n", "category": "c" })
}

fn order(number: &str) -> String {
    format!(r#"{{ "user_id": "u", "number": {number}, "state": "OPEN", "day": "2026-11-20" }}"#)
}

#[test]
fn a_body_that_is_not_json_is_answered_with_400() {
    let mut service = Service::start();
    for body in ["", "{", "{]", r#"{ "id": "\ud800" }"#, r#"{ "id": 1e999 }"#] {
        service.rejects("POST", "/examples", body, 400);
    }
    let text = service.http.send("POST", "/examples", "content-type: text/plain\r\n", &example("1").to_string());
    service.expect(&text, 415, "text");
    service.works();
}

#[test]
fn a_body_with_unknown_missing_or_wrong_fields_is_answered_with_422() {
    let mut service = Service::start();
    let nested = format!(r#"{{ "id": {}"#, "[".repeat(100_000));
    for body in [
        r"[]",
        r#"["1", "n", "c"]"#,
        r"{}",
        r#"{ "id": "1", "name": "n", "category": "c", "unknown": 1 }"#,
        r#"{ "id": "1", "id": "2", "name": "n", "category": "c" }"#,
        r#"{ "id": "1", "name": null, "category": "c" }"#,
        &nested,
        r#"{ "id": "1", "name": "n", "category": "c", "created_at": "2026-11-20T00:00:00Z" }"#,
    ] {
        service.rejects("POST", "/examples", body, 422);
    }
    for body in [r#"{ "unknown": 1 }"#, r#"{ "id": "2" }"#, r#"{ "name": null }"#, r#"{ "name": {} }"#] {
        service.rejects("PATCH", "/examples/stored", body, 422);
    }
    for parameter in ["unknown=1", "direction=sideways", "category=c"] {
        service.expect(&service.http.get(&format!("{LIST}&{parameter}")), 400, parameter);
    }
    service.works();
}

#[test]
fn ids_that_are_too_long_or_contain_the_delimiter_are_rejected() {
    let mut service = Service::start();
    let long = "x".repeat(3000);
    for id in ["", "a#b", &long, &"é".repeat(600)] {
        service.rejects("POST", "/examples", &example(id).to_string(), 422);
        service.rejects("PATCH", "/examples/stored", &json!({ "category": id.repeat(3) }).to_string(), 422);
    }
    // A byte that is not UTF-8.
    service.expect(&service.http.get("/examples/%FF"), 400, "%FF");
    for id in ["a%23b", "%23", &long] {
        let (path, query) = (format!("/examples/{id}"), format!("/queries/examples/list-by-category?category={id}"));
        for (method, body) in [("PUT", r#"{ "name": "n", "category": "c" }"#), ("PATCH", r#"{ "name": "n" }"#)] {
            service.rejects(method, &path, body, 400);
        }
        service.expect(&service.http.get(&path), 400, &path);
        service.expect(&service.http.delete(&path), 400, &path);
        service.expect(&service.http.get(&query), 400, &query);
    }
    service.works();
}

#[test]
fn a_request_that_is_not_http_or_has_a_head_that_is_too_large_is_rejected() {
    let mut service = Service::start();
    // The first bytes of TLS.
    let mut stream = service.http.connect().unwrap();
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").unwrap();
    assert_eq!(read_end(&mut stream), "HTTP/1.1 400 Bad Request");
    assert_eq!(service.http.get(&format!("/examples/{}", "x".repeat(70_000))).status, 414);
    assert_eq!(service.http.send("GET", "/health", &"x-header: 1\r\n".repeat(200), "").status, 431);
    service.works();
}

#[test]
fn numbers_out_of_range_are_rejected() {
    let mut service = Service::start();
    for number in ["4294967296", "-1", "1.5", "1e10", "\"7\"", "null"] {
        service.rejects("POST", "/orders", &order(number), 422);
    }
    // The number of the key has six digits.
    service.rejects("POST", "/orders", &order("1000000"), 422);
    for number in ["4294967296", "-1", "1.5", "1000000"] {
        let path = format!("/orders/u/{number}");
        service.expect(&service.http.get(&path), 400, &path);
        let path = format!("/queries/orders/by-user-id?user_id=u&number_from={number}");
        service.expect(&service.http.get(&path), 400, &path);
    }
    for limit in ["0", "101", "-1", "1.5", "99999999999999999999"] {
        service.expect(&service.http.get(&format!("{LIST}&limit={limit}")), 400, limit);
    }
    service.expect(&service.http.get(&format!("{LIST}&id_from=2&id_to=1")), 400, "range");
    service.works();
}

#[test]
fn a_body_of_5_mb_is_answered_with_413() {
    let mut service = Service::start();
    let body = json!({ "id": "1", "name": "x".repeat(5_000_000), "category": "c" }).to_string();
    for _ in 0..10 {
        service.rejects("POST", "/examples", &body, 413);
    }
    service.rejects("PATCH", "/examples/stored", &body, 413);
    let chunked = format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let mut stream = service.http.connect().unwrap();
    let request = format!("POST /examples HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{JSON}{chunked}");
    // The API reads all of it, so a client that writes everything before it reads gets the response.
    stream.write_all(request.as_bytes()).unwrap();
    assert_eq!(read_end(&mut stream), "HTTP/1.1 413 Payload Too Large");
    service.works();
}

#[test]
fn an_item_over_400_kb_is_answered_with_422() {
    let mut service = Service::start();
    let name = "x".repeat(450_000);
    service.rejects("POST", "/examples", &json!({ "id": "1", "name": name, "category": "c" }).to_string(), 422);
    service.rejects("PUT", "/examples/stored", &json!({ "name": name, "category": "c" }).to_string(), 422);
    service.rejects("PATCH", "/examples/stored", &json!({ "name": name }).to_string(), 422);
    service.works();
}

#[test]
fn a_forged_damaged_or_foreign_cursor_is_answered_with_400() {
    let mut service = Service::start();
    for id in ["1", "2"] {
        let item = json!({ "id": id, "name": "n", "category": "hidden-category" });
        assert_eq!(service.http.json("POST", "/examples", &item).status, 201);
    }
    let by_date = "/queries/examples/by-date?limit=1";
    let cursor = |path: &str| {
        let list = service.http.get(path).body;
        list["next"].as_str().unwrap().split_once("cursor=").unwrap().1.to_owned()
    };
    let (own, foreign) = (cursor(&format!("{LIST}&limit=1")), cursor(by_date));
    let mut forged = own.clone();
    forged.replace_range(8..9, if &own[8..9] == "A" { "B" } else { "A" });
    for wrong in ["", "damaged", &forged, &own[1..], &own.repeat(2), &foreign, &"A".repeat(5000), "%00", "%C3%A9"] {
        service.expect(&service.http.get(&format!("{LIST}&cursor={wrong}")), 400, wrong);
    }
    let other = format!("/queries/examples/list-by-category?category=c&cursor={own}");
    service.expect(&service.http.get(&other), 400, "the cursor of another partition");
    assert_eq!(service.http.get(&format!("{LIST}&cursor={own}")).status, 200);
    service.works();
}

#[test]
fn a_client_that_is_slow_with_its_headers_is_disconnected() {
    let mut service = Service::start();
    for part in ["", "GET", "GET /health HTTP/1.1\r\nhost: loc"] {
        let mut stream = send_part(service.http, part);
        let began = Instant::now();
        assert_eq!(read_end(&mut stream), "", "{part}");
        assert!(began.elapsed() < SLOW, "{part}: {:?}", began.elapsed());
    }
    service.works();
}

#[test]
fn a_client_that_is_slow_with_its_body_is_answered_with_408() {
    let mut service = Service::start();
    let mut silent = send_part(service.http, HEADERS);
    let mut dripping = send_part(service.http, HEADERS);
    let mut drips = dripping.try_clone().unwrap();
    thread::spawn(move || {
        // Until the API closes the connection.
        while drips.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(500));
        }
    });
    for stream in [&mut silent, &mut dripping] {
        assert_eq!(read_end(stream), "HTTP/1.1 408 Request Timeout");
    }
    service.works();
}

#[test]
fn a_client_that_does_not_read_its_responses_is_disconnected() {
    let mut service = Service::start();
    let mut stream = service.http.connect().unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(40))).unwrap();
    let requests = "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(1000);
    let began = Instant::now();
    // The API stops reading requests when it cannot send responses, so this blocks until it closes the connection.
    while stream.write_all(requests.as_bytes()).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(60), "the connection stays open");
    }
    assert!(began.elapsed() < Duration::from_secs(35), "{:?}", began.elapsed());
    service.works();
}

#[test]
fn with_1000_half_open_connections_others_are_answered() {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(hard.min(4096)), hard).unwrap();
    // The default of macOS; on Linux it is 1024. The program raises it.
    let mut service = Service::start_with("proxied.json", "ulimit -S -n 256");
    let body = format!("{HEADERS}{{");
    let parts = ["", "GET /health HTTP/1.1\r\nhost: loc", &body];
    let began = Instant::now();
    let mut open: Vec<_> = (0..1000).map(|number| send_part(service.http, parts[number % 3])).collect();
    service.works();
    // By then, the API has not closed any of the others.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    for (number, stream) in open.iter_mut().enumerate() {
        let expected = if number % 3 == 2 { "HTTP/1.1 408 Request Timeout" } else { "" };
        assert_eq!(read_end(stream), expected);
    }
    assert!(began.elapsed() < 2 * SLOW, "{:?}", began.elapsed());

    // More than the API serves at once: others wait until some of them are closed.
    let _open: Vec<_> = (0..1100).map(|number| send_part(service.http, parts[number % 3])).collect();
    service.works();
    assert!(eventually(|| service.http.get("/ready").status == 200));
}

#[test]
fn without_its_table_requests_are_answered_with_503_until_it_is_back() {
    let mut service = Service::start_direct();
    for _ in 0..2 {
        service.stop_engine();
        assert_eq!(service.http.get("/health").status, 200);
        for path in ["/ready", "/examples/stored", LIST] {
            service.expect(&service.http.get(path), 503, path);
        }
        service.rejects("POST", "/examples", &example("1").to_string(), 503);
        service.rejects("PATCH", "/examples/stored", r#"{ "name": "n" }"#, 503);
        service.expect(&service.http.delete("/examples/stored"), 503, "delete");
        service.start_engine();
        assert_eq!(service.http.get("/ready").status, 200);
        service.works();
    }
}

#[test]
fn a_throttled_request_is_answered_with_503() {
    let mut service = Service::start();
    for fault in [Fault::Throttle, Fault::Refuse("com.amazon.coral.availability#ThrottlingException")] {
        service.table(fault);
        assert_eq!(service.http.get("/health").status, 200);
        for path in ["/ready", "/examples/stored", LIST] {
            service.expect(&service.http.get(path), 503, path);
        }
        service.rejects("POST", "/examples", &example("1").to_string(), 503);
        service.rejects("PATCH", "/examples/stored", r#"{ "name": "n" }"#, 503);
        service.expect(&service.http.delete("/examples/stored"), 503, "delete");
        service.table(Fault::None);
        service.works();
    }
    assert_eq!(service.http.get("/examples/1").status, 404);
}

#[test]
fn a_table_that_does_not_respond_is_answered_with_504() {
    let mut service = Service::start();
    service.table(Fault::Silence);
    thread::scope(|threads| {
        for path in ["/ready", "/examples/stored", LIST] {
            threads.spawn(|| service.expect(&service.http.get(path), 504, path));
        }
        threads.spawn(|| service.rejects("POST", "/examples", &example("1").to_string(), 504));
        threads.spawn(|| service.expect(&service.http.delete("/examples/stored"), 504, "delete"));
        assert_eq!(service.http.get("/health").status, 200);
    });
    service.table(Fault::None);
    service.works();
}

#[test]
fn a_table_that_fails_is_answered_without_its_message() {
    let mut service = Service::start();
    for (fault, read, write) in [
        (Fault::FailBefore, 503, 504),
        (Fault::DropAfter, 503, 504),
        (Fault::Html, 503, 504),
        (Fault::Refuse("com.amazonaws.dynamodb.v20120810#AccessDeniedException"), 500, 500),
    ] {
        service.table(fault);
        service.expect(&service.http.get("/examples/stored"), read, &format!("{fault:?}"));
        service.rejects("POST", "/examples", &example("1").to_string(), write);
        service.table(Fault::None);
        service.http.delete("/examples/1");
        service.works();
    }
}

#[test]
fn a_stop_lets_a_running_request_finish_and_closes_the_other_connections() {
    let mut service = Service::start();
    let mut idle = send_part(service.http, "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let mut half = send_part(service.http, "GET /health HTTP/1.1\r\nhost: loc");
    service.works();
    service.table(Fault::SlowAnswer);
    let (http, before) = (service.http, service.requests());
    let running = thread::spawn(move || http.get("/examples/stored"));
    assert!(eventually(|| service.requests() > before));
    service.signal(Signal::SIGTERM);
    let began = Instant::now();
    assert_eq!(running.join().unwrap().body["name"], "hidden-name");
    assert!(eventually(|| service.child.try_wait().unwrap().is_some()));
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
    assert_eq!((read_end(&mut idle).as_str(), read_end(&mut half).as_str()), ("HTTP/1.1 200 OK", ""));
    assert!(http.connect().is_err());
}

#[test]
fn a_stop_does_not_wait_for_a_request_that_never_finishes() {
    let mut service = Service::start();
    service.table(Fault::Silence);
    let before = service.requests();
    let mut running = send_part(service.http, "GET /examples/stored HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert!(eventually(|| service.requests() > before));
    service.signal(Signal::SIGTERM);
    let began = Instant::now();
    assert!(eventually(|| service.child.try_wait().unwrap().is_some()));
    // The request itself would take 15 seconds.
    assert!(began.elapsed() < Duration::from_secs(13), "{:?}", began.elapsed());
    assert_eq!((service.child.wait().unwrap().code(), read_end(&mut running).as_str()), (Some(0), ""));
}
