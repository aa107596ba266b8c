//! Adds dependencies to a `Cargo.toml` that someone else has written or changed.

use toml_edit::{DocumentMut, Item, Table};

use crate::failure::{Failure, Result};

/// Returns the manifest with the dependencies of `generated` that it does not have. Everything else stays.
pub fn with_dependencies(current: &str, generated: &str) -> Result<String> {
    let parse = |text: &str| {
        text.parse::<DocumentMut>()
            .map_err(|error| Failure::failed(format!("cannot read the Cargo.toml of the crate: {error}")))
    };
    let (mut current, generated) = (parse(current)?, parse(generated)?);
    for section in ["dependencies", "dev-dependencies"] {
        let Some(wanted) = generated.get(section).and_then(Item::as_table_like) else { continue };
        let present = current.entry(section).or_insert_with(|| Item::Table(Table::new()));
        let present = present.as_table_like_mut().ok_or_else(|| {
            Failure::failed(format!("`{section}` in the Cargo.toml of the crate is not a table; make it one"))
        })?;
        for (name, dependency) in wanted.iter().filter(|(name, _)| !name.is_empty()) {
            if !present.contains_key(name) {
                present.insert(name, dependency.clone());
            }
        }
    }
    Ok(current.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_dependencies_are_added_and_the_users_stay() {
        let current = "[package]\nname = \"mine\" # mine\n\n[dependencies]\naxum = \"0.7\" # old\n";
        let generated = "[package]\nname = \"x\"\n\n[dependencies]\naxum = \"0.8\"\nserde = \"1\"\n\n[dev-dependencies]\ntower = \"0.5\"\n";
        let expected = "[package]\nname = \"mine\" # mine\n\n[dependencies]\naxum = \"0.7\" # old\nserde = \"1\"\n\n[dev-dependencies]\ntower = \"0.5\"\n";
        assert_eq!(with_dependencies(current, generated).unwrap(), expected);
        assert_eq!(with_dependencies(expected, generated).unwrap(), expected);
    }
}
