//! JSON over lines.

/// The same JSON over lines, two spaces a level, with members in their order and every value to the letter. What is
/// no JSON comes out as something else that is none.
#[must_use]
pub fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        if in_string {
            out.push(character);
            (in_string, escaped) = match character {
                '"' if !escaped => (false, false),
                '\\' => (true, !escaped),
                _ => (true, false),
            };
            continue;
        }
        match character {
            '"' => {
                in_string = true;
                out.push('"');
            }
            '{' | '[' => {
                out.push(character);
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_outside_of_strings_only() {
        let json = r#"{"b": "a,{\"[\\","a":[ 1e9 ,{} ,[ ] ], "c":{"d" :null}}"#;
        let expected = "{\n  \"b\": \"a,{\\\"[\\\\\",\n  \"a\": [\n    1e9,\n    {},\n    []\n  ],\n  \"c\": {\n    \"d\": null\n  }\n}";
        assert_eq!(pretty(json), expected);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(json), read(&pretty(json)));
    }
}
