//! Changes to a table so that it agrees with its config.json: every kind of difference, and changes that are rejected.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use monotable::aws::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ProvisionedThroughput, ScalarAttributeType,
};
use monotable::{Change, Connection, Entity, ErrorKind, Query, Table};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::between::{Between, Fate, first};
use crate::support::case::{Env, cases};
use crate::support::probe::Probe;

cases![
    ensure_table_creates_a_table_and_then_changes_nothing,
    ensure_table_adds_a_missing_index,
    ensure_table_removes_an_extra_index,
    ensure_table_replaces_an_index_with_another_key,
    ensure_table_replaces_an_index_with_another_key_type,
    ensure_table_replaces_an_index_with_another_projection,
    several_changes_are_applied_one_by_one_and_additions_first,
    another_primary_key_is_rejected,
    a_missing_local_index_is_rejected,
    a_provisioned_table_gets_a_provisioned_index,
    a_permanent_error_is_not_retried,
    a_rejected_request_is_reported_with_its_iam_action,
    an_endpoint_that_cannot_be_reached_is_reported_at_once,
    a_table_that_disappears_is_not_an_error,
    ensure_table_continues_after_failures_of_dynamodb,
    ensure_table_ends_after_five_failures_of_dynamodb,
    ensure_table_waits_for_changes_by_others,
    waiting_ends_at_the_deadline_with_a_timeout,
    deletions_on_a_table_that_is_not_local_need_its_name,
    describe_lists_the_differences,
    ensure_table_enables_the_ttl_attribute_once,
    another_ttl_attribute_is_rejected_before_any_change,
    a_concurrent_change_by_another_process_is_not_an_error,
    drop_table_deletes_the_table_and_can_be_repeated,
    drop_table_does_not_delete_a_new_table_with_the_same_name,
];

/// Defines a table with these indexes, and one entity that is in all of them.
macro_rules! table {
    ($module:ident, $table:literal, $($entity:tt)*) => {
        mod $module {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Table)]
            #[table(config_json = $table)]
            pub enum Base {
                Row(Row),
            }

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
            #[entity(table = Base, pk = "ROW#{n}", sk = "ROW", $($entity)*)]
            pub struct Row {
                pub n: u32,
                #[serde(default)]
                pub color: String,
            }
        }
    };
}

table!(none, r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" }, "tableConfig": {} }"#,);
table!(
    one,
    r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" }, "tableConfig": {
        "globalSecondaryIndexes": [{ "indexName": "first", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" }] } }"#,
    gsi1(pk = "COLOR#{color}", sk = "{n:04}")
);
table!(
    rekeyed,
    r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" }, "tableConfig": {
        "globalSecondaryIndexes": [{ "indexName": "first", "name": "gsi1", "partitionKey": "by_color" }] } }"#,
    gsi1(pk = "COLOR#{color}")
);
table!(
    retyped,
    r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" }, "tableConfig": {
        "globalSecondaryIndexes": [
            { "indexName": "first", "partitionKey": "gsi1pk", "sortKey": { "name": "gsi1sk", "type": "N" } }] } }"#,
    gsi1(pk = "COLOR#{color}", sk = "{n}")
);
table!(
    keys_only,
    r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" }, "tableConfig": {
        "globalSecondaryIndexes": [
            { "indexName": "first", "partitionKey": "gsi1pk", "sortKey": "gsi1sk", "projection": ["color"] }] } }"#,
);
table!(
    three,
    r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" }, "tableConfig": {
        "globalSecondaryIndexes": [
            { "indexName": "first", "partitionKey": "gsi1pk", "sortKey": "gsi1sk", "projection": "KEYS_ONLY" },
            { "indexName": "second", "partitionKey": "gsi2pk" },
            { "indexName": "third", "partitionKey": "gsi3pk", "sortKey": "gsi3sk" }] } }"#,
    gsi2(pk = "COLOR#{color}"),
    gsi3(pk = "ALL", sk = "{n:04}")
);
table!(
    one_and_more,
    r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" }, "tableConfig": {
        "globalSecondaryIndexes": [
            { "indexName": "first", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
            { "indexName": "old", "partitionKey": "gsi9pk" }] } }"#,
);
table!(
    local,
    r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" }, "tableConfig": {
        "localSecondaryIndexes": [{ "indexName": "by-date", "sortKey": "lsi1sk" }] } }"#,
);

