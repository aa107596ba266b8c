//! Item collections, and queries that fix the first fields of the sort key with `under`.

use chrono::{DateTime, NaiveDate, Utc};
use monotable::{Entity, ErrorKind, KeySegment, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, put_raw, s};

cases![
    a_parent_is_read_with_its_children,
    an_item_collection_of_an_index_can_be_read,
    under_fixes_the_first_fields_of_the_sort_key,
    under_can_fix_several_fields,
    a_day_placeholder_accepts_a_date,
    a_collection_with_an_invalid_key_is_rejected,
    escaped_values_may_contain_the_delimiter,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "collections" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "gsi2", "partitionKey": "gsi2pk", "sortKey": "gsi2sk" } ] }
}"#)]
enum Base {
    User(User),
    Order(Order),
    Note(Note),
    Talk(Talk),
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(of = Base)]
enum UserAndOrders {
    User(User),
    Order(Order),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "USER#{id}", sk = "PROFILE")]
struct User {
    id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, KeySegment)]
enum Status {
    Open,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Base,
    pk = "USER#{user}",
    sk = "ORDER#{id}",
    gsi1(pk = "STATE#{user}", sk = "{status}#{is_gift}#{at}", name = "list_by_status"),
    gsi2(pk = "DAY#{at|day}", sk = "{at}", name = "list_by_day"),
)]
struct Order {
    user: String,
    id: String,
    status: Status,
    is_gift: bool,
    #[serde(with = "monotable::timestamp")]
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "USER#{user}", sk = "NOTE#{id}", gsi1(pk = "STATE#{user}", sk = "NOTE#{id}"))]
struct Note {
    user: String,
    id: String,
}

fn at(day: u32, hour: u32) -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(hour, 0, 0).unwrap().and_utc()
}

fn order(id: &str, status: Status, is_gift: bool, at: DateTime<Utc>) -> Order {
    Order { user: "u".into(), id: id.into(), status, is_gift, at }
}

async fn filled(env: &Env) -> monotable::Connection {
    let table = env.table::<Base>().await;
    let orders = [
        order("1", Status::Open, false, at(1, 0)),
        order("2", Status::Open, false, at(2, 7)),
        order("3", Status::Open, true, at(2, 9)),
        order("4", Status::Closed, false, at(3, 0)),
    ];
    let note = Note { user: "u".into(), id: "n".into() };
    Base::batch_write().put(&User { id: "u".into() }).put_all(&orders).put(&note).on(&table).await.unwrap();
    table
}

async fn a_parent_is_read_with_its_children(env: Env) {
    let table = filled(&env).await;
    let all = User::collection("u").on(&table).all().await.unwrap();
    assert_eq!(all.len(), 6);
    // A child is in the same partition.
    assert_eq!(Order::collection("u").on(&table).all().await.unwrap(), all);
    let orders = User::collection("u").begins_with("ORDER#").on(&table).all().await.unwrap();
    assert!(orders.len() == 4 && orders.iter().all(|one| one.as_order().is_some()));
    let part = User::collection("u").only::<UserAndOrders>().consistent().on(&table).all().await.unwrap();
    assert_eq!(part.len(), 5);
    assert_eq!(part.iter().filter_map(UserAndOrders::as_user).collect::<Vec<_>>(), [&User { id: "u".into() }]);
}

async fn an_item_collection_of_an_index_can_be_read(env: Env) {
    let table = filled(&env).await;
    let all = Order::gsi1().collection("u").on(&table).all().await.unwrap();
    assert_eq!(all.len(), 5);
    let notes = Order::gsi1().collection("u").begins_with("NOTE#").limit(3).on(&table).all().await.unwrap();
    let note = Note { user: "u".into(), id: "n".into() };
    assert_eq!(notes, [Base::Note(note.clone())]);
    assert_eq!(Order::gsi1().collection("u").only::<Note>().on(&table).all().await.unwrap(), [note]);
    let part = Order::gsi1().collection("u").only::<UserAndOrders>().on(&table);
    assert_eq!(part.all().await.unwrap().iter().filter_map(UserAndOrders::as_order).count(), 4);
}

