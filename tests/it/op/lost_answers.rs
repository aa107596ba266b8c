//! Writes whose response was lost. The caller learns whether the write was applied, or that this is unknown.

use monotable::{Connection, Entity, ErrorKind};

use crate::support::case::{Env, cases};
use crate::support::ledger::{Account, Counter, Ledger, account, at, counter};
use crate::support::proxy::Fault::{self, DropAfter, DropBefore, FailAfter, FailBefore, None as Well, Throttle};
use crate::support::proxy::Proxy;

cases![
    an_applied_create_with_a_lost_response_succeeds,
    a_create_without_a_write_id_has_an_unknown_outcome,
    a_create_of_an_item_that_another_client_created_fails,
    an_applied_versioned_put_with_a_lost_response_succeeds,
    an_applied_versioned_update_with_a_lost_response_succeeds,
    an_applied_update_that_returns_nothing_succeeds,
    a_versioned_delete_with_a_lost_response_has_an_unknown_outcome,
    a_conditional_write_without_a_version_has_an_unknown_outcome,
    an_update_that_adds_is_not_retried,
    throttled_updates_and_updates_that_set_values_are_retried,
    an_update_of_a_list_index_is_not_retried,
    an_upsert_with_a_lost_response_has_an_unknown_outcome,
    a_failed_read_does_not_have_an_unknown_outcome,
    idempotent_requests_are_retried_when_the_connection_ends,
    a_refused_connection_does_not_have_an_unknown_outcome,
];

/// Creates the table. Returns a direct connection, and one through a proxy that injects these faults into its first requests.
async fn through(env: &Env, faults: &'static [Fault]) -> (Connection, Connection) {
    let table = env.table::<Ledger>().await;
    let proxy = Proxy::start(table.endpoint().unwrap(), "", |_, _, number| faults.get(number).copied().unwrap_or(Well));
    let faulty = Connection::new(proxy.await.client(table.client(), 3), table.table_name());
    (at(&table, 0), at(&faulty, 0))
}

async fn an_applied_create_with_a_lost_response_succeeds(env: Env) {
    for faults in [&[DropAfter][..], &[FailAfter], &[DropBefore, FailAfter], &[FailBefore, Throttle]] {
        let (table, faulty) = through(&env, faults).await;
        let created = account("a").create().on(&faulty).await.unwrap();
        assert_eq!(Account::get("a").on(&table).await.unwrap(), Some(created));
        <Ledger as monotable::Table>::drop_table().on(&table).await.unwrap();
    }
}

async fn a_create_without_a_write_id_has_an_unknown_outcome(env: Env) {
    for faults in [&[DropAfter][..], &[FailAfter], &[DropBefore, FailAfter], &[FailBefore, Throttle]] {
        let (table, faulty) = through(&env, faults).await;
        let result = counter("c").create().on(&faulty).await;
        let found = Counter::get("c").on(&table).await.unwrap();
        // The stored item does not show who wrote it, even if its contents are equal.
        match result {
            Ok(created) => assert_eq!(found, Some(created)),
            Err(error) => {
                assert!(error.is_already_exists() && error.is_outcome_unknown(), "{error}");
                assert_eq!(error.conflicting_item::<Counter>().unwrap().unwrap(), found.unwrap());
            }
        }
        <Ledger as monotable::Table>::drop_table().on(&table).await.unwrap();
    }
}

async fn a_create_of_an_item_that_another_client_created_fails(env: Env) {
    let (table, faulty) = through(&env, &[FailBefore]).await;
    Counter { n: 7, ..counter("c") }.create().on(&table).await.unwrap();
    let error = counter("c").create().on(&faulty).await.unwrap_err();
    // The item may come from the first attempt, and may have been changed since.
    assert!(error.is_already_exists() && error.is_outcome_unknown(), "{error}");
    let (table, faulty) = through(&env, &[FailBefore]).await;
    Account { balance: 7, ..account("a") }.create().on(&table).await.unwrap();
    let error = account("a").create().on(&faulty).await.unwrap_err();
    // The item has version 1 and a different write id, so this create did not write it.
    assert!(error.is_already_exists() && !error.is_outcome_unknown(), "{error}");
    let error = account("a").create().on(&table).await.unwrap_err();
    assert!(error.is_already_exists() && !error.is_outcome_unknown(), "{error}");
}

