//! The value of `timeout = ..` and `deadline = ..`: a number of seconds, a string with a unit, or an expression of type `Duration`.
//!
//! Numbers are read as decimals, not as floating point, so `0.1` is 100 milliseconds to the nanosecond.

use core::time::Duration;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::{Error, Expr, ExprLit, ExprUnary, Lit, Pat, Result, UnOp};

mod decimal;

use decimal::{DecimalError, Unit};

/// A time limit.
#[derive(Clone)]
pub(crate) enum Timeout {
    /// Known when the macro expands.
    Known(Duration),
    /// Computed at each call; the compiler checks that it is a `Duration`.
    Computed(Box<Expr>),
}

impl Timeout {
    pub(crate) const ZERO: Self = Self::Known(Duration::ZERO);

    /// Reads the tokens after `timeout =`, or whatever else the `word` before the sign is.
    ///
    /// # Errors
    ///
    /// Fails at the value when it is a literal that means no span of time.
    pub(crate) fn parse(word: &str, input: ParseStream<'_>) -> Result<Self> {
        Self::from_expression(word, input.parse()?)
    }

    /// Tells whether a name that `pattern` binds stands in the expression.
    pub(crate) fn mentions_any_of(&self, pattern: &Pat) -> bool {
        let Self::Computed(expression) = self else {
            return false;
        };
        let mentioned = identifiers(expression.to_token_stream());
        identifiers(pattern.to_token_stream())
            .iter()
            .any(|name| mentioned.contains(name))
    }

    fn from_expression(word: &str, expression: Expr) -> Result<Self> {
        match expression {
            // A macro_rules! variable arrives in an invisible group.
            Expr::Group(group) => Self::from_expression(word, *group.expr),
            Expr::Paren(paren) => Self::from_expression(word, *paren.expr),
            Expr::Lit(ExprLit { lit, .. }) => from_literal(word, &lit).map(Self::Known),
            Expr::Unary(ExprUnary {
                op: UnOp::Neg(_),
                ref expr,
                ..
            }) if is_number(expr) => Err(Error::new_spanned(expression, negative(word))),
            computed => Ok(Self::Computed(Box::new(computed))),
        }
    }
}

/// Lists all identifiers in `tokens`.
fn identifiers(tokens: TokenStream) -> Vec<Ident> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) => vec![ident],
            TokenTree::Group(group) => identifiers(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => Vec::new(),
        })
        .collect()
}

impl ToTokens for Timeout {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Known(duration) => {
                let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
                quote!(::core::time::Duration::new(#seconds, #nanoseconds))
            }
            Self::Computed(expression) => {
                let timeout = syn::Ident::new("timeout", Span::mixed_site());
                quote!({
                    let #timeout: ::core::time::Duration = #expression;
                    #timeout
                })
            }
        });
    }
}

fn is_number(expression: &Expr) -> bool {
    match expression {
        Expr::Group(group) => is_number(&group.expr),
        Expr::Paren(paren) => is_number(&paren.expr),
        Expr::Lit(literal) => matches!(literal.lit, Lit::Int(_) | Lit::Float(_)),
        _ => false,
    }
}

fn from_literal(word: &str, literal: &Lit) -> Result<Duration> {
    let duration = match literal {
        Lit::Int(number) => from_number(word, number.base10_digits(), number.suffix()),
        Lit::Float(number) => from_number(word, number.base10_digits(), number.suffix()),
        Lit::Str(text) => from_text(word, &text.value()),
        _ => Err(format!("a {word} is {FORMS}")),
    };
    duration.map_err(|message| Error::new_spanned(literal, message))
}

fn from_number(word: &str, digits: &str, suffix: &str) -> core::result::Result<Duration, String> {
    if Unit::from_name(suffix).is_some() {
        return Err(format!(
            "a unit is written inside a string: `{word} = \"{digits}{suffix}\"`"
        ));
    }
    if !suffix.is_empty() && !NUMBER_SUFFIXES.contains(&suffix) {
        return Err(format!(
            "`{suffix}` is not the suffix of a number; a {word} is {FORMS}"
        ));
    }
    decimal::to_duration(digits, Unit::SECOND).map_err(|error| describe(error, digits))
}

fn from_text(word: &str, text: &str) -> core::result::Result<Duration, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("the {word} is empty; it is {FORMS}"));
    }
    if text.starts_with('-') {
        return Err(negative(word));
    }
    let end_of_number = text
        .find(|character: char| {
            !(character.is_ascii_digit() || character == '.' || character == '_')
        })
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end_of_number);
    let unit = unit.trim_start();
    if number.is_empty() {
        return Err(format!(
            "`{text}` does not start with a number; a {word} is {FORMS}"
        ));
    }
    if unit.is_empty() {
        return Err(format!("`{text}` lacks its unit: {UNITS}"));
    }
    let unit =
        Unit::from_name(unit).ok_or_else(|| format!("`{unit}` is not a unit of time: {UNITS}"))?;
    decimal::to_duration(&number.replace('_', ""), unit).map_err(|error| describe(error, number))
}

fn describe(error: DecimalError, number: &str) -> String {
    match error {
        DecimalError::NotANumber => format!("`{number}` is not a decimal number"),
        DecimalError::TooLarge => {
            format!("`{number}` is too large: a `Duration` holds 2^64 seconds")
        }
    }
}

fn negative(word: &str) -> String {
    format!("a {word} cannot be negative")
}

