//! A node for the models of the inbox, whose content loom watches.

use core::ptr::NonNull;

use crochet_core::inbox::{Link, Linked};
use loom::cell::UnsafeCell;

use super::support::Token;

/// What a producer numbered `from` pushes as its `number`th node.
#[derive(Debug)]
pub(crate) struct Node {
    link: Link<Self>,
    content: UnsafeCell<(usize, usize)>,
    _token: Token,
}

impl Node {
    pub(crate) fn new(from: usize, number: usize) -> Box<Self> {
        let node = Box::new(Self {
            link: Link::new(),
            content: UnsafeCell::new((0, 0)),
            _token: Token::new(),
        });
        node.content.with_mut(|content| {
            // SAFETY: nobody else has the node yet.
            unsafe { *content = (from, number) };
        });
        node
    }

    /// Reads who pushed the node and which of that producer's nodes it is.
    pub(crate) fn content(&self) -> (usize, usize) {
        self.content.with(|content| {
            // SAFETY: nobody writes after `new`; loom checks that this happens after it.
            unsafe { *content }
        })
    }
}

// SAFETY: a box keeps its content in place and is the only handle; the link is a field.
unsafe impl Linked for Node {
    type Handle = Box<Self>;

    fn into_raw(handle: Box<Self>) -> NonNull<Self> {
        NonNull::from(Box::leak(handle))
    }

    unsafe fn from_raw(node: NonNull<Self>) -> Box<Self> {
        // SAFETY: the caller says that the pointer came from `into_raw`, once.
        unsafe { Box::from_raw(node.as_ptr()) }
    }

    unsafe fn link<'a>(node: NonNull<Self>) -> &'a Link<Self> {
        // SAFETY: the caller says that the node is valid.
        let node: &'a Self = unsafe { node.as_ref() };
        &node.link
    }
}
