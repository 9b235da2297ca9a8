//! Documentation, visibility, lints and other attributes.

#![deny(warnings, missing_docs, unreachable_pub, clippy::all)]
#![allow(unexpected_cfgs)]

use crochet::wait_for;

pub mod public {
    //! A module whose functions must be documented.

    use crochet::{run_in_reactor, wait_for};

    /// Is documented.
    #[wait_for(timeout = 5.0)]
    pub fn documented() {}

    #[wait_for(timeout = 5.0)]
    /// Is documented below the macro.
    #[must_use = "the reason"]
    pub async fn documented_below() -> u8 {
        1
    }

    /// Is documented, too.
    #[run_in_reactor]
    #[inline]
    pub fn started() {}

    #[wait_for(timeout = 5.0)]
    pub(crate) fn restricted() {}

    #[wait_for(timeout = 5.0)]
    pub(in crate::public) fn inner() {}

    /// Calls what is visible here only, in both forms.
    pub fn call_inner() {
        inner().expect("success");
        inner_wrapped();
    }
}

#[wait_for(timeout = 5.0)]
#[allow(unused_variables)]
fn allowed(x: u8) {
    let y = 1;
}

#[wait_for(timeout = 5.0)]
#[expect(
    unused_variables,
    reason = "proves that the expectation meets the body"
)]
fn expected() {
    let y = 1;
}

#[wait_for(timeout = 5.0)]
#[track_caller]
#[inline(never)]
#[cold]
fn tracked() {}

#[cfg(absent)]
#[wait_for(timeout = 5.0)]
fn absent() -> Absent {}

#[wait_for(timeout = 5.0)]
#[cfg(absent)]
fn absent_below() -> Absent {}

#[wait_for(timeout = 5.0)]
#[cfg_attr(not(absent), allow(unused_variables))]
fn conditional() {
    let y = 1;
}

#[wait_for(timeout = 5.0)]
#[deprecated = "only to see that the attribute is accepted"]
fn deprecated() {}

#[wait_for(timeout = 5.0)]
fn inner_attribute() {
    #![allow(unused_variables)]
    let y = 1;
}

#[allow(dead_code)]
#[wait_for(timeout = 5.0)]
fn unused() {}

#[allow(deprecated)]
fn main() {
    crochet::setup().expect("setup");

    public::documented().expect("success");
    public::documented_wrapped();
    assert_eq!(public::documented_below().expect("success"), 1);
    drop(public::started());
    public::started_wrapped();
    public::restricted().expect("success");
    public::restricted_wrapped();
    public::call_inner();
    allowed(1).expect("success");
    expected().expect("success");
    tracked().expect("success");
    conditional().expect("success");
    deprecated().expect("success");
    inner_attribute().expect("success");
}
