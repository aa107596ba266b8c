//! Conditions and filters: their expressions, their results on the engines, and errors before a request is sent.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeZone, Utc};
use libtest_mimic::{Failed, Trial};
use monotable::aws::types::AttributeValue;
use monotable::{AttributeType, Condition, Entity, ErrorKind, Table, path};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, get_raw, put_raw, s};

cases![
    a_put_fails_if_its_condition_is_not_met,
    a_delete_fails_if_its_condition_is_not_met,
    every_operator_is_evaluated_by_the_engine,
    none_matches_a_missing_attribute_and_null,
    a_filter_returns_only_matching_items,
    a_limit_counts_items_after_filtering,
    attribute_names_may_contain_any_character,
    deep_conditions_do_not_crash_the_engine,
    invalid_conditions_are_rejected_before_they_are_sent,
];

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("it::expr::conditions::conditions_render_to_expressions", || {
        conditions_render_to_expressions();
        Ok::<_, Failed>(())
    })]
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
enum Base {
    Order(Order),
    Other(Other),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Address {
    city: String,
    zip: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[serde(rename_all = "camelCase")]
#[entity(table = Base, pk = "USER#{user_id}", sk = "ORDER#{order_id}", gsi1(pk = "STATUS#{status}", sk = "{total:06}"))]
struct Order {
    #[entity(key_only)]
    order_id: String,
    user_id: String,
    status: String,
    total: u32,
    paid: u32,
    note: Option<String>,
    #[serde(with = "monotable::timestamp")]
    created_at: DateTime<Utc>,
    address: Address,
    lines: Vec<Address>,
    #[serde(default, with = "monotable::string_set")]
    tags: BTreeSet<String>,
    counts: BTreeMap<String, u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "USER#{user_id}", sk = "OTHER#{n:04}")]
struct Other {
    user_id: String,
    n: u32,
}

fn time() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 0, 0, 0).unwrap()
}

fn order(order_id: &str, total: u32) -> Order {
    let address = |city: &str, zip| Address { city: city.into(), zip };
    Order {
        order_id: order_id.into(),
        user_id: "u-1".into(),
        status: "OPEN".into(),
        total,
        paid: 10,
        note: None,
        created_at: time(),
        address: address("Paris", 75000),
        lines: vec![address("Rome", 1), address("Oslo", 2)],
        tags: ["red".into(), "blue".into()].into(),
        counts: BTreeMap::from([("a.b".into(), 3)]),
    }
}

/// Returns the expression of a condition, and its expression attribute names and values.
fn text(condition: Condition<Order>) -> (String, String, String) {
    let request = order("o", 1).put().condition(condition).into_request().unwrap();
    let sorted = |map: Vec<(String, String)>| {
        let map: BTreeMap<_, _> = map.into_iter().collect();
        map.into_values().collect::<Vec<_>>().join(" ")
    };
    let names = request.expression_attribute_names().into_iter().flatten();
    let values = request.expression_attribute_values().into_iter().flatten();
    let shown = |value: &AttributeValue| match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
        AttributeValue::Null(_) => "NULL".into(),
        other => format!("{other:?}"),
    };
    (
        request.condition_expression().unwrap().to_owned(),
        sorted(names.map(|(key, name)| (key.clone(), name.clone())).collect()),
        sorted(values.map(|(key, value)| (key.clone(), shown(value))).collect()),
    )
}

