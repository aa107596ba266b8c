//! Fields that are key attributes themselves (of types S, N and B), and tables without discriminators.

use monotable::aws::types::AttributeValue;
use monotable::{B, Cursor, Entity, ErrorKind, Item, Projection, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, get_raw, put_raw, s};

cases![
    a_field_that_is_an_index_key_is_stored_once,
    updating_a_field_that_is_an_index_key_moves_the_item,
    sort_conditions_on_a_numeric_key_compare_numbers,
    a_binary_field_can_be_an_index_key,
    empty_and_too_long_index_keys_are_rejected,
    an_index_that_does_not_project_the_discriminator_can_be_read,
    a_table_without_discriminators_supports_every_operation,
    without_discriminators_an_item_with_an_unknown_key_is_an_unknown_item,
    without_discriminators_typed_reads_return_only_their_entity,
];

fn n(number: &str) -> AttributeValue {
    AttributeValue::N(number.into())
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "own-keys" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "customer", "name": "by_customer", "partitionKey": "customer_id", "sortKey": "placed_at" },
        { "indexName": "score", "name": "by_score",
          "partitionKey": "game", "sortKey": { "name": "score", "type": "N" } },
        { "indexName": "hash", "name": "by_hash", "partitionKey": { "name": "hash", "type": "B" } },
        { "indexName": "email", "name": "by_email", "partitionKey": "email", "projection": ["name"] } ] }
}"#)]
enum Shop {
    Order(Order),
    Score(Score),
    File(File),
    Person(Person),
    Contact(Contact),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "CONTACT#{id}", sk = "CONTACT", by_email(pk = "{email}"))]
struct Contact {
    #[entity(key_only)]
    id: String,
    email: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Shop,
    pk = "ORDER#{id}",
    sk = "ORDER#{id}",
    by_customer(pk = "{customer_id}", sk = "{placed_at}", name = "list_by_customer"),
)]
struct Order {
    id: String,
    customer_id: Option<String>,
    placed_at: String,
    total: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Shop,
    pk = "GAME#{game}",
    sk = "PLAYER#{player}",
    by_score(pk = "{game}", sk = "{score}", name = "ranking"),
)]
struct Score {
    game: String,
    player: String,
    score: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "FILE#{path..}", sk = "FILE", by_hash(pk = "{hash}", name = "list_by_hash"))]
struct File {
    path: String,
    hash: B,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Shop, pk = "PERSON#{id}", sk = "PERSON", by_email(pk = "{email}"))]
struct Person {
    id: String,
    email: String,
    name: String,
    #[serde(default)]
    notes: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Projection)]
#[projection(of = Person)]
struct NameOf {
    email: String,
    name: String,
}

fn order(id: &str, customer: Option<&str>, placed_at: &str) -> Order {
    Order { id: id.into(), customer_id: customer.map(Into::into), placed_at: placed_at.into(), total: 1 }
}

