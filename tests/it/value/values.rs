//! Values as attributes: sets, bytes, exact numbers, JSON, UUIDs and every data type of serde.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::str::FromStr as _;

use bigdecimal::BigDecimal;
use libtest_mimic::{Failed, Trial};
use monotable::aws::primitives::Blob;
use monotable::aws::types::AttributeValue;
use monotable::{B, Entity, ErrorKind, Item, KeySegment as _, N, Table};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::support::case::{Env, cases, get_raw, holds, n, put_raw, s};

cases![
    sets_bytes_and_numbers_are_stored_as_dynamodb_types,
    an_empty_set_is_not_stored,
    values_that_do_not_fit_a_set_are_rejected,
    exact_numbers_keep_every_digit,
    invalid_numbers_are_rejected,
    unit_values_are_stored_as_null_and_read_back,
    flattened_numbers_keep_their_digits,
    encode_errors_name_the_path_of_the_attribute,
    decode_errors_do_not_contain_the_value,
    a_value_that_a_collection_contains_twice_is_stored_once,
    json_fields_read_json_text_and_reject_invalid_json,
    a_uuid_can_be_used_in_a_key,
    attributes_written_by_python_are_read,
];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "it::value::values::attributes_equal_those_of_serde_dynamo",
            attributes_equal_those_of_serde_dynamo,
        ),
        Trial::test("it::value::values::other_serde_formats_receive_plain_values", || {
            other_serde_formats_receive_plain_values();
            Ok(())
        }),
    ]
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
#[allow(clippy::large_enum_variant, reason = "the sizes do not matter here")]
enum Base {
    Thing(Thing),
    Visit(Visit),
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Inner {
    price: N<BigDecimal>,
    #[serde(default, with = "monotable::number_set")]
    sizes: BTreeSet<u8>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "THING#{id}", sk = "THING")]
struct Thing {
    #[entity(key_only)]
    id: String,
    #[serde(default, with = "monotable::string_set")]
    tags: HashSet<String>,
    #[serde(default, with = "monotable::number_set")]
    ratings: Vec<i64>,
    #[serde(default, with = "monotable::number_set")]
    prices: Vec<N<BigDecimal>>,
    #[serde(default, with = "monotable::binary_set")]
    hashes: BTreeSet<B>,
    bytes: B,
    total: N<BigDecimal>,
    discount: Option<N<BigDecimal>>,
    inner: Vec<Inner>,
    by_size: BTreeMap<u16, N<BigDecimal>>,
    #[serde(with = "monotable::json")]
    report: Vec<(String, u32)>,
    #[serde(default, with = "monotable::json")]
    note: Option<String>,
    big: i128,
    #[serde(flatten)]
    rest: HashMap<String, u64>,
}

fn decimal(text: &str) -> N<BigDecimal> {
    N(BigDecimal::from_str(text).unwrap())
}

const DIGITS: &str = "-1234567890123456789.0123456789012345678";

fn thing() -> Thing {
    Thing {
        id: "t-1".into(),
        tags: ["a".into(), "b".into()].into(),
        ratings: vec![-1, 5],
        prices: vec![decimal("0.1"), decimal(DIGITS)],
        hashes: [B::from([0, 255]), B::from([1])].into(),
        bytes: B::from([1, 2, 3]),
        total: decimal("12.5"),
        discount: Some(decimal(DIGITS)),
        inner: vec![Inner { price: decimal(DIGITS), sizes: [1, 2].into() }, Inner::default()],
        by_size: BTreeMap::from([(42, decimal(DIGITS))]),
        report: vec![("x".into(), 1)],
        note: Some("\"quoted\"".into()),
        big: i128::from(u64::MAX) * 1_000_000_000_000,
        rest: HashMap::from([("large".to_owned(), u64::MAX)]),
    }
}

fn sorted(mut thing: Thing) -> Thing {
    // DynamoDB returns the elements of a set in any order.
    thing.ratings.sort_unstable();
    thing.prices.sort();
    thing
}

