//! The name of a deployed table, from a configuration that can change while the program runs.
//!
//! An operation that needs the name fetches it within its own await. Nothing runs in the background, because AWS Lambda would
//! freeze it.

use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use crate::error::{Error, ErrorKind, Result};

/// The source of the configuration, with sessions like those of AWS AppConfig.
/// <https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-retrieving-the-configuration.html>
#[async_trait]
pub(crate) trait NameSource: Send + Sync {
    /// Starts a session, and returns its first token.
    async fn start(&self) -> Result<String>;

    /// Returns the current configuration. A token is valid for one call.
    async fn latest(&self, token: &str) -> Result<Configuration, Refusal>;

    /// Returns the name for messages, for example ``AppConfig's profile `dynamodb` ``.
    fn name(&self) -> String;
}

pub(crate) struct Configuration {
    /// The token for the next call.
    pub token: String,
    /// The minimum time before the next call.
    pub poll: Duration,
    /// `None` if the content has not changed since the last response in this session.
    pub content: Option<Vec<u8>>,
}

pub(crate) enum Refusal {
    /// The token has expired. A new session may work.
    Expired(Error),
    Failed(Error),
}

impl Refusal {
    fn into_error(self) -> Error {
        match self {
            Self::Expired(error) | Self::Failed(error) => error,
        }
    }
}

/// The timeout of a refresh. The last name is known, and an operation of the user is waiting.
const LONGEST: Duration = Duration::from_secs(2);

/// Caches the table name, and refreshes it when it is old.
pub(crate) struct Resolver {
    source: Box<dyn NameSource>,
    /// The key of the table in the configuration.
    key: &'static str,
    max_age: Duration,
    known: Lock<CachedName>,
    /// Locked by the caller that fetches the name.
    session: Mutex<Session>,
}

#[derive(Clone)]
struct CachedName {
    name: Arc<str>,
    /// The time of the next refresh.
    due: Instant,
}

/// Fetches the name in a new session.
pub(crate) async fn fetch(source: &dyn NameSource, key: &str) -> Result<String> {
    first(&mut Session::default(), source, key).await
}

async fn first(session: &mut Session, source: &dyn NameSource, key: &str) -> Result<String> {
    match session.latest(source).await? {
        Some(content) => table_name(&content, key, &source.name()),
        None => Err(configuration(format!("{} is empty: {}", source.name(), expected(key)))),
    }
}

impl Resolver {
    /// Fetches the name for the first time.
    pub async fn begin(source: Box<dyn NameSource>, key: &'static str, max_age: Duration) -> Result<Self> {
        let mut session = Session::default();
        let name = first(&mut session, &*source, key).await?;
        let due = Instant::now() + max_age.max(session.poll);
        let known = Lock::new(CachedName { name: name.into(), due });
        Ok(Self { source, key, max_age, known, session: Mutex::new(session) })
    }

