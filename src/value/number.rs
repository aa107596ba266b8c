use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::value::marker::NUMBER;

/// A number that is stored (`N`) with all its digits. `T` is any type whose text is a decimal number: `rust_decimal::Decimal`,
/// `bigdecimal::BigDecimal` or your own type. DynamoDB's numbers have up to 38 digits.
///
/// Trailing zeros of a fraction are not stored. Other formats, such as JSON, contain the text of the number.
///
/// ```
/// # use std::fmt;
/// # use std::str::FromStr;
/// use monotable::N;
/// # #[derive(Clone, PartialEq, Debug)]
/// # struct Decimal(String);
/// # impl fmt::Display for Decimal {
/// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
/// # }
/// # impl FromStr for Decimal {
/// #     type Err = fmt::Error;
/// #     fn from_str(text: &str) -> Result<Self, fmt::Error> { Ok(Self(text.to_owned())) }
/// # }
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Line {
///     price: N<Decimal>,
///     discount: Option<N<Decimal>>,
/// }
/// ```
#[doc(alias = "NumberAttribute")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct N<T>(
    /// The number.
    pub T,
);

impl<T> From<T> for N<T> {
    fn from(number: T) -> Self {
        Self(number)
    }
}

impl<T: Display> Serialize for N<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(NUMBER, &self.0.to_string())
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for N<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NUMBER, NumberText(PhantomData))
    }
}

struct NumberText<T>(PhantomData<T>);

impl<'de, T: FromStr<Err: Display>> Visitor<'de> for NumberText<T> {
    type Value = N<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or the text of one")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<N<T>, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<N<T>, E> {
        text.parse().map(N).map_err(|error| E::custom(format_args!("the number cannot be read: {error}")))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<N<T>, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<N<T>, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<N<T>, E> {
        self.visit_str(&number.to_string())
    }
}
