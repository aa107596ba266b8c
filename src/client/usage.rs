//! Observes one operation: its span and its consumed capacity.

use std::sync::Arc;

use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

use crate::client::call::CallState;
use crate::client::capacity::{Capacity, Meter};
use crate::client::{Connection, Request};
use crate::error::{Error, ErrorKind, Result};

/// The usage of one operation. It is reported to the span and to the connection's meter when it is dropped. It never contains the
/// value of an attribute.
pub(crate) struct Usage {
    connection: Connection,
    span: Span,
    call: Arc<CallState>,
    used: Capacity,
    items: u64,
    meter: Option<Meter>,
}

/// Describes an operation for its span, and how it may be sent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OperationInfo {
    pub operation: &'static str,
    /// The entity or the table enum.
    pub entity: &'static str,
    pub index: Option<&'static str>,
    /// Applying the request twice would change more than applying it once.
    pub is_once: bool,
    /// The operation has a rate limit.
    pub is_paced: bool,
}

impl Usage {
    pub fn new(name: &OperationInfo, connection: &Connection) -> Self {
        let span = info_span!(
            "dynamodb",
            operation = name.operation,
            table = connection.table_name(),
            index = name.index,
            entity = name.entity,
            requests = Empty,
            items = Empty,
            read_units = Empty,
            write_units = Empty,
        );
        let meter = connection.meter_of();
        let is_counted = name.is_paced || meter.is_some() || !span.is_disabled();
        Self {
            connection: connection.clone(),
            span,
            call: CallState::new(name.is_once, is_counted),
            used: Capacity::default(),
            items: 0,
            meter,
        }
    }

    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs several concurrent requests within the span of the operation.
    pub fn instrument<F: Future>(&self, requests: F) -> impl Future<Output = F::Output> + use<F> {
        requests.instrument(self.span.clone())
    }

    pub fn call(&self) -> &Arc<CallState> {
        &self.call
    }

    /// Sends a request of the operation, and adds its usage.
    pub async fn send<R: Request>(&mut self, request: R) -> Result<R::Response> {
        let written = request.items();
        let sent = self.call.watch(request.send(&self.connection)).instrument(self.span.clone());
        let answer = sent.await.map_err(|error| self.failed::<R>(error))?;
        if !self.call.is_watched() {
            self.connection.warn_unwatched();
        }
        let (units, items) = R::used(&answer);
        self.add(R::IS_WRITE, units, items + written);
        Ok(answer)
    }

    /// Marks the error of a write as an unknown outcome, if the write may have been applied.
    fn failed<R: Request>(&self, error: Error) -> Error {
        let is_unknown = self.is_unknown(&error);
        error.unknown(R::IS_WRITE && is_unknown)
    }

    /// Returns whether DynamoDB may have executed a request of the operation that failed with this error.
    pub fn is_unknown(&self, error: &Error) -> bool {
        // If the interceptor did not run, it is unknown how many times the request was sent.
        let is_unwatched = !self.call.is_watched() && error.kind() != ErrorKind::Configuration;
        error.is_outcome_unknown() || is_unwatched || self.call.may_have_arrived()
    }

    pub fn add(&mut self, is_write: bool, units: f64, items: usize) {
        let used = if is_write { &mut self.used.write_units } else { &mut self.used.read_units };
        *used += units;
        self.items += items as u64;
    }
}

impl Drop for Usage {
    fn drop(&mut self) {
        self.used.requests = self.call.requests();
        self.span.record("requests", self.used.requests);
        self.span.record("items", self.items);
        self.span.record("read_units", self.used.read_units);
        self.span.record("write_units", self.used.write_units);
        if let Some(meter) = &self.meter {
            meter.add(self.used);
        }
    }
}
