use proptest::prelude::*;

use super::*;
use crate::object::Timestamp;
use crate::store::RangeStart;

fn blob_with(name: &str, properties: &str) -> String {
    format!(
        "<Blob><Name>{name}</Name><Properties><Creation-Time>Wed, 01 May 2024 11:00:00 GMT</Creation-Time>\
         <Last-Modified>Wed, 01 May 2024 12:00:00 GMT</Last-Modified><Etag>0x8DC69</Etag>\
         <Content-Length>5</Content-Length><Content-Type>text/plain</Content-Type><Content-Encoding />\
         <BlobType>BlockBlob</BlobType>{properties}<LeaseStatus>unlocked</LeaseStatus></Properties><OrMetadata /></Blob>"
    )
}

fn blob(name: &str) -> String {
    blob_with(name, "<AccessTier>Hot</AccessTier>")
}

fn group(name: &str) -> String {
    format!("<BlobPrefix><Name>{name}</Name></BlobPrefix>")
}

fn listing(head: &str, entries: &str, marker: &str) -> String {
    format!(
        "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults \
         ServiceEndpoint=\"https://a.blob.core.windows.net/\" ContainerName=\"c\">{head}<Blobs>{entries}</Blobs>\
         <NextMarker>{marker}</NextMarker></EnumerationResults>"
    )
}

#[derive(Clone)]
struct Case {
    request: PageRequest,
    quirks: Quirks,
}

impl Default for Case {
    fn default() -> Self {
        Self { request: PageRequest::default(), quirks: crate::store::azure::quirks() }
    }
}

impl Case {
    fn after(after: &str) -> Self {
        let request = PageRequest { after: Some(after.into()), ..PageRequest::default() };
        Self { request, ..Self::default() }
    }

    fn decode(&self, body: impl AsRef<[u8]>) -> Result<Page, Rejected> {
        let run = |fast| {
            let mut page = Page::default();
            page.body.extend_from_slice(body.as_ref());
            let expected = Expected { container: "c", quirks: &self.quirks };
            decode_with(&mut page, &self.request, &expected, fast).map(|()| page)
        };
        let (fast, general) = (run(true), run(false));
        assert_eq!(summary(&fast), summary(&general), "both ways of reading agree");
        fast
    }

    fn error(&self, body: impl AsRef<[u8]>) -> PageError {
        match self.decode(body) {
            Err(Rejected::Page(error)) => error,
            other => panic!("{other:?}"),
        }
    }
}

fn summary(result: &Result<Page, Rejected>) -> String {
    match result {
        Ok(page) => format!(
            "{:?} {:?} {} {:?}",
            page.objects().collect::<Vec<_>>(),
            page.prefixes().collect::<Vec<_>>(),
            page.more(),
            page.token()
        ),
        Err(error) => format!("{error:?}"),
    }
}

fn names(page: &Page) -> Vec<String> {
    page.objects().map(|object| String::from_utf8(object.key.to_vec()).unwrap()).collect()
}

#[test]
fn the_reply_of_the_service_is_read_whole() {
    let head = "<Prefix>a&amp;b/</Prefix><MaxResults>5000</MaxResults><Delimiter>/</Delimiter>";
    let last = "<Blob><Name>a&amp;b/z</Name><Snapshot>2024-05-01T00:00:00.0000000Z</Snapshot><Properties>\
        <Last-Modified>Thu, 02 May 2024 12:00:00 GMT</Last-Modified><Etag>\"0x8D\"</Etag>\
        <Content-Length>18446744073709551615</Content-Length><BlobType>PageBlob</BlobType></Properties>\
        <Metadata><k>v</k></Metadata></Blob>";
    let entries =
        format!("{}{}{}{last}", blob("a&amp;b/1"), group("a&amp;b/x y/"), blob("a&amp;b/y+%41"));
    let request =
        PageRequest { prefix: b"a&b/".into(), delimiter: Some(b'/'), ..PageRequest::default() };
    let page =
        Case { request, ..Case::default() }.decode(listing(head, &entries, "2!8!YQ--")).unwrap();
    assert_eq!(names(&page), ["a&b/1", "a&b/y+%41", "a&b/z"]);
    let objects: Vec<_> = page.objects().collect();
    assert_eq!((objects[0].size, objects[2].size), (5, u64::MAX));
    assert_eq!(objects[0].modified, Timestamp(1_714_564_800_000));
    assert_eq!((objects[0].etag, objects[2].etag), (&b"0x8DC69"[..], &b"0x8D"[..]));
    assert_eq!((objects[0].storage_class, objects[2].storage_class), (&b"Hot"[..], &b"None"[..]));
    assert_eq!(page.prefixes().collect::<Vec<_>>(), [b"a&b/x y/"]);
    assert_eq!((page.more(), page.token()), (true, Some("2!8!YQ--")));
}

