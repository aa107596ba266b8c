//! The names of indexes in code.

/// The name of the configuration file, which is next to `Cargo.toml`.
pub const FILE_NAME: &str = "config.json";

/// Names that an index function cannot have: Rust's strict and reserved keywords (chapter 2.1 of the Rust Reference), and the
/// functions that every table and every entity has.
const TAKEN: &[&str] = &[
    "Self",
    "abstract",
    "as",
    "async",
    "await",
    "batch_get",
    "batch_write",
    "become",
    "box",
    "break",
    "builder",
    "check",
    "collection",
    "connect",
    "connect_with",
    "const",
    "continue",
    "crate",
    "create",
    "delete",
    "describe",
    "do",
    "drop_table",
    "dyn",
    "else",
    "ensure_table",
    "enum",
    "exists",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "from_item",
    "gen",
    "get",
    "if",
    "impl",
    "in",
    "key",
    "let",
    "local_table_name",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "pk",
    "priv",
    "pub",
    "put",
    "query",
    "ref",
    "return",
    "scan",
    "schema",
    "self",
    "set_connection",
    "sk",
    "static",
    "struct",
    "super",
    "table_name",
    "to_item",
    "trait",
    "transact_get",
    "transact_write",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "update",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// Derives the name of an index from a key attribute: `gsi1pk` → `gsi1`, `by_owner-pk` → `by_owner`, `email` → `email`.
/// The name is in lowercase, like the name of a Rust function, even if the attribute (`GSI1PK`) is not.
pub(crate) fn derive(attribute: &str) -> String {
    let lower = attribute.to_ascii_lowercase();
    let stem = lower.strip_suffix("pk").or_else(|| lower.strip_suffix("sk"));
    stem.map(|stem| stem.trim_end_matches(['_', '-']).to_owned()).unwrap_or(lower)
}

/// Checks that `name` can be the name of an index function.
pub(crate) fn check(name: &str) -> Result<(), String> {
    let mut chars = name.chars();
    let starts_well = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || name == "_" || chars.any(|c| !c.is_ascii_alphanumeric() && c != '_') {
        return Err(format!("`{name}` cannot be the name of a function"));
    }
    if TAKEN.contains(&name) {
        return Err(format!("`{name}` is taken: a word of Rust, or a function that every table or entity has"));
    }
    Ok(())
}

/// Guesses the names of the index functions from the text of an invalid configuration.
///
/// The derive macro defines functions with these names, so that the compiler reports only the error in the configuration, and not
/// every use of an index. The result may contain too many names: it has every text that appears as a name or a key.
#[doc(hidden)]
pub fn guess_index_names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for word in ["name", "partitionKey", "sortKey"] {
        for (at, quoted) in text.match_indices(&format!("\"{word}\"")) {
            let value = text[at + quoted.len()..].trim_start().strip_prefix(':').map(str::trim_start);
            let value = value.and_then(|value| value.strip_prefix('"')?.split('"').next());
            for name in value.into_iter().flat_map(|value| [value.to_owned(), derive(value)]) {
                if check(&name).is_ok() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_guessed_from_broken_text() {
        let text = r#"{ "globalSecondaryIndexes": [ { "indexName": "x", "partitionKey" : "gsi1pk", "sortKey": },
            { "name": "by_mail", "partitionKey": { "name": "email", "type": "S" } }, { "partitionKey": "é" } "#;
        assert_eq!(guess_index_names(text), ["by_mail", "email", "gsi1pk", "gsi1"]);
        assert!(guess_index_names("").is_empty());
    }

    #[test]
    fn strips_the_key_suffix_and_what_joins_it() {
        for (attribute, name) in [
            ("gsi1pk", "gsi1"),
            ("gsi1_pk", "gsi1"),
            ("by-owner-pk", "by-owner"),
            ("lsi1sk", "lsi1"),
            ("GSI1PK", "gsi1"),
            ("email", "email"),
            ("pk", ""),
        ] {
            assert_eq!(derive(attribute), name, "{attribute}");
        }
    }

    #[test]
    fn refuses_what_is_no_function_name() {
        for name in ["", "_", "1st", "by-owner", "type", "query", "é"] {
            assert!(check(name).is_err(), "{name}");
        }
        assert!(check("gsi1").is_ok() && check("_private").is_ok());
    }

    #[test]
    fn taken_names_are_sorted_and_single() {
        assert!(TAKEN.is_sorted_by(|a, b| a < b));
    }
}