fn conditions_render_to_expressions() {
    for (condition, expected, names, values) in [
        (Order::TOTAL.eq(5), "#n0 = :v0", "total", "5"),
        (Order::TOTAL.ne(5), "#n0 <> :v0", "total", "5"),
        (!!Order::TOTAL.eq(5), "#n0 = :v0", "total", "5"),
        (Order::STATUS.lt("x"), "#n0 < :v0", "status", "x"),
        (Order::STATUS.ge("x".to_owned()), "#n0 >= :v0", "status", "x"),
        (Order::TOTAL.gt(Order::PAID), "#n0 > #n1", "total paid", ""),
        (Order::NOTE.eq("x"), "#n0 = :v0", "note", "x"),
        (Order::NOTE.eq(None), "(attribute_not_exists(#n0) OR #n0 = :v0)", "note", "NULL"),
        (Order::NOTE.ne(None), "(attribute_exists(#n0) AND #n0 <> :v0)", "note", "NULL"),
        // The value is serialized like the field, and the attribute has serde's name.
        (Order::CREATED_AT.le(time()), "#n0 <= :v0", "createdAt", "2026-11-21T00:00:00.000000+00:00"),
        (Order::TOTAL.between(1, 2), "#n0 BETWEEN :v0 AND :v1", "total", "1 2"),
        (Order::STATUS.in_(["a", "b", "a"]), "#n0 IN (:v0, :v1, :v0)", "status", "a b"),
        (Order::STATUS.begins_with("O"), "begins_with(#n0, :v0)", "status", "O"),
        (Order::TAGS.contains("red"), "contains(#n0, :v0)", "tags", "red"),
        (Order::TAGS.size().gt(1), "size(#n0) > :v0", "tags", "1"),
        (Order::TOTAL.is_type(AttributeType::N), "attribute_type(#n0, :v0)", "total", "N"),
        (Order::NOTE.exists(), "attribute_exists(#n0)", "note", ""),
        (Order::ADDRESS.path("city").eq("Rome"), "#n0.#n1 = :v0", "address city", "Rome"),
        (Order::LINES.index(1).path("zip").eq(2), "#n0[1].#n1 = :v0", "lines zip", "2"),
        (Order::LINES.path("[0].zip").eq(2), "#n0[0].#n1 = :v0", "lines zip", "2"),
        (Order::COUNTS.key("a.b").eq(3), "#n0.#n1 = :v0", "counts a.b", "3"),
        (
            Order::TOTAL.gt(1) & Order::PAID.gt(1) & !Order::NOTE.exists(),
            "#n0 > :v0 AND #n1 > :v0 AND (NOT attribute_exists(#n2))",
            "total paid note",
            "1",
        ),
        (
            (Order::TOTAL.gt(1) | Order::TOTAL.lt(0)) & Order::NOTE.exists(),
            "(#n0 > :v0 OR #n0 < :v1) AND attribute_exists(#n1)",
            "total note",
            "1 0",
        ),
        (
            !(Order::TOTAL.between(1, 2) | Order::PAID.eq(1)),
            "NOT ((#n0 BETWEEN :v0 AND :v1) OR #n1 = :v0)",
            "total paid",
            "1 2",
        ),
    ] {
        let shown = format!("{condition:?}");
        assert_eq!(text(condition), (expected.to_owned(), names.to_owned(), values.to_owned()));
        assert!(shown.contains(expected) && !shown.contains("Rome"), "{shown}");
    }
    assert_eq!(
        format!("{:?}", path("a.b[1][2].c").eq("secret")),
        r##"Condition(#n0.#n1[1][2].#n2 = :v0 ["a", "b", "c"])"##
    );
    // The expressions of one request share their expression attribute names and values.
    let query = Order::query("u").filter(Order::TOTAL.gt(1)).filter(Order::NOTE.eq("u")).into_request().unwrap();
    assert_eq!(query.key_condition_expression(), Some("#n0 = :v0 AND begins_with(#n1, :v1)"));
    assert_eq!(query.filter_expression(), Some("#n2 > :v2 AND #n3 = :v3"));
    let scan = Other::scan().filter(Other::N.gt(1)).into_request().unwrap();
    assert_eq!(scan.filter_expression(), Some("(attribute_not_exists(#n0) OR #n0 IN (:v0)) AND #n1 > :v1"));
}

