//! Edge cases: the limits of DynamoDB, unknown types, and operations inside other operations.

use std::collections::HashMap;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use libtest_mimic::{Failed, Trial};
use monotable::aws::config::{RuntimeComponents, SharedHttpClient};
use monotable::aws::types::AttributeValue;
use monotable::op::BatchEntry;
use monotable::{Connection, Entity, ErrorKind, Item, Table};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use crate::support::answers::{Answers, run};
use crate::support::case::{Env, cases};

cases![numeric_keys_are_compared_as_numbers];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "it::whole::edges::too_deep_and_too_large_entries_of_a_batch_are_rejected",
            too_deep_and_too_large_entries_of_a_batch_are_rejected,
        ),
        Trial::test(
            "it::whole::edges::a_reserved_attribute_name_is_rejected_in_an_item_and_in_a_batch",
            a_reserved_attribute_name_is_rejected_in_an_item_and_in_a_batch,
        ),
        Trial::test(
            "it::whole::edges::a_value_of_an_unknown_type_is_read_as_unknown_and_not_written",
            a_value_of_an_unknown_type_is_read_as_unknown_and_not_written,
        ),
        Trial::test(
            "it::whole::edges::an_unprocessed_entry_of_an_unknown_kind_is_an_error",
            an_unprocessed_entry_of_an_unknown_kind_is_an_error,
        ),
        Trial::test(
            "it::whole::edges::binary_keys_are_compared_by_their_bytes",
            binary_keys_are_compared_by_their_bytes,
        ),
        Trial::test(
            "it::whole::edges::operations_can_run_inside_the_http_client_of_another_operation",
            operations_can_run_inside_the_http_client_of_another_operation,
        ),
    ]
}

#[derive(Debug, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Unusual", "localDev": { "port": 8000, "tableName": "edges" },
    "tableConfig": { "partitionKey": "pk", "sortKey": { "name": "sk", "type": "N" } }
}"#)]
enum Base {
    Tree(Tree),
    Sly(Sly),
    #[table(unknown)]
    Unknown(Item),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "TREE#{id}", sk = "{at}")]
struct Tree {
    id: u8,
    at: String,
    branch: Option<Branch>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Branch(Vec<Branch>);

impl Tree {
    fn new(id: u8, at: &str) -> Self {
        Self { id, at: at.to_owned(), branch: None }
    }

    /// Builds a tree with so many nested lists.
    fn deep(id: u8, lists: usize) -> Self {
        let branch = (1..lists).fold(Branch(vec![]), |inner, _| Branch(vec![inner]));
        Self { branch: Some(branch), ..Self::new(id, "0") }
    }
}

/// An entity whose `Serialize` implementation writes the reserved attribute `entity_type`.
#[derive(Debug, Clone, PartialEq, Deserialize, Entity)]
#[entity(table = Base, pk = "SLY#{id}", sk = "{id}")]
struct Sly {
    id: u8,
}

impl Serialize for Sly {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Sly", 2)?;
        fields.serialize_field("id", &self.id)?;
        fields.serialize_field("entity_type", "Tree")?;
        fields.end()
    }
}

