//! Whether a function mentions `Self`, which only a function inside an `impl` or a `trait` can do.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Block, Ident, Item, Macro, Signature};

/// Tells whether the signature or the body mentions the surrounding `Self`.
///
/// Items inside the body have a `Self` of their own and do not count, except inside the arguments of a macro, where
/// nothing tells them apart.
pub(crate) fn mentions_self(signature: &Signature, body: &TokenStream) -> bool {
    let mut search = Search { found: false };
    search.visit_signature(signature);
    match syn::parse2::<Block>(body.clone()) {
        Ok(body) => search.visit_block(&body),
        // Not valid yet: the compiler will say so, and until then a guess by tokens serves completion.
        Err(_) => search.tokens(body.clone()),
    }
    search.found
}

struct Search {
    found: bool,
}

impl Search {
    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => self.visit_ident(&ident),
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Search {
    fn visit_ident(&mut self, ident: &'ast Ident) {
        self.found |= *ident == "Self";
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        visit::visit_macro(self, node);
        self.tokens(node.tokens.clone());
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::ItemFn;

    use super::*;

    fn mentions(function: TokenStream) -> bool {
        let function: ItemFn = syn::parse2(function).expect("a function");
        let block = &function.block;
        mentions_self(&function.sig, &quote!(#block))
    }

    #[test]
    fn a_mention_in_the_signature_counts() {
        assert!(mentions(quote!(
            fn f() -> Result<Self, E> {}
        )));
        assert!(mentions(quote!(
            fn f(x: Vec<Self>) {}
        )));
        assert!(mentions(quote!(
            fn f<T>()
            where
                T: From<Self::Item>,
            {
            }
        )));
    }

    #[test]
    fn a_mention_in_the_body_counts() {
        assert!(mentions(quote!(
            fn f() {
                Self::g()
            }
        )));
        assert!(mentions(quote!(
            fn f() {
                let Self { x } = y;
            }
        )));
        assert!(mentions(quote!(
            fn f() {
                println!("{}", <Self as T>::X);
            }
        )));
    }

    #[test]
    fn the_self_of_an_inner_item_does_not_count() {
        assert!(!mentions(quote!(
            fn f() {
                struct S;
                impl S {
                    fn new() -> Self {
                        Self
                    }
                }
                S::new();
            }
        )));
        assert!(!mentions(quote!(
            fn f(x: u8) -> u8 {
                x
            }
        )));
    }

    #[test]
    fn an_unfinished_body_is_searched_by_tokens() {
        let function: ItemFn = syn::parse_quote!(
            fn f() {}
        );
        assert!(mentions_self(&function.sig, &quote!({ Self::g. })));
        assert!(!mentions_self(&function.sig, &quote!({ g. })));
    }
}
