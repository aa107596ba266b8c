//! Failures: every error has the expected kind and does not contain values, and items that were read are not lost.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use monotable::aws::Client;
use monotable::aws::config::timeout::TimeoutConfig;
use monotable::{Connection, Entity, Error, ErrorKind, Table};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::between::{Between, Fate, first};
use crate::support::case::{Env, cases};
use crate::support::proxy::{Fault, Proxy};

cases![
    errors_do_not_contain_values,
    an_endpoint_without_a_scheme_is_a_configuration_error,
    a_client_without_a_region_is_a_configuration_error,
    each_error_code_has_the_expected_kind,
    a_partial_batch_get_returns_the_items_that_were_read,
    a_failed_batch_write_reports_all_unwritten_entries,
    a_slow_consumer_does_not_cause_timeouts,
    a_panic_in_a_background_task_reaches_the_caller,
    a_runtime_that_ends_during_a_scan_is_an_error,
    a_dropped_stream_ends_its_requests,
    a_stream_waits_before_it_retries,
    a_throttled_transaction_is_reported_as_throttled,
    a_conflicting_transaction_is_retried,
    only_a_transaction_in_progress_has_an_unknown_outcome,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "T", "localDev": { "port": 8000, "tableName": "failures" },
    "tableConfig": { "globalSecondaryIndexes": [] }
}"#)]
enum Base {
    Secret(Secret),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = Base, pk = "SECRET#{id}", sk = "SECRET")]
struct Secret {
    id: String,
    value: String,
    count: u32,
}

const CANARY: &str = "hunter2-canary";

fn secret(id: &str) -> Secret {
    Secret { id: id.into(), value: CANARY.into(), count: 1 }
}

/// Returns every text that an error can show, including its sources.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    text
}

/// Runs every operation on this connection. Returns their errors.
async fn errors(on: &Connection) -> Vec<(&'static str, Option<Error>)> {
    let one = secret("a");
    let filter = || Secret::VALUE.eq(CANARY);
    let update = || Secret::update("a").set(Secret::VALUE, CANARY).condition(filter());
    vec![
        ("put", one.put().on(on).await.err()),
        ("create", one.create().on(on).await.err()),
        ("get", Secret::get("a").on(on).await.err()),
        ("update", update().on(on).await.err()),
        ("exactly once", update().exactly_once().on(on).await.err()),
        ("delete", Secret::delete("a").condition(filter()).on(on).await.err()),
        ("query", Secret::query("a").filter(filter()).on(on).all().await.err()),
        ("scan", Secret::scan().filter(filter()).on(on).all().await.err()),
        ("count", Secret::scan().filter(filter()).on(on).count().await.err()),
        ("batch get", Base::batch_get([Secret::key("a")]).attempts(1).on(on).await.err()),
        ("batch write", Base::batch_write().put(&one).attempts(1).on(on).await.err()),
        ("transact write", Base::transact_write().put(&one).update(update_of("b")).on(on).await.err()),
        ("transact get", Base::transact_get((Secret::get("a"),)).on(on).await.err()),
        ("exists", Secret::exists("a").on(on).await.err()),
        ("upsert", update().set(Secret::COUNT, 1_u32).upsert().on(on).await.err()),
        ("put, old item", one.put().returning_old().on(on).await.err()),
        ("delete, old item", Secret::delete("a").returning_old().on(on).await.err()),
        ("update, old item", update().returning_old().on(on).await.err()),
        ("put if it exists", one.put().must_exist().on(on).await.err()),
        ("stream", Secret::scan().filter(filter()).segments(2).on(on).stream().next().await.and_then(Result::err)),
        ("transact check", {
            let check = Secret::check("a").condition(filter());
            Base::transact_write().check(check).delete(Secret::delete("b").condition(filter())).on(on).await.err()
        }),
    ]
}

fn update_of(id: &str) -> monotable::op::Update<Secret> {
    Secret::update(id).set(Secret::VALUE, CANARY).condition(Secret::VALUE.eq(CANARY))
}

