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
    add_elements_to_list_field
    add_to_index_key_field
    add_to_string_field
    adjacent_placeholders
    append_to_number_field
    awaited_query
    batch_put_of_entity_with_version
    bounds_trait_implemented_for_own_type
    builder_value_has_wrong_type
    builder_without_required_field
    condition_on_another_entity
    condition_on_key_only_field
    condition_value_has_wrong_type
    config_file_missing
    config_is_not_json
    config_mistake_in_used_table
    consistent_read_of_index
    consistent_scan_of_index
    created_at_is_an_integer
    delete_elements_from_list_field
    delimiter_occurs_in_numbers
    discriminator_key_has_type_n
    discriminator_key_template_has_prefix
    entity_is_a_tuple_struct
    entity_that_is_not_sync
    entity_with_lifetime_parameter
    entity_with_type_parameter
    entity_without_clone
    entity_without_index_sort_key
    entity_without_serde
    entity_without_table_sort_key
    entity_without_variant
    enum_without_key_segment
    field_is_created_at_and_updated_at
    field_stored_as_discriminator
    field_stored_as_index_key
    field_stored_as_pk
    field_type_without_serde
    field_type_without_serde_feature_of_crate
    generic_enum_as_key_segment
    get_with_integer_for_string_field
    get_without_sort_key_field
    if_not_exists_on_index_key_field
    increment_index_key_field
    increment_string_field
    index_key_field_template_has_prefix
    index_name_is_not_an_identifier
    index_with_same_partition_and_sort_key
    inverted_index_with_different_templates
    key_field_type_without_key_segment
    key_function_argument_has_wrong_type
    key_function_does_not_return_string
    key_function_names_unknown_field
    key_function_without_arguments
    key_only_field_not_in_primary_key
    key_only_field_with_transform
    key_segment_struct_with_two_fields
    key_segment_variant_with_field
    misspelled_discriminator_option
    misspelled_key_only_option
    misspelled_version_option
    nested_field_declared_with_wrong_type
    nested_field_of_unknown_field
    nested_field_without_type
    nested_type_without_placeholder
    no_discriminator_with_same_primary_key
    numeric_index_key_template_has_prefix
    option_field_in_primary_key
    option_with_module_without_default
    overlap_combined_with_no_discriminator
    overlap_names_unknown_variant
    overlap_with_one_variant
    padding_on_string_field
    padding_without_zero
    part_variant_with_two_fields
    part_with_type_parameter
    pk_is_an_integer_literal
    pk_missing
    placeholders_without_delimiter
    primary_key_function_returns_option
    projection_of_renamed_attribute
    projection_of_type_that_is_not_an_entity
    projection_of_unknown_attribute
    projection_with_lifetime
    projection_with_overlapping_paths
    projection_with_serde_flatten
    projection_with_type_parameter
    projection_with_unknown_option_in_use
    projection_without_of
    put_of_projection
    query_name_equals_key_function
    query_name_equals_operation
    query_with_integer_for_string_field
    range_over_enum
    range_over_unpadded_integer
    raw_sort_condition_on_index_without_sort_key
    remove_required_field
    rest_placeholder_not_last
    select_entity_instead_of_projection
    serde_alias_on_field
    serde_skip_on_key_field
    serialize_and_deserialize_names_differ
    sk_for_index_without_sort_key
    skip_serializing_if_without_default
    sort_condition_on_index_without_sort_key
    sort_condition_with_string_for_integer_field
    string_set_without_default
    string_set_without_default_through_crate_alias
    syntax_error_before_used_index
    syntax_error_inside_used_index
    table_and_index_share_key_with_different_templates
    template_uses_serde_name
    time_in_key_without_timestamp_module
    transact_get_of_strings
    ttl_attribute_missing_from_config
    two_entities_with_same_alias
    two_entities_with_same_discriminator
    two_entities_with_same_primary_key
    two_entities_with_serde_into
    two_entities_with_serde_tag
    two_fields_with_same_constant_name
    two_indexes_share_key_with_different_templates
    two_indexes_with_same_name
    two_sort_conditions
    two_variants_with_same_entity
    two_version_fields
    unclosed_brace
    unknown_field_in_config
    unknown_field_in_template
    unknown_field_in_template_of_used_entity
    unknown_in_part
    unknown_index
    unknown_transform
    update_sets_primary_key_field
    update_sets_version_field
    updated_at_in_primary_key
    variant_type_is_not_an_entity
    variant_with_entity_of_another_table
    variant_with_two_fields
    version_in_key
    version_is_not_an_integer
    when_function_does_not_return_bool
    when_on_index_whose_keys_are_fields
    when_on_index_with_shared_key
    write_id_is_an_integer
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
