//! A sheet of facts and tables, for what is not a summary.

use super::tables::{heading, line, paragraph};
use crate::report::style::{Ink, Style};
use crate::report::text::{display_width, fit, left, sanitize, wrap};

/// Columns of the names of facts.
const NAMES: usize = 13;

/// Text that is put together from top to bottom. Everything given is made safe for a terminal.
#[derive(Debug)]
pub struct Sheet {
    out: String,
    style: Style,
}

impl Sheet {
    /// An empty sheet.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self { out: String::new(), style }
    }

    /// The text.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }

    /// What the sheet is about.
    pub fn title(&mut self, text: &str) {
        let text = fit(&self.safe(text), self.style.columns(), self.style.unicode);
        line(&mut self.out, &self.style.paint(Ink::Strong, &text));
    }

    /// A heading, with a blank line before it.
    pub fn heading(&mut self, text: &str) {
        heading(&mut self.out, text, self.style);
    }

    /// A name and what there is to say under it.
    pub fn fact(&mut self, name: &str, value: &str) {
        let name = left(&self.safe(name), NAMES, self.style.unicode);
        let room = self.style.columns() - NAMES - 2;
        for (index, text) in wrap(&self.safe(value), room).iter().enumerate() {
            let text = fit(text, room, self.style.unicode);
            let name =
                if index == 0 { self.style.paint(Ink::Faint, &name) } else { " ".repeat(NAMES) };
            line(&mut self.out, &format!("  {name}{text}"));
        }
    }

    /// A faint remark under the fact before it.
    pub fn remark(&mut self, text: &str) {
        let text = self.safe(text);
        paragraph(&mut self.out, &text, Some(Ink::Faint), NAMES + 2, self.style);
    }

    /// Rows under names of columns. The last column gives way where the width is not enough.
    pub fn table(&mut self, columns: &[&str], rows: &[Vec<String>]) {
        let safe: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|cell| self.safe(cell)).collect()).collect();
        let widths: Vec<usize> = (0..columns.len())
            .map(|at| {
                let cells = safe.iter().filter_map(|row| row.get(at));
                let widest = cells.map(|cell| display_width(cell)).max().unwrap_or(0);
                widest.max(display_width(columns[at]))
            })
            .collect();
        let head: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        let head = self.row(&head, &widths);
        line(&mut self.out, &self.style.paint(Ink::Faint, &head));
        for row in &safe {
            let row = self.row(row, &widths);
            line(&mut self.out, &row);
        }
    }

    fn row(&self, cells: &[String], widths: &[usize]) -> String {
        let mut text = String::from("  ");
        for (index, (cell, &width)) in cells.iter().zip(widths).enumerate() {
            let room = self.style.columns().saturating_sub(display_width(&text));
            if index > 0 {
                text.push_str("  ");
            }
            text.push_str(&left(cell, width.min(room.saturating_sub(2)), self.style.unicode));
        }
        text.trim_end().to_owned()
    }

    fn safe(&self, text: &str) -> String {
        sanitize(text.as_bytes(), self.style.unicode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wider_than_the_terminal_or_steers_it() {
        for (width, color) in [(60, false), (80, false), (80, true)] {
            let mut sheet = Sheet::new(Style { width, color, unicode: true });
            let long = "words and more words ".repeat(12) + "\x1b[2J";
            sheet.title(&long);
            sheet.heading("Heading");
            sheet.fact("name", &long);
            sheet.remark(&long);
            sheet.table(&["a", "b", "c"], &[vec!["x".into(), "y".repeat(40), long.clone()]]);
            let text = sheet.finish();
            assert!(!text.contains("\x1b[2J"), "{text}");
            assert_eq!(text.contains('\x1b'), color);
            if !color {
                assert!(text.lines().all(|line| display_width(line) <= width), "{text}");
            }
            assert!(text.contains("name"));
        }
    }
}
