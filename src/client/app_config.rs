//! Reads the name of the deployed table from AWS AppConfig.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_appconfigdata::Client;
use aws_sdk_appconfigdata::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_appconfigdata::operation::get_latest_configuration::GetLatestConfigurationError;
use aws_sdk_appconfigdata::operation::start_configuration_session::StartConfigurationSessionError;
use aws_sdk_appconfigdata::types::ResourceType;
use aws_sdk_appconfigdata::types::error::ResourceNotFoundException;

use crate::client::environment::APPLICATION;
use crate::client::resolver::{Configuration, NameSource, Refusal, fetch};
use crate::client::service_error::{of_credentials, unanswered};
use crate::error::{Error, ErrorKind, Result};

/// The names in the infrastructure of the Python project.
const ENVIRONMENT: &str = "default";
const PROFILE: &str = "dynamodb";

/// Timeouts of an attempt and of the whole call. A caller that waits longer cannot use the name any more.
const ATTEMPT: Duration = Duration::from_secs(5);
const OPERATION: Duration = Duration::from_secs(15);

/// The poll interval if the response contains none: the default of AppConfig.
const POLL: Duration = Duration::from_secs(60);

/// Reads the name of a deployed table from AWS AppConfig, for tools that have no entity types. Programs with a table enum do not need it:
/// [`Table::connect`](crate::Table::connect) does the same.
///
/// `application` is the id or name of the AppConfig application, and `key` is the `runtimeConfigKey` of the table's `config.json`.
/// See <https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-retrieving-the-configuration.html>.
///
/// # Errors
/// Fails if AppConfig cannot be reached, denies access, or has no valid name for the key.
pub async fn deployed_table_name(config: &SdkConfig, application: &str, key: &str) -> Result<String> {
    fetch(&AppConfig::new(config, application.to_owned()), key).await
}

pub(crate) struct AppConfig {
    client: Client,
    application: String,
}

impl AppConfig {
    pub fn new(config: &SdkConfig, application: String) -> Self {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build();
        let config = aws_sdk_appconfigdata::config::Builder::from(config).timeout_config(timeouts).build();
        Self { client: Client::from_conf(config), application }
    }

    /// Converts an error of the SDK. `action` is the IAM action of the call; `missing` returns the error that names the missing
    /// resource.
    fn error<E>(
        &self,
        action: &str,
        error: &SdkError<E>,
        missing: impl Fn(&E) -> Option<&ResourceNotFoundException>,
    ) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let Self { application, .. } = self;
        let missing = error.as_service_error().and_then(missing).map(|missing| match missing.resource_type() {
            Some(ResourceType::Application) => {
                format!(
                    "AppConfig has no application `{application}`: set {APPLICATION} to the id of an application in \
                     this account and region"
                )
            }
            Some(ResourceType::Environment) => {
                format!("AppConfig's application `{application}` has no environment `{ENVIRONMENT}`: create it")
            }
            Some(ResourceType::Deployment | ResourceType::Configuration) => {
                format!("{} was never deployed to environment `{ENVIRONMENT}`: start a deployment", self.name())
            }
            _ => format!(
                "AppConfig's application `{application}` has no configuration profile `{PROFILE}`: create it, with \
                 JSON that contains the table name"
            ),
        });
        let said = error.message().unwrap_or("no reason given");
        let (kind, message) = match (missing, error.code()) {
            (Some(message), _) => (ErrorKind::Configuration, message),
            (None, Some(code)) => of_credentials(code, &self.name(), said).unwrap_or_else(|| match code {
                "AccessDeniedException" => (
                    ErrorKind::AccessDenied,
                    format!("the credentials cannot read {}: allow the IAM action `{action}` ({said})", self.name()),
                ),
                "ThrottlingException" => (ErrorKind::Throttled, format!("throttled by AppConfig: {said}")),
                "BadRequestException" => {
                    (ErrorKind::Configuration, format!("AppConfig rejected the request for {}: {said}", self.name()))
                }
                code => (ErrorKind::Service, format!("{code} from AppConfig: {said}")),
            }),
            (None, None) => unanswered(error, "AWS AppConfig", "check the network, the region and the endpoint", true)
                .unwrap_or_else(|| (ErrorKind::Service, "the response from AppConfig cannot be read".to_owned())),
        };
        Error::new(kind, message)
    }
}

#[async_trait]
impl NameSource for AppConfig {
    async fn start(&self) -> Result<String> {
        let request = self.client.start_configuration_session().application_identifier(&self.application);
        let request = request.environment_identifier(ENVIRONMENT).configuration_profile_identifier(PROFILE);
        let answer = request.send().await.map_err(|error| {
            self.error("appconfig:StartConfigurationSession", &error, |error| match error {
                StartConfigurationSessionError::ResourceNotFoundException(missing) => Some(missing),
                _ => None,
            })
        })?;
        let token = answer.initial_configuration_token;
        token.ok_or_else(|| Error::new(ErrorKind::Service, "AppConfig started a session without a token"))
    }

    async fn latest(&self, token: &str) -> Result<Configuration, Refusal> {
        let answer =
            self.client.get_latest_configuration().configuration_token(token).send().await.map_err(|error| {
                let is_expired = error.code() == Some("BadRequestException");
                let error = self.error("appconfig:GetLatestConfiguration", &error, |error| match error {
                    GetLatestConfigurationError::ResourceNotFoundException(missing) => Some(missing),
                    _ => None,
                });
                // The request has only one parameter, the token.
                if is_expired { Refusal::Expired(error) } else { Refusal::Failed(error) }
            })?;
        let no_token = || {
            Refusal::Failed(Error::new(
                ErrorKind::Service,
                "the response from AppConfig has no token for the next request",
            ))
        };
        let seconds = u64::try_from(answer.next_poll_interval_in_seconds).ok().filter(|seconds| *seconds > 0);
        Ok(Configuration {
            token: answer.next_poll_configuration_token.ok_or_else(no_token)?,
            poll: seconds.map_or(POLL, Duration::from_secs),
            content: answer.configuration.map(|content| content.into_inner()).filter(|content| !content.is_empty()),
        })
    }

    fn name(&self) -> String {
        format!("AppConfig's profile `{PROFILE}` of application `{}`", self.application)
    }
}
