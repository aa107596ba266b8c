//! The routes of each entity.

@% for entity in entities -%@
pub mod @{entity.module}@;
@% endfor -%@

use utoipa_axum::router::OpenApiRouter;

use crate::AppState;

/// Returns all routes, with their descriptions.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()@% for entity in entities %@.merge(@{entity.module}@::router())@% endfor %@
}
