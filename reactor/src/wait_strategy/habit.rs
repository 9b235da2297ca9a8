//! Whether spinning has paid of late.

/// One thread's account of its spins.
///
/// After each spin that did not pay twice as many waits are passed over before the next; each that
/// did pay halves that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Habit {
    /// How many waits are still to be passed over.
    left: u8,
    /// How many are passed over after a spin that does not pay.
    patience: u8,
}

impl Habit {
    /// Tells whether to spin this time.
    pub(super) fn is_worth_a_try(&mut self) -> bool {
        match self.left.checked_sub(1) {
            None => true,
            Some(left) => {
                self.left = left;
                false
            }
        }
    }

    pub(super) fn to_bits(self) -> u16 {
        u16::from_le_bytes([self.left, self.patience])
    }

    pub(super) fn of_bits(bits: u16) -> Self {
        let [left, patience] = bits.to_le_bytes();
        Self { left, patience }
    }

    pub(super) fn paid(&mut self) {
        self.patience /= 2;
    }

    pub(super) fn did_not_pay(&mut self) {
        self.patience = self.patience.saturating_mul(2).saturating_add(1);
        self.left = self.patience;
    }
}

#[cfg(test)]
mod tests {
    use super::Habit;

    /// Returns how many of `waits` are spun for, if spinning pays when `pays` says so.
    fn spins(waits: u32, mut pays: impl FnMut(u32) -> bool) -> u32 {
        let mut habit = Habit::default();
        let mut spins = 0;
        for wait in 0..waits {
            if habit.is_worth_a_try() {
                spins += 1;
                if pays(wait) {
                    habit.paid();
                } else {
                    habit.did_not_pay();
                }
            }
        }
        spins
    }

    #[test]
    fn what_always_pays_is_always_tried() {
        assert_eq!(spins(1000, |_| true), 1000);
    }

    #[test]
    fn what_never_pays_is_tried_once_in_256_times() {
        let at_first = 8;
        assert!(spins(256 * 100, |_| false) <= at_first + 100);
    }

    #[test]
    fn what_begins_to_pay_is_tried_always_within_256_times() {
        let begins = 100_000;
        assert!(spins(2 * begins, |wait| wait >= begins) >= begins - 256);
    }

    #[test]
    fn what_stops_to_pay_is_soon_no_longer_tried() {
        let stops = 1000;
        assert!(spins(stops + 1000, |wait| wait < stops) <= stops + 12);
    }
}
