//! Runs all measurements and prints the results.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::canned::{self, Canned, PAGES};
use crate::entities::{Bench, Document, Invoice, Message, Order, Point, Shipment};
use crate::floor;
use crate::many::{Fifty, Two, of_fifty, of_two};
use crate::measure::{Cost, Effort, Subject, compare};
use crate::picture;
use crate::work::{self, DYNAMO, MODYNE, MONOTABLE, SDK, TAGGED};
use monotable::op::Unversioned;
use monotable::{Connection, Entity, Table};
use monotable_local::{DynamoDbLocal, Embedded, Engine};

/// One line of the printed table.
struct Line {
    shape: &'static str,
    work: String,
    items: usize,
    costs: Vec<Cost>,
}

impl Line {
    fn cost(&self, name: &str) -> Option<&Cost> {
        self.costs.iter().find(|cost| cost.name == name)
    }

    /// Divides the first subject's cost by the cost of the subject named `to`.
    fn ratio(&self, to: &str, of: impl Fn(&Cost) -> f64) -> Option<f64> {
        Some(of(self.costs.first()?) / of(self.cost(to)?))
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime is made")
}

struct Report {
    runtime: Runtime,
    lines: Vec<Line>,
    is_quiet: bool,
}

impl Report {
    fn measure(
        &mut self,
        shape: &'static str,
        work: impl Into<String>,
        items: usize,
        subjects: &[Subject],
        effort: Effort,
    ) {
        let costs = compare(&self.runtime, subjects, effort);
        let line = Line { shape, work: work.into(), items, costs };
        if !self.is_quiet {
            line.print();
        }
        self.lines.push(line);
    }

