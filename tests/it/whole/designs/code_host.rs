//! A code host: repositories, forks, issues, pull requests, comments, reactions, stars, users and organizations.
//!
//! | access pattern | how |
//! |---|---|
//! | a repository with its newest issues, or with its stars | one item collection: issues sort before the repository, stars after it |
//! | an issue by its number; open issues, newest first; closed issues, oldest first | `{number:010}`; gsi4 |
//! | a pull request by its number; all pull requests of a repository | the table; gsi1 |
//! | a repository with its forks | gsi2, with one partition per original repository |
//! | an account (user or organization) with its repositories by last change | gsi3 |
//! | comments of an issue or of a pull request | item collections |
//! | react once to an issue, a pull request or a comment | `create` |
//! | members of an organization, and organizations of a user | item collection; gsi1 |

use chrono::{DateTime, TimeZone, Utc};
use monotable::{Entity, KeySegment, Table};
use serde::{Deserialize, Serialize};

use crate::support::case::{Env, cases};

cases![
    one_query_returns_a_repository_with_its_issues_or_its_stars,
    issues_are_read_by_number_and_by_state,
    pull_requests_are_read_by_number_and_by_repository,
    one_query_returns_a_repository_with_its_forks,
    one_query_returns_an_account_with_its_repositories,
    comments_are_listed_and_reactions_are_unique,
    members_and_organizations_are_listed_in_both_directions,
];

#[derive(Debug, Clone, PartialEq, Table)]
#[table(config_json = r#"{
    "runtimeConfigKey": "CodeHost", "localDev": { "port": 8000, "tableName": "code-host" },
    "tableConfig": { "globalSecondaryIndexes": [
        { "indexName": "gsi1", "partitionKey": "gsi1pk", "sortKey": "gsi1sk" },
        { "indexName": "gsi2", "partitionKey": "gsi2pk", "sortKey": "gsi2sk" },
        { "indexName": "gsi3", "partitionKey": "gsi3pk", "sortKey": "gsi3sk" },
        { "indexName": "gsi4", "partitionKey": "gsi4pk", "sortKey": "gsi4sk" } ] }
}"#)]
#[table(overlap(User, Organization))]
#[allow(clippy::large_enum_variant, reason = "only a few values exist at a time")]
enum CodeHost {
    Repo(Repo),
    Issue(Issue),
    PullRequest(PullRequest),
    Comment(Comment),
    Reaction(Reaction),
    Star(Star),
    User(User),
    Organization(Organization),
    Membership(Membership),
}

/// The full name of a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct RepoName {
    owner: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = CodeHost,
    types(repo.owner: String, repo.name: String),
    pk = "REPO#{repo.owner}#{repo.name}",
    sk = "REPO#{repo.owner}#{repo.name}",
    gsi2(pk = network(repo, fork_of), sk = network_place(repo, fork_of), name = "of_network"),
    gsi3(pk = "ACCOUNT#{repo.owner}", sk = "#{updated_at}", name = "of_account"),
)]
struct Repo {
    repo: RepoName,
    fork_of: Option<RepoName>,
    #[serde(with = "monotable::timestamp")]
    updated_at: DateTime<Utc>,
}

/// The partition key of gsi2, which a repository shares with its forks.
fn network(repo: &RepoName, fork_of: &Option<RepoName>) -> String {
    let RepoName { owner, name } = fork_of.as_ref().unwrap_or(repo);
    format!("REPO#{owner}#{name}")
}

/// The sort key of gsi2. Forks sort before the original.
fn network_place(repo: &RepoName, fork_of: &Option<RepoName>) -> String {
    match fork_of {
        Some(_) => format!("FORK#{}", repo.owner),
        None => format!("REPO#{}#{}", repo.owner, repo.name),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, KeySegment)]
enum State {
    Open,
    Closed,
}

/// An issue. In gsi4, open issues sort newest first and closed issues oldest first, in separate ranges of the partition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = CodeHost,
    pk = "REPO#{owner}#{name}",
    sk = "ISSUE#{number:010}",
    gsi4(pk = "REPO#{owner}#{name}", sk = by_state(state, number)),
)]
struct Issue {
    #[entity(key_only)]
    owner: String,
    #[entity(key_only)]
    name: String,
    number: u32,
    title: String,
    state: State,
}

