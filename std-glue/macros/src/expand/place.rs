//! Where in the user's code the generated code is located.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ReturnType, Signature};

/// Locations in one signature. Names still resolve at the macro's call.
pub(crate) struct Place {
    inputs: Span,
    output_start: Span,
    output_end: Span,
}

impl Place {
    pub(crate) fn of_signature(signature: &Signature) -> Self {
        let output = match &signature.output {
            ReturnType::Default => TokenStream::new(),
            ReturnType::Type(_, ty) => ty.to_token_stream(),
        };
        let mut output = output.into_iter().map(|token| located(token.span()));
        let output_start = output.next().unwrap_or_else(Span::call_site);
        Self {
            inputs: located(signature.paren_token.span.join()),
            output_start,
            output_end: output.last().unwrap_or(output_start),
        }
    }

    /// Returns the place of the arguments with their parentheses.
    pub(crate) fn inputs(&self) -> Span {
        self.inputs
    }

    /// Makes a call of `function`, a path, that spans the returned type.
    ///
    /// On stable toolchains two spans cannot be joined, but rustc joins those of the first and the last token of a
    /// call: the path is located at the type's first token, the parentheses at its last.
    pub(crate) fn call_at_output(
        &self,
        function: &TokenStream,
        values: &TokenStream,
    ) -> TokenStream {
        let function = function.clone().into_iter();
        let function = function.map(|mut token| {
            token.set_span(token.span().located_at(self.output_start));
            token
        });
        let function: TokenStream = function.collect();
        let parentheses = quote_spanned!(self.output_end=> (#values));
        quote!(#function #parentheses)
    }
}

fn located(span: Span) -> Span {
    Span::call_site().located_at(span)
}
