//! The document of a listing.

use crate::simulator::civil::push_padded;
use crate::simulator::content::{Attributes, EntityTag};
use crate::simulator::history::VersionEntry;
use crate::simulator::s3::{Page, View, push_xml};
use crate::store::Form;

/// What a listing says of itself beside its entries.
pub(super) struct Heading<'a> {
    pub(super) container: &'a str,
    pub(super) prefix: &'a [u8],
    pub(super) delimiter: &'a [u8],
    pub(super) marker: &'a [u8],
    pub(super) limit: u64,
    /// The first name asked for.
    pub(super) start: Option<&'a [u8]>,
    /// What the listing goes on with.
    pub(super) next: Option<String>,
    /// Whether directories are entries of their own, and entries say what they are.
    pub(super) hierarchical: bool,
}

/// Appends a listing to an empty buffer: blobs and common prefixes in one order.
pub(super) fn push_listing(out: &mut Vec<u8>, view: &View, page: &Page, heading: &Heading<'_>) {
    out.reserve(1_024 + usize::try_from(page.object_count()).unwrap_or(0) * 720);
    open(out, heading);
    out.extend_from_slice(b"<Blobs>");
    let mut previous = Vec::new();
    if heading.hierarchical && page.covered.start > 0 {
        view.key(page.covered.start - 1, &mut previous);
    }
    let mut groups = page.prefixes.iter().peekable();
    for run in &page.objects {
        view.visit(run.clone(), &mut |name, attributes| {
            while let Some(group) = groups.next_if(|group| view.compare(group, name).is_lt()) {
                push_group(out, group);
            }
            if heading.hierarchical {
                push_directories(out, view, &previous, name, heading);
                previous.clear();
                previous.extend_from_slice(name);
            }
            push_blob(out, name, &[], &attributes, heading.hierarchical.then_some("file"));
        });
    }
    groups.for_each(|group| push_group(out, group));
    out.extend_from_slice(b"</Blobs>");
    close(out, heading);
}

/// Appends a listing of versions, snapshots and deleted blobs to an empty buffer.
pub(super) fn push_history<'a>(
    out: &mut Vec<u8>,
    entries: impl Iterator<Item = &'a VersionEntry>,
    versioned: bool,
    heading: &Heading<'_>,
) {
    open(out, heading);
    out.extend_from_slice(b"<Blobs>");
    for entry in entries {
        let Some((size, storage_class)) = &entry.stored else { continue };
        let mut about = Vec::with_capacity(2);
        match entry.form {
            Form::Snapshot => about.push(("Snapshot", entry.id.as_str())),
            Form::Deleted => about.extend([("Deleted", "true"), ("VersionId", &entry.id)]),
            Form::Version if versioned => about.push(("VersionId", entry.id.as_str())),
            Form::Version => {}
        }
        if entry.latest && versioned {
            about.push(("IsCurrentVersion", "true"));
        }
        let attributes = Attributes {
            size: *size,
            modified: entry.modified,
            storage_class,
            etag: EntityTag::default(),
        };
        let kind = heading.hierarchical.then_some("file");
        push_blob(out, &entry.key, &about, &attributes, kind);
    }
    out.extend_from_slice(b"</Blobs>");
    close(out, heading);
}

fn open(out: &mut Vec<u8>, heading: &Heading<'_>) {
    out.extend_from_slice("\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>".as_bytes());
    out.extend_from_slice(
        b"<EnumerationResults ServiceEndpoint=\"http://localhost/\" ContainerName=\"",
    );
    push_xml(out, heading.container.as_bytes());
    out.extend_from_slice(b"\">");
    for (name, text) in [
        ("Prefix", heading.prefix),
        ("Marker", heading.marker),
        ("MaxResults", heading.limit.to_string().as_bytes()),
        ("Delimiter", heading.delimiter),
    ] {
        if !text.is_empty() {
            push_text(out, name, text);
        }
    }
}

fn close(out: &mut Vec<u8>, heading: &Heading<'_>) {
    match &heading.next {
        Some(next) => push_text(out, "NextMarker", next.as_bytes()),
        None => out.extend_from_slice(b"<NextMarker />"),
    }
    out.extend_from_slice(b"</EnumerationResults>");
}

/// Appends the directories that `name` is in and `previous` is not, the outermost first.
fn push_directories(
    out: &mut Vec<u8>,
    view: &View,
    previous: &[u8],
    name: &[u8],
    heading: &Heading<'_>,
) {
    for at in memchr::memchr_iter(b'/', name) {
        let directory = &name[..at];
        let asked = directory.starts_with(heading.prefix)
            && heading.start.is_none_or(|start| view.compare(directory, start).is_ge());
        // With a delimiter only the level itself is shown, and directories are groups.
        if asked && heading.delimiter.is_empty() && !previous.starts_with(&name[..=at]) {
            let attributes = Attributes {
                size: 0,
                modified: crate::object::Timestamp(0),
                storage_class: b"",
                etag: EntityTag::default(),
            };
            push_blob(out, directory, &[], &attributes, Some("directory"));
        }
    }
}