async fn a_put_fails_if_its_condition_is_not_met(env: Env) {
    let table = env.table::<Base>().await;
    order("o", 5).create().on(&table).await.unwrap();
    let put = |total| order("o", total).put();
    put(6).condition(Order::TOTAL.lt(6)).on(&table).await.unwrap();
    let error = put(7).condition(Order::TOTAL.lt(6)).on(&table).await.unwrap_err();
    assert!(error.is_condition_failed() && !error.is_already_exists());
    assert_eq!(error.to_string(), "put Order USER#u-1 / ORDER#o: the condition given with `condition` was not met");
    // Two conditions must both be met.
    let error = put(7).condition(Order::TOTAL.eq(6)).condition(Order::PAID.eq(0)).on(&table).await.unwrap_err();
    assert!(error.is_condition_failed());
    assert_eq!(Order::get(("u-1", "o")).on(&table).await.unwrap().unwrap().total, 6);
    // A comparison with an attribute of a missing item is false.
    assert!(order("new", 1).put().condition(Order::TOTAL.ge(0)).on(&table).await.is_err());
    order("new", 1).put().condition(Order::TOTAL.not_exists()).on(&table).await.unwrap();
}

async fn a_delete_fails_if_its_condition_is_not_met(env: Env) {
    let table = env.table::<Base>().await;
    order("o", 5).create().on(&table).await.unwrap();
    let delete = || Order::delete(("u-1", "o"));
    assert!(delete().condition(Order::STATUS.eq("SHUT")).on(&table).await.unwrap_err().is_condition_failed());
    assert!(Order::exists(("u-1", "o")).on(&table).await.unwrap());
    delete().condition(path("status").eq("OPEN")).on(&table).await.unwrap();
    assert!(!Order::exists(("u-1", "o")).on(&table).await.unwrap());
}

/// Each condition is met, and its negation is not.
async fn every_operator_is_evaluated_by_the_engine(env: Env) {
    let table = env.table::<Base>().await;
    order("o", 5).create().on(&table).await.unwrap();
    let conditions: Vec<fn() -> Condition<Order>> = vec![
        || Order::TOTAL.eq(5),
        || Order::TOTAL.ne(6),
        || Order::TOTAL.lt(6),
        || Order::TOTAL.le(5),
        || Order::TOTAL.gt(4),
        || Order::TOTAL.ge(5),
        || Order::TOTAL.lt(Order::PAID),
        || Order::TOTAL.between(5, 6),
        || Order::STATUS.in_((0..99).map(|n| n.to_string()).chain(["OPEN".to_owned()])),
        || Order::STATUS.begins_with("OP"),
        || Order::STATUS.contains("PE"),
        || Order::TAGS.contains("red"),
        || Order::LINES.contains(Address { city: "Oslo".into(), zip: 2 }),
        || Order::TAGS.size().eq(2),
        || Order::STATUS.size().lt(5),
        || Order::TAGS.is_type(AttributeType::Ss),
        || Order::ADDRESS.is_type(AttributeType::M),
        || Order::NOTE.not_exists(),
        || Order::NOTE.eq(None),
        || Order::CREATED_AT.between(time(), time()),
        || Order::ADDRESS.path("zip").gt(70000),
        || Order::LINES.path("[1].city").eq("Oslo"),
        || Order::COUNTS.key("a.b").eq(3),
        || Order::ADDRESS.eq(Address { city: "Paris".into(), zip: 75000 }),
        || Order::TOTAL.eq(5) & (Order::PAID.eq(1) | Order::PAID.eq(10)),
        || !(Order::TOTAL.eq(4) | Order::TOTAL.eq(6)),
    ];
    for condition in conditions {
        let shown = format!("{:?}", condition());
        order("o", 5).put().condition(condition()).on(&table).await.unwrap_or_else(|error| panic!("{shown}: {error}"));
        let opposite = order("o", 5).put().condition(!condition()).on(&table).await;
        assert!(opposite.is_err_and(|error| error.is_condition_failed()), "{shown}");
    }
}

