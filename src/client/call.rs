//! Observes the SDK during one operation: counts the requests, and records whether a request without a response may have arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents, SharedInterceptor};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;

use crate::client::direct;
use crate::client::service_error::{is_refused, is_unbuilt, is_untrusted};

tokio::task_local! {
    /// The call in progress. A task-local is sufficient, because the SDK does not spawn a task for a request.
    static CALL: Arc<CallState>;
}

/// The state of one operation's requests.
#[derive(Debug, Default)]
pub(crate) struct CallState {
    /// Applying the request twice would change more than applying it once.
    is_once: bool,
    /// The consumed capacity is reported.
    is_counted: bool,
    requests: AtomicU64,
    lost: AtomicBool,
    watched: AtomicBool,
}

impl CallState {
    /// `is_once`: a request that may have arrived is not retried. `is_counted`: the consumed capacity is reported.
    pub fn new(is_once: bool, is_counted: bool) -> Arc<Self> {
        Arc::new(Self { is_once, is_counted, ..Self::default() })
    }

    /// Returns the value of `ReturnConsumedCapacity` in the requests.
    pub fn capacity(&self) -> Option<ReturnConsumedCapacity> {
        self.is_counted.then_some(ReturnConsumedCapacity::Total)
    }

    /// Returns the number of requests, including retries.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Returns whether DynamoDB may have executed a request without a response that says so.
    pub fn may_have_arrived(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Returns whether [`RequestObserver`] ran. Without it, requests are not counted, and the SDK may apply an `add` twice.
    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// Records that the response of a request was lost.
    pub fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Runs a call of the SDK, and observes its requests.
    pub fn watch<F: Future>(self: &Arc<Self>, sdk: F) -> impl Future<Output = F::Output> + use<F> {
        CALL.scope(Arc::clone(self), sdk)
    }
}

/// Returns the value of `ReturnConsumedCapacity` for the call in progress. Capacity that is not reported is not requested either,
/// because it makes the response longer.
pub(super) fn capacity() -> Option<ReturnConsumedCapacity> {
    CALL.try_with(|call| call.capacity()).ok().flatten()
}

/// Returns whether the call in progress has sent a request.
pub(super) fn is_sent() -> bool {
    CALL.try_with(|call| call.requests() > 0).unwrap_or_default()
}

/// The name contains the version, because another version of monotable in the same program needs its own observer.
const NAME: &str = concat!("monotable ", env!("CARGO_PKG_VERSION"), " client::call::RequestObserver");

/// Returns the client with a [`RequestObserver`]. The observer does nothing for requests outside of a monotable call.
pub(super) fn watched(client: Client) -> Client {
    if client.config().interceptors().any(|interceptor| interceptor.name() == NAME) {
        return client;
    }
    let mut config = client.config().to_builder().retry_classifier(RequestObserver);
    // No other code can name the observer to disable it. `permanent` spares the SDK that check before each of its twenty hooks.
    config.push_interceptor(SharedInterceptor::permanent(RequestObserver));
    Client::from_conf(config.build())
}

#[derive(Debug)]
struct RequestObserver;

impl Intercept for RequestObserver {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let _ = CALL.try_with(|call| call.watched.store(true, Ordering::Relaxed));
        direct::begin(config);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let _ = CALL.try_with(|call| call.requests.fetch_add(1, Ordering::Relaxed));
        direct::attempt();
        Ok(())
    }

    /// Rejects a response without a body. A response of DynamoDB has a body, at least `{}`. The SDK accepts a missing body as an
    /// empty response, and a read would find no item.
    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_watched = CALL.try_with(|_| ()).is_ok();
        match is_watched && is_empty(context.response()) {
            true => Err("the response has no body".into()),
            false => Ok(()),
        }
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if may_have_arrived(context.inner()) {
            let _ = CALL.try_with(|call| call.lose());
        }
        Ok(())
    }
}

impl ClassifyRetry for RequestObserver {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match CALL.try_with(|call| call.is_once) {
            Ok(true) if may_have_arrived(context) => RetryAction::RetryForbidden,
            // The certificate stays the same.
            Ok(_) if connector_error(context).is_some_and(|error| is_untrusted(error)) => RetryAction::RetryForbidden,
            // The SDK does not consider these transient: a connection that closes before the response, and a response without a
            // body.
            Ok(false) if is_broken_off(context) || context.response().is_some_and(is_empty) => {
                RetryAction::transient_error()
            }
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        NAME
    }
}

fn is_empty(response: &HttpResponse) -> bool {
    response.status().is_success() && response.headers().get("content-length") == Some("0")
}

/// Returns whether DynamoDB may have executed an attempt that failed without a usable response. This includes responses with a
/// status of 500 or above, as DynamoDB documents.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
fn may_have_arrived(context: &InterceptorContext) -> bool {
    let Some(Err(error)) = context.output_or_error() else { return false };
    match context.response() {
        // If the body of a successful response cannot be read, the request was executed.
        Some(response) => !response.status().is_client_error(),
        // The SDK still has the request, so it never passed it to a connection; for example, the credentials came too late.
        None if context.request().is_some() => false,
        None => match error.as_connector_error() {
            // After any other connection error, the request may already have been sent.
            Some(error) => !is_refused(error) && !is_unbuilt(error) && !is_untrusted(error),
            None => error.is_timeout_error() || error.is_response_error(),
        },
    }
}

/// Returns the error of an attempt that failed without a response.
fn connector_error(context: &InterceptorContext) -> Option<&ConnectorError> {
    context.output_or_error()?.err()?.as_connector_error()
}

fn is_broken_off(context: &InterceptorContext) -> bool {
    // If the runtime that drives the connection is shut down, the SDK reports an error of the user.
    let is_connection =
        connector_error(context).is_some_and(|error| (error.is_other() || error.is_user()) && !is_unbuilt(error));
    is_connection && is_sent() && context.response().is_none()
}
