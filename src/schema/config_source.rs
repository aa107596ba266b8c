//! The source of a table's configuration.

/// The path of the table's `config.json`, and its contents when the program was built.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ConfigSource {
    /// `None` if the configuration is written in the code.
    pub path: Option<&'static str>,
    pub text: &'static str,
    pub local_table_name: &'static str,
    pub runtime_config_key: &'static str,
}