const FORMS: &str =
    "a number of seconds, a string with a unit (`\"250ms\"`) or an expression of type `Duration`";

const UNITS: &str = "write `ns`, `us`, `ms`, `s`, `m` or `h` behind the number";

const NUMBER_SUFFIXES: [&str; 14] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64",
];

#[cfg(test)]
mod tests {
    use syn::parse::Parser;

    use super::*;

    fn read(source: &str) -> core::result::Result<Timeout, String> {
        let parser = |input: ParseStream<'_>| Timeout::parse("timeout", input);
        parser.parse_str(source).map_err(|error| error.to_string())
    }

    fn known(source: &str) -> Duration {
        match read(source) {
            Ok(Timeout::Known(duration)) => duration,
            Ok(Timeout::Computed(_)) => panic!("{source} should be a literal"),
            Err(message) => panic!("{source} should be accepted: {message}"),
        }
    }

    fn error(source: &str) -> String {
        match read(source) {
            Ok(_) => panic!("{source} should be rejected"),
            Err(message) => message,
        }
    }

    #[test]
    fn numbers_are_seconds() {
        assert_eq!(known("5"), Duration::from_secs(5));
        assert_eq!(known("0"), Duration::ZERO);
        assert_eq!(known("5.0"), Duration::from_secs(5));
        assert_eq!(known("0.1"), Duration::from_millis(100));
        assert_eq!(known("1e-3"), Duration::from_millis(1));
        assert_eq!(known("2.5e1f64"), Duration::from_secs(25));
        assert_eq!(known("1_000u32"), Duration::from_secs(1000));
        assert_eq!(known("0x10"), Duration::from_secs(16));
        assert_eq!(known("(5)"), Duration::from_secs(5));
        assert_eq!(known("18446744073709551615"), Duration::from_secs(u64::MAX));
    }

    #[test]
    fn strings_carry_a_unit() {
        assert_eq!(known("\"250ms\""), Duration::from_millis(250));
        assert_eq!(known("\"5s\""), Duration::from_secs(5));
        assert_eq!(known("\"1.5s\""), Duration::from_millis(1500));
        assert_eq!(known("\"10us\""), Duration::from_micros(10));
        assert_eq!(known("\"7ns\""), Duration::from_nanos(7));
        assert_eq!(known("\"2m\""), Duration::from_secs(120));
        assert_eq!(known("\"1.5 h\""), Duration::from_secs(5400));
        assert_eq!(known("\"1_000ms\""), Duration::from_secs(1));
        assert_eq!(known("\"0s\""), Duration::ZERO);
    }

    #[test]
    fn a_part_of_a_nanosecond_counts_as_a_whole_one() {
        assert_eq!(known("\"0.1ns\""), Duration::from_nanos(1));
        assert_eq!(known("0.0000000011"), Duration::from_nanos(2));
        assert_eq!(known("1e-300"), Duration::from_nanos(1));
    }

    #[test]
    fn what_is_no_span_of_time_is_rejected() {
        for negative in ["-1", "-0.5", "-(1)", "\"-1s\""] {
            assert_eq!(error(negative), "a timeout cannot be negative");
        }
        for large in [
            "18446744073709551616",
            "1e300",
            "1e99999999999999999999",
            "\"999999999999999999999s\"",
        ] {
            assert!(error(large).contains("too large"), "{large}");
        }
        for other in ["true", "'5'", "b\"5s\"", "b'5'"] {
            assert!(error(other).starts_with("a timeout is"), "{other}");
        }
    }

    #[test]
    fn bad_strings_are_rejected_with_the_reason() {
        assert!(error("\"\"").contains("empty"));
        assert!(error("\"  \"").contains("empty"));
        assert!(error("\"5\"").contains("lacks its unit"));
        assert!(error("\"5 parsecs\"").contains("`parsecs` is not a unit of time"));
        assert!(error("\"ms\"").contains("does not start with a number"));
        assert!(error("\"NaN\"").contains("does not start with a number"));
        assert!(error("\"1.2.3s\"").contains("not a decimal number"));
        assert!(error("\".s\"").contains("not a decimal number"));
        assert!(error("\"+1s\"").contains("does not start with a number"));
    }

    #[test]
    fn a_unit_behind_a_bare_number_is_moved_into_a_string() {
        assert!(error("5s").contains("`timeout = \"5s\"`"));
        assert!(error("250ms").contains("`timeout = \"250ms\"`"));
        assert!(error("5parsecs").contains("`parsecs`"));
    }

    #[test]
    fn a_message_names_the_argument() {
        let parser = |input: ParseStream<'_>| Timeout::parse("deadline", input);
        for source in ["-1", "true", "\"\"", "5s"] {
            let Err(error) = parser.parse_str(source) else {
                panic!("{source} should be rejected");
            };
            assert!(error.to_string().contains("deadline"), "{source}: {error}");
        }
    }

    #[test]
    fn other_expressions_are_left_to_the_compiler() {
        for source in [
            "LIMIT",
            "self.limit",
            "Duration::from_secs(1)",
            "limit * 2",
            "-limit",
            "f64::NAN",
        ] {
            assert!(matches!(read(source), Ok(Timeout::Computed(_))), "{source}");
        }
    }

    #[test]
    fn a_known_timeout_expands_to_its_parts() {
        let tokens = known("1.5");
        let tokens = Timeout::Known(tokens).to_token_stream();
        assert_eq!(
            tokens.to_string(),
            quote!(::core::time::Duration::new(1u64, 500000000u32)).to_string()
        );
    }
}
