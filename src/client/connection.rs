//! Connections: a client, the name of a table, and the settings of the operations that use them.

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
use crate::client::hooks;
#[cfg(feature = "appconfig")]
use crate::client::resolver::Resolver;
use crate::model::TableModel;
use crate::model::managed::{self, Moment};
use crate::value::seal::Seal;

/// A client and the name of a table.
///
/// A connection is cheap to clone.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    client: Client,
    table_name: String,
    /// For messages. Known for the local table, and after `with_endpoint`.
    endpoint: Option<String>,
    /// Seals the text of cursors.
    seal: Option<Arc<Seal>>,
    /// Refreshes the table name, if it can change.
    #[cfg(feature = "appconfig")]
    resolver: Option<Arc<Resolver>>,
    /// The clock, if it is not the system's.
    clock: Option<Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>>,
    /// Creates idempotency tokens, if they are not random.
    tokens: Option<Arc<dyn Fn() -> String + Send + Sync>>,
    meter: Option<Meter>,
    /// Whether items are deserialized from the response body and serialized into the request body, without the SDK's types.
    is_direct: bool,
    /// The client from which the connection was created.
    origin: Client,
    /// Values that live as long as the connection, for example a local engine.
    guards: Vec<Arc<dyn Any + Send + Sync>>,
}

tokio::task_local! {
    static SCOPE: Connection;
}

impl Connection {
    /// Creates a connection to the table `table_name` with your own client.
    pub fn new(client: Client, table_name: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            client: call::watched(client.clone()),
            origin: client,
            table_name: table_name.into(),
            endpoint: None,
            seal: None,
            #[cfg(feature = "appconfig")]
            resolver: None,
            clock: None,
            tokens: None,
            meter: None,
            is_direct: true,
            guards: Vec::new(),
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Sets the endpoint that monotable assumes for the client.
    ///
    /// This does not change the client. monotable names the endpoint in error messages. A loopback endpoint counts as local, so
    /// destructive operations do not need `allow_destructive`.
    #[must_use]
    pub fn with_endpoint(self, endpoint: impl Into<String>) -> Self {
        self.with(|inner| inner.endpoint = Some(endpoint.into()))
    }

    /// Keeps `guard`, for example a running engine, alive until this connection and all its clones are dropped.
    #[must_use]
    pub fn keep_alive(self, guard: impl Any + Send + Sync) -> Self {
        self.with(|inner| inner.guards.push(Arc::new(guard)))
    }

    /// Seals the text of cursors with this secret key.
    ///
    /// Without the key, it is not possible to read item keys from the text of a cursor, or to forge a cursor. monotable rejects
    /// text that was not sealed with this key. All processes that share cursors need the same key.
    ///
    /// Needs the feature `sealed-cursors`.
    #[cfg(feature = "sealed-cursors")]
    #[must_use]
    pub fn cursor_key(self, key: [u8; 32]) -> Self {
        self.with(|inner| inner.seal = Some(Arc::new(Seal::new(&key))))
    }

    /// Sets the clock.
    ///
    /// Writes store its time in `created_at` and `updated_at` fields, and `exclude_expired` and `replace_expired` compare with
    /// it. The default is the system's clock.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.clock = Some(Arc::new(clock)))
    }

    /// Sets the function that creates idempotency tokens for transactions, and the ids of `write_id` fields.
    ///
    /// The function must return a new string of 1 to 36 characters each time. By default, tokens are random.
    #[must_use]
    pub fn idempotency_tokens(self, tokens: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.with(|inner| inner.tokens = Some(Arc::new(tokens)))
    }

    /// Adds the consumed capacity of this connection's operations to a meter.
    ///
    /// Operations then request `ReturnConsumedCapacity`, which makes their responses slightly larger.
    #[must_use]
    pub fn meter(self, meter: &Meter) -> Self {
        self.with(|inner| inner.meter = Some(meter.clone()))
    }

    /// Sets whether items bypass the SDK's types. The default is `true`, which is faster.
    ///
    /// If `true`, monotable deserializes items straight from the response body, and serializes the items of batch writes straight
    /// into the request body. Your own interceptors then see no items in the SDK's outputs of reads and in its inputs of batch
    /// writes. If `false`, the SDK does both.
    #[must_use]
    pub fn direct_decoding(self, is_direct: bool) -> Self {
        self.with(|inner| inner.is_direct = is_direct)
    }