/// DynamoDB accepts 32 levels of nesting, and requests of 16 MB.
fn too_deep_and_too_large_entries_of_a_batch_are_rejected() -> Result<(), Failed> {
    for is_direct in [true, false] {
        let answers =
            Answers::of([(400, r#"{"__type":"x#ValidationException","message":"Nesting Levels"}"#.to_owned())]);
        let table = answers.table(1).direct_decoding(is_direct);
        let (whole, deepest) = (Tree::new(1, "0"), Tree::deep(2, 61));
        let error = run(Base::batch_write().put(&whole).put(&deepest).on(&table).send()).unwrap_err();
        let entries = [&whole, &deepest].map(|tree| BatchEntry::Put(tree.to_item().unwrap()));
        assert_eq!(error.unwritten(), entries, "DynamoDB must reject the entry, not monotable");

        answers.requests.lock().unwrap().clear();
        let large = Tree { branch: Some(Branch(vec![Branch(vec![]); 2_000_000])), ..Tree::new(3, "0") };
        let error = run(Base::batch_write().put(&whole).put(&large).on(&table).send()).unwrap_err();
        assert!(error.kind() == ErrorKind::Encode && error.to_string().contains("at most 16 MB"), "{error}");
        let deeper = Tree::deep(2, 62);
        let [of_entity, of_item] = [
            Base::batch_write().put(&whole).put(&deeper),
            Base::batch_write().put(&whole).entries([BatchEntry::Put(deeper.to_item().unwrap())]),
        ];
        for batch in [of_entity, of_item] {
            let error = run(batch.on(&table).send()).unwrap_err();
            assert!(error.kind() == ErrorKind::Encode && error.to_string().contains("accepts at most 32"), "{error}");
            assert_eq!(error.item_key(), Some("TREE#2 / 0"), "{error}");
        }
        assert!(answers.requests.lock().unwrap().is_empty(), "a rejected batch must not be sent");
    }
    Ok(())
}

fn a_reserved_attribute_name_is_rejected_in_an_item_and_in_a_batch() -> Result<(), Failed> {
    let sly = Sly { id: 1 };
    let answers = Answers::of([(200, "{}".to_owned())]);
    let alone = sly.to_item().unwrap_err();
    let batched = run(Base::batch_write().put(&sly).on(&answers.table(1)).send()).unwrap_err();
    for error in [alone, batched] {
        assert_eq!((error.kind(), error.attribute_name()), (ErrorKind::Encode, Some("entity_type")), "{error}");
    }
    assert!(answers.requests.lock().unwrap().is_empty());
    Ok(())
}

/// A value of an unknown type cannot be serialized, so writing it back must not replace the stored value.
fn a_value_of_an_unknown_type_is_read_as_unknown_and_not_written() -> Result<(), Failed> {
    let answer = r#"{"Count":1,"Items":[{"pk":{"S":"a"},"sk":{"N":"1"},"v":{"X":"1"}}]}"#;
    for is_direct in [true, false] {
        let answers = Answers::of([(200, answer.to_owned())]);
        let table = answers.table(1).direct_decoding(is_direct);
        let mut read = run(Base::scan().on(&table).all()).unwrap();
        let Some(Base::Unknown(item)) = read.pop() else { panic!("{read:?}") };
        assert!(item.as_ref()["v"].is_unknown(), "{item:?}");
        answers.requests.lock().unwrap().clear();
        let error = run(Base::batch_write().entries([BatchEntry::Put(item)]).on(&table).send()).unwrap_err();
        assert!(error.to_string().contains("a type unknown to this version of the SDK"), "{error}");
        assert_eq!(error.item_key(), Some("a / 1"));
        assert!(answers.requests.lock().unwrap().is_empty());
    }
    Ok(())
}

/// A future version of DynamoDB may return a kind of write that this version of the SDK does not know. The SDK represents it as
/// an entry without a put or a delete.
fn an_unprocessed_entry_of_an_unknown_kind_is_an_error() -> Result<(), Failed> {
    let tree = Tree::new(1, "0");
    let lefts = [
        "{}",
        r#"{"PutRequest":null}"#,
        r#"{"UpdateRequest":{"Key":{}}}"#,
        r#"{"PutRequest":{"Item":{"v":{"X":"1"}}}}"#,
    ];
    for (left, is_direct) in lefts.into_iter().flat_map(|left| [(left, true), (left, false)]) {
        let answers = Answers::of([(200, format!(r#"{{"UnprocessedItems":{{"canned":[{left}]}}}}"#))]);
        let table = answers.table(1).direct_decoding(is_direct);
        let error = run(Base::batch_write().put(&tree).on(&table).send()).unwrap_err();
        assert!(error.kind() == ErrorKind::Encode && error.is_outcome_unknown(), "{left}: {error}");
        assert_eq!(error.unwritten(), [BatchEntry::Put(tree.to_item().unwrap())]);
    }
    Ok(())
}

#[derive(Debug, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Edges", "localDev": { "port": 8000, "tableName": "edges-bytes" },
    "tableConfig": { "partitionKey": { "name": "id", "type": "B" } }
}"#)]
enum Bytes {
    Text(Text),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Bytes, pk = "{text}")]
struct Text {
    text: String,
}

/// The bytes need not be valid UTF-8.
fn binary_keys_are_compared_by_their_bytes() -> Result<(), Failed> {
    let entry = |bytes: &[u8]| {
        let id = AttributeValue::B(monotable::aws::primitives::Blob::new(bytes));
        BatchEntry::Put(HashMap::from([("id".to_owned(), id)]).into())
    };
    let answers = Answers::of([(200, "{}".to_owned())]);
    let table = answers.table(1);
    run(Bytes::batch_write().entries([&[0xff][..], &[0xfe], b"a", b""].map(entry)).on(&table).send()).unwrap();
    let error = run(Bytes::batch_write().entries([&[0xff][..]; 2].map(entry)).on(&table).send()).unwrap_err();
    assert!(error.to_string().contains("the batch contains this key twice"), "{error}");
    Ok(())
}

/// An HTTP client that runs operations on another table during each request. A credentials provider could do the same.
#[derive(Debug, Clone)]
struct Audited {
    answers: Answers,
    log: Connection,
}

impl HttpClient for Audited {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Audited {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (log, answer) = (self.log.clone(), self.answers.call(request));
        HttpConnectorFuture::new(async move {
            let entry = Tree::new(9, "1");
            entry.put().on(&log).await.unwrap();
            Base::batch_write().put(&entry).on(&log).await.unwrap();
            assert_eq!(Tree::get((9, "1")).on(&log).await.unwrap(), None);
            assert_eq!(Tree::query(9).on(&log.clone().direct_decoding(false)).all().await.unwrap(), []);
            answer.await
        })
    }
}

fn operations_can_run_inside_the_http_client_of_another_operation() -> Result<(), Failed> {
    let tree = Tree::new(1, "0");
    let answer = r#"{"Count":1,"Items":[{"pk":{"S":"TREE#1"},"sk":{"N":"0"},"entity_type":{"S":"Tree"},"id":{"N":"1"},"at":{"S":"0"}}]}"#;
    for (batch, answer) in [(false, answer), (true, "{}")] {
        let answers = Answers::of([(200, answer.to_owned())]);
        let log = Answers::of([(200, "{}".to_owned())]);
        let audited = Audited { answers: answers.clone(), log: log.table(1) };
        let client = answers.table(1).client().config().to_builder().http_client(SharedHttpClient::new(audited));
        let table = Connection::new(monotable::aws::Client::from_conf(client.build()), "canned");
        match batch {
            false => assert_eq!(run(Tree::query(1).on(&table).all()).unwrap(), std::slice::from_ref(&tree)),
            true => run(Base::batch_write().put(&tree).on(&table).send()).unwrap(),
        }
        let sent = answers.requests.lock().unwrap().len();
        assert_eq!((sent, log.requests.lock().unwrap().len()), (1, 4));
    }
    Ok(())
}

async fn numeric_keys_are_compared_as_numbers(env: Env) {
    let table = env.table::<Base>().await;
    let trees = ["1.50", "007", "-2e1", "0.0"].map(|at| Tree::new(1, at));
    Base::batch_write().put_all(&trees).on(&table).await.unwrap();
    let keys = || trees.iter().map(|tree| Tree::key((tree.id, &tree.at)));
    let found = Base::batch_get(keys()).on(&table).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|base| base.unwrap().as_tree().unwrap().clone()).collect();
    assert_eq!(found, trees);
    // Different texts of one number are the same key. DynamoDB rejects a request that contains a key twice.
    let others = ["1.5", "1.50", "15e-1"].map(|at| Tree::key((1, at)));
    let found = Base::batch_get(others).on(&table).await.unwrap();
    assert_eq!(found, [0; 3].map(|_| Some(Base::Tree(trees[0].clone()))));
    let twice = ["1.5", "1.50"].map(|at| Tree::new(1, at));
    let error = Base::batch_write().put_all(&twice).on(&table).await.unwrap_err();
    assert!(
        error.to_string().contains("the batch contains this key twice") && error.item_key() == Some("TREE#1 / 1.50"),
        "{error}"
    );
    let deleted = Tree::key((1, "7"));
    Base::batch_write().delete(deleted).on(&table).await.unwrap();
    assert_eq!(Tree::query(1).on(&table).count().await.unwrap(), 3);
}
