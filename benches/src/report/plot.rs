//! Draws figures as SVG.

use core::fmt::Write;

use crate::measure::histogram::Point;
use crate::report::scale::Scale;

/// A picture of the figures of one table.
#[derive(Debug)]
pub struct Plot {
    file: String,
    title: String,
    unit: &'static str,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Curves(Vec<Series>),
    Bars(Vec<(&'static str, f64)>),
}

/// The percentiles of one contestant.
#[derive(Debug)]
pub struct Series {
    name: &'static str,
    points: Vec<(f64, f64)>,
}

impl Series {
    /// Takes a curve of samples.
    pub fn new(name: &'static str, curve: Vec<Point>, scale: Scale) -> Self {
        let points = curve
            .into_iter()
            .map(|point| (point.quantile, scale.shown(point.value as f64)))
            .collect();
        Self { name, points }
    }
}

impl Plot {
    /// Makes curves of percentiles; `file` is the file's name without its ending.
    pub fn curves(file: String, title: String, unit: &'static str, series: Vec<Series>) -> Self {
        let shape = Shape::Curves(series);
        Self {
            file,
            title,
            unit,
            shape,
        }
    }

    /// Makes a bar for each contestant; `file` is the file's name without its ending.
    pub fn bars(
        file: String,
        title: String,
        unit: &'static str,
        bars: Vec<(&'static str, f64)>,
    ) -> Self {
        let shape = Shape::Bars(bars);
        Self {
            file,
            title,
            unit,
            shape,
        }
    }

    /// Returns the name of its file.
    pub fn file_name(&self) -> String {
        format!("{}.svg", self.file)
    }

    /// Draws it.
    pub fn svg(&self) -> String {
        let mut svg = Svg::new();
        svg.text(LEFT, 24.0, "start", &self.title);
        match &self.shape {
            Shape::Curves(series) => curves(&mut svg, series, self.unit),
            Shape::Bars(bars) => draw_bars(&mut svg, bars, self.unit),
        }
        svg.end()
    }
}

/// Percentiles against the logarithm of the value; along the other axis each nine takes the same room.
fn curves(svg: &mut Svg, series: &[Series], unit: &str) {
    let values = || series.iter().flat_map(|one| &one.points);
    let positive = values()
        .map(|point| point.1)
        .filter(|&value| value > 0.0)
        .fold(f64::INFINITY, f64::min);
    if !positive.is_finite() {
        return svg.text(LEFT, MIDDLE, "start", "nothing was measured");
    }
    let largest = values().map(|point| point.1).fold(positive, f64::max);
    let lowest = positive.log10().floor();
    let highest = largest.log10().ceil().max(lowest + 1.0);
    let most_nines = values().map(|point| nines(point.0)).fold(1.0, f64::max);
    let x_of = |quantile: f64| LEFT + (RIGHT - LEFT) * nines(quantile) / most_nines;
    let y_of = |value: f64| {
        let share = (value.max(positive).log10() - lowest) / (highest - lowest);
        BOTTOM - (BOTTOM - TOP) * share
    };

    for exponent in lowest as i32..=highest as i32 {
        let value = 10_f64.powi(exponent);
        svg.line(LEFT, y_of(value), RIGHT, y_of(value));
        svg.text(
            LEFT - 8.0,
            y_of(value) + 4.0,
            "end",
            &format!("{value} {unit}"),
        );
    }
    for (quantile, label) in TICKS {
        if nines(quantile) <= most_nines {
            svg.line(x_of(quantile), TOP, x_of(quantile), BOTTOM);
            svg.text(x_of(quantile), BOTTOM + 18.0, "middle", label);
        }
    }
    for (index, one) in series.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let line: Vec<(f64, f64)> = one
            .points
            .iter()
            .map(|&(quantile, value)| (x_of(quantile), y_of(value)))
            .collect();
        svg.polyline(&line, colour);
        let y = TOP + 16.0 * index as f64;
        svg.rect(RIGHT + 16.0, y, 12.0, 10.0, colour);
        svg.text(RIGHT + 34.0, y + 10.0, "start", one.name);
    }
}

fn draw_bars(svg: &mut Svg, bars: &[(&'static str, f64)], unit: &str) {
    let largest = bars
        .iter()
        .map(|bar| bar.1)
        .fold(f64::MIN_POSITIVE, f64::max);
    for (index, &(name, value)) in bars.iter().enumerate() {
        let y = TOP + 28.0 * index as f64;
        let length = (RIGHT - BARS_LEFT) * value / largest;
        let colour = COLOURS[index % COLOURS.len()];
        svg.text(BARS_LEFT - 8.0, y + 14.0, "end", name);
        svg.rect(BARS_LEFT, y, length, 20.0, colour);
        svg.text(
            BARS_LEFT + length + 8.0,
            y + 14.0,
            "start",
            &format!("{value:.2} {unit}"),
        );
    }
}

/// Counts the nines of a quantile: 0.9 has one, 0.99 has two, the median has a third of one.
fn nines(quantile: f64) -> f64 {
    -(1.0 - quantile).log10()
}

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 90.0;
const BARS_LEFT: f64 = 300.0;
const RIGHT: f64 = 620.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 380.0;
const MIDDLE: f64 = 200.0;

const TICKS: [(f64, &str); 6] = [
    (0.0, "min"),
    (0.5, "p50"),
    (0.9, "p90"),
    (0.99, "p99"),
    (0.999, "p99.9"),
    (0.9999, "p99.99"),
];

/// Told apart by most people who do not see all colours.
const COLOURS: [&str; 8] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#666666", "#000000",
];

/// A picture in the making.
struct Svg(String);

impl Svg {
    fn new() -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
        ))
    }

