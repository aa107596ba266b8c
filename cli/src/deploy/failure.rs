//! Failures of requests to AWS, in words that say what to do.

use std::error::Error;

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};

use crate::failure::Failure;

/// A failed request. `what` is what it was for, such as ``describe the stack `shop` ``.
pub fn failed<E, R>(error: &SdkError<E, R>, what: &str) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let code = error.code().unwrap_or_default();
    let message = error.message().unwrap_or_default();
    let why = match code {
        // The message of AWS names the action.
        "AccessDenied" | "AccessDeniedException" => {
            format!("{message}. Allow this action for the role or user, or use another `--profile`")
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "the credentials have expired; get new ones, for example with `aws sso login`".to_owned()
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch" => {
            format!("AWS does not accept the credentials ({code}); check AWS_PROFILE and `--profile`")
        }
        "" => without_answer(&causes(error)),
        _ => format!("{code}: {message}"),
    };
    Failure::failed(format!("cannot {what}: {why}"))
}

/// Returns the text of an error with all its causes.
fn causes(error: &dyn Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts.dedup();
    texts.join(": ")
}

/// The failure of a request that was not answered.
fn without_answer(context: &str) -> String {
    let is_about = |words: &[&str]| words.iter().any(|word| context.contains(word));
    if is_about(&["credential"]) {
        return format!(
            "no AWS credentials were found; log in (`aws sso login`), set AWS_PROFILE, or give `--profile` ({context})"
        );
    }
    if is_about(&["dispatch failure", "timeout"]) {
        return format!("AWS cannot be reached; check the network and the region ({context})");
    }
    context.to_owned()
}

/// The failure of a change set that cannot be executed any more.
pub fn expired(stack: &str) -> Failure {
    Failure::failed(format!(
        "the change set of the stack `{stack}` does not exist any more, or another program has changed the stack; nothing was changed. \
         Run the command again: it compares with the current stack"
    ))
}
