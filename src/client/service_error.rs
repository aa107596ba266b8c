//! Converts errors of the SDK and of the service to an [`Error`]. It matches error codes, never the message of the service.
//!
//! A message contains only parts that cannot contain the value of an attribute: codes, names, the message of the service, and
//! errors of the operating system or of TLS. Other errors of the SDK may contain the whole request.

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::http::HttpError;

use crate::error::{Error, ErrorKind};

/// The destination of a request, for the message of an error.
pub(crate) struct Destination<'a> {
    pub table: &'a str,
    pub endpoint: Option<&'a str>,
    /// Whether the request was sent.
    pub is_sent: bool,
    /// The IAM action that the credentials must allow.
    pub action: &'static str,
}

impl Destination<'_> {
    fn place(&self) -> String {
        self.endpoint.map_or_else(|| "the endpoint".to_owned(), |endpoint| format!("`{endpoint}`"))
    }
}

/// The source of an [`Error`]. It replaces the SDK's error, whose own sources show the request.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Shown(String);

pub(crate) fn from_sdk<E>(error: &SdkError<E>, to: &Destination<'_>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let remedy = match to.endpoint {
        Some(_) => "start the local table there, or unset LOCAL_DEV",
        None => "check the network, the region and the endpoint",
    };
    let (kind, message) = unanswered(error, &to.place(), remedy, to.is_sent)
        .unwrap_or_else(|| of_code(error.code(), error.message(), to));
    let status = error.raw_response().map(|response| response.status().as_u16());
    let request_id = error.meta().extra("aws_request_id").map(str::to_owned);
    let is_final = kind == ErrorKind::Service && status.is_some_and(|status| (400..500).contains(&status));
    let error = Error::new(kind, message).request_id(request_id).lasting(is_final);
    match error_source(status) {
        Some(source) => error.caused_by(source),
        None => error,
    }
}

/// Returns the part of the SDK's error that may be shown.
fn error_source(status: Option<u16>) -> Option<Shown> {
    status.map(|status| Shown(format!("the service responded with status {status}")))
}

/// Returns an error and its sources. After an `io::Error`, it continues with the error inside of it.
fn chain<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn StdError + 'static) = *error;
        match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|held| held as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