async fn under_fixes_the_first_fields_of_the_sort_key(env: Env) {
    let table = filled(&env).await;
    let ids = |orders: Vec<Order>| orders.into_iter().map(|order| order.id).collect::<String>();
    let by_status = || Order::list_by_status("u").on(&table);
    let open = by_status().under((Status::Open, false));
    assert_eq!(ids(open.all().await.unwrap()), "12");
    let open = || by_status().under((Status::Open, false));
    assert_eq!(ids(open().between(at(1, 1), at(9, 0)).all().await.unwrap()), "2");
    assert_eq!(ids(open().gt(at(1, 0)).all().await.unwrap()), "2");
    assert_eq!(ids(open().lt(at(2, 7)).all().await.unwrap()), "1");
    assert_eq!(ids(open().le(at(2, 7)).descending().all().await.unwrap()), "21");
    assert_eq!(ids(open().ge(at(3, 0)).all().await.unwrap()), "");
    assert_eq!(ids(open().eq(at(1, 0)).all().await.unwrap()), "1");
    assert_eq!(open().begins_with(at(2, 7)).count().await.unwrap(), 1);
    // Sort conditions after `under` use the remaining fields.
    assert_eq!(ids(by_status().under(Status::Open).all().await.unwrap()), "123");
    assert_eq!(ids(by_status().under(Status::Open).eq(true).all().await.unwrap()), "3");
    assert_eq!(ids(by_status().under(Status::Closed).eq((false, at(3, 0))).all().await.unwrap()), "4");
}

async fn under_can_fix_several_fields(env: Env) {
    let table = filled(&env).await;
    // Fixing fields one by one is the same as fixing them at once.
    let one = Order::list_by_status("u").under(Status::Open).under(true).ge(at(2, 0)).on(&table).all().await.unwrap();
    let both = Order::list_by_status("u").under((Status::Open, true)).ge(at(2, 0)).on(&table).all().await.unwrap();
    assert_eq!(one, both);
    assert_eq!(one.len(), 1);
    // The next page stays within the fixed fields.
    let under = || Order::list_by_status("u").under((Status::Open, false)).on(&table);
    let page = under().limit(1).page().await.unwrap();
    let rest = under().start_at(page.next).all().await.unwrap();
    assert_eq!(rest.iter().map(|order| order.id.as_str()).collect::<Vec<_>>(), ["2"]);
}

async fn a_day_placeholder_accepts_a_date(env: Env) {
    let table = filled(&env).await;
    let day = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
    assert_eq!(Order::list_by_day(day).on(&table).count().await.unwrap(), 2);
    assert_eq!(Order::list_by_day(day).gt(at(2, 8)).on(&table).count().await.unwrap(), 1);
    assert_eq!(Order::gsi2().query(at(2, 23)).on(&table).count().await.unwrap(), 2);
    assert_eq!(Order::gsi2pk(day).unwrap(), "DAY#2026-11-02");
}

async fn a_collection_with_an_invalid_key_is_rejected(env: Env) {
    let table = filled(&env).await;
    let error = User::collection("a#b").on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("delimiter"), "{error}");
    let error = Order::list_by_status("a#b").under(Status::Open).eq((true,)).on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("delimiter"), "{error}");
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Base,
    pk = "TALK#{title|escape}",
    sk = "BY#{speaker|escape}",
    gsi1(pk = "TALKS", sk = "{title|escape}", name = "by_title"),
    gsi2(pk = "SPEAKER#{speaker|escape}", sk = "TALK#{title|escape}"),
)]
struct Talk {
    #[entity(key_only)]
    title: String,
    #[entity(key_only)]
    speaker: String,
}

async fn escaped_values_may_contain_the_delimiter(env: Env) {
    let table = env.table::<Base>().await;
    // Sorted by bytes. The titles include texts that look like escapes.
    let titles = ["C", "C ", "C!", "C\"", "C#", "C# dev", "C##", "C#$", "C#0", "C$", "C$0", "C$1#", "C%", "C0", "Ca"];
    let talk = |title: &str| Talk { title: title.into(), speaker: "a#b$".into() };
    let talks: Vec<Talk> = titles.iter().map(|title| talk(title)).collect();
    Base::batch_write().put_all(&talks).on(&table).await.unwrap();
    assert_eq!(
        Talk::by_title().on(&table).all().await.unwrap(),
        talks,
        "the titles must be read from the keys in their order"
    );
    for (number, title) in titles.iter().enumerate() {
        assert_eq!(Talk::get((*title, "a#b$")).on(&table).await.unwrap(), Some(talk(title)));
        let from = Talk::by_title().ge(*title).on(&table).all().await.unwrap();
        assert_eq!(from, talks[number..], "from `{title}`");
        let begin = titles.iter().filter(|other| other.starts_with(title)).count();
        assert_eq!(Talk::by_title().begins_with(*title).on(&table).count().await.unwrap(), begin, "`{title}`");
    }
    assert_eq!(Talk::gsi2().query("a#b$").on(&table).count().await.unwrap(), titles.len());
    // `C$9` is not the escaped form of any value, so it is not a valid key.
    put_raw(&table, &[("pk", s("TALK#C$9")), ("sk", s("BY#x")), ("entity_type", s("Talk"))]).await;
    let error = Base::query("TALK#C$9").on(&table).all().await.unwrap_err();
    assert_eq!((error.kind(), error.attribute_name()), (ErrorKind::Decode, Some("pk")), "{error}");
}
