//! What the user wrote, as data: the macro, its arguments and the function below it.

mod arguments;
mod function;

pub(crate) use arguments::Arguments;
pub(crate) use function::Function;

/// Which of the two attribute macros is being expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Macro {
    WaitFor,
    RunInReactor,
}

impl Macro {
    /// Returns the name under which users know the macro.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Macro::WaitFor => "wait_for",
            Macro::RunInReactor => "run_in_reactor",
        }
    }

    /// Tells whether `attribute` is one of the two macros, under any path.
    pub(crate) fn is_named_by(attribute: &syn::Attribute) -> bool {
        attribute.path().segments.last().is_some_and(|last| {
            [Macro::WaitFor, Macro::RunInReactor]
                .iter()
                .any(|kind| last.ident == kind.name())
        })
    }
}

/// Joins all failures into one, so that the user sees them together.
pub(crate) fn combine(checks: impl IntoIterator<Item = syn::Result<()>>) -> syn::Result<()> {
    let errors = checks.into_iter().filter_map(syn::Result::err);
    errors
        .reduce(|mut all, error| {
            all.combine(error);
            all
        })
        .map_or(Ok(()), Err)
}