    fn line(&mut self, x1: f64, y1: f64, x2: f64, y2: f64) {
        self.element(format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#dddddd\"/>"
        ));
    }

    fn polyline(&mut self, points: &[(f64, f64)], colour: &str) {
        let points: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        self.element(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            points.join(" ")
        ));
    }

    fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, colour: &str) {
        self.element(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
        ));
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        self.element(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    fn element(&mut self, element: core::fmt::Arguments<'_>) {
        writeln!(self.0, "{element}").expect("a string takes all that is written");
    }

    fn end(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_nine_takes_the_same_room() {
        let step = nines(0.99) - nines(0.9);
        assert!((nines(0.999) - nines(0.99) - step).abs() < 1e-9);
        assert_eq!(nines(0.0), 0.0);
    }

    #[test]
    fn the_longest_bar_fills_the_width_and_names_are_escaped() {
        let bars = vec![("a < b", 10.0), ("half", 5.0)];
        let svg = Plot::bars("f".into(), "title & more".into(), "ns", bars).svg();
        assert!(svg.contains("width=\"320.0\""), "{svg}");
        assert!(svg.contains("width=\"160.0\""), "{svg}");
        assert!(
            svg.contains("a &lt; b") && svg.contains("title &amp; more"),
            "{svg}"
        );
    }

    #[test]
    fn a_curve_rises_with_its_values() {
        let curve = [(0.0, 1), (0.9, 100)].map(|(quantile, value)| Point { quantile, value });
        let series = vec![Series::new("one", curve.to_vec(), Scale::DivideBy(1.0))];
        let svg = Plot::curves("f".into(), "t".into(), "ns", series).svg();
        assert!(
            svg.contains(&format!(
                "points=\"{LEFT:.1},{BOTTOM:.1} {RIGHT:.1},{TOP:.1}\""
            )),
            "{svg}"
        );
    }

    #[test]
    fn without_a_value_there_is_a_picture_that_says_so() {
        let series = vec![Series::new("none", Vec::new(), Scale::DivideBy(1.0))];
        let svg = Plot::curves("f".into(), "t".into(), "ns", series).svg();
        assert!(svg.contains("nothing was measured"), "{svg}");
    }
}
