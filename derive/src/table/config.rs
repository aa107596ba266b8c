//! Finds and reads the table's `config.json`.

use std::path::{Path, PathBuf};

use monotable_config::{Config, ConfigError, FILE_NAME, KeyType};
use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::attr::Attrs;
use crate::ctxt::Ctxt;

pub(crate) struct Loaded {
    pub config: Config,
    /// Code for the path of the file at run time, unless the configuration is in `config_json`.
    pub path: Option<TokenStream>,
    /// Code for the text of the configuration. `include_str!` makes the compiler track the file.
    pub text: TokenStream,
}

pub(crate) fn load(cx: &Ctxt, input: &DeriveInput, attrs: &Attrs) -> Option<Loaded> {
    if let Some(json) = &attrs.config_json {
        return match Config::parse(&json.value()) {
            Ok(config) => {
                check_discriminator(&config, attrs.discriminator()).unwrap_or_else(|message| cx.error(json, message));
                Some(Loaded { config, path: None, text: quote!(#json) })
            }
            Err(error) => {
                cx.error(json, error.in_file("config_json"));
                None
            }
        };
    }
    // Cargo sets this variable for the crate that is being compiled.
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let fail = |error: ConfigError| match &attrs.config {
        Some(config) => cx.error(config, error),
        None => cx.error(&input.ident, error),
    };
    let relative = match &attrs.config {
        Some(config) => config.value(),
        None => match Config::find(&manifest) {
            Ok(found) => from(&manifest, &found),
            Err(error) => {
                fail(error.in_file("the folder of Cargo.toml"));
                return None;
            }
        },
    };
    // Messages contain the relative path, because an absolute one differs between machines.
    let config = match Config::read(&manifest.join(&relative)) {
        Ok(config) => config,
        Err(error) => {
            fail(error.in_file(&relative));
            return None;
        }
    };
    check_discriminator(&config, attrs.discriminator()).unwrap_or_else(|message| match &attrs.config {
        Some(at) => cx.error(at, message),
        None => cx.error(&input.ident, message),
    });
    let joined = format!("/{relative}");
    let path = quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #joined));
    Some(Loaded { config, text: quote!(::core::include_str!(#path)), path: Some(path) })
}

/// Guesses the names of the index functions from the text of a configuration that is not valid.
pub(crate) fn index_names(attrs: &Attrs) -> Vec<String> {
    let text = match (&attrs.config_json, &attrs.config) {
        (Some(json), _) => Some(json.value()),
        (None, config) => {
            let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
            let path = match config {
                Some(config) => Some(manifest.join(config.value())),
                None => Config::find(&manifest).ok(),
            };
            path.and_then(|path| std::fs::read(path).ok()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        }
    };
    text.map(|text| monotable_config::guess_index_names(&text)).unwrap_or_default()
}

/// Checks that a key attribute that is also the discriminator has the type S.
fn check_discriminator(config: &Config, discriminator: Option<String>) -> Result<(), String> {
    let Some(discriminator) = discriminator else { return Ok(()) };
    let of_indexes = config.table.indexes().flat_map(|index| index.partition_keys.iter().chain(&index.sort_keys));
    let mut keys = [&config.table.partition_key].into_iter().chain(&config.table.sort_key).chain(of_indexes);
    match keys.find(|key| key.name == discriminator && key.key_type != KeyType::S) {
        None => Ok(()),
        Some(_) => Err(format!(
            "the key attribute `{discriminator}` contains the discriminator, which is text; set its type to S"
        )),
    }
}

/// Returns the path of the found file, relative to the manifest's folder: `config.json`, `../config.json` and so on.
fn from(manifest: &Path, found: &Path) -> String {
    let folder = found.parent().unwrap_or(found);
    let up = manifest.ancestors().take_while(|ancestor| *ancestor != folder).count();
    "../".repeat(up) + FILE_NAME
}
