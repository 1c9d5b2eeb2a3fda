//! Globs over keys, which are bytes.
//!
//! Not a library's: those match paths, and take `\` for a separator on some systems, `?` for one byte,
//! or the bytes that are not UTF-8 for something else.

use super::error::GlobProblem;

/// A choice multiplies patterns; nobody types more than this by hand.
const MAX_PATTERNS: usize = 1024;

/// A compiled glob.
#[derive(Clone, Debug)]
pub struct Glob {
    /// The choices written out; one that matches is enough.
    patterns: Vec<Vec<Part>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// These bytes.
    Literal(Vec<u8>),
    /// Any bytes, or none.
    Star,
    /// One character.
    Any,
    /// One character that is in one of the ranges, or in none if negated.
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// A part, or what is one or none of them once it is known what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Part(Part),
    /// `**`.
    TwoStars,
}

impl Glob {
    /// Compiles a glob.
    ///
    /// # Errors
    /// [`GlobProblem`] that says what is malformed.
    pub fn new(text: &str) -> Result<Self, GlobProblem> {
        if text.is_empty() {
            return Err(GlobProblem::Empty);
        }
        let chars: Vec<char> = text.chars().collect();
        let mut parser = Parser { chars: &chars, next: 0 };
        let mut patterns = Vec::new();
        for choice in parser.choices(0)? {
            written_out(&choice, &mut patterns)?;
        }
        Ok(Self { patterns: patterns.into_iter().map(join).collect() })
    }

    /// Whether the glob matches all of `key`.
    #[must_use]
    pub fn matches(&self, key: &[u8]) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, key))
    }
}

struct Parser<'a> {
    chars: &'a [char],
    next: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.next).copied()
    }

    fn take(&mut self) -> Option<char> {
        let taken = self.peek();
        self.next += usize::from(taken.is_some());
        taken
    }

    /// Reads up to the end, or inside braces up to the `}`; returns all patterns that the text stands for.
    fn choices(&mut self, depth: usize) -> Result<Vec<Vec<Token>>, GlobProblem> {
        let mut done = Vec::new();
        let mut open = vec![Vec::new()];
        loop {
            let alternatives = match self.take() {
                None if depth == 0 => break,
                Some('}') if depth > 0 => break,
                None | Some('}') => return Err(GlobProblem::OpenBrace),
                Some(',') if depth > 0 => {
                    done.append(&mut open);
                    open.push(Vec::new());
                    continue;
                }
                Some('{') => self.choices(depth + 1)?,
                Some('*') => vec![vec![self.star()]],
                Some('?') => vec![vec![Token::Part(Part::Any)]],
                Some('[') => vec![vec![Token::Part(self.class()?)]],
                Some('\\') => {
                    let escaped = self.take().ok_or(GlobProblem::OpenEscape)?;
                    vec![vec![Token::Part(literal(escaped))]]
                }
                Some(other) => vec![vec![Token::Part(literal(other))]],
            };
            if open.len() * alternatives.len() + done.len() > MAX_PATTERNS {
                return Err(GlobProblem::TooManyChoices);
            }
            open = open
                .iter()
                .flat_map(|start| {
                    alternatives.iter().map(move |end| [start.as_slice(), end].concat())
                })
                .collect();
        }
        done.append(&mut open);
        Ok(done)
    }

    /// After a `*`.
    fn star(&mut self) -> Token {
        let stars = self.chars[self.next..].iter().take_while(|&&c| c == '*').count();
        self.next += stars;
        if stars == 1 { Token::TwoStars } else { Token::Part(Part::Star) }
    }

    /// After a `[`. A `]` right at the start stands for itself, as in shells.
    fn class(&mut self) -> Result<Part, GlobProblem> {
        let negated = matches!(self.peek(), Some('!' | '^'));
        self.next += usize::from(negated);
        let mut ranges = Vec::new();
        loop {
            let low = match self.take().ok_or(GlobProblem::OpenClass)? {
                ']' if !ranges.is_empty() => return Ok(Part::Class { negated, ranges }),
                '\\' => self.take().ok_or(GlobProblem::OpenClass)?,
                other => other,
            };
            let is_range = self.peek() == Some('-')
                && self.chars.get(self.next + 1).is_some_and(|&after| after != ']');
            let high = if is_range {
                self.next += 1;
                match self.take() {
                    Some('\\') => self.take().ok_or(GlobProblem::OpenClass)?,
                    other => other.ok_or(GlobProblem::OpenClass)?,
                }
            } else {
                low
            };
            if high < low {
                return Err(GlobProblem::BackwardRange);
            }
            ranges.push((low, high));
        }
    }
}

