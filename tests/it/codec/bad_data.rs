//! Bad items (items that cannot be deserialized) among good ones. Every way of reading reports each bad item and returns all good
//! ones.

use std::sync::{Arc, Mutex};

use monotable::aws::types::AttributeValue;
use monotable::{Connection, Entity, Error, ErrorKind, ReadTarget, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, n, put_raw, s};

cases![
    errors_of_bad_items_name_kind_entity_attribute_and_key,
    a_stream_continues_after_bad_items,
    all_fails_with_the_first_bad_item,
    pages_end_before_bad_items_and_errors_resume_after_them,
    on_bad_item_receives_the_errors_and_the_read_continues,
    a_read_can_resume_after_a_bad_last_item,
    typed_reads_skip_other_entities_and_report_bad_items,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json", overlap(Order, Other))]
enum Base {
    Order(Order),
    Other(Other),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "P", sk = "{n:02}", gsi1(pk = "P", sk = "{n:02}"))]
struct Order {
    #[entity(key_only)]
    n: u8,
    total: String,
    address: Address,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Address {
    city: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "P", sk = "{n:02}")]
struct Other {
    n: u8,
}

fn order(n: u8) -> Order {
    Order { n, total: "1".into(), address: Address { city: "Ulm".into() } }
}

/// A bad item, and the error expected for it.
struct Bad {
    sk: &'static str,
    change: fn(&mut monotable::Item),
    kind: ErrorKind,
    entity: Option<&'static str>,
    attribute: &'static str,
    message: &'static str,
}

const BAD: [Bad; 7] = [
    Bad {
        sk: "10",
        change: |item| drop(item.insert("entity_type".into(), s("Stranger"))),
        kind: ErrorKind::UnknownEntity,
        entity: Some("Stranger"),
        attribute: "entity_type",
        message: "decode Stranger P / 10: attribute `entity_type`: no entity of `Base` has this discriminator; \
                  add the entity to the enum, or the discriminator to the `aliases` of an entity",
    },
    Bad {
        sk: "20",
        change: |item| drop(item.remove("entity_type")),
        kind: ErrorKind::MissingDiscriminator,
        entity: None,
        attribute: "entity_type",
        message: "decode P / 20: attribute `entity_type`: the item has no discriminator",
    },
    Bad {
        sk: "21",
        change: |item| drop(item.insert("entity_type".into(), n(1))),
        kind: ErrorKind::MissingDiscriminator,
        entity: None,
        attribute: "entity_type",
        message: "decode P / 21: attribute `entity_type`: expected S, found N",
    },
    Bad {
        sk: "30",
        change: |item| drop(item.insert("total".into(), n(1))),
        kind: ErrorKind::Decode,
        entity: Some("Order"),
        attribute: "total",
        message: "decode Order P / 30: attribute `total`: expected S, found N",
    },
    Bad {
        sk: "40",
        change: |item| drop(item.remove("total")),
        kind: ErrorKind::Decode,
        entity: Some("Order"),
        attribute: "total",
        message: "decode Order P / 40: attribute `total`: is missing",
    },
    Bad {
        sk: "4x",
        change: |_| {},
        kind: ErrorKind::Decode,
        entity: Some("Order"),
        attribute: "sk",
        message: "decode Order P / 4x: attribute `sk`: the key does not fit the template `{n:02}`",
    },
    Bad {
        sk: "50",
        change: |item| drop(item.insert("address".into(), AttributeValue::M([("city".to_owned(), n(1))].into()))),
        kind: ErrorKind::Decode,
        entity: Some("Order"),
        attribute: "address.city",
        message: "decode Order P / 50: attribute `address.city`: expected S, found N",
    },
];

const GOOD: [u8; 8] = [0, 5, 15, 25, 35, 45, 60, 61];

async fn filled(env: &Env) -> Connection {
    let table = env.table::<Base>().await;
    for n in GOOD {
        order(n).put().on(&table).await.unwrap();
    }
    for bad in &BAD {
        let mut item = order(0).to_item().unwrap();
        item.insert("sk".into(), s(bad.sk));
        item.insert("gsi1sk".into(), s(bad.sk));
        (bad.change)(&mut item);
        put_raw(&table, &item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>()).await;
    }
    table
}

fn good() -> Vec<Base> {
    GOOD.map(|n| order(n).into()).to_vec()
}

fn check(error: &Error, bad: &Bad) {
    assert_eq!(error.to_string(), bad.message);
    assert_eq!(error.kind(), bad.kind);
    assert_eq!(error.entity_name(), bad.entity);
    assert_eq!(error.attribute_name(), Some(bad.attribute));
    assert_eq!(error.item_key(), Some(format!("P / {}", bad.sk).as_str()));
    assert!(error.is_bad_item());
}

async fn errors_of_bad_items_name_kind_entity_attribute_and_key(env: Env) {
    let table = filled(&env).await;
    for bad in &BAD {
        let error = Base::query("P").eq(bad.sk).on(&table).all().await.unwrap_err();
        check(&error, bad);
    }
    // The message does not contain the value, which may be confidential.
    let error = Order::get(30).on(&table).await.unwrap_err();
    check(&error, &BAD[3]);
}

