//! Tables that are described by a `config.json` only, without entity types.

use monotable::config::Config;
use monotable::{Change, ConfigTable, Connection};

use crate::support::case::{Env, cases};

cases![
    a_table_is_created_described_changed_and_dropped,
    an_enum_and_its_config_create_the_same_table,
    another_primary_key_is_a_conflict,
    deletions_on_a_table_that_is_not_local_need_its_name,
];

fn config(table: &str) -> Config {
    let text = format!(
        r#"{{ "runtimeConfigKey": "T", "localDev": {{ "port": 8000, "tableName": "table" }}, "tableConfig": {table} }}"#
    );
    Config::parse(&text).unwrap()
}

const BY_OWNER: &str =
    r#"{ "indexName": "by-owner", "partitionKey": "owner", "sortKey": { "name": "at", "type": "N" } }"#;
const BY_KIND: &str = r#"{ "indexName": "by-kind", "partitionKey": "kind", "projection": ["owner"] }"#;

fn indexes(indexes: &[&str]) -> Config {
    config(&format!(
        r#"{{ "partitionKey": "id", "globalSecondaryIndexes": [{}], "ttlAttribute": "expires" }}"#,
        indexes.join(",")
    ))
}

fn table(env: &Env, config: &Config) -> ConfigTable {
    ConfigTable::new(&config.table, &connection(env))
}

fn connection(env: &Env) -> Connection {
    env.place("plain", &env.engine().client())
}

async fn changes(table: &ConfigTable) -> Vec<String> {
    table.describe().await.unwrap().changes.iter().map(ToString::to_string).collect()
}

async fn a_table_is_created_described_changed_and_dropped(env: Env) {
    let one = table(&env, &indexes(&[BY_OWNER]));
    assert_eq!(one.describe().await.unwrap().changes, [Change::CreateTable]);
    one.ensure().await.unwrap();
    assert_eq!(changes(&one).await, [""; 0]);

    let other = table(&env, &indexes(&[BY_KIND]));
    assert_eq!(
        changes(&other).await,
        ["create index `by-kind`", "delete index `by-owner`, which config.json does not have"]
    );
    other.ensure().await.unwrap();
    let description = other.describe().await.unwrap();
    assert!(description.changes.is_empty() && description.conflict.is_none());
    let found = description.table.unwrap();
    let index = &found.global_secondary_indexes()[0];
    assert_eq!(index.index_name(), Some("by-kind"));
    assert_eq!(index.projection().unwrap().non_key_attributes(), ["owner"]);

    other.drop_table().await.unwrap();
    assert!(other.describe().await.unwrap().table.is_none());
    other.drop_table().await.unwrap();
}

async fn an_enum_and_its_config_create_the_same_table(env: Env) {
    use crate::guide::BaseModel;
    use monotable::Table;

    let connection = env.place("guide", &env.engine().client());
    BaseModel::ensure_table().on(&connection).await.unwrap();
    let config = Config::read(std::path::Path::new("config.json")).unwrap();
    let table = ConfigTable::new(&config.table, &connection);
    assert!(table.describe().await.unwrap().changes.is_empty());
}

async fn another_primary_key_is_a_conflict(env: Env) {
    table(&env, &indexes(&[])).ensure().await.unwrap();
    let numeric = table(&env, &config(r#"{ "partitionKey": { "name": "id", "type": "N" } }"#));
    let conflict = numeric.describe().await.unwrap().conflict.unwrap().to_string();
    assert!(conflict.contains("the table's key is `id` S, but config.json has `id` N"), "{conflict}");
    let error = numeric.ensure().await.unwrap_err();
    assert!(error.to_string().ends_with(&conflict), "{error}");
}

async fn deletions_on_a_table_that_is_not_local_need_its_name(env: Env) {
    let local = connection(&env);
    ConfigTable::new(&indexes(&[BY_OWNER]).table, &local).ensure().await.unwrap();
    // A connection whose endpoint monotable does not know.
    let remote = Connection::new(local.client().clone(), local.table_name());
    let name = remote.table_name().to_owned();
    let table = ConfigTable::new(&indexes(&[]).table, &remote);
    for error in [table.ensure().await.unwrap_err(), table.drop_table().await.unwrap_err()] {
        assert_eq!(error.kind(), monotable::ErrorKind::Destructive);
        assert!(error.to_string().contains(&format!(".allow_destructive(\"{name}\")")), "{error}");
    }
    table.ensure().allow_destructive(&name).await.unwrap();
    table.drop_table().allow_destructive(&name).await.unwrap();
}
