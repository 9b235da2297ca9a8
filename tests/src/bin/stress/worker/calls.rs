//! Calls that submit and wait.

use std::future::Future;

use crochet::WaitError;
use crochet_tests::LONG;

use super::Worker;
use crate::body::{act, armed, perform};
use crate::outcome::{Submitted, Wait};
use crate::payload::Payload;
use crate::plan::{Errors, Plan};
use crate::refusal::Refusal;

/// Memory that a call lends to its operation. On the heap, so that memory checkers see what is late.
pub(super) type Page = Box<[u64; PAGE]>;

const PAGE: usize = 64;
/// What a page is filled with when nobody may write to it any more.
const POISON: u64 = 0x5afe_5afe_5afe_5afe;
/// How many pages are watched for late writes.
const WATCHED: usize = 32;

/// What the first word of a page says: has the operation begun, and is it gone?
const UNTOUCHED: u64 = 0;
const IN_USE: u64 = 1;
const GIVEN_BACK: u64 = 2;

impl Worker {
    pub(super) fn call(&mut self) {
        let plan = self.plan(Errors::None);
        let timeout = plan.random_wait(&mut self.random, LONG);
        let carried = self.carried(&plan);
        let of = Submitted::now(plan.clone(), None);
        let wait = Wait::begin(timeout);
        let waited = self.post.blocking("wait_for", of.bound(timeout), || {
            crochet::wait_for(timeout, move || perform(plan, carried))
        });
        self.count("wait_for", waited, &of, wait);
    }

    pub(super) fn call_borrowed(&mut self) {
        let plan = self.plan(Errors::None);
        let timeout = plan.random_wait(&mut self.random, LONG);
        let of = Submitted::now(plan.clone(), None);
        let mut page = Page::new([UNTOUCHED; PAGE]);
        let carried = self.carried(&plan);
        let wait = Wait::begin(timeout);
        let waited: Result<_, WaitError> =
            self.post
                .blocking("wait_for_borrowed", of.bound(timeout), || {
                    crochet::wait_for_borrowed(timeout, || scribble(&mut page, plan, carried))
                });
        let is_value = waited.is_ok();
        self.count("wait_for_borrowed", waited, &of, wait);
        self.watch(page, of.plan.number, is_value);
    }

    /// Looks at a page that has come back, and keeps it to see whether anybody writes to it from now on.
    pub(super) fn watch(&mut self, mut page: Page, number: u64, is_value: bool) {
        let state = page[0];
        let may_be = state == GIVEN_BACK || (state == UNTOUCHED && !is_value);
        assert!(may_be, "a page came back in state {state} with {is_value}");
        let (before, after) = page[1..].split_at(PAGE / 2);
        let expected = if state == GIVEN_BACK { number } else { 0 };
        assert!(before.iter().all(|word| *word == expected), "{page:x?}");
        let is_complete = after.iter().all(|word| *word == number);
        assert!(is_complete || !is_value, "{page:x?}");
        page.fill(POISON);
        self.pages.push_back(page);
        if self.pages.len() > WATCHED {
            check(self.pages.pop_front());
        }
    }

    pub(super) fn check_pages(&mut self) {
        check(std::mem::take(&mut self.pages));
    }
}

fn check(pages: impl IntoIterator<Item = Page>) {
    for page in pages {
        let is_left_alone = page.iter().all(|word| *word == POISON);
        assert!(is_left_alone, "somebody wrote to {page:x?} after the call");
    }
}

/// Writes to what it borrows: before the plan's act, after it, and when it is dropped.
pub(super) fn scribble(
    page: &mut Page,
    plan: Plan,
    carried: Payload,
) -> impl Future<Output = Result<Payload, Refusal>> {
    let lease = Lease(page);
    armed(plan.extras, async move {
        let lease = lease;
        let number = plan.number;
        lease.0[0] = IN_USE;
        lease.0[1..=PAGE / 2].fill(number);
        let performed = act(plan, carried).await;
        lease.0[1 + PAGE / 2..].fill(number);
        performed
    })
}

/// The right to write to a page, which it says is gone at the end.
struct Lease<'a>(&'a mut Page);

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if self.0[0] == IN_USE {
            self.0[0] = GIVEN_BACK;
        }
    }
}