async fn errors_do_not_contain_values(env: Env) {
    let table = env.table::<Base>().await;
    let mut failing: Vec<(&str, Client)> = Vec::new();
    for fault in
        [Fault::DropBefore, Fault::DropAfter, Fault::Reset, Fault::FailBefore, Fault::Throttle, Fault::Truncate]
    {
        let proxy = Proxy::start(table.endpoint().unwrap(), "", move |_, _, _| fault).await;
        failing.push(("a network fault", proxy.client(table.client(), 1)));
    }
    for code in ["ValidationException", "AccessDeniedException", "ExpiredTokenException", "SomethingElse"] {
        failing.push((code, Between::new(move |_, _| Fate::Refused(code)).client(table.client())));
    }
    failing.push(("HTML", Between::new(|_, _| Fate::Answered(json!("<html>"))).client(table.client())));
    let endpoint = |url: &str| {
        let retries = monotable::aws::config::retry::RetryConfig::disabled();
        Client::from_conf(table.client().config().to_builder().endpoint_url(url).retry_config(retries).build())
    };
    for url in ["localhost:8000", "127.0.0.1:1", "http://127.0.0.1:1", "nonsense", "http://no host", "ftp://x"] {
        failing.push((url, endpoint(url)));
    }
    let seconds = Duration::from_millis(30);
    let timeouts = TimeoutConfig::builder().operation_timeout(seconds).operation_attempt_timeout(seconds).build();
    let silent = Proxy::start(table.endpoint().unwrap(), "", |_, _, _| Fault::Silence).await.client(table.client(), 1);
    failing.push(("silence", Client::from_conf(silent.config().to_builder().timeout_config(timeouts).build())));
    let mut seen = 0;
    for (what, client) in failing {
        let connection = Connection::new(client, table.table_name());
        for (operation, error) in errors(&connection).await {
            let Some(error) = error else { continue };
            seen += 1;
            let text = shown(&error);
            assert!(!text.contains(CANARY), "{operation}, {what}: {text}");
        }
    }
    assert!(seen > 150, "{seen}");
    // Conditions that are not met.
    secret("a").put().on(&table).await.unwrap();
    for (operation, error) in [
        ("create", secret("a").create().on(&table).await.unwrap_err()),
        (
            "update",
            Secret::update("a")
                .set(Secret::COUNT, 2_u32)
                .condition(Secret::VALUE.ne(CANARY))
                .on(&table)
                .await
                .unwrap_err(),
        ),
        ("transact", Base::transact_write().create(&secret("a")).on(&table).await.unwrap_err()),
    ] {
        assert!(!shown(&error).contains(CANARY), "{operation}: {}", shown(&error));
    }
}

async fn an_endpoint_without_a_scheme_is_a_configuration_error(env: Env) {
    let table = env.table::<Base>().await;
    let config = table.client().config().to_builder().endpoint_url("localhost:8000").build();
    let nowhere = Connection::new(Client::from_conf(config), "t");
    let error = secret("a").put().on(&nowhere).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("a URL like `http://localhost:8000`"), "{error}");
    assert!(!error.is_outcome_unknown() && !error.is_transient());
}

async fn a_client_without_a_region_is_a_configuration_error(env: Env) {
    let table = env.table::<Base>().await;
    let mut config = table.client().config().to_builder();
    config.set_endpoint_url(None).set_region(None);
    let nowhere = Connection::new(Client::from_conf(config.build()), "t");
    let error = secret("a").put().on(&nowhere).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("region") && !error.is_outcome_unknown(), "{error}");
}

