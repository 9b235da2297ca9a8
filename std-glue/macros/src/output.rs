//! What a function returns, before and after the macro.

mod future;
mod opaque;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    GenericArgument, Path, PathArguments, PathSegment, ReturnType, Type, TypePath, parse_quote,
};

pub(crate) use future::{FutureBound, Given};
pub(crate) use opaque::{has_opaque, in_body};

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
    /// Tells what kind of type `written` is, or of what kind the output of the `impl Future` is that is written, by
    /// its last name.
    ///
    /// `Self::Result` and `<X as Trait>::Result` are associated types of any kind and thus plain values.
    pub(crate) fn classify(written: &ReturnType) -> Self {
        let ReturnType::Type(_, ty) = written else {
            return Self::Value(parse_quote!(()));
        };
        let future = FutureBound::find(written);
        let ty = without_groups(future.and_then(|future| future.output()).unwrap_or(ty));
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
            Self::Result(result) => {
                let (value, error) = two_types_of_result(result, library);
                quote!(#library::EventualResult<#value, #error>)
            }
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

/// Returns the types of the value and of the error of a type named `Result`.
fn two_types_of_result(result: &Type, library: &Path) -> (TokenStream, TokenStream) {
    let part = |of: &Type, name: TokenStream| quote!(<#of as #library::__private::IsResult>::#name);
    match &arguments_of_result(result)[..] {
        // They are there to be read, and so the documentation shows them too.
        [value, error] => (quote!(#value), quote!(#error)),
        // rustc takes no `impl Trait` in the type that a trait takes apart. What an alias has for its one argument
        // is its value; if not, rustc finds that the types differ.
        [value] if has_opaque(value) => {
            let alias = with_unit_for_arguments(result);
            (quote!(#value), part(&alias, quote!(Err)))
        }
        _ => (part(result, quote!(Ok)), part(result, quote!(Err))),
    }
}

/// Tells whether nothing shows which of an alias's types its `impl Trait` is.
pub(crate) fn is_obscure(output: &Output) -> bool {
    match output {
        Output::Result(result) => {
            has_opaque(result) && !matches!(arguments_of_result(result).len(), 1 | 2)
        }
        _ => false,
    }
}

fn arguments_of_result(result: &Type) -> Vec<Type> {
    named_segment(result).map_or_else(Vec::new, type_arguments)
}

fn with_unit_for_arguments(alias: &Type) -> Type {
    let mut alias = alias.clone();
    let Type::Path(TypePath { path, .. }) = &mut alias else {
        return alias;
    };
    if let Some(PathArguments::AngleBracketed(arguments)) =
        path.segments.last_mut().map(|last| &mut last.arguments)
    {
        for argument in &mut arguments.args {
            if let GenericArgument::Type(ty) = argument {
                *ty = parse_quote!(());
            }
        }
    }
    alias
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

    #[test]
    fn impl_trait_stays_where_it_is() {
        for (written, expected) in [
            (
                parse_quote!(-> impl Display),
                "::core::result::Result<implDisplay,::crochet::WaitError>",
            ),
            (
                parse_quote!(-> io::Result<impl Display>),
                "io::Result<implDisplay>",
            ),
            (
                parse_quote!(-> Deferred<impl Display, E>),
                "::core::result::Result<implDisplay,E>",
            ),
        ] {
            assert_eq!(waited(written), expected);
        }
        for (written, expected) in [
            (parse_quote!(-> Option<impl Display>), "Option<implDisplay>"),
            (parse_quote!(-> Result<u8, impl Debug>), "u8,implDebug"),
            (
                parse_quote!(-> io::Result<Vec<impl Display>>),
                "Vec<implDisplay>,<io::Result<()>as::crochet::__private::IsResult>::Err",
            ),
            (
                parse_quote!(-> Checked<'a, u8>::Result<'a, impl Display>),
                "implDisplay,<Checked<'a,u8>::Result<'a,()>as::crochet::__private::IsResult>::Err",
            ),
        ] {
            assert_eq!(
                eventual(written),
                format!("::crochet::EventualResult<{expected}>")
            );
        }
    }

    #[test]
    fn the_output_of_a_future_counts() {
        assert_eq!(
            waited(parse_quote!(-> impl Future<Output = io::Result<u8>> + 'a)),
            "io::Result<u8>"
        );
        assert_eq!(
            eventual(parse_quote!(-> impl Future<Output = Deferred<u8>>)),
            "::crochet::EventualResult<u8>"
        );
    }

    #[test]
    fn an_alias_of_many_types_does_not_show_its_value() {
        let obscure = |written: ReturnType| is_obscure(&Output::classify(&written));
        assert!(obscure(parse_quote!(-> my::Result<u8, impl Display, u8>)));
        assert!(!obscure(parse_quote!(-> my::Result<u8, u8, u8>)));
        assert!(!obscure(parse_quote!(-> my::Result<impl Display>)));
        assert!(!obscure(parse_quote!(-> my::Result)));
    }
}
