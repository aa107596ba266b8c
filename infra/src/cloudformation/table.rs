use monotable_config::{Billing, Capacity, IndexProjection, KeyAttribute, KeyType, Stream};
use serde_json::{Map, Value, json};

use super::{insert, key_arn, tags};
use crate::plan::{GlobalIndex, LocalIndex, TablePlan};
use crate::template::Resource;

pub(super) fn resource(table: &TablePlan) -> Resource {
    let mut properties = Map::new();
    let attributes: Value = table.attributes.iter().map(definition).collect();
    insert(&mut properties, "AttributeDefinitions", Some(attributes));
    insert(&mut properties, "BillingMode", Some(billing(table.billing)));
    insert(&mut properties, "DeletionProtectionEnabled", Some(table.deletion_protection));
    let global: Vec<_> = table.global_indexes.iter().map(global_index).collect();
    insert(&mut properties, "GlobalSecondaryIndexes", (!global.is_empty()).then_some(global));
    let sort_keys: Vec<_> = table.sort_key.iter().collect();
    insert(&mut properties, "KeySchema", Some(key_schema(&[&table.partition_key], &sort_keys)));
    let local: Vec<_> = table.local_indexes.iter().map(|index| local_index(table, index)).collect();
    insert(&mut properties, "LocalSecondaryIndexes", (!local.is_empty()).then_some(local));
    let recovery = match table.recovery_days {
        Some(days) => json!({ "PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": days }),
        None => json!({ "PointInTimeRecoveryEnabled": false }),
    };
    insert(&mut properties, "PointInTimeRecoverySpecification", Some(recovery));
    insert(&mut properties, "ProvisionedThroughput", table.capacity.map(throughput));
    let encryption = key_arn(table).map(|arn| json!({ "KMSMasterKeyId": arn, "SSEEnabled": true, "SSEType": "KMS" }));
    insert(&mut properties, "SSESpecification", encryption);
    let stream = table.stream.map(|stream| json!({ "StreamViewType": view_type(stream) }));
    insert(&mut properties, "StreamSpecification", stream);
    insert(&mut properties, "TableName", table.table_name.clone());
    insert(&mut properties, "Tags", (!table.tags.is_empty()).then(|| tags(&table.tags)));
    let ttl = table.ttl_attribute.as_ref().map(|name| json!({ "AttributeName": name, "Enabled": true }));
    insert(&mut properties, "TimeToLiveSpecification", ttl);
    Resource::new("AWS::DynamoDB::Table", properties.into()).on_removal(table.on_removal)
}

fn definition(key: &KeyAttribute) -> Value {
    let key_type = match key.key_type {
        KeyType::S => "S",
        KeyType::N => "N",
        KeyType::B => "B",
    };
    json!({ "AttributeName": key.name, "AttributeType": key_type })
}

fn billing(billing: Billing) -> &'static str {
    match billing {
        Billing::Provisioned => "PROVISIONED",
        _ => "PAY_PER_REQUEST",
    }
}

fn view_type(stream: Stream) -> Value {
    // The words in the file are the ones of DynamoDB.
    serde_json::to_value(stream).unwrap_or_else(|error| unreachable!("a word has a JSON form: {error}"))
}

fn throughput(capacity: Capacity) -> Value {
    json!({ "ReadCapacityUnits": capacity.read, "WriteCapacityUnits": capacity.write })
}

fn key_schema<T: AsRef<str>>(partition_keys: &[T], sort_keys: &[T]) -> Value {
    let element = |name: &str, key_type: &str| json!({ "AttributeName": name, "KeyType": key_type });
    let partition = partition_keys.iter().map(|name| element(name.as_ref(), "HASH"));
    partition.chain(sort_keys.iter().map(|name| element(name.as_ref(), "RANGE"))).collect()
}

fn global_index(index: &GlobalIndex) -> Value {
    let mut properties = Map::new();
    insert(&mut properties, "IndexName", Some(index.name.clone()));
    insert(&mut properties, "KeySchema", Some(key_schema(&index.partition_keys, &index.sort_keys)));
    insert(&mut properties, "Projection", Some(projection(&index.projection)));
    insert(&mut properties, "ProvisionedThroughput", index.capacity.map(throughput));
    properties.into()
}

fn local_index(table: &TablePlan, index: &LocalIndex) -> Value {
    json!({
        "IndexName": index.name,
        "KeySchema": key_schema(&[&table.partition_key], &[&index.sort_key]),
        "Projection": projection(&index.projection),
    })
}

fn projection(projection: &IndexProjection) -> Value {
    match projection {
        IndexProjection::All => json!({ "ProjectionType": "ALL" }),
        IndexProjection::KeysOnly => json!({ "ProjectionType": "KEYS_ONLY" }),
        IndexProjection::Include(names) => json!({ "NonKeyAttributes": names, "ProjectionType": "INCLUDE" }),
    }
}