async fn each_error_code_has_the_expected_kind(env: Env) {
    use ErrorKind::{AccessDenied, Configuration, Conflict, InvalidRequest, Service, TableNotFound, Throttled};
    let table = env.table::<Base>().await;
    for (code, kind, is_transient) in [
        ("ProvisionedThroughputExceededException", Throttled, true),
        ("ThrottlingException", Throttled, true),
        ("RequestLimitExceeded", Throttled, true),
        ("LimitExceededException", Throttled, true),
        ("Throttling", Throttled, true),
        ("SlowDown", Throttled, true),
        ("ReplicatedWriteConflictException", Conflict, true),
        ("TransactionConflictException", Conflict, true),
        ("ResourceNotFoundException", TableNotFound, false),
        ("TableNotFoundException", TableNotFound, false),
        ("AccessDeniedException", AccessDenied, false),
        ("AccessDenied", AccessDenied, false),
        ("UnauthorizedOperation", AccessDenied, false),
        ("InvalidClientTokenId", AccessDenied, false),
        ("ExpiredToken", AccessDenied, false),
        ("MissingAuthenticationToken", AccessDenied, false),
        ("MissingAuthenticationTokenException", AccessDenied, false),
        ("NotAuthorized", AccessDenied, false),
        ("OptInRequired", AccessDenied, false),
        ("RequestExpired", AccessDenied, false),
        ("RequestInTheFuture", AccessDenied, false),
        ("SignatureDoesNotMatch", AccessDenied, false),
        ("IncompleteSignature", AccessDenied, false),
        ("IncompleteSignatureException", AccessDenied, false),
        ("UnrecognizedClientException", AccessDenied, false),
        ("ExpiredTokenException", AccessDenied, false),
        ("InvalidSignatureException", AccessDenied, false),
        ("RequestTimeTooSkewed", AccessDenied, false),
        ("ItemCollectionSizeLimitExceededException", InvalidRequest, false),
        ("IdempotentParameterMismatchException", InvalidRequest, false),
        ("ValidationException", InvalidRequest, false),
        ("SerializationException", InvalidRequest, false),
        ("RequestEntityTooLarge", InvalidRequest, false),
        ("InvalidEndpointException", Configuration, false),
        // Every other code.
        ("ResourceInUseException", Service, false),
        ("NobodyHasHeardOfIt", Service, false),
    ] {
        let between = Between::new(move |_, _| Fate::Refused(code));
        let refusing = Connection::new(between.client(table.client()), table.table_name());
        let error = secret("a").put().on(&refusing).await.unwrap_err();
        assert_eq!((error.kind(), error.is_transient()), (kind, is_transient), "{code}: {error}");
        assert!(!error.is_outcome_unknown(), "{code}");
        assert_eq!(error.operation(), Some("put"));
        let clone = error.clone();
        assert_eq!((clone.kind(), clone.to_string()), (error.kind(), error.to_string()));
    }
    let skewed = Between::new(|_, _| Fate::Refused("RequestTimeTooSkewed"));
    let skewed = Connection::new(skewed.client(table.client()), table.table_name());
    let error = secret("a").put().on(&skewed).await.unwrap_err();
    assert!(error.is_access_denied() && error.to_string().contains("the clock of this machine is wrong"), "{error}");
    let failing = Between::new(|_, _| Fate::Failed(500, json!({ "__type": "InternalServerError" })));
    let failing = Connection::new(failing.client(table.client()), table.table_name());
    let error = Secret::get("a").on(&failing).await.unwrap_err();
    assert!(error.kind() == Service && error.is_transient(), "{error}");
}

async fn a_partial_batch_get_returns_the_items_that_were_read(env: Env) {
    let table = env.table::<Base>().await;
    let all: Vec<_> = (0..250).map(|n| secret(&format!("{n:03}"))).collect();
    Base::batch_write().put_all(&all).on(&table).await.unwrap();
    let between = Between::new(|operation, body| match operation {
        "BatchGetItem" if body.to_string().contains("SECRET#150") => Fate::Refused("ThrottlingException"),
        _ => Fate::Passed,
    });
    let partly = Connection::new(between.client(table.client()), table.table_name());
    let keys = || all.iter().map(Secret::key);
    let partial = Base::batch_get(keys()).attempts(1).on(&partly).partial().await.unwrap();
    let error = partial.error.unwrap();
    assert!(error.is_throttled() && error.to_string().contains("100 of 250 items were not read"), "{error}");
    assert_eq!((partial.items.iter().flatten().count(), partial.unread.len(), error.unread().len()), (150, 100, 100));
    for (number, item) in partial.items.iter().enumerate() {
        assert_eq!(item.is_none(), (100..200).contains(&number), "{number}");
    }
    // The unread keys can be read later.
    let rest = Base::batch_get(partial.unread).on(&table).await.unwrap();
    assert_eq!(rest.into_iter().flatten().count(), 100);
    let error = Base::batch_get(keys()).attempts(1).on(&partly).await.unwrap_err();
    assert_eq!(error.unread().len(), 100, "{error}");
    let whole = Base::batch_get(keys()).on(&table).partial().await.unwrap();
    assert!(whole.error.is_none() && whole.unread.is_empty());
}

