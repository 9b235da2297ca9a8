use core::convert::Infallible;
use core::marker::PhantomData;

/// Stands for the store on the heap in a build without the feature `alloc`.
///
/// It has no values, so that a wheel without a store of its own cannot be made.
#[derive(Debug)]
pub struct HeapStore<T> {
    _never: Infallible,
    _values: PhantomData<T>,
}
