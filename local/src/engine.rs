use monotable::aws::Client;
use monotable::aws::config::{BehaviorVersion, Config, Credentials, Region};

/// A running engine. Dropping it stops it.
pub trait Engine: Send + Sync + 'static {
    /// Its name, for messages.
    fn name(&self) -> &'static str;

    /// Where it listens, such as `http://127.0.0.1:41231`.
    fn endpoint(&self) -> &str;

    /// Stops it, if it has not been stopped. For statics, which are never dropped.
    fn stop(&self);

    /// A client for it, with the credentials that `LOCAL_DEV=true` uses too.
    fn client(&self) -> Client {
        self.client_for("UNUSED")
    }

    /// A client with this access key (letters and digits), by which DynamoDB Local keeps the tables of several apart.
    fn client_for(&self, access_key: &str) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(self.endpoint())
            // Never through a proxy: nobody else can reach this machine's own addresses.
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .credentials_provider(Credentials::new(access_key, "UNUSED", None, None, "local"))
            .build();
        Client::from_conf(config)
    }
}
