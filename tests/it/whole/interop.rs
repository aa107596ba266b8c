//! A Python program that uses PynamoDB (`tests/interop`) and this program write and read the same items.
//!
//! `MONOTABLE_TEST_PYTHON` is the path of a Python interpreter that has `tests/interop/requirements.txt` installed. By default,
//! it is the one in `target/interop-venv`, which `.ci/run` creates.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::Command;

use chrono::{DateTime, Utc};
use monotable::aws::types::AttributeValue;
use monotable::{Connection, Entity, Table};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::support::case::{Env, cases};

cases![
    items_written_by_python_are_read_by_rust,
    items_written_by_rust_are_read_by_python,
    times_written_by_both_languages_sort_chronologically
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
enum BaseModel {
    Example(ExampleModel),
    User(UserModel),
    Order(OrderModel),
    ArticleTag(ArticleTagModel),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "EXAMPLE#{id}",
    sk = "EXAMPLE#{id}",
    gsi1(pk = "CATEGORY#{category}", sk = "EXAMPLE#{id}", name = "list_by_category"),
    gsi2(pk = "EXAMPLE", sk = "{created_at}", name = "by_date"),
)]
struct ExampleModel {
    #[entity(key_only)]
    id: String,
    name: String,
    category: String,
    #[serde(with = "monotable::timestamp")]
    created_at: DateTime<Utc>,
    #[serde(default, with = "monotable::timestamp")]
    updated_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "USER#{user_id}",
    sk = "USER#{user_id}",
    gsi2(pk = "USER", sk = "{created_at}", name = "by_date"),
)]
struct UserModel {
    #[entity(key_only)]
    user_id: String,
    username: String,
    email: String,
    #[serde(with = "monotable::timestamp")]
    created_at: DateTime<Utc>,
    #[serde(default, with = "monotable::utc_datetime")]
    last_login: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    pk = "ORDER#{order_id}",
    sk = "ORDER#{order_id}",
    gsi1(pk = "USER#{user_id}", sk = "ORDER#{order_id}", name = "list_by_user"),
    gsi2(pk = "ORDER", sk = "{created_at}", name = "by_date"),
)]
struct OrderModel {
    #[entity(key_only)]
    order_id: String,
    user_id: String,
    total: String,
    #[serde(with = "monotable::timestamp")]
    created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = BaseModel,
    discriminator = "ArticleTag",
    pk = "ARTICLE#{article_id}",
    sk = "TAG#{tag_name}",
    gsi1(pk = "TAG#{tag_name}", sk = "ARTICLE#{article_id}", name = "list_articles"),
)]
struct ArticleTagModel {
    article_id: String,
    tag_name: String,
}

/// A separate table, in which an order is in the partition of its user.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{ "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "collection" } }"#)]
enum CollectionBaseModel {
    Order(CollectionOrderModel),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = CollectionBaseModel, discriminator = "OrderModel", pk = "USER#{user_id}", sk = "ORDER#{order_id}")]
struct CollectionOrderModel {
    user_id: String,
    #[entity(key_only)]
    order_id: String,
    total: String,
    #[serde(with = "monotable::timestamp")]
    created_at: DateTime<Utc>,
}

/// Returns the reason if the cases cannot run here.
pub fn absence() -> Option<String> {
    if std::env::var_os("MONOTABLE_TEST_PYTHON").is_some() || python().is_file() {
        return None;
    }
    Some(format!("{} does not exist; .ci/run creates it", python().display()))
}

fn python() -> PathBuf {
    let of_venv = || {
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
        target.join("interop-venv/bin/python")
    };
    std::env::var_os("MONOTABLE_TEST_PYTHON").map_or_else(of_venv, PathBuf::from)
}

struct Tables {
    endpoint: String,
    items: Connection,
    collection: Connection,
}

impl Tables {
    async fn new(env: &Env) -> Self {
        let endpoint = env.engine().endpoint().to_owned();
        Self { endpoint, items: env.table::<BaseModel>().await, collection: env.table::<CollectionBaseModel>().await }
    }

