use super::{Entry, Key, NonZeroU32, Slab};
use crate::time::Tick;
use crate::wheel::store::{FixedStore, Store};
use core::mem::size_of;

/// Fills an entry whose only generation left is the last one, and empties it.
fn wear_out<S: Store<u8>>(slab: &mut Slab<u8, S>) -> Key {
    let mut key = slab.insert(Tick::ZERO, 1).expect("there is room for one");
    let index = key.index();
    slab.entries_mut()[index as usize].generation = NonZeroU32::MAX;
    key.generation = NonZeroU32::MAX;
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
    assert_eq!(slab.remove(first.index()), Some((first, 1)));
    assert_eq!(slab.remove(second.index()), Some((second, 2)));
    let third = slab.insert(Tick::ZERO, 3).expect("two have been removed");
    assert_eq!(third.index(), second.index());
    assert_ne!(third, second);
    assert_eq!(slab.index_of(second), None);
    let fourth = slab.insert(Tick::ZERO, 4).expect("one is vacant");
    assert_eq!(fourth.index(), first.index());
}

#[test]
fn a_vacant_entry_is_not_removed_again() {
    let mut slab: Slab<u8, FixedStore<u8, 1>> = Slab::new(FixedStore::new());
    let key = slab.insert(Tick::ZERO, 1).expect("there is room for one");
    assert!(slab.remove(key.index()).is_some());
    assert_eq!(slab.remove(key.index()), None);
    assert_eq!(slab.len(), 0);
}

#[test]
fn a_worn_out_entry_of_a_fixed_store_starts_over() {
    let mut slab: Slab<u8, FixedStore<u8, 1>> = Slab::new(FixedStore::new());
    let old = wear_out(&mut slab);
    let again = slab.insert(Tick::ZERO, 2).expect("the one is vacant");
    assert_eq!(again.index(), old.index());
    assert_eq!(again.generation, NonZeroU32::MIN);
    assert_eq!(slab.index_of(old), None);
}

#[cfg(feature = "alloc")]
#[test]
fn a_worn_out_entry_on_the_heap_is_retired() {
    use crate::wheel::store::HeapStore;

    let mut slab: Slab<u8, HeapStore<u8>> = Slab::new(HeapStore::new());
    let old = wear_out(&mut slab);
    let next = slab.insert(Tick::ZERO, 2).expect("the heap has more");
    assert_ne!(next.index(), old.index());
    assert_eq!(slab.index_of(old), None);
    assert_eq!(slab.len(), 1);
}
