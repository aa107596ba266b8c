//! The function behind the stream of the table. `src/changes` has what it does.

use std::error::Error;

use @{library}@::{start, stream};
use lambda_http::lambda_runtime;
use lambda_http::service_fn;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    start()?;
    lambda_runtime::run(service_fn(stream::handle)).await?;
    Ok(())
}
