//! The requests of a batch write. monotable serializes entities straight into them.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::{Failed, Trial};
use monotable::op::BatchEntry;
use monotable::{B, Entity, Error, ErrorKind, Table};
use proptest::prelude::*;
use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::direct::Kind;
use crate::support::answers::{Answers, bytes, item, map_of, run, text};
use crate::support::case::{holds, s};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "it::codec::batch_requests::batch_requests_equal_those_of_the_sdk",
            batch_requests_equal_those_of_the_sdk,
        ),
        Trial::test(
            "it::codec::batch_requests::entities_in_batch_requests_equal_their_items",
            entities_in_batch_requests_equal_their_items,
        ),
        Trial::test(
            "it::codec::batch_requests::the_depth_of_entities_in_batch_requests_is_limited",
            the_depth_of_entities_in_batch_requests_is_limited,
        ),
        Trial::test(
            "it::codec::batch_requests::a_name_that_is_written_twice_in_a_nested_struct_is_rejected",
            a_name_that_is_written_twice_in_a_nested_struct_is_rejected,
        ),
        Trial::test(
            "it::codec::batch_requests::a_time_of_expiry_in_a_batch_is_checked",
            a_time_of_expiry_in_a_batch_is_checked,
        ),
        Trial::test(
            "it::codec::batch_requests::values_whose_errors_are_ignored_are_left_out",
            values_whose_errors_are_ignored_are_left_out,
        ),
    ]
}

#[derive(Debug, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Sent", "localDev": { "port": 8000, "tableName": "sent" },
    "tableConfig": {
        "globalSecondaryIndexes": [ { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ],
        "ttlAttribute": "ttl"
    }
}"#)]
enum Sent {
    Plain(Box<Plain>),
    Doubtful(Doubtful),
    Session(Session),
    Deep(Deep),
    Lenient(Lenient),
}

/// A typical entity: a struct with mostly text and number fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = Sent, pk = "PLAIN#{some_id}", sk = "{owner}#{n:04}", gsi1(pk = "{note}", sk = "{n:04}"))]
struct Plain {
    #[entity(key_only)]
    some_id: u32,
    owner: String,
    n: u16,
    note: Option<String>,
    letter: char,
    signed: i64,
    large: u128,
    float: f64,
    flag: Option<bool>,
    kind: Kind,
    wrapped: Wrapped,
    nested: Option<Box<(String, u8)>>,
    #[serde(default, with = "monotable::string_set")]
    texts: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    skipped: String,
    bytes: B,
    part: Part,
    parts: Vec<Option<Part>>,
    loose: Loose,
    tags: Vec<Tags>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapped(Option<u64>);

/// A value of each kind in a struct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Part {
    name: String,
    on: bool,
    letter: char,
    weight: Option<f32>,
    counts: Vec<Option<i16>>,
    rows: Vec<Vec<u8>>,
    pair: (String, u8),
    by_name: BTreeMap<String, u8>,
    #[serde(default, with = "monotable::string_set")]
    texts: BTreeSet<String>,
    unit: (),
    #[serde(skip_serializing_if = "Option::is_none")]
    inner: Option<Box<Part>>,
}

/// A struct that serde serializes as a map. An entry can have the name of the field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Loose {
    a: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

/// Fails in a list if the set is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Tags(#[serde(with = "monotable::string_set")] BTreeSet<String>);

fn part() -> impl Strategy<Value = Part> {
    let simple = (text(), any::<bool>(), any::<char>(), prop::option::of(any::<f32>()));
    let lists = (
        prop::collection::vec(prop::option::of(any::<i16>()), 0..3),
        prop::collection::vec(vec![any::<u8>(); 2], 0..3),
    );
    let others = (
        (text(), any::<u8>()),
        prop::collection::btree_map(text(), any::<u8>(), 0..3),
        prop::collection::btree_set(text(), 0..3),
    );
    let leaf =
        (simple, lists, others).prop_map(|((name, on, letter, weight), (counts, rows), (pair, by_name, texts))| Part {
            name,
            on,
            letter,
            weight,
            counts,
            rows,
            pair,
            by_name,
            texts,
            unit: (),
            inner: None,
        });
    leaf.prop_recursive(3, 3, 1, |inner| {
        (inner.clone(), inner).prop_map(|(part, inner)| Part { inner: Some(Box::new(inner)), ..part })
    })
}

