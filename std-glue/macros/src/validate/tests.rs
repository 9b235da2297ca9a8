//! Tests of what is refused, and of the choices for what is not.

use proc_macro2::TokenStream;
use quote::quote;

use super::*;

fn plan(kind: Macro, arguments: TokenStream, item: TokenStream) -> Result<Plan> {
    let function = Function::parse(kind, item)?;
    let (arguments, outcome) = Arguments::parse(kind, arguments);
    outcome?;
    validate(kind, &function, &arguments)
}

fn wait_for(arguments: TokenStream, item: TokenStream) -> Plan {
    plan(Macro::WaitFor, quote!(timeout = 1, #arguments), item)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn errors(kind: Macro, item: TokenStream) -> Vec<String> {
    let arguments = match kind {
        Macro::WaitFor => quote!(timeout = 1),
        Macro::RunInReactor => quote!(),
    };
    match plan(kind, arguments, item) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| error.to_string()).collect(),
    }
}

#[test]
fn arguments_that_borrow_select_the_borrowed_form() {
    let form = |arguments, item| wait_for(arguments, item).form();
    assert_eq!(
        form(
            quote!(),
            quote!(
                fn f(x: u8) {}
            )
        ),
        Form::Owned
    );
    assert_eq!(
        form(
            quote!(),
            quote!(
                fn f(x: &u8) {}
            )
        ),
        Form::Borrowed
    );
    assert_eq!(
        form(
            quote!(),
            quote!(
                fn f(&self) {}
            )
        ),
        Form::Borrowed
    );
    assert_eq!(
        form(
            quote!(borrowed),
            quote!(
                fn f(x: View) {}
            )
        ),
        Form::Borrowed
    );
}

#[test]
fn the_body_is_reached_by_what_the_function_shows() {
    let callee = |arguments, item| wait_for(arguments, item).callee();
    assert_eq!(
        callee(
            quote!(),
            quote!(
                fn f(x: u8) {}
            )
        ),
        Callee::Free
    );
    assert_eq!(
        callee(
            quote!(),
            quote!(
                fn f(self: Arc<Self>) {}
            )
        ),
        Callee::Associated
    );
    assert_eq!(
        callee(
            quote!(),
            quote!(
                fn f() -> Self {
                    make()
                }
            )
        ),
        Callee::Associated
    );
    assert_eq!(
        callee(
            quote!(),
            quote!(
                fn f() {
                    Self::g()
                }
            )
        ),
        Callee::Associated
    );
    assert_eq!(
        callee(
            quote!(associated),
            quote!(
                fn f() {}
            )
        ),
        Callee::Associated
    );
    assert_eq!(
        callee(
            quote!(nested),
            quote!(
                fn f(&self) {}
            )
        ),
        Callee::Nested
    );
}

#[test]
fn each_qualifier_is_rejected() {
    for (item, word) in [
        (
            quote!(
                const fn f() {}
            ),
            "`const fn`",
        ),
        (
            quote!(
                unsafe fn f() {}
            ),
            "`unsafe fn`",
        ),
        (
            quote!(
                extern "C" fn f() {}
            ),
            "`extern` function",
        ),
        (
            quote!(
                fn f(x: u8, ...) {}
            ),
            "variable arguments",
        ),
    ] {
        for kind in [Macro::WaitFor, Macro::RunInReactor] {
            let errors = errors(kind, item.clone());
            assert!(
                matches!(&errors[..], [one] if one.contains(word)),
                "{errors:?}"
            );
        }
    }
}

#[test]
fn only_a_free_main_is_rejected() {
    assert!(
        errors(
            Macro::WaitFor,
            quote!(
                fn main() {}
            )
        )[0]
        .contains("`main`")
    );
    assert!(
        errors(
            Macro::WaitFor,
            quote!(
                fn main(&self) {}
            )
        )
        .is_empty()
    );
}

#[test]
fn a_function_that_never_returns_is_rejected() {
    for item in [
        quote!(
            fn f() -> ! {}
        ),
        quote!(
            fn f() -> impl Future<Output = !> {}
        ),
    ] {
        assert!(errors(Macro::WaitFor, item.clone())[0].contains("never returns"));
        assert!(errors(Macro::RunInReactor, item)[0].contains("let it return `()`"));
    }
}

#[test]
fn a_future_has_to_show_its_output() {
    for item in [
        quote!(
            fn f() -> impl Future + Send {}
        ),
        quote!(
            async fn f() -> impl Future<Output: Display> {}
        ),
    ] {
        assert!(errors(Macro::WaitFor, item)[0].contains("`impl Future<Output = T>`"));
    }
}

#[test]
fn impl_trait_is_returned() {
    for item in [
        quote!(
            fn f() -> impl Sized {}
        ),
        quote!(
            fn f() -> my::Result<Vec<impl Sized>> {}
        ),
        quote!(
            fn f() -> impl Future<Output = Option<impl Sized>> {}
        ),
    ] {
        assert!(errors(Macro::WaitFor, item.clone()).is_empty());
        assert!(errors(Macro::RunInReactor, item).is_empty());
    }
}

#[test]
fn only_run_in_reactor_takes_an_alias_apart() {
    let item = quote!(
        fn f() -> my::Result<u8, u8, impl Sized> {}
    );
    assert!(errors(Macro::WaitFor, item.clone()).is_empty());
    assert!(errors(Macro::RunInReactor, item)[0].contains("write `Result<T, E>`"));
}

#[test]
fn only_run_in_reactor_rejects_borrows() {
    let reference = quote!(
        fn f(x: &str) {}
    );
    assert!(errors(Macro::WaitFor, reference.clone()).is_empty());
    assert!(errors(Macro::RunInReactor, reference)[0].contains("`String` for `&str`"));
    assert!(
        errors(
            Macro::RunInReactor,
            quote!(
                fn f(&self) {}
            )
        )[0]
        .contains("`self: Arc<Self>`")
    );
    assert!(
        errors(
            Macro::RunInReactor,
            quote!(
                fn f<T>(x: T) {}
            )
        )
        .is_empty()
    );
}

#[test]
fn a_second_macro_is_rejected() {
    for item in [
        quote!(
            #[run_in_reactor]
            fn f() {}
        ),
        quote!(
            #[crochet::wait_for(timeout = 1)]
            fn f() {}
        ),
    ] {
        assert!(errors(Macro::WaitFor, item)[0].contains("already applied"));
    }
}

#[test]
fn all_mistakes_are_reported_together() {
    let item = quote!(
        unsafe extern "C" fn f(x: &u8) -> ! {}
    );
    assert_eq!(errors(Macro::RunInReactor, item).len(), 4);
}