fn by_state(state: &State, number: &u32) -> String {
    match state {
        State::Open => format!("ISSUE#OPEN#{:010}", u32::MAX - number),
        State::Closed => format!("#ISSUE#CLOSED#{number:010}"),
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = CodeHost,
    pk = "PR#{owner}#{name}#{number:010}",
    sk = "PR#{owner}#{name}#{number:010}",
    gsi1(pk = "PR#{owner}#{name}", sk = "PR#{number:010}", name = "of_repo"),
)]
struct PullRequest {
    #[entity(key_only)]
    owner: String,
    #[entity(key_only)]
    name: String,
    #[entity(key_only)]
    number: u32,
    title: String,
}

/// The kinds of threads that have comments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, KeySegment)]
enum Thread {
    #[serde(rename = "ISSUE")]
    Issue,
    #[serde(rename = "PR")]
    PullRequest,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = CodeHost, pk = "COMMENTS#{thread}#{owner}#{name}#{number:010}", sk = "COMMENT#{comment_id}")]
struct Comment {
    #[entity(key_only)]
    thread: Thread,
    #[entity(key_only)]
    owner: String,
    #[entity(key_only)]
    name: String,
    #[entity(key_only)]
    number: u32,
    #[entity(key_only)]
    comment_id: String,
    text: String,
}

/// A reaction. `target` is the key of the item that it belongs to, and may contain the delimiter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = CodeHost, pk = "REACTION#{target..}", sk = "{username}#{reaction}")]
struct Reaction {
    #[entity(key_only)]
    target: String,
    #[entity(key_only)]
    username: String,
    #[entity(key_only)]
    reaction: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(table = CodeHost, pk = "REPO#{owner}#{name}", sk = "STAR#{username}")]
struct Star {
    #[entity(key_only)]
    owner: String,
    #[entity(key_only)]
    name: String,
    #[entity(key_only)]
    username: String,
    #[serde(with = "monotable::timestamp")]
    starred_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = CodeHost,
    pk = "ACCOUNT#{username}",
    sk = "ACCOUNT#{username}",
    gsi3(pk = "ACCOUNT#{username}", sk = "ACCOUNT#{username}"),
)]
struct User {
    #[entity(key_only)]
    username: String,
    plan: String,
}

/// An organization. Its keys overlap with those of users, so an account name belongs to either a user or an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = CodeHost,
    pk = "ACCOUNT#{org}",
    sk = "ACCOUNT#{org}",
    gsi3(pk = "ACCOUNT#{org}", sk = "ACCOUNT#{org}"),
)]
struct Organization {
    #[entity(key_only)]
    org: String,
    plan: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Entity)]
#[entity(
    table = CodeHost,
    pk = "ACCOUNT#{org}",
    sk = "MEMBERSHIP#{username}",
    gsi1(pk = "MEMBER#{username}", sk = "ACCOUNT#{org}", name = "of_user"),
)]
struct Membership {
    #[entity(key_only)]
    org: String,
    #[entity(key_only)]
    username: String,
    role: String,
}

fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, day, 0, 0, 0).unwrap()
}

fn name(owner: &str, name: &str) -> RepoName {
    RepoName { owner: owner.into(), name: name.into() }
}

fn repo(owner: &str, repo: &str, updated: u32) -> Repo {
    Repo { repo: name(owner, repo), fork_of: None, updated_at: day(updated) }
}

fn issue(number: u32, state: State) -> Issue {
    Issue { owner: "ada".into(), name: "engine".into(), number, title: format!("issue {number}"), state }
}

fn star(username: &str) -> Star {
    Star { owner: "ada".into(), name: "engine".into(), username: username.into(), starred_at: day(1) }
}

async fn filled(env: &Env) -> monotable::Connection {
    let table = env.table::<CodeHost>().await;
    repo("ada", "engine", 1).create().on(&table).await.unwrap();
    for number in [1, 2, 9, 10, 11] {
        let state = if number % 2 == 0 { State::Closed } else { State::Open };
        issue(number, state).create().on(&table).await.unwrap();
    }
    for username in ["eve", "bob"] {
        star(username).create().on(&table).await.unwrap();
    }
    table
}

