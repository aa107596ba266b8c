//! The same work with only the SDK, with serde_dynamo, and with modyne.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, PutRequest, WriteRequest};
use futures_util::future::join_all;
use modyne::expr::KeyCondition;
use modyne::keys::{
    FullKey, GlobalSecondaryIndexDefinition, IndexKey, Key, KeyDefinition, PrimaryKey, PrimaryKeyDefinition,
    SecondaryIndexDefinition,
};
use modyne::{Aggregate, EntityExt, EntityTypeNameRef, ProjectionExt, QueryInput, QueryInputExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::entities::{DynamoDocument, Invoice, Message, Order, Point, Shipment, Tagged};

type Item = HashMap<String, AttributeValue>;

const TABLE: &str = "bench";

/// An entity whose keys are built by hand.
pub trait ByHand: Serialize + DeserializeOwned + Clone + Send + 'static {
    /// The beginning of the sort key.
    const PREFIX: &'static str;
    /// The discriminator.
    const LABEL: &'static str;

    /// Adds keys and discriminator to the item.
    fn add_keys(&self, item: &mut Item);
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn key(prefix: &str, user_id: &str, id: &str) -> Item {
    HashMap::from([("pk".to_owned(), s(format!("USER#{user_id}"))), ("sk".to_owned(), s(format!("{prefix}{id}")))])
}

macro_rules! by_hand {
    ($($name:ident $label:literal $prefix:literal $index:tt $attributes:expr;)*) => {$(
        impl ByHand for $name {
            const PREFIX: &'static str = $prefix;
            const LABEL: &'static str = $label;

            fn add_keys(&self, item: &mut Item) {
                item.insert("pk".to_owned(), s(format!("USER#{}", self.user_id)));
                item.insert("sk".to_owned(), s(format!(concat!($prefix, "{}"), self.id)));
                by_hand!(@index $index self item);
                item.insert("entity_type".to_owned(), s($label));
            }
        }

        // The code that modyne's derive would generate. It is written by hand, because that derive reads the same `#[entity(..)]`
        // attributes as ours.
        impl modyne::EntityDef for $name {
            const ENTITY_TYPE: &'static EntityTypeNameRef = EntityTypeNameRef::from_static($label);
            const PROJECTED_ATTRIBUTES: &'static [&'static str] = $attributes;
        }

        impl modyne::Entity for $name {
            type KeyInput<'a> = (&'a str, &'a str);
            type Table = App;
            type IndexKeys = by_hand!(@keys $index);

            fn primary_key((user_id, id): (&str, &str)) -> Primary {
                Primary { pk: format!("USER#{user_id}"), sk: format!(concat!($prefix, "{}"), id) }
            }

            fn full_key(&self) -> FullKey<Primary, Self::IndexKeys> {
                FullKey {
                    primary: Self::primary_key((&self.user_id, &self.id)),
                    indexes: by_hand!(@full $index self),
                }
            }
        }
    )*};
    (@index no $self:ident $item:ident) => {};
    (@index gsi1 $self:ident $item:ident) => {
        $item.insert("gsi1pk".to_owned(), s(format!("STATUS#{}", $self.status)));
        $item.insert("gsi1sk".to_owned(), s(format!("{}#{}", $self.placed_at, $self.id)));
    };
    (@keys no) => { () };
    (@keys gsi1) => { Gsi1 };
    (@full no $self:ident) => { () };
    (@full gsi1 $self:ident) => {
        Gsi1 { gsi1pk: format!("STATUS#{}", $self.status), gsi1sk: format!("{}#{}", $self.placed_at, $self.id) }
    };
}

const ORDER: &[&str] = &["user_id", "id", "status", "placed_at", "total", "paid", "note", "address", "tags"];
const DOCUMENT: &[&str] = &[
    "user_id",
    "id",
    "title",
    "summary",
    "body",
    "author",
    "editor",
    "language",
    "created",
    "changed",
    "published",
    "source",
    "licence",
    "place",
    "words",
    "pages",
    "revision",
    "views",
    "likes",
    "rating",
    "price",
    "weight",
    "draft",
    "locked",
    "shared",
    "indexed",
    "lines",
    "history",
    "labels",
    "address",
    "origin",
    "matrix",
    "tags",
    "readers",
    "years",
    "thumbnail",
    "digest",
];

