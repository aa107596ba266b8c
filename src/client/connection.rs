//! Where operations are sent: a client and a table's name, and how an operation finds them.

use std::any::Any;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::Client;
use chrono::{DateTime, Utc};
use http::Uri;

use crate::client::call;
use crate::client::capacity::Meter;
#[cfg(feature = "appconfig")]
use crate::client::resolver::Resolver;
use crate::model::TableModel;
use crate::model::managed::{self, Moment};
use crate::value::seal::Seal;

/// A client and the name of a table. Cheap to clone.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    client: Client,
    table_name: String,
    /// For messages; known where the endpoint is ours.
    endpoint: Option<String>,
    /// For the text of cursors.
    seal: Option<Arc<Seal>>,
    /// Where the table's name comes from, if it can change.
    #[cfg(feature = "appconfig")]
    resolver: Option<Arc<Resolver>>,
    /// The time, where it is not the system's.
    clock: Option<Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>>,
    /// Idempotency tokens, where they are not random.
    tokens: Option<Arc<dyn Fn() -> String + Send + Sync>>,
    meter: Option<Meter>,
    /// Whether items are decoded from the text of answers.
    is_direct: bool,
    hooks: Arc<Hooks>,
    /// What has to live as long as the connection, such as an engine.
    guards: Vec<Arc<dyn Any + Send + Sync>>,
}

/// What was learned of the client's hooks.
#[derive(Debug, Default)]
struct Hooks {
    /// The SDK did not ask for the text of a batch.
    has_no_batches: AtomicBool,
    is_unwatched: AtomicBool,
}

tokio::task_local! {
    static SCOPE: Connection;
}

impl Connection {
    /// A connection to the table `table_name` through a client of your own.
    pub fn new(client: Client, table_name: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            client: call::watched(client),
            table_name: table_name.into(),
            endpoint: None,
            seal: None,
            #[cfg(feature = "appconfig")]
            resolver: None,
            clock: None,
            tokens: None,
            meter: None,
            is_direct: true,
            hooks: Arc::default(),
            guards: Vec::new(),
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Sets the endpoint that the client sends requests to, as far as this crate has to know it. A loopback endpoint counts as
    /// local, so destructive operations need no `allow_destructive`.
    #[must_use]
    pub fn with_endpoint(self, endpoint: impl Into<String>) -> Self {
        self.with(|inner| inner.endpoint = Some(endpoint.into()))
    }

    /// Keeps `guard`, such as a running engine, until the connection and all its clones are dropped.
    #[must_use]
    pub fn keep_alive(self, guard: impl Any + Send + Sync) -> Self {
        self.with(|inner| inner.guards.push(Arc::new(guard)))
    }

    /// The same connection, whose cursors' texts are sealed with this secret: nobody else can read a key from one, or make
    /// one up, and texts that are not sealed with it are refused. Every process that shares cursors is given the same.
    ///
    /// Needs the feature `sealed-cursors`.
    #[cfg(feature = "sealed-cursors")]
    #[must_use]
    pub fn cursor_key(self, key: [u8; 32]) -> Self {
        self.with(|inner| inner.seal = Some(Arc::new(Seal::new(&key))))
    }

    /// The same connection, with this for the time that writes set (`created_at`, `updated_at`) and that
    /// `exclude_expired` compares with. Otherwise it is the system's.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.clock = Some(Arc::new(clock)))
    }

