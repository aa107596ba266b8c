//! Remembers clients of which a hook is known not to run, so that the program learns this once for each client.

use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::Client;

/// The number of clients that are remembered. Such clients are rare, and stay alive while they are remembered.
const MAX_CLIENTS: usize = 32;

static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());
/// Whether `KNOWN` contains a client. Programs without such a client never take the lock.
static ANY: AtomicBool = AtomicBool::new(false);

/// The client of a connection: the program's own, and the one with monotable's interceptor.
pub(super) type Clients<'a> = [&'a Client; 2];

struct Known {
    clients: [Client; 2],
    /// The SDK does not call the serializer for batch writes.
    has_no_batches: bool,
    /// The interceptor does not run, and this was logged.
    is_unwatched: bool,
}

/// Returns whether the SDK may call the serializer for batch writes.
pub(super) fn has_batches(clients: Clients<'_>) -> bool {
    if !ANY.load(Ordering::Acquire) {
        return true;
    }
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    !known.iter().any(|known| known.has_no_batches && known.is_of(clients))
}

pub(super) fn learn_no_batches(clients: Clients<'_>) {
    change(clients, |known| known.has_no_batches = true);
}

/// Records that the interceptor did not run. Returns `true` the first time.
pub(super) fn learn_unwatched(clients: Clients<'_>) -> bool {
    change(clients, |known| !std::mem::replace(&mut known.is_unwatched, true))
}

fn change<T>(clients: Clients<'_>, change: impl FnOnce(&mut Known) -> T) -> T {
    // Dropped after the lock is released, because this may run code of the program.
    let mut _forgotten = None;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let number = known.iter().position(|known| known.is_of(clients)).unwrap_or_else(|| {
        if known.len() == MAX_CLIENTS {
            _forgotten = Some(known.remove(0));
        }
        known.push(Known { clients: clients.map(Client::clone), has_no_batches: false, is_unwatched: false });
        ANY.store(true, Ordering::Release);
        known.len() - 1
    });
    change(&mut known[number])
}

impl Known {
    fn is_of(&self, clients: Clients<'_>) -> bool {
        // Clones of a client share their configuration.
        clients.iter().any(|client| self.clients.iter().any(|known| ptr::eq(known.config(), client.config())))
    }
}
