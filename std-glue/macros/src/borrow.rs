//! Which arguments borrow: one function for each place where a signature can show it.

use core::mem;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    BoundLifetimes, FnArg, GenericParam, Generics, Ident, Lifetime, Macro,
    ParenthesizedGenericArguments, Receiver, Signature, Type, TypeBareFn, TypeImplTrait, TypeParam,
    TypeParamBound, TypeReference, WherePredicate,
};

/// Tells whether a call of the function may borrow from its caller, as far as the signature shows.
pub(crate) fn may_borrow(signature: &Signature) -> bool {
    borrowed_argument(signature).is_some()
        || declares_lifetime(&signature.generics)
        || has_open_type_parameter(&signature.generics)
        || has_open_impl_trait(signature)
}

/// Finds the first reference or lifetime in the types of the arguments, the receiver included.
pub(crate) fn borrowed_argument(signature: &Signature) -> Option<Borrow> {
    signature.inputs.iter().find_map(|input| match input {
        FnArg::Receiver(receiver) => borrow_in_receiver(receiver).map(Borrow::Receiver),
        FnArg::Typed(argument) => borrow_in_type(&argument.ty).map(Borrow::Argument),
    })
}

/// Where a signature borrows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Borrow {
    Receiver(Span),
    Argument(Span),
}

/// Finds the borrow of `&self`, `self: &Self`, `self: Pin<&mut Self>` and the like.
fn borrow_in_receiver(receiver: &Receiver) -> Option<Span> {
    // For the short forms, `ty` is made up and has the span of `self`; the user's token is the ampersand.
    let ampersand = receiver
        .reference
        .as_ref()
        .map(|(ampersand, _)| ampersand.span());
    borrow_in_type(&receiver.ty).map(|span| ampersand.unwrap_or(span))
}

/// Finds a reference or a lifetime that is neither `'static` nor bound inside the type, as in `fn(&str)`.
fn borrow_in_type(ty: &Type) -> Option<Span> {
    let mut search = Search::default();
    search.visit_type(ty);
    search.found
}

/// Tells whether the function has a lifetime parameter, used or not.
fn declares_lifetime(generics: &Generics) -> bool {
    generics.lifetimes().next().is_some()
}

/// Tells whether a type parameter may stand for a type that borrows.
fn has_open_type_parameter(generics: &Generics) -> bool {
    generics.type_params().any(|parameter| {
        !is_static(parameter.bounds.iter()) && !is_static_by_where(generics, parameter)
    })
}

/// Tells whether an `impl Trait` among the arguments may stand for a type that borrows.
fn has_open_impl_trait(signature: &Signature) -> bool {
    let mut search = OpenImplTrait { found: false };
    for input in &signature.inputs {
        search.visit_fn_arg(input);
    }
    search.found
}

fn is_static<'ast>(mut bounds: impl Iterator<Item = &'ast TypeParamBound>) -> bool {
    bounds.any(
        |bound| matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static"),
    )
}

fn is_static_by_where(generics: &Generics, parameter: &TypeParam) -> bool {
    let predicates = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    predicates
        .filter_map(|predicate| match predicate {
            WherePredicate::Type(predicate) => Some(predicate),
            _ => None,
        })
        .any(|predicate| {
            names(&predicate.bounded_ty, &parameter.ident) && is_static(predicate.bounds.iter())
        })
}

fn names(ty: &Type, parameter: &Ident) -> bool {
    match ty {
        Type::Path(path) => path.qself.is_none() && path.path.is_ident(parameter),
        Type::Paren(inner) => names(&inner.elem, parameter),
        Type::Group(inner) => names(&inner.elem, parameter),
        _ => false,
    }
}

/// Looks for the first token of a type that borrows.
#[derive(Default)]
struct Search {
    found: Option<Span>,
    /// The lifetimes that the `for<..>` around the current place bind.
    bound: Vec<Ident>,
    /// Inside `fn(..)` and `Fn(..)`, where a lifetime left out belongs to each call of that function.
    inside_function: bool,
}

