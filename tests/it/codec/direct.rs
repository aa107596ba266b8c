//! Direct decoding: items are deserialized straight from response bodies and serialized straight into request bodies. The results
//! must equal those of the SDK.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::SharedResponseDeserializer;
use libtest_mimic::{Failed, Trial};
use monotable::aws::Client;
use monotable::aws::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use monotable::aws::config::{ConfigBag, Intercept, RuntimeComponents};
use monotable::aws::error::BoxError;
use monotable::aws::operation::batch_get_item::BatchGetItemOutput;
use monotable::aws::operation::get_item::GetItemOutput;
use monotable::aws::operation::query::{Query, QueryOutput};
use monotable::aws::operation::scan::ScanOutput;
use monotable::aws::types::AttributeValue;
use monotable::op::BatchEntry;
use monotable::{B, Capacity, Connection, Entity, Item, Meter, Table};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::answers::{Answers, item, map_of, run, value};
use crate::support::between::{Between, Fate};
use crate::support::case::{Env, cases, holds, n, put_raw, s};

cases![
    items_are_deserialized_from_the_response_body,
    items_deserialized_by_the_sdk_are_the_same,
    direct_decoding_can_be_turned_off,
    unwritten_entries_of_a_failed_batch_are_returned,
];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "it::codec::direct::direct_decoding_of_items_equals_the_sdk",
            direct_decoding_of_items_equals_the_sdk,
        ),
        Trial::test(
            "it::codec::direct::direct_decoding_of_entities_equals_the_sdk",
            direct_decoding_of_entities_equals_the_sdk,
        ),
        Trial::test(
            "it::codec::direct::responses_are_retried_exactly_when_the_sdk_retries_them",
            responses_are_retried_exactly_when_the_sdk_retries_them,
        ),
        Trial::test("it::codec::direct::other_members_of_a_response_are_kept", other_members_of_a_response_are_kept),
        Trial::test(
            "it::codec::direct::broken_responses_give_the_same_result_as_the_sdk",
            broken_responses_give_the_same_result_as_the_sdk,
        ),
    ]
}

#[derive(Debug, PartialEq, Table)]
#[table(config = "config.json")]
enum Base {
    Note(Note),
    Wide(Box<Wide>),
    #[table(unknown)]
    Unknown(Item),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "USER#{user}", sk = "NOTE#{n:04}", gsi1(pk = "NOTES", sk = "{text}"))]
struct Note {
    #[entity(key_only)]
    user: String,
    n: u32,
    text: String,
}

