//! DynamoDB's naming rules, checked where a name is read.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>

/// Table and index names: 3 to 255 of `a-z A-Z 0-9 _ - .`
pub(crate) fn check_resource_name(what: &str, name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if let Some(bad) = name.chars().find(|c| !allowed(*c)) {
        return Err(format!("{what} `{name}` has the character `{bad}`; use letters, digits, `_`, `-` and `.`"));
    }
    if !(3..=255).contains(&name.len()) {
        return Err(format!("{what} `{name}` has {} characters; DynamoDB takes 3 to 255", name.len()));
    }
    Ok(())
}

/// Checks the name of a table by DynamoDB's rules: 3 to 255 of `a-z A-Z 0-9 _ - .`
///
/// # Errors
/// Says what is wrong with it.
pub fn check_table_name(name: &str) -> Result<(), String> {
    check_resource_name("the table name", name)
}

/// Names of key attributes: 1 to 255 bytes.
pub(crate) fn check_key_name(name: &str) -> Result<(), String> {
    if (1..=255).contains(&name.len()) {
        Ok(())
    } else {
        Err(format!("the key attribute `{name}` has a name of {} bytes; DynamoDB takes 1 to 255", name.len()))
    }
}
