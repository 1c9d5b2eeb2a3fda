//! What every document has: its head, with the looks, and its heading.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const CSS: &str = include_str!("style.css");

/// A document: `title` for the browser, `heading` and `facts` above `content`.
pub(super) fn framed(title: &str, heading: &str, facts: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – weighbridge" }
                style { (PreEscaped(CSS)) }
            }
            body {
                header {
                    h1 { (heading) }
                    p class="facts" { (facts) }
                }
                (content)
            }
        }
    }
}