    fn line(&self, shape: &str, work: &str) -> &Line {
        let found = self.lines.iter().find(|line| line.shape == shape && line.work == work);
        found.unwrap_or_else(|| panic!("`{work}` of `{shape}` was not measured"))
    }
}

fn print_head() {
    println!(
        "| shape | work | monotable µs | of SDK | of serde_dynamo | of modyne | allocations | of SDK | of serde_dynamo | peak KB | of serde_dynamo |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
}

impl Line {
    fn print(&self) {
        let Some(own) = self.costs.first() else { return };
        let ratio = |to: &str, of: fn(&Cost) -> f64| {
            self.ratio(to, of).map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"))
        };
        let (micros, allocations, peak): (fn(&Cost) -> f64, fn(&Cost) -> f64, fn(&Cost) -> f64) =
            (|cost| cost.micros, |cost| cost.allocations as f64, |cost| cost.peak as f64);
        let dynamo = if self.cost(TAGGED).is_some() { TAGGED } else { DYNAMO };
        println!(
            "| {} | {} | {:.1} | {} | {} | {} | {} | {} | {} | {:.0} | {} |",
            self.shape,
            self.work,
            own.micros,
            ratio(SDK, micros),
            ratio(dynamo, micros),
            ratio(MODYNE, micros),
            own.allocations,
            ratio(SDK, allocations),
            ratio(dynamo, allocations),
            own.peak as f64 / 1024.0,
            ratio(dynamo, peak),
        );
    }
}

/// A read of items of two of the fifty types. It returns the same kind of page as a read of the table with two types.
const OF_FIFTY: &str = "query 100 of a table of 50 types";

const SHORT: Effort = Effort { sample: Duration::from_millis(3), samples: 41 };
const LONG: Effort = Effort { sample: Duration::from_millis(10), samples: 15 };
const LONGEST: Effort = Effort { sample: Duration::from_millis(10), samples: 5 };

/// Builds the response to a query or scan that returns these items.
fn page(items: &[Value]) -> Value {
    json!({ "Count": items.len(), "ScannedCount": items.len(), "Items": items })
}

/// Creates as many items as fit in a full page, which is one megabyte of JSON.
fn full(items: &mut dyn FnMut(usize) -> Value) -> Vec<Value> {
    let (mut all, mut size) = (Vec::new(), 0);
    while size < 1024 * 1024 {
        let item = items(all.len());
        size += item.to_string().len() + 1;
        all.push(item);
    }
    all
}

macro_rules! shape {
    ($report:ident, $module:ident, $entity:ident) => {{
        let shape = stringify!($module);
        let mut item = |n: usize| canned::json(&$entity::example(n).to_item().expect("the entity is encoded"));
        let one = Canned::always(&json!({ "Item": item(0) })).client();
        $report.measure(shape, "get", 1, &work::$module::get(&one), SHORT);
        let written = Canned::always(&json!({})).client();
        $report.measure(shape, "put", 1, &work::$module::put(&written), SHORT);
        for count in [1, 10, 100] {
            let items: Vec<Value> = (0..count).map(&mut item).collect();
            let client = Canned::always(&page(&items)).client();
            $report.measure(shape, format!("query {count}"), count, &work::$module::query(&client), SHORT);
        }
        let items = full(&mut item);
        let client = Canned::always(&page(&items)).client();
        $report.measure(shape, "query 1 MB", items.len(), &work::$module::query(&client), LONG);
        let items: Vec<Value> = (0..100).map(&mut item).collect();
        let client = Canned::always(&json!({ "Responses": { "bench": items }, "UnprocessedKeys": {} })).client();
        $report.measure(shape, "batch get 100", 100, &work::$module::batch_get(&client, 100), SHORT);
        let client = Canned::always(&json!({ "UnprocessedItems": {} })).client();
        $report.measure(shape, "batch write 25", 25, &work::$module::batch_write(&client, 25), SHORT);
    }};
}

/// Measures with prepared responses.
pub fn canned(as_json: bool) {
    let mut report = Report { runtime: runtime(), lines: Vec::new(), is_quiet: as_json };
    if !as_json {
        let size = |item: monotable::Item| canned::json(&item).to_string().len();
        let sizes = [Point::example(0).to_item(), Order::example(0).to_item(), Document::example(0).to_item()];
        let sizes = sizes.map(|item| item.map_or(0, size));
        println!("JSON of one item: point {} B, order {} B, document {} B\n", sizes[0], sizes[1], sizes[2]);
        print_head();
    }
    shape!(report, order, Order);
    let mixed = |n: usize| {
        let item = match n % 4 {
            0 => Order::example(n).to_item(),
            1 => Invoice::example(n).to_item(),
            2 => Shipment::example(n).to_item(),
            _ => Message::example(n).to_item(),
        };
        canned::json(&item.expect("the entity is encoded"))
    };
    let items: Vec<Value> = (0..100).map(mixed).collect();
    let client = Canned::always(&page(&items)).client();
    report.measure("order", "query 100 of 4 types", 100, &work::mixed(&client), SHORT);

    let items = |items: Vec<monotable::Item>| page(&items.iter().map(canned::json).collect::<Vec<_>>());
    let all: Vec<usize> = (0..50).collect();
    for (work, types) in [(OF_FIFTY, &[24, 49][..]), ("query 100, all of 50 types", &all)] {
        let two = Canned::always(&items(of_two(100, &[0, 1]))).client();
        let fifty = Canned::always(&items(of_fifty(100, types))).client();
        let subjects = [work::of_types::<Fifty>("fifty", &fifty), work::of_types::<Two>("two", &two)];
        report.measure("order", work, 100, &subjects, SHORT);
    }

    shape!(report, point, Point);
    shape!(report, document, Document);

    let items: Vec<Value> = full(&mut |n| canned::json(&Order::example(n).to_item().expect("the entity is encoded")));
    let count = items.len() * PAGES;
    for segments in [1, 4] {
        let page = |number: usize| {
            let mut page = page(&items);
            if !(number + 1).is_multiple_of(PAGES / segments) {
                let next = format!("{}", number + 1);
                page["LastEvaluatedKey"] = json!({ "pk": { "S": "USER#u-1" }, "sk": { "S": next } });
            }
            page
        };
        let pages: Vec<Value> = (0..PAGES).map(page).collect();
        let client = Canned::pages(&pages).client();
        let work = format!("scan {count} in {segments}");
        report.measure("order", work, count, &work::scan(&client, segments), LONGEST);
    }
    if as_json {
        println!("{}", serde_json::to_string_pretty(&ratios(&report)).expect("numbers are JSON"));
    }
}

/// Returns the ratios by name. They are ratios of CPU time, unless the name says otherwise.
fn ratios(report: &Report) -> BTreeMap<&'static str, f64> {
    let micros = |cost: &Cost| cost.micros;
    let ratio = |shape, work, to| report.line(shape, work).ratio(to, micros).unwrap_or(f64::NAN);
    let query = report.line("order", "query 100");
    let (one, hundred) = (report.line("order", "query 1"), query);
    let allocations = |line: &Line| line.cost(MONOTABLE).map_or(f64::NAN, |cost| cost.allocations as f64);
    let heap = |line: &Line| line.ratio(DYNAMO, |cost| cost.peak as f64).unwrap_or(f64::NAN);
    BTreeMap::from([
        ("query100_vs_sdk", ratio("order", "query 100", SDK)),
        ("query100_vs_serde_dynamo", ratio("order", "query 100", DYNAMO)),
        ("query100_vs_modyne", ratio("order", "query 100", MODYNE)),
        ("mixed100_vs_sdk", ratio("order", "query 100 of 4 types", SDK)),
        ("mixed100_vs_tagged_enum", ratio("order", "query 100 of 4 types", TAGGED)),
        ("mixed100_vs_serde_dynamo", ratio("order", "query 100 of 4 types", DYNAMO)),
        ("mixed100_vs_modyne", ratio("order", "query 100 of 4 types", MODYNE)),
        ("page1mb_vs_sdk", ratio("order", "query 1 MB", SDK)),
        ("page1mb_vs_serde_dynamo", ratio("order", "query 1 MB", DYNAMO)),
        ("page1mb_heap_vs_serde_dynamo", heap(report.line("order", "query 1 MB"))),
        ("get_vs_sdk", ratio("order", "get", SDK)),
        ("get_vs_serde_dynamo", ratio("order", "get", DYNAMO)),
        ("get_vs_modyne", ratio("order", "get", MODYNE)),
        ("put_vs_serde_dynamo", ratio("order", "put", DYNAMO)),
        ("put_vs_modyne", ratio("order", "put", MODYNE)),
        ("batch_get100_vs_serde_dynamo", ratio("order", "batch get 100", DYNAMO)),
        ("batch_write25_vs_serde_dynamo", ratio("order", "batch write 25", DYNAMO)),
        ("batch_write25_vs_modyne", ratio("order", "batch write 25", MODYNE)),
        ("allocs_per_item_query100", allocations(hundred) / hundred.items as f64),
        ("allocs_per_further_item", (allocations(hundred) - allocations(one)) / (hundred.items - one.items) as f64),
        ("types50_vs_types2", ratio("order", OF_FIFTY, "two")),
        ("types50_all_read_vs_types2", ratio("order", "query 100, all of 50 types", "two")),
    ])
}

macro_rules! picture {
    ($module:ident, $entity:ident, $most:literal) => {{
        let (runtime, name) = (runtime(), stringify!($module));
        let items: Vec<Value> =
            (0..$most).map(|n| canned::json(&$entity::example(n).to_item().expect("the entity is encoded"))).collect();
        let mut pages = Vec::new();
        for count in [1, 3, 10, 30, 100, 300, 1_000, $most].into_iter().filter(|count| *count <= $most) {
            let client = Canned::always(&page(&items[..count])).client();
            pages.push((count, compare(&runtime, &work::$module::query(&client), LONG)));
        }
        let size = items[0].to_string().len();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/performance/{name}.svg"));
        let title = format!("a query, one page of items of {size} B");
        picture::draw(&path, &title, &pages).expect("the picture is drawn");
        println!("{}", path.display());
    }};
}

/// Draws the pictures of cost against page size.
pub fn pictures() {
    picture!(point, Point, 6_000);
    picture!(order, Order, 2_300);
    picture!(document, Document, 260);
}

/// Measures with the embedded engine. Its CPU time is not included, because it runs on a separate thread.
pub fn embedded() {
    let mut report = Report { runtime: runtime(), lines: Vec::new(), is_quiet: false };
    println!("On the embedded engine: CPU time of the client's thread, which has sockets in it\n");
    print_head();
    let orders = |count: usize| (0..count).map(Order::example).collect::<Vec<_>>();
    let one = Filled::with(&report.runtime, &orders(1));
    report.measure("order", "get", 1, &work::order::get(&one.client), LONG);
    report.measure("order", "put", 1, &work::order::put(&one.client), LONG);
    for count in [1, 10, 100] {
        let filled = Filled::with(&report.runtime, &orders(count));
        report.measure("order", format!("query {count}"), count, &work::order::query(&filled.client), LONG);
    }
    let hundred = Filled::with(&report.runtime, &orders(100));
    report.measure("order", "batch get 100", 100, &work::order::batch_get(&hundred.client, 100), LONG);
    report.measure("order", "batch write 25", 25, &work::order::batch_write(&hundred.client, 25), LONG);
    let mixed = Filled::with(&report.runtime, &orders(25));
    mixed.fill(&report.runtime, &(0..25).map(Invoice::example).collect::<Vec<_>>());
    mixed.fill(&report.runtime, &(0..25).map(Shipment::example).collect::<Vec<_>>());
    mixed.fill(&report.runtime, &(0..25).map(Message::example).collect::<Vec<_>>());
    report.measure("order", "query 100 of 4 types", 100, &work::mixed(&mixed.client), LONG);
    let page = full(&mut |n| canned::json(&Order::example(n).to_item().expect("the entity is encoded"))).len();
    let filled = Filled::with(&report.runtime, &orders(page));
    report.measure("order", "query 1 MB", page, &work::order::query(&filled.client), LONGEST);
    let all = Filled::with(&report.runtime, &orders(100_000));
    for segments in [1, 4] {
        let once = Effort { sample: Duration::from_millis(1), samples: 3 };
        report.measure(
            "order",
            format!("scan 100000 in {segments}"),
            100_000,
            &work::scan(&all.client, segments),
            once,
        );
    }
}

/// Prints the minimum costs of a read on DynamoDB Local.
fn floors(runtime: &Runtime, endpoint: &str, get: &Subject, query: &Subject) {
    let name = json!({ "S": "USER#u-1" });
    let bodies = [
        ("GetItem", json!({ "TableName": "bench", "Key": { "pk": name, "sk": { "S": "ORDER#00000000" } } })),
        (
            "Query",
            json!({
                "TableName": "bench", "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": { ":pk": name },
            }),
        ),
    ];
    let items: Vec<Value> =
        (0..100).map(|n| canned::json(&Order::example(n).to_item().expect("the entity is encoded"))).collect();
    let one = Canned::always(&json!({ "Item": items[0] })).client();
    let hundred = Canned::always(&page(&items)).client();
    let canned = [&work::order::get(&one)[0], &work::order::query(&hundred)[0]];
    println!("\n| | a bare socket µs | canned, right after a request to DynamoDB Local µs |\n|---|---|---|");
    for ((subject, (operation, body)), canned) in [get, query].into_iter().zip(bodies).zip(canned) {
        let (socket, canned) = (floor::socket(endpoint, operation, &body), floor::after(runtime, subject, canned));
        println!("| {operation} | {socket:.0} | {canned:.0} |");
    }
}

/// Measures with DynamoDB Local, and compares with PynamoDB on the same table.
pub fn dynamodb_local() {
    let python = std::env::var("MONOTABLE_TEST_PYTHON").unwrap_or_else(|_| "target/interop-venv/bin/python".to_owned());
    let mut report = Report { runtime: runtime(), lines: Vec::new(), is_quiet: false };
    println!("On DynamoDB Local: CPU time of the client's thread, which has sockets in it\n");
    print_head();
    let engine = DynamoDbLocal::in_memory().expect("DynamoDB Local starts: `monotable engine install` installs it");
    let filled = Filled::on(engine, &report.runtime, &(0..100).map(Order::example).collect::<Vec<_>>());
    let (get, query) = (work::order::get(&filled.client), work::order::query(&filled.client));
    report.measure("order", "get", 1, &get, LONG);
    report.measure("order", "query 100", 100, &query, LONG);
    floors(&report.runtime, filled.engine.endpoint(), &get[0], &query[0]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/read.py");
    let endpoint = filled.engine.endpoint();
    let ran = Command::new(&python).args([script, "--table", "bench", "--endpoint", endpoint]).output();
    let output = match ran {
        Ok(ran) if ran.status.success() => ran.stdout,
        Ok(ran) => return println!("\nNOT RUN: {python}: {}", String::from_utf8_lossy(&ran.stderr)),
        Err(error) => return println!("\nNOT RUN: {python}: {error}; see tests/interop/requirements.txt"),
    };
    let pynamodb: Value = serde_json::from_slice(&output).expect("the script prints JSON");
    for (work, key) in [("get", "get"), ("query 100", "query100")] {
        let own = report.line("order", work).cost(MONOTABLE).map_or(f64::NAN, |cost| cost.micros);
        let theirs = pynamodb[key].as_f64().unwrap_or(f64::NAN);
        println!("\n{work} by PynamoDB: {theirs:.0} µs, {:.1} times monotable's {own:.0} µs", theirs / own);
    }
}

/// An engine, and a table on it that contains items.
struct Filled<E = Embedded> {
    client: aws_sdk_dynamodb::Client,
    table: Connection,
    engine: E,
}

impl Filled {
    fn with<T: Entity<Table = Bench> + Unversioned>(runtime: &Runtime, entities: &[T]) -> Self {
        Self::on(Embedded::in_memory().expect("the engine starts"), runtime, entities)
    }
}

impl<E: Engine> Filled<E> {
    fn on<T: Entity<Table = Bench> + Unversioned>(engine: E, runtime: &Runtime, entities: &[T]) -> Self {
        let client = engine.client();
        let table = Connection::new(client.clone(), "bench").with_endpoint(engine.endpoint().to_owned());
        runtime.block_on(Bench::ensure_table().on(&table).send()).expect("the table is made");
        let filled = Self { client, table, engine };
        filled.fill(runtime, entities);
        filled
    }

    fn fill<T: Entity<Table = Bench> + Unversioned>(&self, runtime: &Runtime, entities: &[T]) {
        let write = Bench::batch_write().put_all(entities).on(&self.table);
        runtime.block_on(write.send()).expect("the items are written");
    }
}