impl Search {
    fn find(&mut self, span: Span) {
        self.found.get_or_insert(span);
    }

    fn inside_function(&mut self, visit: impl FnOnce(&mut Self)) {
        let outside = mem::replace(&mut self.inside_function, true);
        visit(self);
        self.inside_function = outside;
    }

    fn bind(&mut self, lifetimes: Option<&BoundLifetimes>) {
        let parameters = lifetimes.iter().flat_map(|bound| &bound.lifetimes);
        self.bound
            .extend(parameters.filter_map(|parameter| match parameter {
                GenericParam::Lifetime(parameter) => Some(parameter.lifetime.ident.clone()),
                _ => None,
            }));
    }

    /// A macro in place of a type shows its tokens only.
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if matches!(punct.as_char(), '&' | '\'') => {
                    self.find(punct.span());
                }
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Search {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference.lifetime.is_none() && !self.inside_function {
            self.find(reference.and_token.span());
        }
        visit::visit_type_reference(self, reference);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        let elided = lifetime.ident == "_" && self.inside_function;
        if lifetime.ident != "static" && !elided && !self.bound.contains(&lifetime.ident) {
            self.find(lifetime.span());
        }
    }

    fn visit_type_bare_fn(&mut self, function: &'ast TypeBareFn) {
        let outer = self.bound.len();
        self.bind(function.lifetimes.as_ref());
        self.inside_function(|search| {
            for input in &function.inputs {
                search.visit_type(&input.ty);
            }
            search.visit_return_type(&function.output);
        });
        self.bound.truncate(outer);
    }

    fn visit_parenthesized_generic_arguments(
        &mut self,
        arguments: &'ast ParenthesizedGenericArguments,
    ) {
        self.inside_function(|search| {
            visit::visit_parenthesized_generic_arguments(search, arguments);
        });
    }

    fn visit_trait_bound(&mut self, bound: &'ast syn::TraitBound) {
        let outer = self.bound.len();
        self.bind(bound.lifetimes.as_ref());
        self.visit_path(&bound.path);
        self.bound.truncate(outer);
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        self.tokens(node.tokens.clone());
    }