fn batch_requests_equal_those_of_the_sdk() -> Result<(), Failed> {
    let entry = (item(), any::<bool>()).prop_map(|(item, is_put)| match is_put {
        true => BatchEntry::Put(item.into()),
        false => BatchEntry::Delete(item.into()),
    });
    holds(prop::collection::vec(entry, 1..4), |mut entries| {
        for (number, entry) in entries.iter_mut().enumerate() {
            let (BatchEntry::Put(item) | BatchEntry::Delete(item)) = entry else { continue };
            item.insert("pk".to_owned(), s("a"));
            item.insert("sk".to_owned(), s(&number.to_string()));
        }
        let [direct, sdk] = [true, false].map(|is_direct| {
            let answers = Answers::of([(200, "{}".to_owned())]);
            let table = answers.table(1).direct_decoding(is_direct);
            run(Sent::batch_write().entries(entries.clone()).on(&table).send()).unwrap();
            let requests = answers.requests.lock().unwrap();
            serde_json::from_slice::<Value>(&requests[0]).unwrap()
        });
        prop_assert_eq!(direct, sdk);
        Ok(())
    })
}

/// The kind of the error, and its attribute.
type Failure = (ErrorKind, Option<String>);

fn failure(error: &Error) -> Failure {
    (error.kind(), error.attribute_name().map(str::to_owned))
}

/// Returns the item that a batch sends for the entity.
fn sent(plain: &Plain) -> Result<Value, Failure> {
    let answers = Answers::of([(200, "{}".to_owned())]);
    run(Sent::batch_write().put(plain).on(&answers.table(1)).send()).map_err(|error| failure(&error))?;
    let request: Value = serde_json::from_slice(&answers.requests.lock().unwrap()[0]).unwrap();
    Ok(request["RequestItems"]["canned"][0]["PutRequest"]["Item"].clone())
}

fn expected(plain: &Plain) -> Result<Value, Failure> {
    let item = plain.to_item().map_err(|error| failure(&error))?;
    Ok(serde_json::from_str(&map_of(item.as_ref(), 0)).unwrap())
}

/// A batch must send an entity as its item, or fail with the same error.
fn entities_in_batch_requests_equal_their_items() -> Result<(), Failed> {
    let first = (any::<u32>(), "[a-z]{1,5}", 0..9999_u16, prop::option::of(text()), any::<char>(), any::<i64>());
    // Most of these are accepted, so that most cases compare two items.
    let float = prop_oneof![9 => any::<f32>().prop_map(f64::from), 1 => any::<f64>()];
    let large = prop_oneof![9 => any::<u64>().prop_map(u128::from), 1 => any::<u128>()];
    let second = (large, float, prop::option::of(any::<bool>()), any::<bool>(), prop::option::of(any::<u64>()));
    let third = (prop::option::of((text(), any::<u8>())), prop::collection::btree_set(text(), 0..3), text(), bytes());
    let loose = ("[a-j]", any::<u8>()).prop_map(|(name, n)| Loose { a: 1, rest: BTreeMap::from([(name, n)]) });
    let tags = prop::collection::vec(prop::collection::btree_set("[a-z]", 0..4).prop_map(Tags), 0..2);
    let fourth = (part(), prop::collection::vec(prop::option::of(part()), 0..3), loose, tags);
    holds((first, second, third, fourth), |(first, second, third, fourth)| {
        let (some_id, owner, n, note, letter, signed) = first;
        let (large, float, flag, is_plain, wrapped) = second;
        let (nested, texts, skipped, bytes) = third;
        let (part, parts, loose, tags) = fourth;
        let kind = if is_plain { Kind::Plain } else { Kind::Held { weight: 0.5, by: note.clone() } };
        let (wrapped, nested, bytes) = (Wrapped(wrapped), nested.map(Box::new), B(bytes.into_inner()));
        let plain = Plain {
            some_id,
            owner,
            n,
            note,
            letter,
            signed,
            large,
            float,
            flag,
            kind,
            wrapped,
            nested,
            texts,
            skipped,
            bytes,
            part,
            parts,
            loose,
            tags,
        };
        prop_assert_eq!(sent(&plain), expected(&plain));
        Ok(())
    })
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Sent, pk = "DEEP#{id}", sk = "DEEP")]
struct Deep {
    id: u8,
    level: Level,
    lists: Lists,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Level {
    below: Option<Box<Level>>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Lists(Vec<Lists>);

/// An item can have 62 levels: its own map, and 61 maps and lists in it.
fn the_depth_of_entities_in_batch_requests_is_limited() -> Result<(), Failed> {
    let send = |maps: usize, lists: usize| {
        let level = (1..maps).fold(Level::default(), |below, _| Level { below: Some(Box::new(below)) });
        let lists = (1..lists).fold(Lists::default(), |inner, _| Lists(vec![inner]));
        let answers = Answers::of([(200, "{}".to_owned())]);
        let sent = run(Sent::batch_write().put(&Deep { id: 1, level, lists }).on(&answers.table(1)).send());
        sent.map_err(|error| failure(&error))
    };
    assert_eq!(send(61, 61), Ok(()));
    for (maps, lists) in [(62, 1), (1, 62), (100, 1), (1, 100)] {
        assert_eq!(send(maps, lists), Err((ErrorKind::Encode, None)), "{maps} maps, {lists} lists");
    }
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Sent, pk = "DOUBTFUL#{id}", sk = "DOUBTFUL")]
struct Doubtful {
    id: u8,
    twice: Twice,
}

/// Writes one name twice.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Twice {
    name: u8,
}

