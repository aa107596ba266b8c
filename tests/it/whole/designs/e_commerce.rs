//! A shop with customers, orders and order items.
//!
//! | access pattern | how |
//! |---|---|
//! | create a customer with a unique name and a unique e-mail address | two items, each written with `create` |
//! | a customer with the newest orders | one descending query of the partition `CUSTOMER#..` |
//! | the orders of a customer in a period | the sort key begins with a time |
//! | save, change and remove an address | a map in the customer |
//! | change the state of an order | `put` |
//! | an order with its items | gsi1, whose partition is the order |

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::{DateTime, TimeZone, Utc};
use monotable::{Entity, KeySegment, N, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases};

cases![
    usernames_and_email_addresses_are_unique,
    one_query_returns_a_customer_with_the_newest_orders,
    orders_of_a_period_are_listed,
    addresses_are_saved_and_removed,
    one_query_returns_an_order_with_its_items,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config = "config.json")]
#[allow(clippy::large_enum_variant, reason = "only a few values exist at a time")]
enum Shop {
    Customer(Customer),
    Email(CustomerEmail),
    Order(Order),
    Item(OrderItem),
}

/// A customer. It sorts after the orders of its partition, so a descending query returns it first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "CUSTOMER#{username}", sk = "CUSTOMER#{username}")]
struct Customer {
    #[entity(key_only)]
    username: String,
    email: String,
    #[serde(default)]
    addresses: BTreeMap<String, Address>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Address {
    street: String,
    city: String,
}

/// Reserves an e-mail address for one customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "EMAIL#{email|lower}", sk = "EMAIL#{email|lower}")]
struct CustomerEmail {
    email: String,
    username: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, KeySegment)]
enum State {
    Placed,
    Shipped,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Shop,
    pk = "CUSTOMER#{username}",
    sk = "#ORDER#{placed_at}#{order_id}",
    gsi1(pk = "ORDER#{order_id}", sk = "ORDER#{order_id}"),
)]
struct Order {
    #[entity(key_only)]
    order_id: String,
    #[entity(key_only)]
    username: String,
    #[entity(key_only)]
    #[serde(with = "monotable::timestamp")]
    placed_at: DateTime<Utc>,
    state: State,
    total: N<BigDecimal>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Shop,
    pk = "ORDER#{order_id}#ITEM#{line:04}",
    sk = "ORDER#{order_id}#ITEM#{line:04}",
    gsi1(pk = "ORDER#{order_id}", sk = "ITEM#{line:04}", name = "of_order"),
)]
struct OrderItem {
    #[entity(key_only)]
    order_id: String,
    #[entity(key_only)]
    line: u16,
    product: String,
    quantity: u32,
}

fn customer(username: &str, email: &str) -> Customer {
    Customer { username: username.into(), email: email.into(), addresses: BTreeMap::new() }
}

fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, day, 12, 0, 0).unwrap()
}

fn order(username: &str, number: u32) -> Order {
    Order {
        order_id: format!("o-{number}"),
        username: username.into(),
        placed_at: day(number),
        state: State::Placed,
        total: N(BigDecimal::from(number)),
    }
}

async fn filled(env: &Env) -> monotable::Connection {
    let table = env.table::<Shop>().await;
    customer("ada", "ada@example.com").create().on(&table).await.unwrap();
    for number in 1..=5 {
        order("ada", number).create().on(&table).await.unwrap();
        order("adam", number + 10).create().on(&table).await.unwrap();
    }
    table
}

async fn usernames_and_email_addresses_are_unique(env: Env) {
    let table = env.table::<Shop>().await;
    let email = |email: &str, username: &str| CustomerEmail { email: email.into(), username: username.into() };
    customer("ada", "ada@example.com").create().on(&table).await.unwrap();
    email("ada@example.com", "ada").create().on(&table).await.unwrap();
    assert!(customer("ada", "other@example.com").create().on(&table).await.unwrap_err().is_already_exists());
    // Upper and lower case do not matter.
    assert!(email("Ada@Example.COM", "eve").create().on(&table).await.unwrap_err().is_already_exists());
    let owner = CustomerEmail::get("ADA@example.com").on(&table).await.unwrap().unwrap();
    assert_eq!((owner.email.as_str(), owner.username.as_str()), ("ada@example.com", "ada"));
}

async fn one_query_returns_a_customer_with_the_newest_orders(env: Env) {
    let table = filled(&env).await;
    let page = Shop::query("CUSTOMER#ada").descending().limit(3).on(&table).page().await.unwrap();
    let expected: [Shop; 3] =
        [customer("ada", "ada@example.com").into(), order("ada", 5).into(), order("ada", 4).into()];
    assert_eq!(page.items, expected);
    // Further pages contain only orders.
    let rest: Vec<Order> = Order::query("ada").descending().start_at(page.next).on(&table).all().await.unwrap();
    assert_eq!(rest, [3, 2, 1].map(|number| order("ada", number)));
}

async fn orders_of_a_period_are_listed(env: Env) {
    let table = filled(&env).await;
    let orders = Order::query("ada").between(day(2), day(3)).on(&table).all().await.unwrap();
    assert_eq!(orders, [order("ada", 2), order("ada", 3)]);
    assert_eq!(Order::query("ada").ge(day(4)).on(&table).count().await.unwrap(), 2, "the customer must not be counted");
    assert_eq!(Order::query("ada").gt((day(4), "o-4")).on(&table).one().await.unwrap(), order("ada", 5));
    let found = Order::get(("ada", day(4), "o-4")).on(&table).await.unwrap();
    assert_eq!(found, Some(order("ada", 4)));
}

async fn addresses_are_saved_and_removed(env: Env) {
    let table = filled(&env).await;
    let mut ada = Customer::get("ada").on(&table).await.unwrap().unwrap();
    let address = Address { street: "1 Main Street".into(), city: "London".into() };
    ada.addresses.insert("home".into(), address.clone());
    ada.put().on(&table).await.unwrap();
    assert_eq!(Customer::get("ada").on(&table).await.unwrap().unwrap().addresses["home"], address);
    ada.addresses.clear();
    ada.put().on(&table).await.unwrap();
    assert_eq!(Customer::get("ada").on(&table).await.unwrap(), Some(ada));
}

async fn one_query_returns_an_order_with_its_items(env: Env) {
    let table = filled(&env).await;
    let item = |line, product: &str| OrderItem { order_id: "o-2".into(), line, product: product.into(), quantity: 1 };
    for (line, product) in [(1, "tea"), (2, "pot"), (10, "cup")] {
        item(line, product).create().on(&table).await.unwrap();
    }
    Order { state: State::Shipped, ..order("ada", 2) }.put().on(&table).await.unwrap();
    let all = Shop::gsi1().query("ORDER#o-2").on(&table).all().await.unwrap();
    let expected: Vec<Shop> = vec![
        item(1, "tea").into(),
        item(2, "pot").into(),
        item(10, "cup").into(),
        Order { state: State::Shipped, ..order("ada", 2) }.into(),
    ];
    assert_eq!(all, expected);
    assert_eq!(OrderItem::of_order("o-2").on(&table).all().await.unwrap().len(), 3);
    let order = Order::gsi1().query("o-2").on(&table).one().await.unwrap();
    assert_eq!(order.state, State::Shipped);
}