    /// Returns the name. Refreshes it first if it is old; if that fails, or if another caller is refreshing it, returns the last
    /// valid name.
    pub async fn name(&self) -> Arc<str> {
        let known = self.known();
        if Instant::now() < known.due {
            return known.name;
        }
        let Ok(mut session) = self.session.try_lock() else { return known.name };
        let known = self.known();
        if Instant::now() < known.due {
            // Another caller refreshed it before this one locked the session.
            return known.name;
        }
        // If the caller is cancelled during the refresh, the refresh has failed, and the next caller does not wait for another
        // one.
        self.keep(known.name.clone(), session.poll);
        let fetched = timeout(LONGEST, session.latest(&*self.source)).await;
        let fetched = fetched.unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, "no response in time")));
        let name = fetched
            .and_then(|content| content.map(|content| table_name(&content, self.key, &self.source.name())).transpose());
        match name {
            Ok(name) => {
                let name = name.map_or_else(|| known.name.clone(), Arc::from);
                if name != known.name {
                    info!(from = &*known.name, to = &*name, "the table name has changed");
                }
                self.keep(name.clone(), self.max_age.max(session.poll));
                name
            }
            Err(error) => {
                warn!(%error, table = &*known.name, "the table name cannot be refreshed: using the last valid one");
                // AppConfig would not send the same invalid content again in this session, and it would then count as unchanged.
                session.token = None;
                self.keep(known.name.clone(), session.poll);
                known.name
            }
        }
    }

    /// Caches the name for this time.
    fn keep(&self, name: Arc<str>, age: Duration) {
        let known = CachedName { name, due: Instant::now() + age };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn known(&self) -> CachedName {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Session {
    /// `None` while a call is in progress. If the call fails or is cancelled, it is unknown whether the token was used, so the
    /// next call starts a new session.
    token: Option<String>,
    poll: Duration,
}

impl Default for Session {
    fn default() -> Self {
        // The default of AppConfig, until a response contains another interval.
        Self { token: None, poll: Duration::from_secs(60) }
    }
}

impl Session {
    async fn latest(&mut self, source: &dyn NameSource) -> Result<Option<Vec<u8>>> {
        let answer = match self.token.take() {
            Some(token) => match source.latest(&token).await {
                // A token is valid for a day, and a program may be idle for longer.
                Err(Refusal::Expired(_)) => source.latest(&source.start().await?).await,
                answer => answer,
            },
            None => source.latest(&source.start().await?).await,
        };
        let answer = answer.map_err(Refusal::into_error)?;
        self.token = Some(answer.token);
        self.poll = answer.poll;
        Ok(answer.content)
    }
}

fn configuration(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

fn expected(key: &str) -> String {
    format!("it must be JSON of the form {{\"{key}\": {{\"tableName\": \"..\"}}}}")
}

/// Reads the table name from `{"<key>": {"tableName": ".."}}`.
fn table_name(content: &[u8], key: &str, source: &str) -> Result<String> {
    // Some editors start a file with a byte order mark, which is not valid in JSON.
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let document: Value = serde_json::from_slice(content).map_err(|error| {
        // The message does not contain the content, because other programs keep their configuration there, too.
        let place = format!("line {}, column {}", error.line(), error.column());
        configuration(format!("{source} is not JSON ({place}): {}", expected(key)))
    })?;
    let Value::Object(keys) = &document else {
        return Err(configuration(format!("{source} is not a JSON object: {}", expected(key))));
    };
    let Some(table) = keys.get(key) else {
        let found: Vec<_> = keys.keys().map(|key| format!("`{key}`")).collect();
        let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
        return Err(configuration(format!(
            "{source} has no key `{key}` (the `runtimeConfigKey` of config.json); it has {found}"
        )));
    };
    match table.get("tableName").and_then(Value::as_str) {
        // An ARN is the name of a table in another account.
        Some(name) if name.starts_with("arn:") => Ok(name.to_owned()),
        Some(name) if !name.is_empty() => match monotable_config::check_table_name(name) {
            Ok(()) => Ok(name.to_owned()),
            Err(why) => Err(configuration(format!("`{key}` of {source}: {why}"))),
        },
        _ => Err(configuration(format!("`{key}` of {source} has no string `tableName`: {}", expected(key)))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use std::collections::VecDeque;

    use tokio::sync::Semaphore;
    use tokio::time::advance;

    use super::*;

    #[derive(Clone)]
    enum Scripted {
        Name(&'static str),
        Text(&'static str),
        Unchanged,
        Expired,
        Failed,
    }
    use Scripted::{Expired, Failed, Name, Text, Unchanged};

    /// Returns the responses in order, and records the calls.
    #[derive(Clone)]
    struct Script {
        answers: Arc<Lock<VecDeque<Scripted>>>,
        calls: Arc<Lock<Vec<String>>>,
        /// Each call consumes a permit.
        gate: Arc<Semaphore>,
    }

    const POLL: u64 = 60;

    impl Script {
        fn new(answers: &[Scripted]) -> Self {
            let gate = Arc::new(Semaphore::new(1000));
            Self { answers: Arc::new(Lock::new(answers.to_vec().into())), calls: Arc::default(), gate }
        }

        fn add(&self, answer: Scripted) {
            self.answers.lock().unwrap().push_back(answer);
        }

        fn calls(&self) -> Vec<String> {
            std::mem::take(&mut self.calls.lock().unwrap())
        }

        async fn resolver(&self) -> Result<Resolver> {
            Resolver::begin(Box::new(self.clone()), "MyTable", Duration::from_secs(300)).await
        }
    }

    #[async_trait]
    impl NameSource for Script {
        async fn start(&self) -> Result<String> {
            self.calls.lock().unwrap().push("start".into());
            Ok("first".into())
        }

        async fn latest(&self, token: &str) -> Result<Configuration, Refusal> {
            self.calls.lock().unwrap().push(token.into());
            self.gate.acquire().await.unwrap().forget();
            let error = || Error::new(ErrorKind::Service, "scripted");
            let text = match self.answers.lock().unwrap().pop_front().unwrap() {
                Name(name) => Some(format!(r#"{{"MyTable": {{"tableName": "{name}"}}}}"#)),
                Text(text) => Some(text.to_owned()),
                Unchanged => None,
                Expired => return Err(Refusal::Expired(error())),
                Failed => return Err(Refusal::Failed(error())),
            };
            let poll = Duration::from_secs(POLL);
            Ok(Configuration { token: "next".into(), poll, content: text.map(String::into_bytes) })
        }

        fn name(&self) -> String {
            "the script".into()
        }
    }

    async fn pass(seconds: u64) {
        advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_cached_for_its_age_and_then_fetched_with_the_next_token() {
        let script = Script::new(&[Name("one"), Name("two"), Unchanged, Name("three")]);
        let resolver = script.resolver().await.unwrap();
        assert_eq!(script.calls(), ["start", "first"]);
        pass(299).await;
        assert_eq!(&*resolver.name().await, "one");
        assert!(script.calls().is_empty());
        pass(1).await;
        assert_eq!(&*resolver.name().await, "two");
        assert_eq!(script.calls(), ["next"]);
        pass(300).await;
        assert_eq!(&*resolver.name().await, "two", "an empty response means unchanged");
        assert_eq!(&*resolver.name().await, "two");
        assert_eq!(script.calls(), ["next"]);
        pass(300).await;
        assert_eq!(&*resolver.name().await, "three");
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_order_mark_and_an_arn_are_accepted() {
        let arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/shared";
        let script = Script::new(&[Text("\u{feff}{\"MyTable\": {\"tableName\": \"one\"}}"), Name(arn)]);
        let resolver = script.resolver().await.unwrap();
        assert_eq!(&*resolver.name().await, "one");
        pass(300).await;
        assert_eq!(&*resolver.name().await, arn);
    }

    #[tokio::test(start_paused = true)]
    async fn the_poll_interval_is_the_minimum_age() {
        let script = Script::new(&[Name("one"), Name("two")]);
        let resolver = Resolver::begin(Box::new(script.clone()), "MyTable", Duration::ZERO).await.unwrap();
        pass(POLL - 1).await;
        assert_eq!(&*resolver.name().await, "one");
        pass(1).await;
        assert_eq!(&*resolver.name().await, "two");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_refresh_returns_the_last_name_and_is_retried_after_the_poll_interval() {
        let invalid = r#"{"MyTable": {"tableName": "not a name"}}"#;
        for failure in [Failed, Text("{"), Text("{}"), Text(r#"{"MyTable": {}}"#), Text(invalid), Name("my/table")] {
            let script = Script::new(&[Name("one"), failure]);
            let resolver = script.resolver().await.unwrap();
            pass(300).await;
            assert_eq!(&*resolver.name().await, "one");
            script.calls();
            pass(POLL - 1).await;
            assert_eq!(&*resolver.name().await, "one");
            assert!(script.calls().is_empty());
            script.add(Name("two"));
            pass(1).await;
            assert_eq!(&*resolver.name().await, "two");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_expired_token_starts_one_new_session() {
        let script = Script::new(&[Name("one"), Expired, Name("two"), Expired, Expired]);
        let resolver = script.resolver().await.unwrap();
        script.calls();
        pass(300).await;
        assert_eq!(&*resolver.name().await, "two");
        assert_eq!(script.calls(), ["next", "start", "first"]);
        pass(300).await;
        assert_eq!(&*resolver.name().await, "two");
        assert_eq!(script.calls(), ["next", "start", "first"], "only one new session");
    }

    #[tokio::test(start_paused = true)]
    async fn other_callers_get_the_last_name_during_a_refresh() {
        let script = Script::new(&[Name("one"), Name("two")]);
        let resolver = Arc::new(script.resolver().await.unwrap());
        script.calls();
        script.gate.forget_permits(1000);
        pass(300).await;
        let fetching = tokio::spawn({
            let resolver = resolver.clone();
            async move { resolver.name().await }
        });
        tokio::task::yield_now().await;
        for _ in 0..50 {
            assert_eq!(&*resolver.name().await, "one");
        }
        script.gate.add_permits(1);
        assert_eq!(&*fetching.await.unwrap(), "two");
        assert_eq!(&*resolver.name().await, "two");
        assert_eq!(script.calls(), ["next"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_refresh_counts_as_failed() {
        let script = Script::new(&[Name("one"), Name("two")]);
        let resolver = script.resolver().await.unwrap();
        script.calls();
        script.gate.forget_permits(1000);
        pass(300).await;
        assert!(timeout(Duration::from_secs(1), resolver.name()).await.is_err());
        assert_eq!(&*resolver.name().await, "one", "the next caller does not wait");
        pass(POLL).await;
        script.gate.add_permits(1);
        assert_eq!(&*resolver.name().await, "two");
        assert_eq!(script.calls(), ["next", "start", "first"], "in a new session");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_without_a_response_times_out() {
        let script = Script::new(&[Name("one"), Name("two")]);
        let resolver = script.resolver().await.unwrap();
        script.gate.forget_permits(1000);
        pass(300).await;
        let began = Instant::now();
        assert_eq!(&*resolver.name().await, "one");
        assert_eq!(began.elapsed(), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn unchanged_invalid_content_is_fetched_again() {
        let script = Script::new(&[Name("one"), Text("{}"), Text("{}"), Name("two")]);
        let resolver = script.resolver().await.unwrap();
        script.calls();
        pass(300).await;
        for name in ["one", "one", "two"] {
            assert_eq!(&*resolver.name().await, name);
            pass(POLL).await;
        }
        assert_eq!(script.calls(), ["next", "start", "first", "start", "first"], "each refresh starts a new session");
    }

    #[tokio::test(start_paused = true)]
    async fn an_invalid_first_response_is_reported() {
        for (answer, message) in [
            (Unchanged, "the script is empty: it must be JSON of the form {\"MyTable\": {\"tableName\": \"..\"}}"),
            (Text("{\n  nonsense"), "the script is not JSON (line 2, column 3)"),
            (Text("[]"), "the script is not a JSON object"),
            (
                Text(r#"{"Other": {}, "Third": 1}"#),
                "has no key `MyTable` (the `runtimeConfigKey` of config.json); it has `Other`, `Third`",
            ),
            (Text("{}"), "it has nothing"),
            (Name("no spaces"), "`MyTable` of the script: the table name `no spaces` has the character ` `"),
            (Text(r#"{"MyTable": {"tableName": 1}}"#), "`MyTable` of the script has no string `tableName`"),
            (Text(r#"{"MyTable": "name"}"#), "`MyTable` of the script has no string `tableName`"),
            (Text(r#"{"MyTable": {"tableName": ""}}"#), "`MyTable` of the script has no string `tableName`"),
        ] {
            let Err(error) = Script::new(&[answer]).resolver().await else { panic!("{message}") };
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}
