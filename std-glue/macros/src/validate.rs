//! What the macros refuse, and the choices that the expansion follows.

use quote::ToTokens;
use syn::visit::Visit;
use syn::{Attribute, Error, Result, ReturnType, Signature, Type, TypeImplTrait};

use crate::borrow::{self, Borrow};
use crate::mention::mentions_self;
use crate::output::Output;
use crate::parse::{Arguments, Function, Macro};

/// The choices made for one function.
pub(crate) struct Plan {
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
        || mentions_self(signature, &function.body().to_token_stream())
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

fn reject_return_type(kind: Macro, output: &ReturnType) -> Result<()> {
    let ReturnType::Type(_, ty) = output else {
        return Ok(());
    };
    let name = kind.name();
    if let Type::Never(never) = &**ty {
        let message = match kind {
            Macro::WaitFor => "a function that never returns has no result to wait for",
            Macro::RunInReactor => {
                "a function that never returns has no result; let it return `()`"
            }
        };
        return Err(Error::new_spanned(never, message));
    }
    let mut search = FirstImplTrait { found: None };
    search.visit_type(ty);
    reject(
        search.found,
        &format!(
            "`{name}` needs the name of the returned type in place of `impl Trait`; a function that returns a future \
             is written as `async fn`"
        ),
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

/// Joins all failures into one, so that the user sees them together.
fn combine<const N: usize>(checks: [Result<()>; N]) -> Result<()> {
    let errors = checks.into_iter().filter_map(Result::err);
    errors
        .reduce(|mut all, error| {
            all.combine(error);
            all
        })
        .map_or(Ok(()), Err)
}

struct FirstImplTrait<'ast> {
    found: Option<&'ast TypeImplTrait>,
}

impl<'ast> Visit<'ast> for FirstImplTrait<'ast> {
    fn visit_type_impl_trait(&mut self, node: &'ast TypeImplTrait) {
        self.found.get_or_insert(node);
    }
}

#[cfg(test)]
mod tests;