/// Returns whether the SDK could not build the request, so it cannot have arrived. The SDK has the same error type for a response
/// whose headers cannot be read, so this checks for messages about the endpoint. If the SDK changes them, the outcome counts as
/// unknown, which is safe.
pub(crate) fn is_unbuilt(error: &(dyn StdError + 'static)) -> bool {
    let is_about_endpoint = |error: &HttpError| error.to_string().starts_with("endpoint ");
    chain(error).filter_map(|error| error.downcast_ref()).any(is_about_endpoint)
}

/// Returns whether the connection was refused, so the request cannot have arrived.
pub(crate) fn is_refused(error: &(dyn StdError + 'static)) -> bool {
    io_errors(error).any(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Returns whether the certificate of the server was rejected, so the request cannot have arrived: TLS checks the certificate
/// before it sends the request. If rustls changes its message, the outcome counts as unknown, which is safe.
pub(crate) fn is_untrusted(error: &(dyn StdError + 'static)) -> bool {
    io_errors(error).any(|error| error.to_string().starts_with("invalid peer certificate"))
}

fn io_errors<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e io::Error> {
    chain(error).filter_map(|error| error.downcast_ref())
}

/// Returns the kind and the message for a request without a response. `place` is its destination. `is_sent`: the SDK has started
/// to send it.
pub(crate) fn unanswered<E>(
    error: &SdkError<E>,
    place: &str,
    remedy: &str,
    is_sent: bool,
) -> Option<(ErrorKind, String)>
where
    E: StdError + 'static,
{
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidData};
    use io::ErrorKind::{NotConnected, UnexpectedEof};
    let timeout = || (ErrorKind::Timeout, format!("no response from {place} in time"));
    let failure = match error {
        SdkError::TimeoutError(_) => return Some(timeout()),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => return Some(timeout()),
        SdkError::ConstructionFailure(_) => None,
        SdkError::DispatchFailure(failure) => failure.as_connector_error(),
        _ => return None,
    };
    if let Some(error) = chain(error).find_map(|error| error.downcast_ref::<CredentialsError>()) {
        return Some(credentials(error));
    }
    if is_unbuilt(error) || failure.is_none() {
        let message = format!(
            "cannot build a request for {place}: the endpoint must be a URL like `http://localhost:8000`, and the \
             region must be a region of AWS; check AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB and the profile"
        );
        return Some((ErrorKind::Configuration, message));
    }
    let io = io_errors(error).last();
    Some(match io.map(io::Error::kind) {
        Some(ConnectionRefused) => (ErrorKind::Unreachable, format!("connection refused by {place}: {remedy}")),
        Some(InvalidData) => {
            let said = io.map(ToString::to_string).unwrap_or_default();
            let message = format!(
                "cannot establish a secure connection to {place} ({said}): check that this machine trusts the \
                 authority that issued the certificate"
            );
            (ErrorKind::Configuration, message)
        }
        None | Some(ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof | NotConnected) if is_sent => {
            let message = format!("the connection to {place} was closed before the response arrived");
            (ErrorKind::Unreachable, message)
        }
        Some(_) => {
            let said = io.map(ToString::to_string).unwrap_or_default();
            (ErrorKind::Unreachable, format!("cannot connect to {place} ({said}): {remedy}"))
        }
        None => {
            let message =
                format!("the request to {place} was not sent: check the credentials, the region and the endpoint");
            (ErrorKind::Configuration, message)
        }
    })
}

fn credentials(error: &CredentialsError) -> (ErrorKind, String) {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => (
            ErrorKind::Configuration,
            "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, log in (`aws sso login`), or assign a \
             role to the machine or function"
                .to_owned(),
        ),
        CredentialsError::InvalidConfiguration(_) => {
            (ErrorKind::Configuration, "the credentials configuration is invalid: check the AWS profile".to_owned())
        }
        CredentialsError::ProviderTimedOut(_) => {
            (ErrorKind::Timeout, "the credentials provider did not respond in time".to_owned())
        }
        _ => (
            ErrorKind::AccessDenied,
            "the credentials provider failed: log in again (`aws sso login`), or check the role".to_owned(),
        ),
    }
}

/// Returns the kind and the message if the code is about the credentials. Every AWS service uses these codes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html>
pub(crate) fn of_credentials(code: &str, of: &str, said: &str) -> Option<(ErrorKind, String)> {
    let message = match code {
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "NotAuthorized"
        | "OptInRequired" => format!("the credentials for {of} are invalid or expired: renew them ({said})"),
        "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => {
            format!("{of} rejected the request because the clock of this machine is wrong: set the clock ({said})")
        }
        "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "IncompleteSignatureException" => {
            format!("{of} rejected the signature: check the secret key and the clock of this machine ({said})")
        }
        _ => return None,
    };
    Some((ErrorKind::AccessDenied, message))
}

/// Returns the kind and the message for a code.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
fn of_code(code: Option<&str>, message: Option<&str>, to: &Destination<'_>) -> (ErrorKind, String) {
    let said = message.unwrap_or("no reason given");
    let table = to.table;
    let code = code.unwrap_or_default();
    if let Some(of_credentials) = of_credentials(code, &format!("table `{table}`"), said) {
        return of_credentials;
    }
    match code {
        "ConditionalCheckFailedException" => (ErrorKind::ConditionFailed, "the condition was not met".into()),
        "ResourceNotFoundException" | "TableNotFoundException" => (
            ErrorKind::TableNotFound,
            format!(
                "table `{table}` or its index does not exist{}: create it with `ensure_table`, or check the name",
                to.endpoint.map(|endpoint| format!(" at `{endpoint}`")).unwrap_or_default()
            ),
        ),
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "SlowDown" => (ErrorKind::Throttled, format!("throttled by table `{table}`: {said}")),
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => {
            let action = to.action;
            let message = format!(
                "the credentials do not allow `{action}` on table `{table}`: allow it in their policy ({said})"
            );
            (ErrorKind::AccessDenied, message)
        }
        "TransactionInProgressException" => {
            let message =
                "this transaction is in progress: retry it with the same token to learn the outcome".to_owned();
            (ErrorKind::Conflict, message)
        }
        "TransactionConflictException" => {
            let message = format!("another transaction on the same item of table `{table}` is in progress: try again");
            (ErrorKind::Conflict, message)
        }
        "ReplicatedWriteConflictException" => {
            let message = format!("another region is writing the same item of table `{table}`: try again");
            (ErrorKind::Conflict, message)
        }
        "TransactionCanceledException" => {
            (ErrorKind::TransactionCanceled, "the transaction was cancelled, nothing was written".into())
        }
        "IdempotentParameterMismatchException" => (
            ErrorKind::InvalidRequest,
            "another transaction has used this idempotency token in the last ten minutes: use a different token for \
             each transaction"
                .into(),
        ),
        "ItemCollectionSizeLimitExceededException" => (
            ErrorKind::InvalidRequest,
            format!(
                "the item collection in table `{table}` has reached 10 GB, the maximum for a table with local indexes \
                 ({said})"
            ),
        ),
        "ValidationException" | "SerializationException" | "RequestEntityTooLarge" => {
            (ErrorKind::InvalidRequest, format!("rejected by table `{table}`: {said}"))
        }
        "InvalidEndpointException" => (ErrorKind::Configuration, format!("the endpoint is invalid: {said}")),
        "" => (ErrorKind::Service, format!("the response from {} cannot be read", to.place())),
        other => (ErrorKind::Service, format!("{other} from table `{table}`: {said}")),
    }
}
