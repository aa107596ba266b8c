//! Sessions of a web site.
//!
//! | access pattern | how |
//! |---|---|
//! | start a session with a unique token | `create` |
//! | get the session of a token, unless it has expired | `get`, and a comparison of its expiry, because DynamoDB deletes hours later |
//! | delete expired sessions | the table's `ttlAttribute` |
//! | delete all sessions of a user | index `by_user`, which projects only the keys |

use chrono::serde::ts_seconds;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use monotable::{Entity, Item, Table};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::support::case::{Env, cases};

cases![
    creating_a_second_session_with_a_token_fails,
    an_expired_session_is_not_returned,
    all_sessions_of_a_user_can_be_deleted
];

#[derive(Debug, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "Sessions",
    "localDev": { "port": 8000, "tableName": "sessions" },
    "tableConfig": {
        "partitionKey": "session_token",
        "ttlAttribute": "expires_at",
        "globalSecondaryIndexes": [
            { "indexName": "by-user", "name": "by_user", "partitionKey": "username", "projection": "KEYS_ONLY" } ] }
}"#)]
enum SessionStore {
    Session(Session),
    /// An item of the index, which has no discriminator because only the keys are projected.
    #[table(unknown)]
    Other(Item),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = SessionStore, pk = "{token}", by_user(pk = "{user}"))]
struct Session {
    #[entity(key_only)]
    token: Uuid,
    user: String,
    #[serde(with = "monotable::timestamp")]
    created_at: DateTime<Utc>,
    /// In seconds, as DynamoDB requires.
    #[serde(with = "ts_seconds")]
    expires_at: DateTime<Utc>,
}

const LENGTH: TimeDelta = TimeDelta::days(7);

impl Session {
    fn new(user: &str, token: u128, created_at: DateTime<Utc>) -> Self {
        let expires_at = (created_at + LENGTH).duration_trunc(TimeDelta::seconds(1)).unwrap();
        Self { token: Uuid::from_u128(token), user: user.to_owned(), created_at, expires_at }
    }

    async fn of_token(token: Uuid, now: DateTime<Utc>) -> monotable::Result<Option<Self>> {
        let session = Self::get(token).await?;
        Ok(session.filter(|session| session.expires_at > now))
    }

    async fn end_all_of(user: &str) -> monotable::Result<usize> {
        // The items of the index contain only keys, so without a discriminator they are unknown items.
        let sessions = SessionStore::by_user().query(user).all().await?;
        let tokens = sessions.iter().filter_map(|session| match session {
            SessionStore::Session(session) => Some(session.token),
            SessionStore::Other(keys) => keys.text("session_token")?.parse().ok(),
        });
        let mut ended = 0;
        for token in tokens {
            Self::delete(token).await?;
            ended += 1;
        }
        Ok(ended)
    }
}

async fn creating_a_second_session_with_a_token_fails(env: Env) {
    let table = env.expiring::<SessionStore>().await;
    let now = monotable::timestamp::now();
    Session::new("ada", 1, now).create().on(&table).await.unwrap();
    assert!(Session::new("eve", 1, now).create().on(&table).await.unwrap_err().is_already_exists());
    assert_eq!(Session::get(Uuid::from_u128(1)).on(&table).await.unwrap().unwrap().user, "ada");
}

async fn an_expired_session_is_not_returned(env: Env) {
    let table = env.expiring::<SessionStore>().await;
    let now = monotable::timestamp::now();
    let session = Session::new("ada", 1, now).create().on(&table).await.unwrap();
    table
        .scope(async {
            assert_eq!(Session::of_token(session.token, now).await.unwrap(), Some(session.clone()));
            assert_eq!(Session::of_token(session.token, now + LENGTH).await.unwrap(), None);
        })
        .await;
    let stored = SessionStore::scan().on(&table).first().await.unwrap().unwrap();
    assert_eq!(stored.as_session(), Some(&session));
    let raw = session.to_item().unwrap();
    assert_eq!(raw.as_ref()["expires_at"].as_n().unwrap(), &session.expires_at.timestamp().to_string());
    assert_eq!(
        SessionStore::describe().on(&table).await.unwrap().changes,
        [],
        "the table must have its time-to-live enabled"
    );
}

async fn all_sessions_of_a_user_can_be_deleted(env: Env) {
    let table = env.expiring::<SessionStore>().await;
    let now = monotable::timestamp::now();
    for (user, token) in [("ada", 1), ("ada", 2), ("eve", 3)] {
        Session::new(user, token, now).create().on(&table).await.unwrap();
    }
    // The index does not contain whole sessions, so reading them is rejected before a request is sent.
    let error = Session::by_user().query("ada").on(&table).all().await.unwrap_err();
    assert!(error.to_string().contains("the index `by_user` does not store `user` of `Session`"), "{error}");
    assert_eq!(
        Session::by_user().query("ada").on(&table).count().await.unwrap(),
        2,
        "sessions can be counted in the index"
    );
    assert_eq!(table.scope(Session::end_all_of("ada")).await.unwrap(), 2);
    let left: Vec<Session> = Session::scan().on(&table).all().await.unwrap();
    assert_eq!(left.iter().map(|session| session.user.as_str()).collect::<Vec<_>>(), ["eve"]);
}
