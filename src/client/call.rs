//! What goes on below one operation: how often requests are sent, and whether one may have arrived whose answer was lost.

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

use crate::client::direct;
use crate::client::service_error::{is_refused, is_unbuilt};

tokio::task_local! {
    /// The call that the SDK is making. It goes with the task: the SDK spawns none for a request.
    static CALL: Arc<CallState>;
}

/// One operation's requests.
#[derive(Debug, Default)]
pub(crate) struct CallState {
    /// Sending it twice would change more than sending it once.
    is_once: bool,
    /// Somebody is told what capacity it uses.
    is_counted: bool,
    requests: AtomicU64,
    lost: AtomicBool,
    watched: AtomicBool,
}

impl CallState {
    /// `is_once`: it is not sent again where it may have arrived. `is_counted`: somebody is told what capacity it uses.
    pub fn new(is_once: bool, is_counted: bool) -> Arc<Self> {
        Arc::new(Self { is_once, is_counted, ..Self::default() })
    }

    /// What its requests ask for.
    pub fn capacity(&self) -> Option<ReturnConsumedCapacity> {
        self.is_counted.then_some(ReturnConsumedCapacity::Total)
    }

    /// How many requests there were, those that were sent again included.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Whether a request may have been carried out without an answer that says so.
    pub fn may_have_arrived(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Whether our hook ran. Without it the requests are not counted, and the SDK may send an `add` twice.
    pub fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    pub fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Runs what the SDK does for it.
    pub fn watch<F: Future>(self: &Arc<Self>, sdk: F) -> impl Future<Output = F::Output> + use<F> {
        CALL.scope(Arc::clone(self), sdk)
    }
}

/// What a request of the call that is being made asks for: an answer without what nobody reads is shorter.
pub(super) fn capacity() -> Option<ReturnConsumedCapacity> {
    CALL.try_with(|call| call.capacity()).ok().flatten()
}

/// Whether a request of the call that is being made has left.
pub(super) fn is_sent() -> bool {
    CALL.try_with(|call| call.requests() > 0).unwrap_or_default()
}

/// Of this version of this crate: another one in the same program watches for itself.
const NAME: &str = concat!("monotable ", env!("CARGO_PKG_VERSION"), " client::call::RequestObserver");

/// A client whose requests are watched while a call is made; others are as they were.
pub(super) fn watched(client: Client) -> Client {
    if client.config().interceptors().any(|interceptor| interceptor.name() == NAME) {
        return client;
    }
    let mut config = client.config().to_builder().retry_classifier(RequestObserver);
    // Nobody else can name it, so nobody turns it off: the SDK need not ask before each of its twenty hooks.
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

    /// An answer of DynamoDB has a body, `{}` if nothing else. The SDK would take one without for an answer that says nothing: a read would
    /// have found no item.
    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_watched = CALL.try_with(|_| ()).is_ok();
        match is_watched && is_empty(context.response()) {
            true => Err("the answer has no body".into()),
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
            // A connection that ends while the answer is awaited is no transient error to the SDK, nor is an answer without a body.
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

/// Whether an attempt without an answer, or with one that says nothing, may have been carried out all the same. DynamoDB says
/// so of its answers from 500 on.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
fn may_have_arrived(context: &InterceptorContext) -> bool {
    let Some(Err(error)) = context.output_or_error() else { return false };
    match context.response() {
        // A body that cannot be read belongs to a status that says it was done.
        Some(response) => !response.status().is_client_error(),
        // The SDK still has the request, so the connection was never given it: credentials came too late, for example.
        None if context.request().is_some() => false,
        None => match error.as_connector_error() {
            // Whatever else went wrong with the connection, the request may have been through it.
            Some(error) => !is_refused(error) && !is_unbuilt(error),
            None => error.is_timeout_error() || error.is_response_error(),
        },
    }
}

fn is_broken_off(context: &InterceptorContext) -> bool {
    let Some(Err(error)) = context.output_or_error() else { return false };
    // The SDK takes the end of the runtime that drives the connection for the caller's fault.
    let is_connection =
        error.as_connector_error().is_some_and(|error| (error.is_other() || error.is_user()) && !is_unbuilt(error));
    is_connection && is_sent() && context.response().is_none()
}