table!(
    expiring,
    r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" },
         "tableConfig": { "ttlAttribute": "expires" } }"#,
);
table!(
    expiring_otherwise,
    r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" }, "tableConfig": {
        "globalSecondaryIndexes": [{ "indexName": "first", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" }],
        "ttlAttribute": "ends" } }"#,
);

/// The same table with a different primary key.
mod other_key {
    use super::*;

    #[derive(Debug, Table)]
    #[table(config_json = r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tables" },
        "tableConfig": { "partitionKey": "id", "sortKey": { "name": "at", "type": "N" } } }"#)]
    pub enum Base {
        Row(Row),
    }

    #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
    #[entity(table = Base, pk = "ROW#{n}", sk = "{n}")]
    pub struct Row {
        pub n: u32,
    }
}

fn red(n: u32) -> (u32, String) {
    (n, "red".to_owned())
}

/// Creates the table of `T` for this case, through a client that records its requests.
async fn table_of<T: Table>(env: &Env) -> (Connection, Between) {
    let between = Between::new(|_, _| Fate::Passed);
    let connection = env.place("tables", &between.client(&env.own_client()));
    T::ensure_table().on(&connection).await.unwrap();
    (connection, between)
}

async fn ensure_table_creates_a_table_and_then_changes_nothing(env: Env) {
    let (table, between) = table_of::<three::Base>(&env).await;
    assert_eq!(between.seen("CreateTable").len(), 1);
    let billing = &between.seen("CreateTable")[0]["BillingMode"];
    assert_eq!(billing, "PAY_PER_REQUEST");
    three::Base::ensure_table().on(&table).await.unwrap();
    assert_eq!((between.seen("CreateTable").len(), between.seen("UpdateTable").len()), (1, 0));
}

async fn ensure_table_adds_a_missing_index(env: Env) {
    let (table, between) = table_of::<none::Base>(&env).await;
    // A newer program writes an item with the keys of an index that does not exist yet. Once created, the index contains the
    // item.
    let (n, color) = red(1);
    one::Row { n, color }.put().on(&table).await.unwrap();
    one::Base::ensure_table().on(&table).await.unwrap();
    assert_eq!(between.seen("UpdateTable").len(), 1);
    let (n, color) = red(2);
    one::Row { n, color }.put().on(&table).await.unwrap();
    let rows = one::Row::gsi1().query("red").on(&table).all().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.n).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(one::Base::describe().on(&table).await.unwrap().changes, []);
}

async fn ensure_table_removes_an_extra_index(env: Env) {
    let (table, between) = table_of::<one_and_more::Base>(&env).await;
    one::Base::ensure_table().on(&table).await.unwrap();
    let requests = between.seen("UpdateTable");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0]["GlobalSecondaryIndexUpdates"][0]["Delete"]["IndexName"], "old");
    let there = one::Base::describe().on(&table).await.unwrap().table.unwrap();
    let names: Vec<_> = there.global_secondary_indexes().iter().filter_map(|index| index.index_name()).collect();
    assert_eq!(names, ["first"]);
}

