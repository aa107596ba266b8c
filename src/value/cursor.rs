use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::ser::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::schema::KeyAttribute;
use crate::value::seal::Seal;

type Attributes = HashMap<String, AttributeValue>;

/// A position in a query or a scan. Pass it to `start_at` to continue the read there.
///
/// A cursor is valid for the same table, index and partition. Use the same sort condition as well, because DynamoDB rejects a
/// cursor outside of the condition's range.
///
/// `Display`, `FromStr` and serde convert a cursor to opaque text (letters, digits, `-` and `_`) and back, for a URL or a
/// response. Two cursors are equal if their texts are equal. The text contains the keys of the item before the cursor, and a
/// checksum that detects accidental changes; anyone can read it. If the connection has a
/// [`cursor_key`](crate::Connection::cursor_key), the text is sealed instead.
#[doc(alias = "ExclusiveStartKey")]
#[doc(alias = "LastEvaluatedKey")]
#[doc(alias = "last_evaluated_key")]
#[derive(Clone)]
pub struct Cursor(Form);

#[derive(Clone)]
enum Form {
    /// Returned by a read of this program. `seal` encrypts the text.
    Given { place: ReadScope, key: Vec<u8>, seal: Option<Arc<Seal>> },
    /// Parsed from a text that is not sealed.
    Plain { place: ReadScope, key: Vec<u8> },
    /// Parsed from a sealed text. Only a connection with the same key can open it.
    Sealed(Vec<u8>),
}

/// The first byte of a text identifies its format. A new format needs a new byte.
const PLAIN: u8 = 1;
const SEALED: u8 = 2;
const CHECKSUM: usize = 6;

impl Cursor {
    /// Creates the cursor after the item with `key`. `keys` are the key attributes of the table and of the index.
    pub(crate) fn new(place: ReadScope, key: &Attributes, keys: &[KeyAttribute], seal: Option<Arc<Seal>>) -> Self {
        Self(Form::Given { place, key: encode(key, keys), seal })
    }

    /// Returns the key at which a request with this scope starts.
    ///
    /// # Errors
    /// If the cursor belongs to another read, or its seal does not match.
    pub(crate) fn open(
        &self,
        place: &ReadScope,
        keys: &[KeyAttribute],
        seal: Option<&Seal>,
    ) -> Result<Attributes, CursorError> {
        let opened;
        let key = match (&self.0, seal) {
            (Form::Given { place: own, key, .. }, _) | (Form::Plain { place: own, key }, None) => {
                if !own.is(place) {
                    return refuse(
                        "the cursor belongs to another table, index or partition; \
                         start at a cursor that this read returned",
                    );
                }
                key
            }
            (Form::Plain { .. }, Some(_)) => {
                return refuse(
                    "the cursor is not sealed, but this connection has a cursor key; start at a cursor that it sealed",
                );
            }
            (Form::Sealed(_), None) => {
                return refuse(
                    "the cursor is sealed; set the key that it was sealed with on the connection (`cursor_key`)",
                );
            }
            (Form::Sealed(sealed), Some(seal)) => {
                let Some(key) = seal.open(sealed, &place.bytes()) else {
                    return refuse(
                        "the cursor was sealed with another key, or for another table, index or partition; \
                         start at a cursor that this read returned",
                    );
                };
                opened = key;
                &opened
            }
        };
        match decode(key, keys) {
            Some(key) => Ok(key),
            None => refuse("the cursor does not have the table's keys; start at a cursor that this read returned"),
        }
    }
}

/// The reason why a text is not a cursor, or a cursor does not belong to a read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CursorError(pub &'static str);

fn refuse<T>(message: &'static str) -> Result<T, CursorError> {
    Err(CursorError(message))
}

/// The scope in which a cursor is valid: a digest of the read, and a digest of the table's name. The name is unknown if a request
/// is only inspected, not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadScope {
    read: [u8; 8],
    table: Option<[u8; 4]>,
}

const PLACE: usize = 12;

