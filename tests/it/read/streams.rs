//! Records of DynamoDB Streams as typed changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_lambda_events::event::dynamodb::Event;
use aws_sdk_dynamodbstreams::types::{
    AttributeValue as StreamValue, Identity, OperationType, Record as SdkRecord, StreamRecord,
};
use bigdecimal::BigDecimal;
use libtest_mimic::{Failed, Trial};
use monotable::aws::types::AttributeValue;
use monotable::stream::{Change, ChangeKind, Record};
use monotable::{B, Entity, ErrorKind, Item, N, Table};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::answers::{bytes, item, map_of, text};
use crate::support::case::{holds, n, s};

pub fn trials() -> Vec<Trial> {
    macro_rules! trials {
        ($($trial:ident),* $(,)?) => {
            vec![$(Trial::test(concat!("it::read::streams::", stringify!($trial)), $trial)),*]
        };
    }
    trials![
        items_in_records_equal_items_that_are_read,
        entities_in_records_equal_entities_that_are_read,
        each_view_type_gives_the_items_that_it_contains,
        a_record_without_items_is_identified_by_its_key,
        an_item_of_an_unknown_entity_is_kept,
        a_bad_item_is_an_error_and_the_record_keeps_it,
        an_item_replaced_by_another_entity_is_removed_and_inserted,
        an_expired_item_differs_from_a_deleted_one,
        a_recorded_event_has_all_its_parts,
        a_damaged_record_is_an_error,
    ]
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
enum Base {
    Wide(Box<Wide>),
    Note(Note),
    #[table(unknown)]
    Unknown(Item),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "NOTE#{id}", sk = "NOTE#{id}")]
struct Note {
    #[entity(key_only)]
    id: String,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    Held { weight: f64, by: Option<String>, rest: Vec<BTreeMap<String, i32>> },
}

/// An entity with a field of each kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "WIDE#{id}", sk = "WIDE")]
struct Wide {
    #[entity(key_only)]
    id: u16,
    text: String,
    number: i64,
    large: i128,
    exact: N<BigDecimal>,
    float: f64,
    flag: bool,
    maybe: Option<u8>,
    bytes: B,
    kinds: Vec<Kind>,
    map: BTreeMap<String, Vec<Option<String>>>,
    #[serde(default, with = "monotable::string_set")]
    texts: BTreeSet<String>,
    #[serde(default, with = "monotable::number_set")]
    numbers: BTreeSet<i64>,
    #[serde(default, with = "monotable::binary_set")]
    binaries: BTreeSet<B>,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

/// A table of the same name whose enum has no variant for unknown items.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json", overlap(Draft, Post))]
enum Strict {
    Draft(Draft),
    Post(Post),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Strict, pk = "TEXT#{id}", sk = "TEXT")]
struct Draft {
    id: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Strict, pk = "TEXT#{id}", sk = "TEXT")]
struct Post {
    id: u8,
}

fn note(text: &str) -> Note {
    Note { id: "n".into(), text: text.into() }
}

fn attributes(item: &Item) -> HashMap<String, AttributeValue> {
    item.clone().into_inner()
}

/// Returns the record as Lambda delivers it, converted from its JSON.
fn from_lambda(kind: &str, keys: &Item, old: Option<&Item>, new: Option<&Item>, identity: &Value) -> Record {
    let image = |item: &Item| serde_json::from_str::<Value>(&map_of(&attributes(item), 0)).unwrap();
    let mut change = json!({ "Keys": image(keys), "SequenceNumber": "111", "SizeBytes": 1 });
    for (name, item) in [("OldImage", old), ("NewImage", new)] {
        if let Some(item) = item {
            change[name] = image(item);
        }
    }
    let record = json!({ "eventID": "1", "eventName": kind, "awsRegion": "eu-central-1", "dynamodb": change,
        "userIdentity": identity });
    let event: Event = serde_json::from_str(&json!({ "Records": [record] }).to_string()).unwrap();
    event.records.into_iter().next().unwrap().try_into().unwrap()
}

fn stream_value(value: &AttributeValue) -> StreamValue {
    match value.clone() {
        AttributeValue::S(text) => StreamValue::S(text),
        AttributeValue::N(number) => StreamValue::N(number),
        AttributeValue::Bool(value) => StreamValue::Bool(value),
        AttributeValue::Null(value) => StreamValue::Null(value),
        AttributeValue::B(bytes) => StreamValue::B(bytes),
        AttributeValue::Ss(texts) => StreamValue::Ss(texts),
        AttributeValue::Ns(numbers) => StreamValue::Ns(numbers),
        AttributeValue::Bs(binaries) => StreamValue::Bs(binaries),
        AttributeValue::L(values) => StreamValue::L(values.iter().map(stream_value).collect()),
        AttributeValue::M(entries) => StreamValue::M(stream_map(&entries)),
        other => panic!("{other:?}"),
    }
}