async fn sets_bytes_and_numbers_are_stored_as_dynamodb_types(env: Env) {
    let table = env.table::<Base>().await;
    let thing = thing().put().on(&table).await.unwrap();
    let stored = get_raw(&table, "THING#t-1", "THING").await.unwrap();
    let types: BTreeMap<&str, bool> = BTreeMap::from([
        ("tags", stored.as_ref()["tags"].is_ss()),
        ("ratings", stored.as_ref()["ratings"].is_ns()),
        ("prices", stored.as_ref()["prices"].is_ns()),
        ("hashes", stored.as_ref()["hashes"].is_bs()),
        ("bytes", stored.as_ref()["bytes"].is_b()),
        ("total", stored.as_ref()["total"] == AttributeValue::N("12.5".into())),
        ("discount", stored.as_ref()["discount"] == AttributeValue::N(DIGITS.into())),
        ("report", stored.as_ref()["report"] == s(r#"[["x",1]]"#)),
    ]);
    assert!(types.values().all(|is_right| *is_right), "{types:?}");
    let found = Thing::get("t-1").on(&table).await.unwrap().unwrap();
    assert_eq!(sorted(found), sorted(thing));
}

async fn an_empty_set_is_not_stored(env: Env) {
    let table = env.table::<Base>().await;
    let empty = Thing { id: "empty".into(), inner: vec![Inner::default()], ..Thing::default() };
    empty.put().on(&table).await.unwrap();
    let stored = get_raw(&table, "THING#empty", "THING").await.unwrap();
    for name in ["tags", "ratings", "prices", "hashes", "discount"] {
        assert!(!stored.contains_key(name), "{name}");
    }
    let AttributeValue::L(inner) = &stored.as_ref()["inner"] else { panic!("{stored:?}") };
    assert!(!inner[0].as_m().unwrap().contains_key("sizes"), "an empty set in a map must not be stored");
    assert_eq!(Thing::get("empty").on(&table).await.unwrap(), Some(empty));
}

async fn a_value_that_a_collection_contains_twice_is_stored_once(_: Env) {
    #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
    #[entity(table = Repeated, pk = "REPEATED", sk = "{id}")]
    struct Repetition {
        id: String,
        #[serde(default, with = "monotable::string_set")]
        texts: Vec<String>,
        #[serde(default, with = "monotable::number_set")]
        numbers: Vec<u8>,
        #[serde(default, with = "monotable::binary_set")]
        binaries: Vec<B>,
    }
    #[derive(Debug, Table)]
    #[table(config = "config.json")]
    enum Repeated {
        Repetition(Repetition),
    }
    let bytes = || B::from([7]);
    let texts = ["a", "b", "a"].map(str::to_owned).to_vec();
    let item = Repetition { id: "r".into(), texts, numbers: vec![1, 1, 2], binaries: vec![bytes(), bytes()] }.to_item();
    let item = item.unwrap();
    assert_eq!(item.get("texts"), Some(&AttributeValue::Ss(vec!["a".into(), "b".into()])));
    assert_eq!(item.get("numbers"), Some(&AttributeValue::Ns(vec!["1".into(), "2".into()])));
    assert_eq!(item.get("binaries"), Some(&AttributeValue::Bs(vec![Blob::new([7])])));
}

async fn values_that_do_not_fit_a_set_are_rejected(_: Env) {
    #[derive(Debug, Clone, Serialize, Deserialize, Entity)]
    #[entity(table = Odd, pk = "ODD", sk = "{id}")]
    struct OddThing {
        id: String,
        #[serde(default, with = "monotable::string_set")]
        numbers: Vec<u8>,
    }
    #[derive(Debug, Table)]
    #[table(config = "config.json")]
    enum Odd {
        Thing(OddThing),
    }
    let error = OddThing { id: "o".into(), numbers: vec![1] }.to_item().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    assert!(error.to_string().contains("`monotable::string_set` contains a value of the wrong type"), "{error}");
    let item: Item =
        [("pk", s("ODD")), ("sk", s("o")), ("entity_type", s("OddThing")), ("id", s("o")), ("numbers", s("x"))]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
    let error = OddThing::from_item(item).unwrap_err();
    assert_eq!(error.to_string(), "decode OddThing ODD / o: attribute `numbers`: expected a set or L, found S");
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Marked {
    unit: (),
    marker: std::marker::PhantomData<u8>,
    #[serde(with = "monotable::json")]
    json: serde_json::Value,
}

/// An entity of another table, with fields for every error that an item can cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Odds, pk = "ODD#{id}", sk = "ODD")]
#[serde(default)]
struct Odd {
    #[entity(key_only)]
    id: String,
    marked: Marked,
    // `#[serde(default)]` on the struct makes `default` on a set field unnecessary.
    #[serde(with = "monotable::number_set")]
    numbers: Vec<N<BigDecimal>>,
    lines: Vec<Line>,
    state: State,
    one: std::num::NonZeroU8,
    #[serde(flatten)]
    more: More,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct More {
    exact: N<BigDecimal>,
    size: u8,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
enum State {
    #[default]
    Open,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Line {
    Priced { price: f64 },
    Tagged(#[serde(with = "monotable::string_set")] BTreeSet<String>),
}

impl Default for Odd {
    fn default() -> Self {
        Self {
            id: "o".into(),
            marked: Marked::default(),
            numbers: Vec::new(),
            lines: Vec::new(),
            state: State::Open,
            one: std::num::NonZeroU8::MIN,
            more: More::default(),
        }
    }
}

#[derive(Debug, Table)]
#[table(config = "config.json")]
enum Odds {
    Odd(Odd),
}

async fn unit_values_are_stored_as_null_and_read_back(env: Env) {
    let table = env.table::<Odds>().await;
    let odd = Odd { lines: vec![Line::Tagged(BTreeSet::from(["a".into()]))], ..Odd::default() };
    odd.put().on(&table).await.unwrap();
    let stored = get_raw(&table, "ODD#o", "ODD").await.unwrap();
    let marked = stored.as_ref()["marked"].as_m().unwrap();
    assert!(marked["unit"].is_null() && marked["marker"].is_null(), "{marked:?}");
    assert_eq!(marked["json"], s("null"));
    assert!(!stored.contains_key("numbers"));
    assert_eq!(Odd::get("o").on(&table).await.unwrap(), Some(odd));
}

async fn flattened_numbers_keep_their_digits(env: Env) {
    let table = env.table::<Odds>().await;
    for text in [DIGITS, "0.1", "12345678901234567890123", "1e100", "-5"] {
        let odd = Odd { more: More { exact: decimal(text), size: 1 }, ..Odd::default() };
        odd.put().on(&table).await.unwrap();
        assert_eq!(Odd::get("o").on(&table).await.unwrap(), Some(odd), "{text}");
    }
}

async fn encode_errors_name_the_path_of_the_attribute(env: Env) {
    let price = |price| Line::Priced { price };
    let error = Odd { lines: vec![price(1.0), price(f64::MAX)], ..Odd::default() }.to_item().unwrap_err();
    assert_eq!(error.attribute_name(), Some("lines[1].Priced.price"));
    let error = Odd { lines: vec![Line::Tagged(BTreeSet::new())], ..Odd::default() }.to_item().unwrap_err();
    assert_eq!(error.attribute_name(), Some("lines[0].Tagged"));
    assert!(error.to_string().contains("an empty set is allowed only in a field or a map"), "{error}");
    // Equal numbers are stored once, even if they are written differently.
    let numbers = ["1", "1.0", "2", "1e0", "2"].map(decimal).to_vec();
    let table = env.table::<Odds>().await;
    let odd = Odd { numbers, ..Odd::default() }.put().on(&table).await.unwrap();
    let mut found = Odd::get(&odd.id).on(&table).await.unwrap().unwrap().numbers;
    found.sort();
    assert_eq!(found, [decimal("1"), decimal("2")]);
}

async fn decode_errors_do_not_contain_the_value(_: Env) {
    let secret = "hunter2";
    let price = AttributeValue::M(HashMap::from([("price".to_owned(), n(1))]));
    let line = AttributeValue::M(HashMap::from([("Priced".to_owned(), price)]));
    for (name, value, message) in [
        ("state", s(secret), "attribute `state`: unknown variant; expected one of `Open`"),
        ("state", AttributeValue::M(HashMap::from([(secret.to_owned(), n(1))])), "expected one of `Open`"),
        (
            "state",
            AttributeValue::M(HashMap::from([("Open".to_owned(), s(secret))])),
            "variant without fields, found S",
        ),
        (
            "state",
            AttributeValue::M(HashMap::from([("Open".to_owned(), n(1)), (secret.to_owned(), n(1))])),
            "attribute `state`: expected a map with one entry, whose key is the variant",
        ),
        ("lines", AttributeValue::L(vec![line, s("Priced")]), "`lines[1]`: expected struct variant, found a variant"),
        ("one", n(0), "attribute `one`: expected a nonzero u8, found an integer that does not fit"),
        ("one", n(31337), "attribute `one`: the number does not fit u8"),
        ("size", s(secret), "expected u8, found a string"),
        ("size", n(31337), "expected u8, found an integer that does not fit"),
        ("size", AttributeValue::N("31337.5".to_owned()), "expected u8, found a number"),
        ("size", AttributeValue::Bool(true), "expected u8, found a boolean"),
        ("size", AttributeValue::B(Blob::new(secret)), "expected u8, found bytes"),
        ("size", AttributeValue::Null(true), "expected u8, found NULL"),
        ("size", AttributeValue::L(vec![s(secret)]), "expected u8, found a list"),
        ("size", AttributeValue::M(HashMap::from([(secret.to_owned(), n(1))])), "expected u8, found a map"),
        ("exact", s(secret), "the number cannot be read"),
        ("lines", s(secret), "attribute `lines`: expected L, found S"),
    ] {
        let mut item = Odd::default().to_item().unwrap();
        item.insert(name.to_owned(), value);
        let error = Odd::from_item(item).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(message), "{shown}");
        assert!(!shown.contains(secret) && !shown.contains("31337"), "{shown}");
    }
}

async fn exact_numbers_keep_every_digit(env: Env) {
    let table = env.table::<Base>().await;
    for text in [
        "0",
        "-0.5",
        "99999999999999999999999999999999999999",
        "0.00000000000000000000000000000000000001",
        "1.7976931348623157",
        "9007199254740993",
        "18446744073709551616",
    ] {
        let thing = Thing { id: "n".into(), total: decimal(text), ..thing() };
        thing.put().on(&table).await.unwrap();
        assert_eq!(Thing::get("n").on(&table).await.unwrap().unwrap().total, decimal(text), "{text}");
    }
}

async fn invalid_numbers_are_rejected(_: Env) {
    let nine = "9".repeat(39);
    for text in ["1e200", nine.as_str()] {
        let error = Thing { total: decimal(text), ..thing() }.to_item().unwrap_err();
        assert!(error.to_string().contains("is not a number that DynamoDB accepts"), "{error}");
    }
    let mut item = thing().to_item().unwrap();
    item.insert("total".into(), s("12.5"));
    let error = Thing::from_item(item).unwrap_err();
    assert_eq!(error.to_string(), "decode Thing THING#t-1 / THING: attribute `total`: expected N, found S");
    #[derive(Serialize)]
    struct Ratio(f64);
    for ratio in [f64::NAN, f64::INFINITY] {
        assert!(
            serde_json::to_value(Ratio(ratio)).is_ok_and(|value| value.is_null()),
            "serde_json serializes it as null"
        );
        let visit = Visit { visit_id: Uuid::nil(), at: Uuid::nil(), ratio };
        let error = visit.to_item().unwrap_err();
        assert_eq!(error.attribute_name(), Some("ratio"));
        assert!(error.to_string().contains("neither NaN nor infinite"), "{error}");
    }
    let error = Thing { big: i128::MAX, ..thing() }.to_item().unwrap_err();
    assert!(
        error.to_string().starts_with("encode Thing: attribute `big`: is not a number that DynamoDB accepts"),
        "{error}"
    );
}

async fn json_fields_read_json_text_and_reject_invalid_json(env: Env) {
    let table = env.table::<Base>().await;
    let item: Vec<_> = thing().to_item().unwrap().into_inner().into_iter().collect();
    let mut item: Vec<(&str, AttributeValue)> =
        item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    item.retain(|(name, _)| *name != "report");
    // The format of Python's `json.dumps`.
    item.push(("report", s(r#"[["y", 2], ["z", 3]]"#)));
    put_raw(&table, &item).await;
    let found = Thing::get("t-1").on(&table).await.unwrap().unwrap();
    assert_eq!(found.report, [("y".to_owned(), 2), ("z".to_owned(), 3)]);
    for text in ["[", r#"{"secret": 1}"#] {
        item.pop();
        item.push(("report", s(text)));
        put_raw(&table, &item).await;
        let error = Thing::get("t-1").on(&table).await.unwrap_err().to_string();
        assert!(error.contains("attribute `report`: the text is not JSON of this type (line 1, column"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "VISITS", sk = "{at}#{visit_id}", gsi1(pk = "VISIT#{visit_id}", sk = "VISIT"))]
struct Visit {
    #[entity(key_only)]
    visit_id: Uuid,
    #[entity(key_only)]
    at: Uuid,
    ratio: f64,
}

async fn a_uuid_can_be_used_in_a_key(env: Env) {
    let table = env.table::<Base>().await;
    let at = |n: u128| Uuid::from_u128(n << 64);
    let visit_id = Uuid::parse_str("67E55044-10B1-426F-9247-BB680E5FE0C8").unwrap();
    for n in 1..=3 {
        Visit { visit_id, at: at(n), ratio: 0.5 }.put().on(&table).await.unwrap();
    }
    assert_eq!(Visit::query(()).ge(at(2)).on(&table).all().await.unwrap().len(), 2);
    let found = Visit::gsi1().query(visit_id).on(&table).first().await.unwrap().unwrap();
    assert_eq!(found.visit_id, visit_id);
    assert_eq!(Visit::gsi1pk(visit_id).unwrap(), "VISIT#67e55044-10b1-426f-9247-bb680e5fe0c8");
    for other in ["67E55044-10B1-426F-9247-BB680E5FE0C8", "67e5504410b1426f9247bb680e5fe0c8", "x"] {
        assert!(Uuid::parse(other).is_err(), "`{other}` would be a different key");
    }
}

async fn attributes_written_by_python_are_read(env: Env) {
    let table = env.table::<Base>().await;
    let mut item = thing().to_item().unwrap().into_inner();
    item.insert("tags".into(), AttributeValue::L(vec![s("as"), s("a list")]));
    item.insert("ratings".into(), AttributeValue::Ns(vec!["1".into(), "10".into()]));
    item.insert("bytes".into(), AttributeValue::B(vec![7].into()));
    item.insert("total".into(), n(5));
    item.insert("discount".into(), AttributeValue::Null(true));
    let item: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &item).await;
    let found = sorted(Thing::get("t-1").on(&table).await.unwrap().unwrap());
    assert_eq!(found.tags, HashSet::from(["as".to_owned(), "a list".to_owned()]));
    assert_eq!((found.ratings, found.bytes, found.total), (vec![1, 10], B::from([7]), decimal("5")));
    assert_eq!(found.discount, None);
}

fn other_serde_formats_receive_plain_values() {
    let thing = || Thing { big: 1, ..thing() };
    let json = serde_json::to_value(thing()).unwrap();
    assert_eq!(json["total"], "12.5");
    assert_eq!(json["bytes"], serde_json::json!([1, 2, 3]));
    assert_eq!(json["ratings"], serde_json::json!([-1, 5]));
    assert_eq!(serde_json::from_value::<Thing>(json).unwrap(), thing());
    assert_eq!(serde_json::from_str::<N<BigDecimal>>("12").unwrap(), decimal("12"), "a number must be accepted too");
    assert_eq!(format!("{:?}", B::from([1, 2, 3])), "B(3 bytes)");
}

/// A value of every data type of serde.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Bool(bool),
    Small(i8, u8, i16, u16),
    Big { int: i64, uint: u64, float: f64, letter: char },
    Text(String),
    Maybe(Vec<Option<Shape>>),
    List(Vec<Shape>),
    Entries(BTreeMap<String, Shape>),
    Numbered(BTreeMap<i32, Shape>),
    Pair(Box<(Shape, Wrapped)>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapped(Option<u16>);

fn leaves() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Unit),
        any::<bool>().prop_map(Shape::Bool),
        any::<(i8, u8, i16, u16)>().prop_map(|(a, b, c, d)| Shape::Small(a, b, c, d)),
        (any::<i64>(), any::<u64>(), -1e9..1e9, any::<char>()).prop_map(|(int, uint, float, letter)| Shape::Big {
            int,
            uint,
            float,
            letter
        }),
        ".*".prop_map(Shape::Text),
    ]
}

fn shapes() -> impl Strategy<Value = Shape> {
    leaves().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(prop::option::of(inner.clone()), 0..3).prop_map(Shape::Maybe),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Shape::List),
            prop::collection::btree_map(".*", inner.clone(), 0..4).prop_map(Shape::Entries),
            prop::collection::btree_map(any::<i32>(), inner.clone(), 0..4).prop_map(Shape::Numbered),
            (inner, any::<Option<u16>>()).prop_map(|(shape, n)| Shape::Pair(Box::new((shape, Wrapped(n))))),
        ]
    })
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Shapes, pk = "SHAPE", sk = "SHAPE")]
struct Holder {
    shape: Shape,
    #[serde(flatten)]
    more: BTreeMap<String, Shape>,
}

#[derive(Debug, Table)]
#[table(config = "config.json")]
enum Shapes {
    Holder(Holder),
}

/// Other Rust programs may read and write the same table with `serde_dynamo`. Apart from NULL attributes, which monotable does
/// not store, the attributes must be equal.
fn attributes_equal_those_of_serde_dynamo() -> Result<(), Failed> {
    // serde cannot flatten maps whose keys are numbers.
    let more = prop::collection::btree_map("[a-z]{3}x", leaves(), 0..3);
    let holders = (shapes(), more).prop_map(|(shape, more)| Holder { shape, more });
    holds(holders, |holder| {
        let item = holder.to_item().unwrap();
        let mut theirs: HashMap<String, AttributeValue> = serde_dynamo::to_item(&holder).unwrap();
        without_nulls(&mut theirs);
        let mut ours = item.clone().into_inner();
        ours.retain(|name, _| !["pk", "sk", "entity_type"].contains(&name.as_str()));
        prop_assert_eq!(&ours, &theirs);
        prop_assert_eq!(&Holder::from_item(item).unwrap(), &holder);
        let back: Holder = serde_dynamo::from_item(ours).unwrap();
        prop_assert_eq!(back, holder);
        Ok(())
    })
}

fn without_nulls(entries: &mut HashMap<String, AttributeValue>) {
    fn inside(value: &mut AttributeValue) {
        match value {
            AttributeValue::M(entries) => without_nulls(entries),
            AttributeValue::L(values) => values.iter_mut().for_each(inside),
            _ => {}
        }
    }
    entries.values_mut().for_each(inside);
    entries.retain(|_, value| !value.is_null());
}
