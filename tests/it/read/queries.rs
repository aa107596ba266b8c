//! Sort conditions, limits and filters.

use monotable::{Entity, ErrorKind, Query, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases};

cases![
    typed_sort_conditions_compare_fields,
    typed_sort_conditions_do_not_read_other_entities,
    sort_conditions_accept_a_prefix_of_the_fields,
    raw_sort_conditions_compare_text,
    parents_and_children_with_nested_sort_keys_are_read_separately,
    a_limit_next_to_newer_items_of_another_entity_is_one_request,
    first_one_and_count_apply_conditions_and_limits,
    count_stops_at_the_limit_with_and_without_a_filter,
    an_index_without_a_sort_key_can_be_queried,
    an_erased_query_rejects_a_consistent_read_of_a_global_index,
    a_table_with_other_key_names_and_a_numeric_sort_key_can_be_queried,
    reading_an_entity_from_an_index_that_lacks_its_attributes_is_rejected,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "queries" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1pk-gsi1sk-index", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "email-index", "partitionKey": "email" } ] }
}"#)]
enum Base {
    Line(Line),
    Order(Order),
    Ordering(Ordering),
    Event(Event),
    Alarm(Alarm),
    Login(Login),
}

macro_rules! entity {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
        #[entity(table = Base)]
        $(#[$meta])*
        struct $name { $($field: $ty),* }
    };
}

entity!(
    #[entity(pk = "C#{c}", sk = "ORDER#{o}")]
    Order { c: String, o: String }
);
entity!(
    #[entity(pk = "C#{c}", sk = "ORDER#{o}#LINE#{n:03}")]
    Line { c: String, o: String, n: u16 }
);
// `ORDERING#` sorts next to `ORDER#` and has the same prefix up to the delimiter.
entity!(
    #[entity(pk = "C#{c}", sk = "ORDERING#{o}")]
    Ordering { c: String, o: String }
);
// Events and alarms share a partition of gsi1, and their sort keys have no distinguishing prefix.
entity!(
    #[entity(pk = "EVENT#{n:03}", sk = "EVENT", gsi1(pk = "LOG", sk = "{n:03}"))]
    Event { n: u32 }
);
entity!(
    #[entity(pk = "ALARM#{n:03}", sk = "ALARM", gsi1(pk = "LOG", sk = "{n:03}"))]
    Alarm { n: u32 }
);
entity!(
    #[entity(pk = "LOGIN#{id}", sk = "LOGIN", email(pk = "{address}", name = "by_email"))]
    Login { id: String, address: String }
);

fn line(o: &str, n: u16) -> Line {
    Line { c: "c".into(), o: o.into(), n }
}

fn order(o: &str) -> Order {
    Order { c: "c".into(), o: o.into() }
}

async fn orders(env: &Env) -> (monotable::Connection, crate::support::case::Requests) {
    let (table, requests) = env.counted::<Base>().await;
    for id in ["a", "b", "c"] {
        order(id).put().on(&table).await.unwrap();
        Ordering { c: "c".into(), o: id.into() }.put().on(&table).await.unwrap();
        for n in [1, 2, 30] {
            line(id, n).put().on(&table).await.unwrap();
        }
    }
    requests.take();
    (table, requests)
}

async fn ids<I, S>(table: &monotable::Connection, query: Query<Ordering, I, S>) -> String {
    query.on(table).all().await.unwrap().into_iter().map(|ordering| ordering.o).collect()
}

