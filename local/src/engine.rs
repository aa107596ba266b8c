use monotable::aws::Client;
use monotable::aws::config::{BehaviorVersion, Config, Credentials, Region};

/// A running engine. Dropping it stops it.
pub trait Engine: Send + Sync + 'static {
    /// Returns the engine's name, for messages.
    fn name(&self) -> &'static str;

    /// Returns the URL that the engine listens on, such as `http://127.0.0.1:41231`.
    fn endpoint(&self) -> &str;

    /// Stops the engine if it is still running. Use it for an engine in a static, because statics are never dropped.
    fn stop(&self);

    /// Creates a client for the engine, with the same credentials that `LOCAL_DEV=true` uses.
    fn client(&self) -> Client {
        self.client_for("UNUSED")
    }

    /// Creates a client with this access key (letters and digits). In an in-memory DynamoDB Local, each access key has its own
    /// tables.
    fn client_for(&self, access_key: &str) -> Client {
        client_for(self.endpoint(), access_key)
    }
}

/// Creates a client for an engine that another process runs, with the same credentials that `LOCAL_DEV=true` uses.
pub fn client(endpoint: &str) -> Client {
    client_for(endpoint, "UNUSED")
}

fn client_for(endpoint: &str, access_key: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint)
        // Never use a proxy: it cannot reach this machine's loopback address.
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::new(access_key, "UNUSED", None, None, "local"))
        .build();
    Client::from_conf(config)
}