async fn ensure_table_replaces_an_index_with_another_key(env: Env) {
    let (table, between) = table_of::<one::Base>(&env).await;
    let (n, color) = red(1);
    rekeyed::Row { n, color }.put().on(&table).await.unwrap();
    let changes = rekeyed::Base::describe().on(&table).await.unwrap().changes;
    let why = "its key is `gsi1pk` S / `gsi1sk` S, but config.json has `by_color` S".to_owned();
    assert_eq!(changes, [Change::ReplaceIndex { index: "first".into(), why }]);

    rekeyed::Base::ensure_table().on(&table).await.unwrap();
    let requests = between.seen("UpdateTable");
    assert!(requests[0]["GlobalSecondaryIndexUpdates"][0]["Delete"].is_object(), "{requests:?}");
    assert!(requests[1]["GlobalSecondaryIndexUpdates"][0]["Create"].is_object(), "{requests:?}");
    assert_eq!(requests.len(), 2);
    assert_eq!(rekeyed::Row::gsi1().query("red").on(&table).all().await.unwrap().len(), 1);
}

async fn ensure_table_replaces_an_index_with_another_key_type(env: Env) {
    let (table, _) = table_of::<one::Base>(&env).await;
    let changes = retyped::Base::describe().on(&table).await.unwrap().changes;
    assert!(changes[0].to_string().contains("config.json has `gsi1pk` S / `gsi1sk` N"), "{}", changes[0]);
    retyped::Base::ensure_table().on(&table).await.unwrap();
    for n in [10, 9] {
        retyped::Row { n, color: "red".into() }.put().on(&table).await.unwrap();
    }
    let rows = retyped::Row::gsi1().query("red").on(&table).all().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.n).collect::<Vec<_>>(), [9, 10], "a numeric sort key must sort numerically");
}

async fn ensure_table_replaces_an_index_with_another_projection(env: Env) {
    let (table, between) = table_of::<one::Base>(&env).await;
    keys_only::Base::ensure_table().on(&table).await.unwrap();
    assert_eq!(between.seen("UpdateTable").len(), 2);
    let changes = one::Base::describe().on(&table).await.unwrap().changes;
    assert!(changes[0].to_string().ends_with("it stores [`color`], but config.json has ALL"), "{}", changes[0]);
    keys_only::Base::ensure_table().on(&table).await.unwrap();
    assert_eq!(between.seen("UpdateTable").len(), 2, "a table that agrees with its config.json must not be changed");
}

async fn several_changes_are_applied_one_by_one_and_additions_first(env: Env) {
    let (table, between) = table_of::<one_and_more::Base>(&env).await;
    let (n, color) = red(1);
    three::Row { n, color }.put().on(&table).await.unwrap();
    three::Base::ensure_table().on(&table).await.unwrap();
    let done: Vec<String> = between
        .seen("UpdateTable")
        .iter()
        .map(|request| {
            let updates = request["GlobalSecondaryIndexUpdates"].as_array().unwrap();
            assert_eq!(updates.len(), 1, "AWS accepts one index change per request");
            let (action, index) = updates[0].as_object().unwrap().iter().next().unwrap();
            format!("{action} {}", index["IndexName"].as_str().unwrap())
        })
        .collect();
    assert_eq!(done, ["Create second", "Create third", "Delete first", "Create first", "Delete old"]);
    assert_eq!(three::Row::gsi2().query("red").on(&table).all().await.unwrap().len(), 1);
    assert_eq!(three::Row::gsi3().query(()).on(&table).all().await.unwrap().len(), 1);
}

async fn another_primary_key_is_rejected(env: Env) {
    let (table, between) = table_of::<one::Base>(&env).await;
    let there = other_key::Base::describe().on(&table).await.unwrap();
    assert!(there.table.is_some() && there.changes.is_empty(), "`describe` must return the table");
    for error in [other_key::Base::ensure_table().on(&table).await.unwrap_err(), there.conflict.unwrap()] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let text = error.to_string();
        assert!(text.contains("the table's key is `pk` S / `sk` S, but config.json has `id` S / `at` N"), "{text}");
        assert!(text.contains("drop it (`drop_table`)"), "{text}");
    }
    assert_eq!(between.seen("UpdateTable").len(), 0);
}

