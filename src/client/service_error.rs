//! What the SDK and the service say, as an [`Error`]. Codes are matched, never message texts.
//!
//! A text is made from what is known to hold no value of an attribute: codes, names, what the service says, and what the
//! operating system or TLS says of a connection. Other errors of the SDK may have the whole request in them.

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::http::HttpError;

use crate::error::{Error, ErrorKind};

/// Where a request went, for the remedy in the message.
pub(crate) struct Destination<'a> {
    pub table: &'a str,
    pub endpoint: Option<&'a str>,
    /// Whether the request has left.
    pub is_sent: bool,
    /// What the credentials have to allow.
    pub action: &'static str,
}

impl Destination<'_> {
    fn place(&self) -> String {
        self.endpoint.map_or_else(|| "the endpoint".to_owned(), |endpoint| format!("`{endpoint}`"))
    }
}

/// The SDK's error as the source of ours: its own sources show the request.
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

/// What is shown of the SDK's error.
fn error_source(status: Option<u16>) -> Option<Shown> {
    status.map(|status| Shown(format!("the service answered with status {status}")))
}

/// The errors of a chain; that of an `io::Error` goes on with what it holds.
fn chain<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn StdError + 'static) = *error;
        match error.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|held| held as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

/// The request was never built: nothing can have arrived anywhere. The same error is that of a response whose headers cannot be read, so
/// those are listed that are about the endpoint; if the SDK says them in other words one day, the outcome is unknown, which is safe.
pub(crate) fn is_unbuilt(error: &(dyn StdError + 'static)) -> bool {
    let is_about_endpoint = |error: &HttpError| error.to_string().starts_with("endpoint ");
    chain(error).filter_map(|error| error.downcast_ref()).any(is_about_endpoint)
}

/// Nobody listens there, so nobody has heard.
pub(crate) fn is_refused(error: &(dyn StdError + 'static)) -> bool {
    io_errors(error).any(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

fn io_errors<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e io::Error> {
    chain(error).filter_map(|error| error.downcast_ref())
}

/// What there is to say of a request that was not answered. `place`: where it was to go. `is_sent`: the SDK has begun to send it.
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
            "no request can be made for {place}: the endpoint has to be a URL such as `http://localhost:8000`, and the region \
             one of AWS; check AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB and the profile"
        );
        return Some((ErrorKind::Configuration, message));
    }
    let io = io_errors(error).last();
    Some(match io.map(io::Error::kind) {
        Some(ConnectionRefused) => (ErrorKind::Unreachable, format!("nothing answers at {place}: {remedy}")),
        Some(InvalidData) => {
            let said = io.map(ToString::to_string).unwrap_or_default();
            let message = format!(
                "no secure connection to {place}: {said}; check that its certificate is from an authority that this machine \
                 trusts"
            );
            (ErrorKind::Configuration, message)
        }
        None | Some(ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof | NotConnected) if is_sent => {
            let message = format!("the connection to {place} broke off before the response was there");
            (ErrorKind::Unreachable, message)
        }
        Some(_) => {
            let said = io.map(ToString::to_string).unwrap_or_default();
            (ErrorKind::Unreachable, format!("no connection to {place} ({said}): {remedy}"))
        }
        None => {
            let message = format!("the request to {place} was not sent: check credentials, region and endpoint");
            (ErrorKind::Configuration, message)
        }
    })
}

fn credentials(error: &CredentialsError) -> (ErrorKind, String) {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => (
            ErrorKind::Configuration,
            "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, log in (`aws sso login`), or give the role of \
             the machine or function"
                .to_owned(),
        ),
        CredentialsError::InvalidConfiguration(_) => {
            (ErrorKind::Configuration, "the configuration of the credentials is wrong: check the AWS profile".to_owned())
        }
        CredentialsError::ProviderTimedOut(_) => {
            (ErrorKind::Timeout, "the provider of the credentials did not answer in time".to_owned())
        }
        _ => (
            ErrorKind::AccessDenied,
            "the provider of the credentials failed: log in again (`aws sso login`), or check the role".to_owned(),
        ),
    }
}

/// What a code says of the credentials, if it says something; the same from every service.
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
            format!("the clock of this machine is off, so {of} refused the request: set it ({said})")
        }
        "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "IncompleteSignatureException" => {
            format!("{of} refused the signature: the secret key is wrong, or the clock of this machine is off ({said})")
        }
        _ => return None,
    };
    Some((ErrorKind::AccessDenied, message))
}

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
                "the table `{table}`, or its index, does not exist{}: create it (`ensure_table`), or check the name",
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
            let message = "the transaction with this token is being made; try again with it, to be told".to_owned();
            (ErrorKind::Conflict, message)
        }
        "TransactionConflictException" => {
            let message = format!("another transaction is at work on the same item of table `{table}`; try again");
            (ErrorKind::Conflict, message)
        }
        "ReplicatedWriteConflictException" => {
            let message = format!("another region is writing the same item of table `{table}`; try again");
            (ErrorKind::Conflict, message)
        }
        "TransactionCanceledException" => (ErrorKind::TransactionCanceled, "nothing was done".into()),
        "IdempotentParameterMismatchException" => (
            ErrorKind::InvalidRequest,
            "the idempotency token was used for another transaction in the last ten minutes; give each its own".into(),
        ),
        "ItemCollectionSizeLimitExceededException" => (
            ErrorKind::InvalidRequest,
            format!(
                "the item collection in table `{table}` has 10 GB, the most of a table with local indexes ({said})"
            ),
        ),
        "ValidationException" | "SerializationException" | "RequestEntityTooLarge" => {
            (ErrorKind::InvalidRequest, format!("refused by table `{table}`: {said}"))
        }
        "InvalidEndpointException" => (ErrorKind::Configuration, format!("the endpoint was not accepted: {said}")),
        "" => (ErrorKind::Service, format!("the response of {} cannot be read", to.place())),
        other => (ErrorKind::Service, format!("{other} from table `{table}`: {said}")),
    }
}
