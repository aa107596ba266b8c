//! Reads and writes that would silently change or lose a stored value. They are rejected, and the error says what to do.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use monotable::aws::types::AttributeValue;
use monotable::{Connection, Entity, ErrorKind, Item, N, Table, path};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, get_raw, put_raw, s};

cases![
    a_long_number_in_an_untyped_field_is_rejected_or_kept_exactly,
    a_newtype_does_not_change_the_type_of_a_buffered_value,
    a_set_in_a_field_without_a_set_module_is_rejected,
    fields_with_modules_of_serde_dynamo_work_unchanged,
    a_number_that_does_not_fit_a_float_is_rejected,
    utc_datetime_stores_times_in_the_format_of_pynamodb,
    an_update_of_a_path_must_fit_the_type_of_the_field,
    a_required_part_of_an_attribute_cannot_be_removed,
    siblings_of_a_nested_key_field_can_be_updated,
    an_optional_json_field_that_serde_omits_is_absent_in_every_write,
    a_key_in_a_different_format_is_rejected,
    an_update_by_key_repairs_an_index_key_in_a_different_format,
    ranges_are_correct_for_keys_of_maximum_length,
    set_fields_are_recognized_under_any_module_path,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "strict" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ] }
}"#)]
enum Base {
    Loose(Loose),
    Plain(Plain),
    Renamed(Renamed),
    Visit(Visit),
    Day(Day),
    Level(Level),
    Mail(Mail),
    Long(Long),
    Theirs(Theirs),
    Buffered(Buffered),
    Event(Event),
    Trip(Box<Trip>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "TRIP#{id}", sk = "TRIP")]
struct Trip {
    id: String,
    route: Route,
    by_name: BTreeMap<String, Route>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Route {
    #[serde(with = "monotable::timestamp")]
    at: DateTime<Utc>,
    day: NaiveDate,
    #[serde(default, with = "monotable::string_set")]
    tags: BTreeSet<String>,
    length: u8,
    is_open: bool,
    steps: Vec<Step>,
    #[serde(with = "serde_bytes")]
    map: Vec<u8>,
    first: Step,
    pair: (Step, Note),
    means: Means,
    end: Option<Note>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Means {
    Train { seat: String },
    Foot { seat: Option<String> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    from: Option<String>,
    #[serde(default, rename = "to.text")]
    to: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Step {
    from: String,
    to: String,
    note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "EVENT#{id}", sk = "EVENT")]
struct Event {
    id: String,
    #[serde(with = "monotable::utc_datetime")]
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "LOOSE#{id}", sk = "LOOSE")]
struct Loose {
    id: String,
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    any: serde_json::Value,
    untagged: Option<Untagged>,
    tagged: Option<Tagged>,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Exact(N<bigdecimal::BigDecimal>),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Any { value: serde_json::Value },
    Exact { value: N<bigdecimal::BigDecimal> },
    Short { value: u64 },
}

/// serde buffers these attributes, because it does not know which of them are fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "BUFFERED#{id}", sk = "BUFFERED")]
struct Buffered {
    id: String,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Newtype>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Inner {
    #[serde(default, with = "monotable::string_set")]
    tags: BTreeSet<String>,
    exact: Option<N<bigdecimal::BigDecimal>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Newtype {
    Text(Text),
    List(List),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Text(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct List(Vec<String>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Address {
    city: String,
    lines: Vec<String>,
    floor: Option<u8>,
    #[serde(default)]
    is_old: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Base,
    types(address.city: String),
    pk = "PLAIN#{id}",
    sk = "PLAIN",
    gsi1(pk = "CITY#{address.city}", sk = "{id}"),
)]
#[serde(deny_unknown_fields)]
struct Plain {
    id: String,
    n: u32,
    float: f64,
    small: Option<f32>,
    tags: Vec<String>,
    address: Address,
    #[serde(default, with = "monotable::utc_datetime")]
    seen: Option<DateTime<Utc>>,
    #[serde(default, with = "monotable::json", skip_serializing_if = "Option::is_none")]
    remarks: Option<Vec<u32>>,
}

mod renamed {
    pub use monotable as mt;
}
use monotable::{number_set, string_set as strings};
use renamed::mt;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, crate = mt, pk = "RENAMED#{id}", sk = "RENAMED")]
struct Renamed {
    id: String,
    #[serde(default, with = "mt::string_set")]
    by_alias: BTreeSet<String>,
    #[serde(default, with = "strings")]
    by_import: BTreeSet<String>,
    #[serde(default, with = "number_set")]
    numbers: BTreeSet<u32>,
    #[serde(default, with = "renamed::mt::string_set")]
    by_path: Option<BTreeSet<String>>,
    #[serde(default, with = "own")]
    own: Vec<String>,
}

/// A user's module, which does not store a set.
mod own {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &[String], serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
        Vec::deserialize(deserializer)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "VISIT#{id}", sk = "AT#{at}", gsi1(pk = "VISITS", sk = "{at}"))]
struct Visit {
    id: String,
    #[serde(with = "monotable::timestamp")]
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "DAY#{day}", sk = "SEEN#{seen}", gsi1(pk = "DAYS", sk = "{seen}"))]
struct Day {
    day: NaiveDate,
    #[entity(key_only)]
    seen: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "LEVEL#{level:03}", sk = "{is_open}#{mark}")]
struct Level {
    level: u32,
    is_open: bool,
    mark: char,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "MAIL#{address|lower}", sk = "MAIL#{hour|hour}")]
