//! The measured work, which is the same for every library.

use std::rc::Rc;

use aws_sdk_dynamodb::Client;
use monotable::{Connection, Entity, Table};

use crate::entities::{Bench, Document, DynamoDocument, Order, Point};
use crate::measure::{Subject, subject};
use crate::rivals::{dynamo, modynes, sdk};

/// The names of subjects.
pub const MONOTABLE: &str = "monotable";
pub const SDK: &str = "SDK";
pub const DYNAMO: &str = "serde_dynamo";
pub const MODYNE: &str = "modyne";

fn connection(client: &Client) -> Connection {
    Connection::new(client.clone(), "bench")
}

macro_rules! shapes {
    ($($module:ident $entity:ident $rival:ident)*) => {$(
        pub mod $module {
            use super::*;

            /// Reads one item.
            pub fn get(client: &Client) -> Vec<Subject> {
                let table = connection(client);
                let [one, two, three] = [client; 3].map(Clone::clone);
                vec![
                    subject(MONOTABLE, move || {
                        let get = $entity::get(("u-1", "00000000")).on(&table);
                        async move { usize::from(std::hint::black_box(get.await.expect("the item is read")).is_some()) }
                    }),
                    subject(SDK, move || sdk::get::<$rival>(one.clone())),
                    subject(DYNAMO, move || dynamo::get::<$rival>(two.clone())),
                    subject(MODYNE, move || modynes::get::<$rival>(three.clone())),
                ]
            }

            /// Writes one item.
            pub fn put(client: &Client) -> Vec<Subject> {
                let table = connection(client);
                let [one, two, three] = [client; 3].map(Clone::clone);
                let (entity, rival) = ($entity::example(0), Rc::new($rival::example(0)));
                let item = entity.to_item().expect("the entity is encoded").into_inner();
                let other = Rc::clone(&rival);
                vec![
                    subject(MONOTABLE, move || {
                        let put = entity.put().on(&table);
                        async move {
                            std::hint::black_box(put.await.expect("the item is written"));
                            1
                        }
                    }),
                    subject(SDK, move || sdk::put(one.clone(), item.clone())),
                    subject(DYNAMO, move || {
                        let (client, rival) = (two.clone(), Rc::clone(&rival));
                        async move { dynamo::put(client, &*rival).await }
                    }),
                    subject(MODYNE, move || {
                        let (client, rival) = (three.clone(), Rc::clone(&other));
                        async move { modynes::put(client, &*rival).await }
                    }),
                ]
            }

            /// Reads one page of items of one type.
            pub fn query(client: &Client) -> Vec<Subject> {
                let table = connection(client);
                let [one, two, three] = [client; 3].map(Clone::clone);
                vec![
                    subject(MONOTABLE, move || {
                        let query = $entity::query("u-1").on(&table).all();
                        async move { std::hint::black_box(query.await.expect("the items are read")).len() }
                    }),
                    subject(SDK, move || sdk::query::<$rival>(one.clone())),
                    subject(DYNAMO, move || dynamo::query::<$rival>(two.clone())),
                    subject(MODYNE, move || modynes::query::<$rival>(three.clone())),
                ]
            }

            /// Reads items by their keys.
            pub fn batch_get(client: &Client, count: usize) -> Vec<Subject> {
                let table = connection(client);
                let [one, two, three] = [client; 3].map(Clone::clone);
                vec![
                    subject(MONOTABLE, move || {
                        let keys = (0..count).map(|n| $entity::key(("u-1", format!("{n:08}"))));
                        let get = Bench::batch_get(keys).on(&table);
                        async move {
                            let found = std::hint::black_box(get.await.expect("the items are read"));
                            found.into_iter().flatten().count()
                        }
                    }),
                    subject(SDK, move || sdk::batch_get::<$rival>(one.clone(), count)),
                    subject(DYNAMO, move || dynamo::batch_get::<$rival>(two.clone(), count)),
                    subject(MODYNE, move || modynes::batch_get::<$rival>(three.clone(), count)),
                ]
            }

            /// Writes items.
            pub fn batch_write(client: &Client, count: usize) -> Vec<Subject> {
                let table = connection(client);
                let [one, two, three] = [client; 3].map(Clone::clone);
                let entities: Vec<$entity> = (0..count).map($entity::example).collect();
                let rivals: Rc<[$rival]> = (0..count).map($rival::example).collect();
                let items = entities.iter().map(|entity| entity.to_item().expect("the entity is encoded").into_inner());
                let (items, others): (Vec<_>, _) = (items.collect(), Rc::clone(&rivals));
                vec![
                    subject(MONOTABLE, move || {
                        let write = Bench::batch_write().put_all(&entities).on(&table);
                        async move {
                            write.await.expect("the items are written");
                            count
                        }
                    }),
                    subject(SDK, move || sdk::batch_write(one.clone(), items.clone())),
                    subject(DYNAMO, move || {
                        let (client, rivals) = (two.clone(), Rc::clone(&rivals));
                        async move { dynamo::batch_write(client, &rivals).await }
                    }),
                    subject(MODYNE, move || {
                        let (client, rivals) = (three.clone(), Rc::clone(&others));
                        async move { modynes::batch_write(client, &rivals).await }
                    }),
                ]
            }
        }
    )*};
}

shapes! {
    point Point Point
    order Order Order
    document Document DynamoDocument
}

/// Reads one page of items of four types.
pub fn mixed(client: &Client) -> Vec<Subject> {
    let table = connection(client);
    let [one, two, three, four] = [client; 4].map(Clone::clone);
    vec![
        subject(MONOTABLE, move || {
            let query = Bench::query("USER#u-1").on(&table).all();
            async move { std::hint::black_box(query.await.expect("the items are read")).len() }
        }),
        subject(SDK, move || sdk::mixed(one.clone())),
        subject(TAGGED, move || dynamo::tagged(two.clone())),
        subject(DYNAMO, move || dynamo::dispatched(three.clone())),
        subject(MODYNE, move || modynes::mixed(four.clone())),
    ]
}

/// The name of the subject that uses serde_dynamo and an enum that serde tags.
pub const TAGGED: &str = "tagged enum";

/// Scans the whole table.
pub fn scan(client: &Client, segments: usize) -> Vec<Subject> {
    let table = connection(client);
    let [one, two] = [client; 2].map(Clone::clone);
    vec![
        subject(MONOTABLE, move || {
            let scan = Order::scan().on(&table);
            let all = match segments {
                1 => scan.all(),
                _ => scan.segments(segments).all(),
            };
            async move { std::hint::black_box(all.await.expect("the items are read")).len() }
        }),
        subject(SDK, move || sdk::scan(one.clone(), segments)),
        subject(DYNAMO, move || dynamo::scan::<Order>(two.clone(), segments)),
    ]
}

/// Reads one page of a table with many entities.
pub fn of_types<T: Table>(name: &'static str, client: &Client) -> Subject {
    let table = connection(client);
    subject(name, move || {
        let query = T::query("USER#u-1").on(&table).all();
        async move { std::hint::black_box(query.await.expect("the items are read")).len() }
    })
}
