//! The plot of `speed.svg`: the authorizer beside what stands for it elsewhere.

use svg::{
    Document, Node,
    node::element::{Group, Rectangle, Style, Text, Title},
};

use super::{
    report::{Report, Row},
    subject::Family,
};

/// What is looked at, its unit, and how much of it there is.
type Panel = (&'static str, &'static str, fn(&Row) -> f64);

/// What is drawn.
const PANELS: [Panel; 4] = [
    ("Start, processor time", "ms", |row| row.init_cpu_ms.median),
    ("Until the first answer, processor time", "ms", |row| row.first_cpu_ms.median),
    ("A later answer, median", "ms", |row| row.warm_wall_ms.p50),
    ("Memory, at most", "MiB", |row| row.peak_rss_mib.median),
];

/// Who is drawn, as what and in which class of colour.
const BARS: [(Family, &str, &str, &str); 4] = [
    (Family::Floor, "floor", "does nothing", "floor"),
    (Family::Ours, "authorizer", "Latchkey", "ours"),
    (Family::Node, "authorizer", "Node.js", "other"),
    (Family::Python, "authorizer", "Python", "other"),
];

const COLOURS: &str = "text { font: 13px system-ui, sans-serif; fill: #1f2430 } .title { font-weight: 600 } \
    .ours { fill: #0f7b6c } .other { fill: #9aa3b2 } .floor { fill: #cfd5df } \
    @media (prefers-color-scheme: dark) { text { fill: #e6e9ef } .ours { fill: #3cc5b0 } .other { fill: #6d7686 } .floor { fill: #454c59 } }";

const WIDTH: f64 = 720.0;
const LEFT: f64 = 110.0;
const LONGEST: f64 = 480.0;
const BAR: f64 = 22.0;
const PANEL: f64 = 136.0;

/// The plot. Each panel has a scale of its own, in which ten times as much is equally much longer.
pub fn draw(report: &Report) -> Document {
    let title = "What an authorizer costs: Latchkey beside Node.js and Python, logarithmic scales";
    let panels = (0_u8..).map(f64::from).zip(PANELS);
    let height = PANEL * 4.0 + 8.0;
    panels.fold(
        Document::new()
            .set("viewBox", (0.0, 0.0, WIDTH, height))
            .set("role", "img")
            .add(Title::new(title))
            .add(Style::new(COLOURS)),
        |document, (number, panel)| {
            document.add(draw_panel(report, panel).set("transform", format!("translate(0 {})", number * PANEL)))
        },
    )
}

fn draw_panel(report: &Report, (title, unit, of): Panel) -> Group {
    let bars: Vec<_> = BARS
        .iter()
        .filter_map(|(family, name, label, class)| Some((of(report.find(*family, name)?), *label, *class)))
        .collect();
    let scale = Scale::of(bars.iter().map(|(value, ..)| *value));
    let mut group = Group::new().add(text(title, 0.0, 18.0).set("class", "title"));
    for (place, (value, label, class)) in (0_u8..).map(f64::from).zip(bars) {
        let top = 28.0 + place * (BAR + 3.0);
        let length = scale.length(value);
        let bar = Rectangle::new().set("x", LEFT).set("y", top).set("width", length).set("height", BAR);
        group.append(text(label, 0.0, top + 16.0));
        group.append(bar.set("class", class).set("rx", 3));
        group.append(text(&format!("{} {unit}", short(value)), LEFT + length + 8.0, top + 16.0));
    }
    group
}

/// A logarithmic scale.
struct Scale {
    least: f64,
    decades: f64,
}

impl Scale {
    /// From half of the smallest to the largest.
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let least = values.clone().fold(f64::MAX, f64::min) / 2.0;
        Self { least, decades: (values.fold(least * 2.0, f64::max) / least).log10() }
    }

    fn length(&self, value: f64) -> f64 {
        ((value / self.least).log10() / self.decades * LONGEST).round()
    }
}

fn text(content: &str, x: f64, y: f64) -> Text {
    Text::new(content).set("x", x).set("y", y)
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value {
        value if value < 1.0 => format!("{value:.3}"),
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_as_much_is_equally_much_longer() {
        let scale = Scale::of([1.0, 10.0, 100.0].into_iter());
        let [one, ten, hundred] = [1.0, 10.0, 100.0].map(|value| scale.length(value));
        assert!((ten - one - (hundred - ten)).abs() <= 1.0 && one > 0.0);
        assert!((hundred - LONGEST).abs() < f64::EPSILON);
    }
}
