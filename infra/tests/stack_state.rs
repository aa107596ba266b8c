//! Tests what the status of a stack means, and what its deletion keeps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use monotable_config::Config;
use monotable_infra::change::{Destruction, NextStep, StackState};
use monotable_infra::{Application, Plan, Template, cloudformation};
use serde_json::{Value, json};

/// Renders an application with the table `Orders`.
fn template(deploy: &Value) -> Template {
    let local = json!({ "port": 8000, "tableName": "local" });
    let config = json!({ "runtimeConfigKey": "Orders", "localDev": local, "deploy": deploy }).to_string();
    let tables = vec![("orders".to_owned(), Config::parse(&config).unwrap())];
    let application = Application { name: "shop".into(), tables, ..Application::default() };
    cloudformation::render(&Plan::new(&application).unwrap()).unwrap()
}

#[test]
fn every_status_of_a_stack_says_what_to_do() {
    for (status, to_deploy, to_destroy) in [
        (None, NextStep::Create, NextStep::Nothing),
        (Some("DELETE_COMPLETE"), NextStep::Create, NextStep::Nothing),
        (Some("REVIEW_IN_PROGRESS"), NextStep::Reuse, NextStep::Delete),
        (Some("CREATE_IN_PROGRESS"), NextStep::Wait, NextStep::Wait),
        (Some("ROLLBACK_IN_PROGRESS"), NextStep::Wait, NextStep::Wait),
        (Some("DELETE_IN_PROGRESS"), NextStep::Wait, NextStep::Wait),
        (Some("UPDATE_IN_PROGRESS"), NextStep::Wait, NextStep::Wait),
        (Some("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), NextStep::Wait, NextStep::Wait),
        (Some("UPDATE_ROLLBACK_IN_PROGRESS"), NextStep::Wait, NextStep::Wait),
        (Some("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"), NextStep::Wait, NextStep::Wait),
        (Some("IMPORT_IN_PROGRESS"), NextStep::Wait, NextStep::Wait),
        (Some("IMPORT_ROLLBACK_IN_PROGRESS"), NextStep::Wait, NextStep::Wait),
        (Some("CREATE_COMPLETE"), NextStep::Update, NextStep::Delete),
        (Some("UPDATE_COMPLETE"), NextStep::Update, NextStep::Delete),
        (Some("UPDATE_ROLLBACK_COMPLETE"), NextStep::Update, NextStep::Delete),
        (Some("IMPORT_COMPLETE"), NextStep::Update, NextStep::Delete),
        (Some("IMPORT_ROLLBACK_COMPLETE"), NextStep::Update, NextStep::Delete),
        (Some("CREATE_FAILED"), NextStep::Stop, NextStep::Delete),
        (Some("ROLLBACK_COMPLETE"), NextStep::Stop, NextStep::Delete),
        (Some("ROLLBACK_FAILED"), NextStep::Stop, NextStep::Delete),
        (Some("UPDATE_FAILED"), NextStep::Stop, NextStep::Delete),
        (Some("UPDATE_ROLLBACK_FAILED"), NextStep::Stop, NextStep::Delete),
        (Some("IMPORT_ROLLBACK_FAILED"), NextStep::Stop, NextStep::Delete),
        (Some("DELETE_FAILED"), NextStep::Stop, NextStep::Delete),
        (Some("SOMETHING_NEW"), NextStep::Stop, NextStep::Stop),
    ] {
        let state = StackState::new("shop", status);
        assert_eq!((state.to_deploy, state.to_destroy), (to_deploy, to_destroy), "{status:?}");
        assert_eq!(state.remedy.is_some(), to_deploy == NextStep::Stop, "{status:?}");
        let text = state.to_string();
        assert!(text.contains("shop") && text.contains(status.unwrap_or("does not exist")), "{text}");
        if let Some(remedy) = state.remedy {
            assert!(remedy.contains("--stack-name shop"), "{remedy}");
        }
    }
}

#[test]
fn a_deletion_keeps_tables_and_keys_by_default() {
    let destruction = Destruction::new(&template(&json!({ "tableName": "orders" })));
    let kept: Vec<_> = destruction.kept.iter().map(ToString::to_string).collect();
    assert_eq!(kept, ["Orders (AWS::DynamoDB::Table) with the name `orders`", "OrdersKey (AWS::KMS::Key)"]);
    assert!(destruction.deleted.iter().all(|one| one.id.starts_with("RuntimeConfig")));
    assert_eq!(destruction.protected().count(), 0);
    let text = destruction.to_string();
    assert!(text.starts_with("kept, outside of the stack:\n  Orders (AWS::DynamoDB::Table)"), "{text}");
    assert!(text.contains("As long as the table `orders` exists, no new deployment can create"), "{text}");
    assert!(text.contains(r#""onRemoval": "delete""#), "{text}");
}

#[test]
fn the_deletion_of_a_protected_table_fails_with_a_remedy() {
    let deploy = |protection: bool| json!({ "onRemoval": "delete", "deletionProtection": protection });
    let destruction = Destruction::new(&template(&deploy(true)));
    assert!(destruction.kept.is_empty());
    assert_eq!(destruction.protected().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["Orders"]);
    assert!(destruction.to_string().contains("DynamoDB protects Orders from deletion"), "{destruction}");
    assert_eq!(Destruction::new(&template(&deploy(false))).protected().count(), 0);
}
