//! The spans of operations, and the classification of errors.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use libtest_mimic::{Failed, Trial};
use monotable::aws::config::timeout::TimeoutConfig;
use monotable::aws::config::{BehaviorVersion, IdentityCache, Intercept};
use monotable::{Connection, Entity, ErrorKind, Table};
use monotable_local::{Embedded, Engine as _};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::support::between::{Between, Fate};
use crate::support::case::{Env, cases};
use crate::support::ledger::{Counter, Ledger, counter, table};
use crate::support::probe::Probe;
use crate::support::proxy::{Fault, Proxy};

cases![
    service_errors_are_classified_by_their_code,
    a_timeout_leaves_only_the_outcome_of_a_write_unknown,
    a_failure_to_get_credentials_has_a_known_outcome,
    the_outcome_of_a_request_that_was_not_sent_is_known
];

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("it::client::observed::each_operation_creates_a_span", each_operation_creates_a_span),
        Trial::test("it::client::observed::an_interceptor_that_did_not_run_is_logged_once", || {
            an_interceptor_that_did_not_run_is_logged_once();
            Ok(())
        }),
    ]
}

async fn service_errors_are_classified_by_their_code(env: Env) {
    let (table, _) = table(&env).await;
    for (code, kind, message) in [
        ("ProvisionedThroughputExceededException", ErrorKind::Throttled, "throttled by table"),
        ("ThrottlingException", ErrorKind::Throttled, "throttled by table"),
        ("AccessDeniedException", ErrorKind::AccessDenied, "do not allow `dynamodb:GetItem` on table"),
        ("ExpiredTokenException", ErrorKind::AccessDenied, "renew them"),
        ("ValidationException", ErrorKind::InvalidRequest, "rejected by table"),
        ("ResourceNotFoundException", ErrorKind::TableNotFound, "does not exist"),
        ("TransactionConflictException", ErrorKind::Conflict, "try again"),
        ("InternalServerError", ErrorKind::Service, "InternalServerError from table"),
    ] {
        let between = Between::new(move |_, _| Fate::Refused(code));
        let through = Connection::new(between.client(table.client()), table.table_name());
        let error = Counter::get("c").on(&through).await.unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(message), "{error:?}");
        assert_eq!(error.is_throttled(), kind == ErrorKind::Throttled);
    }
    // The error names the IAM action that the operation needs.
    let between = Between::new(|_, _| Fate::Refused("AccessDeniedException"));
    let through = Connection::new(between.client(table.client()), table.table_name());
    let one = counter("c");
    let errors = [
        ("PutItem", one.put().on(&through).await.map(drop)),
        ("UpdateItem", Counter::update("c").add(Counter::N, 1).on(&through).await.map(drop)),
        ("DeleteItem", Counter::delete("c").on(&through).await),
        ("Query", Counter::gsi1().query(()).on(&through).all().await.map(drop)),
        ("Scan", Counter::scan().on(&through).count().await.map(drop)),
        ("BatchGetItem", Ledger::batch_get([Counter::key("c")]).on(&through).await.map(drop)),
        ("BatchWriteItem", Ledger::batch_write().put(&one).on(&through).await),
        ("TransactWriteItems", Ledger::transact_write().put(&one).on(&through).await.map(drop)),
        ("TransactGetItems", Ledger::transact_get((Counter::get("c"),)).on(&through).await.map(drop)),
        ("DescribeTable", Ledger::describe().on(&through).await.map(drop)),
    ];
    for (action, answer) in errors {
        let error = answer.unwrap_err();
        assert!(error.to_string().contains(&format!("`dynamodb:{action}`")), "{error}");
    }
    // Errors are classified by their code. The message of the service is only shown.
    let odd = json!({ "__type": "x#ConditionalCheckFailedException", "message": "throttled" });
    let between = Between::new(move |_, _| Fate::Failed(400, odd.clone()));
    let through = Connection::new(between.client(table.client()), table.table_name());
    let error = Counter::delete("c").condition(Counter::N.exists()).on(&through).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConditionFailed);
}

async fn a_timeout_leaves_only_the_outcome_of_a_write_unknown(env: Env) {
    let (table, _) = table(&env).await;
    counter("c").create().on(&table).await.unwrap();
    let proxy = Proxy::start(table.endpoint().unwrap(), "", |_, _, _| Fault::Silence).await;
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_millis(5)).build();
    let client = proxy.client(table.client(), 1).config().to_builder().timeout_config(timeouts).build();
    let through = Connection::new(monotable::aws::Client::from_conf(client), table.table_name());
    let error = Counter::get("c").on(&through).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Timeout && !error.is_outcome_unknown(), "{error:?}");
    // The outcome of a write is unknown: DynamoDB may still apply it.
    let error = Counter::update("c").add(Counter::N, 1).on(&through).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Timeout && error.is_outcome_unknown(), "{error:?}");
}