async fn a_field_that_is_an_index_key_is_stored_once(env: Env) {
    let table = env.table::<Shop>().await;
    // The field is not part of a template, so it may contain the delimiter.
    let one = order("1", Some("c#1"), "2026-11-20");
    assert_eq!(one.create().on(&table).await.unwrap(), one);
    Shop::batch_write().put(&order("2", Some("c#1"), "2026-11-21")).on(&table).await.unwrap();
    Shop::transact_write().put(&order("3", None, "2026-11-22")).on(&table).await.unwrap();

    let stored = get_raw(&table, "ORDER#1", "ORDER#1").await.unwrap();
    let mut names: Vec<_> = stored.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["customer_id", "entity_type", "id", "pk", "placed_at", "sk", "total"]);
    assert_eq!(stored.as_ref()["customer_id"], s("c#1"));

    assert_eq!(Order::get("1").on(&table).await.unwrap(), Some(one.clone()));
    let days = |orders: Vec<Order>| orders.into_iter().map(|order| order.placed_at).collect::<Vec<_>>();
    assert_eq!(days(Order::list_by_customer("c#1").on(&table).all().await.unwrap()), ["2026-11-20", "2026-11-21"]);
    let later = Order::list_by_customer("c#1").gt("2026-11-20").on(&table).all().await.unwrap();
    assert_eq!(days(later), ["2026-11-21"]);
    let november = Order::by_customer().query("c#1").begins_with("2026-11").on(&table).count().await.unwrap();
    assert_eq!(november, 2);
    // An order without a customer is not in the index. Its sort key stays, because it is a field.
    assert_eq!(Order::by_customer().scan().on(&table).count().await.unwrap(), 2);
    assert_eq!(get_raw(&table, "ORDER#3", "ORDER#3").await.unwrap().as_ref()["placed_at"], s("2026-11-22"));

    // A page's cursor starts the next page.
    let first = Order::list_by_customer("c#1").limit(1).on(&table).page().await.unwrap();
    let rest = Order::list_by_customer("c#1").start_at(first.next).on(&table).all().await.unwrap();
    assert_eq!(days(rest), ["2026-11-21"]);
    // An item written by another program is in the index too.
    let item = [
        ("pk", s("ORDER#4")),
        ("sk", s("ORDER#4")),
        ("entity_type", s("Order")),
        ("id", s("4")),
        ("customer_id", s("c2")),
        ("placed_at", s("x")),
        ("total", n("2")),
    ];
    put_raw(&table, &item).await;
    assert_eq!(Shop::by_customer().query("c2").on(&table).all().await.unwrap().len(), 1);
}

async fn updating_a_field_that_is_an_index_key_moves_the_item(env: Env) {
    let table = env.table::<Shop>().await;
    let one = order("1", Some("a"), "2026-11-20").create().on(&table).await.unwrap();
    let one = Order::update(&one).set(Order::CUSTOMER_ID, Some("b".to_owned())).on(&table).await.unwrap();
    assert_eq!(Order::list_by_customer("a").on(&table).count().await.unwrap(), 0);
    assert_eq!(Order::list_by_customer("b").on(&table).all().await.unwrap(), [one]);
    // An update by key needs no other values.
    Order::update("1").set(Order::CUSTOMER_ID, None).on(&table).await.unwrap();
    assert_eq!(Order::list_by_customer("b").on(&table).count().await.unwrap(), 0);
    let upsert = Order::update("2").set(Order::CUSTOMER_ID, Some("b".to_owned())).set(Order::PLACED_AT, "2026");
    upsert.set(Order::TOTAL, 5).upsert().on(&table).await.unwrap();
    assert_eq!(Order::list_by_customer("b").on(&table).one().await.unwrap().total, 5);

    // `add` works on a number that is an index key.
    Score { game: "go".into(), player: "ann".into(), score: 9 }.put().on(&table).await.unwrap();
    let score = Score::update(("go", "ann")).add(Score::SCORE, 2).on(&table).await.unwrap();
    assert_eq!((score.score, Score::ranking("go").ge(11).on(&table).count().await.unwrap()), (11, 1));
}

