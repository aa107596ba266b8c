//! Parses and compares the texts of numbers.

use std::cmp::Ordering;

/// The sign, the significant digits, and the power of ten of the first digit: `-0.012` is `(true, "12", -2)`. 0 has no digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Decimal {
    is_negative: bool,
    digits: String,
    magnitude: i32,
}

impl Decimal {
    /// Parses a number; `None` if DynamoDB does not accept it. DynamoDB accepts 0, and up to 38 digits from 1E-130 to 9.9..E+125.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>
    pub fn parse(text: &str) -> Option<Self> {
        let number = Self::read(text)?;
        let fits = number.digits.len() <= 38 && (-130..=125).contains(&number.magnitude);
        (fits || number.digits.is_empty()).then_some(number)
    }

    /// Parses a number with any number of digits.
    fn read(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let exponent: i32 = exponent.parse().ok()?;
        let digits = all.trim_start_matches('0');
        let leading = i32::try_from(all.len() - digits.len()).ok()?;
        let digits = digits.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { is_negative: false, digits, magnitude: 0 });
        }
        let magnitude = i32::try_from(whole.len()).ok()?.checked_sub(leading + 1)?.checked_add(exponent)?;
        Some(Self { is_negative: text.starts_with('-'), digits, magnitude })
    }

    /// Compares two numbers; `None` if one of the texts is not a number.
    pub fn order(one: &str, other: &str) -> Option<Ordering> {
        let (one, other) = (Self::read(one)?, Self::read(other)?);
        let sign = |number: &Self| match (number.digits.is_empty(), number.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let (sign, other_sign) = (sign(&one), sign(&other));
        if sign != other_sign {
            return Some(sign.cmp(&other_sign));
        }
        // Digits of the same magnitude sort like text.
        let magnitude = (one.magnitude, &one.digits).cmp(&(other.magnitude, &other.digits));
        Some(if sign < 0 { magnitude.reverse() } else { magnitude })
    }

    /// Returns a text that is the same for equal numbers; `None` if `text` is not a number.
    pub fn canonical(text: &str) -> Option<String> {
        let Self { is_negative, digits, magnitude } = Self::read(text)?;
        let sign = if is_negative { "-" } else { "" };
        Some(format!("{sign}{digits}e{magnitude}"))
    }

    /// Returns whether two texts are the same number.
    pub fn is_same(one: &str, other: &str) -> bool {
        Self::read(one).is_some_and(|one| Self::read(other) == Some(one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_dynamodb_accepts_are_parsed() {
        let nine = "9".repeat(38);
        for text in ["0", "-0.0", "12.50", "+1", "1e125", "9.9E+125", "10e-131", "1E-130", ".5", "5.", &nine] {
            assert!(Decimal::parse(text).is_some(), "{text}");
        }
        let (ten, zeros) = ("9".repeat(39), format!("1{}", "0".repeat(126)));
        for text in
            ["", "-", ".", "1e126", "99e125", "1e-131", "1e", "x", "1_0", "NaN", "inf", "1e99999999999", &ten, &zeros]
        {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn numbers_are_ordered_by_value() {
        let sorted =
            ["-1e9", "-12", "-1.5", "-1", "-0.01", "0", "1e-9", "0.2", "0.25", "1", "1.5", "2", "10", "11.0", "1e20"];
        for (n, one) in sorted.iter().enumerate() {
            for (m, other) in sorted.iter().enumerate() {
                assert_eq!(Decimal::order(one, other), Some(n.cmp(&m)), "{one} {other}");
            }
        }
        assert_eq!(Decimal::order("1", "x"), None);
    }

    #[test]
    fn different_texts_of_one_number_are_equal() {
        for (one, other) in [("1", "1.00"), ("0.10", "1e-1"), ("-0", "0"), ("100", "1E+2"), ("007", "7")] {
            assert!(Decimal::is_same(one, other), "{one} {other}");
        }
        for (one, other) in [("1", "-1"), ("1", "10"), ("0.1", "0.11"), ("x", "x")] {
            assert!(!Decimal::is_same(one, other), "{one} {other}");
        }
    }
}