async fn a_missing_local_index_is_rejected(env: Env) {
    let (table, _) = table_of::<none::Base>(&env).await;
    let error = local::Base::ensure_table().on(&table).await.unwrap_err();
    assert!(error.to_string().contains("the table has no local secondary index `by-date`"), "{error}");
    local::Base::drop_table().on(&table).await.unwrap();
    local::Base::ensure_table().on(&table).await.unwrap();
    local::Base::ensure_table().on(&table).await.unwrap();
}

async fn a_provisioned_table_gets_a_provisioned_index(env: Env) {
    let between = Between::new(|_, _| Fate::Passed);
    let client = between.client(&env.own_client());
    let table = env.place("tables", &client);
    let key = |name: &str, role| KeySchemaElement::builder().attribute_name(name).key_type(role).build().unwrap();
    let define = |name: &str| {
        let builder = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        builder.build().unwrap()
    };
    let throughput = ProvisionedThroughput::builder().read_capacity_units(7).write_capacity_units(3).build().unwrap();
    client
        .create_table()
        .table_name(table.table_name())
        .billing_mode(BillingMode::Provisioned)
        .provisioned_throughput(throughput)
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .attribute_definitions(define("pk"))
        .attribute_definitions(define("sk"))
        .send()
        .await
        .unwrap();
    one::Base::ensure_table().on(&table).await.unwrap();
    // The request is checked, because not every engine returns the throughput.
    let create = &between.seen("UpdateTable")[0]["GlobalSecondaryIndexUpdates"][0]["Create"];
    assert_eq!(create["ProvisionedThroughput"], serde_json::json!({ "ReadCapacityUnits": 7, "WriteCapacityUnits": 3 }));
    assert_eq!(one::Base::describe().on(&table).await.unwrap().changes, []);
}

async fn a_permanent_error_is_not_retried(env: Env) {
    table_of::<none::Base>(&env).await;
    for code in ["ValidationException", "AccessDeniedException"] {
        let between = Between::new(move |operation, _| match operation {
            "UpdateTable" => Fate::Refused(code),
            _ => Fate::Passed,
        });
        let table = env.place("tables", &between.client(&env.own_client()));
        let error = one::Base::ensure_table().on(&table).await.unwrap_err();
        assert!(error.to_string().contains("refused here"), "{error}");
        assert_eq!(between.seen("UpdateTable").len(), 1, "{code} must not be retried");
    }
}

async fn a_rejected_request_is_reported_with_its_iam_action(env: Env) {
    table_of::<expiring::Base>(&env).await;
    for action in ["DescribeTable", "DescribeTimeToLive", "DeleteTable"] {
        let between = Between::new(move |operation, _| match operation == action {
            true => Fate::Refused("AccessDeniedException"),
            false => Fate::Passed,
        });
        let table = env.place("tables", &between.client(&env.own_client()));
        let ended = match action {
            "DeleteTable" => expiring::Base::drop_table().on(&table).await,
            _ => expiring::Base::ensure_table().on(&table).await,
        };
        let error = ended.unwrap_err();
        assert!(error.to_string().contains(&format!("`dynamodb:{action}`")), "{error}");
        assert_eq!((error.kind(), between.seen(action).len()), (ErrorKind::AccessDenied, 1), "{action}");
    }
}

async fn an_endpoint_that_cannot_be_reached_is_reported_at_once(env: Env) {
    let between = Between::new(|operation, _| match operation {
        "DescribeTable" => Fate::Unreachable,
        _ => Fate::Passed,
    });
    let table = env.place("tables", &between.client(&env.own_client()));
    let error = expiring::Base::ensure_table().on(&table).await.unwrap_err();
    assert_eq!((error.kind(), between.seen("DescribeTable").len()), (ErrorKind::Unreachable, 1), "{error}");
}

/// Another process creates or deletes the table between two requests.
async fn a_table_that_disappears_is_not_an_error(env: Env) {
    for action in ["DescribeTimeToLive", "DeleteTable"] {
        let is_gone = first(1);
        let between = Between::new(move |operation, _| match operation == action && is_gone() {
            true => Fate::Refused("ResourceNotFoundException"),
            false => Fate::Passed,
        });
        let table = env.place("tables", &between.client(&env.own_client()));
        expiring::Base::ensure_table().on(&table).await.unwrap();
        expiring::Base::drop_table().on(&table).await.unwrap();
        assert!(!between.seen(action).is_empty(), "{action}");
    }
}