/// Adds what one choice stands for: `**/` at its start or behind a `/` is any folders or none, `**` elsewhere one
/// star.
fn written_out(choice: &[Token], patterns: &mut Vec<Vec<Part>>) -> Result<(), GlobProblem> {
    let slash = Token::Part(literal('/'));
    let mut open = vec![Vec::new()];
    let mut tokens = choice.iter().peekable();
    let mut at_folder = true;
    while let Some(token) = tokens.next() {
        if *token == Token::TwoStars
            && at_folder
            && tokens.next_if(|next| **next == slash).is_some()
        {
            let some: Vec<Vec<Part>> = open
                .iter()
                .map(|start: &Vec<Part>| [start.as_slice(), &[Part::Star, literal('/')]].concat())
                .collect();
            open.extend(some);
        } else {
            let part = match token {
                Token::Part(part) => part,
                Token::TwoStars => &Part::Star,
            };
            for pattern in &mut open {
                pattern.push(part.clone());
            }
            at_folder = *token == slash;
        }
        if patterns.len() + open.len() > MAX_PATTERNS {
            return Err(GlobProblem::TooManyChoices);
        }
    }
    patterns.append(&mut open);
    Ok(())
}

fn literal(character: char) -> Part {
    Part::Literal(character.to_string().into_bytes())
}

/// Joins literals that follow each other, and stars that do.
fn join(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Part::Literal(before)), Part::Literal(more)) => before.extend(more),
            (Some(Part::Star), Part::Star) => {}
            (_, part) => joined.push(part),
        }
    }
    joined
}

/// Matches with one point to come back to, the latest star: what an earlier star could take instead,
/// the later one can take as well.
fn matches(pattern: &[Part], key: &[u8]) -> bool {
    let (mut parts, mut rest) = (pattern, key);
    let mut retry: Option<(&[Part], &[u8])> = None;
    loop {
        let stepped = match parts.split_first() {
            None if rest.is_empty() => return true,
            None => None,
            Some((Part::Star, [])) => return true,
            Some((Part::Star, after)) => {
                // Nothing but a literal behind it: it must be the end of the key.
                if let [Part::Literal(end)] = after {
                    return rest.ends_with(end);
                }
                retry = Some((after, rest));
                parts = after;
                continue;
            }
            Some((part, after)) => step(part, rest).map(|rest| (after, rest)),
        };
        if let Some(next) = stepped {
            (parts, rest) = next;
            continue;
        }
        // The latest star takes one character more, or as many as it takes to its literal's next place.
        let Some((after, from)) = retry else {
            return false;
        };
        let Some((_, from)) = first_char(from) else {
            return false;
        };
        let skip = match after.first() {
            Some(Part::Literal(bytes)) => memchr::memmem::find(from, bytes),
            _ => Some(0),
        };
        let Some(skip) = skip else { return false };
        retry = Some((after, &from[skip..]));
        (parts, rest) = (after, &from[skip..]);
    }
}

/// What is left of `key` after one part other than a star.
fn step<'k>(part: &Part, key: &'k [u8]) -> Option<&'k [u8]> {
    match part {
        Part::Literal(bytes) => key.strip_prefix(bytes.as_slice()),
        Part::Star => Some(key),
        Part::Any => first_char(key).map(|(_, rest)| rest),
        Part::Class { negated, ranges } => {
            let (first, rest) = first_char(key)?;
            // A byte that is no character is in no set, so only a negated class takes it.
            let found =
                first.is_some_and(|c| ranges.iter().any(|&(low, high)| (low..=high).contains(&c)));
            (found != *negated).then_some(rest)
        }
    }
}

