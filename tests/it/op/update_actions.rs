//! Update actions, upserts, and the values that updates return.

use std::collections::{BTreeMap, BTreeSet};

use monotable::op::Update;
use monotable::{Entity, ErrorKind, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases, get_raw, n, put_raw, s};
use crate::support::ledger::{Account, Counter, Session, account, counter, table};

cases![
    add_and_increment_change_numbers,
    add_and_delete_change_sets,
    append_and_prepend_change_lists,
    actions_change_parts_of_attributes,
    if_not_exists_sets_only_a_missing_attribute,
    an_update_can_return_new_old_updated_or_nothing,
    an_upsert_creates_a_complete_item,
    an_upsert_without_all_required_fields_is_rejected,
    an_upsert_of_a_stale_entity_is_rejected,
    an_upsert_stores_the_fields_of_its_index_keys,
    an_upsert_of_an_index_key_with_created_at_and_another_field_is_rejected,
    updates_render_to_expressions,
    invalid_updates_are_rejected_before_they_are_sent,
    an_update_of_a_part_of_a_missing_attribute_is_explained,
];

fn update() -> Update<Counter> {
    Counter::update("c")
}

fn set(elements: &[&str]) -> BTreeSet<String> {
    elements.iter().map(|element| (*element).to_owned()).collect()
}

async fn add_and_increment_change_numbers(env: Env) {
    let (table, _) = table(&env).await;
    counter("c").create().on(&table).await.unwrap();
    let changed = update().add(Counter::N, 5).add(Counter::SCORE, -3_i64).on(&table).await.unwrap();
    assert_eq!((changed.n, changed.score), (5, Some(-3)));
    let changed = update().increment(Counter::N, 2_u8).increment(Counter::SCORE, 4).on(&table).await.unwrap();
    assert_eq!((changed.n, changed.score), (7, Some(1)));
    update().remove(Counter::SCORE).on(&table).await.unwrap();
    let changed = update().increment(Counter::SCORE, 9).add(Counter::N, -7).on(&table).await.unwrap();
    assert_eq!((changed.n, changed.score), (0, Some(9)));
    // A result that does not fit the type of the field is rejected.
    for refused in [update().add(Counter::N, -1), update().increment(Counter::N, -1)] {
        let error = refused.on(&table).await.unwrap_err();
        assert_eq!((error.is_condition_failed(), error.attribute_name()), (true, Some("n")), "{error}");
    }
    for (start, refused) in [(i32::MAX, 1), (i32::MIN, -1)] {
        update().set(Counter::SCORE, start).on(&table).await.unwrap();
        let error = update().add(Counter::SCORE, refused).on(&table).await.unwrap_err();
        assert!(error.to_string().contains("the result would not fit the type of the field"), "{error}");
        update().add(Counter::SCORE, -refused).on(&table).await.unwrap();
    }
    // So is a fraction, whatever the item contains.
    for refused in [update().add(Counter::N, 0.5), update().increment(Counter::SCORE, -1.5).without_range_checks()] {
        let error = refused.on(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
        assert!(error.to_string().contains("only a whole number can be added"), "{error}");
    }
    update().add(Counter::N, 2.0).on(&table).await.unwrap();
    let changed = update().increment(Counter::N, -2.0).on(&table).await.unwrap();
    assert_eq!(changed.n, 0);
    // Without range checks the update is applied, and the error says so.
    let unchecked = update().add(Counter::N, -1).without_range_checks();
    let error = unchecked.on(&table).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Decode && error.is_write_applied(), "{error}");
    let shown = error.to_string();
    assert!(shown.starts_with("update Counter COUNTER#c / COUNTER: attribute `n`: the write was applied"), "{shown}");
}

async fn add_and_delete_change_sets(env: Env) {
    let (table, requests) = table(&env).await;
    counter("c").create().on(&table).await.unwrap();
    let changed = update().add(Counter::TAGS, ["a", "b"]).on(&table).await.unwrap();
    assert_eq!(changed.tags, set(&["a", "b"]));
    let changed = update().add(Counter::TAGS, set(&["b", "c"])).on(&table).await.unwrap();
    assert_eq!(changed.tags, set(&["a", "b", "c"]));
    let changed = update().delete(Counter::TAGS, ["a", "x"]).on(&table).await.unwrap();
    assert_eq!(changed.tags, set(&["b", "c"]));
    // Deleting the last element removes the attribute.
    let changed = update().delete(Counter::TAGS, vec!["b".to_owned(), "c".to_owned()]).on(&table).await.unwrap();
    assert_eq!(changed.tags, set(&[]));
    assert!(!get_raw(&table, "COUNTER#c", "COUNTER").await.unwrap().contains_key("tags"));
    requests.take();
    // Adding an empty set changes nothing.
    let none: [&str; 0] = [];
    let changed = update().add(Counter::TAGS, none).add(Counter::N, 1).on(&table).await.unwrap();
    assert_eq!((changed.n, requests.take()), (1, 1));
    let error = update().add(Counter::TAGS, none).on(&table).await.unwrap_err();
    assert!(error.to_string().contains("the update changes nothing"), "{error}");
    assert_eq!(requests.take(), 0);
}