async fn typed_sort_conditions_compare_fields(env: Env) {
    let (table, requests) = orders(&env).await;
    let query = || Ordering::query("c");
    assert_eq!(ids(&table, query()).await, "abc");
    assert_eq!(ids(&table, query().eq("b")).await, "b");
    assert_eq!(ids(&table, query().lt("b")).await, "a");
    assert_eq!(ids(&table, query().le("b")).await, "ab");
    assert_eq!(ids(&table, query().gt("b")).await, "c");
    assert_eq!(ids(&table, query().ge("b")).await, "bc");
    assert_eq!(ids(&table, query().between("a", "b")).await, "ab");
    assert_eq!(ids(&table, query().begins_with("c")).await, "c");
    assert_eq!(ids(&table, query().begins_with("")).await, "abc");
    assert_eq!(ids(&table, query().ge("b").descending()).await, "cb");
    assert_eq!(ids(&table, query().descending().ascending().limit(2)).await, "ab");
    assert_eq!(ids(&table, query().lt("c").descending().limit(1)).await, "b");
    assert_eq!(requests.take(), 12);
}

async fn typed_sort_conditions_do_not_read_other_entities(env: Env) {
    let (table, _) = orders(&env).await;
    let request = Ordering::query("c").gt("a").into_request().unwrap();
    assert_eq!(request.key_condition_expression(), Some("#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2"));
    assert_eq!(request.filter_expression(), None, "no other entity has this prefix, so no filter is needed");
    let lines = Line::query("c").gt("c").on(&table).all().await.unwrap();
    assert_eq!(lines, [], "the orderings that follow the last line must not be read");
}

async fn sort_conditions_accept_a_prefix_of_the_fields(env: Env) {
    let (table, _) = orders(&env).await;
    let table = &table;
    let lines = async |query: Query<Line>| -> Vec<(String, u16)> {
        query.on(table).all().await.unwrap().into_iter().map(|line| (line.o, line.n)).collect()
    };
    let of = |o: &str, n: u16| (o.to_owned(), n);
    let b = [of("b", 1), of("b", 2), of("b", 30)];
    assert_eq!(lines(Line::query("c").eq("b")).await, b);
    assert_eq!(lines(Line::query("c").eq(("b",))).await, b);
    assert_eq!(lines(Line::query("c").eq(("b", 2))).await, [of("b", 2)]);
    assert_eq!(lines(Line::query("c").gt(("b",))).await, [of("c", 1), of("c", 2), of("c", 30)]);
    assert_eq!(lines(Line::query("c").lt("b")).await, [of("a", 1), of("a", 2), of("a", 30)]);
    assert_eq!(lines(Line::query("c").le("a")).await, [of("a", 1), of("a", 2), of("a", 30)]);
    assert_eq!(lines(Line::query("c").ge(("c", 2))).await, [of("c", 2), of("c", 30)]);
    assert_eq!(lines(Line::query("c").between("b", ("b", 2))).await, [of("b", 1), of("b", 2)]);
    assert_eq!(lines(Line::query("c").begins_with(("b", 2))).await, [of("b", 2)]);
    let error = Line::query("c").begins_with("b#").on(table).all().await.unwrap_err();
    assert!(error.to_string().contains("field `o` contains the delimiter"), "{error}");
    assert_eq!(lines(Line::query("c").between(("b", 2), "b")).await, [of("b", 2), of("b", 30)]);
}

async fn raw_sort_conditions_compare_text(env: Env) {
    let (table, _) = orders(&env).await;
    let table = &table;
    let count = async |query: Query<Base>| query.on(table).count().await.unwrap();
    assert_eq!(count(Base::query("C#c").erase()).await, 15);
    assert_eq!(count(Base::query("C#c").begins_with("ORDER#b")).await, 4);
    assert_eq!(count(Base::query("C#c").eq("ORDER#b")).await, 1);
    assert_eq!(count(Base::query("C#c").lt("ORDER#b")).await, 4);
    assert_eq!(count(Base::query("C#c").le("ORDER#b")).await, 5);
    assert_eq!(count(Base::query("C#c").ge("ORDERING#a")).await, 3);
    assert_eq!(count(Base::query("C#c").gt("ORDERING#a")).await, 2);
    assert_eq!(count(Base::query("C#c").between("ORDER#b", "ORDER#b#LINE#002")).await, 3);
}