struct Mail {
    address: String,
    #[serde(with = "monotable::timestamp")]
    hour: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "LONG", sk = "L#{name}#{part}")]
struct Long {
    name: String,
    part: String,
}

async fn change(table: &Connection, pk: &str, sk: &str, name: &str, value: AttributeValue) {
    let mut item = get_raw(table, pk, sk).await.unwrap();
    item.insert(name.to_owned(), value);
    put_item(table, &item).await;
}

async fn put_item(table: &Connection, item: &Item) {
    let attributes: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(table, &attributes).await;
}

async fn a_long_number_in_an_untyped_field_is_rejected_or_kept_exactly(env: Env) {
    let table = env.table::<Base>().await;
    let loose = Loose { id: "l".into(), any: 5.into(), untagged: None, tagged: None, rest: BTreeMap::new() };
    loose.put().on(&table).await.unwrap();
    let long = || AttributeValue::N("12345678901234567890123".to_owned());
    for (name, number) in [("any", "18446744073709551616"), ("further", "12345678901234567890123")] {
        loose.put().on(&table).await.unwrap();
        change(&table, "LOOSE#l", "LOOSE", name, AttributeValue::N(number.to_owned())).await;
        let error = Loose::get("l").on(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("a number with more digits than fit"), "{error}");
    }
    // An internally tagged enum is buffered as well.
    let tagged = |kind: &str, number: &str| {
        let value = AttributeValue::N(number.to_owned());
        AttributeValue::M([("kind".to_owned(), s(kind)), ("value".to_owned(), value)].into())
    };
    for (kind, number, is_read) in [
        ("Any", "18446744073709551616", false),
        ("Short", "18446744073709551616", false),
        ("Short", "18446744073709551615", true),
        ("Exact", "12345678901234567890123", true),
    ] {
        loose.put().on(&table).await.unwrap();
        change(&table, "LOOSE#l", "LOOSE", "tagged", tagged(kind, number)).await;
        match Loose::get("l").on(&table).await {
            Ok(found) => {
                found.unwrap().put().on(&table).await.unwrap();
                assert_eq!(get_raw(&table, "LOOSE#l", "LOOSE").await.unwrap().as_ref()["tagged"], tagged(kind, number));
                assert!(is_read, "{kind} {number}");
            }
            Err(error) => {
                assert_eq!((error.kind(), error.attribute_name()), (ErrorKind::Decode, Some("tagged")));
                assert!(!is_read, "{kind} {number}: {error}");
            }
        }
    }
    // In a field of type `N`, the number keeps its digits and its type.
    loose.put().on(&table).await.unwrap();
    change(&table, "LOOSE#l", "LOOSE", "untagged", long()).await;
    let found = Loose::get("l").on(&table).await.unwrap().unwrap();
    assert!(matches!(found.untagged, Some(Untagged::Exact(_))), "{found:?}");
    found.put().on(&table).await.unwrap();
    assert_eq!(get_raw(&table, "LOOSE#l", "LOOSE").await.unwrap().as_ref()["untagged"], long());
    for number in ["0", "-7", "18446744073709551615", "0.25", "1e20"] {
        change(&table, "LOOSE#l", "LOOSE", "any", AttributeValue::N(number.to_owned())).await;
        let found = Loose::get("l").on(&table).await.unwrap().unwrap();
        assert!(found.any.is_number(), "{number}: {found:?}");
    }
}

