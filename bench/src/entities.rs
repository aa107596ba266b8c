//! The entities that monotable and the other libraries read and write.

use std::collections::{BTreeMap, BTreeSet};

use monotable::{Entity, Table};
use serde::{Deserialize, Serialize};

/// The table enum.
#[derive(Debug, Table)]
#[table(config = "config.json")]
#[allow(clippy::large_enum_variant, reason = "as users have them")]
pub enum Bench {
    /// Five short attributes.
    Point(Point),
    /// 14 attributes with the keys; 455 bytes of JSON.
    Order(Order),
    /// 40 attributes with the keys; 4 KB of JSON.
    Document(Document),
    /// As large as an order, and one of four types in its partition.
    Invoice(Invoice),
    /// As large as an order, and one of four types in its partition.
    Shipment(Shipment),
    /// As large as an order, and one of four types in its partition.
    Message(Message),
}

/// Five short attributes, in addition to keys and discriminator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Bench, pk = "USER#{user_id}", sk = "POINT#{id}")]
pub struct Point {
    /// Used in the primary key.
    pub user_id: String,
    /// Used in the primary key.
    pub id: String,
    x: i32,
    y: i32,
    on: bool,
}

macro_rules! orders {
    ($($name:ident $sk:literal)*) => {$(
        /// 14 attributes with the keys; 455 bytes of JSON.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
        #[entity(table = Bench, pk = "USER#{user_id}", sk = $sk, gsi1(pk = "STATUS#{status}", sk = "{placed_at}#{id}"))]
        pub struct $name {
            /// Used in the primary key.
            pub user_id: String,
            /// Used in the primary key.
            pub id: String,
            /// Used in the index key.
            pub status: String,
            /// Used in the index key.
            pub placed_at: String,
            total: u64,
            paid: bool,
            note: String,
            address: Address,
            tags: Vec<String>,
        }

        impl $name {
            /// Creates the example entity with the number `n`.
            pub fn example(n: usize) -> Self {
                Self {
                    user_id: "u-1".to_owned(),
                    id: format!("{n:08}"),
                    status: "open".to_owned(),
                    placed_at: "2026-11-21".to_owned(),
                    total: 12_000 + n as u64,
                    paid: n % 2 == 0,
                    note: "By the side door, please, and ring twice: it is hard now".to_owned(),
                    address: Address { city: "Lyon".to_owned(), zip: "69001".to_owned() },
                    tags: vec!["gift".to_owned(), "new".to_owned()],
                }
            }
        }
    )*};
}

orders! { Order "ORDER#{id}" Invoice "INVOICE#{id}" Shipment "SHIPMENT#{id}" Message "MESSAGE#{id}" }

/// A map in an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    city: String,
    zip: String,
}

/// The four types of one partition, as an enum that serde tags. serde_dynamo deserializes a mixed response into it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "entity_type")]
pub enum Tagged {
    /// An order.
    Order(Order),
    /// An invoice.
    Invoice(Invoice),
    /// A shipment.
    Shipment(Shipment),
    /// A message.
    Message(Message),
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    sku: String,
    quantity: u32,
    price: f64,
    options: BTreeMap<String, String>,
}

macro_rules! document {
    ($table:ident, $name:ident, $string_set:literal, $number_set:literal) => {
        /// 40 attributes with the keys; 4 KB of JSON.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
        #[entity(table = $table, pk = "USER#{user_id}", sk = "DOCUMENT#{id}")]
        pub struct $name {
            /// Used in the primary key.
            pub user_id: String,
            /// Used in the primary key.
            pub id: String,
            title: String,
            summary: String,
            body: String,
            author: String,
            editor: String,
            language: String,
            created: String,
            changed: String,
            published: Option<String>,
            source: String,
            licence: String,
            place: String,
            words: u32,
            pages: u32,
            revision: u64,
            views: u64,
            likes: i64,
            rating: f64,
            price: f64,
            weight: f32,
            draft: bool,
            locked: bool,
            shared: bool,
            indexed: bool,
            lines: Vec<Line>,
            history: Vec<BTreeMap<String, String>>,
            labels: BTreeMap<String, String>,
            address: Address,
            origin: Address,
            matrix: Vec<Vec<u32>>,
            #[serde(default, with = $string_set)]
            tags: BTreeSet<String>,
            #[serde(default, with = $string_set)]
            readers: BTreeSet<String>,
            #[serde(default, with = $number_set)]
            years: BTreeSet<u32>,
            #[serde(with = "serde_bytes")]
            thumbnail: Vec<u8>,
            #[serde(with = "serde_bytes")]
            digest: Vec<u8>,
        }

        impl $name {
            /// Creates the example entity with the number `n`.
            pub fn example(n: usize) -> Self {
                let text = |words: usize| "lorem ipsum dolor sit amet \u{e9} ".repeat(words);
                let map = |entries: usize| (0..entries).map(|n| (format!("key-{n}"), format!("value {n}"))).collect();
                let line = |n: usize| Line {
                    sku: format!("SKU-{n:04}"),
                    quantity: n as u32,
                    price: 1.25 * n as f64,
                    options: map(2),
                };
                Self {
                    user_id: "u-1".to_owned(),
                    id: format!("{n:08}"),
                    title: text(1),
                    summary: text(8),
                    body: text(51),
                    author: "Ada Byron".to_owned(),
                    editor: "Mary".to_owned(),
                    language: "en".to_owned(),
                    created: "2026-11-21T10:00:00Z".to_owned(),
                    changed: "2026-11-21T11:00:00Z".to_owned(),
                    published: Some("2026-11-22".to_owned()),
                    source: "upload".to_owned(),
                    licence: "CC0".to_owned(),
                    place: "London".to_owned(),
                    words: 1200,
                    pages: 12,
                    revision: n as u64,
                    views: 123_456,
                    likes: -3,
                    rating: 4.5,
                    price: 12.5,
                    weight: 0.25,
                    draft: false,
                    locked: true,
                    shared: true,
                    indexed: false,
                    lines: (0..4).map(line).collect(),
                    history: (0..3).map(|_| map(2)).collect(),
                    labels: map(4),
                    address: Address { city: "Lyon".to_owned(), zip: "69001".to_owned() },
                    origin: Address { city: "Oslo".to_owned(), zip: "0150".to_owned() },
                    matrix: vec![vec![1, 2, 3], vec![4, 5, 6]],
                    tags: ["red", "green", "blue"].map(str::to_owned).into(),
                    readers: (0..6).map(|n| format!("reader-{n}")).collect(),
                    years: [2024, 2025, 2026].into(),
                    thumbnail: vec![7; 180],
                    digest: vec![9; 32],
                }
            }
        }
    };
}

document! { Bench, Document, "monotable::string_set", "monotable::number_set" }
// The same entity, with serde_dynamo's sets.
document! { Dynamo, DynamoDocument, "serde_dynamo::string_set", "serde_dynamo::number_set" }

/// The table enum of the document that the other libraries read and write.
#[derive(Debug, Table)]
#[table(config = "config.json")]
#[allow(dead_code, reason = "nothing of it is read")]
pub enum Dynamo {
    /// A document.
    Document(DynamoDocument),
}

impl Point {
    /// Creates the example entity with the number `n`.
    pub fn example(n: usize) -> Self {
        Self { user_id: "u-1".to_owned(), id: format!("{n:08}"), x: n as i32, y: -(n as i32), on: true }
    }
}