impl ReadScope {
    /// Creates a scope. `read` is everything that distinguishes the read from other reads. `table` is the name of the table that
    /// the request is sent to.
    pub fn new<'a>(read: impl IntoIterator<Item = &'a str>, table: Option<&str>) -> Self {
        Self { read: digest(read), table: table.map(|name| digest([name])) }
    }

    fn is(&self, other: &Self) -> bool {
        self.read == other.read && (other.table.is_none() || self.table == other.table)
    }

    fn bytes(&self) -> [u8; PLACE] {
        let mut bytes = [0; PLACE];
        let (read, table) = bytes.split_at_mut(self.read.len());
        read.copy_from_slice(&self.read);
        table.copy_from_slice(&self.table.unwrap_or_default());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (read, table) = bytes.split_first_chunk()?;
        Some(Self { read: *read, table: Some(table.try_into().ok()?) })
    }
}

/// Returns the first bytes of the SHA-256 of the texts. Each text ends with a zero byte.
fn digest<'a, const N: usize>(texts: impl IntoIterator<Item = &'a str>) -> [u8; N] {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    let mut start = [0; N];
    start.copy_from_slice(&hash.finalize()[..N]);
    start
}

/// Encodes each value as a letter for its type, two bytes for its length, and its bytes.
fn encode(key: &Attributes, keys: &[KeyAttribute]) -> Vec<u8> {
    let mut out = Vec::with_capacity(96);
    for attribute in keys {
        let (tag, bytes) = match key.get(attribute.name) {
            Some(AttributeValue::S(text)) => (b'S', text.as_bytes()),
            Some(AttributeValue::N(text)) => (b'N', text.as_bytes()),
            Some(AttributeValue::B(bytes)) => (b'B', bytes.as_ref()),
            // Keys cannot have this type. Decoding the cursor reports the missing key.
            _ => continue,
        };
        let Ok(length) = u16::try_from(bytes.len()) else { continue };
        out.push(tag);
        out.extend(length.to_be_bytes());
        out.extend(bytes);
    }
    out
}

fn decode(mut bytes: &[u8], keys: &[KeyAttribute]) -> Option<Attributes> {
    let mut key = Attributes::with_capacity(keys.len());
    for attribute in keys {
        let (&tag, rest) = bytes.split_first()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        bytes = rest;
        let text = || String::from_utf8(value.to_vec()).ok();
        let value = match tag {
            b'S' => AttributeValue::S(text()?),
            b'N' => AttributeValue::N(text()?),
            b'B' => AttributeValue::B(Blob::new(value)),
            _ => return None,
        };
        key.insert(attribute.name.to_owned(), value);
    }
    bytes.is_empty().then_some(key)
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let mut start = [0; CHECKSUM];
    start.copy_from_slice(&Sha256::digest(bytes)[..CHECKSUM]);
    start
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = match &self.0 {
            Form::Given { place, key, seal: Some(seal) } => {
                [&[SEALED], seal.close(key, &place.bytes()).as_slice()].concat()
            }
            Form::Given { place, key, seal: None } | Form::Plain { place, key } => {
                let mut bytes = [&[PLAIN], place.bytes().as_slice(), key].concat();
                bytes.extend(checksum(&bytes));
                bytes
            }
            Form::Sealed(sealed) => [&[SEALED], sealed.as_slice()].concat(),
        };
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl Cursor {
    /// Parses the text of a cursor.
    pub(crate) fn parse(text: &str) -> Result<Self, CursorError> {
        let damaged = || refuse("the text is not a cursor, or it is damaged; pass the text exactly as you received it");
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(text) else { return damaged() };
        match bytes.split_first() {
            Some((&PLAIN, rest)) => {
                let Some((rest, sum)) = rest.split_last_chunk::<CHECKSUM>() else { return damaged() };
                let Some((place, key)) = rest.split_at_checked(PLACE) else { return damaged() };
                let Some(place) = ReadScope::parse(place) else { return damaged() };
                match checksum(&bytes[..bytes.len() - CHECKSUM]) == *sum {
                    true => Ok(Self(Form::Plain { place, key: key.to_vec() })),
                    false => damaged(),
                }
            }
            Some((&SEALED, sealed)) => Ok(Self(Form::Sealed(sealed.to_vec()))),
            _ => damaged(),
        }
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PartialEq for Cursor {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Cursor {}

impl Hash for Cursor {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.to_string().hash(state);
    }
}

/// Does not show keys.
impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").finish_non_exhaustive()
    }
}