fn stream_map(entries: &HashMap<String, AttributeValue>) -> HashMap<String, StreamValue> {
    entries.iter().map(|(name, value)| (name.clone(), stream_value(value))).collect()
}

/// Returns the record as the SDK's client for streams delivers it.
fn from_sdk(kind: &str, keys: &Item, old: Option<&Item>, new: Option<&Item>) -> Record {
    let image = |item: &Item| stream_map(item.as_ref());
    let change = StreamRecord::builder()
        .set_keys(Some(image(keys)))
        .set_old_image(old.map(image))
        .set_new_image(new.map(image))
        .sequence_number("111")
        .build();
    let record = SdkRecord::builder().event_name(kind.into()).event_id("1").dynamodb(change).build();
    record.try_into().unwrap()
}

/// Returns the same record from both sources.
fn both(kind: &str, keys: &Item, old: Option<&Item>, new: Option<&Item>) -> [Record; 2] {
    let both = [from_lambda(kind, keys, old, new, &Value::Null), from_sdk(kind, keys, old, new)];
    assert_eq!(both[0], both[1]);
    both
}

fn keys(pk: &str, sk: &str) -> Item {
    [("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))].into_iter().collect()
}

fn items_in_records_equal_items_that_are_read() -> Result<(), Failed> {
    let label = prop_oneof![Just(None), Just(Some("Note")), Just(Some("Wide")), Just(Some("Other"))];
    holds((item(), item(), label), |(old, new, label)| {
        let labelled = |attributes: HashMap<String, AttributeValue>| {
            let mut item = Item::from(attributes);
            for (name, value) in [("pk", "NOTE#n"), ("sk", "NOTE#n")] {
                item.insert(name.into(), s(value));
            }
            if let Some(label) = label {
                item.insert("entity_type".into(), s(label));
            }
            item
        };
        let (old, new) = (labelled(old), labelled(new));
        let read = |item: &Item| Base::from_item(item.clone()).map_err(|error| error.to_string());
        let expected = read(&old).and_then(|old| Ok(Change::Modified { old: Some(old), new: read(&new)? }));
        for record in both("MODIFY", &keys("NOTE#n", "NOTE#n"), Some(&old), Some(&new)) {
            prop_assert_eq!((record.old_item(), record.new_item()), (Some(&old), Some(&new)));
            prop_assert_eq!(record.change::<Base>().map_err(|error| error.to_string()), expected.clone());
        }
        Ok(())
    })
}

fn wides() -> impl Strategy<Value = Wide> {
    let kind = prop_oneof![
        Just(Kind::Plain),
        (
            any::<i32>().prop_map(|number| f64::from(number) / 8.0),
            any::<Option<String>>(),
            prop::collection::vec(prop::collection::btree_map(text(), any::<i32>(), 0..3), 0..3)
        )
            .prop_map(|(weight, by, rest)| Kind::Held { weight, by, rest }),
    ];
    let scalars = (any::<u16>(), text(), any::<i64>(), any::<i64>(), "-?[1-9][0-9]{37}", any::<i32>(), any::<bool>());
    let others = (any::<Option<u8>>(), bytes(), prop::collection::vec(kind, 0..4));
    let map = prop::collection::btree_map(text(), prop::collection::vec(any::<Option<String>>(), 0..3), 0..4);
    let sets = (
        prop::collection::btree_set(text(), 0..4),
        prop::collection::btree_set(any::<i64>(), 0..4),
        prop::collection::btree_set(bytes().prop_map(|bytes| B(bytes.into_inner())), 0..4),
    );
    let rest =
        prop::collection::hash_map("rest_[a-z]{1,3}", any::<Option<i32>>().prop_map(|value| json!([value])), 0..3);
    (scalars, others, map, sets, rest).prop_map(|(scalars, others, map, sets, rest)| Wide {
        id: scalars.0,
        text: scalars.1,
        number: scalars.2,
        large: i128::from(scalars.3) * 1_000_000_007,
        exact: N(scalars.4.parse().unwrap()),
        float: f64::from(scalars.5) / 16.0,
        flag: scalars.6,
        maybe: others.0,
        bytes: B(others.1.into_inner()),
        kinds: others.2,
        map,
        texts: sets.0,
        numbers: sets.1,
        binaries: sets.2,
        rest,
    })
}

fn entities_in_records_equal_entities_that_are_read() -> Result<(), Failed> {
    holds((wides(), wides()), |(old, new)| {
        let new = Wide { id: old.id, ..new };
        let items = [&old, &new].map(|wide| wide.to_item().unwrap());
        for (wide, item) in [(&old, &items[0]), (&new, &items[1])] {
            prop_assert_eq!(&Wide::from_item(item.clone()).unwrap(), wide);
        }
        let keys = keys(&format!("WIDE#{}", old.id), "WIDE");
        for record in both("MODIFY", &keys, Some(&items[0]), Some(&items[1])) {
            let change = record.change_of::<Wide>().unwrap();
            prop_assert_eq!(change, Some(Change::Modified { old: Some(old.clone()), new: new.clone() }));
            prop_assert_eq!(record.change_of::<Note>().unwrap(), None);
            prop_assert_eq!(record.key::<Base>().unwrap(), Wide::key(old.id).unwrap());
        }
        Ok(())
    })
}

fn each_view_type_gives_the_items_that_it_contains() -> Result<(), Failed> {
    use Change::{Incomplete, Inserted, Modified, Removed};
    let (keys, old, new) = (keys("NOTE#n", "NOTE#n"), note("old"), note("new"));
    let (old_item, new_item) = (old.to_item()?, new.to_item()?);
    let incomplete = |kind| Incomplete { kind, old: None };
    let cases = [
        ("INSERT", false, true, Inserted { new: new.clone() }),
        ("INSERT", false, false, incomplete(ChangeKind::Insert)),
        ("MODIFY", true, true, Modified { old: Some(old.clone()), new: new.clone() }),
        ("MODIFY", false, true, Modified { old: None, new }),
        ("MODIFY", true, false, Incomplete { kind: ChangeKind::Modify, old: Some(old.clone()) }),
        ("MODIFY", false, false, incomplete(ChangeKind::Modify)),
        ("REMOVE", true, false, Removed { old }),
        ("REMOVE", false, false, incomplete(ChangeKind::Remove)),
    ];
    for (event, has_old, has_new, expected) in cases {
        for record in both(event, &keys, has_old.then_some(&old_item), has_new.then_some(&new_item)) {
            assert_eq!(record.change_of::<Note>()?, Some(expected.clone()), "{event} {has_old} {has_new}");
            assert_eq!(record.change_of::<Wide>()?, None, "{event} {has_old} {has_new}");
            let of_table = match expected.clone() {
                Inserted { new } => Inserted { new: Base::Note(new) },
                Modified { old, new } => Modified { old: old.map(Base::Note), new: Base::Note(new) },
                Removed { old } => Removed { old: Base::Note(old) },
                Incomplete { kind, old } => Incomplete { kind, old: old.map(Base::Note) },
                other => panic!("{other:?}"),
            };
            assert_eq!(record.change::<Base>()?, of_table, "{event} {has_old} {has_new}");
        }
    }
    Ok(())
}

fn a_record_without_items_is_identified_by_its_key() -> Result<(), Failed> {
    let [record, _] = both("REMOVE", &keys("NOTE#x", "NOTE#x"), None, None);
    let key = record.key::<Base>()?;
    assert_eq!((key.entity(), &key), ("Note", &Note::key("x")?));
    let [unknown, _] = both("REMOVE", &keys("OTHER#x", "OTHER#x"), None, None);
    assert_eq!((unknown.change_of::<Note>()?, unknown.key::<Base>()?.entity()), (None, "Base"));
    // Two entities have this key.
    let [unclear, _] = both("REMOVE", &keys("TEXT#1", "TEXT"), None, None);
    let error = unclear.change_of::<Post>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownEntity);
    assert!(error.to_string().contains("both `Draft` and `Post`"), "{error}");
    Ok(())
}

fn other() -> Item {
    let mut item = keys("OTHER#x", "OTHER#x");
    item.insert("entity_type".into(), s("Other"));
    item.insert("count".into(), n(7));
    item
}

fn an_item_of_an_unknown_entity_is_kept() -> Result<(), Failed> {
    for record in both("INSERT", &keys("OTHER#x", "OTHER#x"), None, Some(&other())) {
        assert_eq!(record.change::<Base>()?, Change::Inserted { new: Base::Unknown(other()) });
        assert_eq!(record.change_of::<Note>()?, None);
        // Without a variant for unknown items, it is an error, and the record still has the item.
        let error = record.change::<Strict>().unwrap_err();
        assert_eq!((error.kind(), error.entity_name()), (ErrorKind::UnknownEntity, Some("Other")));
        assert_eq!((record.new_item(), record.keys()), (Some(&other()), &keys("OTHER#x", "OTHER#x")));
    }
    Ok(())
}

fn a_bad_item_is_an_error_and_the_record_keeps_it() -> Result<(), Failed> {
    let mut bad = note("n").to_item()?;
    bad.insert("text".into(), n(1));
    for record in both("INSERT", &keys("NOTE#n", "NOTE#n"), None, Some(&bad)) {
        for error in [record.change::<Base>().unwrap_err(), record.change_of::<Note>().unwrap_err()] {
            assert!(error.is_bad_item());
            assert_eq!(error.to_string(), "decode Note NOTE#n: attribute `text`: expected S, found N");
        }
        assert_eq!(record.change_of::<Wide>()?, None);
        assert_eq!(record.new_item(), Some(&bad));
    }
    Ok(())
}

fn an_item_replaced_by_another_entity_is_removed_and_inserted() -> Result<(), Failed> {
    let (old, new) = (Draft { id: 1 }.to_item()?, Post { id: 1 }.to_item()?);
    for record in both("MODIFY", &keys("TEXT#1", "TEXT"), Some(&old), Some(&new)) {
        let both = Change::Modified { old: Some(Strict::Draft(Draft { id: 1 })), new: Strict::Post(Post { id: 1 }) };
        assert_eq!(record.change::<Strict>()?, both);
        assert_eq!(record.change_of::<Draft>()?, Some(Change::Removed { old: Draft { id: 1 } }));
        assert_eq!(record.change_of::<Post>()?, Some(Change::Inserted { new: Post { id: 1 } }));
    }
    Ok(())
}

fn an_expired_item_differs_from_a_deleted_one() -> Result<(), Failed> {
    let (keys, old) = (keys("NOTE#n", "NOTE#n"), note("old").to_item()?);
    let identities = [
        (Value::Null, false),
        (json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" }), true),
        (json!({ "type": "Service", "principalId": "replication.dynamodb.amazonaws.com" }), false),
    ];
    for (identity, is_expiry) in identities {
        assert_eq!(from_lambda("REMOVE", &keys, Some(&old), None, &identity).is_expiry(), is_expiry);
    }
    let identity = Identity::builder().r#type("Service").principal_id("dynamodb.amazonaws.com").build();
    let record = SdkRecord::builder().event_name(OperationType::Remove).dynamodb(StreamRecord::builder().build());
    assert!(Record::try_from(record.clone().user_identity(identity).build())?.is_expiry());
    assert!(!Record::try_from(record.build())?.is_expiry());
    Ok(())
}

/// An event as the documentation of Lambda shows it:
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-example.html>
const RECORDED: &str = r#"{ "Records": [{
    "eventID": "c4ca4238a0b923820dcc509a6f75849b",
    "eventName": "INSERT",
    "eventVersion": "1.1",
    "eventSource": "aws:dynamodb",
    "awsRegion": "us-east-1",
    "dynamodb": {
        "ApproximateCreationDateTime": 1764262800.0,
        "Keys": { "pk": { "S": "NOTE#n" }, "sk": { "S": "NOTE#n" } },
        "NewImage": {
            "pk": { "S": "NOTE#n" }, "sk": { "S": "NOTE#n" }, "entity_type": { "S": "Note" }, "text": { "S": "New item!" }
        },
        "SequenceNumber": "4421584500000000017450439091",
        "SizeBytes": 26,
        "StreamViewType": "NEW_AND_OLD_IMAGES"
    },
    "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/shop/stream/2026-11-27T17:00:00.000"
}] }"#;

