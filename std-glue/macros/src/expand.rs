//! The generated code: the decorated function, which is one call into `__private`, and the function as written.
//!
//! rustc reports a missing bound at the code that was generated, so that code is located at what the bound is about:
//! the call at the returned type, the closure that it gets at the arguments.

mod passed;
mod place;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{FnArg, GenericParam, ReturnType, Signature, parse_quote};

use crate::attributes;
use crate::output::{self, Given, Output};
use crate::parse::{Arguments, Function, Macro};
use crate::validate::{Callee, Form, Plan};

use passed::Passed;
use place::Place;

/// Generates the code for one use of a macro that was found valid.
pub(crate) fn expand(
    kind: Macro,
    function: &Function,
    arguments: &Arguments,
    plan: &Plan,
) -> TokenStream {
    let expansion = Expansion {
        kind,
        function,
        arguments,
        plan,
        passed: Passed::from_signature(function.signature()),
        place: Place::of_signature(function.signature()),
    };
    let decorated = expansion.decorated();
    let wrapped = (plan.callee() != Callee::Nested).then(|| expansion.wrapped());
    quote!(#decorated #wrapped)
}

struct Expansion<'a> {
    kind: Macro,
    function: &'a Function,
    arguments: &'a Arguments,
    plan: &'a Plan,
    passed: Passed,
    place: Place,
}