async fn append_and_prepend_change_lists(env: Env) {
    let (table, _) = table(&env).await;
    counter("c").create().on(&table).await.unwrap();
    update().remove_at(Counter::LOG.path("[0]")).on(&table).await.unwrap();
    let changed = update().append(Counter::LOG, ["b", "c"]).on(&table).await.unwrap();
    assert_eq!(changed.log, ["b", "c"]);
    let changed = update().prepend(Counter::LOG, ["a".to_owned()]).on(&table).await.unwrap();
    assert_eq!(changed.log, ["a", "b", "c"]);
    let changed =
        update().remove_at(Counter::LOG.index(1)).set_at(Counter::LOG.index(2), "z").on(&table).await.unwrap();
    assert_eq!(changed.log, ["a", "z"]);
}

async fn actions_change_parts_of_attributes(env: Env) {
    let (table, _) = table(&env).await;
    let by = BTreeMap::from([("eu.west".to_owned(), 1), ("size".to_owned(), 2)]);
    Counter { by, ..counter("c") }.create().on(&table).await.unwrap();
    // The keys of a map may contain a dot or be a reserved word.
    let changed = update()
        .increment_at(Counter::BY.key("eu.west"), 10)
        .add_at(Counter::BY.key("size"), -2)
        .if_not_exists_at(Counter::BY.key("new"), 7)
        .on(&table)
        .await
        .unwrap();
    let expected = [("eu.west", 11), ("new", 7), ("size", 0)].map(|(name, number)| (name.to_owned(), number));
    assert_eq!(changed.by, BTreeMap::from(expected));
    let changed = update().increment_at(Counter::BY.key("more"), 1).if_not_exists_at(Counter::BY.key("new"), 8);
    let changed = changed.on(&table).await.unwrap();
    assert_eq!((changed.by["more"], changed.by["new"]), (1, 7));
    // Setting an index after the end of a list appends the value.
    let changed = update().set_at(Counter::LOG.index(9), "x").on(&table).await.unwrap();
    assert_eq!(changed.log, ["x"]);
    // The parent `a` does not exist.
    let error = update().set_at(Counter::BY.path("a.b"), 1).on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

async fn if_not_exists_sets_only_a_missing_attribute(env: Env) {
    let (table, _) = table(&env).await;
    counter("c").create().on(&table).await.unwrap();
    let changed = update().if_not_exists(Counter::SCORE, 5).on(&table).await.unwrap();
    assert_eq!(changed.score, Some(5));
    let changed = update().if_not_exists(Counter::SCORE, 6).on(&table).await.unwrap();
    assert_eq!(changed.score, Some(5));
}

async fn an_update_can_return_new_old_updated_or_nothing(env: Env) {
    let (table, _) = table(&env).await;
    let first = counter("c").create().on(&table).await.unwrap();
    let old: Option<Counter> = update().add(Counter::N, 1).returning_old().on(&table).await.unwrap();
    assert_eq!(old, Some(first));
    let item = update().add(Counter::N, 1).set(Counter::SCORE, 4).returning_updated().on(&table).await.unwrap();
    assert_eq!(item, [("n".to_owned(), n(2)), ("score".to_owned(), n(4))].into_iter().collect());
    let nothing: () = update().add(Counter::N, 1).returning_nothing().on(&table).await.unwrap();
    let new: Counter = update().add(Counter::N, 1).on(&table).await.unwrap();
    assert_eq!(((), new.n), (nothing, 4));
    // An update that returns nothing still requires the item.
    let error = Counter::update("x").add(Counter::N, 1).returning_nothing().on(&table).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    let made = Counter::update("x")
        .add(Counter::N, 1)
        .set(Counter::OWNER, None)
        .upsert()
        .returning_old()
        .on(&table)
        .await
        .unwrap();
    assert_eq!(made, None);
}

async fn an_upsert_creates_a_complete_item(env: Env) {
    let (table, _) = table(&env).await;
    let upsert = || update().add(Counter::N, 2).append(Counter::LOG, ["x"]).set(Counter::OWNER, "me").upsert();
    let made = upsert().on(&table).await.unwrap();
    let expected = Counter { n: 2, log: vec!["x".into()], owner: Some("me".into()), ..counter("c") };
    assert_eq!(made, expected);
    let item = get_raw(&table, "COUNTER#c", "COUNTER").await.unwrap();
    assert_eq!((item.get("gsi1pk"), item.get("gsi1sk")), (Some(&s("COUNTER")), Some(&s("me"))));
    assert_eq!((item.get("entity_type"), item.get("id")), (Some(&s("Counter")), Some(&s("c"))));
    let again = upsert().on(&table).await.unwrap();
    assert_eq!((again.n, again.log.len()), (4, 2));
    // An upsert does not change an item that fails its condition or is of another entity.
    let error = upsert().condition(Counter::N.eq(9_u64)).on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConditionFailed);
    put_raw(&table, &[("pk", s("COUNTER#c")), ("sk", s("COUNTER")), ("entity_type", s("Other"))]).await;
    let error = upsert().on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEntity);
}

