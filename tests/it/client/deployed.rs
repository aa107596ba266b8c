//! How a deployed program finds its table, with the real SDK and a substitute for AppConfig.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use serde_json::json;

use crate::guide::{BaseModel, UserModel};
use crate::support::app_config::{AppConfig, Refusal, missing};
use crate::support::case::{Env, cases};
use crate::support::probe::Probe;
use monotable::{Connection, Entity as _, Table as _};

cases![a_deployed_program_uses_the_table_that_app_config_names];

pub fn trials() -> Vec<Trial> {
    macro_rules! trials {
        ($($name:ident),* $(,)?) => {
            vec![$(Trial::test(concat!("it::client::deployed::", stringify!($name)), || {
                $name();
                Ok::<_, Failed>(())
            })),*]
        };
    }
    trials![
        only_the_value_true_enables_local_dev,
        the_local_config_file_is_read_at_run_time,
        local_requests_have_dummy_credentials_and_the_configured_region,
        the_first_use_starts_one_session_and_the_name_is_cached,
        concurrent_first_uses_share_one_session,
        concurrent_first_uses_share_one_failure,
        a_new_name_is_used_after_the_maximum_age,
        an_empty_response_keeps_the_name,
        a_failed_refresh_keeps_the_last_name,
        an_expired_token_starts_a_new_session,
        a_refresh_does_not_block_concurrent_uses,
        a_missing_or_invalid_variable_is_reported_with_a_remedy,
        a_missing_app_config_resource_is_named,
        an_invalid_app_config_document_is_explained,
        a_denied_call_names_the_iam_action,
        errors_of_app_config_calls_are_distinguished,
        a_missing_region_and_missing_credentials_are_reported,
        the_credential_process_of_the_profile_is_used,
        settings_of_the_program_replace_the_defaults_of_the_client,
        an_operation_in_a_task_spawned_from_a_scope_explains_the_error,
        the_deployed_name_of_a_table_can_be_fetched,
    ]
}

const NAMED: &str = r#"{"MonotableExample": {"tableName": "deployed-table"}}"#;

fn named(name: &str) -> String {
    json!({ "Other": {}, "MonotableExample": { "tableName": name, "more": 1 } }).to_string()
}

/// Starts a deployed program that uses this AppConfig.
fn probe_with(service: &AppConfig, more: &[(&str, &str)]) -> Probe {
    let variables = [
        ("RUNTIME_CONFIG_APP_ID", "app-1"),
        ("AWS_ENDPOINT_URL_APPCONFIGDATA", service.endpoint.as_str()),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "UNUSED"),
        ("AWS_SECRET_ACCESS_KEY", "UNUSED"),
    ];
    Probe::start(&[&variables, more].concat())
}

fn probe(service: &AppConfig) -> Probe {
    probe_with(service, &[])
}

/// Starts a deployed program that refreshes the table name after every poll interval.
fn impatient(service: &AppConfig) -> Probe {
    probe_with(service, &[("POWERTOOLS_PARAMETERS_MAX_AGE", "0")])
}

fn pass_the_poll_interval(service: &AppConfig) {
    let seconds = service.service().poll;
    std::thread::sleep(Duration::from_secs(seconds.into()) + Duration::from_millis(50));
}

async fn a_deployed_program_uses_the_table_that_app_config_names(env: Env) {
    let client = env.engine().client();
    let table = Connection::new(client, "deployed-table").with_endpoint(env.engine().endpoint());
    BaseModel::ensure_table().on(&table).await.unwrap();
    let created_at = monotable::timestamp::now();
    let user = UserModel { user_id: "u-1".into(), username: "u".into(), email: "e".into(), created_at };
    user.put().on(&table).await.unwrap();
    let service = AppConfig::start(NAMED);
    // A deployed program must not need the config.json that it was built with.
    let more = [
        ("AWS_ENDPOINT_URL_DYNAMODB", env.engine().endpoint()),
        ("MONOTABLE_CONFIG", "/no/such/config.json"),
        // DynamoDB Local keeps the tables of each region separate.
        ("AWS_REGION", "us-east-1"),
    ];
    let mut probe = probe_with(&service, &more);
    assert_eq!(probe.ask("exists u-1"), "true");
    assert_eq!(probe.ask("exists u-2"), "false");
    assert_eq!(service.calls(), ["start", "latest"]);
}