async fn ensure_table_continues_after_failures_of_dynamodb(env: Env) {
    for failing in ["DescribeTable", "CreateTable", "UpdateTable", "DeleteTable"] {
        let fails = first(2);
        let between = Between::new(move |operation, _| match operation == failing && fails() {
            // The engine executes the first request of a write, but its response is lost.
            true if failing != "DescribeTable" => Fate::Late(500),
            true => Fate::Failed(500, json!({ "__type": "InternalServerError" })),
            false => Fate::Passed,
        });
        let table = env.place("tables", &between.client(&env.own_client()));
        none::Base::ensure_table().on(&table).await.unwrap();
        one::Base::ensure_table().on(&table).await.unwrap();
        assert_eq!(one::Base::describe().on(&table).await.unwrap().changes, [], "{failing}");
        one::Base::drop_table().on(&table).await.unwrap();
        assert!(one::Base::describe().on(&table).await.unwrap().table.is_none(), "{failing}");
    }
}

async fn ensure_table_ends_after_five_failures_of_dynamodb(env: Env) {
    let between = Between::new(|_, _| Fate::Failed(500, json!({ "__type": "InternalServerError" })));
    let table = env.place("tables", &between.client(&env.own_client()));
    let error = one::Base::ensure_table().on(&table).await.unwrap_err();
    assert!(error.to_string().contains("InternalServerError"), "{error}");
    assert_eq!(between.seen("DescribeTable").len(), 5);
}

async fn ensure_table_waits_for_changes_by_others(env: Env) {
    table_of::<none::Base>(&env).await;
    for code in ["LimitExceededException", "ResourceInUseException"] {
        let refuses = first(2);
        let between = Between::new(move |operation, _| match operation {
            "UpdateTable" if refuses() => Fate::Refused(code),
            _ => Fate::Passed,
        });
        let table = env.place("tables", &between.client(&env.own_client()));
        one::Base::ensure_table().on(&table).await.unwrap();
        assert_eq!(between.seen("UpdateTable").len(), 3, "{code}");
        none::Base::ensure_table().on(&table).await.unwrap();
    }
}

async fn waiting_ends_at_the_deadline_with_a_timeout(env: Env) {
    table_of::<none::Base>(&env).await;
    let between = Between::new(|operation, _| match operation {
        "DescribeTable" => Fate::Edited("\"ACTIVE\"", "\"UPDATING\""),
        _ => Fate::Passed,
    });
    let table = env.place("tables", &between.client(&env.own_client()));
    let began = Instant::now();
    for error in [
        one::Base::ensure_table().deadline(Duration::from_millis(900)).on(&table).await.unwrap_err(),
        one::Base::drop_table().deadline(Duration::from_millis(900)).on(&table).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(error.to_string().contains("not ready after 0.9 s: the table is UPDATING"), "{error}");
    }
    assert!(began.elapsed() >= Duration::from_millis(1800));
    assert!(between.seen("DescribeTable").len() >= 4, "the state must be checked more than once");
    assert_eq!(between.seen("UpdateTable").len() + between.seen("DeleteTable").len(), 0);
}

