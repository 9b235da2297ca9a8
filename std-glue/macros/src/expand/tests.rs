//! Tests of whole expansions, token by token.

use super::*;
use crate::validate::validate;

fn expanded(kind: Macro, arguments: TokenStream, item: TokenStream) -> String {
    let function = Function::parse(kind, item).unwrap_or_else(|error| panic!("{error}"));
    let (arguments, outcome) = Arguments::parse(kind, arguments);
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let plan = validate(kind, &function, &arguments).unwrap_or_else(|error| panic!("{error}"));
    expand(kind, &function, &arguments, &plan).to_string()
}

fn generated_attributes(name: &str) -> TokenStream {
    let attributes = attributes::generated_for_wrapped(name);
    quote!(#(#attributes)*)
}

#[test]
fn an_async_function_becomes_a_call_and_its_second_form() {
    let expansion = expanded(
        Macro::WaitFor,
        quote!(timeout = "250ms"),
        quote! {
            /// Adds.
            #[must_use]
            pub(crate) async fn add(x: u8, mut y: u8) -> Result<u8, Error> { y += x; Ok(y) }
        },
    );
    let generated = generated_attributes("add");
    let expected = quote! {
        /// Adds.
        #[must_use]
        #[track_caller]
        pub(crate) fn add(x: u8, y: u8) -> Result<u8, Error> {
            macro_rules! the_option_associated_or_nested_is_missing { () => { add_wrapped } }
            ::crochet::__private::try_wait_owned(
                ::core::time::Duration::new(0u64, 250000000u32),
                ::core::concat!(::core::module_path!(), "::", "add"),
                move || { the_option_associated_or_nested_is_missing!()(x, y) }
            )
        }
        #generated
        pub(crate) async fn add_wrapped(x: u8, mut y: u8) -> Result<u8, Error> { y += x; Ok(y) }
    };
    assert_eq!(expansion, expected.to_string());
}

#[test]
fn a_generic_method_is_called_with_its_parameters() {
    let expansion = expanded(
        Macro::WaitFor,
        quote!(timeout = self.limit, crate = crate::glue),
        quote! {
            fn get<'a, T: Key, const N: usize>(&'a self, (x, _): (T, [u8; N])) where T: Send { self.find(x); }
        },
    );
    let generated = generated_attributes("get");
    let expected = quote! {
        #[track_caller]
        fn get<'a, T: Key, const N: usize>(&'a self, arg1: (T, [u8; N]))
            -> ::core::result::Result<(), crate::glue::WaitError>
        where T: Send
        {
            macro_rules! the_option_nested_is_missing { () => { Self::get_wrapped::<T, N> } }
            crate::glue::__private::wait_borrowed(
                { let timeout: ::core::time::Duration = self.limit; timeout },
                ::core::concat!(::core::module_path!(), "::", "get"),
                move || { crate::glue::__private::ready(the_option_nested_is_missing!()(self, arg1)) }
            )
        }
        #generated
        fn get_wrapped<'a, T: Key, const N: usize>(&'a self, (x, _): (T, [u8; N])) where T: Send { self.find(x); }
    };
    assert_eq!(expansion, expected.to_string());
}

#[test]
fn run_in_reactor_returns_an_eventual_result() {
    let expansion = expanded(
        Macro::RunInReactor,
        quote!(),
        quote!(
            fn start() -> Deferred<u8> {
                begin()
            }
        ),
    );
    let generated = generated_attributes("start");
    let expected = quote! {
        #[track_caller]
        fn start() -> ::crochet::EventualResult<u8> {
            macro_rules! the_option_associated_or_nested_is_missing { () => { start_wrapped } }
            ::crochet::__private::run(
                ::core::concat!(::core::module_path!(), "::", "start"),
                move || { ::crochet::__private::infallible(the_option_associated_or_nested_is_missing!()()) }
            )
        }
        #generated
        fn start_wrapped() -> Deferred<u8> { begin() }
    };
    assert_eq!(expansion, expected.to_string());
}

