//! What the SDK and the service say, as an [`Error`]. Codes are matched, never message texts.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use super::{Error, ErrorKind};

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

pub(crate) fn from_sdk<E>(error: SdkError<E>, to: &Destination<'_>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let remedy = match to.endpoint {
        Some(_) => "start the local table there, or unset LOCAL_DEV",
        None => "check the network, the region and the endpoint",
    };
    let lost = match &error {
        SdkError::DispatchFailure(failure) if failure.is_other() && to.is_sent => {
            Some((ErrorKind::Unreachable, format!("the connection to {} broke off: {}", to.place(), chain(&error))))
        }
        _ => None,
    };
    let not_sent = lost.or_else(|| not_sent(&error, &to.place(), remedy));
    let (kind, message) = not_sent.unwrap_or_else(|| of_code(error.code(), error.message(), to));
    Error::new(kind, message).caused_by(error)
}

/// What each error of the chain says, the first of those that say the same.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for error in std::iter::successors(Some(error), |error| error.source()) {
        let text = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if !said.iter().any(|said| said.contains(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
}

/// What there is to say of a request that never arrived, or was never answered. `place`: where it was to go.
pub(crate) fn not_sent<E>(error: &SdkError<E>, place: &str, remedy: &str) -> Option<(ErrorKind, String)>
where
    E: std::error::Error + 'static,
{
    let timeout = || (ErrorKind::Timeout, format!("no answer from {place} in time"));
    match error {
        SdkError::TimeoutError(_) => Some(timeout()),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Some(timeout()),
        SdkError::DispatchFailure(failure) if failure.is_io() => {
            Some((ErrorKind::Unreachable, format!("nothing answers at {place}: {remedy}")))
        }
        SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_) => {
            let message = format!(
                "the request to {place} was not sent: {}; check credentials, region and endpoint",
                chain(error)
            );
            Some((ErrorKind::Service, message))
        }
        _ => None,
    }
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
fn of_code(code: Option<&str>, message: Option<&str>, to: &Destination<'_>) -> (ErrorKind, String) {
    let said = message.unwrap_or("no reason given");
    let table = to.table;
    match code.unwrap_or_default() {
        "ConditionalCheckFailedException" => (ErrorKind::ConditionFailed, "the condition was not met".into()),
        "ResourceNotFoundException" => (
            ErrorKind::TableNotFound,
            format!(
                "the table `{table}`, or its index, does not exist{}: create it (`ensure_table`), or check the name",
                to.endpoint.map(|endpoint| format!(" at `{endpoint}`")).unwrap_or_default()
            ),
        ),
        "ProvisionedThroughputExceededException" | "ThrottlingException" | "RequestLimitExceeded" => {
            (ErrorKind::Throttled, format!("throttled by table `{table}`: {said}"))
        }
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "MissingAuthenticationTokenException" => (
            ErrorKind::AccessDenied,
            format!("the credentials for table `{table}` are not good, or not any more: renew them ({said})"),
        ),
        "AccessDeniedException" => {
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
        "TransactionCanceledException" => (ErrorKind::TransactionCanceled, "nothing was done".into()),
        "IdempotentParameterMismatchException" => (
            ErrorKind::InvalidRequest,
            "the idempotency token was used for another transaction in the last ten minutes; give each its own".into(),
        ),
        "ValidationException" | "SerializationException" => {
            (ErrorKind::InvalidRequest, format!("refused by table `{table}`: {said}"))
        }
        "" => (ErrorKind::Service, format!("the answer of {} cannot be read", to.place())),
        other => (ErrorKind::Service, format!("{other} from table `{table}`: {said}")),
    }
}
