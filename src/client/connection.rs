//! Where operations are sent: a client and a table's name, and how an operation finds them.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::Client;
use tokio::runtime;
use tokio::sync::OnceCell;

use super::environment;
use crate::error::{Error, ErrorKind, Result};
use crate::seal::Seal;
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
    /// What has to live as long as the connection, such as an engine.
    guards: Vec<Arc<dyn Any + Send + Sync>>,
}

tokio::task_local! {
    static SCOPE: Connection;
}

impl Connection {
    /// A connection to the table `table_name` through a client of your own.
    pub fn new(client: Client, table_name: impl Into<String>) -> Self {
        Self(Arc::new(Inner { client, table_name: table_name.into(), endpoint: None, seal: None, guards: Vec::new() }))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// The same connection, which says in its errors that it goes to `endpoint` and keeps `guard` alive as long as it, or
    /// a clone of it, lives.
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

    pub(crate) fn seal(&self) -> Option<&Arc<Seal>> {
        self.0.seal.as_ref()
    }

    /// The SDK's client.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// The table's name.
    pub fn table_name(&self) -> &str {
        &self.0.table_name
    }

    /// The endpoint, where it is not the SDK's default.
    pub fn endpoint(&self) -> Option<&str> {
        self.0.endpoint.as_deref()
    }

    /// Whether it goes to this machine alone: the endpoint is known, and a loopback address.
    pub(crate) fn is_loopback(&self) -> bool {
        let Some((_, authority)) = self.endpoint().and_then(|endpoint| endpoint.split_once("://")) else {
            return false;
        };
        let authority = authority.split('/').next().unwrap_or_default();
        let host = match authority.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => authority.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Runs `future` with this connection for every operation in it that has no `.on(..)`. It goes with the task: what the
    /// future spawns is outside.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        SCOPE.scope(self.clone(), future)
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

/// The connections of one table type.
#[derive(Default)]
struct Slot {
    set: Option<Connection>,
    /// One per runtime: an HTTP connection dies with the runtime that made it.
    defaults: HashMap<runtime::Id, Arc<OnceCell<Connection>>>,
}

static SLOTS: Mutex<Option<HashMap<TypeId, Slot>>> = Mutex::new(None);

/// Tests make a runtime each; the connections of those that ended need not be kept.
const MOST_RUNTIMES: usize = 64;

fn slots() -> MutexGuard<'static, Option<HashMap<TypeId, Slot>>> {
    // Nothing in here panics half-way through a change.
    SLOTS.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn set<T: Table>(connection: &Connection) -> Result<()> {
    let mut slots = slots();
    let slot = slots.get_or_insert_default().entry(TypeId::of::<T>()).or_default();
    let in_use = match &slot.set {
        Some(set) => !set.is_same(connection),
        None => slot.defaults.values().any(|default| default.initialized()),
    };
    if in_use {
        let message = format!(
            "`{}` is connected already; set the connection once, before the first operation, or use `.on(..)` or \
             `connection.scope(..)` for another one",
            T::SCHEMA.name
        );
        return Err(Error::new(ErrorKind::ConnectionInUse, message));
    }
    slot.set = Some(connection.clone());
    Ok(())
}

/// The connection of an operation: its own, the scope's, the one that was set, or this runtime's default.
pub(crate) async fn find<T: Table>(own: Option<Connection>) -> Result<Connection> {
    if let Some(connection) = own.or_else(|| SCOPE.try_with(Connection::clone).ok()) {
        return Ok(connection);
    }
    let cell = {
        let mut slots = slots();
        let slot = slots.get_or_insert_default().entry(TypeId::of::<T>()).or_default();
        if let Some(set) = &slot.set {
            return Ok(set.clone());
        }
        let handle = runtime::Handle::try_current().map_err(|error| {
            Error::new(ErrorKind::Configuration, "operations are awaited in a Tokio runtime").caused_by(error)
        })?;
        if slot.defaults.len() >= MOST_RUNTIMES && !slot.defaults.contains_key(&handle.id()) {
            slot.defaults.clear();
        }
        slot.defaults.entry(handle.id()).or_default().clone()
    };
    cell.get_or_try_init(connect::<T>).await.cloned()
}

pub(crate) async fn table_name<T: Table>() -> Result<String> {
    Ok(find::<T>(None).await?.table_name().to_owned())
}

pub(crate) async fn connect<T: Table>() -> Result<Connection> {
    let local = environment::local::<T>().await?;
    let client = Client::from_conf(local.client);
    Ok(Connection::new(client, local.table_name).holding(local.endpoint, ()))
}