fn note(n: u32) -> Note {
    Note { user: "u".to_owned(), n, text: format!("a \"note\"\n\u{1F600} \\ {n}") }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Kind {
    Plain,
    Held { weight: f64, by: Option<String> },
}

/// An entity with a field of each kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "WIDE#{id}", sk = "WIDE")]
struct Wide {
    #[entity(key_only)]
    id: u16,
    text: String,
    letter: char,
    number: i64,
    large: u128,
    float: f64,
    flag: bool,
    maybe: Option<u8>,
    bytes: B,
    unit: (),
    pair: (String, u8),
    list: Vec<Kind>,
    map: BTreeMap<String, i32>,
    #[serde(default, with = "monotable::string_set")]
    texts: BTreeSet<String>,
    #[serde(default, with = "monotable::number_set")]
    numbers: BTreeSet<i64>,
    #[serde(default, with = "monotable::binary_set")]
    binaries: BTreeSet<B>,
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

/// Records how many items the SDK deserialized in each response to a read.
#[derive(Debug, Clone, Default)]
struct SdkItems(Arc<Mutex<Vec<usize>>>);

impl Intercept for SdkItems {
    fn name(&self) -> &'static str {
        "SdkItems"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else { return Ok(()) };
        let items = if let Some(query) = output.downcast_ref::<QueryOutput>() {
            query.items().len()
        } else if let Some(scan) = output.downcast_ref::<ScanOutput>() {
            scan.items().len()
        } else if let Some(get) = output.downcast_ref::<GetItemOutput>() {
            usize::from(get.item().is_some())
        } else if let Some(batch) = output.downcast_ref::<BatchGetItemOutput>() {
            batch.responses().into_iter().flat_map(|tables| tables.values()).map(Vec::len).sum()
        } else {
            return Ok(());
        };
        self.0.lock().unwrap().push(items);
        Ok(())
    }
}

/// Restores the SDK's own response deserializers, so that monotable cannot replace them.
#[derive(Debug)]
struct SdkAlone;

impl Intercept for SdkAlone {
    fn name(&self) -> &'static str {
        "SdkAlone"
    }

    fn read_before_deserialization(
        &self,
        _: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        use monotable::aws::operation::{batch_get_item::BatchGetItem, get_item::GetItem, scan::Scan};
        let layer = match config.load::<Metadata>().map(|metadata| metadata.name()) {
            Some("Query") => Query::new().config(),
            Some("Scan") => Scan::new().config(),
            Some("GetItem") => GetItem::new().config(),
            Some("BatchGetItem") => BatchGetItem::new().config(),
            _ => return Ok(()),
        };
        // The deserializer is borrowed from the operation's configuration layer, which therefore has to be static.
        let layer: &'static _ = Box::leak(Box::new(layer.unwrap()));
        /// Delegates to the SDK's deserializer.
        #[derive(Debug)]
        struct Sdk(&'static SharedResponseDeserializer);
        impl aws_smithy_runtime_api::client::ser_de::DeserializeResponse for Sdk {
            fn deserialize_nonstreaming_with_config(
                &self,
                response: &HttpResponse,
                config: &ConfigBag,
            ) -> aws_smithy_runtime_api::client::interceptors::context::OutputOrError {
                self.0.deserialize_nonstreaming_with_config(response, config)
            }
        }
        let sdk = Sdk(layer.load::<SharedResponseDeserializer>().unwrap());
        config.interceptor_state().store_put(SharedResponseDeserializer::new(sdk));
        Ok(())
    }
}

fn with(table: &Connection, interceptor: impl Intercept + 'static) -> Connection {
    let config = table.client().config().to_builder().interceptor(interceptor);
    Connection::new(Client::from_conf(config.build()), table.table_name())
}

async fn fill(table: &Connection) {
    let notes: Vec<Note> = (0..40).map(note).collect();
    Base::batch_write().put_all(&notes).on(table).await.unwrap();
    put_raw(table, &[("pk", s("USER#u")), ("sk", s("OTHER")), ("entity_type", s("Other")), ("n", n(1))]).await;
}

/// Returns the results of every kind of read.
async fn read_all(table: &Connection) -> (Vec<Note>, Vec<Note>, Vec<Base>, Option<Note>, Vec<Option<Base>>, usize) {
    let query = Note::query("u").descending().on(table).all().await.unwrap();
    let mut paged = Vec::new();
    let mut cursor = None;
    loop {
        let page = Note::gsi1().query(()).limit(7).page_size(3).start_at(cursor).on(table).page().await.unwrap();
        paged.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let mut scan = Base::scan().on(table).page_size(9).all().await.unwrap();
    scan.sort_by_key(|base| base.as_note().map(|note| note.n));
    let get = Note::get(("u", 3)).on(table).await.unwrap();
    let keys = [1, 99, 2, 1].map(|n| Note::key(("u", n)));
    let batch = Base::batch_get(keys).on(table).await.unwrap();
    let below = Note::query("u").lt(10).on(table).count().await.unwrap();
    (query, paged, scan, get, batch, below)
}

async fn items_are_deserialized_from_the_response_body(env: Env) {
    let table = env.table::<Base>().await;
    fill(&table).await;
    let seen = SdkItems::default();
    let (query, paged, scan, get, batch, below) = read_all(&with(&table, seen.clone())).await;
    assert_eq!(query, (0..40).rev().map(note).collect::<Vec<_>>());
    assert_eq!(paged.iter().map(|note| note.n).collect::<BTreeSet<_>>(), (0..40).collect());
    assert_eq!((scan.len(), get), (41, Some(note(3))));
    let batch: Vec<_> = batch.iter().map(|base| base.as_ref().and_then(Base::as_note).map(|note| note.n)).collect();
    assert_eq!((batch, below), (vec![Some(1), None, Some(2), Some(1)], 10));
    // If this fails, the SDK deserializes the items too: reads are correct but slow.
    let seen = seen.0.lock().unwrap().clone();
    assert!(seen.len() > 5 && seen.iter().all(|items| *items == 0), "the SDK must not deserialize items: {seen:?}");
}

async fn items_deserialized_by_the_sdk_are_the_same(env: Env) {
    let table = env.table::<Base>().await;
    fill(&table).await;
    let seen = SdkItems::default();
    let alone = with(&with(&table, SdkAlone), seen.clone());
    assert_eq!(read_all(&alone).await, read_all(&table).await);
    let seen = seen.0.lock().unwrap().clone();
    assert!(seen.contains(&40), "the SDK must deserialize the items: {seen:?}");
}

async fn direct_decoding_can_be_turned_off(env: Env) {
    let table = env.table::<Base>().await;
    fill(&table).await;
    let seen = SdkItems::default();
    let off = with(&table, seen.clone()).direct_decoding(false);
    assert_eq!(read_all(&off).await, read_all(&table).await);
    let seen = seen.0.lock().unwrap().clone();
    assert!(seen.contains(&40), "the SDK must deserialize the items: {seen:?}");
}

/// A batch does not keep the entries that it has sent. If the request fails, it serializes them again, with the same result.
async fn unwritten_entries_of_a_failed_batch_are_returned(env: Env) {
    let table = env.table::<Base>().await;
    let between = Between::new(|operation, body| match operation {
        "BatchWriteItem" if body.to_string().contains("NOTE#0030") => Fate::Refused("ValidationException"),
        _ => Fate::Passed,
    });
    let notes: Vec<Note> = (0..60).map(note).collect();
    let through = Connection::new(between.client(table.client()), table.table_name());
    let error = Base::batch_write().put_all(&notes).delete(Note::key(("u", 77))).on(&through).await.unwrap_err();
    let expected: Vec<_> = notes[25..50].iter().map(|note| BatchEntry::Put(note.to_item().unwrap())).collect();
    assert_eq!(error.unwritten(), expected);
    Base::batch_write().entries(error.unwritten().to_vec()).on(&table).await.unwrap();
    assert_eq!(Note::query("u").on(&table).all().await.unwrap(), notes);
}

/// Returns the result of a query that receives this response, with direct decoding and with the SDK.
fn both_ways<T: Table>(answer: &str) -> [Result<Vec<T>, String>; 2] {
    [true, false].map(|is_direct| {
        let table = Answers::of([(200, answer.to_owned())]).table(1).direct_decoding(is_direct);
        run(T::query("USER#u").on(&table).all()).map_err(|error| error.to_string())
    })
}

fn direct_decoding_of_items_equals_the_sdk() -> Result<(), Failed> {
    let spaces = prop_oneof![9 => Just(""), 1 => Just(" \n")];
    holds((prop::collection::vec(item(), 0..4), any::<u32>(), spaces), |(items, escape, space)| {
        let texts: Vec<String> = items.iter().map(|item| map_of(item, escape)).collect();
        let answer = format!("{{\"Count\":{},\"Items\":{space}[{}],\"ScannedCount\":9}}", items.len(), texts.join(","));
        let [direct, sdk] = both_ways::<Base>(&answer);
        let items: Vec<Base> = items.into_iter().map(|item| Base::Unknown(item.into())).collect();
        prop_assert_eq!(&direct, &sdk);
        prop_assert_eq!(direct, Ok(items));
        Ok(())
    })
}

fn wide() -> Wide {
    let held = Kind::Held { weight: 1.5, by: Some("a".to_owned()) };
    Wide {
        id: 7,
        text: "text \u{e9}\n".to_owned(),
        letter: 'x',
        number: -1,
        large: u64::MAX.into(),
        float: 0.5,
        flag: true,
        maybe: None,
        bytes: B(vec![0, 1, 255]),
        unit: (),
        pair: ("p".to_owned(), 2),
        list: vec![Kind::Plain, held],
        map: [("a b".to_owned(), 1)].into(),
        texts: ["one".to_owned(), "two".to_owned()].into(),
        numbers: [1, 2].into(),
        binaries: [B(vec![1]), B(vec![2])].into(),
        rest: [("more".to_owned(), "rest".to_owned())].into(),
    }
}

/// Replaces or removes one attribute. Both ways must return the same entity or the same error.
fn direct_decoding_of_entities_equals_the_sdk() -> Result<(), Failed> {
    let names: Vec<String> = wide().to_item().unwrap().keys().cloned().collect();
    let change = (prop::sample::select(names), prop::option::of(value()));
    holds((change, any::<u32>(), any::<bool>()), |((name, value), escape, as_it_is)| {
        let mut item = wide().to_item().unwrap();
        match value {
            _ if as_it_is => {}
            Some(value) => drop(item.insert(name.clone(), value)),
            None => drop(item.remove(&name)),
        }
        let answer = format!("{{\"Count\":1,\"Items\":[{}]}}", map_of(item.as_ref(), escape));
        let [direct, sdk] = both_ways::<Base>(&answer);
        // If a map has two wrong entries, each way may report a different one.
        let is_map = item.get(&name).is_some_and(AttributeValue::is_m);
        if !(is_map && direct.is_err() && sdk.is_err()) {
            prop_assert_eq!(&direct, &sdk);
        }
        if as_it_is {
            prop_assert_eq!(direct, Ok(vec![Base::Wide(Box::new(wide()))]));
        }
        Ok(())
    })
}

fn notes(range: std::ops::Range<u32>) -> String {
    let items = range.map(|n| map_of(note(n).to_item().unwrap().as_ref(), 0));
    format!("{{\"Items\":[{}],\"Count\":1}}", items.collect::<Vec<_>>().join(","))
}

fn error(code: &str) -> String {
    json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "no" }).to_string()
}