/// The first character and the rest; a byte that begins no character counts as one, without a value.
fn first_char(key: &[u8]) -> Option<(Option<char>, &[u8])> {
    let &first = key.first()?;
    if first.is_ascii() {
        return Some((Some(char::from(first)), &key[1..]));
    }
    let start = &key[..key.len().min(4)];
    let chunk = start.utf8_chunks().next()?;
    Some(match chunk.valid().chars().next() {
        Some(character) => (Some(character), &key[character.len_utf8()..]),
        None => (None, &key[1..]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(glob: &str, key: impl AsRef<[u8]>) -> bool {
        Glob::new(glob).unwrap().matches(key.as_ref())
    }

    #[test]
    fn a_star_takes_whole_characters() {
        assert!(!matches("*[!é]", "café") && matches("*[!é]", "cafe"));
        assert!(!matches("*??", "€") && matches("*??", "€€"));
        assert!(matches("*?x*", "€x") && matches("*??", b"\xff\xfe"));
    }

    #[test]
    fn stars_cross_folders_and_globs_are_anchored() {
        assert!(matches("*.jpg", "a/b/c.jpg"));
        assert!(!matches("*.jpg", "a/b/c.jpg.bak"));
        assert!(!matches("b/*", "a/b/c"));
        assert!(matches("a/*/c", "a/x/y/c"));
        assert!(matches("*", ""));
        assert!(matches("**", "a/b"));
    }

    #[test]
    fn double_star_folders_may_be_none() {
        for key in ["a/c", "a/b/c", "a/b/b/c"] {
            assert!(matches("a/**/c", key), "{key}");
        }
        assert!(!matches("a/**/c", "a/bc"));
        assert!(matches("**/c", "c"));
        assert!(matches("**/c", "a/b/c"));
        assert!(!matches("**/c", "bc"));
        for (glob, key, is_matched) in [
            ("{**/c,x}", "c", true),
            ("{**/c,x}", "a/b/c", true),
            ("{**/c,x}", "bc", false),
            ("a/{x,**/c}", "a/b/c", true),
            ("a/{x,**/c}", "a/c", true),
            ("{a/,b}**/c", "a/c", true),
            ("{a/,b}**/c", "bq/c", true),
            ("{a/,b}**/c", "bc", false),
        ] {
            assert_eq!(matches(glob, key), is_matched, "{glob} {key}");
        }
    }

    #[test]
    fn a_question_mark_is_one_character_not_one_byte() {
        assert!(matches("?.txt", "ü.txt"));
        assert!(matches("?.txt", "😀.txt"));
        assert!(!matches("??.txt", "ü.txt"));
        assert!(matches("?.txt", b"\xFF.txt"));
        assert!(matches("[ä-ü].txt", "ö.txt"));
    }

    #[test]
    fn bytes_that_are_not_text_match_stars_and_negated_classes() {
        assert!(matches("a*z", b"a\xFF\xFE\0z"));
        assert!(matches("[!a]", b"\xFF"));
        assert!(!matches("[a]", b"\xFF"));
        assert!(!matches("\u{FFFD}", b"\xFF"));
    }

    #[test]
    fn special_characters_can_be_meant_literally() {
        assert!(matches(r"\*\{\}\[\?\\", r"*{}[?\"));
        assert!(matches("[]]", "]"));
        assert!(matches("[*]", "*"));
        assert!(matches("[a-]", "-"));
        assert!(matches(r"a\b", "ab"));
        assert!(!matches("a/b", r"a\b"));
    }

    #[test]
    fn choices_are_written_out() {
        assert!(matches("*.{jpg,pn{g,m},}", "a.pnm"));
        assert!(matches("*.{jpg,}", "a."));
        assert!(!matches("*.{jpg,png}", "a.gif"));
        assert!(matches("a,b", "a,b"));
    }

    #[test]
    fn malformed_globs_are_named() {
        for (glob, problem) in [
            ("", GlobProblem::Empty),
            ("[a", GlobProblem::OpenClass),
            ("[]", GlobProblem::OpenClass),
            ("[z-a]", GlobProblem::BackwardRange),
            ("{a", GlobProblem::OpenBrace),
            ("a}", GlobProblem::OpenBrace),
            ("a\\", GlobProblem::OpenEscape),
            (
                "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
                GlobProblem::TooManyChoices,
            ),
        ] {
            assert_eq!(Glob::new(glob).map(drop), Err(problem), "{glob}");
        }
    }

    #[test]
    fn a_hostile_key_costs_no_exponential_time() {
        assert!(!matches("*a*a*a*a*a*a*a*a*a*b", "a".repeat(1024)));
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(2000))]
        #[test]
        fn agrees_with_the_globset_crate_on_ascii(
            glob in r"([ab/]|\*|\*\*/|\?|\[a-b\]|\[!a\]|\{a,b/\}|\\\*){1,7}",
            key in r"[ab/*]{0,10}",
        ) {
            // Theirs is odd where a `**/` ends the glob or touches another star: `**/` matches `a` there.
            proptest::prop_assume!(!glob.ends_with("**/") && !glob.contains("**/*") && !glob.contains("***"));
            let theirs = globset::GlobBuilder::new(&glob)
                .literal_separator(false)
                .backslash_escape(true)
                .empty_alternates(true)
                .build();
            if let Ok(theirs) = theirs {
                let theirs = theirs.compile_matcher();
                proptest::prop_assert_eq!(matches(&glob, &key), theirs.is_match(&key), "{} {}", glob, key);
            }
        }
    }
}