async fn an_applied_versioned_put_with_a_lost_response_succeeds(env: Env) {
    let (table, faulty) = through(&env, &[DropAfter, Well, FailAfter, Well, FailBefore]).await;
    let mut current = account("a").create().on(&table).await.unwrap();
    for balance in 1..=2 {
        current = Account { balance, ..current }.put().on(&faulty).await.unwrap();
        assert_eq!(Account::get("a").on(&table).await.unwrap().as_ref(), Some(&current));
    }
    assert_eq!(current.version, 3);
    // Another client has written the same version with a different write id.
    let other = Account { balance: 50, ..current.clone() }.put().on(&table).await.unwrap();
    let error = Account { balance: 60, ..current }.put().on(&faulty).await.unwrap_err();
    assert!(error.is_condition_failed() && !error.is_outcome_unknown(), "{error}");
    assert_eq!(Account::get("a").on(&table).await.unwrap(), Some(other));
}

async fn an_applied_versioned_update_with_a_lost_response_succeeds(env: Env) {
    let (table, faulty) = through(&env, &[DropAfter, Well, FailAfter, Well, FailAfter, Well, FailBefore]).await;
    let first = account("a").create().on(&table).await.unwrap();
    let second = Account::update(&first).set(Account::STATE, "B").on(&faulty).await.unwrap();
    assert_eq!((second.version, second.state.as_str()), (2, "B"));
    let changed = Account::update(&second).set(Account::BALANCE, 5).returning_updated().on(&faulty).await.unwrap();
    assert!(changed.contains_key("balance") && !changed.contains_key("state"), "{changed:?}");
    // The write was applied, but the old item cannot be returned any more.
    let third = Account::get("a").on(&table).await.unwrap().unwrap();
    let error = Account::update(&third).set(Account::BALANCE, 6).returning_old().on(&faulty).await.unwrap_err();
    assert!(error.is_write_applied() && !error.is_outcome_unknown(), "{error}");
    assert!(error.to_string().starts_with("update Account ACCOUNT#a / ACCOUNT: the write was applied"), "{error}");
    assert_eq!(Account::get("a").on(&table).await.unwrap().unwrap().balance, 6);
    let error = Account::update(&third).set(Account::BALANCE, 8).on(&faulty).await.unwrap_err();
    assert!(error.is_condition_failed() && !error.is_outcome_unknown(), "{error}");
}

async fn an_applied_update_that_returns_nothing_succeeds(env: Env) {
    let (table, faulty) = through(&env, &[FailAfter]).await;
    account("a").create().on(&table).await.unwrap();
    let loaded = Account::get("a").on(&table).await.unwrap().unwrap();
    let () = Account::update(&loaded).set(Account::BALANCE, 5).returning_nothing().on(&faulty).await.unwrap();
    assert_eq!(Account::get("a").on(&table).await.unwrap().unwrap().balance, 5);
}

async fn a_versioned_delete_with_a_lost_response_has_an_unknown_outcome(env: Env) {
    let (table, faulty) = through(&env, &[DropAfter, Well, FailAfter]).await;
    let first = account("a").create().on(&table).await.unwrap();
    // The missing item does not show who deleted it.
    let error = Account::delete(&first).on(&faulty).await.unwrap_err();
    assert!(error.is_condition_failed() && error.is_outcome_unknown(), "{error}");
    assert!(!Account::exists("a").on(&table).await.unwrap());
    Account::delete("a").on(&faulty).await.unwrap();
}

async fn a_conditional_write_without_a_version_has_an_unknown_outcome(env: Env) {
    let (table, faulty) = through(&env, &[FailAfter, Well, FailAfter, Well, FailAfter, Well, FailAfter]).await;
    counter("c").create().on(&table).await.unwrap();
    // The first attempt or another client may have changed the item, and the item does not show which.
    let put = Counter { n: 1, ..counter("c") }.put().condition(Counter::N.eq(0_u64)).on(&faulty).await.unwrap_err();
    let update = Counter::update("c").set(Counter::N, 2_u64).condition(Counter::N.eq(1_u64));
    let update = update.on(&faulty).await.unwrap_err();
    let delete = Counter::delete("c").condition(Counter::N.eq(2_u64)).on(&faulty).await.unwrap_err();
    for error in [put, update, delete] {
        assert!(error.is_condition_failed() || error.is_not_found(), "{error}");
        assert!(error.is_outcome_unknown(), "{error}");
    }
    let loaded = Counter { owner: Some("me".into()), ..counter("d") }.create().on(&table).await.unwrap();
    let moved = Counter::update(&loaded).set(Counter::OWNER, "you").on(&faulty).await.unwrap_err();
    assert!(moved.is_condition_failed() && moved.is_outcome_unknown(), "{moved}");
    assert_eq!(moved.conflicting_item::<Counter>().unwrap().unwrap().owner.as_deref(), Some("you"));
}

