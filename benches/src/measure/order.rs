//! Orders the turns of contestants.

/// Orders the turns of a round: everybody starts equally often, and follows each neighbour as often as it precedes it.
pub fn turns(round: usize, contestants: usize) -> impl Iterator<Item = usize> {
    let is_reversed = round % 2 == 1;
    let first = round / 2;
    (0..contestants).map(move |turn| {
        let turn = if is_reversed {
            contestants - 1 - turn
        } else {
            turn
        };
        (first + turn) % contestants
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_has_each_contestant_once() {
        for round in 0..20 {
            let mut order: Vec<_> = turns(round, 8).collect();
            order.sort_unstable();
            assert!(order.iter().copied().eq(0..8), "round {round}: {order:?}");
        }
    }

    #[test]
    fn everybody_starts_and_ends_equally_often() {
        let mut starts = [0; 8];
        let mut ends = [0; 8];
        for round in 0..16 {
            let order: Vec<_> = turns(round, 8).collect();
            starts[order[0]] += 1;
            ends[order[7]] += 1;
        }
        assert_eq!((starts, ends), ([2; 8], [2; 8]));
    }
}
