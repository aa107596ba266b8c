//! DynamoDB without a socket: an HTTP client that returns prepared responses.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region, RuntimeComponents};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use monotable::Item;
use serde_json::{Map, Value, json};

/// Converts an attribute value to DynamoDB's JSON.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>
fn value(value: &AttributeValue) -> Value {
    use aws_smithy_types::base64::encode;
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(value) => json!({ "BOOL": value }),
        AttributeValue::B(bytes) => json!({ "B": encode(bytes) }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(self::value).collect::<Vec<_>>() }),
        AttributeValue::M(entries) => json!({ "M": attributes(entries) }),
        AttributeValue::Ss(set) => json!({ "SS": set }),
        AttributeValue::Ns(set) => json!({ "NS": set }),
        AttributeValue::Bs(set) => json!({ "BS": set.iter().map(encode).collect::<Vec<_>>() }),
        _ => json!({ "NULL": true }),
    }
}

fn attributes<'a>(entries: impl IntoIterator<Item = (&'a String, &'a AttributeValue)>) -> Value {
    Value::Object(entries.into_iter().map(|(name, entry)| (name.clone(), value(entry))).collect::<Map<_, _>>())
}

/// Converts an item to DynamoDB's JSON, with the attributes sorted by name.
pub fn json(item: &Item) -> Value {
    attributes(item.iter())
}

/// An HTTP client that returns prepared responses. They contain the consumed capacity if the request asks for it.
#[derive(Debug, Clone)]
pub struct Canned {
    plain: Arc<[Bytes]>,
    with_capacity: Arc<[Bytes]>,
}

impl Canned {
    /// Creates a client that returns this response to every request.
    pub fn always(answer: &Value) -> Self {
        Self::pages(std::slice::from_ref(answer))
    }

    /// Creates a client that returns the pages of a scan. The start key of a request contains the number of the page; without a
    /// start key, the client returns the first page of the segment.
    pub fn pages(answers: &[Value]) -> Self {
        let with = |answer: &Value| {
            let mut answer = answer.clone();
            let used = json!({ "TableName": "bench", "CapacityUnits": 5.5 });
            // Batches can use several tables, so their responses contain a list.
            let is_batch = ["Responses", "UnprocessedItems"].iter().any(|member| answer.get(member).is_some());
            answer["ConsumedCapacity"] = if is_batch { json!([used]) } else { used };
            Bytes::from(answer.to_string())
        };
        let plain = answers.iter().map(|answer| Bytes::from(answer.to_string()));
        Self { plain: plain.collect(), with_capacity: answers.iter().map(with).collect() }
    }

    /// Creates an SDK client that gets these responses.
    pub fn client(&self) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("UNUSED", "UNUSED", None, None, "bench"))
            .http_client(self.clone());
        Client::from_conf(config.build())
    }
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().and_then(|body| str::from_utf8(body).ok()).unwrap_or_default();
        let answers = if body.contains("\"ReturnConsumedCapacity\"") { &self.with_capacity } else { &self.plain };
        let number = match answers.len() {
            1 => 0,
            _ => next(body),
        };
        let answer = SdkBody::from(answers[number].clone());
        HttpConnectorFuture::ready(match StatusCode::try_from(200) {
            Ok(ok) => Ok(HttpResponse::new(ok, answer)),
            Err(error) => Err(ConnectorError::user(error.into())),
        })
    }
}

/// Returns the number of the page that the request asks for. The last key of a page contains the number of the next page.
fn next(request: &str) -> usize {
    let request: Value = serde_json::from_str(request).unwrap_or_default();
    let after = request["ExclusiveStartKey"]["sk"]["S"].as_str().and_then(|page| page.parse().ok());
    let segment = request["Segment"].as_u64().unwrap_or_default() as usize;
    let (segments, pages) = (request["TotalSegments"].as_u64().unwrap_or(1) as usize, PAGES);
    after.unwrap_or(segment * pages / segments)
}

/// The number of pages of a scan. Together they contain 100,000 items of 455 bytes.
pub const PAGES: usize = 44;
