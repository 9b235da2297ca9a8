//! Where `impl Trait` stands in a returned type.
//!
//! rustc takes it in the signature of a function and nowhere else, so a type that is repeated in a body leaves it out.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Type, TypeImplTrait, parse_quote};

/// Tells whether `ty` has an `impl Trait` at any depth.
pub(crate) fn has_opaque(ty: &Type) -> bool {
    let mut search = Search { found: false };
    search.visit_type(ty);
    search.found
}

/// Returns `ty` as it can stand in a body: rustc infers what the signature hides.
pub(crate) fn in_body(ty: &Type) -> TokenStream {
    let mut ty = ty.clone();
    Inferred.visit_type_mut(&mut ty);
    ty.to_token_stream()
}

struct Search {
    found: bool,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_type_impl_trait(&mut self, _: &'ast TypeImplTrait) {
        self.found = true;
    }
}

struct Inferred;

impl VisitMut for Inferred {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if matches!(ty, Type::ImplTrait(_)) {
            *ty = parse_quote!(_);
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn impl_trait_is_found_and_left_out_at_any_depth() {
        for (ty, expected) in [
            (parse_quote!(impl Iterator<Item = impl Display>), quote!(_)),
            (
                parse_quote!(Result<Vec<impl Display>, E>),
                quote!(Result<Vec<_>, E>),
            ),
            (parse_quote!((u8, [impl Sized; 2])), quote!((u8, [_; 2]))),
        ] {
            assert!(has_opaque(&ty));
            assert_eq!(in_body(&ty).to_string(), expected.to_string());
        }
    }

    #[test]
    fn named_types_stay() {
        let ty: Type = parse_quote!(Box<dyn Display + Send>);
        assert!(!has_opaque(&ty));
        assert_eq!(in_body(&ty).to_string(), ty.to_token_stream().to_string());
    }
}