impl Serialize for Twice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Twice", 2)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("name", &self.name)?;
        fields.end()
    }
}

fn a_name_that_is_written_twice_in_a_nested_struct_is_rejected() -> Result<(), Failed> {
    let doubtful = Doubtful { id: 1, twice: Twice { name: 1 } };
    let answers = Answers::of([(200, "{}".to_owned())]);
    let error = run(Sent::batch_write().put(&doubtful).on(&answers.table(1)).send()).unwrap_err();
    assert_eq!(failure(&error), (ErrorKind::Encode, Some("twice.name".to_owned())));
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Sent, pk = "SESSION#{id}", sk = "SESSION")]
struct Session {
    id: u8,
    #[entity(ttl)]
    #[serde(rename = "ttl")]
    expires: Option<u64>,
}

fn a_time_of_expiry_in_a_batch_is_checked() -> Result<(), Failed> {
    let send = |expires| {
        let answers = Answers::of([(200, "{}".to_owned())]);
        let result = run(Sent::batch_write().put(&Session { id: 1, expires }).on(&answers.table(1)).send());
        let requests = answers.requests.lock().unwrap();
        result.map(|()| String::from_utf8(requests[0].clone()).unwrap()).map_err(|error| failure(&error))
    };
    let seconds = 1_800_000_000;
    assert!(send(Some(seconds)).unwrap().contains("\"ttl\":{\"N\":\"1800000000\"}"));
    assert!(!send(None).unwrap().contains("\"ttl\""));
    assert_eq!(send(Some(1000 * seconds)), Err((ErrorKind::Encode, Some("ttl".to_owned()))));
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Sent, pk = "LENIENT#{id}", sk = "LENIENT")]
struct Lenient {
    id: u8,
    list: Finite,
    part: Price,
    nothing: Nothing,
    after: u8,
}

/// Leaves out the elements that cannot be serialized.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Finite(Vec<f64>);

impl Serialize for Finite {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for number in &self.0 {
            let _ = list.serialize_element(number);
        }
        list.end()
    }
}

/// Leaves out a price that cannot be serialized.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Price {
    price: f64,
    name: String,
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Price", 2)?;
        let _ = fields.serialize_field("price", &self.price);
        fields.serialize_field("name", &self.name)?;
        fields.end()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Nothing {}

fn values_whose_errors_are_ignored_are_left_out() -> Result<(), Failed> {
    for price in [1.5, f64::NAN] {
        let (list, part) = (Finite(vec![1.0, price, 3.0]), Price { price, name: "a".to_owned() });
        let lenient = Lenient { id: 1, list, part, nothing: Nothing {}, after: 2 };
        let answers = Answers::of([(200, "{}".to_owned())]);
        run(Sent::batch_write().put(&lenient).on(&answers.table(1)).send()).unwrap();
        let request: Value = serde_json::from_slice(&answers.requests.lock().unwrap()[0]).unwrap();
        let item = map_of(lenient.to_item().unwrap().as_ref(), 0);
        let sent = &request["RequestItems"]["canned"][0]["PutRequest"]["Item"];
        assert_eq!(sent, &serde_json::from_str::<Value>(&item).unwrap());
    }
    Ok(())
}