async fn one_query_returns_a_repository_with_its_issues_or_its_stars(env: Env) {
    let table = filled(&env).await;
    let partition = "REPO#ada#engine";
    let up_to_repo = CodeHost::query(partition).le("REPO#ada#engine").descending();
    let items = up_to_repo.limit(3).on(&table).all().await.unwrap();
    let expected: [CodeHost; 3] =
        [repo("ada", "engine", 1).into(), issue(11, State::Open).into(), issue(10, State::Closed).into()];
    assert_eq!(items, expected);
    let from_repo = CodeHost::query(partition).ge("REPO#ada#engine").on(&table).all().await.unwrap();
    let expected: [CodeHost; 3] = [repo("ada", "engine", 1).into(), star("bob").into(), star("eve").into()];
    assert_eq!(from_repo, expected);
    assert!(
        star("eve").create().on(&table).await.unwrap_err().is_already_exists(),
        "a user can star a repository only once"
    );
    assert_eq!(Star::query(("ada", "engine")).on(&table).count().await.unwrap(), 2);
    // The key arguments are the nested fields of the template.
    assert_eq!(Repo::get(("ada", "engine")).on(&table).await.unwrap(), Some(repo("ada", "engine", 1)));
}

async fn issues_are_read_by_number_and_by_state(env: Env) {
    let table = filled(&env).await;
    let found = Issue::get(("ada", "engine", 9)).on(&table).await.unwrap();
    assert_eq!(found, Some(issue(9, State::Open)));
    let numbers = |issues: Vec<Issue>| issues.into_iter().map(|issue| issue.number).collect::<Vec<_>>();
    let newest = Issue::query(("ada", "engine")).descending().limit(2).on(&table).all().await.unwrap();
    assert_eq!(numbers(newest), [11, 10], "padded numbers must sort numerically");
    let some = Issue::query(("ada", "engine")).between(2, 10).on(&table).all().await.unwrap();
    assert_eq!(numbers(some), [2, 9, 10]);
    let in_state = |state| CodeHost::gsi4().query("REPO#ada#engine").begins_with(state).only::<Issue>();
    assert_eq!(numbers(in_state("ISSUE#OPEN#").on(&table).all().await.unwrap()), [11, 9, 1]);
    assert_eq!(numbers(in_state("#ISSUE#CLOSED#").on(&table).all().await.unwrap()), [2, 10]);
    issue(9, State::Closed).put().on(&table).await.unwrap();
    assert_eq!(numbers(in_state("ISSUE#OPEN#").on(&table).all().await.unwrap()), [11, 1]);
}

async fn pull_requests_are_read_by_number_and_by_repository(env: Env) {
    let table = filled(&env).await;
    let pull = |number| PullRequest {
        owner: "ada".into(),
        name: "engine".into(),
        number,
        title: format!("pull request {number}"),
    };
    for number in [3, 12] {
        pull(number).create().on(&table).await.unwrap();
    }
    assert_eq!(PullRequest::get(("ada", "engine", 12)).on(&table).await.unwrap(), Some(pull(12)));
    assert_eq!(Issue::get(("ada", "engine", 12)).on(&table).await.unwrap(), None);
    let all = PullRequest::of_repo("ada", "engine").descending().on(&table).all().await.unwrap();
    assert_eq!(all, [pull(12), pull(3)]);
}

async fn one_query_returns_a_repository_with_its_forks(env: Env) {
    let table = filled(&env).await;
    for owner in ["eve", "bob"] {
        let fork = Repo { fork_of: Some(name("ada", "engine")), ..repo(owner, "engine", 2) };
        fork.create().on(&table).await.unwrap();
    }
    let network = Repo::of_network("REPO#ada#engine").on(&table).all().await.unwrap();
    let owners: Vec<_> = network.iter().map(|repo| repo.repo.owner.as_str()).collect();
    assert_eq!(owners, ["bob", "eve", "ada"]);
    let forks = Repo::of_network("REPO#ada#engine").begins_with("FORK#").on(&table).all().await.unwrap();
    assert!(forks.iter().all(|fork| fork.fork_of == Some(name("ada", "engine"))));
    assert_eq!(forks.len(), 2);
    let with_original = Repo::of_network("REPO#ada#engine").descending().limit(1).on(&table).all().await.unwrap();
    assert_eq!(with_original[0].fork_of, None);
}