async fn an_update_that_adds_is_not_retried(env: Env) {
    let (table, faulty) = through(&env, &[DropAfter, FailAfter, FailBefore, DropAfter, FailAfter]).await;
    counter("c").create().on(&table).await.unwrap();
    let update = || Counter::update("c");
    for update in [
        update().add(Counter::N, 1),
        update().increment(Counter::N, 1),
        update().append(Counter::LOG, ["a"]),
        update().prepend(Counter::LOG, ["b"]),
        update().add(Counter::TAGS, ["t"]),
    ] {
        let error = update.on(&faulty).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert!(matches!(error.kind(), ErrorKind::Service | ErrorKind::Unreachable), "{error:?}");
    }
    let counter = Counter::get("c").on(&table).await.unwrap().unwrap();
    assert_eq!((counter.n, counter.log, counter.tags.len()), (2, vec!["b".to_owned()], 1));
}

async fn an_update_of_a_list_index_is_not_retried(env: Env) {
    let (table, faulty) = through(&env, &[DropAfter, FailAfter]).await;
    Counter { log: ["a", "b", "c"].map(str::to_owned).into(), ..counter("c") }.create().on(&table).await.unwrap();
    let error = Counter::update("c").remove_at(Counter::LOG.index(0)).on(&faulty).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    let error = Counter::update("c").set_at(Counter::LOG.index(9), "z").on(&faulty).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(Counter::get("c").on(&table).await.unwrap().unwrap().log, ["b", "c", "z"]);
}

async fn an_upsert_with_a_lost_response_has_an_unknown_outcome(env: Env) {
    let (table, faulty) = through(&env, &[FailAfter]).await;
    let first = Counter { owner: Some("me".into()), ..counter("c") }.create().on(&table).await.unwrap();
    let update = Counter::update(&first).set(Counter::OWNER, "you").set(Counter::N, 5_u64).upsert();
    let error = update.on(&faulty).await.unwrap_err();
    assert!(error.is_condition_failed() && error.is_outcome_unknown(), "{error}");
    assert_eq!(Counter::get("c").on(&table).await.unwrap().unwrap().n, 5);
}

async fn throttled_updates_and_updates_that_set_values_are_retried(env: Env) {
    let (table, faulty) = through(&env, &[Throttle, Throttle]).await;
    counter("c").create().on(&table).await.unwrap();
    assert_eq!(Counter::update("c").add(Counter::N, 1).on(&faulty).await.unwrap().n, 1);
    let (table, faulty) = through(&env, &[FailAfter, FailAfter, FailAfter]).await;
    // Setting a value twice has the same result as setting it once.
    let error = Counter::update("c").set(Counter::N, 9_u64).on(&faulty).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(Counter::get("c").on(&table).await.unwrap().unwrap().n, 9);
}

async fn a_failed_read_does_not_have_an_unknown_outcome(env: Env) {
    let (_, faulty) = through(&env, &[DropAfter, DropAfter, DropAfter]).await;
    let error = Counter::get("c").on(&faulty).await.unwrap_err();
    assert!(!error.is_outcome_unknown(), "{error}");
}

async fn idempotent_requests_are_retried_when_the_connection_ends(env: Env) {
    for fault in [&[DropBefore][..], &[DropAfter], &[Fault::Reset], &[Fault::Empty], &[DropAfter, Fault::Empty]] {
        let (table, faulty) = through(&env, fault).await;
        counter("c").create().on(&table).await.unwrap();
        assert_eq!(Counter::get("c").on(&faulty).await.unwrap(), Some(counter("c")), "{fault:?}");
        let (_, faulty) = through(&env, fault).await;
        let set = Counter::update("c").set(Counter::N, 9_u64).on(&faulty).await.unwrap();
        assert_eq!(set.n, 9, "{fault:?}");
        <Ledger as monotable::Table>::drop_table().on(&table).await.unwrap();
    }
}

async fn a_refused_connection_does_not_have_an_unknown_outcome(env: Env) {
    let (table, _) = through(&env, &[]).await;
    let config = table.client().config().to_builder().endpoint_url("http://127.0.0.1:1").build();
    let nowhere = Connection::new(monotable::aws::Client::from_conf(config), "t");
    let error = Counter::update("c").add(Counter::N, 1).on(&nowhere).await.unwrap_err();
    assert_eq!((error.kind(), error.is_outcome_unknown()), (ErrorKind::Unreachable, false));
}
