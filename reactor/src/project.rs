//! The crate's one place of pin projection.

use std::pin::Pin;

/// A value that is pinned together with whatever holds it.
#[derive(Debug)]
pub(crate) struct Pinned<T>(Option<T>);

impl<T> Pinned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) fn empty() -> Self {
        Self(None)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the value, pinned, unless it has been cleared.
    pub(crate) fn get(self: Pin<&mut Self>) -> Option<Pin<&mut T>> {
        // SAFETY: the value is never moved out of a pinned `Pinned`: it is only dropped in place.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as above; `Pinned` is `Unpin` only if the value is.
        this.0
            .as_mut()
            .map(|value| unsafe { Pin::new_unchecked(value) })
    }

    /// Drops the value in its place.
    pub(crate) fn clear(mut self: Pin<&mut Self>) {
        self.set(Self(None));
    }
}

/// Implements projection to one pinned field; all other fields stay movable.
macro_rules! project {
    ($owner:ident<$($param:ident),+>.$field:ident: $pinned:ty, rest: $($rest:ident: $ty:ty),+) => {
        impl<$($param),+> $owner<$($param),+> {
            fn project(
                self: ::std::pin::Pin<&mut Self>,
            ) -> (::std::pin::Pin<&mut $pinned>, ($(&mut $ty,)+)) {
                // SAFETY: the pinned field is only handed out pinned, the others only unpinned,
                // and the owner has neither a `Drop` that moves it nor a manual `Unpin`.
                let this = unsafe { self.get_unchecked_mut() };
                // SAFETY: as above.
                let pinned = unsafe { ::std::pin::Pin::new_unchecked(&mut this.$field) };
                (pinned, ($(&mut this.$rest,)+))
            }
        }
    };
}
pub(crate) use project;
