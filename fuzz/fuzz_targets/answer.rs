//! Response bodies: monotable must read the same from a body as the SDK does.
#![no_main]

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::{Debug, Formatter};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use libfuzzer_sys::fuzz_target;
use monotable::aws::Client;
use monotable::aws::config::retry::RetryConfig;
use monotable::aws::config::timeout::TimeoutConfig;
use monotable::aws::config::{BehaviorVersion, Config, Credentials, Region, RuntimeComponents};
use monotable::{Connection, Entity, Page, Table};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use tokio::runtime::{Builder, Runtime};

#[allow(dead_code)]
mod model;

use model::{Base, Order, State, Tag};

thread_local! {
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    static TABLES: [Connection; 2] = tables();
}

#[derive(Debug, Clone)]
struct Canned;

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let body = ANSWER.with_borrow(Clone::clone);
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().expect("a status"), SdkBody::from(body))))
    }
}

/// Creates two connections. The first deserializes items from the response body, the second from the SDK's values.
fn tables() -> [Connection; 2] {
    [true, false].map(|is_direct| {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("UNUSED", "UNUSED", None, None, "fuzz"))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .http_client(Canned);
        Connection::new(Client::from_conf(config.build()), "fuzz").direct_decoding(is_direct)
    })
}

/// Checks that both connections read the same, or that both fail. The errors may differ: if a response has two mistakes, each
/// connection may find another one first.
fn same<T: Debug + PartialEq>(read: impl AsyncFn(&Connection) -> monotable::Result<T>) {
    let [direct, sdk] =
        TABLES.with(|tables| RUNTIME.with(|runtime| [0, 1].map(|which| runtime.block_on(read(&tables[which])))));
    match (direct, sdk) {
        (Err(_), Err(_)) => {}
        (Ok(direct), Ok(sdk)) if direct == sdk => {}
        // NaN is not equal to itself, so compare the debug output.
        (direct, sdk) => assert_eq!(format!("{direct:?}"), format!("{sdk:?}")),
    }
}

/// JSON in which all names of an object are unique. DynamoDB writes only such JSON; for a name that occurs twice, the SDK keeps
/// the last value.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, Self)) = entries.next_entry::<String, Self>()? {
            if !names.insert(name) {
                return Err(Error::custom("a name twice"));
            }
        }
        Ok(self)
    }
}

/// Returns the parts of a page that are compared.
fn parts<T>(page: Page<T>) -> (Vec<T>, Option<String>) {
    (page.items, page.next.map(|cursor| cursor.to_string()))
}

fuzz_target!(|input: &[u8]| {
    let [operation, text @ ..] = input else { return };
    if serde_json::from_slice::<Unique>(text).is_err_and(|error| error.is_data()) {
        return;
    }
    ANSWER.set(text.to_vec());
    match operation % 6 {
        0 => same(async |table| Base::query("TAG#x").on(table).page().await.map(parts)),
        // Skips an item that cannot be deserialized, and continues after it.
        1 => same(async |table| Base::scan().on_bad_item(|_| ()).on(table).page().await.map(parts)),
        2 => same(async |table| Tag::query("x").on(table).page().await.map(parts)),
        3 => same(async |table| Order::query((1, "ann")).on_bad_item(|_| ()).on(table).page().await.map(parts)),
        4 => same(async |table| Tag::get("x").on(table).await),
        _ => same(async |table| Order::get((1, "ann", State::Open, "x")).on(table).await),
    }
});