async fn sort_conditions_on_a_numeric_key_compare_numbers(env: Env) {
    let table = env.table::<Shop>().await;
    for (player, score) in [("a", -5), ("b", 9), ("c", 10), ("d", 100)] {
        Score { game: "go".into(), player: player.into(), score }.put().on(&table).await.unwrap();
    }
    assert_eq!(get_raw(&table, "GAME#go", "PLAYER#a").await.unwrap().as_ref()["score"], n("-5"));
    let players = |scores: Vec<Score>| scores.into_iter().map(|score| score.player).collect::<String>();
    let ranking = || Score::ranking("go").on(&table);
    assert_eq!(players(ranking().all().await.unwrap()), "abcd");
    assert_eq!(players(ranking().ge(10).all().await.unwrap()), "cd");
    assert_eq!(players(ranking().lt(10).all().await.unwrap()), "ab");
    assert_eq!(players(ranking().between(-10, 9).all().await.unwrap()), "ab");
    assert_eq!(players(ranking().between(9, 100).descending().all().await.unwrap()), "dcb");
    assert_eq!(players(ranking().eq(10).all().await.unwrap()), "c");
    assert_eq!(players(ranking().descending().limit(2).all().await.unwrap()), "dc");
    // A page's cursor contains the number, also as text.
    let first = ranking().limit(2).page().await.unwrap();
    let token = first.next.unwrap().to_string();
    assert_eq!(players(ranking().start_at(token.parse::<Cursor>().unwrap()).all().await.unwrap()), "cd");
    let error = ranking().begins_with(1).all().await.unwrap_err();
    assert!(error.to_string().contains("use `eq`, `ge` or `between`"), "{error}");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
}

async fn a_binary_field_can_be_an_index_key(env: Env) {
    let table = env.table::<Shop>().await;
    let file = File { path: "a/b".into(), hash: B(vec![0, 255, 16]) };
    file.put().on(&table).await.unwrap();
    let stored = get_raw(&table, "FILE#a/b", "FILE").await.unwrap();
    assert_eq!(stored.as_ref()["hash"], AttributeValue::B(monotable::aws::primitives::Blob::new([0, 255, 16])));
    let of = |hash: &[u8]| File::list_by_hash(B(hash.to_vec())).on(&table);
    assert_eq!(of(&[0, 255, 16]).all().await.unwrap(), std::slice::from_ref(&file));
    assert_eq!(of(&[0, 255]).count().await.unwrap(), 0);
    // A page's cursor contains the bytes, also as text.
    File { path: "c".into(), ..file.clone() }.put().on(&table).await.unwrap();
    let first = of(&[0, 255, 16]).limit(1).page().await.unwrap();
    let token = first.next.unwrap().to_string();
    let rest = of(&[0, 255, 16]).start_at(token.parse::<Cursor>().unwrap()).all().await.unwrap();
    assert_eq!((rest.len(), rest[0] == first.items[0]), (1, false));
    // An update moves the item, by its key and as a loaded entity.
    let moved = File::update("a/b").set(File::HASH, B(vec![1])).on(&table).await.unwrap();
    assert_eq!(of(&[1]).all().await.unwrap(), std::slice::from_ref(&moved));
    File::update(&moved).set(File::HASH, B(vec![2])).on(&table).await.unwrap();
    assert_eq!((of(&[1]).count().await.unwrap(), of(&[2]).count().await.unwrap()), (0, 1));
}

async fn empty_and_too_long_index_keys_are_rejected(env: Env) {
    let table = env.table::<Shop>().await;
    let error = order("1", Some(""), "x").put().on(&table).await.unwrap_err();
    assert_eq!((error.kind(), error.attribute_name()), (ErrorKind::InvalidKey, Some("customer_id")), "{error}");
    let long = "x".repeat(1025);
    let error = order("1", Some("a"), &long).create().on(&table).await.unwrap_err();
    assert!(error.to_string().contains("1025 bytes; DynamoDB allows at most 1024"), "{error}");
    order("1", Some("a"), "x").put().on(&table).await.unwrap();
    let error = Order::update("1").set(Order::PLACED_AT, "").on(&table).await.unwrap_err();
    assert_eq!((error.kind(), error.attribute_name()), (ErrorKind::InvalidKey, Some("placed_at")), "{error}");
}

