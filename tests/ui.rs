//! Compile errors are part of the interface. Each mistake has a case in `ui/fail`. A file of the same name in `ui/pass` has the
//! same code without the mistake, and is compiled as a module of this test.
//!
//! The error texts are recorded with one version of the compiler. With any other version, the test fails, so that a change of the texts is
//! noticed.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The compiler that the error texts are recorded with. To record them again, run `TRYBUILD=overwrite cargo test --test ui`.
const RECORDED: &str = "rustc 1.95.0";

macro_rules! twins {
    ($($name:ident)*) => {
        #[path = "ui/pass"]
        mod pass {
            $(mod $name;)*
        }

        const TWINS: &[&str] = &[$(concat!(stringify!($name), ".rs")),*];
    };
}

twins! {
    add_of_a_text
    add_of_elements_to_a_list
    add_to_a_field_of_an_index_key
    adjacent_placeholders
    alias_of_a_field
    append_to_a_number
    awaited_query
    batch_of_a_versioned_entity
    builder_of_another_type
    builder_without_a_field
    condition_of_another_type
    condition_on_another_entity
    condition_on_key_only
    condition_that_is_no_bool
    config_missing
    config_not_json
    consistent_read_of_index
    consistent_scan_of_index
    constants_of_one_name
    delete_from_a_list
    delimiter_in_values
    discriminator_that_is_a_number
    entity_of_another_table
    entity_without_serde
    entity_without_variant
    enum_without_key_segment
    field_stored_as_discriminator
    field_stored_as_index_key
    field_stored_as_pk
    field_type_without_serde
    function_of_another_type
    function_of_unknown_field
    function_that_gives_no_text
    function_without_fields
    generic_struct
    if_not_exists_of_a_field_of_an_index_key
    increment_of_a_field_of_an_index_key
    increment_of_a_text
    index_key_field_in_a_longer_template
    index_key_that_is_the_tables
    index_key_twice
    index_sort_key_missing
    index_that_cannot_be_sparse
    index_without_derivable_name
    index_without_sort_key
    key_only_not_in_key
    key_only_under_transform
    key_that_is_no_template
    lifetime_of_an_entity
    mistake_in_an_entity_with_queries
    mistake_in_the_config
    nested_field_of_another_type
    nested_field_of_unknown_field
    nested_field_without_type
    nested_type_that_no_template_names
    no_key_segment
    numeric_index_key_of_text
    option_from_primary_function
    option_in_primary_template
    overlap_of_no_variant
    overlap_of_one
    overlap_without_a_discriminator
    padded_text
    path_not_last
    pk_missing
    placeholders_without_delimiter
    projection_of_an_unknown_attribute
    projection_of_no_entity
    projection_that_flattens
    projection_that_is_put
    projection_that_overlaps
    projection_without_an_entity
    query_named_like_an_index
    query_named_like_an_operation
    range_over_unpadded_integer
    raw_sort_condition_on_hash_only_index
    remove_of_a_required_field
    renamed_attribute_in_a_template
    same_alias
    same_discriminator
    same_primary_key
    segment_of_two_fields
    segment_with_fields
    select_of_another_entity
    serde_names_differ
    set_without_default
    set_without_default_by_another_path
    shared_key_of_two_templates
    skip_of_a_key_field
    skip_without_default
    sort_condition_on_hash_only_index
    table_sort_key_missing
    template_of_the_discriminator
    time_in_a_key_without_timestamp
    time_that_is_no_time
    transact_get_of_no_gets
    ttl_that_config_has_not
    tuple_struct
    two_entities_with_a_tag
    two_indexes_of_one_name
    two_roles_of_a_field
    two_sort_conditions
    two_variants_of_one_type
    two_versions
    unclosed_brace
    unknown_config_word
    unknown_field_in_template
    unknown_field_word
    unknown_index
    unknown_transform
    unknown_word
    unknown_word_of_a_field
    update_of_the_primary_key
    update_of_the_version
    updated_at_in_the_primary_key
    variant_that_is_no_entity
    variant_with_two_fields
    version_in_a_key
    version_that_is_no_integer
    when_of_keys_that_are_fields
    width_without_zero
    write_id_of_another_type
    wrong_key_argument
    wrong_key_type
    wrong_query_argument
    wrong_sort_argument
}

fn names(folder: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(Path::new("tests/ui").join(folder)).expect("the folder of cases must exist");
    let paths = files.map(|file| file.expect("the case must be readable").path());
    let cases = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    cases.map(|path| path.file_name().expect("the file must have a name").to_string_lossy().into_owned()).collect()
}

#[test]
fn every_mistake_has_a_twin_that_compiles() {
    let compiled: BTreeSet<String> = TWINS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(names("pass"), compiled, "`twins!` must list the files of tests/ui/pass");
    assert_eq!(names("fail"), compiled, "`twins!` must list the files of tests/ui/fail");
}

#[test]
fn cases_fail_to_compile_with_the_recorded_errors() {
    let cases = trybuild::TestCases::new();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc must print its version").stdout;
    let version = String::from_utf8_lossy(&version).into_owned();
    assert!(
        version.starts_with(RECORDED),
        "the error texts are recorded with {RECORDED}, but this compiler is {version}: use that compiler, or change `RECORDED`, \
         record the texts again with `TRYBUILD=overwrite cargo test --test ui`, and read the diff"
    );
    cases.compile_fail("tests/ui/fail/*.rs");
}
