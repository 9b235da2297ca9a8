use super::{Entry, Key, NonZeroU32, Slab};
use crate::time::Tick;
use crate::wheel::store::{FixedStore, Store};
use core::mem::size_of;

/// Fills an entry whose only generation left is the last one, and empties it.
fn wear_out<S: Store<u8>>(slab: &mut Slab<u8, S>) -> Key {
    let index = slab.insert(Tick::ZERO, 1).expect("there is room for one");
    slab.entries_mut()[index as usize].generation = NonZeroU32::MAX;
    let key = slab.key_at(index);
    assert_eq!(slab.index_of(key), Some(index));
    assert_eq!(slab.remove(index), Some((key, 1)));
    key
}

#[test]
fn entries_and_keys_are_compact() {
    const { assert!(size_of::<Entry<()>>() <= 32) }
    const { assert!(size_of::<Entry<u64>>() <= 40) }
    const { assert!(size_of::<Key>() == 8) }
    const { assert!(size_of::<Option<Key>>() == 8) }
}

#[test]
fn the_entry_freed_last_is_reused_first_with_another_key() {
    let mut slab: Slab<u8, FixedStore<u8, 3>> = Slab::new(FixedStore::new());
    let first = slab.insert(Tick::ZERO, 1).expect("there is room for three");
    let second = slab.insert(Tick::ZERO, 2).expect("there is room for three");
    let old = slab.key_at(second);
    assert_eq!(slab.remove(first).map(|(_, value)| value), Some(1));
    assert_eq!(slab.remove(second).map(|(_, value)| value), Some(2));
    assert_eq!(slab.insert(Tick::ZERO, 3), Ok(second));
    assert_ne!(slab.key_at(second), old);
    assert_eq!(slab.index_of(old), None);
    assert_eq!(slab.insert(Tick::ZERO, 4), Ok(first));
}

#[test]
fn a_vacant_entry_is_not_removed_again() {
    let mut slab: Slab<u8, FixedStore<u8, 1>> = Slab::new(FixedStore::new());
    let index = slab.insert(Tick::ZERO, 1).expect("there is room for one");
    assert!(slab.remove(index).is_some());
    assert_eq!(slab.remove(index), None);
    assert_eq!(slab.len(), 0);
}

#[test]
fn a_worn_out_entry_of_a_fixed_store_starts_over() {
    let mut slab: Slab<u8, FixedStore<u8, 1>> = Slab::new(FixedStore::new());
    let old = wear_out(&mut slab);
    assert_eq!(slab.insert(Tick::ZERO, 2), Ok(0));
    assert_eq!(slab.key_at(0).generation, NonZeroU32::MIN);
    assert_eq!(slab.index_of(old), None);
}

#[cfg(feature = "alloc")]
#[test]
fn a_worn_out_entry_on_the_heap_is_retired() {
    use crate::wheel::store::HeapStore;

    let mut slab: Slab<u8, HeapStore<u8>> = Slab::new(HeapStore::new());
    let old = wear_out(&mut slab);
    assert_eq!(slab.insert(Tick::ZERO, 2), Ok(1));
    assert_eq!(slab.index_of(old), None);
    assert_eq!(slab.len(), 1);
}
