//! The progress of a running scan, as one line.

use super::figures::{bytes_iec, count, duration};
use super::style::{Ink, Style};
use super::text::fit;

/// What is known about a scan that is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Objects counted so far.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u128,
    /// Pages counted so far.
    pub pages: u64,
    /// Objects per second, lately.
    pub objects_per_second: f64,
    /// Requests that are under way.
    pub in_flight: u64,
    /// Requests sent again so far.
    pub retries: u64,
    /// Answers so far that asked to slow down.
    pub throttled: u64,
    /// Seconds since the start.
    pub elapsed_seconds: f64,
}

impl Progress {
    /// The line for a terminal, where it replaces the one before: at most 80 columns and at most the
    /// style's width, without a line break. What matters least is left out first.
    #[must_use]
    pub fn line(&self, style: Style) -> String {
        let width = style.width.min(80);
        let dot = style.pick(" · ", ", ");
        let mut parts = vec![
            format!("{} objects", count(self.objects)),
            bytes_iec(self.bytes),
            format!("{}/s", count(self.rate())),
            duration(self.elapsed_seconds),
            format!("{} in flight", count(self.in_flight)),
            format!("{} pages", count(self.pages)),
        ];
        let mut trouble = Vec::new();
        if self.throttled > 0 {
            trouble.push(format!("{} throttled", count(self.throttled)));
        }
        if self.retries > 0 {
            trouble.push(format!("{} retried", count(self.retries)));
        }
        let room =
            |parts: &[String]| parts.iter().map(|part| part.chars().count() + 3).sum::<usize>();
        while room(&parts) + room(&trouble) > width + 3 && parts.len() + trouble.len() > 1 {
            // From the last and least: retries, throttling, pages, requests in flight, time, rate, bytes.
            if trouble.pop().is_none() {
                parts.pop();
            }
        }
        let text = fit(&parts.join(dot), width, style.unicode);
        let trouble = trouble.iter().map(|part| dot.to_owned() + &style.paint(Ink::Warning, part));
        trouble.fold(text, |line, part| line + &part)
    }

    /// The line for a file or a pipe: all figures, plain, the same fields in the same order each time,
    /// without a line break.
    #[must_use]
    pub fn plain(&self) -> String {
        format!(
            "elapsed={:.0}s objects={} bytes={} pages={} rate={}/s in_flight={} retries={} throttled={}",
            self.elapsed_seconds,
            self.objects,
            self.bytes,
            self.pages,
            self.rate(),
            self.in_flight,
            self.retries,
            self.throttled
        )
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "such casts saturate"
    )]
    fn rate(&self) -> u64 {
        self.objects_per_second.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text::display_width;

    const BUSY: Progress = Progress {
        objects: 12_345_678,
        bytes: 1_561_306_511_908,
        pages: 12_346,
        objects_per_second: 812_345.4,
        in_flight: 64,
        retries: 12,
        throttled: 3,
        elapsed_seconds: 843.0,
    };

    #[test]
    fn the_line_says_what_matters_first() {
        assert_eq!(
            Progress { retries: 0, throttled: 0, ..BUSY }.line(Style::default()),
            "12,345,678 objects · 1.42 TiB · 812,345/s · 14 min 3 s · 64 in flight"
        );
        assert_eq!(
            BUSY.line(Style { width: 60, ..Style::default() }),
            "12,345,678 objects · 1.42 TiB · 812,345/s · 14 min 3 s"
        );
    }

    #[test]
    fn the_line_fits_whatever_happens() {
        let huge = Progress {
            objects: u64::MAX,
            bytes: u128::MAX,
            pages: u64::MAX,
            objects_per_second: f64::INFINITY,
            in_flight: u64::MAX,
            retries: u64::MAX,
            throttled: u64::MAX,
            elapsed_seconds: f64::NAN,
        };
        for progress in [BUSY, huge, Progress::default()] {
            for width in [0, 1, 10, 40, 60, 80, 200] {
                let line = progress.line(Style { width, ..Style::default() });
                assert!(display_width(&line) <= width.min(80), "{width}: {line}");
            }
        }
    }

    #[test]
    fn pipes_get_plain_fields() {
        assert_eq!(
            BUSY.plain(),
            "elapsed=843s objects=12345678 bytes=1561306511908 pages=12346 rate=812345/s in_flight=64 retries=12 throttled=3"
        );
    }
}
