//! Exact conversion of decimal numbers to `Duration`.

use core::time::Duration;

/// A unit of time that a timeout may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    nanoseconds: u64,
}

/// Why a text gives no `Duration`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalError {
    NotANumber,
    TooLarge,
}

impl Unit {
    pub(crate) const SECOND: Self = Self {
        nanoseconds: 1_000_000_000,
    };

    /// Finds a unit by the name that stands behind the number.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let nanoseconds = match name {
            "ns" => 1,
            // Both code points of the micro sign are in use: U+00B5 and the Greek letter U+03BC.
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        Some(Self { nanoseconds })
    }
}

/// Converts `digits`, with an optional fraction and exponent, to a span of time in `unit`.
///
/// A part of a nanosecond counts as a whole one, so that the limit is never shorter than what was written.
///
/// # Errors
///
/// Fails when the text is not a decimal number, and when a `Duration` cannot hold it.
pub(crate) fn to_duration(digits: &str, unit: Unit) -> Result<Duration, DecimalError> {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], parse_exponent(&digits[at + 1..])?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || whole.len() + fraction.len() == 0 {
        return Err(DecimalError::NotANumber);
    }
    let shift = exponent.saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX));
    let significant = [whole, fraction].concat();
    let nanoseconds = scale(significant.trim_start_matches('0'), shift, unit)?;
    let seconds =
        u64::try_from(nanoseconds / NANOSECONDS_PER_SECOND).map_err(|_| DecimalError::TooLarge)?;
    let rest = u32::try_from(nanoseconds % NANOSECONDS_PER_SECOND)
        .expect("a remainder by 10^9 fits in 32 bits");
    Ok(Duration::new(seconds, rest))
}

/// Reads the number behind an `e`; one beyond 64 bits saturates, since no mantissa makes up for it.
fn parse_exponent(text: &str) -> Result<i64, DecimalError> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    Ok(sign * digits.parse::<i64>().unwrap_or(i64::MAX))
}

/// Computes `significant * 10^shift` units in nanoseconds, rounded up.
fn scale(significant: &str, shift: i64, unit: Unit) -> Result<u128, DecimalError> {
    if significant.is_empty() {
        return Ok(0);
    }
    if shift >= 0 {
        let factor = u32::try_from(shift)
            .ok()
            .and_then(|shift| 10_u128.checked_pow(shift))
            .ok_or(DecimalError::TooLarge)?;
        return parse_digits(significant)?
            .checked_mul(factor)
            .and_then(|units| units.checked_mul(u128::from(unit.nanoseconds)))
            .ok_or(DecimalError::TooLarge);
    }
    divide(significant, shift.unsigned_abs(), unit)
}

/// Computes `significant / 10^places` units in nanoseconds, rounded up.
fn divide(significant: &str, places: u64, unit: Unit) -> Result<u128, DecimalError> {
    let places = usize::try_from(places).unwrap_or(usize::MAX);
    let (whole, fraction) = significant.split_at(significant.len().saturating_sub(places));
    let leading_zeros = places - fraction.len();
    let whole = parse_digits(whole)?
        .checked_mul(u128::from(unit.nanoseconds))
        .ok_or(DecimalError::TooLarge)?;

    let kept = FRACTION_DIGITS
        .saturating_sub(leading_zeros)
        .min(fraction.len());
    let (kept, dropped) = fraction.split_at(kept);
    let rounding = u128::from(dropped.bytes().any(|digit| digit != b'0'));
    let numerator = (parse_digits(kept)? + rounding) * u128::from(unit.nanoseconds);
    let power = leading_zeros.min(FRACTION_DIGITS - kept.len()) + kept.len();
    let denominator = 10_u128.pow(u32::try_from(power).expect("at most FRACTION_DIGITS"));
    whole
        .checked_add(numerator.div_ceil(denominator))
        .ok_or(DecimalError::TooLarge)
}

fn parse_digits(digits: &str) -> Result<u128, DecimalError> {
    if digits.is_empty() {
        return Ok(0);
    }
    digits.parse().map_err(|_| DecimalError::TooLarge)
}

const NANOSECONDS_PER_SECOND: u128 = 1_000_000_000;

/// How many digits of a fraction are computed with; further ones round the last of these up.
///
/// The largest unit is an hour, below 10^13 nanoseconds, so the rounding adds less than 10^-5 ns.
const FRACTION_DIGITS: usize = 18;

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str) -> Unit {
        Unit::from_name(name).expect("a known unit")
    }

    #[test]
    fn a_number_without_a_fraction_is_scaled_by_its_exponent() {
        assert_eq!(to_duration("3", Unit::SECOND), Ok(Duration::from_secs(3)));
        assert_eq!(
            to_duration("3e2", Unit::SECOND),
            Ok(Duration::from_secs(300))
        );
        assert_eq!(
            to_duration("3E+2", unit("ms")),
            Ok(Duration::from_millis(300))
        );
        assert_eq!(to_duration("0e999", Unit::SECOND), Ok(Duration::ZERO));
    }

    #[test]
    fn a_fraction_is_exact_to_the_nanosecond() {
        assert_eq!(
            to_duration("0.1", Unit::SECOND),
            Ok(Duration::from_nanos(100_000_000))
        );
        assert_eq!(
            to_duration("1.000000001", Unit::SECOND),
            Ok(Duration::new(1, 1))
        );
        assert_eq!(to_duration(".5", unit("h")), Ok(Duration::from_secs(1800)));
        assert_eq!(to_duration("5.", unit("m")), Ok(Duration::from_secs(300)));
        assert_eq!(
            to_duration("12345e-4", Unit::SECOND),
            Ok(Duration::new(1, 234_500_000))
        );
    }

    #[test]
    fn rounding_never_shortens() {
        assert_eq!(
            to_duration("1.0000000010001", Unit::SECOND),
            Ok(Duration::new(1, 2))
        );
        assert_eq!(
            to_duration("0.0000000000000000000001", Unit::SECOND),
            Ok(Duration::from_nanos(1))
        );
        assert_eq!(
            to_duration("1.00000000000000000000000", Unit::SECOND),
            Ok(Duration::from_secs(1))
        );
        // 10^-18 h is 3.6 * 10^-6 ns; the digit after it must not be lost.
        assert_eq!(
            to_duration("0.0000000000000000001", unit("h")),
            Ok(Duration::from_nanos(1))
        );
        assert_eq!(
            to_duration("1e-99999999999999999999", Unit::SECOND),
            Ok(Duration::from_nanos(1))
        );
    }

    #[test]
    fn the_largest_duration_is_the_limit() {
        assert_eq!(
            to_duration("18446744073709551615.999999999", Unit::SECOND),
            Ok(Duration::MAX)
        );
        for large in [
            "18446744073709551615.9999999991",
            "18446744073709551616",
            "1e20",
            "1e40",
            "999999999999999999999999999999999999999999",
        ] {
            assert_eq!(
                to_duration(large, Unit::SECOND),
                Err(DecimalError::TooLarge),
                "{large}"
            );
        }
    }

    #[test]
    fn what_is_not_a_number_is_told_apart() {
        for text in ["", ".", "1.2.3", "e5", "1e", "1e+", "1e5.0", "-1", "x"] {
            assert_eq!(
                to_duration(text, Unit::SECOND),
                Err(DecimalError::NotANumber),
                "{text}"
            );
        }
    }
}
