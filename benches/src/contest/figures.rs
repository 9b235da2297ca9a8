//! The figures of a contest: what is computed from the samples, and how it is shown.

use serde::Serialize;

use crate::contest::{Contest, Role};
use crate::measure::histogram::{Latencies, Ratio, Summary};
use crate::report::plot::{Plot, Series};
use crate::report::scale::Scale;
use crate::report::table::{Table, Tabled};

/// The figures of all contestants.
#[derive(Debug, Serialize)]
pub struct ContestFigures {
    title: String,
    unit: &'static str,
    /// What makes a figure in the unit of a sample.
    scale: Scale,
    rounds: usize,
    contestants: Vec<Figures>,
    #[serde(skip)]
    plot: PlotShape,
    #[serde(skip)]
    suite: &'static str,
}

#[derive(Debug, Serialize)]
struct Figures {
    name: &'static str,
    figures: Summary,
    p50_to_best_peer: Option<Ratio>,
    p50_to_floor: Option<Ratio>,
    #[serde(skip)]
    latencies: Latencies,
}

/// Which picture says most: a distribution needs more than one sample in a round.
#[derive(Debug, Clone, Copy)]
enum PlotShape {
    Curves,
    Bars,
}

impl ContestFigures {
    /// Computes the figures of `contest` from each contestant's samples.
    pub fn new(contest: &Contest, entrants: Vec<((&'static str, Role), Latencies)>) -> Self {
        let best_peer = entrants
            .iter()
            .filter(|((_, role), _)| *role == Role::Peer)
            .map(|(_, latencies)| latencies)
            .min_by_key(|latencies| latencies.summary().p50);
        let floor = entrants
            .iter()
            .find(|((_, role), _)| *role == Role::Floor)
            .map(|(_, latencies)| latencies);
        let ratios: Vec<_> = entrants
            .iter()
            .map(|(_, own)| {
                let ratio_to = |reference: Option<&Latencies>| {
                    reference.map(|it| match contest.unit.scale() {
                        Scale::DivideBy(_) => own.ratio_to(it),
                        Scale::Divide(_) => it.ratio_to(own),
                    })
                };
                (ratio_to(best_peer), ratio_to(floor))
            })
            .collect();
        let plot = match entrants.iter().map(|(_, it)| it.summary().samples).max() {
            Some(samples) if samples > contest.rounds as u64 => PlotShape::Curves,
            _ => PlotShape::Bars,
        };
        let contestants = entrants.into_iter().zip(ratios).map(
            |(((name, _), latencies), (to_peer, to_floor))| Figures {
                name,
                figures: latencies.summary(),
                p50_to_best_peer: to_peer,
                p50_to_floor: to_floor,
                latencies,
            },
        );
        Self {
            title: contest.title.clone(),
            unit: contest.unit.label(),
            scale: contest.unit.scale(),
            rounds: contest.rounds,
            contestants: contestants.collect(),
            plot,
            suite: contest.suite,
        }
    }

    /// Draws the curves of percentiles, or bars of medians where each round has but one sample.
    pub fn plot(&self) -> Plot {
        let file = format!("{}-{}", self.suite, file_name(&self.title));
        let title = format!("{}: {}", self.suite, self.title);
        let contestants = self.contestants.iter();
        match self.plot {
            PlotShape::Curves => Plot::curves(
                file,
                title,
                self.unit,
                contestants
                    .map(|one| Series::new(one.name, one.latencies.curve(), self.scale))
                    .collect(),
            ),
            PlotShape::Bars => Plot::bars(
                file,
                format!("{title}, medians"),
                self.unit,
                contestants
                    .map(|one| (one.name, self.scale.shown(one.figures.p50 as f64)))
                    .collect(),
            ),
        }
    }
}

impl Tabled for ContestFigures {
    fn caption(&self) -> String {
        let samples = self.contestants.iter().map(|one| one.figures.samples).max();
        format!(
            "{}: {}: {} samples each, in {} rounds",
            self.suite,
            self.title,
            samples.unwrap_or(0),
            self.rounds
        )
    }

    fn table(&self) -> Table {
        let unit = format!("in {}", self.unit);
        let mut table = Table::new(&[
            &unit,
            "p50",
            "p99",
            "p99.9",
            "mean",
            "p50/best peer (quartiles)",
            "p50/floor",
        ]);
        for one in &self.contestants {
            let Summary {
                p50,
                p99,
                p999,
                mean,
                ..
            } = one.figures;
            table.row(vec![
                one.name.to_owned(),
                self.scale.text(p50 as f64),
                self.scale.text(p99 as f64),
                self.scale.text(p999 as f64),
                self.scale.text(mean),
                one.p50_to_best_peer.map_or_else(dash, |ratio| {
                    format!(
                        "{:.2} ({:.2} to {:.2})",
                        ratio.median, ratio.lower, ratio.upper
                    )
                }),
                one.p50_to_floor
                    .map_or_else(dash, |ratio| format!("{:.2}", ratio.median)),
            ]);
        }
        table
    }
}

fn dash() -> String {
    "-".to_owned()
}

/// Makes a file's name of a title: lower case, everything but letters and digits a hyphen.
fn file_name(title: &str) -> String {
    let words: Vec<String> = title
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contest::Unit;

    fn figures(entrants: &[(&'static str, Role, u64)]) -> ContestFigures {
        figures_in(Unit::ShareNanoseconds, entrants)
    }

    fn figures_in(unit: Unit, entrants: &[(&'static str, Role, u64)]) -> ContestFigures {
        let contest = Contest {
            suite: "test",
            title: "One, two cores".into(),
            unit,
            rounds: 1,
            warm_up: 0,
        };
        let entrants = entrants.iter().map(|&(name, role, value)| {
            let mut latencies = Latencies::with_rounds(1);
            latencies.add_round(&mut [value]);
            ((name, role), latencies)
        });
        ContestFigures::new(&contest, entrants.collect())
    }

    #[test]
    fn the_best_peer_is_the_reference_and_a_floor_is_no_peer() {
        let figures = figures(&[
            ("own", Role::Own, 1_000),
            ("slow", Role::Peer, 4_000),
            ("fast", Role::Peer, 2_000),
            ("floor", Role::Floor, 500),
        ]);
        let own = &figures.contestants[0];
        assert_eq!(own.p50_to_best_peer.map(|ratio| ratio.median), Some(0.5));
        assert_eq!(own.p50_to_floor.map(|ratio| ratio.median), Some(2.0));
        let table = figures.table().to_string();
        assert!(table.contains("1.00"), "{table}");
    }

    #[test]
    fn of_rates_the_highest_is_the_best_and_ratios_are_the_rates() {
        let figures = figures_in(
            Unit::RequestsPerSecond,
            &[
                ("own", Role::Own, 10_000_000),
                ("slow", Role::Peer, 40_000_000),
                ("fast", Role::Peer, 20_000_000),
            ],
        );
        let own = &figures.contestants[0];
        assert_eq!(own.p50_to_best_peer.map(|ratio| ratio.median), Some(2.0));
        let table = figures.table().to_string();
        assert!(
            table.contains("  50000  ") || table.contains("  49"),
            "{table}"
        );
    }

    #[test]
    fn without_references_there_are_dashes() {
        let table = figures(&[("own", Role::Own, 1_000)]).table().to_string();
        assert!(table.trim_end().ends_with("-          -"), "{table}");
    }

    #[test]
    fn the_file_is_named_after_suite_and_title() {
        let figures = figures(&[("own", Role::Own, 1_000)]);
        assert_eq!(figures.plot().file_name(), "test-one-two-cores.svg");
    }
}