fn push_group(out: &mut Vec<u8>, name: &[u8]) {
    out.extend_from_slice(b"<BlobPrefix>");
    push_name(out, name);
    out.extend_from_slice(b"</BlobPrefix>");
}

/// Appends a blob; `about` is what it says of itself beside its properties.
fn push_blob(
    out: &mut Vec<u8>,
    name: &[u8],
    about: &[(&str, &str)],
    attributes: &Attributes<'_>,
    kind: Option<&str>,
) {
    let date = http_date(attributes.modified.0.div_euclid(1_000));
    out.extend_from_slice(b"<Blob>");
    push_name(out, name);
    for (element, text) in about {
        push_text(out, element, text.as_bytes());
    }
    out.extend_from_slice(b"<Properties>");
    push_text(out, "Creation-Time", date.as_bytes());
    push_text(out, "Last-Modified", date.as_bytes());
    push_text(out, "Etag", etag(attributes.etag).as_bytes());
    out.extend_from_slice(b"<Content-Length>");
    push_padded(out, attributes.size, 1);
    out.extend_from_slice(
        b"</Content-Length><Content-Type>application/octet-stream</Content-Type><Content-Encoding />\
          <Content-Language /><Content-CRC64 /><Content-MD5 /><Cache-Control /><Content-Disposition />",
    );
    let tier = tier(attributes.storage_class);
    let form = if tier.is_empty() { "PageBlob" } else { "BlockBlob" };
    push_text(out, "BlobType", form.as_bytes());
    if !tier.is_empty() {
        push_text(out, "AccessTier", tier);
        push_text(out, "AccessTierInferred", b"true");
    }
    out.extend_from_slice(
        b"<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>\
          <ServerEncrypted>true</ServerEncrypted>",
    );
    if let Some(kind) = kind {
        push_text(out, "ResourceType", kind.as_bytes());
    }
    out.extend_from_slice(b"</Properties><OrMetadata /></Blob>");
}

/// The access tier that stands for a storage class; none for none, as page blobs have.
pub(super) fn tier(class: &[u8]) -> &[u8] {
    match class {
        b"STANDARD" => b"Hot",
        b"STANDARD_IA" | b"ONEZONE_IA" | b"INTELLIGENT_TIERING" => b"Cool",
        b"GLACIER_IR" => b"Cold",
        b"GLACIER" | b"DEEP_ARCHIVE" => b"Archive",
        other => other,
    }
}

/// The entity tag without quotes.
pub(super) fn etag(tag: EntityTag) -> String {
    let first = tag.digest.first_chunk().copied().unwrap_or_default();
    format!("0x{:016X}", u64::from_be_bytes(first))
}

/// `Sat, 21 Nov 2026 12:00:00 GMT`.
pub(super) fn http_date(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds);
    time.map(|time| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).unwrap_or_default()
}

/// Appends a name, percent-encoded where XML cannot carry it.
fn push_name(out: &mut Vec<u8>, name: &[u8]) {
    let carried = std::str::from_utf8(name).is_ok_and(|text| {
        text.chars().all(|c| {
            matches!(c, '\t' | '\n' | '\r' | ' '..) && !matches!(c, '\u{FFFE}' | '\u{FFFF}')
        })
    });
    if carried {
        return push_text(out, "Name", name);
    }
    out.extend_from_slice(b"<Name Encoded=\"true\">");
    for &byte in name {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(percent_encoding::percent_encode_byte(byte).as_bytes());
        }
    }
    out.extend_from_slice(b"</Name>");
}

fn push_text(out: &mut Vec<u8>, name: &str, text: &[u8]) {
    out.push(b'<');
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
    push_xml(out, text);
    out.extend_from_slice(b"</");
    out.extend_from_slice(name.as_bytes());
    out.push(b'>');
}
/// The list of containers whose names begin with `prefix`.
pub(super) fn containers<'a>(names: impl Iterator<Item = &'a str>, prefix: &[u8]) -> Vec<u8> {
    let mut out =
        "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Containers>"
            .as_bytes()
            .to_vec();
    for name in names.filter(|name| name.as_bytes().starts_with(prefix)) {
        out.extend_from_slice(b"<Container><Name>");
        push_xml(&mut out, name.as_bytes());
        out.extend_from_slice(b"</Name></Container>");
    }
    out.extend_from_slice(b"</Containers><NextMarker /></EnumerationResults>");
    out
}
