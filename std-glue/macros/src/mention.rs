//! Whether a function or its time limit mentions `Self`, which only a function inside an `impl` or a `trait` can do.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Ident, Item, Macro, Signature};

use crate::timeout::Timeout;

/// Tells whether the signature, the body or the time limit mentions the surrounding `Self`.
///
/// Items inside the body have a `Self` of their own and do not count.
pub(crate) fn mentions_self(signature: &Signature, body: &Group, limit: Option<&Timeout>) -> bool {
    let mut search = Search { found: false };
    search.visit_signature(signature);
    search.tokens(limit.to_token_stream());
    match syn::parse2::<Block>(body.to_token_stream()) {
        Ok(body) => search.visit_block(&body),
        // Not valid yet: the compiler will say so, and until then a guess by tokens serves completion.
        Err(_) => search.tokens(body.stream()),
    }
    search.found
}

struct Search {
    found: bool,
}

impl Search {
    /// Searches what does not parse as Rust: the arguments of a macro, a body that is being typed.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut inside_item = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if BEGIN_OF_ITEM.iter().any(|word| ident == word) => {
                    inside_item = true;
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => inside_item = false,
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && inside_item => {
                    inside_item = false;
                }
                TokenTree::Group(group) if !inside_item => self.tokens(group.stream()),
                TokenTree::Ident(ident) if !inside_item => self.visit_ident(&ident),
                _ => {}
            }
        }
    }
}

/// The words that begin an item with a `Self` of its own, which ends with braces or a semicolon.
const BEGIN_OF_ITEM: [&str; 4] = ["impl", "trait", "struct", "enum"];

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
    use syn::parse::{ParseStream, Parser};
    use syn::parse_quote;

    use super::*;
    use crate::parse::{Function, Macro as Kind};

    fn mentions(function: TokenStream) -> bool {
        let function = Function::parse(Kind::WaitFor, function).expect("a function");
        mentions_self(function.signature(), function.body(), None)
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
    fn an_item_in_the_arguments_of_a_macro_does_not_count() {
        assert!(!mentions(quote!(
            fn f() {
                define! {
                    pub struct S(Option<Box<Self>>);
                    impl Default for S { fn default() -> Self { Self(None) } }
                }
                println!("{}", x);
            }
        )));
        assert!(mentions(quote!(
            fn f() {
                check!(struct S(u8);, [Self::new()])
            }
        )));
    }

    #[test]
    fn a_mention_in_the_time_limit_counts() {
        let signature = parse_quote!(fn f());
        let body = Group::new(Delimiter::Brace, TokenStream::new());
        let mentioned = |limit: TokenStream| {
            let parser = |input: ParseStream<'_>| Timeout::parse("timeout", input);
            let limit = parser.parse2(limit).expect("a time limit");
            mentions_self(&signature, &body, Some(&limit))
        };
        assert!(mentioned(quote!(Self::LIMIT * 2)));
        assert!(!mentioned(quote!(LIMIT)));
        assert!(!mentioned(quote!("5s")));
    }

    #[test]
    fn an_unfinished_body_is_searched_by_tokens() {
        assert!(mentions(quote!(
            fn f() {
                Self::g.
            }
        )));
        assert!(!mentions(quote!(
            fn f() {
                impl S { fn new() -> Self { Self } }
                g.
            }
        )));
    }
}
