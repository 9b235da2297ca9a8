//! What the macros refuse, and the choices that the expansion follows.

use quote::ToTokens;
use syn::{Attribute, Error, Result, ReturnType, Signature, Type};

use crate::borrow::{self, Borrow};
use crate::mention::mentions_self;
use crate::output::{self, FutureBound, Given, Output};
use crate::parse::{Arguments, Function, Macro, combine};

/// The choices made for one function.
pub(crate) struct Plan {
    given: Given,
    output: Output,
    form: Form,
    callee: Callee,
}

/// Whether the operation may borrow from the blocked caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Owned,
    Borrowed,
}

/// How the decorated function reaches the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// By the name of a free function.
    Free,
    /// By the name of an associated function or method of `Self`.
    Associated,
    /// The body stands inside.
    Nested,
}

impl Plan {
    pub(crate) fn given(&self) -> Given {
        self.given
    }

    pub(crate) fn output(&self) -> &Output {
        &self.output
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn callee(&self) -> Callee {
        self.callee
    }
}

/// Checks one use of a macro and decides how it expands.
///
/// # Errors
///
/// Fails with one message for each thing that the macro cannot do, at the token that asks for it.
pub(crate) fn validate(kind: Macro, function: &Function, arguments: &Arguments) -> Result<Plan> {
    let signature = function.signature();
    let checks = [
        reject_second_macro(kind, function.attributes()),
        reject_qualifiers(kind, signature),
        reject_main(kind, signature),
        reject_return_type(kind, &signature.output),
        reject_borrow(kind, signature),
    ];
    combine(checks)?;

    let borrowed = arguments.is_borrowed() || borrow::may_borrow(signature);
    Ok(Plan {
        given: Given::by(signature),
        output: Output::classify(&signature.output),
        form: if borrowed {
            Form::Borrowed
        } else {
            Form::Owned
        },
        callee: choose_callee(function, arguments),
    })
}

fn choose_callee(function: &Function, arguments: &Arguments) -> Callee {
    let signature = function.signature();
    if arguments.is_nested() {
        Callee::Nested
    } else if arguments.is_associated()
        || signature.receiver().is_some()
        || mentions_self(signature, function.body(), arguments.limit())
    {
        Callee::Associated
    } else {
        Callee::Free
    }
}

fn reject_second_macro(kind: Macro, attributes: &[Attribute]) -> Result<()> {
    reject(
        attributes
            .iter()
            .find(|attribute| Macro::is_named_by(attribute)),
        &format!(
            "`{}` is already applied: a function takes one of `wait_for` and `run_in_reactor`, once",
            kind.name()
        ),
    )
}

fn reject_qualifiers(kind: Macro, signature: &Signature) -> Result<()> {
    let name = kind.name();
    combine([
        reject(
            signature.constness,
            &format!("`{name}` cannot decorate a `const fn`: the compiler has no reactor"),
        ),
        reject(
            signature.unsafety,
            &format!(
                "`{name}` cannot decorate an `unsafe fn`: what its caller promises may not hold on the reactor's \
                 thread; decorate a safe function that calls it"
            ),
        ),
        reject(
            signature.abi.as_ref(),
            &format!(
                "`{name}` cannot decorate an `extern` function: decorate a plain function and call it from this one"
            ),
        ),
        reject(
            signature.variadic.as_ref(),
            &format!("`{name}` cannot decorate a function with variable arguments"),
        ),
    ])
}

fn reject_main(kind: Macro, signature: &Signature) -> Result<()> {
    let is_main = signature.ident == "main" && signature.inputs.is_empty();
    reject(
        is_main.then_some(&signature.ident),
        &format!(
            "`{}` cannot decorate `main`: nothing runs on a reactor before `crochet::setup()`, which `main` calls",
            kind.name()
        ),
    )
}

fn reject_return_type(kind: Macro, returned: &ReturnType) -> Result<()> {
    let ReturnType::Type(_, ty) = returned else {
        return Ok(());
    };
    let output = match FutureBound::find(returned) {
        None => &**ty,
        Some(future) => future.output().ok_or_else(|| {
            Error::new_spanned(
                future.path(),
                "what the future gives has to be seen here: write `impl Future<Output = T>`, where `T` may be an \
                 `impl Trait`, or write the function as `async fn`",
            )
        })?,
    };
    if let Type::Never(never) = output {
        let message = match kind {
            Macro::WaitFor => "a function that never returns has no result to wait for",
            Macro::RunInReactor => {
                "a function that never returns has no result; let it return `()`"
            }
        };
        return Err(Error::new_spanned(never, message));
    }
    let is_obscure = kind == Macro::RunInReactor && output::is_obscure(&Output::classify(returned));
    reject(
        is_obscure.then_some(output),
        "`run_in_reactor` cannot see in this alias which type is the value and which the error, and an `impl Trait` \
         keeps the compiler from telling: write `Result<T, E>`",
    )
}

fn reject_borrow(kind: Macro, signature: &Signature) -> Result<()> {
    if kind == Macro::WaitFor {
        return Ok(());
    }
    match borrow::borrowed_argument(signature) {
        None => Ok(()),
        Some(Borrow::Receiver(span)) => Err(Error::new(
            span,
            "an operation that `run_in_reactor` starts outlives the call, so it cannot borrow `self`: take \
             `self: Arc<Self>` or `self`, or block with `#[wait_for(timeout = ..)]`",
        )),
        Some(Borrow::Argument(span)) => Err(Error::new(
            span,
            "an operation that `run_in_reactor` starts outlives the call, so it cannot borrow: take an owned value \
             (`String` for `&str`, `Vec<T>` for `&[T]`, `Arc<T>` for `&T`), or block with `#[wait_for(timeout = ..)]`",
        )),
    }
}

/// Fails at `tokens` if there are any.
fn reject(tokens: Option<impl ToTokens>, message: &str) -> Result<()> {
    match tokens {
        Some(tokens) => Err(Error::new_spanned(tokens, message)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
