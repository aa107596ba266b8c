//! Prepared responses in DynamoDB's JSON, with string escapes chosen at random.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use monotable::Connection;
use monotable::aws::Client;
use monotable::aws::config::retry::RetryConfig;
use monotable::aws::config::{BehaviorVersion, Config, Credentials, Region, RuntimeComponents};
use monotable::aws::primitives::Blob;
use monotable::aws::types::AttributeValue;
use proptest::prelude::*;

/// An HTTP client that returns these responses in order, and repeats the last one.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    left: Arc<Mutex<VecDeque<(u16, Vec<u8>)>>>,
    pub requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl HttpClient for Answers {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let length: usize = request.headers().get("content-length").unwrap().parse().unwrap();
        let body = request.body().bytes().unwrap().to_vec();
        assert_eq!(length, body.len());
        self.requests.lock().unwrap().push(body);
        let mut left = self.left.lock().unwrap();
        let (status, body) = if left.len() > 1 { left.pop_front().unwrap() } else { left[0].clone() };
        let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        answer.headers_mut().insert("x-amzn-requestid", "request-7");
        HttpConnectorFuture::ready(Ok(answer))
    }
}

impl Answers {
    pub fn of(answers: impl IntoIterator<Item = (u16, String)>) -> Self {
        let left = answers.into_iter().map(|(status, text)| (status, text.into_bytes())).collect();
        Self { left: Arc::new(Mutex::new(left)), requests: Arc::default() }
    }

    pub fn table(&self, attempts: u32) -> Connection {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("UNUSED", "UNUSED", None, None, "test"))
            .retry_config(
                RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(std::time::Duration::ZERO),
            )
            .http_client(self.clone());
        Connection::new(Client::from_conf(config.build()), "canned")
    }
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Returns the text as a JSON string. The bits of `escape` choose which characters are written as `\u` escapes.
pub fn quoted(text: &str, escape: u32) -> String {
    let mut quoted = String::from('"');
    for (place, c) in text.chars().enumerate() {
        let is_free = !matches!(c, '"' | '\\') && c >= ' ';
        match is_free && (escape >> (place % 32)) & 1 == 0 {
            true => quoted.push(c),
            false => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write!(quoted, "\\u{unit:04x}").unwrap()),
        }
    }
    quoted.push('"');
    quoted
}

/// Returns the value in DynamoDB's JSON.
pub fn json_of(value: &AttributeValue, escape: u32) -> String {
    let list = |values: Vec<String>| format!("[{}]", values.join(","));
    let texts = |texts: &[String]| list(texts.iter().map(|text| quoted(text, escape)).collect());
    let base64 = |bytes: &Blob| format!("\"{}\"", aws_smithy_types::base64::encode(bytes));
    let (tag, json) = match value {
        AttributeValue::S(text) => ("S", quoted(text, escape)),
        AttributeValue::N(number) => ("N", quoted(number, escape)),
        AttributeValue::Bool(value) => ("BOOL", value.to_string()),
        AttributeValue::Null(value) => ("NULL", value.to_string()),
        AttributeValue::B(bytes) => ("B", base64(bytes)),
        AttributeValue::Ss(set) => ("SS", texts(set)),
        AttributeValue::Ns(set) => ("NS", texts(set)),
        AttributeValue::Bs(set) => ("BS", list(set.iter().map(base64).collect())),
        AttributeValue::L(values) => ("L", list(values.iter().map(|value| json_of(value, escape)).collect())),
        AttributeValue::M(entries) => ("M", map_of(entries, escape)),
        other => panic!("{other:?}"),
    };
    format!("{{\"{tag}\":{json}}}")
}

pub fn map_of(entries: &HashMap<String, AttributeValue>, escape: u32) -> String {
    let entries = entries.iter().map(|(name, value)| format!("{}:{}", quoted(name, escape), json_of(value, escape)));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
}

pub fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,12}", any::<String>(), "[\\\\\"\\n\u{7f}\u{e9}\u{10FFFE}]{0,9}"]
}

pub fn bytes() -> impl Strategy<Value = Blob> {
    prop::collection::vec(any::<u8>(), 0..20).prop_map(Blob::new)
}

pub fn value() -> impl Strategy<Value = AttributeValue> {
    use AttributeValue::{B, Bool, Bs, L, M, N, Ns, Null, S, Ss};
    let number = prop_oneof![any::<i64>().prop_map(|n| n.to_string()), any::<f32>().prop_map(|n| format!("{n:e}"))];
    let leaf = prop_oneof![
        text().prop_map(S),
        number.clone().prop_map(N),
        any::<bool>().prop_map(Bool),
        any::<bool>().prop_map(Null),
        bytes().prop_map(B),
        prop::collection::vec(text(), 0..4).prop_map(Ss),
        prop::collection::vec(number, 0..4).prop_map(Ns),
        prop::collection::vec(bytes(), 0..4).prop_map(Bs),
    ];
    leaf.prop_recursive(6, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(L),
            prop::collection::hash_map(text(), inner, 0..5).prop_map(M),
        ]
    })
}

pub fn item() -> impl Strategy<Value = HashMap<String, AttributeValue>> {
    prop::collection::hash_map(text(), value(), 0..8)
}