async fn a_failed_batch_write_reports_all_unwritten_entries(env: Env) {
    let table = env.table::<Base>().await;
    let all: Vec<_> = (0..100).map(|n| secret(&format!("{n:03}"))).collect();
    let between = Between::new(|_, _| Fate::Refused("ThrottlingException"));
    let refusing = Connection::new(between.client(table.client()), table.table_name());
    let error = Base::batch_write().put_all(&all).attempts(1).on(&refusing).await.unwrap_err();
    assert_eq!(error.unwritten().len(), 100);
    assert!(error.to_string().contains("100 of 100 entries were not written"), "{error}");
}

async fn a_slow_consumer_does_not_cause_timeouts(env: Env) {
    let table = env.table::<Base>().await;
    let all: Vec<_> = (0..56).map(|n| secret(&format!("{n:03}"))).collect();
    Base::batch_write().put_all(&all).on(&table).await.unwrap();
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_millis(600)).build();
    let config = table.client().config().to_builder().timeout_config(timeouts).build();
    let hurried = Connection::new(Client::from_conf(config), table.table_name());
    let mut found = BTreeSet::new();
    let mut scan = Secret::scan().page_size(7).segments(4).on(&hurried).stream();
    while let Some(item) = scan.next().await {
        if found.len() % 16 == 3 {
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        assert!(found.insert(item.unwrap().id), "a page must not be read twice");
    }
    assert_eq!(found.len(), 56);
    found.clear();
    let mut ahead = Secret::scan().page_size(7).read_ahead().on(&hurried).stream();
    while let Some(item) = ahead.next().await {
        if found.len() % 16 == 3 {
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        assert!(found.insert(item.unwrap().id));
    }
    assert_eq!(found.len(), 56);
    // Background tasks of a stream use the connection of the scope.
    let scoped = hurried.scope(async { Secret::scan().segments(3).stream().collect::<Vec<_>>().await.len() });
    assert_eq!(scoped.await, 56);
}

async fn a_panic_in_a_background_task_reaches_the_caller(env: Env) {
    let table = env.table::<Base>().await.clock(|| panic!("the clock of a test"));
    let scan = AssertUnwindSafe(Secret::scan().segments(2).on(&table).all());
    let panic = scan.catch_unwind().await.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"the clock of a test"));
}

async fn a_runtime_that_ends_during_a_scan_is_an_error(env: Env) {
    let table = env.table::<Base>().await;
    let proxy = Proxy::start(table.endpoint().unwrap(), "", |_, _, _| Fault::Silence).await;
    let silent = Connection::new(proxy.client(table.client(), 1), table.table_name());
    let mut scan = Secret::scan().segments(2).on(&silent).stream();
    let other = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            assert!(tokio::time::timeout(Duration::from_millis(50), scan.next()).await.is_err());
        });
        scan
    });
    let mut scan = other.join().unwrap();
    let error = scan.next().await.unwrap().unwrap_err();
    assert!(error.kind() == ErrorKind::Unreachable && error.to_string().contains("runtime was shut down"), "{error}");
}

async fn a_dropped_stream_ends_its_requests(env: Env) {
    let table = env.table::<Base>().await;
    let proxy = Proxy::start(table.endpoint().unwrap(), "", |_, _, _| Fault::Silence).await;
    // A request in progress keeps its connection, and with it this clock.
    let alive = std::sync::Arc::new(());
    let held = alive.clone();
    let silent = Connection::new(proxy.client(table.client(), 1), table.table_name()).clock(move || {
        let _ = &held;
        chrono::Utc::now()
    });
    let mut scan = Secret::scan().segments(2).on(&silent).stream();
    assert!(tokio::time::timeout(Duration::from_millis(50), scan.next()).await.is_err());
    drop((scan, silent));
    for _ in 0..200 {
        if std::sync::Arc::strong_count(&alive) == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the requests of the dropped stream still run");
}

async fn a_stream_waits_before_it_retries(env: Env) {
    let table = env.table::<Base>().await;
    let all: Vec<_> = (0..40).map(|n| secret(&format!("{n:03}"))).collect();
    Base::batch_write().put_all(&all).on(&table).await.unwrap();
    // Requests are throttled for a while, so an immediate retry fails again.
    let began = std::time::Instant::now();
    let until = Duration::from_millis(60);
    let is_first = first(1);
    let between = Between::new(move |operation, body| match operation {
        "Scan" if body.get("ExclusiveStartKey").is_some() && (is_first() || began.elapsed() < until) => {
            Fate::Refused("ThrottlingException")
        }
        _ => Fate::Passed,
    });
    let throttling = Connection::new(between.client(table.client()), table.table_name());
    let (mut items, mut errors) = (0, 0);
    let mut stream = Secret::scan().page_size(10).on(&throttling).stream();
    while let Some(item) = stream.next().await {
        match item {
            Ok(_) => items += 1,
            Err(error) => {
                assert!(error.is_throttled(), "{error}");
                errors += 1;
            }
        }
    }
    assert!(items == 40 || errors == 3, "{items} items, {errors} errors");
    let asked = between.seen("Scan").len();
    assert!(asked <= 5 + errors, "{asked} requests");
}

async fn a_throttled_transaction_is_reported_as_throttled(env: Env) {
    let table = env.table::<Base>().await;
    let reasons = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "cancelled",
        "CancellationReasons": [{ "Code": "None" }, { "Code": "ThrottlingError" }],
    });
    let between = Between::new(move |_, _| Fate::Failed(400, reasons.clone()));
    let throttled = Connection::new(between.client(table.client()), table.table_name());
    let error = Base::transact_write().put(&secret("a")).put(&secret("b")).on(&throttled).await.unwrap_err();
    assert!(error.is_throttled() && error.is_transient() && !error.is_outcome_unknown(), "{error}");
}