by_hand! {
    Point "Point" "POINT#" no &["user_id", "id", "x", "y", "on"];
    Order "Order" "ORDER#" gsi1 ORDER;
    DynamoDocument "Document" "DOCUMENT#" no DOCUMENT;
    Invoice "Invoice" "INVOICE#" gsi1 ORDER;
    Shipment "Shipment" "SHIPMENT#" gsi1 ORDER;
    Message "Message" "MESSAGE#" gsi1 ORDER;
}

fn item<E: ByHand>(entity: &E) -> Item {
    let mut item: Item = serde_dynamo::to_item(entity).expect("the entity is encoded");
    entity.add_keys(&mut item);
    item
}

fn partition(client: &Client) -> QueryFluentBuilder {
    client
        .query()
        .table_name(TABLE)
        .key_condition_expression("#0 = :0")
        .expression_attribute_names("#0", "pk")
        .expression_attribute_values(":0", s("USER#u-1"))
}

fn part<E: ByHand>(client: &Client) -> QueryFluentBuilder {
    client
        .query()
        .table_name(TABLE)
        .key_condition_expression("#0 = :0 AND begins_with(#1, :1)")
        .expression_attribute_names("#0", "pk")
        .expression_attribute_values(":0", s("USER#u-1"))
        .expression_attribute_names("#1", "sk")
        .expression_attribute_values(":1", s(E::PREFIX))
}

fn keys<E: ByHand>(count: usize) -> KeysAndAttributes {
    let keys = (0..count).map(|n| key(E::PREFIX, "u-1", &format!("{n:08}"))).collect();
    KeysAndAttributes::builder().set_keys(Some(keys)).build().expect("there are keys")
}

fn writes(items: impl Iterator<Item = Item>) -> Vec<WriteRequest> {
    let put = |item| PutRequest::builder().set_item(Some(item)).build().expect("there is an item");
    items.map(|item| WriteRequest::builder().put_request(put(item)).build()).collect()
}