fn responses_are_retried_exactly_when_the_sdk_retries_them() -> Result<(), Failed> {
    let cut = |text: String| text[..text.len() - 30].to_owned();
    let rows = [
        ("a 500, then a 200", vec![(500, error("InternalServerError")), (200, notes(0..3))]),
        ("throttled, then a 200", vec![(400, error("ThrottlingException")), (200, notes(0..3))]),
        ("a truncated 200, then a 400", vec![(200, cut(notes(0..3))), (400, error("ResourceNotFoundException"))]),
        ("a truncated 200, then a 200", vec![(200, cut(notes(0..3))), (200, notes(5..6))]),
        ("a 400", vec![(400, error("ValidationException")), (200, notes(0..3))]),
        ("a 503 without JSON, then a 200", vec![(503, "no".to_owned()), (200, notes(0..3))]),
        ("always a 500", vec![(500, error("InternalServerError"))]),
    ];
    for (name, answers) in rows {
        let [direct, sdk] = [true, false].map(|is_direct| {
            let canned = Answers::of(answers.clone());
            let table = canned.table(3).direct_decoding(is_direct);
            let read = run(Note::query("u").on(&table).all());
            let read = read.map_err(|error| (error.kind(), error.to_string()));
            let requests = canned.requests.lock().unwrap().len();
            (read, requests)
        });
        if direct != sdk {
            return Err(format!("{name}: {direct:?}, and through the SDK {sdk:?}").into());
        }
    }
    Ok(())
}

