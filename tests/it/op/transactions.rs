//! Transactions: they are applied completely or not at all, report reasons in the order of their parts, and read a consistent
//! snapshot.

use monotable::{Entity, ErrorKind, Key, ReasonCode, Table};
use serde_json::json;

use crate::support::between::{Between, Fate};
use crate::support::case::{Env, cases, put_raw, s};
use crate::support::ledger::{Account, Counter, Ledger, Session, account, at, counter, session, table, time};

cases![
    all_parts_are_applied,
    a_failed_part_cancels_the_transaction,
    each_part_of_a_cancelled_transaction_has_a_reason,
    a_failed_condition_of_an_upsert_is_not_reported_as_a_missing_item,
    returning_parts_have_the_same_reasons,
    reasons_explain_which_condition_failed,
    each_part_checks_the_version,
    a_transaction_with_a_repeated_token_is_applied_once,
    invalid_transactions_are_rejected_before_they_are_sent,
    transact_get_reads_items_of_several_entities,
    transact_get_accepts_lists_of_keys_and_gets,
    conflicts_are_reported,
    an_exactly_once_update_behaves_like_an_update,
];

async fn all_parts_are_applied(env: Env) {
    let (table, requests) = table(&env).await;
    let old = account("old").create().on(&table).await.unwrap();
    counter("c").create().on(&table).await.unwrap();
    session("s", None).create().on(&table).await.unwrap();
    let stale = session("gone", None).create().on(&table).await.unwrap();
    requests.take();
    let (new, old_as_written) = Ledger::transact_write()
        .returning((account("new").create(), old.put()))
        .update(Counter::update("c").add(Counter::N, 2).set(Counter::OWNER, "me"))
        .delete(Session::delete(&stale))
        .check(Session::check("s").condition(Session::EXPIRES_AT.not_exists()))
        .put(session("t", Some(9)).put().condition(Session::BORN.not_exists()))
        .on(&at(&table, 5))
        .await
        .unwrap();
    assert_eq!(requests.take(), 1);
    // The returned entities are equal to the stored ones.
    let write_id = new.write_id.clone();
    assert!(!write_id.is_empty() && write_id != old.write_id);
    let expected =
        Account { version: 1, write_id: write_id.clone(), created_at: time(5), updated_at: time(5), ..account("new") };
    assert_eq!(new, expected);
    let old = Account { version: 2, write_id, updated_at: time(5), ..old };
    assert_eq!(old_as_written, old);
    assert_eq!(Account::get("new").on(&table).await.unwrap(), Some(new));
    assert_eq!(Account::get("old").on(&table).await.unwrap(), Some(old));
    let counter = Counter::gsi1().query(()).on(&table).one().await.unwrap();
    assert_eq!((counter.n, counter.owner.as_deref()), (2, Some("me")));
    assert!(!Session::exists("gone").on(&table).await.unwrap());
    let live = Session::get("s").on(&table).await.unwrap().unwrap();
    let keys = Ledger::transact_write().delete(Session::key("t")).delete(&live);
    let () = keys.on(&table).await.unwrap();
    let accounts: Vec<_> = ["a", "b"].map(account).iter().map(Account::create).collect();
    let accounts: Vec<Account> = Ledger::transact_write().returning(accounts).on(&table).await.unwrap();
    assert_eq!(accounts.iter().map(|account| account.version).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(Session::query(()).on(&table).count().await.unwrap(), 0);
}

async fn a_failed_part_cancels_the_transaction(env: Env) {
    let (table, _) = table(&env).await;
    counter("c").create().on(&table).await.unwrap();
    let error = Ledger::transact_write()
        .update(Counter::update("c").add(Counter::N, 1))
        .create(&counter("c2"))
        .check(Counter::check("c3"))
        .on(&table)
        .await
        .unwrap_err();
    assert!(error.kind() == ErrorKind::TransactionCanceled && error.is_condition_failed(), "{error}");
    assert!(!error.is_outcome_unknown());
    assert_eq!(
        error.to_string(),
        "transact_write Ledger: the transaction was cancelled, nothing was written: `check Counter COUNTER#c3 / COUNTER: \
         no item has this key`"
    );
    assert_eq!(Counter::get("c").on(&table).await.unwrap().unwrap().n, 0);
    assert!(!Counter::exists("c2").on(&table).await.unwrap());
}

async fn each_part_of_a_cancelled_transaction_has_a_reason(env: Env) {
    let (table, _) = table(&env).await;
    let stored = counter("c").create().on(&table).await.unwrap();
    counter("d").create().on(&table).await.unwrap();
    put_raw(&table, &[("pk", s("COUNTER#x")), ("sk", s("COUNTER")), ("entity_type", s("Other"))]).await;
    let error = Ledger::transact_write()
        .put(&session("fine", None))
        .create(&stored)
        .update(Counter::update("none").add(Counter::N, 1))
        .update(Counter::update("x").add(Counter::N, 1))
        .delete(Counter::delete("d").condition(Counter::N.eq(7_u64)))
        .on(&table)
        .await
        .unwrap_err();
    let reasons = error.cancellation_reasons();
    let codes: Vec<_> = reasons.iter().map(|reason| reason.code().clone()).collect();
    assert_eq!(
        codes,
        [
            ReasonCode::None,
            ReasonCode::AlreadyExists,
            ReasonCode::NotFound,
            ReasonCode::WrongEntity("Other".into()),
            ReasonCode::ConditionFailed
        ]
    );
    let told: Vec<_> =
        reasons.iter().map(|reason| (reason.operation(), reason.entity_name(), reason.item_key())).collect();
    assert_eq!(told[0], ("put", "Session", "SESSIONS / SESSION#fine"));
    assert_eq!(told[2], ("update", "Counter", "COUNTER#none / COUNTER"));
    assert_eq!(told[4], ("delete", "Counter", "COUNTER#d / COUNTER"));
    assert_eq!(reasons[1].conflicting_item::<Counter>().map(Result::unwrap), Some(stored));
    assert!(reasons[2].found_item().is_none() && !reasons[0].is_cause());
    assert!(reasons[4].found_item().is_some());
    // `Debug` output must not contain values.
    assert!(!format!("{error:?}").contains("Other\""), "{error:?}");
}

async fn a_failed_condition_of_an_upsert_is_not_reported_as_a_missing_item(env: Env) {
    let (table, _) = table(&env).await;
    let upsert = |condition| {
        Counter::update("new").set(Counter::N, 1_u64).set(Counter::OWNER, None).upsert().condition(condition)
    };
    let error = Ledger::transact_write().update(upsert(Counter::N.exists())).on(&table).await.unwrap_err();
    assert_eq!(error.cancellation_reasons()[0].code(), &ReasonCode::ConditionFailed, "{error}");
    assert_eq!(
        error.cancellation_reasons()[0].to_string(),
        "update Counter COUNTER#new / COUNTER: the condition was not met"
    );
}

async fn returning_parts_have_the_same_reasons(env: Env) {
    let (table, _) = table(&env).await;
    let stale = account("a").create().on(&table).await.unwrap();
    stale.put().on(&table).await.unwrap();
    let write = Ledger::transact_write().returning((stale.put(), account("a2").create()));
    let error = write.on(&table).await.unwrap_err();
    let reason = &error.cancellation_reasons()[0];
    assert_eq!((reason.operation(), reason.entity_name()), ("put", "Account"));
    assert_eq!(
        reason.to_string(),
        "put Account ACCOUNT#a / ACCOUNT: the condition was not met: the item's version has changed since the entity was \
         read; read it again and repeat the change"
    );
    let error = Ledger::transact_write().returning((account("a").create(),)).on(&table).await.unwrap_err();
    assert_eq!(
        error.cancellation_reasons()[0].to_string(),
        "create Account ACCOUNT#a / ACCOUNT: an item with this key already exists"
    );
}

async fn reasons_explain_which_condition_failed(env: Env) {
    let (table, _) = table(&env).await;
    let stale = account("a").create().on(&table).await.unwrap();
    stale.put().on(&table).await.unwrap();
    counter("c").create().on(&table).await.unwrap();
    put_raw(&table, &[("pk", s("COUNTER#x")), ("sk", s("COUNTER")), ("entity_type", s("Other"))]).await;
    let no = || Counter::N.eq(7_u64);
    let has_changed = "the item's version has changed since the entity was read; read it again and repeat the change";
    for (write, reason) in [
        (
            Ledger::transact_write().delete(&stale),
            format!("delete Account ACCOUNT#a / ACCOUNT: the condition was not met: {has_changed}"),
        ),
        (
            Ledger::transact_write().delete(Counter::delete("c").condition(no())),
            "delete Counter COUNTER#c / COUNTER: the condition was not met".to_owned(),
        ),
        (
            Ledger::transact_write().delete(Counter::delete("none").condition(no())),
            "delete Counter COUNTER#none / COUNTER: the condition was not met".to_owned(),
        ),
        (
            Ledger::transact_write().delete(Counter::delete("none").must_exist()),
            "delete Counter COUNTER#none / COUNTER: no item has this key".to_owned(),
        ),
        (
            Ledger::transact_write().put(counter("none").put().condition(no())),
            "put Counter COUNTER#none / COUNTER: the condition was not met".to_owned(),
        ),
        // A put replaces any item, so the other entity is not the reason.
        (
            Ledger::transact_write().put(counter("x").put().condition(no())),
            "put Counter COUNTER#x / COUNTER: the condition was not met".to_owned(),
        ),
        (
            Ledger::transact_write().check(Counter::check("c").condition(no())),
            "check Counter COUNTER#c / COUNTER: the condition was not met".to_owned(),
        ),
        (
            Ledger::transact_write().check(Counter::check("none").condition(no())),
            "check Counter COUNTER#none / COUNTER: the condition was not met".to_owned(),
        ),
        (
            Ledger::transact_write().check(Counter::check("none")),
            "check Counter COUNTER#none / COUNTER: no item has this key".to_owned(),
        ),
    ] {
        let error = write.on(&table).await.unwrap_err();
        assert_eq!(error.cancellation_reasons()[0].to_string(), reason);
    }
}

async fn each_part_checks_the_version(env: Env) {
    let (table, _) = table(&env).await;
    let stale = account("a").create().on(&table).await.unwrap();
    stale.put().on(&table).await.unwrap();
    let write = Ledger::transact_write;
    for write in [
        write().put(&stale),
        write().update(Account::update(&stale).set(Account::BALANCE, 1)),
        write().delete(Account::delete(&stale)),
        write().delete(&stale),
    ] {
        let error = write.on(&table).await.unwrap_err();
        assert!(error.is_condition_failed(), "{error}");
        assert_eq!(error.cancellation_reasons()[0].code(), &ReasonCode::ConditionFailed);
    }
    let current = Account::get("a").on(&table).await.unwrap().unwrap();
    assert_eq!(current.version, 2);
    write().update(Account::update(&current).set(Account::BALANCE, 1)).on(&table).await.unwrap();
    assert_eq!(Account::get("a").on(&table).await.unwrap().unwrap().version, 3);
}

async fn a_transaction_with_a_repeated_token_is_applied_once(env: Env) {
    let (table, _) = table(&env).await;
    counter("c").create().on(&table).await.unwrap();
    let write =
        |n| Ledger::transact_write().update(Counter::update("c").add(Counter::N, n)).token("order-17").on(&table);
    write(1).await.unwrap();
    write(1).await.unwrap();
    assert_eq!(Counter::get("c").on(&table).await.unwrap().unwrap().n, 1);
    let error = write(2).await.unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidRequest && error.to_string().contains("idempotency token"), "{error}");
    // Without `token`, each transaction has a new token from the connection or the SDK.
    let between = Between::new(|_, _| Fate::Passed);
    let through = env.place("Ledger", &between.client(table.client())).idempotency_tokens(|| "mine".into());
    Ledger::transact_write().put(&counter("d")).on(&through).await.unwrap();
    assert_eq!(between.seen("TransactWriteItems")[0]["ClientRequestToken"], "mine");
    let through = env.place("Ledger", &between.client(table.client()));
    for _ in 0..2 {
        Ledger::transact_write().put(&counter("d")).on(&through).await.unwrap();
    }
    let seen = between.seen("TransactWriteItems");
    assert_eq!(seen[1]["ClientRequestToken"].as_str().map(str::len), Some(36), "{seen:?}");
    assert_ne!(seen[1]["ClientRequestToken"], seen[2]["ClientRequestToken"]);
}

