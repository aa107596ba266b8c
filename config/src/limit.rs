//! DynamoDB's naming rules, which are checked when a name is read.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>

/// Checks the name of a table or an index: 3 to 255 characters of `a-z A-Z 0-9 _ - .`
pub(crate) fn check_resource_name(what: &str, name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
        return Err(format!("{what} `{name}` has the character `{bad}`; use letters, digits, `_`, `-` and `.`"));
    }
    if !(3..=255).contains(&name.len()) {
        return Err(format!("{what} `{name}` has {} characters; DynamoDB allows 3 to 255", name.len()));
    }
    Ok(())
}

/// Checks that DynamoDB accepts the name of a table: 3 to 255 characters of `a-z A-Z 0-9 _ - .`
///
/// # Errors
/// Fails if DynamoDB does not accept the name. The text names the problem.
pub fn check_table_name(name: &str) -> Result<(), String> {
    check_resource_name("the table name", name)
}

/// Checks the name of a key attribute: 1 to 255 bytes.
pub(crate) fn check_key_name(name: &str) -> Result<(), String> {
    if (1..=255).contains(&name.len()) {
        Ok(())
    } else {
        Err(format!("the key attribute `{name}` has a name of {} bytes; DynamoDB allows 1 to 255", name.len()))
    }
}
