//! Requests that make progress while their consumer is busy. Otherwise the time in which the consumer does something else would
//! count towards the client's timeouts.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::Instrument;

/// A future that runs as a task of the runtime. Dropping it aborts the task, so the task does not outlive its operation.
pub(super) enum Background<T> {
    Driven(JoinHandle<T>),
    /// The future, if no runtime is running. Its request then fails with the reason.
    Polled(BoxFuture<'static, T>),
}

impl<T: Send + 'static> Background<T> {
    pub fn start(future: BoxFuture<'static, T>) -> Self {
        match Handle::try_current() {
            Ok(runtime) => Self::Driven(runtime.spawn(future.in_current_span())),
            Err(_) => Self::Polled(future),
        }
    }
}

/// Resolves to `None` if the runtime was shut down before the future completed.
impl<T> Future for Background<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        match self.get_mut() {
            Self::Driven(task) => Pin::new(task).poll(context).map(|end| match end {
                Ok(output) => Some(output),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => None,
            }),
            Self::Polled(future) => future.as_mut().poll(context).map(Some),
        }
    }
}

impl<T> Drop for Background<T> {
    fn drop(&mut self) {
        if let Self::Driven(task) = self {
            task.abort();
        }
    }
}