async fn a_stream_continues_after_bad_items(env: Env) {
    let table = filled(&env).await;
    for page_size in [100, 3, 1] {
        let mut stream = Base::query("P").page_size(page_size).on(&table).stream();
        let (mut items, mut errors) = (Vec::new(), Vec::new());
        while let Some(next) = stream.next().await {
            match next {
                Ok(item) => items.push(item),
                Err(error) => errors.push(error),
            }
        }
        assert_eq!(items, good());
        assert_eq!(errors.len(), BAD.len());
        errors.iter().zip(&BAD).for_each(|(error, bad)| check(error, bad));
    }
}

async fn all_fails_with_the_first_bad_item(env: Env) {
    let table = filled(&env).await;
    check(&Base::query("P").on(&table).all().await.unwrap_err(), &BAD[0]);
    check(&Base::query("P").ge("20").on(&table).first().await.unwrap_err(), &BAD[1]);
    check(&Base::query("P").eq("30").on(&table).one().await.unwrap_err(), &BAD[3]);
    // A limit that is reached before the first bad item avoids the error.
    assert_eq!(Base::query("P").limit(2).on(&table).all().await.unwrap(), good()[..2]);
}

/// Reads all pages and resumes after each bad item. Returns the good items and the errors.
async fn read_on<T: ReadTarget, I, S>(
    table: &Connection,
    query: impl Fn() -> monotable::Query<T, I, S>,
) -> (Vec<T>, Vec<Error>) {
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    let mut cursor = None;
    loop {
        match query().start_at(cursor).on(table).page().await {
            Ok(page) => {
                items.extend(page.items);
                cursor = page.next;
            }
            Err(error) => {
                cursor = Some(error.resume().expect("the error of a bad item must have a cursor").clone());
                errors.push(error);
            }
        }
        if cursor.is_none() {
            return (items, errors);
        }
    }
}

async fn pages_end_before_bad_items_and_errors_resume_after_them(env: Env) {
    let table = filled(&env).await;
    let page = Base::query("P").limit(10).on(&table).page().await.unwrap();
    assert_eq!(page.items, good()[..2], "the page must end before the bad item");
    let error = Base::query("P").limit(10).start_at(page.next).on(&table).page().await.unwrap_err();
    check(&error, &BAD[0]);
    for (limit, page_size) in [(10, 100), (1, 100), (3, 2), (2, 3), (100, 1)] {
        let (items, errors) = read_on(&table, || Base::query("P").limit(limit).page_size(page_size)).await;
        assert_eq!(items, good(), "limit {limit}, page size {page_size}");
        errors.iter().zip(&BAD).for_each(|(error, bad)| check(error, bad));
        let (items, _) =
            read_on(&table, || Base::gsi1().query("P").descending().limit(limit).page_size(page_size)).await;
        assert_eq!(items, good().into_iter().rev().collect::<Vec<_>>(), "limit {limit}, page size {page_size}, index");
    }
    let (items, errors) = read_on(&table, || Base::query("P").page_size(4)).await;
    assert_eq!((items, errors.len()), (good(), BAD.len()));
}

async fn on_bad_item_receives_the_errors_and_the_read_continues(env: Env) {
    let table = filled(&env).await;
    let bad: Arc<Mutex<Vec<Error>>> = Arc::default();
    let query = || {
        let bad = bad.clone();
        Base::query("P").on(&table).on_bad_item(move |error| bad.lock().unwrap().push(error))
    };
    let taken = || std::mem::take(&mut *bad.lock().unwrap());
    assert_eq!(query().all().await.unwrap(), good());
    let errors = taken();
    assert_eq!(errors.len(), BAD.len());
    errors.iter().zip(&BAD).for_each(|(error, bad)| check(error, bad));
    let page = query().limit(4).page().await.unwrap();
    assert_eq!(page.items, good()[..4]);
    assert_eq!(taken().len(), 3);
    assert_eq!(query().start_at(page.next).all().await.unwrap(), good()[4..]);
    taken();
    assert_eq!(query().ge("10").first().await.unwrap(), Some(order(15).into()));
    let mut stream = query().stream();
    let mut count = 0;
    while let Some(item) = stream.next().await {
        assert!(item.is_ok());
        count += 1;
    }
    assert_eq!(count, GOOD.len());
}

async fn a_read_can_resume_after_a_bad_last_item(env: Env) {
    let table = env.table::<Base>().await;
    put_raw(&table, &[("pk", s("P")), ("sk", s("99"))]).await;
    let error = Base::query("P").on(&table).page().await.unwrap_err();
    let page = Base::query("P").start_at(error.resume().cloned()).on(&table).page().await.unwrap();
    assert_eq!((page.items, page.next), (vec![], None));
}

async fn typed_reads_skip_other_entities_and_report_bad_items(env: Env) {
    let table = env.table::<Base>().await;
    order(1).put().on(&table).await.unwrap();
    Other { n: 2 }.put().on(&table).await.unwrap();
    order(3).put().on(&table).await.unwrap();
    assert_eq!(Order::query(()).on(&table).all().await.unwrap(), [order(1), order(3)]);
    // An item without a discriminator could be of any entity, so typed reads do not skip it.
    put_raw(&table, &[("pk", s("P")), ("sk", s("02"))]).await;
    let error = Order::query(()).on(&table).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingDiscriminator);
}
