//! How the service's structures and XML elements are made of each other.

use std::fmt;

use zeroize::Zeroizing;

use crate::alibaba::xml::Element;

/// Something that an element, or several of one name, can hold.
pub(super) trait Value: Sized {
    /// Adds this to `parent` under `name`.
    fn put(&self, name: &str, parent: &mut Element);

    /// Takes it from `parent`; `None` where it is not there.
    ///
    /// # Errors
    /// The name of an element that does not hold what it should.
    fn take(name: &'static str, parent: &Element) -> Result<Option<Self>, &'static str>;
}

/// A text that is sent and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Zeroizing<String>);

impl Secret {
    /// Takes a secret into care.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Value for Secret {
    fn put(&self, name: &str, parent: &mut Element) {
        parent.children.push(Element::leaf(name, &*self.0));
    }

    fn take(name: &'static str, parent: &Element) -> Result<Option<Self>, &'static str> {
        Ok(parent.text_of(name).map(Self::new))
    }
}

impl Value for String {
    fn put(&self, name: &str, parent: &mut Element) {
        parent.children.push(Element::leaf(name, self));
    }

    fn take(name: &'static str, parent: &Element) -> Result<Option<Self>, &'static str> {
        Ok(parent.text_of(name).map(str::to_owned))
    }
}

impl Value for bool {
    fn put(&self, name: &str, parent: &mut Element) {
        parent.children.push(Element::leaf(name, self));
    }

    fn take(name: &'static str, parent: &Element) -> Result<Option<Self>, &'static str> {
        match parent.text_of(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(name),
        }
    }
}

impl Value for i64 {
    fn put(&self, name: &str, parent: &mut Element) {
        parent.children.push(Element::leaf(name, self));
    }

    fn take(name: &'static str, parent: &Element) -> Result<Option<Self>, &'static str> {
        parent.text_of(name).map(|text| text.parse().map_err(|_| name)).transpose()
    }
}

impl Value for Vec<String> {
    fn put(&self, name: &str, parent: &mut Element) {
        parent.children.extend(self.iter().map(|text| Element::leaf(name, text)));
    }

    fn take(name: &'static str, parent: &Element) -> Result<Option<Self>, &'static str> {
        let found: Self = parent.all(name).map(|child| child.text.clone()).collect();
        Ok(Some(found).filter(|found| !found.is_empty()))
    }
}

/// A structure whose members are all optional.
pub(super) trait Model: Sized {
    /// Adds all members to `element`.
    fn fill(&self, element: &mut Element);

    /// Takes all members from `element`.
    ///
    /// # Errors
    /// The name of an element that does not hold what it should.
    fn read(element: &Element) -> Result<Self, &'static str>;

    /// This as an element of this name.
    fn element(&self, name: &str) -> Element {
        let mut element = Element::new(name);
        self.fill(&mut element);
        element
    }
}

impl<M: Model> Value for M {
    fn put(&self, name: &str, parent: &mut Element) {
        parent.children.push(self.element(name));
    }

    fn take(name: &'static str, parent: &Element) -> Result<Option<Self>, &'static str> {
        parent.child(name).map(M::read).transpose()
    }
}

/// Defines structures of the service: members in our names, optional, with the elements they stand for.
macro_rules! models {
    ($(
        $(#[$doc:meta])*
        $name:ident { $( $(#[$member_doc:meta])* $member:ident: $kind:ty = $element:literal, )+ }
    )+) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name { $( $(#[$member_doc])* pub $member: Option<$kind>, )+ }

        impl $name {
            /// Takes the members out of an element's children.
            ///
            /// # Errors
            /// The name of a child that does not hold what it should.
            pub fn from_element(element: &$crate::alibaba::xml::Element) -> Result<Self, &'static str> {
                $crate::alibaba::mgw::model::Model::read(element)
            }
        }

        impl $crate::alibaba::mgw::model::Model for $name {
            fn fill(&self, element: &mut $crate::alibaba::xml::Element) {
                $( if let Some(value) = &self.$member {
                    $crate::alibaba::mgw::model::Value::put(value, $element, element);
                } )+
            }

            fn read(element: &$crate::alibaba::xml::Element) -> Result<Self, &'static str> {
                Ok(Self { $(
                    $member: <$kind as $crate::alibaba::mgw::model::Value>::take($element, element)?,
                )+ })
            }
        }
    )+ };
}

pub(super) use models;