async fn an_upsert_without_all_required_fields_is_rejected(env: Env) {
    let (table, requests) = table(&env).await;
    let update = || Account::update("a").upsert();
    for (update, message) in [
        (update().set(Account::STATE, "OPEN"), "attribute `balance`: an upsert may create the item"),
        // An index key uses `state`.
        (update().set(Account::BALANCE, 1), "also depends on `state`"),
    ] {
        let error = update.on(&table).await.unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidRequest && error.to_string().contains(message), "{error}");
    }
    let part = Counter::update("c").set(Counter::OWNER, None).set_at(Counter::BY.key("x"), 1).upsert();
    let error = part.on(&table).await.unwrap_err();
    assert!(error.to_string().contains("cannot change `by.x`, a part of an attribute"), "{error}");
    assert_eq!(requests.take(), 0);
}

async fn an_upsert_of_a_stale_entity_is_rejected(env: Env) {
    let (table, _) = table(&env).await;
    let loaded = Counter { owner: Some("me".into()), ..counter("c") };
    let upsert = || Counter::update(&loaded).set(Counter::OWNER, "you").add(Counter::N, 1).upsert();
    let made = upsert().on(&table).await.unwrap();
    assert_eq!((made.owner.as_deref(), made.n), (Some("you"), 1));
    // The stored index key does not match the loaded entity any more.
    let error = upsert().on(&table).await.unwrap_err();
    assert!(error.is_condition_failed(), "{error}");
    let new = account("n");
    let made = Account::update(&new).set(Account::STATE, "NEW").set(Account::BALANCE, 1).upsert().on(&table).await;
    assert_eq!(made.unwrap().version, 1);
}

async fn an_upsert_stores_the_fields_of_its_index_keys(env: Env) {
    let (table, _) = table(&env).await;
    // An upsert of a loaded entity whose item does not exist.
    let loaded = Counter { owner: Some("me".into()), ..counter("c") };
    let made = Counter::update(&loaded).add(Counter::N, 1).upsert().on(&table).await.unwrap();
    assert_eq!(made.owner.as_deref(), Some("me"));
    let keys = |item: &monotable::Item| ["owner", "gsi1pk", "gsi1sk"].map(|name| item.get(name).cloned());
    let item = get_raw(&table, "COUNTER#c", "COUNTER").await.unwrap();
    assert_eq!(keys(&item), keys(&made.to_item().unwrap()));
    let made =
        Counter::update("d").assuming(Counter::OWNER, "you").add(Counter::N, 1).upsert().on(&table).await.unwrap();
    let item = get_raw(&table, "COUNTER#d", "COUNTER").await.unwrap();
    assert_eq!(keys(&item), keys(&made.to_item().unwrap()));
    assert_eq!(item.get("gsi1sk"), Some(&s("you")));
    // A `created_at` given to `assuming` is stored.
    let update = Account::update("a").set(Account::STATE, "S").set(Account::BALANCE, 1);
    let update = update.assuming(Account::CREATED_AT, crate::support::ledger::time(-50)).upsert();
    let made = update.on(&table).await.unwrap();
    assert_eq!(made.created_at, crate::support::ledger::time(-50));
    assert_eq!(get_raw(&table, "ACCOUNT#a", "ACCOUNT").await.unwrap(), made.to_item().unwrap());
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "tickets" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" } ] }
}"#)]
enum Tickets {
    Ticket(Ticket),
}

