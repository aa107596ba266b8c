use std::fmt;
use std::marker::PhantomData;

use aws_sdk_dynamodb::operation::create_table::CreateTableInput;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType as KeyRole, LocalSecondaryIndex,
    Projection, ProjectionType, ScalarAttributeType,
};

use super::get::unbuilt;
use crate::client::{self, Connection, Sending};
use crate::error::{Error, Result};
use crate::schema::{IndexKind, IndexProjection, IndexSchema, KeyAttribute, KeyType, TableLayout};
use crate::table::Table;

/// Creates the table of `config.json`, unless it exists, and waits until it can be used. Billing is on demand.
#[must_use = "operations do nothing until awaited"]
pub struct EnsureTable<T> {
    connection: Option<Connection>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table> EnsureTable<T> {
    pub(crate) fn new() -> Self {
        Self { connection: None, table: PhantomData }
    }

    /// Sends it through this connection.
    pub fn on(mut self, connection: &Connection) -> Self {
        self.connection = Some(connection.clone());
        self
    }

    /// The request that creates the table, less its name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<CreateTableInput> {
        request(T::SCHEMA.layout).and_then(|request| request.build().map_err(unbuilt))
    }

    /// The future, for functions such as `join!` that take one. `.await` calls this.
    pub fn send(self) -> Sending<()> {
        Sending::new(async move {
            let during = |error: Error| error.during("ensure_table").entity(T::SCHEMA.name);
            let request = request(T::SCHEMA.layout).map_err(during)?;
            client::ensure_table::<T>(self.connection, request).await.map_err(during)
        })
    }
}

impl<T: Table> IntoFuture for EnsureTable<T> {
    type Output = Result<()>;
    type IntoFuture = Sending<()>;

    fn into_future(self) -> Sending<()> {
        self.send()
    }
}

impl<T> fmt::Debug for EnsureTable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnsureTable")
    }
}

fn request(layout: &TableLayout) -> Result<CreateTableInputBuilder> {
    let mut request = CreateTableInputBuilder::default()
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema(&[layout.partition_key], layout.sort_key.as_slice())?));
    for definition in attribute_definitions(layout)? {
        request = request.attribute_definitions(definition);
    }
    for index in layout.indexes {
        request = match index.kind {
            IndexKind::Global => request.global_secondary_indexes(
                GlobalSecondaryIndex::builder()
                    .index_name(index.index_name)
                    .set_key_schema(Some(key_schema(index.partition_keys, index.sort_keys)?))
                    .projection(projection(index))
                    .build()
                    .map_err(unbuilt)?,
            ),
            IndexKind::Local => request.local_secondary_indexes(
                LocalSecondaryIndex::builder()
                    .index_name(index.index_name)
                    .set_key_schema(Some(key_schema(&[layout.partition_key], index.sort_keys)?))
                    .projection(projection(index))
                    .build()
                    .map_err(unbuilt)?,
            ),
        };
    }
    Ok(request)
}

fn key_schema(partition: &[KeyAttribute], sort: &[KeyAttribute]) -> Result<Vec<KeySchemaElement>> {
    let element = |key: &KeyAttribute, role| {
        KeySchemaElement::builder().attribute_name(key.name).key_type(role).build().map_err(unbuilt)
    };
    let partition = partition.iter().map(|key| element(key, KeyRole::Hash));
    partition.chain(sort.iter().map(|key| element(key, KeyRole::Range))).collect()
}

/// Every key attribute once, in the order of their first use.
fn attribute_definitions(layout: &TableLayout) -> Result<Vec<AttributeDefinition>> {
    let of_indexes = layout.indexes.iter().flat_map(|index| index.partition_keys.iter().chain(index.sort_keys));
    let mut keys: Vec<&KeyAttribute> = Vec::new();
    for key in [&layout.partition_key].into_iter().chain(&layout.sort_key).chain(of_indexes) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let scalar = |key_type| match key_type {
        KeyType::S => ScalarAttributeType::S,
        KeyType::N => ScalarAttributeType::N,
        KeyType::B => ScalarAttributeType::B,
    };
    let definition = |key: &KeyAttribute| {
        let builder = AttributeDefinition::builder().attribute_name(key.name);
        builder.attribute_type(scalar(key.key_type)).build().map_err(unbuilt)
    };
    keys.into_iter().map(definition).collect()
}

fn projection(index: &IndexSchema) -> Projection {
    let (kind, attributes) = match index.projection {
        IndexProjection::All => (ProjectionType::All, None),
        IndexProjection::KeysOnly => (ProjectionType::KeysOnly, None),
        IndexProjection::Include(names) => {
            (ProjectionType::Include, Some(names.iter().map(|name| (*name).to_owned()).collect()))
        }
    };
    Projection::builder().projection_type(kind).set_non_key_attributes(attributes).build()
}
