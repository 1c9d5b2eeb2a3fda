//! Text that others wrote, made fit for a line of ours.

use std::fmt::Write as _;

/// Makes bytes safe to show: nothing that moves the cursor, changes colours, breaks the line or reverses
/// the writing direction gets through.
///
/// Control characters become `\n`, `\t`, `\r` or `\x1b`; invisible and direction-changing characters
/// become `\u{200b}`; bytes that are not UTF-8 become `\xff`. With `unicode` off, all characters past
/// ASCII are written as `\u{…}` too. For people: a backslash in the key itself stays as it is.
#[must_use]
pub fn sanitize(bytes: &[u8], unicode: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            // Writing to a string does not fail.
            let _ = match character {
                '\n' => text.write_str("\\n"),
                '\r' => text.write_str("\\r"),
                '\t' => text.write_str("\\t"),
                '\0'..='\x1F' | '\x7F' => write!(text, "\\x{:02x}", u32::from(character)),
                ' '..='~' => text.write_char(character),
                _ if unicode && !is_treacherous(character) => text.write_char(character),
                _ => write!(text, "\\u{{{:x}}}", u32::from(character)),
            };
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// C1 controls, and what is invisible or changes how its neighbours are shown.
fn is_treacherous(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9F}' | '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// Columns that a text takes in a terminal: 2 for East Asian wide characters and emoji, 0 for combining
/// marks, 1 for the rest. (Emoji joined to one count as their parts, as most terminals show them.)
#[must_use]
pub fn display_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(character: char) -> usize {
    match u32::from(character) {
        // Combining marks and variation selectors.
        0x300..=0x36F
        | 0x483..=0x489
        | 0x591..=0x5BD
        | 0x610..=0x61A
        | 0x64B..=0x65F
        | 0x93C
        | 0x941..=0x948
        | 0x94D
        | 0xE31
        | 0xE34..=0xE3A
        | 0xE47..=0xE4E
        | 0x1AB0..=0x1AFF
        | 0x1DC0..=0x1DFF
        | 0x20D0..=0x20FF
        | 0x3099..=0x309A
        | 0xFE00..=0xFE0F
        | 0xFE20..=0xFE2F => 0,
        // Hangul Jamo, CJK, Kana, Hangul, full-width forms, emoji.
        0x1100..=0x115F
        | 0x231A..=0x231B
        | 0x23E9..=0x23EC
        | 0x25FD..=0x25FE
        | 0x2614..=0x2615
        | 0x2648..=0x2653
        | 0x26A1
        | 0x26BD..=0x26BE
        | 0x26C4..=0x26C5
        | 0x2705
        | 0x270A..=0x270B
        | 0x2728
        | 0x274C
        | 0x2753..=0x2755
        | 0x2795..=0x2797
        | 0x2B1B..=0x2B1C
        | 0x2B50
        | 0x2E80..=0x303E
        | 0x3041..=0x33FF
        | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF
        | 0xA000..=0xA4CF
        | 0xA960..=0xA97F
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x16FE0..=0x18AFF
        | 0x1B000..=0x1B2FF
        | 0x1F004
        | 0x1F0CF
        | 0x1F18E
        | 0x1F191..=0x1F19A
        | 0x1F1E6..=0x1F265
        | 0x1F300..=0x1F64F
        | 0x1F680..=0x1F6FF
        | 0x1F7E0..=0x1F7EB
        | 0x1F900..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// Cuts a text to at most `width` columns, in its middle: the start of a key says where it lies and its
/// end what it is.
#[must_use]
pub fn fit(text: &str, width: usize, unicode: bool) -> String {
    if display_width(text) <= width {
        return text.to_owned();
    }
    let ellipsis = if unicode { "…" } else { "..." };
    let Some(room) = width.checked_sub(display_width(ellipsis)) else { return String::new() };
    let head = take(text.chars(), room / 2);
    let tail: String =
        take(text.chars().rev(), room - display_width(&head)).chars().rev().collect();
    format!("{head}{ellipsis}{tail}")
}

fn take(characters: impl Iterator<Item = char>, width: usize) -> String {
    let mut used = 0;
    let fits = |character: &char| {
        used += char_width(*character);
        used <= width
    };
    characters.take_while(fits).collect()
}

/// Fits a text into exactly `width` columns, flush left.
pub(super) fn left(text: &str, width: usize, unicode: bool) -> String {
    let fitted = fit(text, width, unicode);
    let missing = width.saturating_sub(display_width(&fitted));
    fitted + &" ".repeat(missing)
}

/// Sets a text flush right in at least `width` columns. Figures are never cut.
pub(super) fn right(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(display_width(text))) + text
}

/// Breaks a text into lines of at most `width` columns, between words.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if let Some(line) = lines.last_mut()
            && (line.is_empty() || display_width(line) + 1 + display_width(word) <= width)
        {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_could_steer_it() {
        assert_eq!(sanitize(b"a\x1b[31mred\n\x07\x7f", true), "a\\x1b[31mred\\n\\x07\\x7f");
        assert_eq!(
            sanitize("\u{9b}2J\u{202e}gpj\u{200b}".as_bytes(), true),
            "\\u{9b}2J\\u{202e}gpj\\u{200b}"
        );
        assert_eq!(sanitize(b"\xff\xfeok\xc3", true), "\\xff\\xfeok\\xc3");
        assert_eq!(sanitize("日本/ü".as_bytes(), true), "日本/ü");
        assert_eq!(sanitize("ü".as_bytes(), false), "\\u{fc}");
    }

    #[test]
    fn width_counts_columns() {
        assert_eq!(
            [
                display_width("abc"),
                display_width("日本"),
                display_width("😀"),
                display_width("e\u{301}")
            ],
            [3, 4, 2, 1]
        );
    }

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(fit("abcdefghij", 7, true), "abc…hij");
        assert_eq!(fit("abcdefghij", 7, false), "ab...ij");
        assert_eq!(fit("日本語日本語", 7, true), "日…本語");
        assert_eq!(fit("abc", 0, true), "");
        assert_eq!(fit("abc", 3, true), "abc");
    }

    #[test]
    fn wrapping_breaks_between_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("overlong", 3), ["overlong"]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_become_one_printable_line(bytes: Vec<u8>, text: String, width in 0_usize..40) {
            for raw in [&bytes[..], text.as_bytes()] {
                for unicode in [true, false] {
                    let safe = sanitize(raw, unicode);
                    proptest::prop_assert!(!safe.chars().any(|c| c.is_control() || is_treacherous(c)));
                    proptest::prop_assert!(unicode || safe.is_ascii());
                    proptest::prop_assert!(display_width(&fit(&safe, width, unicode)) <= width);
                    proptest::prop_assert_eq!(display_width(&left(&safe, width, unicode)), width);
                }
            }
        }
    }
}
