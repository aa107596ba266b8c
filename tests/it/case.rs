//! What a case is given: a table of its own on an engine, and a count of the requests that go there.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::Failed;
use monotable::aws::config::interceptors::BeforeTransmitInterceptorContextRef;
use monotable::aws::config::{ConfigBag, Intercept, RuntimeComponents};
use monotable::aws::error::BoxError;
use monotable::aws::types::AttributeValue;
use monotable::{Connection, Table};
use monotable_local::Engine;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

pub struct Case {
    pub name: &'static str,
    pub run: fn(Env) -> Pin<Box<dyn Future<Output = ()>>>,
}

/// `cases![first, second]`: rows of the functions of those names.
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        pub fn cases() -> Vec<crate::case::Case> {
            vec![$(crate::case::Case {
                name: concat!(module_path!(), "::", stringify!($case)),
                run: |env| Box::pin($case(env)),
            }),*]
        }
    };
}
pub(crate) use cases;

/// The property, for 512 random values.
pub fn holds<S: Strategy>(strategy: S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) -> Result<(), Failed> {
    let mut runner = TestRunner::new(Config { cases: 512, failure_persistence: None, ..Config::default() });
    runner.run(&strategy, property).map_err(|error| error.to_string().into())
}

pub struct Env {
    engine: Arc<dyn Engine>,
    case: &'static str,
}

#[derive(Debug, Clone, Default)]
pub struct Requests(Arc<AtomicUsize>);

impl Requests {
    pub fn peek(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// How many there were since the last call.
    pub fn take(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl Intercept for Requests {
    fn name(&self) -> &'static str {
        "Requests"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl Env {
    pub fn new(engine: Arc<dyn Engine>, case: &'static str) -> Self {
        Self { engine, case }
    }

    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// The table of `T`, created for this case alone.
    pub async fn table<T: Table>(&self) -> Connection {
        self.counted::<T>().await.0
    }

    /// Where a table of this case's own would be, through this client.
    pub fn place(&self, table: &str, client: &monotable::aws::Client) -> Connection {
        let name = format!("{}-{table}", self.case.replace("::", "."));
        Connection::new(client.clone(), name).holding(self.engine.endpoint(), ())
    }

    /// The table, and the count of requests to it.
    pub async fn counted<T: Table>(&self) -> (Connection, Requests) {
        let requests = Requests::default();
        let client = self.engine.client();
        let config = client.config().to_builder().interceptor(requests.clone()).build();
        let connection = self.place(T::SCHEMA.name, &monotable::aws::Client::from_conf(config));
        T::ensure_table().on(&connection).await.expect("the table is created");
        requests.take();
        (connection, requests)
    }
}

/// Writes an item as it is, past the library.
pub async fn put_raw(connection: &Connection, attributes: &[(&str, AttributeValue)]) {
    connection
        .client()
        .put_item()
        .table_name(connection.table_name())
        .set_item(Some(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()))
        .send()
        .await
        .expect("the item is written");
}

/// Reads an item as it is, past the library.
pub async fn get_raw(connection: &Connection, pk: &str, sk: &str) -> Option<monotable::Item> {
    let answer = connection.client().get_item().table_name(connection.table_name());
    let answer = answer.key("pk", s(pk)).key("sk", s(sk)).send().await.expect("the item is read");
    answer.item.map(monotable::Item::from)
}

pub fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