async fn one_query_returns_an_account_with_its_repositories(env: Env) {
    let table = filled(&env).await;
    let ada = User { username: "ada".into(), plan: "free".into() }.create().on(&table).await.unwrap();
    repo("ada", "notes", 3).create().on(&table).await.unwrap();
    repo("ada", "old", 2).create().on(&table).await.unwrap();
    let items = CodeHost::gsi3().query("ACCOUNT#ada").descending().on(&table).all().await.unwrap();
    let expected: Vec<CodeHost> =
        vec![ada.into(), repo("ada", "notes", 3).into(), repo("ada", "old", 2).into(), repo("ada", "engine", 1).into()];
    assert_eq!(items, expected);
    let recent = Repo::of_account("ada").ge(day(2)).on(&table).all().await.unwrap();
    assert_eq!(recent, [repo("ada", "old", 2), repo("ada", "notes", 3)]);
}

async fn comments_are_listed_and_reactions_are_unique(env: Env) {
    let table = filled(&env).await;
    let comment = |thread, id: &str| Comment {
        thread,
        owner: "ada".into(),
        name: "engine".into(),
        number: 9,
        comment_id: id.into(),
        text: "well".into(),
    };
    for (thread, id) in [(Thread::Issue, "c-1"), (Thread::Issue, "c-2"), (Thread::PullRequest, "c-3")] {
        comment(thread, id).create().on(&table).await.unwrap();
    }
    let of_issue = Comment::query((Thread::Issue, "ada", "engine", 9)).on(&table).all().await.unwrap();
    assert_eq!(of_issue, [comment(Thread::Issue, "c-1"), comment(Thread::Issue, "c-2")]);
    let target = Comment::pk(Thread::Issue, "ada", "engine", 9).unwrap();
    assert_eq!(target, "COMMENTS#ISSUE#ada#engine#0000000009");
    let react = |username: &str, reaction: &str| Reaction {
        target: target.clone(),
        username: username.into(),
        reaction: reaction.into(),
    };
    for (username, reaction) in [("bob", "heart"), ("bob", "tada"), ("eve", "heart")] {
        react(username, reaction).create().on(&table).await.unwrap();
    }
    assert!(react("eve", "heart").create().on(&table).await.unwrap_err().is_already_exists());
    let of_bob = Reaction::query(&target).begins_with(("bob", "")).on(&table).all().await.unwrap();
    assert_eq!(of_bob, [react("bob", "heart"), react("bob", "tada")]);
    assert_eq!(Reaction::query(&target).eq("eve").on(&table).count().await.unwrap(), 1);
}

async fn members_and_organizations_are_listed_in_both_directions(env: Env) {
    let table = env.table::<CodeHost>().await;
    let org = Organization { org: "acme".into(), plan: "team".into() }.create().on(&table).await.unwrap();
    let member =
        |org: &str, username: &str| Membership { org: org.into(), username: username.into(), role: "member".into() };
    for (org, username) in [("acme", "ada"), ("acme", "bob"), ("other", "ada")] {
        member(org, username).create().on(&table).await.unwrap();
    }
    let all = CodeHost::query("ACCOUNT#acme").on(&table).all().await.unwrap();
    let expected: Vec<CodeHost> = vec![org.clone().into(), member("acme", "ada").into(), member("acme", "bob").into()];
    assert_eq!(all, expected);
    let of_ada = Membership::of_user("ada").on(&table).all().await.unwrap();
    assert_eq!(of_ada, [member("acme", "ada"), member("other", "ada")]);
    // A user cannot have the name of an organization.
    let user = User { username: "acme".into(), plan: "free".into() };
    assert!(user.create().on(&table).await.unwrap_err().is_already_exists());
}
