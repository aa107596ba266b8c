//! Benchmarks of single functions, without a client: `cargo bench -p monotable-bench`.

#![allow(missing_docs, clippy::unwrap_used, reason = "a program that measures")]

#[allow(dead_code, reason = "the report has the rest of them")]
#[path = "../src/entities.rs"]
mod entities;

use std::collections::HashMap;
use std::hint::black_box;

use aws_sdk_dynamodb::types::AttributeValue;
use divan::{AllocProfiler, Bencher};
use entities::{Bench, Document, DynamoDocument, Order};
use monotable::{Entity, Table};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Includes keys and discriminator.
#[divan::bench]
fn order_to_item(bencher: Bencher<'_, '_>) {
    let order = Order::example(1);
    bencher.bench(|| black_box(&order).to_item().unwrap());
}

/// Includes neither keys nor discriminator.
#[divan::bench]
fn order_to_item_by_serde_dynamo(bencher: Bencher<'_, '_>) {
    let order = Order::example(1);
    bencher.bench(|| serde_dynamo::to_item::<_, HashMap<String, AttributeValue>>(black_box(&order)).unwrap());
}

#[divan::bench]
fn order_from_item(bencher: Bencher<'_, '_>) {
    let item = Order::example(1).to_item().unwrap();
    bencher.with_inputs(|| item.clone()).bench_values(|item| Order::from_item(item).unwrap());
}

/// Dispatches by the discriminator.
#[divan::bench]
fn order_from_item_of_any(bencher: Bencher<'_, '_>) {
    let item = Order::example(1).to_item().unwrap();
    bencher.with_inputs(|| item.clone()).bench_values(|item| Bench::from_item(item).unwrap());
}

#[divan::bench]
fn order_from_item_by_serde_dynamo(bencher: Bencher<'_, '_>) {
    let item = Order::example(1).to_item().unwrap().into_inner();
    bencher.with_inputs(|| item.clone()).bench_values(|item| serde_dynamo::from_item::<_, Order>(item).unwrap());
}

#[divan::bench]
fn document_to_item(bencher: Bencher<'_, '_>) {
    let document = Document::example(1);
    bencher.bench(|| black_box(&document).to_item().unwrap());
}

#[divan::bench]
fn document_to_item_by_serde_dynamo(bencher: Bencher<'_, '_>) {
    let document = DynamoDocument::example(1);
    bencher.bench(|| serde_dynamo::to_item::<_, HashMap<String, AttributeValue>>(black_box(&document)).unwrap());
}

#[divan::bench]
fn key_of_an_order() -> monotable::Key<Bench> {
    Order::key((black_box("u-1"), black_box("00000001"))).unwrap()
}

#[divan::bench]
fn key_of_an_order_by_hand() -> (String, String) {
    (format!("USER#{}", black_box("u-1")), format!("ORDER#{}", black_box("00000001")))
}

/// Builds the whole request, but does not send it.
#[divan::bench]
fn query_of_orders() -> aws_sdk_dynamodb::operation::query::QueryInput {
    Order::query(black_box("u-1")).into_request().unwrap()
}