async fn invalid_transactions_are_rejected_before_they_are_sent(env: Env) {
    let (table, requests) = table(&env).await;
    let write = Ledger::transact_write;
    let many = (0..101).fold(write(), |write, n| write.put(&counter(&n.to_string())));
    for (write, message) in [
        (write(), "the transaction is empty"),
        (many, "the transaction has 101 parts; DynamoDB allows at most 100"),
        (write().put(&counter("c")).check(Counter::check("c")), "COUNTER#c / COUNTER: two parts of the transaction"),
        (write().put(&counter("a#b")), "Counter: attribute `pk`"),
        (write().update(Counter::update("c")), "the update changes nothing"),
        (write().delete(Session::key("a#b")), "delimiter"),
        (write().put(&counter("c")).token(""), "the idempotency token has 0 bytes"),
        (write().put(&counter("c")).token("x".repeat(37)), "the idempotency token has 37 bytes"),
    ] {
        let error = write.on(&table).await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
    let none: Vec<Key<Ledger>> = Vec::new();
    let error = Ledger::transact_get(none).on(&table).await.unwrap_err();
    assert!(error.to_string().contains("the transaction is empty"), "{error}");
    let error = Ledger::transact_get((Counter::get("c"), Counter::get("c"))).on(&table).await.unwrap_err();
    assert!(error.to_string().contains("COUNTER#c / COUNTER: the transaction reads the same item twice"), "{error}");
    assert_eq!(requests.take(), 0);
    let shown = format!("{:?}", write().put(&counter("SECRET")).check(Session::check("s")));
    assert_eq!(shown, r#"TransactWrite(["put Counter", "check Session"])"#);
}

async fn transact_get_reads_items_of_several_entities(env: Env) {
    let (table, requests) = table(&env).await;
    let account = account("a").create().on(&table).await.unwrap();
    let stored = counter("c").create().on(&table).await.unwrap();
    requests.take();
    let gets = (Account::get("a"), Counter::get("c"), Session::get("none"));
    let (found, count, none) = Ledger::transact_get(gets).on(&table).await.unwrap();
    assert_eq!((found, count, none), (Some(account), Some(stored), None));
    assert_eq!(requests.take(), 1);
    // An item of another entity is an error.
    put_raw(&table, &[("pk", s("COUNTER#x")), ("sk", s("COUNTER")), ("entity_type", s("Session"))]).await;
    let error = Ledger::transact_get((Counter::get("x"),)).on(&table).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongEntity);
}

async fn transact_get_accepts_lists_of_keys_and_gets(env: Env) {
    let (table, _) = table(&env).await;
    let stored = counter("c").create().on(&table).await.unwrap();
    let live = session("s", None).create().on(&table).await.unwrap();
    let mixed = [Counter::key("c"), Session::key("s"), Counter::key("none")];
    let found: Vec<Option<Ledger>> = Ledger::transact_get(mixed).on(&table).await.unwrap();
    assert_eq!(found, [Some(stored.clone().into()), Some(live.into()), None]);
    let gets: Vec<_> = ["none", "c"].map(Counter::get).into();
    let found: Vec<Option<Counter>> = Ledger::transact_get(gets).on(&table).await.unwrap();
    assert_eq!(found, [None, Some(stored)]);
    let many: Vec<Key<Ledger>> = (0..101).map(|n| Counter::key(n.to_string()).unwrap()).collect();
    let error = Ledger::transact_get(many).on(&table).await.unwrap_err();
    assert!(error.to_string().contains("101 parts"), "{error}");
}

async fn conflicts_are_reported(env: Env) {
    let (table, _) = table(&env).await;
    let cancelled = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled",
        "CancellationReasons": [
            { "Code": "None" }, { "Code": "TransactionConflict", "Message": "x" }, { "Code": "ThrottlingError" },
            { "Code": "ValidationError", "Message": "no" }, { "Code": "ItemCollectionSizeLimitExceeded" }
        ],
    });
    let between = Between::new(move |operation, _| match operation {
        "TransactWriteItems" | "TransactGetItems" => Fate::Failed(400, cancelled.clone()),
        "PutItem" => Fate::Refused("TransactionConflictException"),
        _ => Fate::Passed,
    });
    let table = env.place("Ledger", &between.client(table.client()));
    let write = (0..5).fold(Ledger::transact_write(), |write, n| write.put(&counter(&n.to_string())));
    let error = write.on(&table).await.unwrap_err();
    assert!(error.is_conflict() && !error.is_condition_failed(), "{error}");
    let codes: Vec<_> = error.cancellation_reasons().iter().map(|reason| reason.code().clone()).collect();
    let (invalid, other) =
        (ReasonCode::Invalid("no".into()), ReasonCode::Other("ItemCollectionSizeLimitExceeded".into()));
    assert_eq!(codes, [ReasonCode::None, ReasonCode::Conflict, ReasonCode::Throttled, invalid, other]);
    let keys: Vec<_> = (0..5).map(|n| Counter::key(n.to_string()).unwrap()).collect();
    let error = Ledger::transact_get(keys).on(&table).await.unwrap_err();
    assert!(error.is_conflict() && error.cancellation_reasons()[1].item_key() == "COUNTER#1 / COUNTER", "{error}");
    let error = counter("c").put().on(&table).await.unwrap_err();
    assert!(error.is_conflict() && error.kind() == ErrorKind::Conflict, "{error}");
}

