//! Items straight from an answer's text, and straight into a request's, without what the SDK makes of them.
//! <https://docs.rs/aws-smithy-runtime-api/latest/aws_smithy_runtime_api/client/ser_de/index.html>
//!
//! The SDK reads and writes all that is around the items. Where it does not ask for these ways, it reads and writes the items, too:
//! that is slower, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::config::ConfigBag;

use crate::client::{Attributes, Connection};

/// The part of what the SDK has for an operation.
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

/// Whether the SDK has begun with a request. What begins in the middle of it is another one's, such as a read of the credentials.
#[derive(Debug, Clone, Default)]
struct FirstUse(Arc<AtomicBool>);

impl FirstUse {
    fn is_first(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

/// Before the SDK does anything for a request.
pub(super) fn begin(config: &mut ConfigBag) {
    read::begin(config);
    write::begin(config);
}
