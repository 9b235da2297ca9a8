//! The arguments inside `#[wait_for(..)]` and `#[run_in_reactor(..)]`.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident, Path, Result, Token, parse_quote};

use super::{Macro, combine};
use crate::timeout::Timeout;

/// The arguments of one use of a macro, each checked by itself.
pub(crate) struct Arguments {
    limit: Option<Timeout>,
    borrowed: bool,
    associated: bool,
    nested: bool,
    library: Path,
}

/// One argument that was read.
enum Argument {
    Limit(Timeout),
    Borrowed,
    Associated,
    Nested,
    Library(Path),
}

impl Arguments {
    /// Reads the tokens between the parentheses of the attribute: what can be read, and a failure for the rest.
    ///
    /// A missing or bad time limit is replaced by none or zero, so that the function still gets its type and its
    /// callers no errors of their own.
    ///
    /// # Errors
    ///
    /// Fails at the user's token for an unknown, repeated or misplaced argument and for a bad value; and at the
    /// attribute for a `wait_for` without a timeout.
    pub(crate) fn parse(kind: Macro, tokens: TokenStream) -> (Self, Result<()>) {
        let mut arguments = Self {
            limit: None,
            borrowed: false,
            associated: false,
            nested: false,
            library: parse_quote!(::crochet),
        };
        let parser = |input: ParseStream<'_>| arguments.read_list(kind, input);
        let mut outcome = parser.parse2(tokens);
        if kind == Macro::WaitFor && arguments.limit.is_none() {
            arguments.limit = Some(Timeout::ZERO);
            outcome = outcome.and_then(|()| Err(Error::new(Span::call_site(), MISSING_TIMEOUT)));
        }
        (arguments, outcome)
    }

    /// Returns the time limit: the timeout of `wait_for`, which is always there, or the deadline of `run_in_reactor`.
    pub(crate) fn limit(&self) -> Option<&Timeout> {
        self.limit.as_ref()
    }

    /// Tells whether the user asked for the borrowed form.
    pub(crate) fn is_borrowed(&self) -> bool {
        self.borrowed
    }

    /// Tells whether the user declared an associated function.
    pub(crate) fn is_associated(&self) -> bool {
        self.associated
    }

    /// Tells whether the body is to stand inside the decorated function.
    pub(crate) fn is_nested(&self) -> bool {
        self.nested
    }

    /// Returns the path of the `crochet` library.
    pub(crate) fn library(&self) -> &Path {
        &self.library
    }

    fn read_list(&mut self, kind: Macro, input: ParseStream<'_>) -> Result<()> {
        let mut seen = Vec::new();
        let mut outcomes = Vec::new();
        while !input.is_empty() {
            let outcome = self.read_one(kind, &mut seen, input);
            if outcome.is_err() {
                skip_to_comma(input)?;
            }
            outcomes.push(outcome);
            input.parse::<Option<Token![,]>>()?;
        }
        combine(outcomes)
    }

    /// Reads one argument up to the comma or the end.
    fn read_one(
        &mut self,
        kind: Macro,
        seen: &mut Vec<Ident>,
        input: ParseStream<'_>,
    ) -> Result<()> {
        let key = parse_key(kind, input)?;
        if seen.contains(&key) {
            let message = format!("`{key}` is given more than once");
            return Err(Error::new(key.span(), message));
        }
        let argument = parse_value(kind, &key, input);
        seen.push(key);
        self.set(argument?);
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error("expected `,`"));
        }
        Ok(())
    }

    fn set(&mut self, argument: Argument) {
        match argument {
            Argument::Limit(limit) => self.limit = Some(limit),
            Argument::Borrowed => self.borrowed = true,
            Argument::Associated => self.associated = true,
            Argument::Nested => self.nested = true,
            Argument::Library(path) => self.library = path,
        }
    }
}