async fn none_matches_a_missing_attribute_and_null(env: Env) {
    let table = env.table::<Base>().await;
    order("absent", 1).put().on(&table).await.unwrap();
    Order { note: Some("x".into()), ..order("some", 2) }.put().on(&table).await.unwrap();
    // PynamoDB may write `None` as NULL.
    let mut item = order("null", 3).to_item().unwrap().into_inner();
    item.insert("note".into(), AttributeValue::Null(true));
    let item: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &item).await;
    let totals = |condition| async {
        let found = Order::query("u-1").filter(condition).on(&table).all().await.unwrap();
        let mut totals: Vec<u32> = found.into_iter().map(|order| order.total).collect();
        totals.sort_unstable();
        totals
    };
    assert_eq!(totals(Order::NOTE.eq(None)).await, [1, 3]);
    assert_eq!(totals(Order::NOTE.ne(None)).await, [2]);
    assert_eq!(totals(Order::NOTE.eq("x")).await, [2]);
}

async fn filled(env: &Env) -> (monotable::Connection, crate::support::case::Requests) {
    let (table, requests) = env.counted::<Base>().await;
    for total in 0..30 {
        order(&format!("o-{total:02}"), total).put().on(&table).await.unwrap();
        Other { user_id: "u-1".into(), n: total }.put().on(&table).await.unwrap();
    }
    requests.take();
    (table, requests)
}

async fn a_filter_returns_only_matching_items(env: Env) {
    let (table, requests) = filled(&env).await;
    let large = Order::query("u-1").filter(Order::TOTAL.ge(25)).on(&table).all().await.unwrap();
    assert_eq!(large.iter().map(|order| order.total).collect::<Vec<_>>(), [25, 26, 27, 28, 29]);
    assert_eq!(requests.take(), 1);
    assert_eq!(Order::query("u-1").filter(Order::TOTAL.ge(25)).on(&table).count().await.unwrap(), 5);
    assert_eq!(Order::scan().filter(Order::TOTAL.lt(3)).on(&table).count().await.unwrap(), 3);
    // A filter on items of all entities.
    let all = Base::query("USER#u-1").filter(path("n").lt(2) | path("total").lt(2)).on(&table).all().await.unwrap();
    assert_eq!(all.len(), 4);
    let first = Order::gsi1().query("OPEN").filter(Order::PAID.eq(10)).descending().on(&table).first().await.unwrap();
    assert_eq!(first.unwrap().total, 29);
}

async fn a_limit_counts_items_after_filtering(env: Env) {
    let (table, requests) = filled(&env).await;
    let query = || Order::query("u-1").filter(Order::TOTAL.ge(20));
    let page = query().limit(3).on(&table).page().await.unwrap();
    assert_eq!(page.items.iter().map(|order| order.total).collect::<Vec<_>>(), [20, 21, 22]);
    assert_eq!(requests.take(), 1, "the page must take one request");
    let rest = query().start_at(page.next).on(&table).all().await.unwrap();
    assert_eq!(rest.len(), 7);
    assert_eq!(query().limit(4).on(&table).count().await.unwrap(), 4);
}

/// Attribute names that are reserved words, or contain dots, spaces or `#`.
async fn attribute_names_may_contain_any_character(env: Env) {
    let table = env.table::<Base>().await;
    let item = order("o", 1).to_item().unwrap();
    let mut item: Vec<(String, AttributeValue)> = item.into_inner().into_iter().collect();
    item.extend([("size".into(), s("x")), ("a.b".into(), s("y")), ("#n0 OR".into(), s("z"))]);
    let item: Vec<_> = item.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    put_raw(&table, &item).await;
    let odd = path("size").eq("x") & monotable::Path::named("a.b").eq("y") & monotable::Path::named("#n0 OR").eq("z");
    assert_eq!(Base::scan().filter(odd).on(&table).count().await.unwrap(), 1);
    assert!(get_raw(&table, "USER#u-1", "ORDER#o").await.unwrap().contains_key("a.b"));
}