/// The last evaluated key, the counts, the capacity, the unprocessed keys and the request id.
fn other_members_of_a_response_are_kept() -> Result<(), Failed> {
    #[derive(Debug, Clone, Default)]
    struct Ids(Arc<Mutex<Vec<String>>>);
    impl Intercept for Ids {
        fn name(&self) -> &'static str {
            "Ids"
        }
        fn read_after_execution(
            &self,
            context: &FinalizerInterceptorContextRef<'_>,
            _: &RuntimeComponents,
            _: &mut ConfigBag,
        ) -> Result<(), BoxError> {
            use monotable::aws::operation::RequestId;
            let output = context.output_or_error().and_then(|output| output.ok());
            let id = output.and_then(|output| output.downcast_ref::<QueryOutput>()).and_then(RequestId::request_id);
            self.0.lock().unwrap().extend(id.map(str::to_owned));
            Ok(())
        }
    }

    let item = |n| map_of(note(n).to_item().unwrap().as_ref(), 0);
    let first = format!(
        "{{\"ConsumedCapacity\":{{\"TableName\":\"canned\",\"CapacityUnits\":2.5,\"New\":[{{\"x\":\"]}}\"}}]}},\"Count\":1,\
         \"Items\":[{}],\"LastEvaluatedKey\":{{\"pk\":{{\"S\":\"USER#u\"}},\"sk\":{{\"S\":\"NOTE#0000\"}}}},\"ScannedCount\":3}}",
        item(0)
    );
    let last = format!("{{\"Items\":[{}],\"Count\":1,\"ConsumedCapacity\":{{\"CapacityUnits\":0.5}}}}", item(1));
    let (ids, meter) = (Ids::default(), Meter::new());
    let canned = Answers::of([(200, first), (200, last)]);
    let table = with(&canned.table(1), ids.clone()).meter(&meter);
    assert_eq!(run(Note::query("u").on(&table).all()).unwrap(), [note(0), note(1)]);
    assert_eq!(meter.take(), Capacity { read_units: 3.0, requests: 2, ..Capacity::default() });
    assert_eq!(*ids.0.lock().unwrap(), ["request-7", "request-7"]);
    let second: Value = serde_json::from_slice(&canned.requests.lock().unwrap()[1]).unwrap();
    assert_eq!(second["ExclusiveStartKey"]["sk"]["S"], "NOTE#0000");

    let key = "{\"pk\":{\"S\":\"USER#u\"},\"sk\":{\"S\":\"NOTE#0001\"}}";
    let part = format!(
        "{{\"Responses\":{{\"canned\":[{}]}},\"UnprocessedKeys\":{{\"canned\":{{\"Keys\":[{key}]}}}}}}",
        item(0)
    );
    let rest = format!("{{\"Responses\":{{\"canned\":[{}]}},\"UnprocessedKeys\":{{}}}}", item(1));
    let canned = Answers::of([(200, part), (200, rest)]);
    let read = run(Base::batch_get([0, 1].map(|n| Note::key(("u", n)))).on(&canned.table(1)).send()).unwrap();
    assert_eq!(read, [Some(Base::Note(note(0))), Some(Base::Note(note(1)))]);
    let second: Value = serde_json::from_slice(&canned.requests.lock().unwrap()[1]).unwrap();
    let keys: Value = serde_json::from_str(&format!("[{key}]")).unwrap();
    assert_eq!(second["RequestItems"]["canned"]["Keys"], keys);
    Ok(())
}