    /// Attributes of a field or parameter hold no types.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    /// Array lengths are values.
    fn visit_expr(&mut self, _: &'ast syn::Expr) {}
}

struct OpenImplTrait {
    found: bool,
}

impl<'ast> Visit<'ast> for OpenImplTrait {
    fn visit_type_impl_trait(&mut self, node: &'ast TypeImplTrait) {
        self.found |= !is_static(node.bounds.iter());
        visit::visit_type_impl_trait(self, node);
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn borrows(argument: Type) -> bool {
        borrow_in_type(&argument).is_some()
    }

    fn receiver_borrows(signature: Signature) -> bool {
        borrowed_argument(&signature).is_some()
    }

    #[test]
    fn references_borrow_at_any_depth() {
        assert!(borrows(parse_quote!(&str)));
        assert!(borrows(parse_quote!(&mut [u8])));
        assert!(borrows(parse_quote!(Option<Vec<&u8>>)));
        assert!(borrows(parse_quote!((u8, [&u8; 2]))));
        assert!(borrows(parse_quote!(&'a str)));
        assert!(borrows(parse_quote!(*const &u8)));
    }

    #[test]
    fn lifetimes_borrow() {
        assert!(borrows(parse_quote!(Cow<'_, str>)));
        assert!(borrows(parse_quote!(Formatter<'a>)));
        assert!(borrows(parse_quote!(Box<dyn Error + 'a>)));
        assert!(borrows(parse_quote!(Box<dyn Iterator<Item = &u8>>)));
        assert!(borrows(parse_quote!(impl Read + 'a)));
    }

    #[test]
    fn owned_types_do_not_borrow() {
        assert!(!borrows(parse_quote!(String)));
        assert!(!borrows(parse_quote!(Box<dyn Error + Send>)));
        assert!(!borrows(parse_quote!([u8; 4])));
        assert!(!borrows(parse_quote!(*const u8)));
    }

    #[test]
    fn static_does_not_borrow() {
        assert!(!borrows(parse_quote!(&'static str)));
        assert!(!borrows(parse_quote!(Cow<'static, str>)));
        assert!(!borrows(parse_quote!(Box<dyn Error + 'static>)));
        assert!(borrows(parse_quote!(&'static &'a str)));
    }

    #[test]
    fn lifetimes_of_each_call_do_not_borrow() {
        assert!(!borrows(parse_quote!(fn(&str) -> &str)));
        assert!(!borrows(parse_quote!(
            Box<dyn Fn(&str, Cow<'_, str>) -> bool + Send>
        )));
        assert!(!borrows(parse_quote!(for<'x> fn(&'x str))));
        assert!(!borrows(parse_quote!(Box<dyn for<'x> Visit<'x>>)));
        assert!(borrows(parse_quote!(fn(&'a str))));
        assert!(borrows(parse_quote!((
            Box<dyn for<'x> Visit<'x>>,
            Cow<'x, str>
        ))));
        assert!(borrows(parse_quote!((fn(&str), &str))));
    }

    #[test]
    fn a_macro_in_place_of_a_type_is_judged_by_its_tokens() {
        assert!(borrows(parse_quote!(make_type!(&str))));
        assert!(borrows(parse_quote!(make_type!([Cow<'a, str>]))));
        assert!(!borrows(parse_quote!(make_type!(u8))));
    }

    #[test]
    fn receivers_borrow_like_arguments() {
        assert!(receiver_borrows(parse_quote!(fn f(&self))));
        assert!(receiver_borrows(parse_quote!(fn f(&mut self))));
        assert!(receiver_borrows(parse_quote!(fn f(&'a self))));
        assert!(receiver_borrows(parse_quote!(fn f(self: &Self))));
        assert!(receiver_borrows(parse_quote!(fn f(self: Pin<&mut Self>))));
        assert!(!receiver_borrows(parse_quote!(fn f(self))));
        assert!(!receiver_borrows(parse_quote!(fn f(mut self))));
        assert!(!receiver_borrows(parse_quote!(fn f(self: Arc<Self>))));
        assert!(!receiver_borrows(parse_quote!(fn f(&'static self))));
    }

    #[test]
    fn lifetime_parameters_borrow_even_unused() {
        let signature: Signature = parse_quote!(fn f<'a>());
        assert!(may_borrow(&signature));
    }

    #[test]
    fn type_parameters_borrow_unless_static() {
        for open in [
            parse_quote!(fn f<T>(x: T)),
            parse_quote!(fn f<T: Send>(x: T) where Vec<T>: 'static),
        ] {
            let signature: Signature = open;
            assert!(has_open_type_parameter(&signature.generics));
        }
        for closed in [
            parse_quote!(fn f<T: Send + 'static>(x: T)),
            parse_quote!(fn f<T>(x: T) where T: Send + 'static),
            parse_quote!(fn f<const N: usize>(x: [u8; N])),
        ] {
            let signature: Signature = closed;
            assert!(!may_borrow(&signature));
        }
        let one_of_two: Signature = parse_quote!(fn f<T: 'static, U>(x: T, y: U));
        assert!(may_borrow(&one_of_two));
    }

    #[test]
    fn impl_trait_arguments_borrow_unless_static() {
        let open: Signature = parse_quote!(fn f(x: impl Read));
        assert!(may_borrow(&open));
        let inner: Signature = parse_quote!(fn f(x: impl Iterator<Item = impl Read> + 'static));
        assert!(may_borrow(&inner));
        let closed: Signature = parse_quote!(fn f(x: Vec<impl Read + 'static>));
        assert!(!may_borrow(&closed));
    }
}
