@%- set table = tables[0] -%@
@%- set entity = entities[0] -%@
@%- if entity.has_sample -%@
//! Batches of the stream.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lambda_events::event::dynamodb::EventRecord;
use lambda_http::{Context, LambdaEvent};
use monotable::aws::types::AttributeValue;
use monotable::stream::Record;
use monotable::{Entity as _, Item, Table as _};
use serde_json::{Value, json};

use @{table.path}@::@{table.table}@;
use @{library}@::stream::{Batch, handle};

fn item() -> Item {
    let entity: @{table.path}@::@{entity.name}@ = serde_json::from_value(json!({
        @%- for field in entity.fields if field.managed or field.sample %@
        "@{field.name}@": @% if field.managed %@@{field.managed}@@% else %@@{field.sample}@@% endif %@,
        @%- endfor %@
    }))
    .unwrap();
    entity.to_item().unwrap()
}

/// A record as Lambda delivers it.
fn record(event: &str, number: &str, item: Item) -> Value {
    let mut record = EventRecord::default();
    record.event_name = event.to_owned();
    record.change.sequence_number = Some(number.to_owned());
    record.change.keys = Record::inserted::<@{table.table}@>(item.clone()).keys().clone().into();
    match event {
        "REMOVE" => record.change.old_image = item.into(),
        _ => record.change.new_image = item.into(),
    }
    serde_json::to_value(record).unwrap()
}

/// Returns the numbers of the records that Lambda delivers again.
async fn failures(records: Vec<Value>, seconds: u64) -> Vec<String> {
    let mut context = Context::default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    context.deadline = u64::try_from(now.as_millis()).unwrap() + 1000 * seconds;
    let response = handle(LambdaEvent::new(Batch { records }, context)).await.unwrap();
    response.batch_item_failures.into_iter().filter_map(|failure| failure.item_identifier).collect()
}

#[tokio::test]
async fn records_that_are_handled_are_no_failures() {
    let records = ["INSERT", "MODIFY", "REMOVE"].map(|event| record(event, event, item()));
    assert!(failures(records.to_vec(), 60).await.is_empty());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_the_only_failure() {
    let damaged = json!({ "eventName": "INSERT", "dynamodb": { "SequenceNumber": "2", "NewImage": 7 } });
    for poison in [record("UNKNOWN", "2", item()), damaged] {
        let records = vec![record("INSERT", "1", item()), poison, record("INSERT", "3", item())];
        assert_eq!(failures(records, 60).await, ["2"]);
    }
}

#[tokio::test]
async fn an_item_of_an_unknown_entity_is_no_failure() {
    // The table may have another attribute for the discriminator, or none.
    let Some(name) = @{table.table}@::SCHEMA.layout.discriminator_attribute else { return };
    let mut unknown = item();
    unknown.insert(name.to_owned(), AttributeValue::S("Unknown".into()));
    assert!(failures(vec![record("INSERT", "1", unknown)], 60).await.is_empty());
}

#[tokio::test]
async fn records_without_time_left_are_delivered_again() {
    let records = vec![record("INSERT", "1", item()), record("INSERT", "2", item())];
    assert_eq!(failures(records, 0).await, ["1"]);
}
@% endif -%@