    /// Refreshes the table name with this resolver.
    #[cfg(feature = "appconfig")]
    pub(super) fn resolved_by(self, resolver: Resolver) -> Self {
        self.with(|inner| inner.resolver = Some(Arc::new(resolver)))
    }

    pub(crate) fn is_direct(&self) -> bool {
        self.0.is_direct
    }

    fn clients(&self) -> hooks::Clients<'_> {
        [&self.0.origin, &self.0.client]
    }

    /// Returns whether the SDK may call the serializer for batch writes. If it once did not, it is not tried again.
    pub(crate) fn has_batch_hook(&self) -> bool {
        hooks::has_batches(self.clients())
    }

    pub(crate) fn learn_no_batch_hook(&self) {
        hooks::learn_no_batches(self.clients());
    }

    pub(crate) fn warn_unwatched(&self) {
        if hooks::learn_unwatched(self.clients()) {
            tracing::error!(
                table = self.table_name(),
                "monotable's interceptor did not run: requests are not counted, and the SDK may repeat a write that \
                 must not be repeated"
            );
        }
    }

    pub(crate) fn meter_of(&self) -> Option<Meter> {
        self.0.meter.clone()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.clock.as_ref().map_or_else(Self::system_time, |clock| managed::truncate_to_micros(clock()))
    }

    /// Returns the system time, truncated to microseconds as it is stored.
    pub(crate) fn system_time() -> DateTime<Utc> {
        managed::truncate_to_micros(Utc::now())
    }

    pub(crate) fn token(&self) -> String {
        self.fixed_token().unwrap_or_else(random_token)
    }

    /// Returns a token if the connection has a function for tokens. Otherwise the SDK creates the token of each transaction.
    pub(crate) fn fixed_token(&self) -> Option<String> {
        self.0.tokens.as_ref().map(|tokens| tokens())
    }

    pub(crate) fn seal(&self) -> Option<&Arc<Seal>> {
        self.0.seal.as_ref()
    }

    /// Returns the SDK's client.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Returns the table name. For a deployed table, it is the name when the connection was created or found.
    pub fn table_name(&self) -> &str {
        &self.0.table_name
    }

    /// Returns the endpoint if monotable knows it: the endpoint of a local table, or the one from
    /// [`with_endpoint`](Self::with_endpoint).
    pub fn endpoint(&self) -> Option<&str> {
        self.0.endpoint.as_deref()
    }

    /// Returns whether the endpoint is known and is a loopback address.
    pub(crate) fn is_loopback(&self) -> bool {
        self.endpoint().is_some_and(is_loopback)
    }

    /// Runs `future` with this connection for every operation in it that has no `.on(..)`.
    ///
    /// The scope belongs to the task: tasks that the future spawns are outside of it.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        HAD_SCOPE.store(true, Ordering::Relaxed);
        SCOPE.scope(self.clone(), future)
    }

    /// Returns the connection with the current table name.
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

/// Returns the time and the write id for an operation on `T`: from its connection, or from the system if it has none yet.
pub(crate) fn moment<T: TableModel>(connection: Option<&Connection>) -> Moment {
    let has_ids = T::__SCHEMA.entities.iter().any(|entity| entity.managed.write_id.is_some());
    Moment {
        time: connection.map_or_else(Connection::system_time, Connection::now),
        write_id: has_ids.then(|| connection.map_or_else(random_token, Connection::token).into()),
    }
}

/// Returns whether the host of the URL is this machine. A URL that parsers can understand differently is not.
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

/// Returns whether the program has ever used a scope. If it has, an operation without a connection may be outside of its scope.
pub(super) fn had_scope() -> bool {
    HAD_SCOPE.load(Ordering::Relaxed)
}

/// Returns the connection of the current scope.
pub(super) fn of_scope() -> Option<Connection> {
    SCOPE.try_with(Connection::clone).ok()
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_unambiguous_loopback_urls_are_local() {
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