async fn deletions_on_a_table_that_is_not_local_need_its_name(env: Env) {
    let (local, between) = table_of::<one_and_more::Base>(&env).await;
    // monotable treats a client with an unknown endpoint as deployed.
    let deployed = Connection::new(local.client().clone(), local.table_name());
    let name = deployed.table_name();
    let error = three::Base::ensure_table().on(&deployed).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Destructive);
    for part in [
        "1. create index `second`",
        "3. delete index `first` and create it again: it stores ALL, but config.json has KEYS_ONLY",
        "4. delete index `old`, which config.json does not have",
        &format!(".allow_destructive(\"{name}\")"),
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(between.seen("UpdateTable").len(), 0, "a rejected change must not be applied in part");
    let error = three::Base::ensure_table().allow_destructive("another").on(&deployed).await.unwrap_err();
    assert!(error.to_string().contains("deletions are allowed for `another`, but this is table"), "{error}");
    let error = three::Base::drop_table().on(&deployed).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Destructive);
    assert!(
        three::Base::drop_table().allow_destructive("another").on(&local).await.is_err(),
        "a wrong name must be rejected for a local table too"
    );
    for elsewhere in
        ["http://dynamodb:8000", "https://dynamodb.eu-west-1.amazonaws.com", "http://localhost.example.com"]
    {
        let elsewhere = Connection::new(local.client().clone(), name).with_endpoint(elsewhere);
        assert!(three::Base::drop_table().on(&elsewhere).await.is_err());
    }
    assert_eq!(between.seen("DeleteTable").len(), 0);

    three::Base::ensure_table().allow_destructive(name).on(&deployed).await.unwrap();
    assert_eq!(three::Base::describe().on(&deployed).await.unwrap().changes, []);
    three::Base::drop_table().allow_destructive(name).on(&deployed).await.unwrap();
    // Additions do not need permission.
    none::Base::ensure_table().on(&deployed).await.unwrap();
    one::Base::ensure_table().on(&deployed).await.unwrap();
}

async fn describe_lists_the_differences(env: Env) {
    let table = env.place("tables", &env.own_client());
    let there = one::Base::describe().on(&table).await.unwrap();
    assert_eq!((there.table, there.changes), (None, vec![Change::CreateTable]));
    none::Base::ensure_table().on(&table).await.unwrap();
    let there = one::Base::describe().on(&table).await.unwrap();
    assert_eq!(there.table_name, table.table_name());
    assert_eq!(there.changes, [Change::CreateIndex { index: "first".into() }]);
    assert!(there.changes.iter().all(|change| !change.is_destructive()));
}

async fn drop_table_deletes_the_table_and_can_be_repeated(env: Env) {
    let (table, _) = table_of::<one::Base>(&env).await;
    let (n, color) = red(1);
    one::Row { n, color }.put().on(&table).await.unwrap();
    one::Base::drop_table().on(&table).await.unwrap();
    one::Base::drop_table().on(&table).await.unwrap();
    let error = one::Base::query("ROW#1").on(&table).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TableNotFound);
    one::Base::ensure_table().on(&table).await.unwrap();
    let rows: Query<one::Base> = one::Base::query("ROW#1").erase();
    assert_eq!(rows.on(&table).all().await.unwrap(), []);
}

async fn ensure_table_enables_the_ttl_attribute_once(env: Env) {
    let (table, between) = table_of::<none::Base>(&env).await;
    assert_eq!(
        between.seen("DescribeTimeToLive").len(),
        0,
        "a table without `ttlAttribute` must not take this request"
    );
    let changes = expiring::Base::describe().on(&table).await.unwrap().changes;
    assert_eq!(changes, [Change::SetTimeToLive { attribute: "expires".into() }]);
    for _ in 0..2 {
        expiring::Base::ensure_table().on(&table).await.unwrap();
    }
    assert_eq!(between.seen("UpdateTimeToLive").len(), 1);
    assert_eq!(between.seen("UpdateTimeToLive")[0]["TimeToLiveSpecification"]["AttributeName"], "expires");
    assert_eq!(expiring::Base::describe().on(&table).await.unwrap().changes, []);
    let error = expiring_otherwise::Base::ensure_table().on(&table).await.unwrap_err();
    assert!(error.to_string().contains("expire by attribute `expires`, but config.json has `ends`"), "{error}");
}

async fn another_ttl_attribute_is_rejected_before_any_change(env: Env) {
    let (table, between) = table_of::<expiring::Base>(&env).await;
    let error = expiring_otherwise::Base::ensure_table().on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(between.seen("UpdateTable").len(), 0, "a rejected change must not be applied in part");
}