#[test]
fn a_deadline_is_handed_over_before_the_name() {
    let expansion = expanded(
        Macro::RunInReactor,
        quote!(deadline = limit),
        quote!(
            async fn load(limit: Duration) -> Result<u8, Error> {
                read().await
            }
        ),
    );
    let generated = generated_attributes("load");
    let expected = quote! {
        #[track_caller]
        fn load(limit: Duration) -> ::crochet::EventualResult<u8, Error> {
            macro_rules! the_option_associated_or_nested_is_missing { () => { load_wrapped } }
            ::crochet::__private::try_run_within(
                { let timeout: ::core::time::Duration = limit; timeout },
                ::core::concat!(::core::module_path!(), "::", "load"),
                move || { the_option_associated_or_nested_is_missing!()(limit) }
            )
        }
        #generated
        async fn load_wrapped(#[allow(unused_variables)] limit: Duration) -> Result<u8, Error> { read().await }
    };
    assert_eq!(expansion, expected.to_string());
}

#[test]
fn a_nested_body_has_no_second_form() {
    let expansion = expanded(
        Macro::WaitFor,
        quote!(timeout = 1, nested),
        quote!(
            fn find(mut self, mut x: u8) -> u8 {
                x += 1;
                x
            }
        ),
    );
    let expected = quote! {
        #[track_caller]
        fn find(mut self, x: u8) -> ::core::result::Result<u8, ::crochet::WaitError> {
            ::crochet::__private::wait_owned(
                ::core::time::Duration::new(1u64, 0u32),
                ::core::concat!(::core::module_path!(), "::", "find"),
                move || { ::crochet::__private::ready((move || -> u8 { let mut x = x; { x += 1; x } })()) }
            )
        }
    };
    assert_eq!(expansion, expected.to_string());
}

#[test]
fn every_entry_point_is_reached() {
    let value = quote!(
        async fn f(x: u8) -> u8 {
            x
        }
    );
    let borrowed_value = quote!(
        async fn f(x: &u8) -> u8 {
            *x
        }
    );
    let result = quote!(
        async fn f(x: u8) -> Result<u8, E> {
            Ok(x)
        }
    );
    let borrowed_result = quote!(
        async fn f(x: &u8) -> Result<u8, E> {
            Ok(*x)
        }
    );
    for (kind, item, entry) in [
        (Macro::WaitFor, value.clone(), "wait_owned"),
        (Macro::WaitFor, borrowed_value, "wait_borrowed"),
        (Macro::WaitFor, result.clone(), "try_wait_owned"),
        (Macro::WaitFor, borrowed_result, "try_wait_borrowed"),
        (Macro::RunInReactor, value, "run"),
        (Macro::RunInReactor, result, "try_run"),
    ] {
        let arguments = match kind {
            Macro::WaitFor => quote!(timeout = 1),
            Macro::RunInReactor => quote!(),
        };
        let expansion = expanded(kind, arguments, item);
        assert!(
            expansion.contains(&format!(":: __private :: {entry} (")),
            "{expansion}"
        );
    }
}

#[test]
fn an_async_function_that_returns_a_deferred_is_awaited_twice() {
    let operation = |item| expanded(Macro::WaitFor, quote!(timeout = 1), item);
    let fallible = operation(quote!(
        async fn f() -> Deferred<u8, E> {
            g()
        }
    ));
    let expected = quote!(move || {
        async move { the_option_associated_or_nested_is_missing!()().await.await }
    });
    assert!(fallible.contains(&expected.to_string()), "{fallible}");
    let infallible = operation(quote!(
        async fn f() -> Deferred<u8> {
            g()
        }
    ));
    let expected = quote!(move || {
        async move {
            ::crochet::__private::infallible(the_option_associated_or_nested_is_missing!()().await)
                .await
        }
    });
    assert!(infallible.contains(&expected.to_string()), "{infallible}");
}

#[test]
fn a_returned_future_runs_as_an_async_body_does() {
    let operation = |item| expanded(Macro::WaitFor, quote!(timeout = 1), item);
    let one = operation(quote!(
        fn f() -> impl Future<Output = Result<u8, E>> {
            g()
        }
    ));
    let signature = quote!(fn f() -> Result<u8, E>);
    assert!(one.contains(&signature.to_string()), "{one}");
    let call = quote!(move || { the_option_associated_or_nested_is_missing!()() });
    assert!(one.contains(&call.to_string()), "{one}");
    let three = operation(quote!(
        async fn f() -> impl Future<Output = Deferred<u8, E>> {
            g()
        }
    ));
    let call = quote!(move || {
        async move {
            async move { the_option_associated_or_nested_is_missing!()().await.await }
                .await
                .await
        }
    });
    assert!(three.contains(&call.to_string()), "{three}");
}

#[test]
fn a_nested_body_leaves_impl_trait_to_the_signature() {
    let expansion = expanded(
        Macro::WaitFor,
        quote!(timeout = 1, nested),
        quote!(
            fn find() -> Result<impl Display, E> {
                Ok(1)
            }
        ),
    );
    let signature = quote!(fn find() -> Result<impl Display, E>);
    assert!(expansion.contains(&signature.to_string()), "{expansion}");
    let body = quote!((move || -> Result<_, E> { { Ok(1) } })());
    assert!(expansion.contains(&body.to_string()), "{expansion}");
}

/// Asserts that a function that is not complete has the signature that it will have, and its body as it is.
#[track_caller]
fn assert_kept(kind: Macro, arguments: TokenStream, item: TokenStream, kept: [TokenStream; 2]) {
    let expansion = expanded(kind, arguments, item);
    for kept in kept {
        assert!(expansion.contains(&kept.to_string()), "{expansion}");
    }
}

#[test]
fn a_body_that_is_being_typed_changes_no_signature() {
    assert_kept(
        Macro::WaitFor,
        quote!(timeout = 1),
        quote!(
            fn find(&self, key: &str) -> Option<u8> {
                self.entries.
            }
        ),
        [
            quote!(fn find(&self, key: &str) -> ::core::result::Result<Option<u8>, ::crochet::WaitError>),
            quote!(fn find_wrapped(&self, key: &str) -> Option<u8> { self.entries. }),
        ],
    );
    assert_kept(
        Macro::WaitFor,
        quote!(timeout = 1),
        quote!(
            async fn fetch(key: String) -> Result<u8, Error> {
                let text = key.tr
            }
        ),
        [
            quote!(fn fetch(key: String) -> Result<u8, Error>),
            quote!(async fn fetch_wrapped(key: String) -> Result<u8, Error> { let text = key.tr }),
        ],
    );
    assert_kept(
        Macro::RunInReactor,
        quote!(deadline = 1),
        quote!(
            async fn load(count: u32) -> Result<u32, String> {
                let twice = count.
                Ok(twice)
            }
        ),
        [
            quote!(fn load(count: u32) -> ::crochet::EventualResult<u32, String>),
            quote!(async fn load_wrapped(count: u32) -> Result<u32, String> {
                let twice = count.
                Ok(twice)
            }),
        ],
    );
    assert_kept(
        Macro::RunInReactor,
        quote!(),
        quote!(
            fn store(value: String) -> usize {
                value.len(,)
            }
        ),
        [
            quote!(fn store(value: String) -> ::crochet::EventualResult<usize>),
            quote!(fn store_wrapped(value: String) -> usize { value.len(,) }),
        ],
    );
}
