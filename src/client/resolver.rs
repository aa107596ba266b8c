//! The name of a deployed table, out of a runtime configuration that can change while the program runs.
//!
//! Fetched within the await of whoever needs it: nothing runs in the background, which a frozen Lambda would stop.

use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use crate::error::{Error, ErrorKind, Result};

/// Where the configuration is fetched from, in sessions as AWS AppConfig has them.
/// <https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-retrieving-the-configuration.html>
#[async_trait]
pub(crate) trait NameSource: Send + Sync {
    /// Begins a session, and gives its first token.
    async fn start(&self) -> Result<String>;

    /// What there is now. A token is good for one call.
    async fn latest(&self, token: &str) -> Result<Configuration, Refusal>;

    /// For messages, such as ``AppConfig's profile `dynamodb` ``.
    fn name(&self) -> String;
}

pub(crate) struct Configuration {
    /// For the next call.
    pub token: String,
    /// How long to wait for it at least.
    pub poll: Duration,
    /// `None` if it is what the session's last answer was.
    pub content: Option<Vec<u8>>,
}

pub(crate) enum Refusal {
    /// The token is no good any more; another session's may be.
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

/// How long a caller waits for a new name, while the last one is known.
/// An operation of a user's is waiting.
const LONGEST: Duration = Duration::from_secs(2);

/// The table's name as it was last fetched, fetched anew when it is old.
pub(crate) struct Resolver {
    source: Box<dyn NameSource>,
    /// Under which the table stands in the configuration.
    key: &'static str,
    max_age: Duration,
    known: Lock<CachedName>,
    /// Held by the one who fetches.
    session: Mutex<Session>,
}

#[derive(Clone)]
struct CachedName {
    name: Arc<str>,
    /// When it is old.
    due: Instant,
}

impl Resolver {
    /// Fetches the name for the first time.
    pub async fn begin(source: Box<dyn NameSource>, key: &'static str, max_age: Duration) -> Result<Self> {
        let mut session = Session::default();
        let content = session.latest(&*source).await?;
        let name = match &content {
            Some(content) => table_name(content, key, &source.name())?,
            None => return Err(configuration(format!("{} is empty: {}", source.name(), expected(key)))),
        };
        let due = Instant::now() + max_age.max(session.poll);
        let known = Lock::new(CachedName { name: name.into(), due });
        Ok(Self { source, key, max_age, known, session: Mutex::new(session) })
    }

