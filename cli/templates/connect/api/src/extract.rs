//! The extractors of axum, with errors that are problem details.

use std::fmt;
use std::marker::PhantomData;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
@% if uses_conversions %@
use serde_json::Value;
@% endif %@
use crate::{BODY_LIMIT, BODY_TIMEOUT, Problem};

/// A body that is an object in JSON.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = match tokio::time::timeout(BODY_TIMEOUT, read(body)).await {
            Ok(body) => body?,
            Err(_) => return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")),
        };
        let request = Request::from_parts(parts, Body::from(body));
        let axum::Json(Object(body)) = axum::Json::<Object<T>>::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// Reads a body. Many clients read the response only after they have sent everything, so this reads more than it keeps.
async fn read(mut body: Body) -> Result<Vec<u8>, Problem> {
    let (mut kept, mut size) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body is not complete"))?;
        let Ok(data) = frame.into_data() else { continue };
        size += data.len();
        if size <= BODY_LIMIT {
            kept.extend_from_slice(&data);
        } else if size > 16 * BODY_LIMIT {
            break;
        }
    }
    match size <= BODY_LIMIT {
        true => Ok(kept),
        false => Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {BODY_LIMIT} bytes"))),
    }
}

/// An object. serde alone would also read a struct from a list of its fields.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The values in the path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

/// The parameters after the path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

@% if uses_conversions %@
/// Converts a parameter to the type of a field of the entity. The closure only names the field, so that its type needs no import.
pub fn value<E, T: DeserializeOwned>(name: &str, text: &str, _field: fn(&E) -> Option<&T>) -> Result<T, Problem> {
    // The type may be made from a text, or from a number or a Boolean.
    let as_text = serde_json::from_value(Value::from(text));
    as_text.or_else(|error| serde_json::from_str(text).map_err(|_| Problem::parameter(name, &error.to_string())))
}
@% endif %@