    fn python(&self, command: &str) -> String {
        let mut python = Command::new(python());
        for name in ["HTTP_PROXY", "http_proxy", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
            python.env_remove(name);
        }
        // `-B` avoids byte code files in the source tree.
        python.args(["-B", "tests/interop/interop.py", command, "--endpoint", &self.endpoint]);
        python.args(["--table", self.items.table_name(), "--collection-table", self.collection.table_name()]);
        let output = python.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn examples() -> [ExampleModel; 3] {
    let example = |id: &str, name: &str, category: &str, created_at, updated_at: Option<&str>| ExampleModel {
        id: id.into(),
        name: name.into(),
        category: category.into(),
        created_at: at(created_at),
        updated_at: updated_at.map(at),
    };
    [
        example("e-1", "First example", "tools", "2026-01-02T03:04:05.123456Z", Some("2026-01-03T00:00:00.000001Z")),
        example("e-2", "Zweites Beispiel – grün", "books", "2026-01-02T03:04:06.5Z", None),
        example("e-9", "Old example", "tools", "2025-11-30T12:00:00.000500Z", None),
    ]
}

fn users() -> [UserModel; 3] {
    let user = |user_id: &str, username: &str, created_at| UserModel {
        user_id: user_id.into(),
        username: username.into(),
        email: format!("{username}@example.com"),
        created_at: at(created_at),
        last_login: None,
    };
    let ada = user("u-1", "ada", "2026-01-10T09:00:00.000001Z");
    [
        UserModel { last_login: Some(at("2026-01-12T08:30:00.25Z")), ..ada },
        user("u-2", "grace", "2026-01-11T09:00:00.999999Z"),
        user("u-9", "linus", "2025-12-01T00:00:00Z"),
    ]
}

/// Returns orders sorted by time, except for the last one.
fn orders() -> [OrderModel; 4] {
    let order = |order_id: &str, user_id: &str, total: &str, created_at| OrderModel {
        order_id: order_id.into(),
        user_id: user_id.into(),
        total: total.into(),
        created_at: at(created_at),
    };
    [
        order("o-1", "u-1", "19.99", "2026-02-03T04:05:06.123456Z"),
        order("o-2", "u-1", "0.00", "2026-02-04T04:05:06Z"),
        order("o-3", "u-1", "1234567890.01", "2026-02-05T04:05:06.789Z"),
        order("o-9", "u-2", "42.00", "2025-12-31T23:59:59.999999Z"),
    ]
}

fn tags() -> [ArticleTagModel; 2] {
    ["python", "rust"].map(|tag| ArticleTagModel { article_id: "a-1".into(), tag_name: tag.into() })
}

fn collection() -> [CollectionOrderModel; 2] {
    let order = |order_id: &str, total: &str, created_at| CollectionOrderModel {
        user_id: "u-1".into(),
        order_id: order_id.into(),
        total: total.into(),
        created_at: at(created_at),
    };
    [order("o-1", "5.00", "2026-03-01T10:00:00.25Z"), order("o-2", "7.50", "2026-03-02T10:00:00Z")]
}

async fn write(tables: &Tables) {
    let Tables { items, collection: other, .. } = tables;
    for example in examples() {
        example.create().on(items).await.unwrap();
    }
    for user in users() {
        user.create().on(items).await.unwrap();
    }
    for order in orders() {
        order.create().on(items).await.unwrap();
    }
    for tag in tags() {
        tag.create().on(items).await.unwrap();
    }
    for order in collection() {
        order.create().on(other).await.unwrap();
    }
}

async fn items_written_by_python_are_read_by_rust(env: Env) {
    let tables = Tables::new(&env).await;
    tables.python("write");
    let Tables { items, collection: other, .. } = &tables;

    // Read all items as the table enum. `all` fails for unknown and bad items.
    let mut found = BaseModel::scan().on(items).all().await.unwrap();
    let mut expected: Vec<BaseModel> = Vec::new();
    expected.extend(examples().map(BaseModel::from));
    expected.extend(users().map(BaseModel::from));
    expected.extend(orders().map(BaseModel::from));
    expected.extend(tags().map(BaseModel::from));
    let by_text = |item: &BaseModel| format!("{item:?}");
    found.sort_by_key(by_text);
    expected.sort_by_key(by_text);
    assert_eq!(found, expected);

    // Read them with typed operations.
    for example in examples() {
        assert_eq!(ExampleModel::get(&example.id).on(items).await.unwrap(), Some(example));
    }
    for user in users() {
        assert_eq!(UserModel::get(&user.user_id).on(items).await.unwrap(), Some(user));
    }
    for order in orders() {
        assert_eq!(OrderModel::get(&order.order_id).on(items).await.unwrap(), Some(order));
    }
    assert_eq!(ArticleTagModel::query("a-1").on(items).all().await.unwrap(), tags());
    assert_eq!(ArticleTagModel::list_articles("rust").on(items).all().await.unwrap(), tags()[1..]);
    let [e1, e2, e9] = examples();
    assert_eq!(ExampleModel::list_by_category("tools").on(items).all().await.unwrap(), [e1.clone(), e9.clone()]);
    assert_eq!(ExampleModel::by_date().on(items).all().await.unwrap(), [e9, e1, e2]);
    let [o1, o2, o3, o9] = orders();
    assert_eq!(OrderModel::list_by_user("u-1").on(items).all().await.unwrap(), [o1.clone(), o2.clone(), o3.clone()]);
    assert_eq!(OrderModel::by_date().on(items).all().await.unwrap(), [o9, o1.clone(), o2.clone(), o3.clone()]);
    // Sort conditions find all three formats of a time: with a fraction, without one, and with a `Z`.
    let a_bit = chrono::TimeDelta::microseconds(1);
    assert_eq!(OrderModel::by_date().ge(o2.created_at - a_bit).on(items).all().await.unwrap().len(), 2);
    assert_eq!(OrderModel::by_date().le(o2.created_at).on(items).all().await.unwrap().len(), 3);
    assert_eq!(OrderModel::by_date().ge(o3.created_at).on(items).all().await.unwrap(), std::slice::from_ref(&o3));
    assert_eq!(CollectionOrderModel::query("u-1").on(other).all().await.unwrap(), collection());
    assert_eq!(CollectionBaseModel::query("USER#u-1").on(other).all().await.unwrap().len(), 2);
}

async fn items_written_by_rust_are_read_by_python(env: Env) {
    let tables = Tables::new(&env).await;
    write(&tables).await;
    // The items have the same attributes as those written by Python, except for attributes of older programs and formats of
    // times.
    let ours = raw(&tables).await;
    let read: HashMap<String, Vec<BTreeMap<String, Value>>> = serde_json::from_str(&tables.python("read")).unwrap();
    let keys = |part: &str, attribute: &str| -> Vec<String> {
        read[part].iter().map(|item| item[attribute].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(read["scan"].len(), 12, "PynamoDB must read every item");
    assert_eq!(keys("gsi1_user", "pk"), ["ORDER#o-1", "ORDER#o-2", "ORDER#o-3"]);
    assert_eq!(keys("gsi2_orders", "pk"), ["ORDER#o-9", "ORDER#o-1", "ORDER#o-2", "ORDER#o-3"]);
    assert_eq!(keys("collection", "sk"), ["ORDER#o-1", "ORDER#o-2"]);
    assert_eq!(keys("collection", "class"), ["CollectionOrderModel"; 2]);
    let order = &read["gsi1_user"][0];
    assert_eq!(order["class"], "OrderModel");
    assert_eq!(order["created_at"], "2026-02-03T04:05:06.123456+00:00");
    assert_eq!(order["total"], "19.99");

    // Python overwrites the items in the same table.
    tables.python("write");
    let theirs = raw(&tables).await;
    assert_eq!(ours.len(), theirs.len());
    for (key, ours) in &ours {
        let mut theirs = theirs[key].clone();
        theirs.retain(|name, value| !name.starts_with("legacy") && name != "phone" && !value.is_null());
        let same_time = |(name, value): (&String, &AttributeValue)| match (name.as_str(), value) {
            ("created_at" | "updated_at" | "gsi2sk", AttributeValue::S(text)) if text.starts_with("20") => {
                (name.clone(), AttributeValue::S(at(text).to_rfc3339()))
            }
            _ => (name.clone(), value.clone()),
        };
        let ours: BTreeMap<_, _> = ours.iter().map(same_time).collect();
        let theirs: BTreeMap<_, _> = theirs.iter().map(same_time).collect();
        assert_eq!(ours, theirs, "{key}");
    }
}

/// Returns the items of both tables, read with the SDK.
async fn raw(tables: &Tables) -> BTreeMap<String, HashMap<String, AttributeValue>> {
    let mut items = BTreeMap::new();
    for table in [&tables.items, &tables.collection] {
        let answer = table.client().scan().table_name(table.table_name()).send().await.unwrap();
        for item in answer.items.unwrap() {
            let key = format!("{} {:?} {:?}", table.table_name(), item["pk"], item["sk"]);
            items.insert(key, item);
        }
    }
    items
}

async fn times_written_by_both_languages_sort_chronologically(env: Env) {
    let tables = Tables::new(&env).await;
    tables.python("write");
    let items = &tables.items;
    // These times are between those of Python, some only a microsecond apart.
    for (order_id, created_at) in [
        ("r-1", "2026-02-03T04:05:06.123455Z"),
        ("r-2", "2026-02-03T04:05:06.123457Z"),
        ("r-3", "2026-02-04T04:05:05.999999Z"),
        ("r-4", "2026-02-04T04:05:06.000001Z"),
        ("r-5", "2026-02-05T04:05:06.790000Z"),
    ] {
        let [order, ..] = orders();
        OrderModel { order_id: order_id.into(), created_at: at(created_at), ..order }.put().on(items).await.unwrap();
    }
    let expected = ["o-9", "r-1", "o-1", "r-2", "r-3", "o-2", "r-4", "o-3", "r-5"];
    let found = OrderModel::by_date().on(items).all().await.unwrap();
    assert_eq!(found.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>(), expected);
    let read: HashMap<String, Vec<BTreeMap<String, Value>>> = serde_json::from_str(&tables.python("read")).unwrap();
    let theirs: Vec<_> = read["gsi2_orders"].iter().map(|order| order["pk"].as_str().unwrap()).collect();
    assert_eq!(theirs, expected.map(|id| format!("ORDER#{id}")));
}