impl Expansion<'_> {
    /// The function under the user's name.
    fn decorated(&self) -> TokenStream {
        let attributes = attributes::for_decorated(self.function.attributes());
        let track_caller = (!attributes::has_track_caller(self.function.attributes()))
            .then(|| quote!(#[track_caller]));
        let visibility = self.function.visibility();
        let signature = self.decorated_signature();
        let hint = self.hint();
        let call = self.call();
        quote! {
            #(#attributes)*
            #track_caller
            #visibility #signature {
                #hint
                #call
            }
        }
    }

    fn decorated_signature(&self) -> Signature {
        let library = self.arguments.library();
        let mut signature = self.function.signature().clone();
        signature.asyncness = None;
        signature.inputs = self.passed.parameters().cloned().collect();
        if self.plan.callee() != Callee::Nested {
            // Only the function as written, or a nested body, changes `mut self`.
            remove_mut_of_self(&mut signature);
        }
        let returned = match self.kind {
            Macro::WaitFor => self.plan.output().waited(library),
            Macro::RunInReactor => self.plan.output().eventual(library),
        };
        signature.output = parse_quote!(-> #returned);
        signature
    }

    /// The function as the user wrote it, under its second name.
    fn wrapped(&self) -> TokenStream {
        let attributes = attributes::for_wrapped(self.function.attributes());
        let generated = attributes::generated_for_wrapped(&self.name());
        let visibility = self.function.visibility();
        let mut signature = self.function.signature().clone();
        signature.ident = self.wrapped_name(signature.ident.span());
        self.allow_unused_in_body(&mut signature);
        let body = self.function.body();
        quote! {
            #(#generated)*
            #(#attributes)*
            #visibility #signature #body
        }
    }

    /// Lets an argument that the time limit mentions be of no further use in the body.
    fn allow_unused_in_body(&self, signature: &mut Signature) {
        let Some(limit) = self.arguments.limit() else {
            return;
        };
        for input in &mut signature.inputs {
            if let FnArg::Typed(argument) = input {
                if limit.mentions_any_of(&argument.pat) {
                    argument
                        .attrs
                        .push(parse_quote!(#[allow(unused_variables)]));
                }
            }
        }
    }

    /// The call that hands the operation over.
    fn call(&self) -> TokenStream {
        let entry = self.entry_point();
        let limit = self.arguments.limit().map(|limit| quote!(#limit,));
        let name = self.name();
        let operation = self.operation();
        // The braces keep the location of the closure apart from that of what is inside.
        let make = quote_spanned!(self.place.inputs()=> move || { #operation });
        let name = quote!(::core::concat!(::core::module_path!(), "::", #name));
        self.place
            .call_at_output(&entry, &quote!(#limit #name, #make))
    }

    /// The path of the function of `__private` that does the work.
    fn entry_point(&self) -> TokenStream {
        let is_fallible = self.plan.output().is_fallible();
        let is_limited = self.arguments.limit().is_some();
        let name = match (self.kind, self.plan.form(), is_fallible) {
            (Macro::WaitFor, Form::Owned, false) => "wait_owned",
            (Macro::WaitFor, Form::Owned, true) => "try_wait_owned",
            (Macro::WaitFor, Form::Borrowed, false) => "wait_borrowed",
            (Macro::WaitFor, Form::Borrowed, true) => "try_wait_borrowed",
            (Macro::RunInReactor, _, false) if is_limited => "run_within",
            (Macro::RunInReactor, _, true) if is_limited => "try_run_within",
            (Macro::RunInReactor, _, false) => "run",
            (Macro::RunInReactor, _, true) => "try_run",
        };
        let library = self.arguments.library();
        let name = Ident::new(name, Span::call_site());
        quote!(#library::__private::#name)
    }

    /// The future that runs on the reactor.
    fn operation(&self) -> TokenStream {
        let library = self.arguments.library();
        let body = match self.hint_name() {
            Some(hint) => {
                let values = self.passed.values();
                quote!(#hint!() (#(#values),*))
            }
            None => self.nested_body(),
        };
        let future = match self.plan.given() {
            Given::Output => None,
            Given::Future => Some(body.clone()),
            Given::FutureOfFuture => Some(quote!(async move { #body.await.await })),
        };
        match (future, self.plan.output()) {
            (Some(future), Output::Value(_) | Output::Result(_)) => future,
            (Some(future), Output::Deferred { .. }) => {
                quote!(async move { #library::__private::infallible(#future.await).await })
            }
            (Some(future), Output::FallibleDeferred { .. }) => {
                quote!(async move { #future.await.await })
            }
            (None, Output::Value(_) | Output::Result(_)) => {
                quote!(#library::__private::ready(#body))
            }
            (None, Output::Deferred { .. }) => quote!(#library::__private::infallible(#body)),
            (None, Output::FallibleDeferred { .. }) => body,
        }
    }

    /// A macro that names the function as written.
    ///
    /// Whether that name is right, only rustc can tell; where it is not, an option is missing. rustc says from which
    /// macro a name comes that it does not find, so the name of this one says what to do.
    fn hint(&self) -> Option<TokenStream> {
        let name = self.hint_name()?;
        let wrapped = self.path_of_wrapped();
        Some(quote!(macro_rules! #name { () => { #wrapped } }))
    }

    fn hint_name(&self) -> Option<Ident> {
        let name = match self.plan.callee() {
            Callee::Free => "the_option_associated_or_nested_is_missing",
            Callee::Associated => "the_option_nested_is_missing",
            Callee::Nested => return None,
        };
        Some(Ident::new(name, Span::call_site()))
    }

    /// The path of the function as written, with its type and const parameters, since not all can be inferred.
    fn path_of_wrapped(&self) -> TokenStream {
        let generics = &self.function.signature().generics;
        let parameters: Vec<&Ident> = generics
            .params
            .iter()
            .filter_map(|parameter| match parameter {
                GenericParam::Type(parameter) => Some(&parameter.ident),
                GenericParam::Const(parameter) => Some(&parameter.ident),
                GenericParam::Lifetime(_) => None,
            })
            .collect();
        let turbofish = (!parameters.is_empty()).then(|| quote!(::<#(#parameters),*>));
        let qualifier = (self.plan.callee() == Callee::Associated).then(|| quote!(Self::));
        let name = self.wrapped_name(Span::call_site());
        quote!(#qualifier #name #turbofish)
    }

    /// The body in place of a call: a block that evaluates to what a call of the function as written would.
    fn nested_body(&self) -> TokenStream {
        let signature = self.function.signature();
        let bindings = self.passed.bindings();
        let body = self.function.body();
        let returned = match &signature.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, ty) => output::in_body(ty),
        };
        if signature.asyncness.is_none() {
            return quote!((move || -> #returned { #(#bindings)* #body })());
        }
        let output = Ident::new("output", Span::mixed_site());
        // An async block has no place for its type. The `return` that never runs fixes the type of all others.
        quote! {
            async move {
                if let ::core::option::Option::Some(#output) = ::core::option::Option::None::<#returned> {
                    return #output;
                }
                #(#bindings)*
                let #output: #returned = #body;
                #[allow(unreachable_code, reason = "the body may return early on every path")]
                #output
            }
        }
    }

    fn name(&self) -> String {
        self.function.signature().ident.unraw().to_string()
    }

    fn wrapped_name(&self, span: Span) -> Ident {
        Ident::new(&format!("{}_wrapped", self.name()), span)
    }
}

fn remove_mut_of_self(signature: &mut Signature) {
    if let Some(FnArg::Receiver(receiver)) = signature.inputs.first_mut() {
        if receiver.reference.is_none() {
            receiver.mutability = None;
        }
    }
}

#[cfg(test)]
mod tests;
