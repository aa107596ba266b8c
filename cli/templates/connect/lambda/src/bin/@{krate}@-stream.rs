//! The function behind the stream of the table. `src/changes` has what it does.

use @{library}@::{start, stream};
use lambda_http::{Error, lambda_runtime, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    start()?;
    lambda_runtime::run(service_fn(stream::handle)).await
}
