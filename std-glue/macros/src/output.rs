//! What a function returns, before and after the macro.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    GenericArgument, Path, PathArguments, PathSegment, ReturnType, Type, TypePath, parse_quote,
};

/// The kinds of return type that the macros treat differently.
#[derive(Clone)]
pub(crate) enum Output {
    /// Any type that is none of the others.
    Value(Type),
    /// A type whose name is `Result`.
    Result(Type),
    /// `Deferred<T>`, which cannot fail by itself.
    Deferred { value: Type },
    /// `Deferred<T, E>`.
    FallibleDeferred { value: Box<Type>, error: Box<Type> },
}

impl Output {
    /// Tells what kind of type `written` is, by its last name.
    ///
    /// `Self::Result` and `<X as Trait>::Result` are associated types of any kind and thus plain values.
    pub(crate) fn classify(written: &ReturnType) -> Self {
        let ReturnType::Type(_, ty) = written else {
            return Self::Value(parse_quote!(()));
        };
        let ty = without_groups(ty);
        let Some(last) = named_segment(ty) else {
            return Self::Value(ty.clone());
        };
        if last.ident == "Result" {
            return Self::Result(ty.clone());
        }
        match (last.ident == "Deferred")
            .then(|| type_arguments(last))
            .as_deref()
        {
            Some([value]) => Self::Deferred {
                value: value.clone(),
            },
            Some([value, error]) => Self::FallibleDeferred {
                value: Box::new(value.clone()),
                error: Box::new(error.clone()),
            },
            _ => Self::Value(ty.clone()),
        }
    }

    /// Tells whether the operation has an error of its own, which then also carries the failures of the wait.
    pub(crate) fn is_fallible(&self) -> bool {
        matches!(self, Self::Result(_) | Self::FallibleDeferred { .. })
    }

    /// Returns the type that the `wait_for` function returns.
    pub(crate) fn waited(&self, library: &Path) -> TokenStream {
        match self {
            Self::Result(result) => quote!(#result),
            Self::FallibleDeferred { value, error } => {
                quote!(::core::result::Result<#value, #error>)
            }
            Self::Value(value) | Self::Deferred { value } => {
                quote!(::core::result::Result<#value, #library::WaitError>)
            }
        }
    }

    /// Returns the type that the `run_in_reactor` function returns.
    pub(crate) fn eventual(&self, library: &Path) -> TokenStream {
        match self {
            Self::Result(result) => match two_types_of_result(result) {
                Some((value, error)) => quote!(#library::EventualResult<#value, #error>),
                None => quote! {
                    #library::EventualResult<
                        <#result as #library::__private::IsResult>::Ok,
                        <#result as #library::__private::IsResult>::Err,
                    >
                },
            },
            Self::FallibleDeferred { value, error } => {
                quote!(#library::EventualResult<#value, #error>)
            }
            Self::Value(value) | Self::Deferred { value } => {
                quote!(#library::EventualResult<#value>)
            }
        }
    }
}

/// Returns the last segment of a type that is named by a path to an item.
fn named_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(TypePath { qself: None, path }) if path.segments[0].ident != "Self" => {
            path.segments.last()
        }
        _ => None,
    }
}

/// Removes the invisible group that a macro_rules! variable arrives in, and parentheses.
fn without_groups(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => without_groups(&group.elem),
        Type::Paren(paren) => without_groups(&paren.elem),
        other => other,
    }
}

fn type_arguments(segment: &PathSegment) -> Vec<Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    });
    types.collect()
}

/// Returns the two arguments of a `Result<T, E>` that shows them, so that the documentation shows them too.
fn two_types_of_result(result: &Type) -> Option<(Type, Type)> {
    let mut arguments = type_arguments(named_segment(result)?).into_iter();
    match (arguments.next(), arguments.next(), arguments.next()) {
        (Some(value), Some(error), None) => Some((value, error)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waited(written: ReturnType) -> String {
        let library = parse_quote!(::crochet);
        Output::classify(&written)
            .waited(&library)
            .to_string()
            .replace(' ', "")
    }

    fn eventual(written: ReturnType) -> String {
        let library = parse_quote!(::crochet);
        Output::classify(&written)
            .eventual(&library)
            .to_string()
            .replace(' ', "")
    }

    #[test]
    fn a_result_is_kept_by_wait_for() {
        for (written, expected) in [
            (parse_quote!(-> Result<u8, E>), "Result<u8,E>"),
            (parse_quote!(-> std::io::Result<u8>), "std::io::Result<u8>"),
            (parse_quote!(-> crate::Result), "crate::Result"),
            (parse_quote!(-> (Result<u8, E>)), "Result<u8,E>"),
        ] {
            assert_eq!(waited(written), expected);
        }
    }

    #[test]
    fn other_types_become_results_of_wait_for() {
        for (written, expected) in [
            (parse_quote!(), "()"),
            (parse_quote!(-> u8), "u8"),
            (
                parse_quote!(-> Option<Result<u8, E>>),
                "Option<Result<u8,E>>",
            ),
            (parse_quote!(-> Self::Result), "Self::Result"),
            (parse_quote!(-> <A as Actor>::Result), "<AasActor>::Result"),
            (parse_quote!(-> (u8, u8)), "(u8,u8)"),
            (parse_quote!(-> Deferred<u8>), "u8"),
        ] {
            let expected = format!("::core::result::Result<{expected},::crochet::WaitError>");
            assert_eq!(waited(written), expected);
        }
    }

    #[test]
    fn a_fallible_deferred_becomes_a_result() {
        assert_eq!(
            waited(parse_quote!(-> crochet::Deferred<u8, E>)),
            "::core::result::Result<u8,E>"
        );
        assert_eq!(
            eventual(parse_quote!(-> Deferred<u8, E>)),
            "::crochet::EventualResult<u8,E>"
        );
        assert!(Output::classify(&parse_quote!(-> Deferred<u8, E>)).is_fallible());
        assert!(!Output::classify(&parse_quote!(-> Deferred<u8>)).is_fallible());
    }

    #[test]
    fn run_in_reactor_shows_the_types_of_a_result_where_it_can() {
        assert_eq!(eventual(parse_quote!()), "::crochet::EventualResult<()>");
        assert_eq!(
            eventual(parse_quote!(-> Deferred<u8>)),
            "::crochet::EventualResult<u8>"
        );
        assert_eq!(
            eventual(parse_quote!(-> Result<u8, E>)),
            "::crochet::EventualResult<u8,E>"
        );
        let alias = eventual(parse_quote!(-> io::Result<u8>));
        assert!(
            alias.contains("<io::Result<u8>as::crochet::__private::IsResult>::Ok"),
            "{alias}"
        );
        assert!(
            alias.contains("<io::Result<u8>as::crochet::__private::IsResult>::Err"),
            "{alias}"
        );
    }
}
