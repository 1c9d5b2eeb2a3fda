//! The course of a scan as a picture: requests in flight over time, and below them every range as a bar.

use std::fmt::Write as _;

use crate::scan::Timeline;
use crate::store::printable;

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 60.0;
const CHART: f64 = 180.0;
const TOP: f64 = 50.0;

/// Range bars drawn at most; beyond that neighbours in key order share a line.
const LINES: usize = 400;

/// The picture as an SVG document that needs nothing else.
#[must_use]
pub fn timeline_svg(timeline: &Timeline) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand slots")]
    let seconds = (timeline.slot_seconds * timeline.in_flight.len() as f64).max(1e-3);
    let most = timeline.in_flight.iter().copied().fold(1.0, f64::max);
    let lines = timeline.bars.len().clamp(1, LINES);
    #[expect(clippy::cast_precision_loss, reason = "at most LINES")]
    let (line, height) = {
        let line = (600.0 / lines as f64).clamp(1.5, 8.0);
        (line, TOP + CHART + 60.0 + line * lines as f64 + 20.0)
    };
    let x = |at: f64| LEFT + at / seconds * WIDTH;
    let mut svg = String::new();
    let total = WIDTH + LEFT + 20.0;
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {total} {height:.0}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <style>text{{fill:#444}}.area{{fill:#2f7dd1;fill-opacity:.35;stroke:#2f7dd1}}.bar{{fill:#2f7dd1}}\
         .empty{{fill:#d1542f}}.axis{{stroke:#999}}svg{{background:#fff}}\
         @media(prefers-color-scheme:dark){{text{{fill:#ccc}}svg{{background:#161616}}}}</style>"
    );
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"22\" font-size=\"16\">requests in flight over {seconds:.1} s \
         (mean of the middle 80 %: {:.1}, most {most:.0})</text>",
        timeline.busy_middle()
    );
    let base = TOP + CHART;
    let mut path = format!("M{LEFT} {base:.1}");
    for (slot, level) in (0_u32..).zip(&timeline.in_flight) {
        let y = base - level / most * CHART;
        let (from, to) = (f64::from(slot), f64::from(slot + 1));
        let _ = write!(
            path,
            "L{:.1} {y:.1}L{:.1} {y:.1}",
            x(from * timeline.slot_seconds),
            x((to * timeline.slot_seconds).min(seconds))
        );
    }
    let _ = writeln!(svg, "<path class=\"area\" d=\"{path}L{:.1} {base:.1}Z\"/>", x(seconds));
    for tick in 0..=4 {
        let share = f64::from(tick) / 4.0;
        let y = base - share * CHART;
        let _ = writeln!(
            svg,
            "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke-opacity=\".4\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{:.0}</text>\
             <text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{:.1} s</text>",
            LEFT + WIDTH,
            LEFT - 8.0,
            y + 4.0,
            share * most,
            x(share * seconds),
            base + 18.0,
            share * seconds
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{:.0}\" font-size=\"16\">{} ranges in key order{}</text>",
        base + 45.0,
        timeline.bars.len(),
        if timeline.left_out > 0 {
            format!(" (and {} not drawn)", timeline.left_out)
        } else {
            String::new()
        }
    );
    let per_line = timeline.bars.len().div_ceil(lines).max(1);
    for (index, bar) in timeline.bars.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "at most LINES")]
        let y = base + 55.0 + (index / per_line) as f64 * line;
        let _ = writeln!(
            svg,
            "<rect class=\"{}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{} keys after {} \
             ({:.2} s to {:.2} s)</title></rect>",
            if bar.keys == 0 { "empty" } else { "bar" },
            x(bar.from),
            ((bar.to - bar.from) / seconds * WIDTH).max(1.0),
            line * 0.8,
            bar.keys,
            escaped(&printable(&bar.after)),
            bar.from,
            bar.to
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