fn skip_to_comma(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

fn parse_key(kind: Macro, input: ParseStream<'_>) -> Result<Ident> {
    if input.peek(Ident::peek_any) {
        return input.call(Ident::parse_any);
    }
    let message = match kind {
        Macro::WaitFor => "arguments have names: write `timeout = ..`",
        Macro::RunInReactor => {
            "`run_in_reactor` takes no value; a timeout is given to `EventualResult::wait`"
        }
    };
    Err(input.error(message))
}

fn parse_value(kind: Macro, key: &Ident, input: ParseStream<'_>) -> Result<Argument> {
    match (key.to_string().as_str(), kind) {
        ("timeout", Macro::WaitFor) => {
            parse_equals(key, TIMEOUT_FORMS, input)?;
            Timeout::parse("timeout", input).map(Argument::Limit)
        }
        ("deadline", Macro::RunInReactor) => {
            parse_equals(key, DEADLINE_FORMS, input)?;
            Timeout::parse("deadline", input).map(Argument::Limit)
        }
        ("deadline", Macro::WaitFor) => Err(Error::new(
            key.span(),
            "`wait_for` cancels the operation when its caller's time is up: write `timeout = ..`",
        )),
        ("timeout", Macro::RunInReactor) => Err(Error::new(
            key.span(),
            "`run_in_reactor` returns at once and takes no timeout: give it to `EventualResult::wait`, use \
             `#[wait_for(timeout = ..)]`, or write `deadline = ..` to cancel the operation",
        )),
        ("borrowed", Macro::RunInReactor) => Err(Error::new(
            key.span(),
            "an operation that `run_in_reactor` starts outlives the call, so it cannot borrow: take owned values, \
             or use `#[wait_for(timeout = .., borrowed)]`",
        )),
        ("borrowed", Macro::WaitFor) => parse_flag(key, input, Argument::Borrowed),
        ("associated", _) => parse_flag(key, input, Argument::Associated),
        ("nested", _) => parse_flag(key, input, Argument::Nested),
        ("crate", _) => {
            parse_equals(key, PATH_FORM, input)?;
            let path = input.call(Path::parse_mod_style);
            path.map(Argument::Library)
                .map_err(|error| Error::new(error.span(), format!("`{key}` needs {PATH_FORM}")))
        }
        (unknown, _) => Err(Error::new(key.span(), unknown_argument(kind, unknown))),
    }
}

fn parse_equals(key: &Ident, forms: &str, input: ParseStream<'_>) -> Result<()> {
    let message = format!("`{key}` needs {forms}");
    if !input.peek(Token![=]) {
        return Err(Error::new(key.span(), message));
    }
    let equals: Token![=] = input.parse()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new_spanned(equals, message));
    }
    Ok(())
}

fn parse_flag(key: &Ident, input: ParseStream<'_>, flag: Argument) -> Result<Argument> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(flag);
    }
    Err(input.error(format!("`{key}` stands alone, without a value")))
}

fn unknown_argument(kind: Macro, unknown: &str) -> String {
    let known = match kind {
        Macro::WaitFor => "`timeout`, `borrowed`, `associated`, `nested` and `crate`",
        Macro::RunInReactor => "`deadline`, `associated`, `nested` and `crate`",
    };
    format!(
        "unknown argument `{unknown}`: `{}` takes {known}",
        kind.name()
    )
}

const MISSING_TIMEOUT: &str = "missing `timeout = ..`: there is no wait without a timeout; write seconds (`timeout = 5.0`), a string with a \
     unit (`timeout = \"250ms\"`) or a `Duration`";

const PATH_FORM: &str = "a path, as in `crate = my_crate::crochet`";

const DEADLINE_FORMS: &str = "a value: seconds (`deadline = 5.0`), a string with a unit (`deadline = \"250ms\"`) or a `Duration`";