fn a_recorded_event_has_all_its_parts() -> Result<(), Failed> {
    let event: Event = serde_json::from_str(RECORDED).unwrap();
    let record = Record::try_from(event.records[0].clone())?;
    assert_eq!(record.change::<Base>()?, Change::Inserted { new: Base::Note(note("New item!")) });
    assert_eq!(record.sequence_number(), Some("4421584500000000017450439091"));
    assert_eq!(record.event_id(), Some("c4ca4238a0b923820dcc509a6f75849b"));
    assert_eq!(record.created_at().unwrap().timestamp(), 1_764_262_800);
    assert!(!format!("{record:?}").contains("New item!"), "{record:?}");
    Ok(())
}

fn a_damaged_record_is_an_error() -> Result<(), Failed> {
    let mut event: Event = serde_json::from_str(RECORDED).unwrap();
    event.records[0].event_name = "RENAME".into();
    let error = Record::try_from(event.records.remove(0)).unwrap_err();
    assert_eq!(error.to_string(), "decode: `RENAME` is not one of the events INSERT, MODIFY and REMOVE");
    for record in [SdkRecord::builder().build(), SdkRecord::builder().event_name(OperationType::Insert).build()] {
        assert!(Record::try_from(record).unwrap_err().is_bad_item());
    }
    let record = Record::new(ChangeKind::Remove, Item::new(), None, None);
    let error = record.key::<Base>().unwrap_err();
    assert_eq!(error.attribute_name(), Some("pk"));
    Ok(())
}
