//! What the client of a deployed connection is made with, unless the program says otherwise.

use std::time::Duration;

#[cfg(feature = "appconfig")]
use aws_config::SdkConfig;
#[cfg(feature = "appconfig")]
use aws_sdk_dynamodb::config::{Builder, timeout::TimeoutConfig};

/// A request that has no answer by then is sent again. DynamoDB answers within milliseconds, so this is a server that hangs, or a
/// connection that is dead without a sign. The SDK itself waits for ever.
#[cfg(feature = "appconfig")]
const ATTEMPT: Duration = Duration::from_secs(10);
/// The SDK's own.
#[cfg(feature = "appconfig")]
const CONNECT: Duration = Duration::from_millis(3100);

/// Settings for a deployed table.
#[cfg(feature = "appconfig")]
pub(super) fn deployed(config: &SdkConfig) -> Builder {
    let given = config.timeout_config().cloned().unwrap_or_else(|| TimeoutConfig::builder().build());
    let ours = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT);
    let timeouts = given.to_builder().take_unset_from(ours).build();
    let settings = Builder::from(config).timeout_config(timeouts);
    #[cfg(feature = "https")]
    if let Some(idle) = idle_timeout() {
        return settings.http_client(http_client(idle));
    }
    settings
}

/// How long an unused connection is kept, where that is not for the SDK to say. AWS Lambda freezes the process between two
/// invocations, and connections die meanwhile without a sign: a write on one of them may have arrived, or not.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
#[cfg(all(feature = "appconfig", feature = "https"))]
fn idle_timeout() -> Option<Duration> {
    const FUNCTION: &str = "AWS_LAMBDA_FUNCTION_NAME";
    std::env::var_os(FUNCTION).map(|_| Duration::from_secs(5))
}

/// Makes an HTTP client like the SDK's own, which closes connections that were idle for this long. For
/// [`Table::connect_with`](crate::Table::connect_with): `settings.http_client(http_client(Duration::from_secs(5)))`. In AWS Lambda a
/// deployed connection has one with 5 seconds already.
#[cfg(feature = "https")]
pub fn http_client(idle_timeout: Duration) -> aws_sdk_dynamodb::config::SharedHttpClient {
    use aws_smithy_http_client::proxy::ProxyConfig;
    use aws_smithy_http_client::tls::Provider;
    use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
    use aws_smithy_http_client::{Builder, Connector};

    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .pool_idle_timeout(idle_timeout)
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    })
}
