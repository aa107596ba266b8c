//! Health checks, for load balancers and orchestrators.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use monotable::Table;
use serde_json::{Value, json};

use crate::entities::{@% for table in tables %@@{table.imported}@, @% endfor %@};
use crate::{AppState, Problem};

pub fn router() -> Router<AppState> {
    Router::new().route("/health", get(health)).route("/ready", get(ready))
}

/// The process responds.
async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// The tables are there, and the credentials are allowed to use them.
async fn ready(State(state): State<AppState>) -> Result<Json<Value>, Problem> {
    @%- for table in tables %@
    let description = @{table.imported}@::describe().on(&state.@{table.module}@).await?;
    if description.table.is_none() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the table `@{table.krate}@` does not exist"));
    }
    @%- endfor %@
    Ok(Json(json!({ "status": "ok" })))
}