fn only_the_value_true_enables_local_dev() {
    let service = AppConfig::start(NAMED);
    assert_eq!(probe_with(&service, &[("LOCAL_DEV", "true")]).ask("name"), "monotable-example");
    assert!(service.calls().is_empty(), "a local program must not call AppConfig");
    for other in ["TRUE", "True", "1", "yes", " true", ""] {
        assert_eq!(probe_with(&service, &[("LOCAL_DEV", other)]).ask("name"), "deployed-table", "LOCAL_DEV=`{other}`");
    }
    assert_eq!(probe(&service).ask("name"), "deployed-table", "without LOCAL_DEV");
    // A local program needs no other variable: no region and no credentials.
    let answer = Probe::start(&[("LOCAL_DEV", "true")]).ask("connect");
    assert!(answer.contains("\"monotable-example\"") && answer.contains("\"http://localhost:8000\""), "{answer}");
}

fn the_local_config_file_is_read_at_run_time() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("changing.json");
    let text = std::fs::read_to_string("config.json").unwrap();
    for (name, port) in [("first-name", "8001"), ("second-name", "8002")] {
        let text = text.replace("monotable-example", name).replace("8000", port);
        std::fs::write(&path, text).unwrap();
        let answer =
            Probe::start(&[("LOCAL_DEV", "true"), ("MONOTABLE_CONFIG", path.to_str().unwrap())]).ask("connect");
        assert!(answer.contains(name) && answer.contains(&format!("http://localhost:{port}")), "{answer}");
    }
    let answer = Probe::start(&[("LOCAL_DEV", "true"), ("MONOTABLE_CONFIG", "/no/such.json")]).ask("name");
    assert!(answer.starts_with("Configuration: /no/such.json: the file does not exist"), "{answer}");
}

/// The signature of a request contains the credentials and the region: `Credential=<key>/<date>/<region>/..`.
fn local_requests_have_dummy_credentials_and_the_configured_region() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let profile = folder.join("aws-config");
    std::fs::write(&profile, "[default]\nregion = eu-north-1\n").unwrap();
    let profile = ("AWS_CONFIG_FILE", profile.to_str().unwrap());
    for (variables, region) in [
        (&[][..], "us-east-1"),
        (&[("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2"), profile], "eu-west-1"),
        (&[("AWS_DEFAULT_REGION", "eu-west-2"), profile], "eu-west-2"),
        (&[profile], "eu-north-1"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let path = folder.join(format!("signed-{port}.json"));
        std::fs::write(&path, std::fs::read_to_string("config.json").unwrap().replace("8000", &port)).unwrap();
        // Real credentials in the environment must not be sent to a local engine.
        let real = [("AWS_ACCESS_KEY_ID", "REAL"), ("AWS_SECRET_ACCESS_KEY", "REAL"), ("LOCAL_DEV", "true")];
        let file = [("MONOTABLE_CONFIG", path.to_str().unwrap())];
        let mut probe = Probe::start(&[variables, &real, &file].concat());
        let asking = std::thread::spawn(move || probe.ask("exists u-1"));
        let (connection, _) = listener.accept().unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(connection));
        let signed = lines.find_map(|line| line.ok().filter(|line| line.starts_with("authorization:"))).unwrap();
        assert!(signed.contains("Credential=UNUSED/") && signed.contains(&format!("/{region}/dynamodb/")), "{signed}");
        drop((lines, listener));
        assert!(asking.join().unwrap().starts_with("Unreachable: "));
        std::fs::remove_file(path).unwrap();
    }
}