const TIMEOUT_FORMS: &str = "a value: seconds (`timeout = 5.0`), a string with a unit (`timeout = \"250ms\"`) or a `Duration`";

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn parse(kind: Macro, tokens: TokenStream) -> core::result::Result<Arguments, String> {
        let (arguments, outcome) = Arguments::parse(kind, tokens);
        match outcome {
            Ok(()) => Ok(arguments),
            Err(error) => Err(error.to_string()),
        }
    }

    fn error(kind: Macro, tokens: TokenStream) -> String {
        match parse(kind, tokens) {
            Ok(_) => panic!("the arguments should be rejected"),
            Err(message) => message,
        }
    }

    #[test]
    fn a_timeout_alone_sets_no_flag() {
        let arguments = parse(Macro::WaitFor, quote!(timeout = 5.0)).unwrap();
        assert!(arguments.limit().is_some());
        assert!(!arguments.is_borrowed() && !arguments.is_associated() && !arguments.is_nested());
        let library = arguments.library();
        assert_eq!(quote!(#library).to_string(), quote!(::crochet).to_string());
    }

    #[test]
    fn arguments_come_in_any_order_with_a_trailing_comma() {
        let tokens = quote!(
            nested,
            crate = crate::glue,
            associated,
            timeout = "1s",
            borrowed,
        );
        let arguments = parse(Macro::WaitFor, tokens).unwrap();
        assert!(arguments.is_borrowed() && arguments.is_associated() && arguments.is_nested());
        let library = arguments.library();
        assert_eq!(
            quote!(#library).to_string(),
            quote!(crate::glue).to_string()
        );
    }

    #[test]
    fn run_in_reactor_needs_no_argument() {
        let arguments = parse(Macro::RunInReactor, quote!()).unwrap();
        assert!(arguments.limit().is_none());
    }

    #[test]
    fn wait_for_needs_a_timeout() {
        assert!(error(Macro::WaitFor, quote!()).contains("no wait without a timeout"));
        assert!(error(Macro::WaitFor, quote!(nested)).contains("no wait without a timeout"));
    }

    #[test]
    fn a_timeout_needs_a_value() {
        for tokens in [
            quote!(timeout),
            quote!(timeout =),
            quote!(timeout(5)),
            quote!(timeout = , nested),
        ] {
            assert!(error(Macro::WaitFor, tokens).starts_with("`timeout` needs a value"));
        }
    }

    #[test]
    fn run_in_reactor_takes_neither_timeout_nor_borrowed() {
        assert!(error(Macro::RunInReactor, quote!(timeout = 1)).contains("EventualResult::wait"));
        assert!(error(Macro::RunInReactor, quote!(5.0)).contains("EventualResult::wait"));
        assert!(error(Macro::RunInReactor, quote!(borrowed)).contains("outlives the call"));
    }

    #[test]
    fn only_run_in_reactor_takes_a_deadline() {
        let arguments = parse(Macro::RunInReactor, quote!(deadline = "250ms", nested)).unwrap();
        assert!(arguments.limit().is_some() && arguments.is_nested());
        assert!(error(Macro::RunInReactor, quote!(deadline)).starts_with("`deadline` needs"));
        let message = error(Macro::WaitFor, quote!(timeout = 1, deadline = 1));
        assert!(message.contains("write `timeout = ..`"), "{message}");
    }

    #[test]
    fn repeated_unknown_and_nameless_arguments_are_rejected() {
        assert_eq!(
            error(Macro::WaitFor, quote!(timeout = 1, timeout = 2)),
            "`timeout` is given more than once"
        );
        assert!(
            error(Macro::WaitFor, quote!(tiemout = 1)).starts_with("unknown argument `tiemout`")
        );
        assert!(error(Macro::WaitFor, quote!(5.0)).contains("write `timeout = ..`"));
    }

    #[test]
    fn a_flag_takes_no_value() {
        let message = error(Macro::WaitFor, quote!(timeout = 1, nested = true));
        assert_eq!(message, "`nested` stands alone, without a value");
    }

    #[test]
    fn what_is_right_is_read_beside_what_is_wrong() {
        let tokens = quote!(timeout = , nested, retries = 3, 5.0, borrowed = x y, associated);
        let (arguments, outcome) = Arguments::parse(Macro::WaitFor, tokens);
        assert!(arguments.is_nested() && arguments.is_associated() && !arguments.is_borrowed());
        assert!(arguments.limit().is_some());
        let errors = outcome.expect_err("four arguments are wrong");
        assert_eq!(errors.into_iter().count(), 4);
    }
}