async fn scanned(client: &Client, segments: usize, mut read: impl FnMut(Vec<Item>) -> usize) -> usize {
    let segment = |segment: usize| async move {
        let (mut pages, mut start) = (Vec::new(), None);
        loop {
            let scan = client.scan().table_name(TABLE).set_exclusive_start_key(start);
            let scan = match segments {
                1 => scan,
                _ => scan.segment(segment as i32).total_segments(segments as i32),
            };
            let answer = scan.send().await.expect("the page is read");
            pages.push(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() {
                return pages;
            }
        }
    };
    let pages = join_all((0..segments).map(segment)).await;
    pages.into_iter().flatten().map(&mut read).sum()
}

/// Uses the SDK's values, without deserializing them.
pub mod sdk {
    use super::*;

    pub async fn get<E: ByHand>(client: Client) -> usize {
        let get = client.get_item().table_name(TABLE).set_key(Some(key(E::PREFIX, "u-1", "00000000")));
        let answer = get.send().await.expect("the item is read");
        usize::from(answer.item.is_some())
    }

    /// Puts a prepared item.
    pub async fn put(client: Client, item: Item) -> usize {
        client.put_item().table_name(TABLE).set_item(Some(item)).send().await.expect("the item is written");
        1
    }

    pub async fn query<E: ByHand>(client: Client) -> usize {
        let answer = part::<E>(&client).send().await.expect("the items are read");
        answer.items.unwrap_or_default().len()
    }

    pub async fn mixed(client: Client) -> usize {
        let answer = partition(&client).send().await.expect("the items are read");
        answer.items.unwrap_or_default().len()
    }

    pub async fn batch_get<E: ByHand>(client: Client, count: usize) -> usize {
        let get = client.batch_get_item().request_items(TABLE, keys::<E>(count));
        let answer = get.send().await.expect("the items are read");
        answer.responses.unwrap_or_default().into_values().flatten().count()
    }

    /// Puts prepared items.
    pub async fn batch_write(client: Client, items: Vec<Item>) -> usize {
        let count = items.len();
        let write = client.batch_write_item().request_items(TABLE, writes(items.into_iter()));
        let answer = write.send().await.expect("the items are written");
        count - answer.unprocessed_items.unwrap_or_default().len()
    }

    pub async fn scan(client: Client, segments: usize) -> usize {
        scanned(&client, segments, |page| page.len()).await
    }
}

/// Converts between the SDK's values and entities with serde_dynamo.
pub mod dynamo {
    use super::*;

    pub async fn get<E: ByHand>(client: Client) -> usize {
        let get = client.get_item().table_name(TABLE).set_key(Some(key(E::PREFIX, "u-1", "00000000")));
        let item = get.send().await.expect("the item is read").item;
        let item = item.filter(|item| {
            item.get("entity_type").and_then(|label| label.as_s().ok()).is_some_and(|label| label == E::LABEL)
        });
        let entity: Option<E> = item.map(|item| serde_dynamo::from_item(item).expect("the item is decoded"));
        usize::from(std::hint::black_box(entity).is_some())
    }

    pub async fn put<E: ByHand>(client: Client, entity: &E) -> usize {
        client.put_item().table_name(TABLE).set_item(Some(item(entity))).send().await.expect("the item is written");
        1
    }

    pub async fn query<E: ByHand>(client: Client) -> usize {
        let answer = part::<E>(&client).send().await.expect("the items are read");
        let entities: Vec<E> = serde_dynamo::from_items(answer.items.unwrap_or_default()).expect("items are decoded");
        std::hint::black_box(entities).len()
    }

    /// Deserializes into an enum that serde tags.
    pub async fn tagged(client: Client) -> usize {
        let answer = partition(&client).send().await.expect("the items are read");
        let all: Vec<Tagged> = serde_dynamo::from_items(answer.items.unwrap_or_default()).expect("items are decoded");
        std::hint::black_box(all).len()
    }

    /// Deserializes into the same enum, with a hand-written dispatch on the discriminator.
    pub async fn dispatched(client: Client) -> usize {
        let answer = partition(&client).send().await.expect("the items are read");
        fn entity<E: ByHand>(item: Item) -> E {
            serde_dynamo::from_item(item).expect("the item is decoded")
        }
        let decode = |item: Item| match item["entity_type"].as_s().map(String::as_str) {
            Ok("Order") => Tagged::Order(entity(item)),
            Ok("Invoice") => Tagged::Invoice(entity(item)),
            Ok("Shipment") => Tagged::Shipment(entity(item)),
            Ok("Message") => Tagged::Message(entity(item)),
            other => panic!("{other:?} is no entity"),
        };
        let all: Vec<Tagged> = answer.items.unwrap_or_default().into_iter().map(decode).collect();
        std::hint::black_box(all).len()
    }

    pub async fn batch_get<E: ByHand>(client: Client, count: usize) -> usize {
        let get = client.batch_get_item().request_items(TABLE, keys::<E>(count));
        let answer = get.send().await.expect("the items are read");
        let items: Vec<Item> = answer.responses.unwrap_or_default().into_values().flatten().collect();
        let entities: Vec<E> = serde_dynamo::from_items(items).expect("the items are decoded");
        std::hint::black_box(entities).len()
    }

    pub async fn batch_write<E: ByHand>(client: Client, entities: &[E]) -> usize {
        let write = client.batch_write_item().request_items(TABLE, writes(entities.iter().map(item)));
        let answer = write.send().await.expect("the items are written");
        entities.len() - answer.unprocessed_items.unwrap_or_default().len()
    }

    pub async fn scan<E: ByHand>(client: Client, segments: usize) -> usize {
        let decode = |page| {
            let entities: Vec<E> = serde_dynamo::from_items(page).expect("the items are decoded");
            std::hint::black_box(entities).len()
        };
        scanned(&client, segments, decode).await
    }
}

/// modyne's table.
#[derive(Debug, Clone)]
pub struct App(Client);

/// The primary key of the table.
#[derive(Debug, Serialize)]
pub struct Primary {
    pk: String,
    sk: String,
}

/// The key of the index.
#[derive(Debug, Serialize)]
pub struct Gsi1 {
    gsi1pk: String,
    gsi1sk: String,
}

impl PrimaryKey for Primary {
    const PRIMARY_KEY_DEFINITION: PrimaryKeyDefinition = PrimaryKeyDefinition { hash_key: "pk", range_key: Some("sk") };
}

impl Key for Primary {
    const DEFINITION: KeyDefinition = <Self as PrimaryKey>::PRIMARY_KEY_DEFINITION.into_key_definition();
}

impl IndexKey for Gsi1 {
    const INDEX_DEFINITION: SecondaryIndexDefinition = GlobalSecondaryIndexDefinition {
        index_name: "gsi1pk-gsi1sk-index",
        hash_key: "gsi1pk",
        range_key: Some("gsi1sk"),
    }
    .into_index();
}

impl modyne::Table for App {
    type PrimaryKey = Primary;
    type IndexKeys = Gsi1;

    fn table_name(&self) -> &str {
        TABLE
    }

    fn client(&self) -> &Client {
        &self.0
    }
}

/// A query for the items of one entity in a partition.
struct Part<E>(std::marker::PhantomData<E>);

impl<E: ByHand + modyne::Entity> QueryInput for Part<E> {
    type Index = Primary;
    type Aggregate = Vec<E>;

    fn key_condition(&self) -> KeyCondition<Primary> {
        KeyCondition::in_partition("USER#u-1").begins_with(E::PREFIX)
    }
}

modyne::projections! {
    /// The four types of one partition.
    pub enum Four { Order, Invoice, Shipment, Message }
}

/// A query for all items of a partition.
struct Whole;

/// The result of the query [`Whole`].
#[derive(Default)]
struct All(Vec<Four>);

impl Aggregate for All {
    type Projections = Four;

    fn merge(&mut self, item: modyne::Item) -> Result<(), modyne::Error> {
        self.0.push(modyne::read_projection!(item)?);
        Ok(())
    }
}

impl QueryInput for Whole {
    type Index = Primary;
    type Aggregate = All;

    fn key_condition(&self) -> KeyCondition<Primary> {
        KeyCondition::in_partition("USER#u-1")
    }
}

/// Uses modyne, which is based on serde_dynamo.
pub mod modynes {
    use super::*;

    /// An entity that modyne can read and write.
    pub trait Modyne: ByHand + for<'a> modyne::Entity<KeyInput<'a> = (&'a str, &'a str), Table = App> {}

    impl<E: ByHand + for<'a> modyne::Entity<KeyInput<'a> = (&'a str, &'a str), Table = App>> Modyne for E {}

    pub async fn get<E: Modyne>(client: Client) -> usize {
        let answer = E::get(("u-1", "00000000")).execute(&App(client)).await.expect("the item is read");
        let entity = answer.item.map(|item| E::from_item(item).expect("the item is decoded"));
        usize::from(std::hint::black_box(entity).is_some())
    }

    pub async fn put<E: Modyne>(client: Client, entity: &E) -> usize {
        entity.clone().put().execute(&App(client)).await.expect("the item is written");
        1
    }

    pub async fn query<E: Modyne>(client: Client) -> usize {
        let query = Part::<E>(std::marker::PhantomData).query();
        let answer = query.execute(&App(client)).await.expect("the items are read");
        let mut entities = Vec::<E>::new();
        entities.reduce(answer.items.unwrap_or_default()).expect("the items are decoded");
        std::hint::black_box(entities).len()
    }

    pub async fn mixed(client: Client) -> usize {
        let answer = Whole.query().execute(&App(client)).await.expect("the items are read");
        let mut all = All::default();
        all.reduce(answer.items.unwrap_or_default()).expect("the items are decoded");
        std::hint::black_box(all).0.len()
    }

    pub async fn batch_get<E: Modyne>(client: Client, count: usize) -> usize {
        let ids: Vec<String> = (0..count).map(|n| format!("{n:08}")).collect();
        let batch = ids.iter().fold(modyne::model::BatchGet::new(), |batch, id| batch.operation(E::get(("u-1", id))));
        let answer = batch.execute(&App(client)).await.expect("the items are read");
        let items = answer.responses.unwrap_or_default().into_values().flatten();
        items.map(|item| E::from_item(item).expect("the item is decoded")).map(std::hint::black_box).count()
    }

    pub async fn batch_write<E: Modyne>(client: Client, entities: &[E]) -> usize {
        let batch = modyne::model::BatchWrite::new();
        let batch = entities.iter().fold(batch, |batch, entity| batch.operation(entity.clone().put()));
        let answer = batch.execute(&App(client)).await.expect("the items are written");
        entities.len() - answer.unprocessed_items.unwrap_or_default().len()
    }
}