fn the_first_use_starts_one_session_and_the_name_is_cached() {
    let service = AppConfig::start(NAMED);
    let mut probe = probe(&service);
    assert!(service.calls().is_empty(), "AppConfig must not be called before the first use");
    assert_eq!(probe.ask("name"), "deployed-table");
    assert_eq!(service.calls(), ["start", "latest"]);
    service.service().content = named("another");
    pass_the_poll_interval(&service);
    assert_eq!(probe.ask("name"), "deployed-table", "the name must be cached for 300 seconds");
    assert!(service.calls().is_empty());
}

fn concurrent_first_uses_share_one_session() {
    let service = AppConfig::start(NAMED);
    service.service().delay = Duration::from_millis(200);
    assert_eq!(probe(&service).ask("names 50"), r#"{"deployed-table": 50}"#);
    assert_eq!(service.calls(), ["start", "latest"]);
}

fn concurrent_first_uses_share_one_failure() {
    let service = AppConfig::start("{}");
    service.service().delay = Duration::from_millis(500);
    let mut probe = probe(&service);
    let answer = probe.ask("names 50");
    assert!(answer.contains("it has nothing\": 50"), "{answer}");
    assert_eq!(service.calls(), ["start", "latest"]);
    // The failure is not cached.
    service.service().content = NAMED.into();
    assert_eq!(probe.ask("name"), "deployed-table");
}

fn a_new_name_is_used_after_the_maximum_age() {
    let service = AppConfig::start(NAMED);
    // Long enough for two calls within one interval, even on a busy machine.
    service.service().poll = 3;
    let mut probe = impatient(&service);
    assert_eq!(probe.ask("name"), "deployed-table");
    service.service().content = named("second");
    assert_eq!(probe.ask("name"), "deployed-table", "the name must not change within the poll interval");
    pass_the_poll_interval(&service);
    assert_eq!(probe.ask("name"), "second");
    assert_eq!(service.calls(), ["start", "latest", "latest"]);
}

fn an_empty_response_keeps_the_name() {
    let service = AppConfig::start(NAMED);
    let mut probe = impatient(&service);
    for _ in 0..3 {
        assert_eq!(probe.ask("name"), "deployed-table");
        pass_the_poll_interval(&service);
    }
    assert_eq!(service.calls(), ["start", "latest", "latest", "latest"]);
}

fn a_failed_refresh_keeps_the_last_name() {
    let service = AppConfig::start(NAMED);
    // Long enough for two calls within one interval, even on a busy machine.
    service.service().poll = 3;
    let mut probe = impatient(&service);
    assert_eq!(probe.ask("name"), "deployed-table");
    for content in ["{}", "nonsense"] {
        service.service().content = content.into();
        pass_the_poll_interval(&service);
        assert_eq!(probe.ask("name"), "deployed-table");
    }
    service.service().content = named("second");
    for operation in ["latest", "start"] {
        let body = json!({ "Message": "away" });
        service.service().refusals = vec![(operation, Refusal { status: 403, code: "AccessDeniedException", body })];
        pass_the_poll_interval(&service);
        assert_eq!(probe.ask("name"), "deployed-table");
        service.calls();
        assert_eq!(probe.ask("name"), "deployed-table");
        assert!(service.calls().is_empty(), "a failed refresh must not be repeated within the poll interval");
    }
    service.service().refusals.clear();
    pass_the_poll_interval(&service);
    assert_eq!(probe.ask("name"), "second");
}

fn an_expired_token_starts_a_new_session() {
    let service = AppConfig::start(NAMED);
    let mut probe = impatient(&service);
    assert_eq!(probe.ask("name"), "deployed-table");
    service.calls();
    service.service().expire();
    service.service().content = named("second");
    pass_the_poll_interval(&service);
    assert_eq!(probe.ask("name"), "second");
    assert_eq!(service.calls(), ["latest", "start", "latest"]);
}

fn a_refresh_does_not_block_concurrent_uses() {
    let service = AppConfig::start(NAMED);
    let mut probe = impatient(&service);
    assert_eq!(probe.ask("name"), "deployed-table");
    service.service().content = named("second");
    service.service().delay = Duration::from_millis(500);
    service.calls();
    pass_the_poll_interval(&service);
    assert_eq!(probe.ask("names 50"), r#"{"deployed-table": 49, "second": 1}"#);
    assert_eq!(service.calls(), ["latest"]);
    assert_eq!(probe.ask("name"), "second");
}

fn a_missing_or_invalid_variable_is_reported_with_a_remedy() {
    for variables in [&[][..], &[("RUNTIME_CONFIG_APP_ID", "")]] {
        let answer = Probe::start(variables).ask("name");
        for part in [
            "Configuration: no table is configured for `BaseModel`",
            "set RUNTIME_CONFIG_APP_ID",
            "LOCAL_DEV=true",
            "BaseModel::set_connection",
        ] {
            assert!(answer.contains(part), "{answer}");
        }
    }
    let service = AppConfig::start(NAMED);
    let answer = probe_with(&service, &[("POWERTOOLS_PARAMETERS_MAX_AGE", "long")]).ask("name");
    assert!(answer.contains("POWERTOOLS_PARAMETERS_MAX_AGE is `long`: set it to a number of seconds"), "{answer}");
}

fn a_missing_app_config_resource_is_named() {
    let service = AppConfig::start(NAMED);
    let answer = probe_with(&service, &[("RUNTIME_CONFIG_APP_ID", "app-2")]).ask("name");
    assert!(answer.contains("AppConfig has no application `app-2`: set RUNTIME_CONFIG_APP_ID to the id"), "{answer}");
    for (operation, resource, message) in [
        ("start", "Environment", "application `app-1` has no environment `default`: create it"),
        ("start", "ConfigurationProfile", "application `app-1` has no configuration profile `dynamodb`: create it"),
        ("latest", "Deployment", "AppConfig's profile `dynamodb` of application `app-1` was never deployed"),
    ] {
        service.service().refusals = vec![(operation, missing(resource))];
        let answer = probe(&service).ask("name");
        assert!(answer.starts_with("Configuration: ") && answer.contains(message), "{answer}");
    }
}

fn an_invalid_app_config_document_is_explained() {
    for (content, message) in [
        ("", "AppConfig's profile `dynamodb` of application `app-1` is empty"),
        ("tableName: x", "is not JSON (line 1, column 2)"),
        (
            r#"{"MyTable": {}, "YourTable": {}}"#,
            "has no key `MonotableExample` (the `runtimeConfigKey` of config.json); it has `MyTable`, `YourTable`",
        ),
        (r#"{"MonotableExample": {"name": "x"}}"#, "has no string `tableName`"),
    ] {
        let answer = probe(&AppConfig::start(content)).ask("name");
        assert!(answer.starts_with("Configuration: ") && answer.contains(message), "{answer}");
    }
}

fn a_denied_call_names_the_iam_action() {
    let service = AppConfig::start(NAMED);
    for (operation, action) in
        [("start", "appconfig:StartConfigurationSession"), ("latest", "appconfig:GetLatestConfiguration")]
    {
        let body = json!({ "Message": "User is not authorized" });
        service.service().refusals = vec![(operation, Refusal { status: 403, code: "AccessDeniedException", body })];
        let answer = probe(&service).ask("name");
        let message = format!("allow the IAM action `{action}` (User is not authorized)");
        assert!(answer.starts_with("AccessDenied: ") && answer.contains(&message), "{answer}");
    }
}

fn errors_of_app_config_calls_are_distinguished() {
    let service = AppConfig::start(NAMED);
    for (status, code, expected) in [
        (429, "ThrottlingException", "Throttled: throttled by AppConfig: slowly"),
        (400, "BadRequestException", "Configuration: AppConfig rejected the request for"),
        (500, "InternalServerException", "Service: InternalServerException from AppConfig: slowly"),
    ] {
        let body = json!({ "Message": "slowly" });
        service.service().refusals = vec![("start", Refusal { status, code, body })];
        let answer = probe(&service).ask("name");
        assert!(answer.starts_with(expected), "{answer}");
    }
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nowhere = format!("http://{nowhere}");
    let answer = probe_with(&service, &[("AWS_ENDPOINT_URL_APPCONFIGDATA", &nowhere)]).ask("name");
    assert!(answer.starts_with("Unreachable: connection refused by AWS AppConfig"), "{answer}");
}

fn a_missing_region_and_missing_credentials_are_reported() {
    let service = AppConfig::start(NAMED);
    let variables = [("RUNTIME_CONFIG_APP_ID", "app-1"), ("AWS_ENDPOINT_URL_APPCONFIGDATA", service.endpoint.as_str())];
    let answer = Probe::start(&variables).ask("name");
    assert!(answer.starts_with("Configuration: no region: set AWS_REGION"), "{answer}");
    let variables = [&variables[..], &[("AWS_REGION", "eu-central-1")]].concat();
    let answer = Probe::start(&variables).ask("name");
    assert!(answer.starts_with("Configuration: no credentials: set AWS_ACCESS_KEY_ID"), "{answer}");
    assert!(answer.len() < 900 && !answer.contains("DispatchFailure"), "{answer}");
    assert!(service.calls().is_empty());
}

fn the_credential_process_of_the_profile_is_used() {
    let service = AppConfig::start(NAMED);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("credential-process");
    let printed = r#"{\"Version\": 1, \"AccessKeyId\": \"PROCESS\", \"SecretAccessKey\": \"UNUSED\"}"#;
    std::fs::write(&path, format!("[default]\nregion = eu-central-1\ncredential_process = echo \"{printed}\"\n"))
        .unwrap();
    let mut probe = Probe::start(&[
        ("RUNTIME_CONFIG_APP_ID", "app-1"),
        ("AWS_ENDPOINT_URL_APPCONFIGDATA", &service.endpoint),
        ("AWS_CONFIG_FILE", path.to_str().unwrap()),
    ]);
    assert_eq!(probe.ask("name"), "deployed-table");
    assert_eq!(service.service().signers, ["PROCESS"]);
}

/// The server never responds, so the request ends with the timeout that the program set.
fn settings_of_the_program_replace_the_defaults_of_the_client() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let service = AppConfig::start(NAMED);
    let began = Instant::now();
    let answer = probe_with(&service, &[("AWS_ENDPOINT_URL_DYNAMODB", &endpoint)]).ask("within 300");
    assert!(answer.starts_with("Timeout: "), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(9), "the program's timeout must replace monotable's 10 seconds");
    assert_eq!(service.calls(), ["start", "latest"]);
}

fn an_operation_in_a_task_spawned_from_a_scope_explains_the_error() {
    let answer = Probe::start(&[]).ask("spawned");
    assert!(
        answer.starts_with("Configuration: ") && answer.contains("spawned in a `connection.scope(..)`"),
        "{answer}"
    );
    // Without a scope, the error does not mention scopes.
    let answer = Probe::start(&[]).ask("name");
    assert!(answer.starts_with("Configuration: ") && !answer.contains("scope"), "{answer}");
}

fn the_deployed_name_of_a_table_can_be_fetched() {
    let service = AppConfig::start(NAMED);
    let mut probe = probe(&service);
    assert_eq!(probe.ask("deployed MonotableExample"), "deployed-table");
    assert_eq!(service.calls(), ["start", "latest"]);
    let answer = probe.ask("deployed Missing");
    assert!(answer.starts_with("Configuration") && answer.contains("Missing"), "{answer}");
}
