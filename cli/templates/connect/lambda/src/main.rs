//! The function behind an API Gateway, a function URL or a load balancer. It has the routes of `@{api.krate}@`.

use @{api.library}@::{AppState, router};
use @{library}@::{http, start};
use lambda_http::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    start()?;
    // Outside of the handler, so that one connection serves all requests of this environment.
    let app = AppState::connect().await.map_err(|error| error.to_string())?;
    lambda_http::run(http::in_time(router(app))).await
}
