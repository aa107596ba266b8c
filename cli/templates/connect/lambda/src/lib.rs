//! Two functions for AWS Lambda: the routes of `@{api.krate}@`, and what follows from a change of an item in @% for table in tables %@`@{table.krate}@`@% endfor %@.

pub mod changes;
pub mod deadline;
pub mod http;
pub mod stream;

/// Starts the logs. Lambda sets their level and their format in the environment.
///
/// # Errors
/// Fails if the program does not run in Lambda.
pub fn start() -> Result<(), String> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err("this program runs in AWS Lambda, or on this machine with `cargo lambda watch`".to_owned());
    }
    lambda_http::tracing::init_default_subscriber();
    Ok(())
}
