//! The names in generated code that follow from the names of a table crate.

use std::collections::BTreeSet;

use heck::{ToKebabCase, ToSnakeCase};

/// Names that the generated code uses itself. An entity with such a name is imported under another one.
const TAKEN: [&str; 32] = [
    "AppState",
    "Change",
    "Cursor",
    "DateTime",
    "Deserialize",
    "Direction",
    "Entity",
    "Error",
    "IntoParams",
    "IntoResponse",
    "Json",
    "JsonSchema",
    "List",
    "Map",
    "NaiveDate",
    "OpenApiRouter",
    "Operation",
    "Option",
    "Page",
    "Paging",
    "Path",
    "Problem",
    "Query",
    "Record",
    "Response",
    "Result",
    "Serialize",
    "State",
    "StatusCode",
    "Tables",
    "Uri",
    "Value",
];

/// The first parts of paths that the API itself uses.
const RESERVED_PATHS: [&str; 5] = ["docs", "health", "openapi-json", "queries", "ready"];

/// <https://doc.rust-lang.org/reference/keywords.html>
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Returns a name as an identifier.
pub fn identifier(name: &str) -> String {
    if KEYWORDS.contains(&name) { format!("r#{name}") } else { name.to_owned() }
}

/// Variables and parameters of the generated routes.
const VARIABLES: [&str; 21] = [
    "app",
    "arguments",
    "attempts",
    "cursor",
    "delete",
    "direction",
    "if_match",
    "item",
    "limit",
    "location",
    "new",
    "next",
    "paging",
    "parameters",
    "patch",
    "primary_key",
    "query",
    "stored",
    "tables",
    "uri",
    "values",
];

/// Returns the name of the parameter for a field.
pub fn parameter(field: &str) -> String {
    if VARIABLES.contains(&field) { format!("{field}_value") } else { field.to_owned() }
}

/// Returns the name under which the routes import an entity.
pub fn imported(entity: &str) -> String {
    if TAKEN.contains(&entity) { format!("{entity}Entity") } else { entity.to_owned() }
}

/// Returns the name of the module of an entity.
pub fn module(entity: &str) -> String {
    match entity.to_snake_case() {
        // A module of this name is `mod.rs` itself, or no identifier.
        name if name == "mod" || KEYWORDS.contains(&name.as_str()) => format!("{name}_routes"),
        name => name,
    }
}

/// Returns the name of an entity in a sentence, such as `an order line`.
pub fn in_words(entity: &str) -> String {
    let words = entity.to_snake_case().replace('_', " ");
    // `u` is spoken like `you` more often than not: a user, a unit.
    let article = if words.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {words}")
}

/// Returns the part of the path for the items of an entity, such as `order-lines`, which no other entity has.
pub fn collection(entity: &str, is_single: bool, taken: &mut BTreeSet<String>) -> String {
    let singular = entity.to_kebab_case();
    let plural = if is_single { singular.clone() } else { plural(&singular) };
    let mut name = plural;
    while RESERVED_PATHS.contains(&name.as_str()) || !taken.insert(name.clone()) {
        name = if name.ends_with("-items") { format!("{name}-items") } else { format!("{singular}-items") };
    }
    name
}

fn plural(word: &str) -> String {
    let is_vowel = |letter: Option<char>| letter.is_some_and(|letter| "aeiou".contains(letter));
    if let Some(stem) = word.strip_suffix('y')
        && !is_vowel(stem.chars().last())
    {
        return format!("{stem}ies");
    }
    if ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end)) {
        return format!("{word}es");
    }
    format!("{word}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_are_plural_and_differ() {
        let mut taken = BTreeSet::new();
        let mut name = |entity: &str| collection(entity, false, &mut taken);
        let cases = [
            ("Order", "orders"),
            ("OrderLine", "order-lines"),
            ("Category", "categories"),
            ("Day", "days"),
            ("Box", "boxes"),
            ("Doc", "doc-items"),
            ("Query", "query-items"),
            ("Categorie", "categorie-items"),
        ];
        for (entity, expected) in cases {
            assert_eq!(name(entity), expected);
        }
        assert_eq!(collection("Settings", true, &mut BTreeSet::new()), "settings");
    }

    #[test]
    fn words_have_an_article() {
        assert_eq!(in_words("OrderLine"), "an order line");
        assert_eq!(in_words("User"), "a user");
    }
}