async fn an_index_that_does_not_project_the_discriminator_can_be_read(env: Env) {
    let table = env.table::<Shop>().await;
    let person = Person { id: "1".into(), email: "a@x".into(), name: "Ann".into(), notes: Some("long".into()) };
    person.put().on(&table).await.unwrap();
    // The index projects only `name`, so monotable recognizes the entity by the item's key.
    let names = Person::by_email().query("a@x").select::<NameOf>().on(&table).all().await.unwrap();
    assert_eq!(names, [NameOf { email: "a@x".into(), name: "Ann".into() }]);
    assert_eq!(Person::by_email().query("a@x").on(&table).count().await.unwrap(), 1);
    // The index does not contain the whole entity.
    let error = Person::by_email().query("a@x").on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("does not store `id` of `Person`"), "{error}");
    // It contains every attribute of this entity, except the discriminator.
    let contact = Contact { id: "1".into(), email: "c@x".into(), name: "Cid".into() };
    contact.put().on(&table).await.unwrap();
    let found = Contact::by_email().query("c@x").on(&table).all().await.unwrap();
    assert_eq!(found, [contact]);
    // The enum of the table needs the discriminator.
    let error = Shop::by_email().query("c@x").on(&table).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingDiscriminator, "{error}");
}

/// A table whose items have no discriminator.
#[derive(Debug, Clone, PartialEq, Table)]
#[table(
    no_discriminator,
    config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "plain" },
    "tableConfig": { "partitionKey": "PK", "sortKey": "SK", "globalSecondaryIndexes": [
        { "indexName": "state", "name": "by_state", "partitionKey": "state", "sortKey": "SK" },
        { "indexName": "note", "name": "by_note", "partitionKey": "note", "sortKey": "at" } ] }
}"#
)]
enum Plain {
    Customer(Customer),
    Invoice(Invoice),
    Credit(Credit),
    #[table(unknown)]
    Unknown(Item),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Plain, pk = "C#{id}", sk = "PROFILE")]
struct Customer {
    #[entity(key_only)]
    id: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = Plain,
    pk = "C#{customer}",
    sk = "INV#{number}",
    by_state(pk = "{state}", sk = "INV#{number}", name = "list_by_state"),
)]
struct Invoice {
    #[entity(key_only)]
    customer: String,
    #[entity(key_only)]
    number: String,
    state: String,
}

fn invoice(number: &str) -> Invoice {
    Invoice { customer: "1".into(), number: number.into(), state: "OPEN".into() }
}

async fn a_table_without_discriminators_supports_every_operation(env: Env) {
    let table = env.table::<Plain>().await;
    let customer = Customer { id: "1".into(), name: "Ann".into() };
    customer.create().on(&table).await.unwrap();
    invoice("1").put().on(&table).await.unwrap();
    Plain::batch_write().put(&invoice("2")).on(&table).await.unwrap();
    Plain::transact_write().create(&invoice("3")).on(&table).await.unwrap();
    Plain::transact_write().create(&invoice("5")).on(&table).await.unwrap();
    Plain::transact_write().delete(Invoice::key(("1", "5"))).on(&table).await.unwrap();
    Invoice::update(("1", "4")).set(Invoice::STATE, "OPEN").upsert().on(&table).await.unwrap();

    let all = Plain::query("C#1").on(&table).all().await.unwrap();
    let expected = ["1", "2", "3", "4"].map(|number| Plain::Invoice(invoice(number)));
    assert_eq!(all[..4], expected);
    assert_eq!(all[4], Plain::Customer(customer.clone()));
    assert_eq!(Customer::get("1").on(&table).await.unwrap(), Some(customer.clone()));
    assert_eq!(Invoice::query("1").on(&table).all().await.unwrap().len(), 4);
    assert_eq!(Invoice::list_by_state("OPEN").ge("3").on(&table).count().await.unwrap(), 2);
    assert_eq!(Plain::by_state().query("OPEN").on(&table).all().await.unwrap().len(), 4);
    // DynamoDB cannot filter by entity here, so monotable checks the key of each item.
    assert_eq!(Customer::scan().on(&table).all().await.unwrap(), std::slice::from_ref(&customer));
    assert_eq!(Invoice::scan().on(&table).count().await.unwrap(), 4);
    let both = Plain::batch_get([Customer::key("1"), Invoice::key(("1", "9"))]).on(&table).await.unwrap();
    assert_eq!(both, [Some(Plain::Customer(customer.clone())), None]);
    let (read, _) = Plain::transact_get((Customer::get("1"), Invoice::get(("1", "1")))).on(&table).await.unwrap();
    assert_eq!(read, Some(customer.clone()));

    let paid = Invoice::update(&invoice("1")).set(Invoice::STATE, "PAID").on(&table).await.unwrap();
    assert_eq!(Invoice::list_by_state("PAID").on(&table).all().await.unwrap(), std::slice::from_ref(&paid));
    let error = Invoice::update(("1", "9")).set(Invoice::STATE, "PAID").on(&table).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(invoice("1").create().on(&table).await.unwrap_err().is_already_exists());
    assert!(Invoice::exists(("1", "1")).on(&table).await.unwrap());
    Invoice::delete(&paid).on(&table).await.unwrap();
    Plain::transact_write()
        .delete(&invoice("2"))
        .check(Customer::check("1").condition(Customer::NAME.eq("Ann")))
        .update(Invoice::update(("1", "3")).set(Invoice::STATE, "PAID"))
        .on(&table)
        .await
        .unwrap();
    assert_eq!(Invoice::query("1").on(&table).count().await.unwrap(), 2);
    let raw = table.client().scan().table_name(table.table_name()).send().await.unwrap();
    assert!(raw.items().iter().all(|item| !item.contains_key("entity_type") && !item.contains_key("")));
}

