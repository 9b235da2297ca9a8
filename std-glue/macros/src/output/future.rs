//! Functions whose call gives a future: `async fn`, and a `fn` that returns `impl Future<Output = T>`.

use syn::{
    AssocType, GenericArgument, Path, PathArguments, ReturnType, Signature, Type, TypeParamBound,
};

use super::without_groups;

/// What a call of the function as written gives, before any `Deferred` is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// The output itself.
    Output,
    /// A future of the output.
    Future,
    /// A future of such a future: an `async fn` that returns `impl Future`.
    FutureOfFuture,
}

impl Given {
    pub(crate) fn by(signature: &Signature) -> Self {
        match (&signature.asyncness, FutureBound::find(&signature.output)) {
            (None, None) => Self::Output,
            (Some(_), None) | (None, Some(_)) => Self::Future,
            (Some(_), Some(_)) => Self::FutureOfFuture,
        }
    }
}

/// The bound that makes a returned `impl Trait` a future.
pub(crate) struct FutureBound<'a> {
    path: &'a Path,
    output: Option<&'a Type>,
}

impl<'a> FutureBound<'a> {
    /// Finds the bound whose last name is `Future`, if all of what is returned is an `impl Trait`.
    pub(crate) fn find(returned: &'a ReturnType) -> Option<Self> {
        let ReturnType::Type(_, ty) = returned else {
            return None;
        };
        let Type::ImplTrait(opaque) = without_groups(ty) else {
            return None;
        };
        opaque.bounds.iter().find_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Self::of_path(&bound.path),
            _ => None,
        })
    }

    /// Returns the trait as it is written.
    pub(crate) fn path(&self) -> &'a Path {
        self.path
    }

    /// Returns the `T` of `Output = T`.
    pub(crate) fn output(&self) -> Option<&'a Type> {
        self.output
    }

    fn of_path(path: &'a Path) -> Option<Self> {
        let last = path.segments.last().filter(|last| last.ident == "Future")?;
        let output = match &last.arguments {
            PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(output_type),
            _ => None,
        };
        Some(Self { path, output })
    }
}

fn output_type(argument: &GenericArgument) -> Option<&Type> {
    match argument {
        GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Output" => Some(ty),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens, quote};
    use syn::parse_quote;

    use super::*;

    fn output(returned: ReturnType) -> Option<Option<String>> {
        let text = |ty: &Type| ty.to_token_stream().to_string();
        FutureBound::find(&returned).map(|bound| bound.output().map(text))
    }

    #[test]
    fn a_future_is_found_among_the_bounds_under_any_path() {
        for returned in [
            parse_quote!(-> impl Future<Output = u8>),
            parse_quote!(-> (impl Send + core::future::Future<Output = u8> + 'a)),
            parse_quote!(-> impl ?Sized + Future<Output = u8> + use<'a, T>),
        ] {
            assert_eq!(output(returned), Some(Some(quote!(u8).to_string())));
        }
    }

    #[test]
    fn a_future_without_its_output_is_told_apart() {
        assert_eq!(output(parse_quote!(-> impl Future)), Some(None));
        assert_eq!(
            output(parse_quote!(-> impl Future<Output: Display>)),
            Some(None)
        );
    }

    #[test]
    fn other_types_are_no_futures() {
        for returned in [
            parse_quote!(),
            parse_quote!(-> impl Iterator<Item = u8>),
            parse_quote!(-> Option<impl Future<Output = u8>>),
            parse_quote!(-> Pin<Box<dyn Future<Output = u8>>>),
        ] {
            assert_eq!(output(returned), None);
        }
    }

    #[test]
    fn async_and_a_returned_future_add_up() {
        for (signature, given) in [
            (parse_quote!(fn f() -> u8), Given::Output),
            (parse_quote!(async fn f() -> u8), Given::Future),
            (
                parse_quote!(fn f() -> impl Future<Output = u8>),
                Given::Future,
            ),
            (
                parse_quote!(async fn f() -> impl Future<Output = u8>),
                Given::FutureOfFuture,
            ),
        ] {
            assert_eq!(Given::by(&signature), given);
        }
    }
}
