//! Which of the user's attributes go to which of the two generated functions.

use quote::quote;
use syn::{Attribute, Meta, parse_quote};

/// Returns the attributes of the decorated function: all that the user wrote.
///
/// `expect` becomes `allow`, since what is expected shows in the body, which stands elsewhere.
pub(crate) fn for_decorated(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().map(without_expectation).collect()
}

/// Returns the attributes of the function as written: those that concern its presence or its body.
pub(crate) fn for_wrapped(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| concerns_body(attribute))
        .cloned()
        .collect()
}

/// Returns what stands above the function as written, beside the user's own attributes.
pub(crate) fn generated_for_wrapped(name: &str) -> Vec<Attribute> {
    let documentation =
        format!("The undecorated `{name}`, which runs on the calling thread; for unit tests.");
    let reason = "an unused function is reported once, under its own name";
    let tokens = quote!(#[doc = #documentation] #[allow(dead_code, reason = #reason)]);
    parse_quote!(#tokens)
}

/// Tells whether the user placed `#[track_caller]`, which the decorated function gets in any case.
pub(crate) fn has_track_caller(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("track_caller"))
}

/// Returns the attributes of an argument that decide whether it exists.
///
/// They are repeated where the argument is passed on.
pub(crate) fn of_presence(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
}

fn concerns_body(attribute: &Attribute) -> bool {
    let path = attribute.path();
    let tool = path.segments.first().map(|segment| &segment.ident);
    BODY_ATTRIBUTES.iter().any(|name| path.is_ident(name))
        || (path.segments.len() > 1
            && tool.is_some_and(|tool| tool == "clippy" || tool == "rustfmt"))
        || is_doc_hidden(attribute)
}

fn is_doc_hidden(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    attribute.path().is_ident("doc") && list.tokens.to_string() == "hidden"
}

fn without_expectation(attribute: &Attribute) -> Attribute {
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("expect") => {
            let lints = &list.tokens;
            parse_quote!(#[allow(#lints)])
        }
        _ => attribute.clone(),
    }
}

/// The attributes that both functions carry.
const BODY_ATTRIBUTES: [&str; 10] = [
    "cfg",
    "cfg_attr",
    "allow",
    "expect",
    "warn",
    "deny",
    "forbid",
    "inline",
    "cold",
    "track_caller",
];

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    fn text(attributes: &[Attribute]) -> Vec<String> {
        attributes
            .iter()
            .map(|attribute| attribute.to_token_stream().to_string().replace(' ', ""))
            .collect()
    }

    #[test]
    fn the_decorated_function_keeps_everything() {
        let attributes: Vec<Attribute> = parse_quote! {
            #[doc = "Does it."]
            #[must_use]
            #[cfg(unix)]
            #[other::attribute(x)]
        };
        assert_eq!(text(&for_decorated(&attributes)), text(&attributes));
    }

    #[test]
    fn an_expectation_stays_with_the_body() {
        let attributes: Vec<Attribute> = parse_quote!(#[expect(unused_variables, reason = "r")]);
        assert_eq!(
            text(&for_decorated(&attributes)),
            ["#[allow(unused_variables,reason=\"r\")]"]
        );
        assert_eq!(text(&for_wrapped(&attributes)), text(&attributes));
    }

    #[test]
    fn the_wrapped_function_gets_what_concerns_its_body() {
        let attributes: Vec<Attribute> = parse_quote! {
            #[doc = "Does it."]
            #[doc(hidden)]
            #[doc(alias = "other")]
            #[must_use]
            #[deprecated]
            #[cfg(unix)]
            #[allow(unused)]
            #[inline]
            #[clippy::cognitive_complexity = "9"]
            #[other::attribute(x)]
        };
        let expected = [
            "#[doc(hidden)]",
            "#[cfg(unix)]",
            "#[allow(unused)]",
            "#[inline]",
            "#[clippy::cognitive_complexity=\"9\"]",
        ];
        assert_eq!(text(&for_wrapped(&attributes)), expected);
    }

    #[test]
    fn an_argument_is_passed_on_under_the_same_condition() {
        let attributes: Vec<Attribute> = parse_quote!(#[allow(unused)] #[cfg(unix)]);
        assert_eq!(of_presence(&attributes).count(), 1);
    }
}
