//! Names of resources, which have to stay the same from one version of a template to the next.

use crate::{Error, Result};

/// The maximum length of the name of an AppConfig application, and of a deployment strategy.
const MAX_APPLICATION: usize = 64;

/// Returns the logical id for a name: its parts in upper camel case, `my-table` → `MyTable`.
pub(crate) fn logical_id(what: &'static str, name: &str) -> Result<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.chars().all(allowed) || !name.starts_with(|c: char| c.is_ascii_alphabetic()) || name.len() > 128 {
        let remedy = "use up to 128 letters, digits, `-`, `_` and `.`, and begin with a letter".to_owned();
        return Err(Error::Name { what, name: name.to_owned(), remedy });
    }
    Ok(upper_camel(name))
}

/// Returns the letters and digits of a name, with a capital letter at the beginning of each part.
pub(crate) fn upper_camel(name: &str) -> String {
    let mut id = String::with_capacity(name.len());
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut chars = part.chars();
        id.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(chars.as_str());
    }
    id
}

/// Returns the name of the application in one environment, which is the name of its AppConfig application.
pub(crate) fn application(name: &str, environment: Option<&str>) -> Result<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let full = environment.map_or(name.to_owned(), |environment| format!("{name}-{environment}"));
    let is_valid = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(allowed);
    if !is_valid || full.len() > MAX_APPLICATION {
        let remedy = format!(
            "use letters, digits and `-`, begin with a letter, and use up to {MAX_APPLICATION} characters together with the environment"
        );
        return Err(Error::Name { what: "an application", name: name.to_owned(), remedy });
    }
    Ok(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logical_id_has_only_letters_and_digits() {
        for (name, id) in [
            ("orders", "Orders"),
            ("my-table", "MyTable"),
            ("user_events.v2", "UserEventsV2"),
            ("UsersTable", "UsersTable"),
        ] {
            assert_eq!(logical_id("a table", name).unwrap(), id);
        }
    }

    #[test]
    fn a_name_without_a_valid_logical_id_is_an_error() {
        for name in ["", "-", "1st", "a b", "größe", &"x".repeat(129)] {
            assert!(logical_id("a table", name).is_err(), "{name}");
        }
    }

    #[test]
    fn the_environment_is_a_part_of_the_applications_name() {
        assert_eq!(application("orders", None).unwrap(), "orders");
        assert_eq!(application("orders", Some("dev")).unwrap(), "orders-dev");
        for name in ["", "1a", "a_b", "a b", &"x".repeat(61)] {
            assert!(application(name, Some("dev")).is_err(), "{name}");
        }
        assert!(application(&"x".repeat(64), None).is_ok());
    }
}
