//! The suite's figures: what is computed from the samples, and how it is shown.

use core::time::Duration;

use serde::Serialize;

use crate::bridge::race::Course;
use crate::bridge::{eventfd, tokio};
use crate::measure::affinity::Placement;
use crate::measure::alloc::Allocations;
use crate::measure::clock::nanoseconds;
use crate::measure::histogram::{Latencies, Point, Ratio, Summary};
use crate::report::plot::{Plot, Series};
use crate::report::scale::Scale;
use crate::report::table::{Table, Tabled};

/// The figures of all contestants under one placement.
#[derive(Debug, Serialize)]
pub struct PlacementFigures {
    name: &'static str,
    placement: Placement,
    rounds: usize,
    calls_per_round: usize,
    contestants: Vec<Figures>,
}

/// The figures of one contestant under one placement. Times are in nanoseconds.
#[derive(Debug, Serialize)]
struct Figures {
    name: &'static str,
    latency: Summary,
    #[serde(skip)]
    curve: Vec<Point>,
    p50_to_tokio: Option<Ratio>,
    p50_to_eventfd: Option<Ratio>,
    per_call: Costs,
}

/// What one call costs besides the time that the caller waits, over all threads of the process.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Costs {
    /// Blocks and bytes that were asked for; `None` where another process makes the calls.
    allocations: Option<f64>,
    allocated_bytes: Option<f64>,
    /// Write system calls, which here are eventfd writes; `None` where the kernel does not count them.
    writes: Option<f64>,
    /// Processor time in nanoseconds, the kernel's part included.
    cpu_time: f64,
}

impl Costs {
    /// Divides what `calls` calls have cost together.
    pub fn per_call(
        calls: usize,
        allocations: Option<Allocations>,
        writes: Option<u64>,
        cpu_time: Duration,
    ) -> Self {
        let share = |total: u64| total as f64 / calls as f64;
        Self {
            allocations: allocations.map(|it| share(it.count)),
            allocated_bytes: allocations.map(|it| share(it.bytes)),
            writes: writes.map(share),
            cpu_time: share(nanoseconds(cpu_time)),
        }
    }
}

impl PlacementFigures {
    /// Computes the figures of a race, whose contestants stand in the same order in all three lists.
    pub fn new(
        course: Course,
        names: &[&'static str],
        latencies: &[Latencies],
        costs: &[Costs],
    ) -> Self {
        let reference = |wanted| {
            names
                .iter()
                .position(|&name| name == wanted)
                .map(|position| &latencies[position])
        };
        let tokio = reference(tokio::Spawn::NAME);
        let eventfd = reference(eventfd::Eventfd::NAME);
        let figures =
            names
                .iter()
                .zip(latencies)
                .zip(costs)
                .map(|((&name, latencies), &per_call)| Figures {
                    name,
                    latency: latencies.summary(),
                    curve: latencies.curve(),
                    p50_to_tokio: tokio.map(|reference| latencies.ratio_to(reference)),
                    p50_to_eventfd: eventfd.map(|reference| latencies.ratio_to(reference)),
                    per_call,
                });
        Self {
            name: course.placement.name(),
            placement: course.placement,
            rounds: course.rounds,
            calls_per_round: course.calls,
            contestants: figures.collect(),
        }
    }

    /// Draws the latencies of all contestants.
    pub fn plot(&self) -> Plot {
        let curves = self.contestants.iter();
        Plot::curves(
            format!("bridge-{}", self.name.replace(' ', "-")),
            format!("a blocked thread's round trip, {}", self.name),
            "µs",
            curves
                .map(|figures| {
                    Series::new(figures.name, figures.curve.clone(), Scale::DivideBy(1e3))
                })
                .collect(),
        )
    }

    /// Returns how many samples each contestant's figures rest on.
    #[cfg(test)]
    pub fn sample_counts(&self) -> impl Iterator<Item = u64> {
        self.contestants
            .iter()
            .map(|figures| figures.latency.samples)
    }
}

impl Tabled for PlacementFigures {
    fn caption(&self) -> String {
        let Self {
            name,
            rounds,
            calls_per_round,
            ..
        } = self;
        format!(
            "bridge: a blocked thread's round trip, {name}: {} samples each, in {rounds} rounds of {calls_per_round}",
            rounds * calls_per_round
        )
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&HEADINGS);
        for figures in &self.contestants {
            table.row(figures.cells());
        }
        table
    }
}

