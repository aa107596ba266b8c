//! The function behind an API Gateway, a function URL or a load balancer. It has the routes of `@{api.krate}@`.

use std::error::Error;

use @{library}@::{http, start};
use @{api.library}@::{AppState, router};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    start()?;
    // Outside of the handler, so that one connection serves all requests of this environment.
    let app = AppState::connect().await?;
    lambda_http::run(http::in_time(router(app))).await?;
    Ok(())
}
