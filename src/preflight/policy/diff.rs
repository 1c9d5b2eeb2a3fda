//! What changes, line by line.

use std::fmt;

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffLine {
    /// In both.
    Kept(String),
    /// In the first only.
    Gone(String),
    /// In the second only.
    New(String),
    /// So many lines that are in both.
    Skipped(usize),
}

/// The difference of two texts, changed lines with three around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff(pub Vec<DiffLine>);

/// Lines that are shown before and behind a change.
const AROUND: usize = 3;

impl Diff {
    /// What is to be done to `before` so that it becomes `after`.
    #[must_use]
    pub fn new(before: &str, after: &str) -> Self {
        let (before, after): (Vec<&str>, Vec<&str>) =
            (before.lines().collect(), after.lines().collect());
        let same = |(one, other): &(&&str, &&str)| one == other;
        let head = before.iter().zip(&after).take_while(same).count();
        let (rest, new) = (&before[head..], &after[head..]);
        let tail = rest.iter().rev().zip(new.iter().rev()).take_while(same).count();
        let (gone, new) = (&rest[..rest.len() - tail], &new[..new.len() - tail]);
        let kept = |lines: &[&str]| -> Vec<DiffLine> {
            lines.iter().map(|line| DiffLine::Kept((*line).to_owned())).collect()
        };
        let mut lines = kept(&before[..head]);
        lines.extend(between(gone, new));
        lines.extend(kept(&before[before.len() - tail..]));
        Self(shorten(lines))
    }

    /// Whether both texts are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.0.iter().any(|line| matches!(line, DiffLine::Gone(_) | DiffLine::New(_)))
    }
}

/// The shortest way from `before` to `after`, or all of both where finding it would take too much memory.
fn between(before: &[&str], after: &[&str]) -> Vec<DiffLine> {
    const MOST_CELLS: usize = 4 << 20;
    let whole = before.len().saturating_mul(after.len()) > MOST_CELLS;
    // `common[i][j]`: how many lines the rests from `i` and from `j` on have in common.
    let mut common = vec![vec![0_u32; after.len() + 1]; if whole { 0 } else { before.len() + 1 }];
    for i in (0..common.len().saturating_sub(1)).rev() {
        for j in (0..after.len()).rev() {
            common[i][j] = if before[i] == after[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < before.len() || j < after.len() {
        if !whole && i < before.len() && j < after.len() && before[i] == after[j] {
            lines.push(DiffLine::Kept(before[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if i < before.len()
            && (whole || j == after.len() || common[i + 1][j] >= common[i][j + 1])
        {
            lines.push(DiffLine::Gone(before[i].to_owned()));
            i += 1;
        } else {
            lines.push(DiffLine::New(after[j].to_owned()));
            j += 1;
        }
    }
    lines
}

/// Leaves lines out that are far from any change.
fn shorten(lines: Vec<DiffLine>) -> Vec<DiffLine> {
    let changed: Vec<bool> = lines.iter().map(|line| !matches!(line, DiffLine::Kept(_))).collect();
    let near = |index: usize| {
        let around = index.saturating_sub(AROUND)..(index + AROUND + 1).min(changed.len());
        changed[around].iter().any(|changed| *changed)
    };
    let mut shown = Vec::new();
    for (index, line) in lines.into_iter().enumerate() {
        match (near(index), shown.last_mut()) {
            (true, _) => shown.push(line),
            (false, Some(DiffLine::Skipped(count))) => *count += 1,
            (false, _) => shown.push(DiffLine::Skipped(1)),
        }
    }
    shown
}

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.0 {
            match line {
                DiffLine::Kept(text) => writeln!(f, "  {text}")?,
                DiffLine::Gone(text) => writeln!(f, "- {text}")?,
                DiffLine::New(text) => writeln!(f, "+ {text}")?,
                DiffLine::Skipped(count) => writeln!(f, "  ({count} lines as they are)")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn changed_lines_come_with_three_around_them() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let after = "1\n2\n3\n4\n5\n6\nseven\n8\n9\n10";
        let shown = Diff::new(before, after).to_string();
        assert_eq!(shown, "  (3 lines as they are)\n  4\n  5\n  6\n- 7\n+ seven\n  8\n  9\n+ 10\n");
        assert!(Diff::new(before, before).is_empty());
    }

    proptest! {
        #[test]
        fn a_difference_leads_from_the_one_to_the_other(
            before in prop::collection::vec("[ab]", 0..6), after in prop::collection::vec("[ab]", 0..6)
        ) {
            let Diff(lines) = Diff::new(&before.join("\n"), &after.join("\n"));
            // Short texts have nothing to skip, unless they are the same.
            if lines.iter().any(|line| matches!(line, DiffLine::Skipped(_))) {
                return Ok(());
            }
            let side = |first: bool| -> Vec<String> {
                lines.iter().filter_map(|line| match line {
                    DiffLine::Kept(text) => Some(text.clone()),
                    DiffLine::Gone(text) if first => Some(text.clone()),
                    DiffLine::New(text) if !first => Some(text.clone()),
                    _ => None,
                }).collect()
            };
            prop_assert_eq!(side(true), before);
            prop_assert_eq!(side(false), after);
        }
    }
}