#[test]
fn an_empty_marker_in_any_spelling_ends_the_listing() {
    let body = listing("", "", "");
    for marker in ["<NextMarker></NextMarker>", "<NextMarker />", "<NextMarker/>"] {
        let page =
            Case::default().decode(body.replace("<NextMarker></NextMarker>", marker)).unwrap();
        assert!(!page.more() && page.is_empty());
    }
    let page = Case::default().decode(body.replace("<Blobs></Blobs>", "<Blobs />")).unwrap();
    assert!(!page.more() && page.is_empty());
}

#[test]
fn an_empty_page_may_go_on() {
    let page = Case::default().decode(listing("", "", "m")).unwrap();
    assert_eq!((page.is_empty(), page.more(), page.token()), (true, true, Some("m")));
}

#[test]
fn names_that_xml_cannot_carry_are_decoded_where_they_say_so() {
    let encoded = blob("%EF%BF%BE+%25").replace("<Name>", "<Name Encoded=\"true\">");
    let group = group("%EF%BF%BFz/").replace("<Name>", "<Name Encoded='true'>");
    let plain = blob("%EF").replace("<Name>", "<Name Encoded=\"false\">");
    let mut case = Case::default();
    case.request.delimiter = Some(b'/');
    let page = case.decode(listing("", &format!("{plain}{encoded}{group}"), "")).unwrap();
    assert_eq!(names(&page), ["%EF", "\u{FFFE}+%"]);
    assert_eq!(page.prefixes().collect::<Vec<_>>(), ["\u{FFFF}z/".as_bytes()]);
    for wrong in [encoded.replace("%25", "%2"), encoded.replace("true", "yes")] {
        let error = Case::default().error(listing("", &wrong, ""));
        assert!(matches!(error, PageError::BadValue { .. }), "{error}");
    }
}

#[test]
fn blobs_of_every_tier_and_type_are_counted_as_they_are_reported() {
    let tiers = ["Hot", "Cool", "Cold", "Archive", "Premium", "P10", "Smart"];
    let mut entries: String = tiers
        .iter()
        .zip('a'..)
        .map(|(tier, name)| {
            blob_with(&name.to_string(), &format!("<AccessTier>{tier}</AccessTier>"))
        })
        .collect();
    entries += &blob_with("y", "").replace("BlockBlob", "AppendBlob");
    entries += &blob_with("z", "<AccessTier />").replace("BlockBlob", "PageBlob");
    let page = Case::default().decode(listing("", &entries, "")).unwrap();
    let classes: Vec<_> = page.objects().map(|object| object.storage_class.to_vec()).collect();
    assert_eq!(classes[..tiers.len()], tiers.map(|tier| tier.as_bytes().to_vec()));
    assert_eq!(classes[tiers.len()..], [b"None".to_vec(), b"None".to_vec()]);
}

fn hierarchical() -> String {
    let directory = blob_with("d", "<ResourceType>directory</ResourceType>");
    let file = blob_with("d/f", "<AccessTier>Hot</AccessTier><ResourceType>file</ResourceType>");
    format!("{directory}{file}")
}

