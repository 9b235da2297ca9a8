//! The arguments on their way from the decorated function to the body.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{FnArg, Pat, PatType, Signature, parse_quote};

use crate::attributes;

pub(crate) struct Passed {
    parameters: Vec<FnArg>,
    values: Vec<TokenStream>,
    bindings: Vec<TokenStream>,
}

impl Passed {
    /// Gives each argument of `signature` a plain name, the user's own where there is one.
    pub(crate) fn from_signature(signature: &Signature) -> Self {
        let mut passed = Self {
            parameters: Vec::new(),
            values: Vec::new(),
            bindings: Vec::new(),
        };
        for (index, input) in signature.inputs.iter().enumerate() {
            match input {
                FnArg::Receiver(receiver) => {
                    passed.values.push(receiver.self_token.to_token_stream());
                    passed.parameters.push(input.clone());
                }
                FnArg::Typed(argument) => passed.push(index, argument),
            }
        }
        passed
    }

    /// Returns the parameters of the decorated function: plain names.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &FnArg> {
        self.parameters.iter()
    }

    /// Returns the expressions that hand the arguments over to the function as written.
    pub(crate) fn values(&self) -> &[TokenStream] {
        &self.values
    }

    /// Returns the statements that give a nested body the user's patterns.
    pub(crate) fn bindings(&self) -> &[TokenStream] {
        &self.bindings
    }

    fn push(&mut self, index: usize, argument: &PatType) {
        let pattern = &argument.pat;
        let name = match &**pattern {
            Pat::Ident(pattern) => pattern.ident.clone(),
            // Mixed-site hygiene keeps it apart from the user's names.
            other => format_ident!(
                "arg{}",
                index,
                span = Span::mixed_site().located_at(other.span())
            ),
        };
        let presence: Vec<_> = attributes::of_presence(&argument.attrs).collect();
        self.values.push(quote!(#(#presence)* #name));
        self.bindings
            .push(quote!(#(#presence)* let #pattern = #name;));
        self.parameters.push(FnArg::Typed(PatType {
            pat: Box::new(parse_quote!(#name)),
            ..argument.clone()
        }));
    }
}
