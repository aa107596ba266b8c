//! Builds the requests that create a table and change its indexes from its `config.json`. This module does no I/O.

use aws_sdk_dynamodb::operation::create_table::builders::CreateTableInputBuilder;
use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableInputBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, DeleteGlobalSecondaryIndexAction,
    GlobalSecondaryIndex, GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType as KeyRole, LocalSecondaryIndex,
    Projection, ProjectionType, ProvisionedThroughput, ScalarAttributeType, TableDescription,
};
use monotable_config::{Index, IndexProjection, KeyAttribute, KeyType, TableConfig};

use crate::error::{Result, unbuilt};
use crate::read::table_plan::Change;

/// Returns the request for one change of an index. For a replaced index, it only deletes the index. The next description lacks
/// the index, and the next change creates it.
pub(crate) fn update(
    config: &TableConfig,
    change: &Change,
    table: &TableDescription,
) -> Result<UpdateTableInputBuilder> {
    let delete = |index: &str| {
        let delete = DeleteGlobalSecondaryIndexAction::builder().index_name(index).build().map_err(unbuilt)?;
        Ok(GlobalSecondaryIndexUpdate::builder().delete(delete).build())
    };
    let request = UpdateTableInputBuilder::default();
    match change {
        Change::ReplaceIndex { index, .. } => Ok(request.global_secondary_index_updates(delete(index)?)),
        Change::DeleteIndex { index } => Ok(request.global_secondary_index_updates(delete(index)?)),
        Change::CreateIndex { index: name } => {
            let index = config.global_secondary_indexes.iter().find(|index| index.index_name == *name);
            let index =
                index.unwrap_or_else(|| unreachable!("`table_plan::changes` takes the names from the configuration"));
            let create = CreateGlobalSecondaryIndexAction::builder()
                .index_name(name)
                .set_key_schema(Some(key_schema(config.partition_keys_of(index), &index.sort_keys)?))
                .projection(projection(index))
                .set_provisioned_throughput(provisioned(table)?)
                .build()
                .map_err(unbuilt)?;
            let definitions: Result<_> = index.partition_keys.iter().chain(&index.sort_keys).map(definition).collect();
            Ok(request
                .set_attribute_definitions(Some(definitions?))
                .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(create).build()))
        }
        Change::CreateTable | Change::SetTimeToLive { .. } => {
            unreachable!("these are not changes of an index")
        }
    }
}

/// Returns the capacity of the table itself, which a new index gets as well; `None` if the table is billed per request.
fn provisioned(table: &TableDescription) -> Result<Option<ProvisionedThroughput>> {
    let Some(throughput) = table.provisioned_throughput() else { return Ok(None) };
    let capacity = (throughput.read_capacity_units(), throughput.write_capacity_units());
    let (Some(read @ 1..), Some(write @ 1..)) = capacity else { return Ok(None) };
    let builder = ProvisionedThroughput::builder().read_capacity_units(read).write_capacity_units(write);
    builder.build().map(Some).map_err(unbuilt)
}

/// Returns the request that creates the table, without its name. Local tables and tests need no capacity, so it is billed per
/// request.
pub(crate) fn create(config: &TableConfig) -> Result<CreateTableInputBuilder> {
    let mut request = CreateTableInputBuilder::default()
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema([&config.partition_key], &config.sort_key)?));
    for definition in attribute_definitions(config)? {
        request = request.attribute_definitions(definition);
    }
    for index in &config.global_secondary_indexes {
        let index = GlobalSecondaryIndex::builder()
            .index_name(&index.index_name)
            .set_key_schema(Some(key_schema(&index.partition_keys, &index.sort_keys)?))
            .projection(projection(index));
        request = request.global_secondary_indexes(index.build().map_err(unbuilt)?);
    }
    for index in &config.local_secondary_indexes {
        let index = LocalSecondaryIndex::builder()
            .index_name(&index.index_name)
            .set_key_schema(Some(key_schema([&config.partition_key], &index.sort_keys)?))
            .projection(projection(index));
        request = request.local_secondary_indexes(index.build().map_err(unbuilt)?);
    }
    Ok(request)
}

fn key_schema<'a>(
    partition: impl IntoIterator<Item = &'a KeyAttribute>,
    sort: impl IntoIterator<Item = &'a KeyAttribute>,
) -> Result<Vec<KeySchemaElement>> {
    let element = |key: &KeyAttribute, role| {
        KeySchemaElement::builder().attribute_name(&key.name).key_type(role).build().map_err(unbuilt)
    };
    let partition = partition.into_iter().map(|key| element(key, KeyRole::Hash));
    partition.chain(sort.into_iter().map(|key| element(key, KeyRole::Range))).collect()
}

/// Defines each key attribute once, in the order of first use. DynamoDB rejects definitions of other attributes.
fn attribute_definitions(config: &TableConfig) -> Result<Vec<AttributeDefinition>> {
    let of_indexes = config.indexes().flat_map(|index| index.partition_keys.iter().chain(&index.sort_keys));
    let mut keys: Vec<&KeyAttribute> = Vec::new();
    for key in [&config.partition_key].into_iter().chain(&config.sort_key).chain(of_indexes) {
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
    AttributeDefinition::builder().attribute_name(&key.name).attribute_type(scalar).build().map_err(unbuilt)
}

fn projection(index: &Index) -> Projection {
    let (kind, attributes) = match &index.projection {
        IndexProjection::All => (ProjectionType::All, None),
        IndexProjection::KeysOnly => (ProjectionType::KeysOnly, None),
        IndexProjection::Include(names) => (ProjectionType::Include, Some(names.clone())),
    };
    Projection::builder().projection_type(kind).set_non_key_attributes(attributes).build()
}