#[test]
fn directories_of_a_hierarchical_namespace_are_no_objects() {
    let quirks = Quirks { ordered: false, ..crate::store::azure::quirks() };
    let case = Case { quirks, ..Case::default() };
    assert_eq!(names(&case.decode(listing("", &hierarchical(), "")).unwrap()), ["d/f"]);
    let request = PageRequest { any_order: true, ..PageRequest::default() };
    let walk = Case { request, ..Case::default() };
    assert_eq!(names(&walk.decode(listing("", &hierarchical(), "")).unwrap()), ["d/f"]);
}

#[test]
fn a_hierarchical_namespace_is_not_listed_by_ranges() {
    let error = Case::default().error(listing("", &hierarchical(), ""));
    assert!(matches!(error, PageError::KeepsNoOrder { .. }) && error.is_order_violation());
}

#[test]
fn names_are_ordered_by_utf16_units() {
    let body = listing("", &format!("{}{}", blob("\u{1F600}"), blob("\u{FF5E}")), "");
    assert_eq!(Case::default().decode(body).unwrap().len(), 2);
    let body = listing("", &format!("{}{}", blob("\u{FF5E}"), blob("\u{1F600}")), "");
    assert!(matches!(Case::default().error(body), PageError::OutOfOrder { .. }));
    let body = listing("", &format!("{}{}", blob("a"), blob("a")), "");
    assert!(matches!(Case::default().error(body), PageError::OutOfOrder { .. }));
}

#[test]
fn the_inclusive_start_is_dropped_and_is_nothing_to_remark() {
    let page = Case::after("k1").decode(listing("", &(blob("k1") + &blob("k2")), "")).unwrap();
    assert_eq!((names(&page), page.repeats_start()), (vec!["k2".to_owned()], false));
    let mut following = Case::after("k1");
    following.request.token = Some("m".to_owned());
    let page = following.decode(listing("<Marker>m</Marker>", &blob("k1"), "")).unwrap();
    assert!(page.is_empty(), "an empty page came before it");
    assert_eq!(following.quirks.range_start, RangeStart::Inclusive);
}

#[test]
fn the_directory_that_a_start_lies_in_is_dropped_with_it() {
    let mut case = Case::after("d/b/x");
    case.request.prefix = b"d/".into();
    case.request.delimiter = Some(b'/');
    let entries = format!("{}{}", group("d/b/"), group("d/c/"));
    let page = case.decode(listing("", &entries, "")).unwrap();
    assert_eq!(page.prefixes().collect::<Vec<_>>(), [b"d/c/"]);
    let entries = format!("{}{}", group("d/a/"), group("d/c/"));
    assert!(matches!(case.error(listing("", &entries, "")), PageError::NotAfterStart { .. }));
}

#[test]
fn a_service_that_ignores_the_start_is_noticed() {
    let error = Case::after("k5").error(listing("", &(blob("k1") + &blob("k6")), ""));
    assert!(matches!(error, PageError::NotAfterStart { .. }));
}

#[test]
fn what_every_whole_page_has_must_be_there() {
    let body = listing("", &blob("k"), "");
    for (missing, without) in [
        ("<NextMarker>", body.replace("<NextMarker></NextMarker>", "")),
        ("<Blobs>", body.replace(&format!("<Blobs>{}</Blobs>", blob("k")), "")),
        ("<Content-Length>", body.replace("<Content-Length>5</Content-Length>", "")),
        (
            "<Last-Modified>",
            body.replace("<Last-Modified>Wed, 01 May 2024 12:00:00 GMT</Last-Modified>", ""),
        ),
        ("<Name>", body.replace("<Name>k</Name>", "")),
    ] {
        assert_ne!(without, body);
        let PageError::Truncated { missing: found, .. } = Case::default().error(&without) else {
            panic!("{without}")
        };
        assert_eq!(found, missing);
    }
}

#[test]
fn every_cut_is_noticed() {
    let body = listing("<Prefix>k</Prefix>", &format!("{}{}", blob("k&amp;"), blob("kk")), "m");
    let request = PageRequest { prefix: b"k".into(), ..PageRequest::default() };
    let case = Case { request, ..Case::default() };
    assert_eq!(case.decode(&body).unwrap().len(), 2);
    for end in 0..body.len() {
        let error = case.error(&body.as_bytes()[..end]);
        let noticed = matches!(error, PageError::Truncated { .. } | PageError::NotAListing { .. });
        assert!(noticed, "cut at {end}: {error}");
    }
}