const HEADINGS: [&str; 10] = [
    "times in µs",
    "p50",
    "p99",
    "p99.9",
    "mean",
    "p50/tokio (quartiles)",
    "p50/eventfd",
    "allocs/call",
    "writes/call",
    "CPU/call",
];

impl Figures {
    fn cells(&self) -> Vec<String> {
        let Summary {
            p50,
            p99,
            p999,
            mean,
            ..
        } = self.latency;
        vec![
            self.name.to_owned(),
            microseconds(p50 as f64),
            microseconds(p99 as f64),
            microseconds(p999 as f64),
            microseconds(mean),
            or_dash(
                self.p50_to_tokio,
                |Ratio {
                     median,
                     lower,
                     upper,
                 }| { format!("{median:.2} ({lower:.2} to {upper:.2})") },
            ),
            or_dash(self.p50_to_eventfd, |ratio| format!("{:.2}", ratio.median)),
            or_dash(self.per_call.allocations, |count| format!("{count:.2}")),
            or_dash(self.per_call.writes, |writes| format!("{writes:.2}")),
            microseconds(self.per_call.cpu_time),
        ]
    }
}

fn microseconds(nanoseconds: f64) -> String {
    format!("{:.2}", nanoseconds / 1_000.0)
}

fn or_dash<T>(figure: Option<T>, show: impl FnOnce(T) -> String) -> String {
    figure.map_or_else(|| "-".to_owned(), show)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latencies(nanoseconds: u64) -> Latencies {
        let mut latencies = Latencies::with_rounds(2);
        latencies.add_round(&mut [nanoseconds; 4]);
        latencies.add_round(&mut [nanoseconds; 4]);
        latencies
    }

    fn figures(names: &[&'static str], writes: Option<u64>) -> PlacementFigures {
        let course = Course {
            placement: Placement::one_core(0),
            calls: 4,
            rounds: 2,
        };
        let costs = Costs::per_call(
            4,
            Some(Allocations {
                count: 6,
                bytes: 400,
            }),
            writes,
            Duration::from_micros(10),
        );
        let latencies: Vec<_> = (1..=names.len() as u64)
            .map(|factor| latencies(1_000 * factor))
            .collect();
        PlacementFigures::new(course, names, &latencies, &vec![costs; names.len()])
    }

    #[test]
    fn costs_are_shared_among_the_calls() {
        let costs = Costs::per_call(
            4,
            Some(Allocations {
                count: 6,
                bytes: 400,
            }),
            Some(2),
            Duration::from_micros(10),
        );
        let expected = Costs {
            allocations: Some(1.5),
            allocated_bytes: Some(100.0),
            writes: Some(0.5),
            cpu_time: 2_500.0,
        };
        assert_eq!(costs, expected);
    }

    #[test]
    fn ratios_are_to_the_named_references() {
        let figures = figures(
            &[tokio::Spawn::NAME, "other", eventfd::Eventfd::NAME],
            Some(4),
        );
        let other = &figures.contestants[1];
        assert_eq!(other.p50_to_tokio.map(|ratio| ratio.median), Some(2.0));
        let to_eventfd = other
            .p50_to_eventfd
            .expect("the reference takes part")
            .median;
        assert!((to_eventfd - 2.0 / 3.0).abs() < 1e-9, "{to_eventfd}");
    }

    #[test]
    fn what_is_not_known_is_a_dash() {
        let figures = figures(&["alone"], None);
        let cells = figures.contestants[0].cells();
        assert_eq!(
            cells,
            [
                "alone", "1.00", "1.00", "1.00", "1.00", "-", "-", "1.50", "-", "2.50"
            ]
        );
    }
}
