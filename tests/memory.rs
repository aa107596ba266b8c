//! A stream holds one page in memory, however many items it reads: the heap is not larger after 200,000 items than after the
//! first 20,000.
//!
//! This test is a separate process because it measures the whole heap. An engine in this process would be measured too, so the
//! pages are prepared responses.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use monotable::aws::Client;
use monotable::aws::config::{BehaviorVersion, Config, Credentials, Region, RuntimeComponents};
use monotable::{Connection, Entity, Table};
use peak_alloc::PeakAlloc;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const ITEMS: usize = 200_000;
const PAGE: usize = 1_000;

#[derive(Debug, Table)]
#[table(config = "config.json")]
enum Base {
    Reading(Reading),
}

#[derive(Debug, Clone, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "SENSOR", sk = "{n:08}")]
struct Reading {
    n: u32,
    place: String,
    celsius: f64,
    note: String,
}

/// An HTTP client that responds to a scan with 200 pages.
#[derive(Debug)]
struct Pages;

impl HttpClient for Pages {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Self)
    }
}

impl HttpConnector for Pages {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let start = body["ExclusiveStartKey"]["sk"]["S"].as_str().map_or(0, |sk| sk.parse::<usize>().unwrap() + 1);
        let item = |n: usize| {
            json!({
                "pk": { "S": "SENSOR" }, "sk": { "S": format!("{n:08}") }, "entity_type": { "S": "Reading" },
                "n": { "N": n.to_string() }, "place": { "S": "the roof of the old house by the river" },
                "celsius": { "N": "21.5" }, "note": { "S": "a text as long as texts of notes are, or about that long" },
            })
        };
        let items: Vec<Value> = (start..start + PAGE).map(item).collect();
        let mut answer = json!({ "Count": PAGE, "ScannedCount": PAGE, "Items": items });
        if start + PAGE < ITEMS {
            let last = json!({ "pk": { "S": "SENSOR" }, "sk": { "S": format!("{:08}", start + PAGE - 1) } });
            answer["LastEvaluatedKey"] = last;
        }
        let answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(answer.to_string()));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// Returns the peaks of the heap in megabytes, during the first tenth and during the last tenth of the items.
async fn peaks(ahead: bool) -> (f32, f32) {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("UNUSED", "UNUSED", None, None, "memory"))
        .http_client(Pages);
    let table = Connection::new(Client::from_conf(config.build()), "readings");
    let scan = Reading::scan().on(&table);
    let mut stream = if ahead { scan.read_ahead().stream() } else { scan.stream() };
    let (mut first, mut read) = (0.0, 0);
    HEAP.reset_peak_usage();
    while let Some(reading) = stream.next().await {
        assert_eq!(reading.unwrap().n as usize, read);
        read += 1;
        if read == ITEMS / 10 {
            first = HEAP.peak_usage_as_mb();
        } else if read == ITEMS / 10 * 9 {
            HEAP.reset_peak_usage();
        }
    }
    assert_eq!(read, ITEMS);
    (first, HEAP.peak_usage_as_mb())
}

#[tokio::test]
async fn the_heap_does_not_grow_over_a_stream_of_200_000_items() {
    for ahead in [false, true] {
        let (first, last) = peaks(ahead).await;
        println!("a stream of {ITEMS} items, read ahead: {ahead}: {first:.2} MB at the start, {last:.2} MB at the end");
        assert!(last <= first * 1.05, "{first} MB at the start, {last} MB at the end");
    }
}