#[test]
fn what_follows_the_root_is_refused() {
    for more in ["<x/>", "x", "<EnumerationResults/>"] {
        let error = Case::default().error(listing("", "", "") + more);
        assert!(matches!(error, PageError::BadValue { .. }), "{more}: {error}");
    }
}

#[test]
fn values_that_are_none_are_refused() {
    for (from, to) in [
        ("<Content-Length>5", "<Content-Length>-5"),
        ("<Content-Length>5", "<Content-Length>"),
        ("<Content-Length>5", "<Content-Length>18446744073709551616"),
        (
            "<Content-Length>5</Content-Length>",
            "<Content-Length>5</Content-Length><Content-Length>6</Content-Length>",
        ),
        ("<Last-Modified>Wed, 01 May 2024 12:00:00 GMT", "<Last-Modified>2024-05-01T12:00:00Z"),
        ("<Name>k", "<Name>"),
        ("<Name>k</Name>", "<Name>k</Name><Name>l</Name>"),
        ("<Name>k", "<Name>k&#xD800;"),
        ("<LeaseStatus>", "<ResourceType>socket</ResourceType><LeaseStatus>"),
    ] {
        let body = listing("", &blob("k"), "");
        let changed = body.replacen(from, to, 1);
        assert_ne!(changed, body);
        let error = Case::default().error(changed);
        assert!(matches!(error, PageError::BadValue { .. }), "{to}: {error}");
    }
}

#[test]
fn answers_to_another_question_are_refused() {
    let request =
        PageRequest { prefix: b"p".into(), token: Some("m1".to_owned()), ..PageRequest::default() };
    let case = Case { request, ..Case::default() };
    for (head, element) in [("<Prefix>q</Prefix>", "Prefix"), ("<Marker>m0</Marker>", "Marker")] {
        let PageError::WrongEcho { element: found, .. } = case.error(listing(head, "", "")) else {
            panic!("{head}")
        };
        assert_eq!(found, element);
    }
    let other = listing("", "", "").replace("ContainerName=\"c\"", "ContainerName=\"d\"");
    assert!(matches!(case.error(other), PageError::WrongEcho { element: "ContainerName", .. }));
    let url = listing("", "", "").replace("\"c\"", "\"https://a.blob.core.windows.net/c\"");
    assert!(case.decode(url).is_ok());
    assert!(matches!(case.error(listing("", &blob("q"), "")), PageError::OutsidePrefix { .. }));
    assert!(matches!(case.error(listing("", "", "m1")), PageError::Stuck { .. }));
}

#[test]
fn an_error_with_a_success_status_is_an_error() {
    let body = "<?xml version=\"1.0\"?><Error><Code>ServerBusy</Code><Message>Busy.\nTime</Message></Error>";
    let Err(Rejected::Service(error)) = Case::default().decode(body) else { panic!("{body}") };
    assert!(StoreError::from(Rejected::Service(error)).is_throttle());
    assert!(matches!(Case::default().error(&body[..60]), PageError::Truncated { .. }));
    assert!(matches!(Case::default().error("<html></html>"), PageError::NotAListing { .. }));
}

proptest! {
    #[test]
    fn both_ways_of_reading_agree_on_any_damage(
        at in 0_usize..2_000, with in "[<>/&;a\" ]{0,3}", cut in 0_usize..4,
    ) {
        let entries = format!("{}{}{}", blob("a"), hierarchical(), group("x/"));
        let mut body = listing("<Prefix/>", &entries, "m").into_bytes();
        let at = at.min(body.len());
        let end = (at + cut).min(body.len());
        body.splice(at..end, with.into_bytes());
        let quirks = Quirks { ordered: false, ..crate::store::azure::quirks() };
        let _ = Case { quirks, ..Case::default() }.decode(body);
    }
}
