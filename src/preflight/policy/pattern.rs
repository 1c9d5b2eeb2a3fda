//! `*` for any text and `?` for any character.

/// Whether `pattern` matches whatever `asked` matches. `asked` may be a plain text.
pub(super) fn covers(pattern: &str, asked: &str) -> bool {
    // The same walk that matches a text: a star of `asked` is a character that only a star matches.
    let (pattern, asked): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), asked.chars().collect());
    let (mut at, mut of) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while of < asked.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, of));
                at += 1;
            }
            Some('?') if asked[of] != '*' => (at, of) = (at + 1, of + 1),
            Some(own) if *own == asked[of] && *own != '?' => (at, of) = (at + 1, of + 1),
            _ => {
                // The last star takes one character more.
                let Some((back, taken)) = star else { return false };
                star = Some((back, taken + 1));
                (at, of) = (back + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

/// Whether some text is matched by both.
pub(super) fn touches(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    // `reachable[j]`: whether the part of `one` so far and the first `j` characters of `other` match something
    // in common.
    let step = |before: &[bool], character: Option<char>| {
        let mut reachable = vec![false; other.len() + 1];
        for j in 0..=other.len() {
            let from_above = character.is_none_or(|c| c == '*') && before[j]
                || j > 0 && other[j - 1] == '*' && before[j];
            let both = j > 0
                && before[j - 1]
                && character.is_some_and(|c| {
                    c == other[j - 1] || matches!(c, '*' | '?') || matches!(other[j - 1], '*' | '?')
                });
            let along =
                j > 0 && reachable[j - 1] && (other[j - 1] == '*' || character == Some('*'));
            reachable[j] = from_above || both || along;
        }
        reachable
    };
    let mut first = vec![false; other.len() + 1];
    first[0] = true;
    for j in 1..=other.len() {
        first[j] = first[j - 1] && other[j - 1] == '*';
    }
    let last = one.iter().fold(first, |before, character| step(&before, Some(*character)));
    last[other.len()]
}

/// The same for names of resources, `acs:<service>:<region>:<account>:<name>`: no star reaches from one of these
/// parts into the next.
pub(super) fn by_parts(compare: fn(&str, &str) -> bool, one: &str, other: &str) -> bool {
    const PARTS: usize = 5;
    let parts = |name: &str| name.splitn(PARTS, ':').map(str::to_owned).collect::<Vec<_>>();
    let (ones, others) = (parts(one), parts(other));
    if ones.len() < PARTS || others.len() < PARTS {
        return compare(one, other);
    }
    ones.iter().zip(&others).all(|(one, other)| compare(one, other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All texts over two letters, up to this length.
    fn texts(length: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..length {
            last = last
                .iter()
                .flat_map(|text| ["a", "b"].map(|more| format!("{text}{more}")))
                .collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, text, expected) in [
            ("oss:Get*", "oss:GetObject", true),
            ("oss:Get*", "oss:PutObject", false),
            ("*", "", true),
            ("a*b*c", "axxbxxbc", true),
            ("a?c", "ac", false),
            ("acs:oss:*:*:b", "acs:oss:*:*:b", true),
            ("acs:oss:*:1:b/*", "acs:oss:*:*:b/*", false),
            ("acs:oss:*:*:b/*", "acs:oss:oss-cn-hangzhou:1:b/k", true),
        ] {
            assert_eq!(covers(pattern, text), expected, "{pattern} {text}");
        }
        assert!(touches("acs:oss:*:1:b/*", "acs:oss:*:*:b/*"));
        assert!(touches("oss:*Object", "oss:Get*"));
        assert!(!touches("oss:Put*", "oss:Get*"));
        assert!(!touches("b", "b/*"));
        let (asked, other) = ("acs:oss:*:200:b/*", "acs:oss:*:*:other/*");
        assert!(touches(asked, other) && !by_parts(touches, asked, other));
        assert!(by_parts(touches, asked, "*") && by_parts(covers, "acs:oss:*:*:b/*", asked));
    }

    proptest! {
        #[test]
        fn both_agree_with_the_texts_that_patterns_match(one in "[ab*?]{0,5}", other in "[ab*?]{0,5}") {
            let all = texts(7);
            let matched = |pattern: &str| -> Vec<&String> {
                all.iter().filter(|text| covers(pattern, text)).collect()
            };
            let (ones, others) = (matched(&one), matched(&other));
            let common = ones.iter().any(|text| others.contains(text));
            prop_assert_eq!(touches(&one, &other), common);
            if covers(&one, &other) {
                prop_assert!(others.iter().all(|text| ones.contains(text)));
            }
        }
    }
}