async fn parents_and_children_with_nested_sort_keys_are_read_separately(env: Env) {
    let (table, requests) = orders(&env).await;
    let orders = Order::query("c").on(&table).all().await.unwrap();
    assert_eq!(orders, [order("a"), order("b"), order("c")]);
    assert_eq!(Line::query("c").on(&table).count().await.unwrap(), 9);
    assert_eq!(requests.take(), 2);
    assert_eq!(Order::get(("c", "b")).on(&table).await.unwrap(), Some(order("b")));
    assert_eq!(Line::get(("c", "b", 30)).on(&table).await.unwrap(), Some(line("b", 30)));
}

async fn a_limit_next_to_newer_items_of_another_entity_is_one_request(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    for n in 0..5 {
        Event { n }.put().on(&table).await.unwrap();
    }
    for n in 100..120 {
        Alarm { n }.put().on(&table).await.unwrap();
    }
    requests.take();
    let newest = Event::gsi1().query(()).descending().limit(3).on(&table).all().await.unwrap();
    assert_eq!(newest, [Event { n: 4 }, Event { n: 3 }, Event { n: 2 }]);
    assert_eq!(requests.take(), 1);
    assert_eq!(Event::gsi1().query(()).descending().on(&table).first().await.unwrap(), Some(Event { n: 4 }));
    assert_eq!(requests.take(), 1);
}

async fn first_one_and_count_apply_conditions_and_limits(env: Env) {
    let (table, _) = orders(&env).await;
    let query = || Ordering::query("c");
    assert_eq!(query().on(&table).first().await.unwrap().unwrap().o, "a");
    assert_eq!(query().gt("c").on(&table).first().await.unwrap(), None);
    assert_eq!(query().eq("b").on(&table).one().await.unwrap().o, "b");
    assert_eq!(query().on(&table).one().await.unwrap_err().kind(), ErrorKind::NotUnique);
    assert!(query().eq("x").on(&table).one().await.unwrap_err().is_not_found());
    assert_eq!(query().lt("c").on(&table).count().await.unwrap(), 2);
    assert_eq!(query().lt("c").limit(2).on(&table).count().await.unwrap(), 2);
    assert_eq!(query().limit(0).on(&table).all().await.unwrap(), []);
}

async fn count_stops_at_the_limit_with_and_without_a_filter(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    for n in 0..12 {
        Event { n }.put().on(&table).await.unwrap();
        Alarm { n: n + 100 }.put().on(&table).await.unwrap();
    }
    requests.take();
    let events = || Event::gsi1().query(()).on(&table);
    assert_eq!(events().count().await.unwrap(), 12);
    assert_eq!(events().limit(5).count().await.unwrap(), 5);
    assert_eq!(requests.take(), 2);
    assert_eq!(events().page_size(5).count().await.unwrap(), 12);
    assert_eq!(events().page_size(5).limit(7).count().await.unwrap(), 7);
    let everything = || Base::gsi1().query("LOG").on(&table);
    assert_eq!(everything().count().await.unwrap(), 24);
    requests.take();
    assert_eq!(everything().page_size(5).limit(7).count().await.unwrap(), 7);
    assert_eq!(requests.take(), 2);
}

async fn an_index_without_a_sort_key_can_be_queried(env: Env) {
    let table = env.table::<Base>().await;
    let login = Login { id: "1".into(), address: "a@example.com".into() };
    login.put().on(&table).await.unwrap();
    assert_eq!(Login::by_email("a@example.com").on(&table).one().await.unwrap(), login);
    assert_eq!(Base::email().query("a@example.com").on(&table).all().await.unwrap(), [Base::Login(login)]);
}