/// The index key has a required field and `created_at`. With only one of the two, an upsert would be possible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Tickets, pk = "TICKET#{id}", sk = "TICKET", gsi1(pk = "TICKETS", sk = "{kind}#{created_at}"))]
struct Ticket {
    id: String,
    kind: String,
    #[entity(created_at)]
    #[serde(with = "monotable::timestamp")]
    created_at: chrono::DateTime<chrono::Utc>,
}

async fn an_upsert_of_an_index_key_with_created_at_and_another_field_is_rejected(env: Env) {
    let table = env.table::<Tickets>().await;
    let error = Ticket::update("a").set(Ticket::KIND, "bug").upsert().on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(error.to_string().contains("the key of index `gsi1` also depends on `created_at`"), "{error}");
    assert_eq!(Ticket::get("a").on(&table).await.unwrap(), None);
}

async fn updates_render_to_expressions(env: Env) {
    let _ = env;
    let texts = [
        (
            update().add(Counter::N, 1).add(Counter::TAGS, ["a"]).delete(Counter::TAGS, ["b"]),
            Err("`tags` and `tags` overlap"),
        ),
        (update().add(Counter::N, 1).delete(Counter::TAGS, ["b"]), Ok("ADD #n0 :v0 DELETE #n1 :v1")),
        (
            update().increment(Counter::SCORE, 1).append(Counter::LOG, ["x"]).remove(Counter::OWNER),
            Ok("SET #n0 = if_not_exists(#n0, :v1) + :v0, #n1 = list_append(if_not_exists(#n1, :v3), :v2) \
                REMOVE #n2, #n3, #n4"),
        ),
        (
            update().prepend(Counter::LOG, ["x"]).if_not_exists(Counter::SCORE, 1),
            Ok("SET #n0 = list_append(:v0, if_not_exists(#n0, :v1)), #n1 = if_not_exists(#n1, :v2)"),
        ),
        // Equal names and equal values share one placeholder, also with the condition.
        (
            update().set_at(Counter::BY.key("n"), 1).add(Counter::N, 1).condition(Counter::N.lt(1_u64)),
            Ok("SET #n0.#n1 = :v0 ADD #n1 :v0"),
        ),
    ];
    for (update, expected) in texts {
        let request = update.into_request();
        match (request, expected) {
            (Ok(request), Ok(text)) => assert_eq!(request.update_expression(), Some(text)),
            (Err(error), Err(message)) => assert!(error.to_string().contains(message), "{error}"),
            (request, expected) => panic!("{request:?} instead of {expected:?}"),
        }
    }
}

async fn invalid_updates_are_rejected_before_they_are_sent(env: Env) {
    let (table, requests) = table(&env).await;
    let many = (0..160).fold(update(), |update, n| update.increment_at(Counter::BY.key(format!("k{n}")), 1));
    let long = (0..140).fold(update(), |update, n| {
        let path = (0..4).fold(Counter::BY.key(format!("a{n}")), |path, step| path.name(format!("b{step}")));
        update.set_at(path, n)
    });
    for (update, message) in [
        (many, "the update has 320 operators; DynamoDB accepts at most 300"),
        (long, "the update expression has"),
        (
            update().increment_at(Counter::OWNER.path("x"), 1),
            "an index key depends on `owner`; replace the whole attribute",
        ),
        (Counter::update("a#b").add(Counter::N, 1), "delimiter"),
    ] {
        let error = update.on(&table).await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    let error = Session::update("s").upsert().on(&table).await.unwrap_err();
    assert!(error.to_string().contains("the update changes nothing"), "{error}");
    assert_eq!(requests.take(), 0);
}

async fn an_update_of_a_part_of_a_missing_attribute_is_explained(env: Env) {
    let (table, _) = table(&env).await;
    let bare = [("pk", s("COUNTER#c")), ("sk", s("COUNTER")), ("entity_type", s("Counter")), ("id", s("c"))];
    put_raw(&table, &bare).await;
    let error = update().set_at(Counter::BY.key("ann"), 1).on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(
        error.to_string().contains(
            "DynamoDB changes `by.ann` only if the containing map or list exists; set the whole attribute first"
        ),
        "{error}"
    );
    // AWS Support asks for the request id.
    assert!(error.aws_request_id().is_some_and(|id| !id.is_empty()), "{error:?}");
}