async fn a_newtype_does_not_change_the_type_of_a_buffered_value(env: Env) {
    let table = env.table::<Base>().await;
    let number = || AttributeValue::N("12345678901234567890123".to_owned());
    let stored = Buffered {
        id: "b".into(),
        inner: Inner { tags: ["x".to_owned()].into(), exact: Some(N("12345678901234567890123".parse().unwrap())) },
        rest: [("text".to_owned(), Newtype::Text(Text("t".into())))].into(),
    };
    stored.put().on(&table).await.unwrap();
    let item = get_raw(&table, "BUFFERED#b", "BUFFERED").await.unwrap();
    assert_eq!(item.as_ref()["tags"], AttributeValue::Ss(vec!["x".into()]));
    assert_eq!(item.as_ref()["exact"], number());
    assert_eq!(Buffered::get("b").on(&table).await.unwrap().unwrap(), stored);
    // These would be written back as S and as L.
    for value in [number(), AttributeValue::Ss(vec!["a".into()])] {
        change(&table, "BUFFERED#b", "BUFFERED", "text", value).await;
        let error = Buffered::get("b").on(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
}

fn plain() -> Plain {
    Plain {
        id: "p".into(),
        n: 1,
        float: 0.5,
        small: None,
        tags: vec!["a".into()],
        address: Address { city: "Rome".into(), lines: vec!["Via 1".into()], floor: Some(2), is_old: true },
        seen: None,
        remarks: None,
    }
}

async fn an_optional_json_field_that_serde_omits_is_absent_in_every_write(env: Env) {
    let table = env.table::<Base>().await;
    let is_stored = async || get_raw(&table, "PLAIN#p", "PLAIN").await.unwrap().contains_key("remarks");
    let matches = async |condition| Plain::query("p").filter(condition).on(&table).count().await.unwrap() == 1;
    plain().put().on(&table).await.unwrap();
    assert!(!is_stored().await && matches(Plain::REMARKS.eq(None)).await && !matches(Plain::REMARKS.ne(None)).await);
    let changed = Plain::update("p").set(Plain::REMARKS, vec![1, 2]).on(&table).await.unwrap();
    assert_eq!(changed.remarks, Some(vec![1, 2]));
    assert_eq!(get_raw(&table, "PLAIN#p", "PLAIN").await.unwrap().as_ref()["remarks"], s("[1,2]"));
    assert!(matches(Plain::REMARKS.eq(vec![1, 2])).await && !matches(Plain::REMARKS.eq(None)).await);
    Plain::update("p").set(Plain::REMARKS, None).on(&table).await.unwrap();
    assert!(!is_stored().await);
    assert_eq!(Plain::get("p").on(&table).await.unwrap(), Some(plain()));
}

async fn a_set_in_a_field_without_a_set_module_is_rejected(env: Env) {
    let table = env.table::<Base>().await;
    plain().create().on(&table).await.unwrap();
    change(&table, "PLAIN#p", "PLAIN", "tags", AttributeValue::Ss(vec!["a".into()])).await;
    let error = Plain::get("p").on(&table).await.unwrap_err();
    let shown = error.to_string();
    assert!(
        shown.contains("attribute `tags`: expected L (a set needs `#[serde(with = \"monotable::string_set\")]`)"),
        "{shown}"
    );
    let loose = Loose { id: "l".into(), any: 5.into(), untagged: None, tagged: None, rest: BTreeMap::new() };
    loose.put().on(&table).await.unwrap();
    change(&table, "LOOSE#l", "LOOSE", "any", AttributeValue::Ns(vec!["1".into()])).await;
    let error = Loose::get("l").on(&table).await.unwrap_err();
    assert!(error.to_string().contains("a set"), "{error}");
}

async fn a_number_that_does_not_fit_a_float_is_rejected(env: Env) {
    let table = env.table::<Base>().await;
    plain().create().on(&table).await.unwrap();
    for (name, number) in [
        ("float", "9007199254740993"),
        ("float", "0.1234567890123456789"),
        ("float", "-123456789012345678"),
        ("small", "16777217"),
    ] {
        plain().put().on(&table).await.unwrap();
        change(&table, "PLAIN#p", "PLAIN", name, AttributeValue::N(number.to_owned())).await;
        let error = Plain::get("p").on(&table).await.unwrap_err();
        assert_eq!(error.attribute_name(), Some(name));
        assert!(error.to_string().contains("an integer type, or `monotable::N`"), "{error}");
    }
    for float in [0.1, 1.0 / 3.0, 1e-100, 9_007_199_254_740_992.0, -1e100, 1.797e125] {
        let expected = Plain { float, small: Some(0.1), ..plain() };
        expected.put().on(&table).await.unwrap();
        assert_eq!(Plain::get("p").on(&table).await.unwrap(), Some(expected));
    }
}

async fn utc_datetime_stores_times_in_the_format_of_pynamodb(env: Env) {
    let table = env.table::<Base>().await;
    let seen = "2026-11-20T16:03:33Z".parse().ok();
    Plain { seen, ..plain() }.create().on(&table).await.unwrap();
    let stored = get_raw(&table, "PLAIN#p", "PLAIN").await.unwrap();
    assert_eq!(stored.text("seen"), Some("2026-11-20T16:03:33.000000+0000"));
    assert_eq!(Plain::get("p").on(&table).await.unwrap().unwrap().seen, seen);
    let found = async |condition| Plain::scan().filter(condition).on(&table).count().await.unwrap();
    assert_eq!((found(Plain::SEEN.ge(seen)).await, found(Plain::SEEN.eq(None)).await), (1, 0));
    // `None` removes the attribute, as a put does.
    let unseen = Plain::update("p").set(Plain::SEEN, None).on(&table).await.unwrap();
    assert_eq!(get_raw(&table, "PLAIN#p", "PLAIN").await.unwrap(), unseen.to_item().unwrap());
    assert_eq!((found(Plain::SEEN.eq(None)).await, unseen.seen), (1, None));

    // A field that is not optional.
    let event = Event { id: "e".into(), at: "2026-11-20T16:03:33.5Z".parse().unwrap() };
    event.put().on(&table).await.unwrap();
    let stored = async || get_raw(&table, "EVENT#e", "EVENT").await.unwrap().text("at").unwrap().to_owned();
    assert_eq!(stored().await, "2026-11-20T16:03:33.500000+0000");
    let later = event.at + chrono::TimeDelta::seconds(1);
    let update = Event::update("e").set(Event::AT, later).condition(Event::AT.eq(event.at) & Event::AT.lt(later));
    assert_eq!(update.on(&table).await.unwrap().at, later);
    assert_eq!(stored().await, "2026-11-20T16:03:34.500000+0000");
    // A time in another format is read too. Text that is not a time is an error.
    change(&table, "EVENT#e", "EVENT", "at", s("2026-11-20T17:03:34+01:00")).await;
    assert_eq!(Event::get("e").on(&table).await.unwrap().unwrap().at, later - chrono::TimeDelta::milliseconds(500));
    change(&table, "EVENT#e", "EVENT", "at", s("yesterday")).await;
    assert_eq!(Event::get("e").on(&table).await.unwrap_err().attribute_name(), Some("at"));
}

async fn an_update_of_a_path_must_fit_the_type_of_the_field(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    plain().create().on(&table).await.unwrap();
    requests.take();
    let update = || Plain::update("p");
    for (update, message) in [
        (update().set_at(path("n"), "x"), "`Plain` could not deserialize `n`"),
        (update().set_at(path("n"), -1), "`Plain` could not deserialize `n`"),
        (
            update().remove_at(path("address.lines")),
            "an item without `address.lines` cannot be deserialized as `Plain`",
        ),
        (update().remove_at(path("n")), "an item without `n` cannot be deserialized as `Plain`"),
        (update().if_not_exists_at(path("tags"), 5), "could not deserialize `tags`"),
        (update().add_elements_at(path("tags"), ["b"]), "could not deserialize `tags`"),
        (update().set_at(path("tags[0]"), 5), "could not deserialize `tags[0]`"),
        (update().add_at(path("tags"), 5), "could not deserialize `tags`"),
        (update().add_at(path("n"), -5), "use `add` or `increment` with the field's constant"),
        (update().add_at(path("n"), 5), "use `add` or `increment` with the field's constant"),
        (update().increment_at(path("n"), 0.5), "`Plain` could not deserialize `n`"),
        (update().set_at(path("bogus"), 5), "could not deserialize `bogus`"),
        (update().set_at(path("address.lines"), 5), "could not deserialize `address.lines`"),
    ] {
        let error = update.on(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
    assert_eq!(requests.take(), 0);
    let changed = update().set_at(path("n"), 7).add_at(path("float"), -1).remove_at(path("small"));
    let changed = changed.set_at(path("tags[0]"), "b").on(&table).await.unwrap();
    assert_eq!((changed.n, changed.float, changed.tags), (7, -0.5, vec!["b".to_owned()]));
    let changed = update().remove_at(path("address.floor")).remove_at(Plain::ADDRESS.path("is_old"));
    let address = changed.on(&table).await.unwrap().address;
    assert_eq!((address.floor, address.is_old), (None, false));
    // Attributes of a flattened map have no known type, so any value is accepted.
    let loose = Loose { id: "l".into(), any: 5.into(), untagged: None, tagged: None, rest: BTreeMap::new() };
    loose.put().on(&table).await.unwrap();
    let changed = Loose::update("l").set_at(path("extra"), "x").remove_at(path("any")).on(&table).await.unwrap();
    assert_eq!(changed.rest["extra"], "x");
}

async fn a_required_part_of_an_attribute_cannot_be_removed(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let at: DateTime<Utc> = "2026-11-20T16:03:33Z".parse().unwrap();
    let step = Step { from: "a".into(), to: "b".into(), note: Some("n".into()) };
    let tags = BTreeSet::from(["x".into()]);
    let (first, steps) = (step.clone(), vec![step.clone()]);
    let note = Note { from: Some("a".into()), to: Some("b".into()) };
    let (pair, end) = ((step, note.clone()), Some(note));
    let means = Means::Foot { seat: Some("1".into()) };
    let day = at.date_naive();
    let route = Route { at, day, tags, length: 5, is_open: true, steps, map: vec![1], first, pair, means, end };
    Trip { id: "t".into(), route: route.clone(), by_name: BTreeMap::from([("x".into(), route)]) }
        .put()
        .on(&table)
        .await
        .unwrap();
    requests.take();
    for part in [
        "route.at",
        "route.is_open",
        "route.steps",
        "route.map",
        "route.first",
        "route.first.to",
        "route.steps[0].to",
        "route.steps[1].to",
        "route.pair[0].to",
        "route.pair",
        "by_name.x.day",
        "by_name.x.steps[0].from",
    ] {
        let error = Trip::update("t").remove_at(path(part)).on(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{part}: {error}");
        assert!(error.to_string().contains(&format!("an item without `{part}` cannot be deserialized")), "{error}");
    }
    assert_eq!(requests.take(), 0);
    // These can be removed: a field with a default, an optional one, a list element, and an entry of a map.
    let update = Trip::update("t").remove_at(path("route.tags")).remove_at(path("route.steps[0].note"));
    let trip = update.on(&table).await.unwrap();
    assert_eq!((trip.route.tags.len(), &trip.route.steps[0].note), (0, &None));
    // Another variant, or another element of the tuple, requires a part of this name.
    let update = Trip::update("t").remove_at(path("route.means.seat")).remove_at(path("route.pair[1].from"));
    let update = update.remove_at(path("route.end").name("to.text")).set_at(path("route.pair[1]").name("to.text"), "c");
    let route = update.on(&table).await.unwrap().route;
    assert_eq!((route.means, route.pair.1.from), (Means::Foot { seat: None }, None));
    assert_eq!((route.end.unwrap().to, route.pair.1.to.as_deref()), (None, Some("c")));
    let trip =
        Trip::update("t").remove_at(path("route.steps[0]")).remove_at(path("by_name.x")).on(&table).await.unwrap();
    assert_eq!((trip.route.steps.len(), trip.by_name.len()), (0, 0));
}

async fn siblings_of_a_nested_key_field_can_be_updated(env: Env) {
    let table = env.table::<Base>().await;
    plain().create().on(&table).await.unwrap();
    let changed = Plain::update("p").append_at(path("address.lines"), ["Piano 2"]).on(&table).await.unwrap();
    assert_eq!(changed.address.lines, ["Via 1", "Piano 2"]);
    let changed = Plain::update("p").set_at(Plain::ADDRESS.path("lines[0]"), "Via 2").on(&table).await.unwrap();
    assert_eq!(get_raw(&table, "PLAIN#p", "PLAIN").await.unwrap(), changed.to_item().unwrap());
    for part in ["address.city", "address"] {
        let error = Plain::update("p").append_at(path(part), ["x"]).on(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{part}: {error}");
    }
    let error = Plain::update("p").set_at(path("address.city"), "Oslo").on(&table).await.unwrap_err();
    assert!(error.to_string().contains("an index key depends on `address`"), "{error}");
}

/// Stores an entity as another program would: with a different key, and with some attributes replaced.
async fn foreign(table: &Connection, entity: &impl Entity<Table = Base>, key: (&str, &str), more: &[(&str, &str)]) {
    let mut item = entity.to_item().unwrap();
    item.insert("pk".into(), s(key.0));
    item.insert("sk".into(), s(key.1));
    for (name, text) in more {
        item.insert((*name).to_owned(), s(text));
    }
    put_item(table, &item).await;
}

async fn a_key_in_a_different_format_is_rejected(env: Env) {
    let table = env.table::<Base>().await;
    let at: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
    let visit = |id: &str| Visit { id: id.into(), at };
    let day = Day { day: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(), seen: at };
    let level = Level { level: 7, is_open: true, mark: 'x' };
    let mail = Mail { address: "Ann@Example.com".into(), hour: at };
    foreign(&table, &visit("iso"), ("VISIT#iso", "AT#2026-11-20T12:00:00+00:00"), &[]).await;
    foreign(&table, &visit("z"), ("VISIT#z", "AT#2026-11-20T12:00:00.000000Z"), &[]).await;
    foreign(&table, &day, ("DAY#2026-01-05", "SEEN#2026-11-20T12:00:00+00:00"), &[]).await;
    foreign(&table, &day, ("DAY#2026-1-5", "SEEN#2026-11-20T12:00:00.000000+00:00"), &[]).await;
    foreign(&table, &level, ("LEVEL#7", "true#x"), &[]).await;
    foreign(&table, &level, ("LEVEL#007", "True#x"), &[]).await;
    foreign(&table, &mail, ("MAIL#Ann@Example.com", "MAIL#2026-11-20T12"), &[]).await;
    foreign(&table, &mail, ("MAIL#ann@example.com", "MAIL#2026-11-20T12:00"), &[]).await;
    foreign(&table, &visit("other"), ("VISIT#another", "AT#2026-11-20T12:00:00.000000+00:00"), &[]).await;
    let mut refused = 0;
    let mut items = Base::scan().on(&table).stream();
    while let Some(item) = items.next().await {
        let error = item.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let shown = error.to_string();
        assert!(shown.contains("does not fit the template") || shown.contains("in the key"), "{shown}");
        assert!(error.item_key().is_some() && error.resume().is_some());
        refused += 1;
    }
    assert_eq!(refused, 9);
    let error = Visit::query("iso").on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("give the field a type that keeps the text of the key"), "{error}");
    // An item whose key has the expected format can be read by its own key.
    for written in [visit("ours").create().on(&table).await.unwrap()] {
        assert_eq!(Visit::get(&written).on(&table).await.unwrap(), Some(written));
    }
}

async fn an_update_by_key_repairs_an_index_key_in_a_different_format(env: Env) {
    let table = env.table::<Base>().await;
    let at: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
    let visit = Visit { id: "v".into(), at }.create().on(&table).await.unwrap();
    let item = visit.to_item().unwrap();
    change(&table, "VISIT#v", item.text("sk").unwrap(), "gsi1sk", s("2026-11-20T12:00:00+00:00")).await;
    // `ge` compares texts, so it does not find the key without microseconds.
    assert_eq!(Visit::gsi1().query(()).ge(at).on(&table).count().await.unwrap(), 0);
    let upsert = Visit::update(("v", at)).set_at(path("repaired"), true).upsert();
    upsert.on(&table).await.unwrap();
    assert_eq!(Visit::gsi1().query(()).ge(at).on(&table).count().await.unwrap(), 1);
}

async fn ranges_are_correct_for_keys_of_maximum_length(env: Env) {
    let table = env.table::<Base>().await;
    // The key is `L#`, the name, `#` and the part, up to 1,024 bytes.
    for length in [1015, 1016, 1017, 1018, 1019, 1020] {
        let name = "n".repeat(length);
        let room = 1024 - length - 3;
        let parts = ["a".to_owned(), "b".repeat(room), "~".repeat(room), "\u{7f}".repeat(room)];
        let all: Vec<Long> = parts.iter().map(|part| Long { name: name.clone(), part: part.clone() }).collect();
        Base::batch_write().put_all(&all).on(&table).await.unwrap();
        let mut stored: Vec<Long> = all.clone();
        stored.sort_by(|one, other| one.part.cmp(&other.part));
        stored.dedup();
        let query = || Long::query(());
        assert_eq!(query().eq(name.as_str()).on(&table).count().await.unwrap(), stored.len());
        assert_eq!(query().le(name.as_str()).on(&table).count().await.unwrap(), stored.len());
        for (number, long) in stored.iter().enumerate() {
            let bound = || (long.name.as_str(), long.part.as_str());
            let after = query().between(bound(), (name.as_str(),)).on(&table).count().await.unwrap();
            assert_eq!(after, stored.len() - number, "{length} {number}");
            let gt: Vec<Long> = query().gt(bound()).on(&table).all().await.unwrap();
            let gt = gt.iter().filter(|found| found.name == name).count();
            assert_eq!(gt, stored.len() - number - 1, "{length} {number}");
        }
        assert_eq!(query().gt((name.as_str(),)).on(&table).count().await.unwrap(), 0);
        for long in &stored {
            Long::delete(long).on(&table).await.unwrap();
        }
    }
}

async fn set_fields_are_recognized_under_any_module_path(env: Env) {
    let table = env.table::<Base>().await;
    let empty = Renamed {
        id: "r".into(),
        by_alias: BTreeSet::new(),
        by_import: BTreeSet::new(),
        numbers: BTreeSet::new(),
        by_path: None,
        own: Vec::new(),
    };
    empty.create().on(&table).await.unwrap();
    assert_eq!(Renamed::get("r").on(&table).await.unwrap(), Some(empty));
    let update = Renamed::update("r").add(Renamed::BY_ALIAS, ["a"]).add(Renamed::BY_IMPORT, ["b", "c"]);
    let update = update.add(Renamed::NUMBERS, [1, 2]).add(Renamed::BY_PATH, ["d"]).append(Renamed::OWN, ["e"]);
    let changed = update.on(&table).await.unwrap();
    assert_eq!(changed.by_import.len() + changed.numbers.len() + changed.by_alias.len(), 5);
    let changed = Renamed::update("r").delete(Renamed::BY_IMPORT, ["b", "c"]).on(&table).await.unwrap();
    assert_eq!((changed.by_import.len(), changed.own.len()), (0, 1));
    assert_eq!(
        get_raw(&table, "RENAMED#r", "RENAMED").await.unwrap().as_ref()["by_path"],
        AttributeValue::Ss(vec!["d".into()])
    );
}

/// A struct written for `serde_dynamo`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "THEIRS#{id}", sk = "THEIRS")]
struct Theirs {
    id: String,
    #[serde(default, with = "serde_dynamo::string_set", skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, with = "serde_dynamo::number_set")]
    numbers: BTreeSet<u32>,
    #[serde(default, with = "serde_dynamo::binary_set")]
    hashes: Vec<serde_bytes::ByteBuf>,
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
    inner: Vec<TheirInner>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TheirInner {
    #[serde(with = "serde_dynamo::string_set")]
    names: Vec<String>,
}

async fn fields_with_modules_of_serde_dynamo_work_unchanged(env: Env) {
    let table = env.table::<Base>().await;
    let theirs = Theirs {
        id: "t".into(),
        tags: vec!["a".into(), "b".into()],
        numbers: [1, 2].into(),
        hashes: vec![serde_bytes::ByteBuf::from(vec![1, 2])],
        body: vec![0, 255],
        inner: vec![TheirInner { names: vec!["x".into()] }],
    };
    theirs.create().on(&table).await.unwrap();
    assert_eq!(Theirs::get("t").on(&table).await.unwrap(), Some(theirs.clone()));
    assert_eq!(Theirs::query("t").on(&table).all().await.unwrap(), std::slice::from_ref(&theirs));
    // Elements can be added and deleted, as in monotable's own sets.
    let added = Theirs::update("t").add(Theirs::TAGS, vec!["c".to_owned()]).on(&table).await.unwrap();
    assert_eq!(added.tags.iter().map(String::as_str).collect::<BTreeSet<_>>(), ["a", "b", "c"].into());
    let empty = Theirs::update("t").delete(Theirs::NUMBERS, BTreeSet::from([1, 2])).on(&table).await.unwrap();
    assert!(empty.numbers.is_empty());

    // Apart from the keys and the discriminator, both crates store the same item, and each can read an item of the other.
    let mut item = theirs.to_item().unwrap();
    for name in ["pk", "sk", "entity_type"] {
        item.remove(name);
    }
    let written: Item = serde_dynamo::to_item::<_, serde_dynamo::Item>(&theirs).unwrap().into();
    assert_eq!(item, written);
    let read: Theirs = serde_dynamo::from_item(serde_dynamo::Item::from(theirs.to_item().unwrap())).unwrap();
    assert_eq!(read, theirs);
    for (_, value) in written {
        let converted: AttributeValue = serde_dynamo::AttributeValue::from(value.clone()).into();
        assert_eq!(converted, value);
    }
    // A set in a field of another type is rejected too.
    let mut item = theirs.to_item().unwrap();
    item.insert("body".to_owned(), AttributeValue::Ns(vec!["1".into()]));
    assert!(Theirs::from_item(item).unwrap_err().to_string().contains("attribute `body`: expected B"));
}