    /// The name; fetched, if it is old. If it cannot be fetched, or while somebody else does, the last good one.
    pub async fn name(&self) -> Arc<str> {
        let known = self.known();
        if Instant::now() < known.due {
            return known.name;
        }
        let Ok(mut session) = self.session.try_lock() else { return known.name };
        let known = self.known();
        if Instant::now() < known.due {
            // Fetched between the look and the lock.
            return known.name;
        }
        // Whoever gives up while it is fetched has failed to fetch it, too: the next one to come is not held up again.
        self.keep(known.name.clone(), session.poll);
        let fetched = timeout(LONGEST, session.latest(&*self.source)).await;
        let fetched = fetched.unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, "no answer in time")));
        let name = fetched
            .and_then(|content| content.map(|content| table_name(&content, self.key, &self.source.name())).transpose());
        match name {
            Ok(name) => {
                let name = name.map_or_else(|| known.name.clone(), Arc::from);
                if name != known.name {
                    info!(from = &*known.name, to = &*name, "the table's name has changed");
                }
                self.keep(name.clone(), self.max_age.max(session.poll));
                name
            }
            Err(error) => {
                warn!(%error, table = &*known.name, "the table's name cannot be refreshed; going on with the last one");
                // In this session a document that is wrong would not be sent again, and be taken for unchanged.
                session.token = None;
                self.keep(known.name.clone(), session.poll);
                known.name
            }
        }
    }

    /// The name is good for so long.
    fn keep(&self, name: Arc<str>, age: Duration) {
        let known = CachedName { name, due: Instant::now() + age };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn known(&self) -> CachedName {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Session {
    /// Taken while it is used: what became of a call that failed, or was given up, nobody knows, and a new session is
    /// always right.
    token: Option<String>,
    poll: Duration,
}

impl Default for Session {
    fn default() -> Self {
        // The service's own default, until it says otherwise.
        Self { token: None, poll: Duration::from_secs(60) }
    }
}

impl Session {
    async fn latest(&mut self, source: &dyn NameSource) -> Result<Option<Vec<u8>>> {
        let answer = match self.token.take() {
            Some(token) => match source.latest(&token).await {
                // Tokens live for a day, and a program may sleep for longer.
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
    format!("it has to be JSON such as {{\"{key}\": {{\"tableName\": \"..\"}}}}")
}

/// `{"<key>": {"tableName": ".."}}`
fn table_name(content: &[u8], key: &str, source: &str) -> Result<String> {
    // Some editors begin a file with a byte order mark, which is no JSON.
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let document: Value = serde_json::from_slice(content).map_err(|error| {
        // Of the text itself nothing is said: other programs keep theirs in there, too.
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
            "{source} has no key `{key}` (`runtimeConfigKey` of config.json); it has {found}"
        )));
    };
    match table.get("tableName").and_then(Value::as_str) {
        // An ARN names a table of another account.
        Some(name) if name.starts_with("arn:") => Ok(name.to_owned()),
        Some(name) if !name.is_empty() => match monotable_config::check_table_name(name) {
            Ok(()) => Ok(name.to_owned()),
            Err(why) => Err(configuration(format!("`{key}` of {source}: {why}"))),
        },
        _ => Err(configuration(format!("`{key}` of {source} has no text `tableName`: {}", expected(key)))),
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

    /// Answers in order, and remembers what was asked.
    #[derive(Clone)]
    struct Script {
        answers: Arc<Lock<VecDeque<Scripted>>>,
        calls: Arc<Lock<Vec<String>>>,
        /// A permit is used up by each call.
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
    async fn a_name_is_kept_for_its_age_and_then_fetched_with_the_next_token() {
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
        assert_eq!(&*resolver.name().await, "two", "an empty answer means unchanged");
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
    async fn the_poll_interval_is_the_least_age() {
        let script = Script::new(&[Name("one"), Name("two")]);
        let resolver = Resolver::begin(Box::new(script.clone()), "MyTable", Duration::ZERO).await.unwrap();
        pass(POLL - 1).await;
        assert_eq!(&*resolver.name().await, "one");
        pass(1).await;
        assert_eq!(&*resolver.name().await, "two");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_refresh_serves_the_last_name_and_is_tried_again_after_the_poll_interval() {
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
    async fn an_expired_token_begins_one_new_session() {
        let script = Script::new(&[Name("one"), Expired, Name("two"), Expired, Expired]);
        let resolver = script.resolver().await.unwrap();
        script.calls();
        pass(300).await;
        assert_eq!(&*resolver.name().await, "two");
        assert_eq!(script.calls(), ["next", "start", "first"]);
        pass(300).await;
        assert_eq!(&*resolver.name().await, "two");
        assert_eq!(script.calls(), ["next", "start", "first"], "once, not again and again");
    }

    #[tokio::test(start_paused = true)]
    async fn while_one_fetches_the_others_get_the_last_name() {
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
    async fn a_refresh_that_is_given_up_has_failed() {
        let script = Script::new(&[Name("one"), Name("two")]);
        let resolver = script.resolver().await.unwrap();
        script.calls();
        script.gate.forget_permits(1000);
        pass(300).await;
        assert!(timeout(Duration::from_secs(1), resolver.name()).await.is_err());
        assert_eq!(&*resolver.name().await, "one", "who comes next is not held up");
        pass(POLL).await;
        script.gate.add_permits(1);
        assert_eq!(&*resolver.name().await, "two");
        assert_eq!(script.calls(), ["next", "start", "first"], "in a session of its own");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_without_an_answer_ends() {
        let script = Script::new(&[Name("one"), Name("two")]);
        let resolver = script.resolver().await.unwrap();
        script.gate.forget_permits(1000);
        pass(300).await;
        let began = Instant::now();
        assert_eq!(&*resolver.name().await, "one");
        assert_eq!(began.elapsed(), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_document_that_stays_wrong_is_no_unchanged_one() {
        let script = Script::new(&[Name("one"), Text("{}"), Text("{}"), Name("two")]);
        let resolver = script.resolver().await.unwrap();
        script.calls();
        pass(300).await;
        for name in ["one", "one", "two"] {
            assert_eq!(&*resolver.name().await, name);
            pass(POLL).await;
        }
        assert_eq!(script.calls(), ["next", "start", "first", "start", "first"], "asked for anew, not for changes");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_wrong_with_the_first_answer_is_said() {
        for (answer, message) in [
            (Unchanged, "the script is empty: it has to be JSON such as {\"MyTable\": {\"tableName\": \"..\"}}"),
            (Text("{\n  nonsense"), "the script is not JSON (line 2, column 3)"),
            (Text("[]"), "the script is not a JSON object"),
            (
                Text(r#"{"Other": {}, "Third": 1}"#),
                "has no key `MyTable` (`runtimeConfigKey` of config.json); it has `Other`, `Third`",
            ),
            (Text("{}"), "it has nothing"),
            (Name("no spaces"), "`MyTable` of the script: the table name `no spaces` has the character ` `"),
            (Text(r#"{"MyTable": {"tableName": 1}}"#), "`MyTable` of the script has no text `tableName`"),
            (Text(r#"{"MyTable": "name"}"#), "`MyTable` of the script has no text `tableName`"),
            (Text(r#"{"MyTable": {"tableName": ""}}"#), "`MyTable` of the script has no text `tableName`"),
        ] {
            let Err(error) = Script::new(&[answer]).resolver().await else { panic!("{message}") };
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}