/// Responses that are truncated, or changed in one byte. Both ways must return the same items or fail.
fn broken_responses_give_the_same_result_as_the_sdk() -> Result<(), Failed> {
    let whole = format!(
        "{{\"Count\":1,\"Items\":[{}],\"LastEvaluatedKey\":null,\"Further\":[1,{{\"a\":\"\\\"\"}}]}}",
        map_of(wide().to_item().unwrap().as_ref(), 0xF0F0)
    );
    let deep = |levels: usize| {
        let (open, close) = ("{\"L\":[".repeat(levels), "]}".repeat(levels));
        format!("{{\"Items\":[{{\"deep\":{open}{close}}}],\"Count\":1}}")
    };
    let many = format!("{{\"Count\":{},\"Items\":[{{\"pk\":{{\"S\":\"a\"}}}}]}}", u64::MAX);
    let item = "{\"pk\":{\"S\":\"a\"}}";
    let named = [
        format!("{{\"Count\":1,\"It\\u0065ms\":[{item}]}}"),
        format!("{{\"Count\":1,\"Items\\u0000\":[{item}]}}"),
        format!("{{\"Items\":[{item}],\"Count\":1,\"Items\":[{item},{item}]}}"),
        "{}".to_owned(),
        "{\"Items\":null}".to_owned(),
        String::new(),
        many,
        format!("{{\"Items\":[{item}],\"Count\":1}}\n"),
        format!("{{\"Items\":[\n{item}],\"Count\":1}}"),
        format!("{{\"Items\":[{item}],\t\"Count\":1}}"),
        "{\"Items\":[{\"pk\":{\"S\":\"a\u{1}\"}}],\"Count\":1}".to_owned(),
        "{\"Items\":[{\"pk\":{\"S\":\"a\nb\"}}],\"Count\":1}".to_owned(),
    ];
    for answer in named.into_iter().chain([31, 60, 61, 62, 63, 64, 80, 300].map(deep)) {
        let [direct, sdk] = both_ways::<Base>(&answer);
        assert_eq!(direct, sdk, "{answer}");
    }
    holds((0..whole.len(), prop::option::of(any::<u8>())), |(place, byte)| {
        let mut answer = whole.clone().into_bytes();
        match byte {
            None => answer.truncate(place),
            Some(byte) => answer[place] = byte,
        }
        let Ok(answer) = String::from_utf8(answer) else { return Ok(()) };
        let [direct, sdk] = both_ways::<Base>(&answer);
        match (&direct, &sdk) {
            // If several attributes are wrong, or two attributes now have the same name, each way may report a different error.
            (Err(_), Err(_)) => {}
            _ => prop_assert_eq!(&direct, &sdk, "{}", answer),
        }
        Ok(())
    })
}
