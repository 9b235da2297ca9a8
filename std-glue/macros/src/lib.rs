//! The attribute macros of Crochet for Rust: [`macro@wait_for`] and [`macro@run_in_reactor`].
//!
//! Use them through the `crochet` library, which re-exports them and holds what their expansion calls.
//!
//! Both take a free function, a method or an associated function, written as a plain `fn`, as an
//! `async fn`, or as a `fn` that returns a `Deferred` or an `impl Future`. They replace it by two functions:
//!
//! - one of the same name, documentation, visibility, generics and arguments, never `async`, that hands
//!   the body to the reactor;
//! - `NAME_wrapped`, the function exactly as it was written, for unit tests.
//!
//! # Which attributes go where
//!
//! The decorated function keeps every attribute below the macro. `cfg`, lint levels, `inline`, `cold` and
//! Clippy's own also stay on `NAME_wrapped`, since they concern the body. An attribute macro that is to
//! transform the body therefore goes above.
//!
//! # What these macros do not do
//!
//! The second function is allowed to be unused. A crate that *forbids* the lints `dead_code` or `unused_variables`,
//! instead of denying them, forbids that as well.
//!
//! They start nothing: call `crochet::setup()` first. They see names, not types, so three facts are
//! beyond them, and each has an option for it: that a function without `self` and without a mention of
//! `Self` stands in an `impl` (`associated`), that the `impl` implements a trait (`nested`), and that a
//! type whose lifetime is not written, or a type parameter of the `impl`, borrows (`borrowed`). The first two show
//! as a compiler error about `NAME_wrapped`, which names the missing option where it says from which macro it comes.

#![forbid(unsafe_code)]

mod attributes;
mod borrow;
mod expand;
mod mention;
mod output;
mod parse;
mod timeout;
mod validate;

use proc_macro::TokenStream;

use crate::parse::{Arguments, Function, Macro};

/// Turns a function into one that runs on the reactor and blocks its caller until the result is there.
///
/// The caller waits for the time limit at most; then the operation is cancelled and the call fails.
///
/// # Arguments
///
/// - `timeout = T`, required, since nothing waits without a limit. `T` is a number of seconds (`5`, `0.25`), a
///   string with a unit (`"250ms"`; ns, us, ms, s, m, h), or an expression of type `Duration`, evaluated at
///   each call, that may name the function's arguments. A part of a nanosecond counts as a whole one.
/// - `borrowed`: the arguments borrow although their types do not show it. A written reference, lifetime or
///   a type parameter without `'static` is seen without it.
/// - `associated`: the function is an associated one although neither `self` nor `Self` occurs in it or in `T`.
/// - `nested`: put the body inside, without `NAME_wrapped`. Needed for methods of a trait's implementation.
/// - `crate = PATH`: where the `crochet` library is found, `::crochet` by default.
///
/// # The returned type
///
/// | written | returned |
/// | --- | --- |
/// | a type named `Result`, aliases such as `io::Result<T>` included | the same; its error is `From<WaitError>` |
/// | `Deferred<T, E>` | `Result<T, E>`; `E` is `From<WaitError>` |
/// | `Deferred<T>` | `Result<T, WaitError>` |
/// | any other `T`, or nothing | `Result<T, WaitError>` |
///
/// # `impl Trait`
///
/// Each of these types may be or contain an `impl Trait`, under the rules of the user's edition for what it captures. It is
/// hidden in both functions, each for itself, behind the same traits. The compiler looks through it for `Send`,
/// except in a trait, where `+ Send` has to be written.
///
/// A returned `impl Future<Output = T>` is no value to hand over: it runs on the reactor as an async body does, need
/// not be `Send`, and counts as `T` in the table. A future inside of another type, a box included, is a value like any other.
///
/// An `impl Trait` among the arguments counts as one that borrows, unless it is `'static`.
///
/// # Borrowed arguments
///
/// When an argument borrows, a call that times out returns once the reactor has let go of what it borrowed.
/// Without borrowed arguments it returns at the time limit. Arguments and the output must be `Send`; the
/// future need not be.
///
/// # Examples
///
/// ```ignore
/// #[crochet::wait_for(timeout = "2s")]
/// async fn greeting(server: SocketAddr) -> io::Result<String> {
///     let mut stream = TcpStream::connect(server).await?;
///     let mut text = String::new();
///     stream.read_to_string(&mut text).await?;
///     Ok(text)
/// }
///
/// // No `async` here: it blocks for two seconds at most.
/// let text = greeting(server)?;
/// ```
#[proc_macro_attribute]
pub fn wait_for(arguments: TokenStream, item: TokenStream) -> TokenStream {
    decorate(Macro::WaitFor, arguments.into(), item.into()).into()
}

/// Turns a function into one that starts on the reactor and returns an `EventualResult` at once.
///
/// The operation outlives the call, so its arguments are owned: no references, and `self: Arc<Self>` in place of
/// `&self`. Arguments and the output must be `Send`; the future need not be. An error type is also `Debug`, since a
/// failure that nobody retrieves is logged.
///
/// # Arguments
///
/// - `deadline = T`: cancels the operation when so much time has passed since the call, whoever waits or does not;
///   its result is `EventualError::DeadlineExceeded` then. `T` is written as the timeout of [`macro@wait_for`].
/// - `associated`, `nested` and `crate = PATH`, as for [`macro@wait_for`].
///
/// There is no timeout: it belongs to `EventualResult::wait`.
///
/// # The returned type
///
/// | written | returned |
/// | --- | --- |
/// | a type named `Result` | `EventualResult<T, E>` of its two types |
/// | `Deferred<T, E>` | `EventualResult<T, E>` |
/// | `Deferred<T>`, any other `T`, or nothing | `EventualResult<T>` |
///
/// `impl Trait` and a returned future are treated as by [`macro@wait_for`]. Where an alias such as `io::Result<impl Trait>`
/// has one type, that is the value's.
///
/// # Examples
///
/// ```ignore
/// #[crochet::run_in_reactor]
/// async fn download(page: Url) -> Result<Vec<u8>, HttpError> {
///     http::get(page).await
/// }
///
/// let pending = download(page);
/// let bytes = pending.wait(Duration::from_secs(5))?;
/// ```
#[proc_macro_attribute]
pub fn run_in_reactor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    decorate(Macro::RunInReactor, arguments.into(), item.into()).into()
}

/// Expands one use of `kind`.
///
/// A function with bad arguments above it is still decorated, so that its callers see its type; one that cannot be
/// decorated is still emitted, so that the rest of the crate resolves.
fn decorate(
    kind: Macro,
    arguments: proc_macro2::TokenStream,
    item: proc_macro2::TokenStream,
) -> proc_macro2::TokenStream {
    let function = match Function::parse(kind, item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.to_compile_error();
            return quote::quote!(#error #item);
        }
    };
    let (arguments, outcome) = Arguments::parse(kind, arguments);
    let error = outcome.err().map(|error| error.to_compile_error());
    let expansion = match validate::validate(kind, &function, &arguments) {
        Ok(plan) => expand::expand(kind, &function, &arguments, &plan),
        Err(error) => {
            let error = error.to_compile_error();
            let function = function.undecorated();
            quote::quote!(#error #function)
        }
    };
    quote::quote!(#error #expansion)
}
