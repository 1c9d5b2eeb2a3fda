//! Configuration files of sections and settings, as the tools of several providers keep keys in.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// The settings of a section by name. Names are in small letters and without `-` and `_`, which tools
/// take as they come; values may be secret.
pub(crate) type Section = BTreeMap<String, Zeroizing<String>>;

/// The sections by name, in small letters; the number of a line that is neither section nor setting.
///
/// A section that comes twice is one. Settings before the first section are passed over.
pub(crate) fn parse(text: &str) -> Result<BTreeMap<String, Section>, usize> {
    let mut sections = BTreeMap::<String, Section>::new();
    let mut current = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let name = name.trim().to_ascii_lowercase();
            sections.entry(name.clone()).or_default();
            current = Some(name);
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(index + 1)?;
        if let Some(section) = current.as_ref().and_then(|name| sections.get_mut(name)) {
            let name = name.trim().replace(['-', '_'], "").to_ascii_lowercase();
            section.insert(name, Zeroizing::new(value.trim().to_owned()));
        }
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_settings_are_found_in_any_spelling() {
        let text = "\u{feff}; comment\nlost = 1\n[ Default ]\nAccess-Key_ID = a=b \n\n#x\n[other]\nk=\n[default]\nK2=v";
        let sections = parse(text).unwrap();
        assert_eq!(sections.keys().collect::<Vec<_>>(), ["default", "other"]);
        let default = &sections["default"];
        assert_eq!(default["accesskeyid"].as_str(), "a=b");
        assert_eq!(default["k2"].as_str(), "v");
        assert_eq!(sections["other"]["k"].as_str(), "");
    }

    #[test]
    fn a_line_that_says_nothing_is_named() {
        assert_eq!(parse("[a]\nb"), Err(2));
        assert_eq!(parse(""), Ok(BTreeMap::new()));
    }
}
