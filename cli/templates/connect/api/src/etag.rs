@% if has_versions -%@
//! Entity tags (RFC 9110): the version of an item, and the requests that depend on it.

use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;

use crate::Problem;
use crate::extract::Json;

/// Returns a response with an item and its version.
pub fn tagged<T: Serialize>(version: impl Display, item: T) -> impl IntoResponse {
    ([(header::ETAG, tag(version))], Json(item))
}

fn tag(version: impl Display) -> String {
    format!("\"{version}\"")
}

/// The versions in `If-Match`, if the request has this header.
pub struct IfMatch(Option<String>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut tags = Vec::new();
        for value in parts.headers.get_all(header::IF_MATCH) {
            tags.push(value.to_str().map_err(|_| Problem::parameter("If-Match", "the entity tag is not valid"))?);
        }
        Ok(Self((!tags.is_empty()).then(|| tags.join(","))))
    }
}

impl IfMatch {
    /// Returns whether the request depends on a version.
    pub fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// Fails if the request is for another version.
    pub fn check(&self, version: impl Display) -> Result<(), Problem> {
        let Some(tags) = &self.0 else { return Ok(()) };
        let tag = tag(version);
        match tags.split(',').map(str::trim).any(|given| given == "*" || given == tag) {
            true => Ok(()),
            false => Err(Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "the item has another version than `If-Match`; read it again",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_without_tags_or_with_the_tag_of_the_version_is_accepted() {
        let check = |tags: Option<&str>| IfMatch(tags.map(str::to_owned)).check(3).map_err(|problem| problem.status);
        for tags in [None, Some("*"), Some("\"3\""), Some("\"2\", \"3\"")] {
            assert_eq!(check(tags), Ok(()), "{tags:?}");
        }
        for tags in ["\"2\"", "3", "W/\"3\"", ""] {
            assert_eq!(check(Some(tags)), Err(412), "{tags}");
        }
    }
}
@%- endif %@
