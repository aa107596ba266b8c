//! The default settings of a deployed connection's client.

use std::time::Duration;

#[cfg(feature = "appconfig")]
use aws_config::SdkConfig;
#[cfg(feature = "appconfig")]
use aws_sdk_dynamodb::config::{Builder, timeout::TimeoutConfig};

/// The timeout of an attempt, after which the request is retried. DynamoDB responds within milliseconds, so a longer wait means
/// that the server hangs or that the connection was lost without a signal. The SDK's default is to wait indefinitely.
#[cfg(feature = "appconfig")]
const ATTEMPT: Duration = Duration::from_secs(10);
/// The SDK's default.
#[cfg(feature = "appconfig")]
const CONNECT: Duration = Duration::from_millis(3100);

/// Returns the settings for a deployed table. Timeouts in the SDK's configuration take precedence.
#[cfg(feature = "appconfig")]
pub(super) fn deployed(config: &SdkConfig) -> Builder {
    let given = config.timeout_config().cloned().unwrap_or_else(|| TimeoutConfig::builder().build());
    let ours = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT);
    let timeouts = given.to_builder().take_unset_from(ours).build();
    let settings = Builder::from(config).timeout_config(timeouts);
    #[cfg(feature = "https")]
    if let Some(idle) = idle_timeout(std::env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some()) {
        return settings.http_client(http_client(idle));
    }
    settings
}

/// Returns how long an idle HTTP connection is kept, if it is not the SDK's default. AWS Lambda freezes the process between two
/// invocations, and connections are lost in the meantime without a signal. The outcome of a write on such a connection is
/// unknown.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
#[cfg(all(feature = "appconfig", feature = "https"))]
fn idle_timeout(is_lambda: bool) -> Option<Duration> {
    is_lambda.then_some(Duration::from_secs(5))
}

/// Creates an HTTP client like the SDK's default one that closes connections after this idle time.
///
/// Use it in the settings of [`Table::connect_with`](crate::Table::connect_with):
/// `settings.http_client(http_client(Duration::from_secs(5)))`. In AWS Lambda, a deployed connection already has such a client,
/// with an idle time of 5 seconds.
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

#[cfg(all(test, feature = "appconfig"))]
mod tests {
    use super::*;

    /// Returns the timeouts of an attempt and of connecting.
    fn timeouts(config: &SdkConfig) -> Option<(Option<Duration>, Option<Duration>)> {
        let built = deployed(config).build();
        built.timeout_config().map(|set| (set.operation_attempt_timeout(), set.connect_timeout()))
    }

    #[test]
    fn a_request_to_a_hung_server_times_out_by_default() {
        let config = SdkConfig::builder().build();
        assert_eq!(timeouts(&config), Some((Some(ATTEMPT), Some(CONNECT))));
    }

    #[test]
    fn timeouts_of_the_sdk_configuration_take_precedence() {
        let own = Duration::from_secs(99);
        let given = TimeoutConfig::builder().operation_attempt_timeout(own).build();
        let config = SdkConfig::builder().timeout_config(given).build();
        assert_eq!(timeouts(&config), Some((Some(own), Some(CONNECT))));
    }

    #[cfg(feature = "https")]
    #[test]
    fn only_lambda_closes_idle_connections_early() {
        assert_eq!((idle_timeout(true), idle_timeout(false)), (Some(Duration::from_secs(5)), None));
    }
}
