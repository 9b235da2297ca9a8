//! The function below the attribute.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Ident, LitStr, Result, Signature, Token, Visibility};

use super::Macro;

/// A function with a body that is kept as tokens.
///
/// The body is copied, never rebuilt, so one that does not parse yet (it is being typed) still gives a function
/// that the rest of the crate can resolve.
pub(crate) struct Function {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    signature: Signature,
    body: Group,
}

impl Function {
    /// Reads the item below the attribute.
    ///
    /// # Errors
    ///
    /// Fails when the item is not a function, or is one without a body.
    pub(crate) fn parse(kind: Macro, tokens: TokenStream) -> Result<Self> {
        let parser = |input: ParseStream<'_>| Self::parse_item(kind, input);
        parser.parse2(tokens)
    }

    pub(crate) fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    pub(crate) fn visibility(&self) -> &Visibility {
        &self.visibility
    }

    pub(crate) fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Returns the body with its braces.
    pub(crate) fn body(&self) -> &Group {
        &self.body
    }

    /// Returns the function as written, without any further macro of this crate above it.
    pub(crate) fn undecorated(&self) -> TokenStream {
        let Self {
            attributes,
            visibility,
            signature,
            body,
        } = self;
        let attributes = attributes
            .iter()
            .filter(|attribute| !Macro::is_named_by(attribute));
        quote!(#(#attributes)* #visibility #signature #body)
    }

    fn parse_item(kind: Macro, input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !starts_function(input) {
            return Err(input.error(format!(
                "`{}` decorates functions and methods, one at a time",
                kind.name()
            )));
        }
        let signature: Signature = input.parse()?;
        if input.peek(Token![;]) {
            return Err(Error::new_spanned(
                signature.ident.to_token_stream(),
                format!(
                    "`{}` needs a body to run: decorate the functions that implement this declaration, with the \
                     option `nested`",
                    kind.name()
                ),
            ));
        }
        let body = parse_body(input)?;
        Ok(Self {
            attributes,
            visibility,
            signature,
            body,
        })
    }
}

/// Reads the group of braces that is the body, out of the invisible group of a macro_rules! variable too.
fn parse_body(input: ParseStream<'_>) -> Result<Group> {
    let error = input.error("expected the function's body in braces");
    let TokenTree::Group(group) = input.parse()? else {
        return Err(error);
    };
    match group.delimiter() {
        Delimiter::Brace => Ok(group),
        Delimiter::None => parse_body.parse2(group.stream()),
        _ => Err(error),
    }
}

/// Tells whether the item that follows the visibility is a function, whatever its qualifiers.
fn starts_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let qualifier = |ahead: ParseStream<'_>| -> Result<bool> {
        if ahead.peek(Token![extern]) {
            ahead.parse::<Token![extern]>()?;
            ahead.parse::<Option<LitStr>>()?;
            return Ok(true);
        }
        let found =
            ahead.peek(Token![const]) || ahead.peek(Token![async]) || ahead.peek(Token![unsafe]);
        if found {
            ahead.call(<Ident as syn::ext::IdentExt>::parse_any)?;
        }
        Ok(found)
    };
    while let Ok(true) = qualifier(&ahead) {}
    ahead.peek(Token![fn])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(tokens: TokenStream) -> String {
        match Function::parse(Macro::WaitFor, tokens) {
            Ok(_) => panic!("the item should be rejected"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn functions_with_any_qualifier_are_read() {
        for tokens in [
            quote!(
                fn f() {}
            ),
            quote!(
                #[doc = "x"]
                pub(crate) async fn f(&self) {}
            ),
            quote!(
                const unsafe fn f() {}
            ),
            quote!(
                unsafe extern "C" fn f() {}
            ),
            quote!(
                extern "C" fn f() {}
            ),
        ] {
            assert!(
                Function::parse(Macro::WaitFor, tokens.clone()).is_ok(),
                "{tokens}"
            );
        }
    }

    #[test]
    fn a_body_that_does_not_parse_is_copied() {
        let function = Function::parse(Macro::WaitFor, quote!(async fn f() { let x = self. }))
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            function.body().to_string(),
            quote!({ let x = self. }).to_string()
        );
    }

    #[test]
    fn other_items_are_rejected() {
        for tokens in [
            quote!(
                struct S;
            ),
            quote!(
                impl S {}
            ),
            quote!(
                unsafe impl T for S {}
            ),
            quote!(
                pub mod m {}
            ),
            quote!(
                const X: u8 = 1;
            ),
            quote!(
                extern crate core;
            ),
        ] {
            assert!(error(tokens).contains("decorates functions and methods"));
        }
    }

    #[test]
    fn a_declaration_without_body_is_rejected() {
        assert!(
            error(quote!(
                fn f(&self) -> u8;
            ))
            .contains("needs a body")
        );
    }

    #[test]
    fn undecorated_drops_further_macros_of_this_crate() {
        let function = Function::parse(
            Macro::WaitFor,
            quote!(
                #[inline]
                #[crochet::run_in_reactor]
                pub fn f() {}
            ),
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let expected = quote!(
            #[inline]
            pub fn f() {}
        );
        assert_eq!(function.undecorated().to_string(), expected.to_string());
    }
}
