//! The crate's one place of pin projection.

use std::pin::Pin;

/// A value that is pinned together with whatever holds it, or something else in its stead.
#[derive(Debug)]
pub(crate) struct Pinned<T, E = ()>(Result<T, E>);

impl<T, E: Default> Pinned<T, E> {
    pub(crate) fn new(value: T) -> Self {
        Self(Ok(value))
    }

    pub(crate) fn instead(other: E) -> Self {
        Self(Err(other))
    }

    pub(crate) fn empty() -> Self {
        Self::instead(E::default())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_err()
    }

    /// Returns the value, pinned, or what is in its stead, also when it has been cleared.
    pub(crate) fn get(self: Pin<&mut Self>) -> Result<Pin<&mut T>, &mut E> {
        // SAFETY: the value is never moved out of a pinned `Pinned`: it is only dropped in place.
        let this = unsafe { self.get_unchecked_mut() };
        match &mut this.0 {
            // SAFETY: as above; `Pinned` is `Unpin` only if the value is.
            Ok(value) => Ok(unsafe { Pin::new_unchecked(value) }),
            Err(other) => Err(other),
        }
    }

    /// Drops the value in its place.
    pub(crate) fn clear(mut self: Pin<&mut Self>) {
        self.set(Self::empty());
    }
}

/// Implements projection to one pinned field; all other fields stay movable.
macro_rules! project {
    ($owner:ident<$($param:ident),+>.$field:ident: $pinned:ty) => {
        impl<$($param),+> $owner<$($param),+> {
            fn project(self: ::std::pin::Pin<&mut Self>) -> ::std::pin::Pin<&mut $pinned> {
                // SAFETY: the pinned field is only handed out pinned, and the owner has neither a
                // `Drop` that moves it nor a manual `Unpin`.
                unsafe { self.map_unchecked_mut(|this| &mut this.$field) }
            }
        }
    };
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