async fn without_discriminators_an_item_with_an_unknown_key_is_an_unknown_item(env: Env) {
    let table = env.table::<Plain>().await;
    let item = [("PK", s("C#1")), ("SK", s("NOTE#1"))];
    let request = table.client().put_item().table_name(table.table_name());
    let request = item.into_iter().fold(request, |request, (name, value)| request.item(name, value));
    request.send().await.unwrap();
    let all = Plain::query("C#1").on(&table).all().await.unwrap();
    assert!(matches!(&all[..], [Plain::Unknown(_)]), "{all:?}");
    let error = Invoice::from_item(all[0].clone().into_unknown()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownEntity, "{error}");
}

impl Plain {
    fn into_unknown(self) -> Item {
        match self {
            Self::Unknown(item) => item,
            other => panic!("{other:?}"),
        }
    }
}

/// An entity whose index keys are fields without a prefix, so items of other entities can be in the same partition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Plain, pk = "C#{customer}", sk = "CREDIT#{number}", by_note(pk = "{note}", sk = "{at}"))]
struct Credit {
    #[entity(key_only)]
    customer: String,
    #[entity(key_only)]
    number: String,
    note: String,
    at: String,
}

async fn without_discriminators_typed_reads_return_only_their_entity(env: Env) {
    let table = env.table::<Plain>().await;
    let credit = Credit { customer: "1".into(), number: "1".into(), note: "n".into(), at: "x".into() };
    credit.put().on(&table).await.unwrap();
    Customer { id: "1".into(), name: "Ann".into() }.put().on(&table).await.unwrap();
    // An item of another program in the same partition of the index.
    let request = table.client().put_item().table_name(table.table_name());
    let item = [("PK", "C#1"), ("SK", "NOTE#1"), ("note", "n"), ("at", "y")];
    let request = item.into_iter().fold(request, |request, (name, value)| request.item(name, s(value)));
    request.send().await.unwrap();

    assert_eq!(Plain::by_note().query("n").on(&table).all().await.unwrap().len(), 2);
    let index = || Plain::by_note().query("n").only::<Credit>().on(&table);
    assert_eq!((index().all().await.unwrap(), index().count().await.unwrap()), (vec![credit.clone()], 1));
    let scan = || Plain::scan().only::<Customer>().on(&table);
    assert_eq!((scan().all().await.unwrap().len(), scan().count().await.unwrap()), (1, 1));
}