/// Two processes of a new version start at the same time.
async fn a_concurrent_change_by_another_process_is_not_an_error(env: Env) {
    table_of::<none::Base>(&env).await;
    let client = env.own_client();
    let ours = env.place("tables", &client);
    let (name, endpoint) = (ours.table_name().to_owned(), env.engine().endpoint().to_owned());
    // The other process changes the table just before this request arrives. AWS rejects the request with a permanent error.
    let between = Between::new(move |operation, _| {
        if operation == "UpdateTable" {
            let (client, name, endpoint) = (client.clone(), name.clone(), endpoint.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let other = Connection::new(client, name).with_endpoint(endpoint);
                runtime.block_on(one::Base::ensure_table().on(&other).send()).unwrap();
            })
            .join()
            .unwrap();
            return Fate::Refused("ValidationException");
        }
        Fate::Passed
    });
    let table = env.place("tables", &between.client(&env.own_client()));
    one::Base::ensure_table().on(&table).await.unwrap();
    assert_eq!(one::Base::describe().on(&table).await.unwrap().changes, []);
}

/// While one process waits for the old table to be deleted, another creates a new one.
async fn drop_table_does_not_delete_a_new_table_with_the_same_name(env: Env) {
    table_of::<none::Base>(&env).await;
    let (client, endpoint) = (env.own_client(), env.engine().endpoint().to_owned());
    let name = env.place("tables", &client).table_name().to_owned();
    let looks = AtomicUsize::new(0);
    let between = Between::new(move |operation, _| {
        // The second `DescribeTable` is after the deletion.
        if operation == "DescribeTable" && looks.fetch_add(1, Ordering::SeqCst) == 1 {
            let (client, name, endpoint) = (client.clone(), name.clone(), endpoint.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                // Some engines report the creation time in whole seconds.
                std::thread::sleep(Duration::from_millis(1100));
                let other = Connection::new(client, name).with_endpoint(endpoint);
                runtime.block_on(one::Base::ensure_table().on(&other).send()).unwrap();
            })
            .join()
            .unwrap();
        }
        Fate::Passed
    });
    let table = env.place("tables", &between.client(&env.own_client()));
    none::Base::drop_table().on(&table).await.unwrap();
    assert_eq!(between.seen("DeleteTable").len(), 1);
    assert_eq!(one::Base::describe().on(&table).await.unwrap().changes, [], "the new table must not be deleted");
}

/// A subscriber that records the messages of monotable's events.
#[derive(Clone, Default)]
struct Messages(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl tracing::Subscriber for Messages {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("monotable")
    }

    fn event(&self, event: &tracing::Event<'_>) {
        struct Fields(String);
        impl tracing::field::Visit for Fields {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!("{field}={value:?} "));
            }
        }
        let mut fields = Fields(String::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// Creates and changes a table, and returns the events. This needs a separate process, because threads of other tests affect
/// which events are recorded.
pub async fn progress() -> String {
    let messages = Messages::default();
    tracing::subscriber::set_global_default(messages.clone()).unwrap();
    let engine = monotable_local::Embedded::in_memory().unwrap();
    let client = monotable_local::Engine::client(&engine);
    let table = Connection::new(client, "tables").with_endpoint(monotable_local::Engine::endpoint(&engine));
    one::Base::ensure_table().on(&table).await.unwrap();
    rekeyed::Base::ensure_table().on(&table).await.unwrap();
    messages.0.lock().unwrap().join("; ")
}

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("it::table::tables::creating_and_changing_a_table_emits_events", || {
        let messages = Probe::start(&[]).ask("progress");
        for part in [
            "message=creating the table table=\"tables\"",
            "message=delete index `first` and create it again: its key is",
            "message=create index `first`",
        ] {
            assert!(messages.contains(part), "{messages}");
        }
        Ok::<_, Failed>(())
    })]
}
