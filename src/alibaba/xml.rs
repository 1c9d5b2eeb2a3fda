//! XML documents of the control calls: small, and whole in memory.
//!
//! A request's children are written by ascending names, as the official SDKs write them; elements of an
//! answer that nobody asks for are ignored.

use crate::store::text::xml::{Event, Reader, XmlError, unescape};

/// An element: text, or children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The local name.
    pub name: String,
    /// The text as it is; empty where there are children or nothing but white space.
    pub text: String,
    /// The children in their order.
    pub children: Vec<Element>,
}

impl Element {
    /// An element without content.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// An element that holds text.
    #[must_use]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "texts and numbers, with and without an owner"
    )]
    pub fn leaf(name: impl Into<String>, text: impl ToString) -> Self {
        Self { name: name.into(), text: text.to_string(), children: Vec::new() }
    }

    /// The same with a child.
    #[must_use]
    pub fn with(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// The same with a child that holds `text`, if there is one.
    #[must_use]
    pub fn with_some(self, name: &str, text: Option<impl ToString>) -> Self {
        if let Some(text) = text { self.with(Self::leaf(name, text)) } else { self }
    }

    /// Adds text at a path of names, in elements that are there already as far as they are.
    pub fn insert(&mut self, path: &str, text: impl ToString) {
        let Some((name, rest)) = path.split_once('/') else {
            self.children.push(Self::leaf(path, text));
            return;
        };
        if let Some(child) = self.children.iter_mut().find(|child| child.name == name) {
            child.insert(rest, text);
        } else {
            let mut child = Self::new(name);
            child.insert(rest, text);
            self.children.push(child);
        }
    }

    /// The first child of this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of a child, trimmed; `None` where it is empty or not there.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// The text of a child as it is, such as a key that ends in a blank; empty where it is not there.
    #[must_use]
    pub fn whole_text_of(&self, name: &str) -> &str {
        self.child(name).map(|child| child.text.as_str()).unwrap_or_default()
    }

    /// The document, children by ascending names. Equal names keep their order.
    #[must_use]
    pub fn document(&self) -> String {
        let mut text = r#"<?xml version="1.0" encoding="utf-8"?>"#.to_owned();
        self.write(&mut text);
        text
    }

    fn write(&self, into: &mut String) {
        into.push('<');
        into.push_str(&self.name);
        into.push('>');
        for character in self.text.chars() {
            match character {
                '&' => into.push_str("&amp;"),
                '<' => into.push_str("&lt;"),
                '>' => into.push_str("&gt;"),
                other => into.push(other),
            }
        }
        let mut children: Vec<&Element> = self.children.iter().collect();
        children.sort_by(|one, two| one.name.cmp(&two.name));
        for child in children {
            child.write(into);
        }
        into.push_str("</");
        into.push_str(&self.name);
        into.push('>');
    }

    /// Reads a document; `None` if it is none, is cut, or is not UTF-8.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let Event::Start(name) = reader.next().ok()? else { return None };
        let root = Self::read(&mut reader, body, &body[name]).ok()??;
        matches!(reader.next(), Ok(Event::Done)).then_some(root)
    }

    fn read(reader: &mut Reader<'_>, body: &[u8], name: &[u8]) -> Result<Option<Self>, XmlError> {
        let Ok(name) = std::str::from_utf8(name) else { return Ok(None) };
        let mut element = Self::new(name);
        let mut text = Vec::new();
        loop {
            match reader.next()? {
                Event::Start(name) => match Self::read(reader, body, &body[name])? {
                    Some(child) => element.children.push(child),
                    None => return Ok(None),
                },
                Event::Text(range) if unescape(&body[range.clone()], &mut text) => {}
                Event::Literal(range) => text.extend_from_slice(&body[range]),
                Event::Text(_) | Event::Done => return Ok(None),
                Event::End => break,
            }
        }
        if element.children.is_empty() {
            let Ok(text) = std::str::from_utf8(&text) else { return Ok(None) };
            if !text.trim().is_empty() {
                text.clone_into(&mut element.text);
            }
        }
        Ok(Some(element))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_written_by_name_and_lists_in_their_order() {
        let list = Element::new("Includes")
            .with(Element::leaf("Regex", r".*\.jpg$"))
            .with(Element::leaf("Regex", "a&b"));
        let job = Element::new("ImportJob").with(Element::leaf("Name", "n")).with(list);
        assert_eq!(
            job.document(),
            r#"<?xml version="1.0" encoding="utf-8"?><ImportJob><Includes><Regex>.*\.jpg$</Regex><Regex>a&amp;b</Regex></Includes><Name>n</Name></ImportJob>"#
        );
    }

    #[test]
    fn answers_are_read_whatever_else_they_hold() {
        let text = "<?xml version='1.0'?>\n<a:R xmlns:a='x'>\n <N> v&amp;w </N><New><Deep/></New><L>1</L><L>2</L><E/>\n</a:R>";
        let read = Element::parse(text.as_bytes()).unwrap();
        assert_eq!((read.name.as_str(), read.text.as_str()), ("R", ""));
        assert_eq!((read.text_of("N"), read.whole_text_of("N")), (Some("v&w"), " v&w "));
        assert_eq!(read.text_of("E"), None);
        let list: Vec<_> = read.all("L").map(|element| element.text.as_str()).collect();
        assert_eq!(list, ["1", "2"]);
        assert!(Element::parse(&text.as_bytes()[..text.len() - 3]).is_none());
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(name in "[A-Z][a-z]{0,8}", text in "[ -~é中]{0,20}") {
            let text = if text.trim().is_empty() { "" } else { &text };
            let element = Element::new("R").with(Element::leaf(name, text));
            proptest::prop_assert_eq!(Element::parse(element.document().as_bytes()), Some(element));
        }
    }
}
