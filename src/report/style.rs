//! How text for people is decorated.

/// What the reader's terminal can show. The caller finds out; nothing here asks the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Width in columns; reports use 60 to 120 of them whatever is given.
    pub width: usize,
    /// Whether ANSI colours may be used.
    pub color: bool,
    /// Whether characters past ASCII may be used, also in keys.
    pub unicode: bool,
}

impl Default for Style {
    /// 80 columns, unicode, no colours.
    fn default() -> Self {
        Self { width: 80, color: false, unicode: true }
    }
}

/// What a piece of text is, from which its colour follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Strong,
    Heading,
    Faint,
    Bar,
    OtherBar,
    Alarm,
    Warning,
    Good,
}

impl Ink {
    const fn ansi(self) -> &'static str {
        match self {
            Self::Strong => "\x1b[1m",
            Self::Heading => "\x1b[1;36m",
            Self::Faint => "\x1b[2m",
            Self::Bar => "\x1b[36m",
            Self::OtherBar => "\x1b[35m",
            Self::Alarm => "\x1b[1;31m",
            Self::Warning => "\x1b[33m",
            Self::Good => "\x1b[32m",
        }
    }
}

impl Style {
    pub(super) fn columns(self) -> usize {
        self.width.clamp(60, 120)
    }

    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("{}{text}\x1b[0m", ink.ansi())
        } else {
            text.to_owned()
        }
    }

    /// One of two spellings.
    pub(super) fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    /// A bar of `share` (0 to 1) of `width` columns, padded to the full width. What is not nothing shows
    /// at least a sliver.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length of at most a hundred columns"
    )]
    pub(super) fn bar(self, share: f64, width: usize) -> String {
        const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        if share <= 0.0 {
            return " ".repeat(width);
        }
        let steps = if self.unicode { 8 } else { 1 };
        let filled =
            ((share.min(1.0) * (width * steps) as f64).round() as usize).min(width * steps);
        if filled == 0 && width > 0 {
            return self.pick("▏", ".").to_owned() + &" ".repeat(width - 1);
        }
        let (full, rest) = (filled / steps, filled % steps);
        let bar = self.pick("█", "#").repeat(full) + EIGHTHS[rest];
        bar + &" ".repeat(width.saturating_sub(full + usize::from(rest > 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text::display_width;

    #[test]
    fn bars_fill_their_width_and_never_hide_something() {
        let style = Style::default();
        for share in [0.0, 1e-9, 0.3, 0.5, 0.999, 1.0, 2.0] {
            assert_eq!(style.bar(share, 0), "");
            assert_eq!(display_width(&style.bar(share, 10)), 10, "{share}");
        }
        assert_eq!(style.bar(1e-9, 10).trim_end(), "▏");
        assert_eq!(style.bar(1.0, 3), "███");
        let ascii = Style { unicode: false, ..style };
        assert_eq!((ascii.bar(0.5, 4), ascii.bar(0.01, 4)), ("##  ".into(), ".   ".into()));
    }

    #[test]
    fn without_colour_there_is_no_escape_sequence() {
        assert_eq!(Style::default().paint(Ink::Alarm, "x"), "x");
        assert_eq!(
            Style { color: true, ..Style::default() }.paint(Ink::Alarm, "x"),
            "\x1b[1;31mx\x1b[0m"
        );
    }
}