async fn a_conflicting_transaction_is_retried(env: Env) {
    let table = env.table::<Base>().await;
    let cancelled = |codes: [&str; 2]| {
        json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "cancelled",
            "CancellationReasons": codes.map(|code| json!({ "Code": code })),
        })
    };
    let refusing = |times, reasons: Value| {
        let is_refused = first(times);
        let between = Between::new(move |_, _| match is_refused() {
            true => Fate::Failed(400, reasons.clone()),
            false => Fate::Passed,
        });
        let connection = Connection::new(between.client(table.client()), table.table_name());
        (between, connection)
    };
    let write = || Base::transact_write().put(&secret("a")).put(&secret("b")).retries(2);
    let conflict = || cancelled(["TransactionConflict", "ThrottlingError"]);
    let (between, busy) = refusing(2, conflict());
    write().on(&busy).await.unwrap();
    let tokens = |between: &Between| {
        let sent = between.seen("TransactWriteItems");
        sent.iter().map(|body| body["ClientRequestToken"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // All attempts have the same idempotency token, so DynamoDB applies the transaction once.
    let sent = tokens(&between);
    assert!(sent.len() == 3 && sent[0] == sent[2], "{sent:?}");
    // It is not retried more often than `retries` allows, or if it was cancelled for another reason.
    let (between, busy) = refusing(9, conflict());
    let error = write().on(&busy).await.unwrap_err();
    assert!(error.is_conflict() && between.seen("TransactWriteItems").len() == 3, "{error}");
    let (between, busy) = refusing(9, cancelled(["TransactionConflict", "ConditionalCheckFailed"]));
    write().on(&busy).await.unwrap_err();
    assert_eq!(between.seen("TransactWriteItems").len(), 1);
    let (between, busy) = refusing(2, cancelled(["TransactionConflict", "None"]));
    Secret::update("a").set(Secret::VALUE, "x").exactly_once().retries(2).on(&busy).await.unwrap();
    let sent = tokens(&between);
    assert!(sent.len() == 3 && sent[0] == sent[2], "{sent:?}");
    let (between, busy) = refusing(1, conflict());
    let gets = (Secret::get("a"), Secret::get("b"));
    Base::transact_get(gets).retries(1).on(&busy).await.unwrap();
    assert_eq!(between.seen("TransactGetItems").len(), 2);
}

async fn only_a_transaction_in_progress_has_an_unknown_outcome(env: Env) {
    let table = env.table::<Base>().await;
    for (code, is_unknown) in [
        ("TransactionInProgressException", true),
        ("TransactionCanceledException", false),
        ("TransactionConflictException", false),
        ("AccessDeniedException", false),
    ] {
        let between = Between::new(move |_, _| Fate::Refused(code));
        let through = Connection::new(between.client(table.client()), table.table_name());
        let error = Base::transact_write().put(&secret("t")).on(&through).await.unwrap_err();
        assert_eq!(error.is_outcome_unknown(), is_unknown, "{error}");
    }
}
