//! Bars.

use maud::{Markup, html};

use crate::report::breakdown::Breakdown;
use crate::report::figures::{bytes_iec, count, percent, share};
use crate::report::text::sanitize;

/// A table with a bar for the share of objects and one for the share of bytes in each row.
pub(super) fn shares(table: &Breakdown, whole: (u64, u128), keys: bool) -> Markup {
    html! {
        @if !table.rows.is_empty() {
            section {
                h2 { (table.title) }
                table class="shares" {
                    thead {
                        tr {
                            th scope="col" { span class="hidden" { "what" } }
                            th scope="col" colspan="2" { i class="key objects" {} "objects" }
                            th scope="col" colspan="2" { i class="key bytes" {} "bytes" }
                        }
                    }
                    tbody {
                        @for row in &table.rows {
                            tr {
                                th scope="row" class=[keys.then_some("path")] {
                                    @let label = sanitize(&row.label, true);
                                    span title=(label) { (label) }
                                }
                                @let objects = share(row.objects.into(), whole.0.into());
                                @let bytes = share(row.bytes, whole.1);
                                td class="number" { (count(row.objects)) }
                                td class="bar" { (bar(objects, "objects")) span { (percent(objects)) } }
                                td class="number" { (bytes_iec(row.bytes)) }
                                td class="bar" { (bar(bytes, "bytes")) span { (percent(bytes)) } }
                            }
                        }
                    }
                }
                @if let Some(note) = &table.note { p class="note" { (note) } }
            }
        }
    }
}

/// One bar; what is not nothing shows at least a sliver.
fn bar(share: f64, class: &str) -> Markup {
    let width = if share > 0.0 { (share * 100.0).max(0.7) } else { 0.0 };
    html! {
        svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" {
            rect class="track" width="100" height="10" {}
            rect class=(class) width=(format!("{width:.2}")) height="10" {}
        }
    }
}
