//! The log of the supervisor, which is its standard output. A request's line says what the request asked for, what it used, and how
//! long it took. Keys and values are never logged.

use std::io::Write;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::HeaderMap;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The parts of a request that do not contain values.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html>
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Asked {
    table_name: Option<String>,
    index_name: Option<String>,
    /// The keys are the names of tables.
    request_items: Option<std::collections::BTreeMap<String, IgnoredAny>>,
    transact_items: Option<Vec<IgnoredAny>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answered {
    consumed_capacity: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(Capacity),
    Many(Vec<Capacity>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Capacity {
    capacity_units: f64,
}

/// Writes a line to the log. A full disk must not end the engine.
pub fn write(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Describes a request and its response in one line.
pub fn describe_request(
    headers: &HeaderMap,
    request: &[u8],
    status: StatusCode,
    response: &[u8],
    time: Duration,
) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().filter(|name| !name.is_empty()).unwrap_or("unknown operation");
    let asked: Asked = serde_json::from_slice(request).unwrap_or_default();
    let mut line = operation.to_owned();
    let tables = asked.request_items.map(|tables| tables.into_keys().collect::<Vec<_>>().join(","));
    if let Some(table) = asked.table_name.or(tables) {
        line.push_str(&format!(" table={table}"));
    }
    if let Some(index) = asked.index_name {
        line.push_str(&format!(" index={index}"));
    }
    if let Some(items) = asked.transact_items {
        line.push_str(&format!(" items={}", items.len()));
    }
    let answered: Answered = serde_json::from_slice(response).unwrap_or_default();
    let units = answered.consumed_capacity.map(|capacity| match capacity {
        OneOrMany::One(one) => one.capacity_units,
        OneOrMany::Many(many) => many.iter().map(|one| one.capacity_units).sum(),
    });
    if let Some(units) = units {
        line.push_str(&format!(" capacity={units}"));
    }
    format!("{line} status={} time={:.1}ms", status.as_u16(), time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(operation: &'static str, request: &str, response: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-target", operation.parse().unwrap());
        describe_request(&headers, request.as_bytes(), StatusCode::OK, response.as_bytes(), Duration::from_micros(1500))
    }

    #[test]
    fn a_query_is_described_without_its_values() {
        let request = r#"{"TableName":"shop","IndexName":"gsi1","ExpressionAttributeValues":{":a":{"S":"SECRET"}}}"#;
        let response =
            r#"{"Items":[{"pk":{"S":"SECRET"}}],"ConsumedCapacity":{"TableName":"shop","CapacityUnits":0.5}}"#;
        assert_eq!(
            line("DynamoDB_20120810.Query", request, response),
            "Query table=shop index=gsi1 capacity=0.5 status=200 time=1.5ms"
        );
    }

    #[test]
    fn batches_and_transactions_are_described() {
        let batch = line(
            "DynamoDB_20120810.BatchWriteItem",
            r#"{"RequestItems":{"shop":[{"PutRequest":{"Item":{"pk":{"S":"SECRET"}}}}]}}"#,
            r#"{"ConsumedCapacity":[{"CapacityUnits":1.0},{"CapacityUnits":2.5}]}"#,
        );
        assert_eq!(batch, "BatchWriteItem table=shop capacity=3.5 status=200 time=1.5ms");
        let transaction = line("DynamoDB_20120810.TransactWriteItems", r#"{"TransactItems":[{},{}]}"#, "{}");
        assert_eq!(transaction, "TransactWriteItems items=2 status=200 time=1.5ms");
    }

    #[test]
    fn a_request_of_another_kind_is_described() {
        assert_eq!(line("", "SECRET", "SECRET"), "unknown operation status=200 time=1.5ms");
    }
}
