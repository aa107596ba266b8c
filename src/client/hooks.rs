//! The hooks of a client that are known not to run, shared by all connections of the client.

use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;

/// Clients without a hook are rare, and each one that is remembered lives as long as the program.
const MAX_CLIENTS: usize = 32;

/// The clients of which a hook is known not to run.
static KNOWN: Mutex<Vec<(Client, Arc<Hooks>)>> = Mutex::new(Vec::new());
/// Whether there are any, so that programs without such a client never take the lock.
static ANY: AtomicBool = AtomicBool::new(false);

#[derive(Debug, Default)]
pub(super) struct Hooks {
    /// The SDK did not call the serializer for batch writes.
    has_no_batches: AtomicBool,
    /// The interceptor did not run, and this was logged.
    is_unwatched: AtomicBool,
}

impl Hooks {
    /// Returns what is known about the client.
    pub fn of(client: &Client) -> Arc<Self> {
        if !ANY.load(Ordering::Acquire) {
            return Arc::default();
        }
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(other, _)| is_same(client, other)).map(|(_, hooks)| Arc::clone(hooks)).unwrap_or_default()
    }

    /// Returns whether the SDK may call the serializer for batch writes.
    pub fn has_batches(&self) -> bool {
        !self.has_no_batches.load(Ordering::Relaxed)
    }

    pub fn learn_no_batches(self: &Arc<Self>, client: &Client) {
        self.has_no_batches.store(true, Ordering::Relaxed);
        self.remember(client);
    }

    /// Records that the interceptor did not run. Returns `true` the first time.
    pub fn learn_unwatched(self: &Arc<Self>, client: &Client) -> bool {
        let is_new = !self.is_unwatched.swap(true, Ordering::Relaxed);
        if is_new {
            self.remember(client);
        }
        is_new
    }

    fn remember(self: &Arc<Self>, client: &Client) {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_CLIENTS && !known.iter().any(|(other, _)| is_same(client, other)) {
            known.push((client.clone(), Arc::clone(self)));
            ANY.store(true, Ordering::Release);
        }
    }
}

/// Returns whether one client is a clone of the other. Clones share their configuration.
fn is_same(one: &Client, other: &Client) -> bool {
    ptr::eq(one.config(), other.config())
}
