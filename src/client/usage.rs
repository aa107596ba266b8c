//! One operation as it is observed: a span, and the capacity that it uses.

use std::sync::Arc;

use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

use crate::client::call::CallState;
use crate::client::capacity::{Capacity, Meter};
use crate::client::{Connection, Request};
use crate::error::{Error, ErrorKind, Result};

/// Told to the span, and to the connection's meter, when the operation has ended. Neither ever sees a value of an attribute.
pub(crate) struct Usage {
    connection: Connection,
    span: Span,
    call: Arc<CallState>,
    used: Capacity,
    items: u64,
    meter: Option<Meter>,
}

/// What an operation is called.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OperationInfo {
    pub operation: &'static str,
    /// The entity, or the enum of the table.
    pub entity: &'static str,
    pub index: Option<&'static str>,
    /// Sending it twice would change more than sending it once.
    pub is_once: bool,
    /// It goes no faster than its capacity allows.
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

    /// What several requests at a time do, within the operation's span.
    pub fn instrument<F: Future>(&self, requests: F) -> impl Future<Output = F::Output> + use<F> {
        requests.instrument(self.span.clone())
    }

    pub fn call(&self) -> &Arc<CallState> {
        &self.call
    }

    /// Sends a request of the operation.
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

    /// Of a write whose answer was lost, nobody knows whether it was made.
    fn failed<R: Request>(&self, error: Error) -> Error {
        let is_unknown = self.is_unknown(&error);
        error.unknown(R::IS_WRITE && is_unknown)
    }

    /// Whether the requests of a write that failed with this error may have been carried out.
    pub fn is_unknown(&self, error: &Error) -> bool {
        // Where our hook did not run, nobody knows how often the request was sent.
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