async fn an_erased_query_rejects_a_consistent_read_of_a_global_index(env: Env) {
    let (table, requests) = orders(&env).await;
    let error = Event::gsi1().query(()).erase().consistent().on(&table).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains("`gsi1` is global"), "{error}");
    assert_eq!(requests.take(), 0);
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(
    delimiter = "|",
    config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "own-keys" },
    "tableConfig": {
        "partitionKey": "user", "sortKey": { "name": "score", "type": "N" },
        "localSecondaryIndexes": [ { "indexName": "by-name", "sortKey": "name_sk", "name": "by_name" } ] }
}"#
)]
enum Scores {
    Score(Score),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Scores, pk = "USER|{id}|{game}", sk = "{points}", by_name(sk = "{title}"))]
struct Score {
    id: String,
    game: String,
    #[entity(key_only)]
    points: i64,
    title: Option<String>,
}

async fn a_table_with_other_key_names_and_a_numeric_sort_key_can_be_queried(env: Env) {
    let table = env.table::<Scores>().await;
    let score = |points, title: Option<&str>| Score {
        id: "u#1".into(),
        game: "go".into(),
        points,
        title: title.map(str::to_owned),
    };
    for score in [score(-5, Some("z")), score(100, Some("a")), score(20, None)] {
        score.put().on(&table).await.unwrap();
    }
    let points = |scores: Vec<Score>| scores.into_iter().map(|score| score.points).collect::<Vec<_>>();
    // A numeric sort key sorts numerically.
    assert_eq!(points(Score::query(("u#1", "go")).on(&table).all().await.unwrap()), [-5, 20, 100]);
    let raw = Scores::query("USER|u#1|go").ge("20").on(&table).all().await.unwrap();
    assert_eq!(raw, [Scores::Score(score(20, None)), Scores::Score(score(100, Some("a")))]);
    assert_eq!(Score::get(("u#1", "go", 20)).on(&table).await.unwrap(), Some(score(20, None)));
    // A local index has the partitions of the table, a different order, and consistent reads.
    let by_name = Score::by_name().query(("u#1", "go")).consistent().on(&table).all().await.unwrap();
    assert_eq!(points(by_name), [100, -5]);
    let page = Scores::by_name().query("USER|u#1|go").limit(1).on(&table).page().await.unwrap();
    let rest = Scores::by_name().query("USER|u#1|go").start_at(page.next).on(&table).all().await.unwrap();
    assert_eq!(rest, [Scores::Score(score(-5, Some("z")))]);
}

/// A table whose index projects only some attributes.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "queries" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "some", "partitionKey": "gsi1pk", "projection": ["entity_type", "name"] } ] }
}"#)]
enum Projected {
    Part(Projection),
    Whole(Narrow),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Projected, pk = "WIDE#{id}", sk = "WIDE", gsi1(pk = "WIDES"))]
struct Projection {
    #[entity(key_only)]
    id: String,
    name: String,
    #[serde(default)]
    rest: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Projected, pk = "NARROW#{id}", sk = "NARROW", gsi1(pk = "NARROWS"))]
struct Narrow {
    #[entity(key_only)]
    id: String,
    name: String,
}

async fn reading_an_entity_from_an_index_that_lacks_its_attributes_is_rejected(env: Env) {
    let (table, requests) = env.counted::<Projected>().await;
    Projection { id: "1".into(), name: "n".into(), rest: "precious".into() }.put().on(&table).await.unwrap();
    let narrow = Narrow { id: "1".into(), name: "n".into() }.put().on(&table).await.unwrap();
    requests.take();
    for error in [
        Projection::gsi1().query(()).on(&table).all().await.unwrap_err(),
        Projected::gsi1().query("WIDES").on(&table).all().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains("the index `gsi1` does not store `rest` of `Projection`"), "{error}");
    }
    assert_eq!(requests.take(), 0);
    assert_eq!(Projection::gsi1().query(()).on(&table).count().await.unwrap(), 1);
    assert_eq!(Narrow::gsi1().query(()).on(&table).all().await.unwrap(), [narrow]);
}
