use std::marker::PhantomData;
use std::time::Duration;

use aws_sdk_dynamodb::operation::create_table::CreateTableInput;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction,
    GlobalSecondaryIndex, GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType as KeyRole, LocalSecondaryIndex,
    Projection, ProjectionType, ProvisionedThroughput, ScalarAttributeType, TableDescription,
};

use crate::client::{self, Connection, OperationFuture, Requests, TableOpOptions};
use crate::error::{Result, unbuilt};
use crate::model::TableModel;
use crate::op::on_table;
use crate::read::table_plan::Change;
use crate::schema::{IndexKind, IndexProjection, IndexSchema, KeyAttribute, KeyType, TableLayout};

/// Creates the table of `config.json`, or brings the one that is there in line with it, and waits until it can be used.
///
/// Global secondary indexes are created, deleted, and created anew where their keys or projection changed: one at a time,
/// as DynamoDB asks, and what is new before anything is deleted. Another primary key, or a local index that is not as the
/// file has it, is an error.
/// `ttlAttribute` is set. `billing` and `stream` of the file are for what is deployed: a new table's billing is on demand; an index of a table with provisioned capacity gets the table's.
#[must_use = "operations do nothing until awaited"]
pub struct EnsureTable<T> {
    terms: TableOpOptions,
    connection: Option<Connection>,
    table: PhantomData<fn() -> T>,
}

on_table!(EnsureTable, "ensure_table" -> ());

impl<T: TableModel> EnsureTable<T> {
    pub(crate) fn new() -> Self {
        Self { terms: TableOpOptions::default(), connection: None, table: PhantomData }
    }

    /// Allows what deletes an index of a table that is not local, whose name this is. Without it such a change is an error
    /// that says what would be done.
    pub fn allow_destructive(mut self, table_name: impl Into<String>) -> Self {
        self.terms.allowed = Some(table_name.into());
        self
    }

    /// Waits no longer than this, ten minutes by default. What was begun goes on.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.terms.deadline = deadline;
        self
    }

    /// The request that creates the table, less its name.
    ///
    /// # Errors
    /// If it would be refused before it is sent.
    pub fn into_request(self) -> Result<CreateTableInput> {
        request(T::__SCHEMA.layout).and_then(|request| request.build().map_err(unbuilt))
    }

    async fn run(self) -> Result<()> {
        let requests = Requests { create: request(T::__SCHEMA.layout)?, update: update::<T> };
        client::ensure_table::<T>(self.connection, self.terms, requests).await
    }
}

/// The request for one change of an index. One that is created anew is deleted first, and missing when the table is looked
/// at again.
fn update<T: TableModel>(change: &Change, table: &TableDescription) -> Result<UpdateTableInputBuilder> {
    let layout = T::__SCHEMA.layout;
    let delete = |index: &str| {
        let delete = DeleteGlobalSecondaryIndexAction::builder().index_name(index).build().map_err(unbuilt)?;
        Ok(GlobalSecondaryIndexUpdate::builder().delete(delete).build())
    };
    let request = UpdateTableInputBuilder::default();
    match change {
        Change::ReplaceIndex { index, .. } => Ok(request.global_secondary_index_updates(delete(index)?)),
        Change::DeleteIndex { index } => Ok(request.global_secondary_index_updates(delete(index)?)),
        Change::CreateIndex { index: name } => {
            let index = layout.indexes.iter().find(|index| index.index_name == *name);
            let index = index.unwrap_or_else(|| unreachable!("`change::changes` takes the names from the layout"));
            let create = CreateGlobalSecondaryIndexAction::builder()
                .index_name(*name)
                .set_key_schema(Some(key_schema(index.partition_keys, index.sort_keys)?))
                .projection(projection(index))
                .set_provisioned_throughput(provisioned(table)?)
                .build()
                .map_err(unbuilt)?;
            let definitions: Result<_> = index.partition_keys.iter().chain(index.sort_keys).map(definition).collect();
            Ok(request
                .set_attribute_definitions(Some(definitions?))
                .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build()))
        }
        Change::CreateTable | Change::SetTimeToLive { .. } => {
            unreachable!("`change::changes` gives changes of indexes")
        }
    }
}

/// The table's own capacity, if it has any.
fn provisioned(table: &TableDescription) -> Result<Option<ProvisionedThroughput>> {
    let Some(throughput) = table.provisioned_throughput() else { return Ok(None) };
    let capacity = (throughput.read_capacity_units(), throughput.write_capacity_units());
    let (Some(read @ 1..), Some(write @ 1..)) = capacity else { return Ok(None) };
    let builder = ProvisionedThroughput::builder().read_capacity_units(read).write_capacity_units(write);
    builder.build().map(Some).map_err(unbuilt)
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
    keys.into_iter().map(definition).collect()
}

fn definition(key: &KeyAttribute) -> Result<AttributeDefinition> {
    let scalar = match key.key_type {
        KeyType::S => ScalarAttributeType::S,
        KeyType::N => ScalarAttributeType::N,
        KeyType::B => ScalarAttributeType::B,
    };
    AttributeDefinition::builder().attribute_name(key.name).attribute_type(scalar).build().map_err(unbuilt)
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
