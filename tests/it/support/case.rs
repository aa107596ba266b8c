//! The environment of a case: a separate table on an engine, and a count of the requests to it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::Failed;
use monotable::aws::config::interceptors::BeforeTransmitInterceptorContextRef;
use monotable::aws::config::{ConfigBag, Intercept, RuntimeComponents};
use monotable::aws::error::BoxError;
use monotable::aws::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use monotable::schema::IndexProjection;
use monotable::{Connection, Table};
use monotable_local::Engine;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

pub struct Case {
    pub name: &'static str,
    pub run: fn(Env) -> Pin<Box<dyn Future<Output = ()>>>,
}

/// `cases![first, second]` defines `cases()`, which returns a [`Case`] for each of these functions.
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        pub fn cases() -> Vec<crate::support::case::Case> {
            vec![$(crate::support::case::Case {
                name: concat!(module_path!(), "::", stringify!($case)),
                run: |env| Box::pin($case(env)),
            }),*]
        }
    };
}
pub(crate) use cases;

/// Checks the property for 512 random values.
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

    /// Returns the number of requests since the last call.
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

    /// Creates a client whose tables share no database with those of other cases. If requests to several tables of one database
    /// meet the creation of an index, DynamoDB Local can fail with `InternalFailure`, or never complete the index.
    pub fn own_client(&self) -> monotable::aws::Client {
        let access_key: String = self.case.chars().filter(char::is_ascii_alphanumeric).collect();
        self.engine.client_for(&access_key)
    }

    /// Creates the table of `T`, which only this case uses.
    pub async fn table<T: Table>(&self) -> Connection {
        self.counted::<T>().await.0
    }

    /// Returns a connection through this client to a table that only this case uses. Does not create the table.
    pub fn place(&self, table: &str, client: &monotable::aws::Client) -> Connection {
        let name = format!("{}-{table}", self.case.replace("::", "."));
        let is_direct = std::env::var("MONOTABLE_TEST_DIRECT").as_deref() != Ok("off");
        Connection::new(client.clone(), name).with_endpoint(self.engine.endpoint()).direct_decoding(is_direct)
    }

    /// Creates the table of `T` with its time-to-live enabled, so that the engine deletes expired items.
    pub async fn expiring<T: Table>(&self) -> Connection {
        let connection = self.place(T::SCHEMA.name, &self.engine.client());
        T::ensure_table().on(&connection).await.expect("the table must be created");
        connection
    }

    /// Creates the table of `T`. Returns its connection and the count of requests to it.
    pub async fn counted<T: Table>(&self) -> (Connection, Requests) {
        let requests = Requests::default();
        let client = self.engine.client();
        let config = client.config().to_builder().interceptor(requests.clone()).build();
        let connection = self.place(T::SCHEMA.name, &monotable::aws::Client::from_conf(config));
        match T::SCHEMA.layout.ttl_attribute {
            None => T::ensure_table().on(&connection).await.expect("the table must be created"),
            Some(_) => without_expiry::<T>(&connection).await,
        }
        requests.take();
        (connection, requests)
    }
}

/// Creates the table without enabling its time-to-live. For each table with a time-to-live, DynamoDB Local permanently occupies a
/// thread of a small pool, and index changes need threads of the same pool.
async fn without_expiry<T: Table>(connection: &Connection) {
    let layout = T::SCHEMA.layout;
    let element =
        |name: &str, key_type| KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().unwrap();
    let schema = |partition: &str, sort: Option<&str>| {
        let sort = sort.map(|name| element(name, KeyType::Range));
        [element(partition, KeyType::Hash)].into_iter().chain(sort).collect::<Vec<_>>()
    };
    let mut names = vec![layout.partition_key.name];
    names.extend(layout.sort_key.map(|key| key.name));
    let mut request = connection
        .client()
        .create_table()
        .table_name(connection.table_name())
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(schema(layout.partition_key.name, layout.sort_key.map(|key| key.name))));
    for index in layout.indexes {
        let (partition, sort) = (index.partition_keys[0].name, index.sort_keys.first().map(|key| key.name));
        names.extend([Some(partition), sort].into_iter().flatten());
        let projection = match index.projection {
            IndexProjection::Include(names) => Projection::builder()
                .projection_type(ProjectionType::Include)
                .set_non_key_attributes(Some(names.iter().map(|name| (*name).to_owned()).collect())),
            IndexProjection::KeysOnly => Projection::builder().projection_type(ProjectionType::KeysOnly),
            IndexProjection::All => Projection::builder().projection_type(ProjectionType::All),
            other => unreachable!("{other:?} is not a projection of DynamoDB"),
        };
        let index = GlobalSecondaryIndex::builder()
            .index_name(index.index_name)
            .set_key_schema(Some(schema(partition, sort)))
            .projection(projection.build());
        request = request.global_secondary_indexes(index.build().unwrap());
    }
    names.sort_unstable();
    names.dedup();
    for name in names {
        let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        request = request.attribute_definitions(definition.build().unwrap());
    }
    match request.send().await.map_err(|error| error.into_service_error()) {
        Err(error) if !error.is_resource_in_use_exception() => panic!("the table must be created: {error:?}"),
        _ => {}
    }
}

/// Writes exactly these attributes with the SDK, without monotable.
pub async fn put_raw(connection: &Connection, attributes: &[(&str, AttributeValue)]) {
    connection
        .client()
        .put_item()
        .table_name(connection.table_name())
        .set_item(Some(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()))
        .send()
        .await
        .expect("the item must be written");
}

/// Reads all attributes of an item with the SDK, without monotable.
pub async fn get_raw(connection: &Connection, pk: &str, sk: &str) -> Option<monotable::Item> {
    let answer = connection.client().get_item().table_name(connection.table_name());
    let answer = answer.key("pk", s(pk)).key("sk", s(sk)).send().await.expect("the item must be read");
    answer.item.map(monotable::Item::from)
}

pub fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