async fn the_outcome_of_a_request_that_was_not_sent_is_known(env: Env) {
    #[derive(Debug)]
    struct Never;
    impl ProvideCredentials for Never {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(std::future::pending())
        }
    }
    let (table, _) = table(&env).await;
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_millis(20)).build();
    let config = table.client().config().to_builder().timeout_config(timeouts);
    let config = config.credentials_provider(Never).identity_cache(IdentityCache::no_cache()).build();
    let through = Connection::new(monotable::aws::Client::from_conf(config), table.table_name());
    let error = Counter::update("c").add(Counter::N, 1).on(&through).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Timeout && !error.is_outcome_unknown(), "{error:?}");
    // The same holds for a request that cannot be sent at all.
    let config = monotable::aws::Config::builder().behavior_version(BehaviorVersion::latest()).build();
    let nowhere = Connection::new(monotable::aws::Client::from_conf(config), table.table_name());
    let error = Counter::update("c").add(Counter::N, 1).on(&nowhere).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Configuration && !error.is_outcome_unknown(), "{error:?}");
}

async fn a_failure_to_get_credentials_has_a_known_outcome(env: Env) {
    type Failure = fn() -> CredentialsError;
    #[derive(Debug)]
    struct Failing(Failure);
    impl ProvideCredentials for Failing {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(self.0()))
        }
    }
    let (table, _) = table(&env).await;
    let cases: [(Failure, ErrorKind, &str); 4] = [
        (|| CredentialsError::not_loaded("secret"), ErrorKind::Configuration, "no credentials"),
        (|| CredentialsError::invalid_configuration("secret"), ErrorKind::Configuration, "check the AWS profile"),
        (|| CredentialsError::provider_error("secret"), ErrorKind::AccessDenied, "the credentials provider failed"),
        (
            || CredentialsError::provider_timed_out(Duration::from_secs(1)),
            ErrorKind::Timeout,
            "the credentials provider did not respond in time",
        ),
    ];
    for (failure, kind, text) in cases {
        let config = table.client().config().to_builder().credentials_provider(Failing(failure));
        let config = config.identity_cache(IdentityCache::no_cache()).build();
        let through = Connection::new(monotable::aws::Client::from_conf(config), table.table_name());
        let error = Counter::update("c").add(Counter::N, 1).on(&through).await.unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(text), "{error}");
        assert!(!error.is_outcome_unknown() && !format!("{error:?}").contains("secret"), "{error:?}");
        assert_eq!(error.is_transient(), kind == ErrorKind::Timeout, "{error}");
    }
}

type Fields = BTreeMap<&'static str, String>;

/// A subscriber that records the fields of monotable's spans.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Fields>>>);

struct Fill<'f>(&'f mut Fields);