async fn an_exactly_once_update_behaves_like_an_update(env: Env) {
    let (table, requests) = table(&env).await;
    counter("c").create().on(&table).await.unwrap();
    requests.take();
    let once = |id: &'static str| Counter::update(id).add(Counter::N, 1).exactly_once().on(&table);
    once("c").await.unwrap();
    once("c").await.unwrap();
    assert_eq!((Counter::get("c").on(&table).await.unwrap().unwrap().n, requests.take()), (2, 3));
    // The errors are the same as those of an update.
    let error = once("none").await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().starts_with("update Counter COUNTER#none"), "{error}");
    let update = Counter::update("c").add(Counter::N, 1).condition(Counter::N.gt(5_u64));
    let error = update.exactly_once().on(&table).await.unwrap_err();
    assert!(error.kind() == ErrorKind::ConditionFailed && error.found_item().is_some(), "{error}");
    let made = Counter::update("new").add(Counter::N, 1).set(Counter::OWNER, None).upsert().exactly_once();
    made.on(&table).await.unwrap();
    assert_eq!(Counter::get("new").on(&table).await.unwrap().unwrap().n, 1);
    // An item of another entity, and one without a discriminator.
    put_raw(&table, &[("pk", s("COUNTER#x")), ("sk", s("COUNTER")), ("entity_type", s("Other"))]).await;
    put_raw(&table, &[("pk", s("COUNTER#y")), ("sk", s("COUNTER"))]).await;
    assert_eq!(once("x").await.unwrap_err().kind(), ErrorKind::WrongEntity);
    assert_eq!(once("y").await.unwrap_err().kind(), ErrorKind::MissingDiscriminator);
    for (code, kind) in [("TransactionConflict", ErrorKind::Conflict), ("ThrottlingError", ErrorKind::Throttled)] {
        let cancelled = json!({
            "__type": "x#TransactionCanceledException", "message": "m", "CancellationReasons": [{ "Code": code }],
        });
        let between = Between::new(move |_, _| Fate::Failed(400, cancelled.clone()));
        let table = env.place("Ledger", &between.client(table.client()));
        let update = Counter::update("c").add(Counter::N, 1).exactly_once().retries(0);
        assert_eq!(update.on(&table).await.unwrap_err().kind(), kind, "{code}");
    }
}
