//! Finds the connection of an operation without `.on(..)`: the one of the scope, the one that was set, or the default of the
//! runtime.

use std::any::TypeId;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

#[cfg(feature = "appconfig")]
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::runtime;

#[cfg(feature = "appconfig")]
use crate::client::app_config::AppConfig;
use crate::client::connection::{Connection, of_scope};
use crate::client::environment;
#[cfg(feature = "appconfig")]
use crate::client::resolver::Resolver;
#[cfg(feature = "appconfig")]
use crate::client::settings;
use crate::error::{Error, ErrorKind, Result};
use crate::model::TableModel;

type Attempt = BoxFuture<'static, Result<Connection, Arc<Error>>>;

/// The default connection of a runtime.
enum OfRuntime {
    Made(Connection),
    /// Concurrent callers wait for one attempt to connect. The attempt is cancelled when all of them have given up.
    Making(WeakShared<Attempt>),
}

/// The connections of one table enum.
#[derive(Default)]
struct Slot {
    set: Option<Connection>,
    /// One per runtime, because an HTTP connection is closed with the runtime that opened it.
    defaults: HashMap<runtime::Id, (runtime::Handle, OfRuntime)>,
}

static SLOTS: Mutex<Option<HashMap<TypeId, Slot>>> = Mutex::new(None);

/// The number of runtimes at which the connections of ended runtimes are dropped. Tests often start one runtime each.
const MANY_RUNTIMES: usize = 64;

/// Returns whether the runtime was shut down. Such a runtime drops a spawned task at once.
fn has_ended(runtime: &runtime::Handle) -> bool {
    let task = runtime.spawn(std::future::pending::<()>());
    let has_ended = task.is_finished();
    task.abort();
    has_ended
}

/// Changes the slot of the table `T`.
fn in_slot<T: TableModel, O>(change: impl FnOnce(&mut Slot) -> O) -> O {
    // A poisoned lock is harmless: a change does not panic halfway.
    let mut slots = SLOTS.lock().unwrap_or_else(PoisonError::into_inner);
    change(slots.get_or_insert_default().entry(TypeId::of::<T>()).or_default())
}

pub(crate) fn set<T: TableModel>(connection: &Connection) -> Result<()> {
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
        "`{}` already uses another connection: set the connection once, before the first operation, or use \
         `.on(..)` or `connection.scope(..)`",
        T::__SCHEMA.name
    );
    Err(Error::new(ErrorKind::ConnectionInUse, message))
}

/// Finds the connection of an operation: its own, the one of the scope, the one that was set, or the default of this runtime.
pub(crate) async fn find<T: TableModel>(own: Option<Connection>) -> Result<Connection> {
    // The SDK panics without a runtime.
    let runtime = runtime::Handle::try_current().map_err(|error| {
        Error::new(ErrorKind::Configuration, "no Tokio runtime is running: await operations in a Tokio runtime")
            .caused_by(error)
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
    /// The runtime that last passed the check for timers.
    static HAS_TIMERS: Cell<Option<runtime::Id>> = const { Cell::new(None) };
}

/// Fails if the runtime has no timers, without which the SDK would panic. Tokio offers no other way to find out.
fn check_timers(runtime: &runtime::Handle) -> Result<()> {
    if HAS_TIMERS.get() == Some(runtime.id()) {
        return Ok(());
    }
    if std::panic::catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_err() {
        let message =
            "the Tokio runtime has no timers, but requests need them: build it with `enable_all()` or `enable_time()`";
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    HAS_TIMERS.set(Some(runtime.id()));
    Ok(())
}

async fn default<T: TableModel>(runtime: runtime::Handle) -> Result<Connection> {
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
        // All callers that waited for this attempt get its error. The next caller tries again.
        Err(error) => Err((*error).clone()),
    }
}

impl Slot {
    /// Drops the connections of runtimes that have ended, if there are many.
    fn make_room(&mut self) {
        if self.defaults.len() >= MANY_RUNTIMES {
            self.defaults.retain(|_, (runtime, _)| !has_ended(runtime));
        }
    }

    /// Returns the connection of the runtime, or the attempt to create it.
    fn of_runtime<T: TableModel>(&mut self, runtime: &runtime::Handle) -> Result<Connection, Shared<Attempt>> {
        match self.defaults.get(&runtime.id()) {
            Some((_, OfRuntime::Made(connection))) => return Ok(connection.clone()),
            // An attempt that has ended and is still held by its callers has failed.
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

pub(crate) async fn table_name<T: TableModel>() -> Result<String> {
    Ok(find::<T>(None).await?.table_name().to_owned())
}

/// Connects as the environment says. `settings` changes the settings of the client.
pub(crate) async fn connect<T: TableModel>(settings: impl FnOnce(Builder) -> Builder) -> Result<Connection> {
    if environment::is_local() {
        let local = environment::local::<T>().await?;
        // The endpoint and the HTTP client make the connection local, so the user's settings do not replace them.
        let settings = settings(local.client).endpoint_url(&local.endpoint);
        let client = Client::from_conf(settings.http_client(environment::local_http_client()).build());
        return Ok(Connection::new(client, local.table_name).with_endpoint(local.endpoint));
    }
    deployed::<T>(environment::application::<T>()?, settings).await
}

#[cfg(feature = "appconfig")]
async fn deployed<T: TableModel>(application: String, change: impl FnOnce(Builder) -> Builder) -> Result<Connection> {
    let max_age = environment::max_age()?;
    let config = aws_config::defaults(BehaviorVersion::latest()).load().await;
    if config.region().is_none() {
        let message = "no region: set AWS_REGION, or set a region in the profile of your AWS configuration";
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    let source = Box::new(AppConfig::new(&config, application));
    let resolver = Resolver::begin(source, T::__CONFIG.runtime_config_key, max_age).await?;
    let name = resolver.name().await;
    let client = Client::from_conf(change(settings::deployed(&config)).build());
    Ok(Connection::new(client, &*name).resolved_by(resolver))
}

#[cfg(not(feature = "appconfig"))]
async fn deployed<T: TableModel>(_: String, _: impl FnOnce(Builder) -> Builder) -> Result<Connection> {
    let message = format!(
        "{} is set, but this program was built without the feature `appconfig`, which finds the table of `{}`: \
         enable this feature of monotable",
        environment::APPLICATION,
        T::__SCHEMA.name
    );
    Err(Error::new(ErrorKind::Configuration, message))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::runtime::{Builder, Runtime};

    use super::{Attempt, MANY_RUNTIMES, OfRuntime, Slot, has_ended};

    fn runtimes() -> [Runtime; 2] {
        [Builder::new_current_thread().build().unwrap(), Builder::new_multi_thread().worker_threads(1).build().unwrap()]
    }

    #[test]
    fn a_dropped_runtime_has_ended() {
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
}