impl Visit for Fill<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("monotable")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut spans = self.0.lock().unwrap();
        let mut fields = Fields::new();
        attributes.record(&mut Fill(&mut fields));
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut Fill(&mut self.0.lock().unwrap()[span.into_u64() as usize - 1]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    /// Records a warning like a span.
    fn event(&self, event: &Event<'_>) {
        if *event.metadata().level() <= Level::WARN {
            let mut fields = Fields::from([("operation", "warning".to_owned())]);
            event.record(&mut Fill(&mut fields));
            self.0.lock().unwrap().push(fields);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Runs operations and returns their spans as JSON. This needs a separate process, because threads of other tests affect which
/// spans are recorded.
pub async fn spans() -> String {
    let spans = Spans::default();
    let engine = Embedded::in_memory().unwrap();
    let table = Connection::new(engine.client(), "spans").with_endpoint(engine.endpoint());
    Ledger::ensure_table().on(&table).await.unwrap();
    tracing::subscriber::set_global_default(spans.clone()).unwrap();
    let work = async {
        let secret = |id: &str| Counter { owner: Some("SECRET".into()), ..counter(id) };
        for n in 0..30 {
            secret(&n.to_string()).put().await?;
        }
        Counter::get("1").await?;
        Counter::gsi1().query(()).page_size(10).limit(25).all().await?;
        Counter::update("1").add(Counter::N, 1).condition(Counter::OWNER.eq("SECRET")).await?;
        Ledger::batch_get((0..3).map(|n: i32| Counter::key(n.to_string()))).await?;
        Ledger::transact_write().put(&secret("t")).delete(Counter::key("1")).await?;
        Counter::scan().count().await?;
        secret("v").create().await?;
        Counter::update("3").add(Counter::N, 1).exactly_once().await?;
        Ledger::batch_write().put(&secret("u")).delete(Counter::key("u-2")).await?;
        assert!(Counter::delete("2").condition(Counter::N.gt(9_u64)).await.is_err());
        Counter::exists("3").await?;
        assert_eq!(Counter::get("missing").await?, None);
        Ledger::transact_get((Counter::get("4"), Counter::get("5"))).await?;
        Ok::<_, monotable::Error>(())
    };
    table.scope(work).await.unwrap();
    let spans = spans.0.lock().unwrap();
    let spans: Vec<_> = spans.iter().filter(|fields| fields.contains_key("operation")).skip(29).collect();
    serde_json::to_string(&spans).unwrap()
}

fn each_operation_creates_a_span() -> Result<(), Failed> {
    let text = Probe::start(&[]).ask("spans");
    let spans: Vec<BTreeMap<String, String>> = serde_json::from_str(&text)?;
    let shown: Vec<String> = spans
        .iter()
        .map(|fields| {
            let names = ["operation", "table", "entity", "index", "requests", "items"];
            let values = names.iter().map(|name| fields.get(*name).map_or("-", |value| value.trim_matches('"')));
            values.collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(
        shown,
        [
            "put spans Counter - 1 1",
            "get spans Counter - 1 1",
            "query spans Counter gsi1 3 25",
            "update spans Counter - 1 1",
            "batch_get spans Ledger - 1 3",
            "transact_write spans Ledger - 1 2",
            "scan spans Counter - 1 30",
            "create spans Counter - 1 1",
            "update spans Counter - 1 1",
            "batch_write spans Ledger - 1 2",
            "delete spans Counter - 1 0",
            "exists spans Counter - 1 1",
            "get spans Counter - 1 0",
            "transact_get spans Ledger - 1 2",
        ]
    );
    let units: Vec<f64> = spans.iter().map(|fields| fields["read_units"].parse().unwrap()).collect();
    assert!(units[1] > 0.0 && units[2] >= 1.5 && units[3] == 0.0, "{units:?}");
    assert!(spans[0]["write_units"].parse::<f64>()? >= 2.0, "writing the table and an index must take two units");
    assert!(!text.contains("SECRET"));
    Ok(())
}

/// An interceptor with the name of monotable's own, as another copy of monotable in the same program could have added it.
#[derive(Debug)]
pub struct Namesake;

impl Intercept for Namesake {
    fn name(&self) -> &'static str {
        concat!("monotable ", env!("CARGO_PKG_VERSION"), " client::call::RequestObserver")
    }
}

/// Runs operations of a client whose interceptor is not monotable's, and returns the warnings, and whether the outcome of a failed
/// write is unknown. This needs a separate process, because the subscriber is global.
pub async fn unwatched() -> String {
    let spans = Spans::default();
    let engine = Embedded::in_memory().unwrap();
    let config = engine.client().config().to_builder().interceptor(Namesake).build();
    let table =
        Connection::new(monotable::aws::Client::from_conf(config), "unwatched").with_endpoint(engine.endpoint());
    Ledger::ensure_table().on(&table).await.unwrap();
    tracing::subscriber::set_global_default(spans.clone()).unwrap();
    let table = Connection::new(table.client().clone(), "unwatched");
    for id in ["a", "b", "c"] {
        counter(id).put().on(&table).await.unwrap();
    }
    // Another connection of the same client.
    let other = Connection::new(table.client().clone(), "unwatched");
    counter("d").put().on(&other).await.unwrap();
    let error = Counter::update("a").add(Counter::N, 1).condition(Counter::N.gt(99_u64)).on(&table).await.unwrap_err();
    let spans = spans.0.lock().unwrap();
    let warnings: Vec<_> =
        spans.iter().filter(|fields| fields.get("operation").is_some_and(|name| name == "warning")).collect();
    serde_json::to_string(&(warnings, error.is_outcome_unknown())).unwrap()
}

fn an_interceptor_that_did_not_run_is_logged_once() {
    let text = Probe::start(&[]).ask("unwatched");
    let (warnings, is_unknown): (Vec<BTreeMap<String, String>>, bool) = serde_json::from_str(&text).unwrap();
    assert_eq!(warnings.len(), 1, "{text}");
    assert!(warnings[0]["message"].contains("monotable's interceptor did not run"), "{text}");
    assert!(warnings[0]["table"].contains("unwatched"), "{text}");
    assert!(is_unknown, "without the interceptor, it is unknown how many times a write was sent");
}
