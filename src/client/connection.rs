//! Where operations are sent: a client and a table's name, and how an operation finds them.

use std::any::{Any, TypeId};
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[cfg(feature = "appconfig")]
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use http::Uri;
use tokio::runtime;

#[cfg(feature = "appconfig")]
use super::app_config::AppConfig;
use super::call;
use super::environment;
#[cfg(feature = "appconfig")]
use super::resolver::Resolver;
#[cfg(feature = "appconfig")]
use super::settings;
use crate::capacity::Meter;
use crate::error::{Error, ErrorKind, Result};
use crate::seal::Seal;
use crate::stamp::{self, Moment};
use crate::table::Table;

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

    /// The same connection, which says that it goes to `endpoint`, and keeps `guard` alive as long as it, or a clone of it,
    /// lives. A loopback address makes it a local one: what deletes needs no leave there.
    #[must_use]
    pub fn holding(self, endpoint: impl Into<String>, guard: impl Any + Send + Sync) -> Self {
        self.with(|inner| {
            inner.endpoint = Some(endpoint.into());
            inner.guards.push(Arc::new(guard));
        })
    }

    /// The same connection, whose cursors' texts are sealed with this secret: nobody else can read a key from one, or make
    /// one up, and texts that are not sealed with it are refused. Every process that shares cursors is given the same.
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
    pub fn tokens(self, tokens: impl Fn() -> String + Send + Sync + 'static) -> Self {
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
        self.0.clock.as_ref().map_or_else(Self::system_time, |clock| stamp::stored(clock()))
    }

    /// To the microsecond that is stored.
    pub(crate) fn system_time() -> DateTime<Utc> {
        stamp::stored(Utc::now())
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

    /// The endpoint, where it is known: that of the local table, or what [`holding`](Self::holding) said.
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
    async fn current(self) -> Self {
        #[cfg(feature = "appconfig")]
        if let Some(resolver) = &self.0.resolver {
            let name = resolver.name().await;
            if *name != *self.0.table_name {
                return self.with(|inner| inner.table_name = name.to_string());
            }
        }
        self
    }

    fn is_same(&self, other: &Self) -> bool {
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
pub(crate) fn moment<T: Table>(connection: Option<&Connection>) -> Moment {
    let has_ids = T::SCHEMA.entities.iter().any(|entity| entity.managed.write_id.is_some());
    Moment {
        time: connection.map_or_else(Connection::system_time, Connection::now),
        write_id: has_ids.then(|| connection.map_or_else(random_token, Connection::token).into()),
    }
}

type Attempt = BoxFuture<'static, Result<Connection, Arc<Error>>>;

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

/// A runtime's own connection.
enum OfRuntime {
    Made(Connection),
    /// Those who need it at the same time wait for the one attempt, which ends when all of them have given up.
    Making(WeakShared<Attempt>),
}

/// The connections of one table type.
#[derive(Default)]
struct Slot {
    set: Option<Connection>,
    /// One per runtime: an HTTP connection dies with the runtime that made it.
    defaults: HashMap<runtime::Id, (runtime::Handle, OfRuntime)>,
}

static SLOTS: Mutex<Option<HashMap<TypeId, Slot>>> = Mutex::new(None);

/// Tests make a runtime each: from so many on, the connections of those that have ended are dropped.
const MANY_RUNTIMES: usize = 64;

/// Whether the runtime was shut down: then it drops what it is given at once.
fn has_ended(runtime: &runtime::Handle) -> bool {
    let task = runtime.spawn(std::future::pending::<()>());
    let has_ended = task.is_finished();
    task.abort();
    has_ended
}

/// Changes the slot of the table `T`.
fn in_slot<T: Table, O>(change: impl FnOnce(&mut Slot) -> O) -> O {
    // Nothing in here panics half-way through a change.
    let mut slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
    change(slots.get_or_insert_default().entry(TypeId::of::<T>()).or_default())
}

pub(crate) fn set<T: Table>(connection: &Connection) -> Result<()> {
    let is_set = in_slot::<T, _>(|slot| {
        let in_use = match &slot.set {
            Some(set) => !set.is_same(connection),
            None => slot.defaults.values().any(|(_, default)| matches!(default, OfRuntime::Made(_))),
        };
        if !in_use {
            slot.set = Some(connection.clone());
        }
        !in_use
    });
    if is_set {
        return Ok(());
    }
    let message = format!(
        "`{}` is connected already; set the connection once, before the first operation, or use `.on(..)` or \
         `connection.scope(..)` for another one",
        T::SCHEMA.name
    );
    Err(Error::new(ErrorKind::ConnectionInUse, message))
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

/// The connection of an operation: its own, the scope's, the one that was set, or this runtime's default.
pub(crate) async fn find<T: Table>(own: Option<Connection>) -> Result<Connection> {
    // The SDK panics without one.
    let runtime = runtime::Handle::try_current().map_err(|error| {
        Error::new(ErrorKind::Configuration, "operations are awaited in a Tokio runtime").caused_by(error)
    })?;
    check_timers(&runtime)?;
    let given = own.or_else(of_scope);
    let connection = match given.or_else(|| in_slot::<T, _>(|slot| slot.set.clone())) {
        Some(given) => given,
        None => default::<T>(runtime).await?,
    };
    Ok(connection.current().await)
}

thread_local! {
    /// The runtime that was found to have timers last.
    static HAS_TIMERS: Cell<Option<runtime::Id>> = const { Cell::new(None) };
}

/// Without timers the SDK would panic later. Tokio offers no other way to find out.
fn check_timers(runtime: &runtime::Handle) -> Result<()> {
    if HAS_TIMERS.get() == Some(runtime.id()) {
        return Ok(());
    }
    if std::panic::catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_err() {
        let message =
            "the Tokio runtime has no timers, which requests need: build it with `enable_all()`, or `enable_time()`";
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    HAS_TIMERS.set(Some(runtime.id()));
    Ok(())
}

async fn default<T: Table>(runtime: runtime::Handle) -> Result<Connection> {
    let attempt: Shared<Attempt> = match in_slot::<T, _>(|slot| slot.of_runtime::<T>(&runtime)) {
        Ok(made) => return Ok(made),
        Err(making) => making,
    };
    match attempt.await {
        Ok(made) => {
            let of_runtime = OfRuntime::Made(made.clone());
            in_slot::<T, _>(|slot| slot.defaults.insert(runtime.id(), (runtime, of_runtime)));
            Ok(made)
        }
        // The next to come tries again; who waited for this attempt has its error.
        Err(error) => Err(error.again()),
    }
}

impl Slot {
    /// Drops the connections of runtimes that have ended, if there are many.
    fn make_room(&mut self) {
        if self.defaults.len() >= MANY_RUNTIMES {
            self.defaults.retain(|_, (runtime, _)| !has_ended(runtime));
        }
    }

    /// The runtime's connection, or the attempt to make it.
    fn of_runtime<T: Table>(&mut self, runtime: &runtime::Handle) -> Result<Connection, Shared<Attempt>> {
        match self.defaults.get(&runtime.id()) {
            Some((_, OfRuntime::Made(connection))) => return Ok(connection.clone()),
            // One that has ended, and is still held by who waited for it, has failed.
            Some((_, OfRuntime::Making(attempt))) => {
                if let Some(attempt) = attempt.upgrade().filter(|attempt| attempt.peek().is_none()) {
                    return Err(attempt);
                }
            }
            None => self.make_room(),
        }
        let attempt = async { connect::<T>(std::convert::identity).await.map_err(Arc::new) }.boxed().shared();
        if let Some(weak) = attempt.downgrade() {
            self.defaults.insert(runtime.id(), (runtime.clone(), OfRuntime::Making(weak)));
        }
        Err(attempt)
    }
}

pub(crate) async fn table_name<T: Table>() -> Result<String> {
    Ok(find::<T>(None).await?.table_name().to_owned())
}

/// As the environment says. `settings`: what the program changes in the client's settings.
pub(crate) async fn connect<T: Table>(settings: impl FnOnce(Builder) -> Builder) -> Result<Connection> {
    if environment::is_local() {
        let local = environment::local::<T>().await?;
        // Where it goes, and how, is what makes it local.
        let settings = settings(local.client).endpoint_url(&local.endpoint);
        let client = Client::from_conf(settings.http_client(environment::local_http_client()).build());
        return Ok(Connection::new(client, local.table_name).holding(local.endpoint, ()));
    }
    deployed::<T>(environment::application::<T>()?, settings).await
}

#[cfg(feature = "appconfig")]
async fn deployed<T: Table>(application: String, change: impl FnOnce(Builder) -> Builder) -> Result<Connection> {
    let max_age = environment::max_age()?;
    let config = aws_config::defaults(BehaviorVersion::latest()).load().await;
    if config.region().is_none() {
        let message = "no region: set AWS_REGION, or a region in the profile of your AWS configuration";
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    let source = Box::new(AppConfig::new(&config, application));
    let resolver = Resolver::begin(source, T::__CONFIG.runtime_config_key, max_age).await?;
    let name = resolver.name().await;
    let client = Client::from_conf(change(settings::deployed(&config)).build());
    Ok(Connection::new(client, &*name).with(|inner| inner.resolver = Some(Arc::new(resolver))))
}

#[cfg(not(feature = "appconfig"))]
async fn deployed<T: Table>(_: String, _: impl FnOnce(Builder) -> Builder) -> Result<Connection> {
    let message = format!(
        "{} says where the table of `{}` is, but this program was built without the feature `appconfig` of monotable, \
         which reads it",
        environment::APPLICATION,
        T::SCHEMA.name
    );
    Err(Error::new(ErrorKind::Configuration, message))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::runtime::{Builder, Runtime};

    use super::{Attempt, MANY_RUNTIMES, OfRuntime, Slot, has_ended, is_loopback};

    fn runtimes() -> [Runtime; 2] {
        [Builder::new_current_thread().build().unwrap(), Builder::new_multi_thread().worker_threads(1).build().unwrap()]
    }

    #[test]
    fn a_runtime_has_ended_once_it_is_dropped() {
        for runtime in runtimes() {
            let handle = runtime.handle().clone();
            assert!(!has_ended(&handle));
            drop(runtime);
            assert!(has_ended(&handle));
        }
    }

    #[test]
    fn connections_of_live_runtimes_are_kept() {
        let never: Attempt = std::future::pending().boxed();
        let attempt = never.shared();
        let live: Vec<Runtime> = (0..MANY_RUNTIMES).map(|_| Builder::new_current_thread().build().unwrap()).collect();
        let mut slot = Slot::default();
        for runtime in live.iter().chain(&runtimes()) {
            let making = OfRuntime::Making(attempt.downgrade().unwrap());
            slot.defaults.insert(runtime.handle().id(), (runtime.handle().clone(), making));
        }
        assert_eq!(slot.defaults.len(), MANY_RUNTIMES + 2);
        slot.make_room();
        assert_eq!(slot.defaults.len(), MANY_RUNTIMES);
        assert!(live.iter().all(|runtime| slot.defaults.contains_key(&runtime.handle().id())));
    }

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
