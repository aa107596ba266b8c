//! Deserializes items straight from the response body, and serializes them straight into the request body, without the SDK's
//! types.
//!
//! The SDK still reads and writes everything around the items. If it does not call this serializer or deserializer, it also reads
//! and writes the items; that is only slower.
//! <https://docs.rs/aws-smithy-runtime-api/latest/aws_smithy_runtime_api/client/ser_de/index.html>

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::config::ConfigBag;

use crate::client::{Attributes, Connection};

/// Returns a component of the SDK's configuration of an operation.
macro_rules! sdk {
    ($operation:ident => $part:ident) => {{
        static LAYER: std::sync::LazyLock<Option<aws_smithy_types::config_bag::FrozenLayer>> =
            std::sync::LazyLock::new(|| {
                aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin::config(&$operation::new())
            });
        LAYER.as_ref().and_then(|layer| layer.load::<$part>())
    }};
}
mod read;
mod write;

pub(crate) use read::{DecodeItem, ReadOutput};
pub(super) use read::{attempt, read};
pub(super) use write::write;

/// Whether the SDK has started the request. A request that it starts later is a different one, for example to load credentials.
#[derive(Debug, Clone, Default)]
struct FirstUse(Arc<AtomicBool>);

impl FirstUse {
    fn is_first(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

/// Installs the serializer or deserializer, before the SDK does anything else for a request.
pub(super) fn begin(config: &mut ConfigBag) {
    read::begin(config);
    write::begin(config);
}