    /// The same connection, with this for the idempotency tokens of transactions: texts of 1 to 36 characters, each of them
    /// new. Otherwise they are random.
    #[must_use]
    pub fn idempotency_tokens(self, tokens: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.tokens = Some(Arc::new(tokens)))
    }

    /// The same connection, whose operations tell this meter what capacity they use.
    #[must_use]
    pub fn meter(self, meter: &Meter) -> Self {
        self.with(|inner| inner.meter = Some(meter.clone()))
    }

    /// The same connection, which decodes the items of answers from their text, and writes those of batches into the request's,
    /// or else leaves both to the SDK. If nothing is said it is the text, which is faster: then interceptors of yours see no items
    /// in the SDK's outputs of reads and inputs of batch writes.
    #[must_use]
    pub fn direct_decoding(self, is_direct: bool) -> Self {
        self.with(|inner| inner.is_direct = is_direct)
    }

    /// Its table's name is fetched anew by this resolver.
    #[cfg(feature = "appconfig")]
    pub(super) fn resolved_by(self, resolver: Resolver) -> Self {
        self.with(|inner| inner.resolver = Some(Arc::new(resolver)))
    }

    pub(crate) fn is_direct(&self) -> bool {
        self.0.is_direct
    }

    /// Whether the SDK may ask for the text of a batch: it is asked once for each client.
    pub(crate) fn has_batch_hook(&self) -> bool {
        !self.0.hooks.has_no_batches.load(Ordering::Relaxed)
    }

    pub(crate) fn learn_no_batch_hook(&self) {
        self.0.hooks.has_no_batches.store(true, Ordering::Relaxed);
    }

    pub(crate) fn warn_unwatched(&self) {
        if !self.0.hooks.is_unwatched.swap(true, Ordering::Relaxed) {
            tracing::error!(
                table = self.table_name(),
                "the interceptor of this crate did not run: requests are not counted, and may be sent twice where they must not"
            );
        }
    }

    pub(crate) fn meter_of(&self) -> Option<Meter> {
        self.0.meter.clone()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.clock.as_ref().map_or_else(Self::system_time, |clock| managed::truncate_to_micros(clock()))
    }

    /// To the microsecond that is stored.
    pub(crate) fn system_time() -> DateTime<Utc> {
        managed::truncate_to_micros(Utc::now())
    }

    pub(crate) fn token(&self) -> String {
        self.fixed_token().unwrap_or_else(random_token)
    }

    /// Of a connection that was given what makes them. Otherwise the SDK makes one for each transaction.
    pub(crate) fn fixed_token(&self) -> Option<String> {
        self.0.tokens.as_ref().map(|tokens| tokens())
    }

    pub(crate) fn seal(&self) -> Option<&Arc<Seal>> {
        self.0.seal.as_ref()
    }

    /// The SDK's client.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// The table's name; of a deployed table, as it was when the connection was made or found.
    pub fn table_name(&self) -> &str {
        &self.0.table_name
    }

    /// The endpoint, where it is known: that of the local table, or the one given to [`with_endpoint`](Self::with_endpoint).
    pub fn endpoint(&self) -> Option<&str> {
        self.0.endpoint.as_deref()
    }

    /// Whether it goes to this machine alone: the endpoint is known, and a loopback address.
    pub(crate) fn is_loopback(&self) -> bool {
        self.endpoint().is_some_and(is_loopback)
    }

    /// Runs `future` with this connection for every operation in it that has no `.on(..)`. It goes with the task: what the
    /// future spawns is outside.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        HAD_SCOPE.store(true, Ordering::Relaxed);
        SCOPE.scope(self.clone(), future)
    }

    /// The connection with the table's name as it is now.
    pub(super) async fn current(self) -> Self {
        #[cfg(feature = "appconfig")]
        if let Some(resolver) = &self.0.resolver {
            let name = resolver.name().await;
            if *name != *self.0.table_name {
                return self.with(|inner| inner.table_name = name.to_string());
            }
        }
        self
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("table_name", &self.0.table_name)
            .field("endpoint", &self.0.endpoint)
            .finish_non_exhaustive()
    }
}

fn random_token() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// What an operation on `T` takes from its connection, or from the system where it has none yet.
pub(crate) fn moment<T: TableModel>(connection: Option<&Connection>) -> Moment {
    let has_ids = T::__SCHEMA.entities.iter().any(|entity| entity.managed.write_id.is_some());
    Moment {
        time: connection.map_or_else(Connection::system_time, Connection::now),
        write_id: has_ids.then(|| connection.map_or_else(random_token, Connection::token).into()),
    }
}

/// Whether the URL's host is this machine. What could be read in two ways is not.
fn is_loopback(endpoint: &str) -> bool {
    let Ok(url) = endpoint.parse::<Uri>() else { return false };
    let is_http = matches!(url.scheme_str(), Some("http" | "https"));
    let Some(authority) = url.authority().filter(|authority| is_http && !authority.as_str().contains('@')) else {
        return false;
    };
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

static HAD_SCOPE: AtomicBool = AtomicBool::new(false);

/// Whether there was a scope anywhere: who misses its connection may have left it.
pub(super) fn had_scope() -> bool {
    HAD_SCOPE.load(Ordering::Relaxed)
}

/// The connection of the scope that this runs in.
pub(super) fn of_scope() -> Option<Connection> {
    SCOPE.try_with(Connection::clone).ok()
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_a_plain_url_of_this_machine_is_local() {
        for local in [
            "http://localhost:8000",
            "http://LocalHost",
            "https://127.0.0.1:80/",
            "http://127.9.9.9",
            "http://[::1]:8000",
        ] {
            assert!(is_loopback(local), "{local}");
        }
        for hostile in [
            "http://127.0.0.1:80@prod.example.com/",
            "http://localhost@prod.example.com",
            "http://user:localhost@10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com:8000",
            "http://prod.example.com/localhost",
            "http://prod.example.com#@localhost",
            "http://prod.example.com?://localhost",
            "http://127.0.0.1\\@prod.example.com",
            "http:///127.0.0.1",
            "//localhost",
            "localhost:8000",
            "ftp://localhost",
            "http://[::ffff:10.0.0.1]",
            "http://0.0.0.0:8000",
            "http://2130706433",
            "",
        ] {
            assert!(!is_loopback(hostile), "{hostile}");
        }
    }
}