/// Conditions as deep as monotable accepts. The engine may accept or reject them, but must respond to the next request.
async fn deep_conditions_do_not_crash_the_engine(env: Env) {
    let table = env.table::<Base>().await;
    order("o", 1).put().on(&table).await.unwrap();
    // `!!c` is sent as `c`.
    let doubled = (0..200).fold(Order::TOTAL.eq(1), |inner, _| !inner);
    order("o", 1).put().condition(doubled).on(&table).await.unwrap();
    // Each level has one operator and one `NOT`: 298 operators in total. DynamoDB accepts 300.
    let deep = (0..149).fold(Order::TOTAL.eq(1), |inner, n| match n % 2 {
        0 => !(inner & Order::TOTAL.exists()),
        _ => !(Order::NOTE.exists() | inner),
    });
    let answer = order("o", 1).put().condition(deep).on(&table).await;
    if let Err(error) = answer {
        assert!(matches!(error.kind(), ErrorKind::InvalidRequest | ErrorKind::ConditionFailed), "{error:?}");
    }
    // Expressions that only other clients send, up to the 4 KB that DynamoDB accepts.
    for (open, close) in [("NOT ", ""), ("(", ")"), ("NOT (", ")"), ("(NOT ", ")")] {
        let depth = (4096 - "attribute_exists(pk)".len()) / (open.len() + close.len());
        let text = format!("{}attribute_exists(pk){}", open.repeat(depth), close.repeat(depth));
        let scan = table.client().scan().table_name(table.table_name()).filter_expression(text);
        let _answered_or_refused = scan.send().await;
    }
    assert!(Order::get(("u-1", "o")).on(&table).await.unwrap().is_some());
}

async fn invalid_conditions_are_rejected_before_they_are_sent(env: Env) {
    let (table, requests) = env.counted::<Base>().await;
    let many = |count: usize| (0..count).map(|n| Order::TOTAL.ne(n as u32)).reduce(|all, one| all & one).unwrap();
    let put = |condition| order("o", 1).put().condition(condition).on(&table).send();
    for (condition, message) in [
        (Order::STATUS.in_(Vec::<String>::new()), "`in_` has 0 values; give it 1 to 100"),
        (Order::TOTAL.in_(0..101), "`in_` has 101 values; give it 1 to 100"),
        (Order::NOTE.gt(None), "use `exists` or `not_exists`"),
        (many(151), "the condition has 301 operators; DynamoDB accepts at most 300"),
        (Order::ADDRESS.path("city..zip").exists(), "`city..zip` is not a valid path; write it like `address.city`"),
        (Order::ADDRESS.path("city[x]").exists(), "`city[x]` is not a valid path"),
        (
            Order::ADDRESS.path("zip").eq(f64::NAN),
            "cannot serialize a value of an expression: is not a number that DynamoDB accepts",
        ),
    ] {
        let error = put(condition).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidRequest | ErrorKind::Encode), "{error:?}");
        assert!(error.to_string().contains(message), "{error}");
    }
    // DynamoDB does not accept key attributes of the queried index in a filter.
    let error = Order::gsi1().query("OPEN").filter(path("gsi1sk").gt("x")).on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("the filter uses `gsi1sk`, a key of this query"), "{error}");
    assert!(Base::query("USER#u-1").filter(path("sk").gt("x")).on(&table).all().await.is_err());
    assert_eq!(requests.take(), 0);
    // A filter of an index query or of a scan may contain the primary key attributes.
    assert_eq!(Base::gsi1().query("STATUS#OPEN").filter(path("sk").gt("x")).on(&table).all().await.unwrap(), []);
    assert_eq!(Base::scan().filter(path("sk").gt("x")).on(&table).all().await.unwrap(), []);
}
