//! What the original promises and no other file tests in the same words; `docs/CONFORMANCE.md` has the whole list.

mod calls;
mod flaws;
mod results;
