//! Every kind of field in puts, gets, updates, conditions and filters.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use monotable::{B, Connection, Entity, ErrorKind, N, Table, path};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, get_raw, n, put_raw, s};

cases![
    elements_of_nested_sets_can_be_added_and_deleted,
    fields_of_every_kind_work_in_updates_conditions_and_filters,
    attributes_of_a_flattened_map_can_be_read_and_updated,
    a_missing_attribute_is_read_as_its_default,
    updates_of_keys_and_reserved_attributes_are_rejected
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
enum Base {
    Thing(Thing),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Kind {
    RedOne,
    BlueOne,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Box { width: u32, height: Option<u32> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Nested {
    full_name: String,
    tags: Vec<Option<String>>,
    inner: Option<Box<Nested>>,
}

/// A user's serde module, which stores a text reversed.
mod upside_down {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text.chars().rev().collect::<String>())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        Ok(String::deserialize(deserializer)?.chars().rev().collect())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "THING#{id}", sk = "THING")]
struct Thing {
    #[entity(key_only)]
    id: String,
    text: String,
    number: i64,
    float: f64,
    flag: bool,
    letter: char,
    large: u128,
    exact: N<BigDecimal>,
    bytes: B,
    maybe: Option<String>,
    kind: Kind,
    shape: Shape,
    nested: Nested,
    list: Vec<Nested>,
    pair: (String, u8),
    map: BTreeMap<String, i32>,
    by_number: BTreeMap<u8, String>,
    date: NaiveDate,
    #[serde(with = "monotable::timestamp")]
    time: DateTime<Utc>,
    #[serde(with = "monotable::epoch_seconds")]
    seconds: DateTime<Utc>,
    #[serde(with = "upside_down")]
    reversed: String,
    #[serde(rename = "size.of-it")]
    renamed: String,
    #[serde(default, with = "monotable::string_set")]
    strings: BTreeSet<String>,
    #[serde(default, with = "monotable::number_set")]
    numbers: BTreeSet<i64>,
    #[serde(default, with = "monotable::binary_set")]
    binaries: BTreeSet<B>,
    #[serde(default)]
    defaulted: u32,
    #[serde(with = "monotable::json")]
    json: Vec<u8>,
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

fn nested(name: &str) -> Nested {
    let inner = Nested { full_name: "inner".into(), tags: vec![None, Some("x".into())], inner: None };
    Nested { full_name: name.into(), tags: vec![], inner: Some(Box::new(inner)) }
}

fn time(seconds: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_795_219_200 + seconds, 0).unwrap()
}

fn thing() -> Thing {
    Thing {
        id: "t".into(),
        text: "text".into(),
        number: 1,
        float: 1.5,
        flag: true,
        letter: 'x',
        large: 1,
        exact: N("1".parse().unwrap()),
        bytes: B(vec![1]),
        maybe: None,
        kind: Kind::RedOne,
        shape: Shape::Point,
        nested: nested("one"),
        list: vec![],
        pair: ("a".into(), 1),
        map: BTreeMap::new(),
        by_number: BTreeMap::new(),
        date: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
        time: time(0),
        seconds: time(0),
        reversed: "abc".into(),
        renamed: "r".into(),
        strings: BTreeSet::new(),
        numbers: BTreeSet::new(),
        binaries: BTreeSet::new(),
        defaulted: 0,
        json: vec![],
        rest: HashMap::new(),
    }
}

/// Sets a field, reads it, and uses it in a filter and in a condition. The stored item must be the same as after a put.
macro_rules! through {
    ($table:expr, $($constant:ident $field:ident $value:expr;)*) => {$(
        let (table, value): (&Connection, _) = ($table, $value);
        let expected = Thing { $field: value.clone(), ..thing() };
        thing().put().on(table).await.unwrap();
        let set = Thing::update("t").set(Thing::$constant, value.clone()).on(table).await;
        assert_eq!(set.unwrap(), expected, stringify!($field));
        let stored = get_raw(table, "THING#t", "THING").await.unwrap();
        assert_eq!(stored, expected.to_item().unwrap(), stringify!($field));
        for table in [table.clone().direct_decoding(true), table.clone().direct_decoding(false)] {
            assert_eq!(Thing::get("t").on(&table).await.unwrap(), Some(expected.clone()), stringify!($field));
            let all = Thing::query("t").on(&table).all().await.unwrap();
            assert_eq!(all, std::slice::from_ref(&expected), stringify!($field));
        }
        let count = |condition| Thing::scan().filter(condition).on(table).count();
        assert_eq!(count(Thing::$constant.eq(value.clone())).await.unwrap(), 1, stringify!($field));
        assert_eq!(count(Thing::$constant.ne(value.clone())).await.unwrap(), 0, stringify!($field));
        assert_eq!(count(Thing::$constant.in_([value.clone()])).await.unwrap(), 1, stringify!($field));
        expected.put().condition(Thing::$constant.eq(value.clone())).on(table).await.unwrap();
        let error = expected.put().condition(Thing::$constant.ne(value)).on(table).await.unwrap_err();
        assert!(error.is_condition_failed(), "{error}");
    )*};
}

async fn fields_of_every_kind_work_in_updates_conditions_and_filters(env: Env) {
    let table = &env.table::<Base>().await;
    let digits = "12345678901234567890123456789012345678";
    through! { table,
        TEXT text "other".to_owned();
        TEXT text String::new();
        NUMBER number i64::MIN;
        FLOAT float -2.25e-3;
        FLAG flag false;
        LETTER letter 'ß';
        LARGE large digits.parse::<u128>().unwrap();
        EXACT exact N(format!("0.{digits}").parse::<BigDecimal>().unwrap());
        BYTES bytes B(vec![0, 255]);
        MAYBE maybe Some("some".to_owned());
        KIND kind Kind::BlueOne;
        SHAPE shape Shape::Circle(2.0);
        SHAPE shape Shape::Box { width: 1, height: None };
        NESTED nested nested("other");
        LIST list vec![nested("a"), nested("b")];
        PAIR pair ("b".to_owned(), 2);
        MAP map BTreeMap::from([("a.b".to_owned(), 1), ("size".to_owned(), 2)]);
        BY_NUMBER by_number BTreeMap::from([(7, "seven".to_owned())]);
        DATE date NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
        TIME time time(60);
        SECONDS seconds time(60);
        REVERSED reversed "xyz".to_owned();
        RENAMED renamed "other".to_owned();
        STRINGS strings BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        NUMBERS numbers BTreeSet::from([-1, 10]);
        BINARIES binaries BTreeSet::from([B(vec![1]), B(vec![2])]);
        DEFAULTED defaulted 9;
        JSON json vec![1_u8, 2];
    }
    // Setting `None` or an empty set removes the attribute.
    let gone = Thing::update("t").set(Thing::MAYBE, None).set(Thing::STRINGS, BTreeSet::new()).on(table).await.unwrap();
    assert_eq!((gone.maybe, gone.strings.len()), (None, 0));
    for condition in [Thing::MAYBE.eq(None), Thing::MAYBE.not_exists(), Thing::STRINGS.not_exists()] {
        assert_eq!(Thing::scan().filter(condition).on(table).count().await.unwrap(), 1);
    }
    // Paths into nested values.
    let update = Thing::update("t")
        .set_at(Thing::NESTED.path("fullName"), "new")
        .set_at(Thing::NESTED.path("inner.tags[0]"), "was none")
        .set_at(Thing::MAP.key("k.1"), 5);
    let changed = update.on(table).await.unwrap();
    assert_eq!(changed.nested.full_name, "new");
    assert_eq!(changed.nested.inner.unwrap().tags[0].as_deref(), Some("was none"));
    assert_eq!(changed.map["k.1"], 5);
    let nested = Thing::NESTED.path("inner.tags").index(1).eq("x") & Thing::MAP.key("k.1").between(4, 6);
    assert_eq!(Thing::scan().filter(nested).on(table).count().await.unwrap(), 1);
    let sized = Thing::NESTED.path("inner.tags").size().eq(2) & Thing::MAP.key("k.1").in_([5, 6]);
    assert_eq!(Thing::scan().filter(sized).on(table).count().await.unwrap(), 1);
    assert_eq!(
        Thing::scan()
            .filter(Thing::MAP.key("k.1").is_type(monotable::AttributeType::N))
            .on(table)
            .count()
            .await
            .unwrap(),
        1
    );
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Tagged {
    #[serde(default, with = "monotable::string_set")]
    tags: BTreeSet<String>,
    #[serde(default, with = "monotable::number_set")]
    sizes: BTreeSet<i64>,
}

async fn elements_of_nested_sets_can_be_added_and_deleted(env: Env) {
    let table = env.table::<Base>().await;
    thing().put().on(&table).await.unwrap();
    let tagged = Tagged { tags: ["a", "b"].map(str::to_owned).into(), sizes: [1].into() };
    Thing::update("t").set_at(path("in"), &tagged).returning_nothing().on(&table).await.unwrap();
    let update = Thing::update("t").add_elements_at(path("in.tags"), ["c"]).delete_at(path("in.sizes"), [1]);
    update.returning_nothing().on(&table).await.unwrap();
    let item = get_raw(&table, "THING#t", "THING").await.unwrap();
    let inside = item.as_ref()["in"].as_m().unwrap();
    let mut tags = inside["tags"].as_ss().unwrap().clone();
    tags.sort_unstable();
    assert_eq!(tags, ["a", "b", "c"]);
    assert!(!inside.contains_key("sizes"), "deleting the last element must remove the set");
    let mixed = [serde_json::json!("a"), serde_json::json!(1)];
    let error = Thing::update("t").delete_at(path("in.tags"), mixed).on(&table).await.unwrap_err();
    assert!(error.to_string().contains("all strings, all numbers or all binary values"), "{error}");
}

async fn attributes_of_a_flattened_map_can_be_read_and_updated(env: Env) {
    let table = env.table::<Base>().await;
    let rest = HashMap::from([("colour".to_owned(), "red".to_owned()), ("a.b".to_owned(), "dot".to_owned())]);
    let first = Thing { rest, ..thing() }.put().on(&table).await.unwrap();
    assert_eq!(Thing::get("t").on(&table).await.unwrap(), Some(first.clone()));
    let update = Thing::update("t").set_at(path("colour"), "blue").set_at(path("more"), "x");
    let changed = update.remove_at(monotable::Path::named("a.b")).on(&table).await.unwrap();
    let rest = HashMap::from([("colour".to_owned(), "blue".to_owned()), ("more".to_owned(), "x".to_owned())]);
    assert_eq!(changed, Thing { rest, ..first });
    let wanted = path("colour").eq("blue") & path("more").exists();
    assert_eq!(Thing::scan().filter(wanted).on(&table).count().await.unwrap(), 1);
    let error = Thing::delete("t").condition(path("colour").eq("red")).on(&table).await.unwrap_err();
    assert!(error.is_condition_failed(), "{error}");
}

async fn a_missing_attribute_is_read_as_its_default(env: Env) {
    let table = env.table::<Base>().await;
    let mut item: Vec<_> = Thing { defaulted: 5, ..thing() }.to_item().unwrap().into_inner().into_iter().collect();
    item.retain(|(name, _)| name != "defaulted");
    let item: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &item).await;
    assert_eq!(Thing::get("t").on(&table).await.unwrap().unwrap().defaulted, 0);
    let changed = Thing::update("t").if_not_exists(Thing::DEFAULTED, 3_u32).on(&table).await.unwrap();
    assert_eq!(changed.defaulted, 3);
    let stored = get_raw(&table, "THING#t", "THING").await.unwrap();
    assert_eq!((stored.get("defaulted"), stored.get("size.of-it")), (Some(&n(3)), Some(&s("r"))));
}

async fn updates_of_keys_and_reserved_attributes_are_rejected(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    for name in ["pk", "sk", "entity_type", "gsi1pk"] {
        let error = Thing::update("t").set_at(path(name), "x").on(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(
            error.to_string().contains("is a key attribute or the discriminator, which monotable writes"),
            "{error}"
        );
    }
    let error = Thing::update("t").set_at(path("id"), "x").on(&table).await.unwrap_err();
    assert!(error.to_string().contains("`id` is part of the primary key"), "{error}");
    let account = crate::support::ledger::Account::update("a").set_at(path("version"), 9).into_request().unwrap_err();
    assert!(account.to_string().contains("`version` is the version"), "{account}");
    assert_eq!(requests.take(), 0);
}
