use proptest::prelude::*;

use super::*;
use crate::object::Timestamp;

const XMLNS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

fn object(key: &str) -> String {
    format!(
        "<Contents><Key>{key}</Key><LastModified>2024-05-01T12:00:00.000Z</LastModified>\
         <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>5</Size>\
         <StorageClass>STANDARD</StorageClass></Contents>"
    )
}

fn listing(head: &str, entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult {XMLNS}>{head}{entries}</ListBucketResult>"
    )
}

const END: &str = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>";

#[derive(Clone, Default)]
struct Case {
    request: PageRequest,
    quirks: Quirks,
}

impl Case {
    fn decode(&self, body: impl AsRef<[u8]>) -> Result<Page, Rejected> {
        let run = |fast| {
            let mut page = Page::default();
            page.body.extend_from_slice(body.as_ref());
            let expected = Expected { bucket: "b", quirks: &self.quirks };
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

fn keys(page: &Page) -> Vec<Vec<u8>> {
    page.objects().map(|object| object.key.to_vec()).collect()
}

fn request(prefix: &str, after: Option<&str>) -> PageRequest {
    PageRequest {
        prefix: prefix.into(),
        after: after.map(Into::into),
        limit: 1000,
        ..PageRequest::default()
    }
}

#[test]
fn the_reply_of_aws_is_read_whole() {
    let head = "<Name>b</Name><Prefix>a%2Bb/</Prefix><NextContinuationToken>1+/=x</NextContinuationToken>\
        <StartAfter>a%2Bb/0+</StartAfter><KeyCount>3</KeyCount><MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter>\
        <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>";
    let first = "<Contents><Key>a%2Bb/1+%26%01</Key><LastModified>2024-05-01T12:00:00.123Z</LastModified>\
        <ETag>&quot;d41d-2&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT\
        </ChecksumType><Size>18446744073709551615</Size><Owner><ID>i</ID></Owner>\
        <RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus>\
        <StorageClass>GLACIER_IR</StorageClass></Contents>";
    let body = listing(
        head,
        &format!(
            "{first}{}<CommonPrefixes><Prefix>a%2Bb/x+y/</Prefix></CommonPrefixes>",
            object("a%2Bb/2")
        ),
    );
    let grouped = PageRequest { delimiter: Some(b'/'), ..request("a+b/", Some("a+b/0 ")) };
    let case = Case { request: grouped, ..Case::default() };
    let page = case.decode(body).unwrap();
    let objects: Vec<_> = page.objects().collect();
    assert_eq!(objects[0].key, b"a+b/1 &\x01");
    assert_eq!(objects[0].size, u64::MAX);
    assert_eq!(objects[0].modified, Timestamp(1_714_564_800_123));
    assert_eq!(objects[0].etag, b"d41d-2");
    assert_eq!(objects[0].storage_class, b"GLACIER_IR");
    assert_eq!(objects[1].key, b"a+b/2");
    assert_eq!(page.prefixes().collect::<Vec<_>>(), [b"a+b/x y/"]);
    assert!(page.more());
    assert_eq!(page.token(), Some("1+/=x"));
}

#[test]
fn ceph_may_echo_control_characters_and_the_start_raw() {
    let head = "<Name>b</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>\
        <EncodingType>url</EncodingType><KeyCount>1</KeyCount><StartAfter>a b%\u{1}</StartAfter>\
        <NextContinuationToken>k\u{1}+%zz</NextContinuationToken>";
    let case = Case { request: request("", Some("a b%\u{1}")), ..Case::default() };
    let page = case.decode(listing(head, &object("k%01%2B%25zz"))).unwrap();
    assert_eq!(page.last_key().unwrap(), b"k\x01+%zz");
    assert_eq!(page.token(), Some("k\u{1}+%zz"));
}

#[test]
fn minio_states_the_encoding_after_the_objects() {
    let tail = format!("{}<EncodingType>url</EncodingType>", object("a%2Fb+c"));
    let page = Case::default().decode(listing("<IsTruncated>false</IsTruncated>", &tail)).unwrap();
    assert_eq!(keys(&page), [b"a/b c"]);
}

#[test]
fn keys_stand_as_they_are_where_the_reply_names_no_encoding() {
    for key in ["a%2Fb+c", "100%", "%zz"] {
        let page = Case::default()
            .decode(listing("<IsTruncated>false</IsTruncated>", &object(key)))
            .unwrap();
        assert_eq!(keys(&page), [key.as_bytes()]);
        assert_eq!(page.bytes(page.in_body(0, 5).unwrap()), b"<?xml");
    }
}

#[test]
fn swift_writes_times_without_a_fraction_and_no_count() {
    let body = "<?xml version='1.0' encoding='UTF-8'?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
        <Name>b</Name><Prefix/><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>\
        <Contents><Key>x</Key><LastModified>2024-05-01T20:00:00+08:00</LastModified><ETag>\"e\"</ETag><Size>0</Size>\
        <Owner><ID>t:t</ID><DisplayName>t:t</DisplayName></Owner><StorageClass/></Contents></ListBucketResult>";
    let page = Case::default().decode(body).unwrap();
    let object = page.objects().next().unwrap();
    assert_eq!((object.etag, object.storage_class), (b"e".as_slice(), b"".as_slice()));
    assert_eq!(object.modified, Timestamp(1_714_564_800_000));
}

#[test]
fn any_namespace_prefix_order_and_foreign_element_is_read() {
    let body = "<s3:ListBucketResult xmlns:s3='urn:x' a=\"&gt;>\"><s3:IsTruncated>false</s3:IsTruncated>\n<!-- Contents -->\
        <s3:Contents id='1'>\n<s3:Size> 7 </s3:Size><s3:X><s3:Key>no</s3:Key><s3:Size>1</s3:Size></s3:X><?pi Key?>\
        <s3:StorageClass>A&amp;B</s3:StorageClass><s3:ETag>&quot;&#101;&quot;</s3:ETag>\
        <s3:LastModified>2024-05-01T12:00:00Z</s3:LastModified><s3:Key>a<![CDATA[&<]]><!-- b -->&#x1;&#13;</s3:Key></s3:Contents>\
        <s3:X><s3:Contents/></s3:X></s3:ListBucketResult>\n";
    let page = Case::default().decode(body).unwrap();
    let object = page.objects().next().unwrap();
    assert_eq!((page.len(), object.key, object.size), (1, b"a&<\x01\r".as_slice(), 7));
    assert_eq!((object.etag, object.storage_class), (b"e".as_slice(), b"A&B".as_slice()));
}

#[test]
fn keys_are_bytes() {
    let mut body = listing(END, &object("k1")).into_bytes();
    let at = body.windows(2).position(|window| window == b"k1").unwrap();
    body[at + 1] = 0xFF;
    assert_eq!(keys(&Case::default().decode(body).unwrap()), [b"k\xFF"]);
    let page = Case::default().decode(listing(END, &object("%FF%FE"))).unwrap();
    assert_eq!(keys(&page), [b"\xFF\xFE"]);
}

#[test]
fn a_body_cut_anywhere_is_truncated() {
    let head = format!("<Name>b</Name><KeyCount>2</KeyCount>{END}");
    let body = listing(&head, &format!("{}{}", object("a"), object("b")));
    assert_eq!(Case::default().decode(&body).unwrap().len(), 2);
    for end in 0..body.len() {
        let error = Case::default().error(&body[..end]);
        assert!(
            matches!(error, PageError::Truncated { bytes, .. } if bytes == end),
            "{end}: {error}"
        );
    }
}

#[test]
fn another_document_is_not_a_listing() {
    for body in [
        "<html><body>hi</body></html>",
        "{\"a\":1}",
        "<!DOCTYPE html><html/>",
        "<ListAllMyBucketsResult/>",
    ] {
        assert!(matches!(Case::default().error(body), PageError::NotAListing { .. }), "{body}");
    }
}

#[test]
fn something_after_the_root_is_refused() {
    let body = listing(END, &object("a"));
    for tail in ["x", "<a/>", &body] {
        let error = Case::default().error(format!("{body}{tail}"));
        assert!(
            matches!(error, PageError::BadValue { element: "ListBucketResult", .. }),
            "{error}"
        );
    }
    assert!(Case::default().decode(format!("{body}\n<!-- bye -->\n")).is_ok());
}

#[test]
fn an_error_in_a_success_is_the_error_that_it_says() {
    let body = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>";
    let Err(rejected) = Case::default().decode(body) else { panic!("accepted") };
    let error = StoreError::from(rejected);
    assert!(error.is_throttle() && error.is_retryable(), "{error}");
    assert_eq!(error.to_string(), "Reduce your rate (HTTP 200, SlowDown)");
}

#[test]
fn every_object_has_a_key_a_size_and_a_time() {
    for (element, text) in [
        ("<Key>", "<Key>a</Key>"),
        ("<Size>", "<Size>5</Size>"),
        ("<LastModified>", "<LastModified>2024-05-01T12:00:00.000Z</LastModified>"),
    ] {
        let body = listing(END, &object("a").replace(text, ""));
        assert!(
            matches!(Case::default().error(body), PageError::Truncated { missing, .. } if missing == element)
        );
    }
    let nested = object("a").replace("<Size>5</Size>", "<Owner><Size>5</Size></Owner>");
    assert!(matches!(
        Case::default().error(listing(END, &nested)),
        PageError::Truncated { missing: "<Size>", .. }
    ));
}

#[test]
fn values_that_cannot_be_read_are_refused() {
    for (from, to, name) in [
        ("<Size>5", "<Size>-5", "Size"),
        ("<Size>5", "<Size>", "Size"),
        ("<Size>5", "<Size>+5", "Size"),
        ("<Size>5", "<Size>18446744073709551616", "Size"),
        ("<Size>5", "<Size>5.0", "Size"),
        ("2024-05-01", "2024-05-32", "LastModified"),
        ("<Key>a", "<Key>", "Key"),
        ("<Key>a", "<Key>a&bogus;", "Key"),
        ("<Key>a", "<Key>a%zz", "Key"),
        ("<Key>a", "<Key>a%", "Key"),
        ("<Key>a</Key>", "<Key>a</Key><Key>b</Key>", "Key"),
        ("<Size>5</Size>", "<Size>5</Size><Size>6</Size>", "Size"),
        ("false", "no", "IsTruncated"),
        (">url<", ">base64<", "EncodingType"),
        ("</Contents>", "x</Contents>", "ListBucketResult"),
        ("</Key>", "</Kee>", "ListBucketResult"),
        ("<IsTruncated>", "<KeyCount>two</KeyCount><IsTruncated>", "KeyCount"),
        ("<IsTruncated>", "<IsTruncated>false</IsTruncated><IsTruncated>", "IsTruncated"),
    ] {
        let body = listing(END, &object("a"));
        let broken = body.replacen(from, to, 1);
        assert_ne!(body, broken);
        let error = Case::default().error(&broken);
        assert!(
            matches!(error, PageError::BadValue { element, .. } if element == name),
            "{to}: {error}"
        );
    }
}

#[test]
fn a_reply_that_does_not_say_whether_more_follows_is_cut() {
    let error = Case::default().error(listing("<KeyCount>1</KeyCount>", &object("a")));
    assert!(matches!(error, PageError::Truncated { missing: "<IsTruncated>", .. }));
}

#[test]
fn the_count_is_what_is_listed_unless_the_store_counts_otherwise() {
    let prefix = "<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>";
    let body =
        |count| listing(&format!("<KeyCount>{count}</KeyCount>{END}"), &(object("a") + prefix));
    let mut case = Case::default();
    case.request.delimiter = Some(b'/');
    assert!(case.decode(body(2)).is_ok());
    assert_eq!(case.error(body(1)), PageError::CountMismatch { stated: 1, found: 2 });
    case.quirks.exact_key_count = false;
    assert!(case.decode(body(1)).is_ok());
}

#[test]
fn a_listing_that_goes_on_says_from_where() {
    let more = "<IsTruncated>true</IsTruncated>";
    assert_eq!(Case::default().error(listing(more, "")), PageError::NoContinuation);
    assert!(Case::default().decode(listing(more, &object("a"))).unwrap().more());
    let empty = listing(&format!("{more}<NextContinuationToken>t</NextContinuationToken>"), "");
    assert_eq!(Case::default().decode(&empty).unwrap().token(), Some("t"));
    let mut case = Case::default();
    case.request.token = Some("t".to_owned());
    assert_eq!(case.error(&empty), PageError::Stuck { token: "t".to_owned() });
}

#[test]
fn servers_written_in_go_repeat_what_xml_does_not_have_as_another_character() {
    let end = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>";
    let page = |start: &str, echo: &str| {
        let case = Case { request: request("", Some(start)), ..Case::default() };
        case.decode(listing(&format!("<StartAfter>{echo}</StartAfter>{end}"), &object("z")))
    };
    for start in ["a\u{fffe}", "a\u{1}"] {
        page(start, "a\u{fffd}").unwrap();
    }
    assert!(page("a\u{fffd}b", "a\u{fffd}").is_err());
}

#[test]
fn a_reply_to_another_request_is_refused() {
    let case = Case { request: request("p +/", Some("p +/1%")), ..Case::default() };
    let page = |echo: &str| case.decode(listing(&format!("{echo}{END}"), &object("p+%2B/2")));
    for echo in [
        "",
        "<Name>b</Name>",
        "<Name/>",
        "<Prefix>p+%2B/</Prefix>",
        "<Prefix>p%20%2B%2F</Prefix>",
        "<Prefix>p +/</Prefix>",
        "<StartAfter>p+%2B/1%25</StartAfter>",
        "<StartAfter>p +/1%</StartAfter>",
        "<StartAfter/>",
    ] {
        page(echo).unwrap();
    }
    for (echo, name) in [
        ("<Name>c</Name>", "Name"),
        ("<Prefix>q</Prefix>", "Prefix"),
        ("<StartAfter>p%20%2B/0</StartAfter>", "StartAfter"),
    ] {
        let Err(Rejected::Page(PageError::WrongEcho { element, .. })) = page(echo) else {
            panic!("{echo}")
        };
        assert_eq!(element, name);
    }
    let all = Case::default().error(listing(&format!("<Prefix>x</Prefix>{END}"), ""));
    assert!(matches!(all, PageError::WrongEcho { element: "Prefix", .. }));
}

#[test]
fn keys_out_of_order_before_the_start_or_outside_the_prefix_are_refused() {
    let two = |first, second| listing(END, &(object(first) + &object(second)));
    let case = Case { request: request("k", Some("k1")), ..Case::default() };
    assert_eq!(case.decode(two("k2", "k3")).unwrap().len(), 2);
    assert!(matches!(case.error(two("k3", "k2")), PageError::OutOfOrder { .. }));
    assert!(matches!(case.error(two("k2", "k2")), PageError::OutOfOrder { .. }));
    assert!(matches!(case.error(two("k0", "k2")), PageError::NotAfterStart { .. }));
    assert!(matches!(case.error(two("k2", "l")), PageError::OutsidePrefix { .. }));
    let repeated = case.decode(two("k1", "k2")).unwrap();
    assert_eq!((repeated.len(), repeated.repeats_start()), (1, true));
}

#[test]
fn the_first_version_continues_from_its_marker_or_from_the_last_key() {
    let mut case = Case { request: request("", Some("a")), ..Case::default() };
    case.quirks.list_version = ListVersion::V1;
    let head = |next| {
        format!(
            "<Marker>a</Marker>{next}<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
        )
    };
    let body = |next| listing(&head(next), &(object("b") + &object("c%2Bd")));
    assert_eq!(case.decode(body("")).unwrap().token(), Some("c+d"));
    assert_eq!(case.decode(body("<NextMarker>c%2Be</NextMarker>")).unwrap().token(), Some("c+e"));
    let foreign = body("").replace("<Marker>a<", "<Marker>0<");
    assert!(matches!(case.error(foreign), PageError::WrongEcho { element: "Marker", .. }));
}

#[test]
fn a_page_is_used_again_without_a_trace_of_the_former() {
    let quirks = Quirks::default();
    let expected = Expected { bucket: "b", quirks: &quirks };
    let mut page = Page::default();
    for (keys, more) in [(vec!["a", "b%20c"], "true"), (vec!["z"], "false")] {
        let head = format!("<EncodingType>url</EncodingType><IsTruncated>{more}</IsTruncated>");
        page.body =
            listing(&head, &keys.iter().map(|key| object(key)).collect::<String>()).into_bytes();
        decode(&mut page, &PageRequest::default(), &expected).unwrap();
        assert_eq!((page.len(), page.more()), (keys.len(), more == "true"));
    }
}

fn entries() -> impl Strategy<Value = String> {
    let key = "[a-c/ %+&<\u{1}\u{e9}]{0,5}".prop_map(|key| {
        let mut text = String::new();
        for character in key.chars() {
            match character {
                '&' => text.push_str("&amp;"),
                '<' => text.push_str("&lt;"),
                '\u{1}' => text.push_str("&#x1;"),
                other => text.push(other),
            }
        }
        format!("<Key>{text}</Key>")
    });
    let field = prop_oneof![
        8 => key,
        6 => (0..2000u32).prop_map(|size| format!("<Size>{size}</Size>")),
        6 => "202[0-9]-0[1-9]-1[0-9]T1[0-9]:00:00(\\.000)?Z".prop_map(|time| format!("<LastModified>{time}</LastModified>")),
        3 => "(&quot;|\")[a-f]{0,3}(&quot;|\")".prop_map(|etag| format!("<ETag>{etag}</ETag>")),
        2 => Just("<StorageClass>STANDARD</StorageClass>".to_owned()),
        1 => Just("<Owner><ID>x</ID><Key>y</Key></Owner>".to_owned()),
        1 => Just("<Owner><ID><b/></ID></Owner>".to_owned()),
        1 => Just("<!-- <Key>no</Key> -->".to_owned()),
        1 => Just("<x:Y z='>'/>".to_owned()),
        1 => Just("\n ".to_owned()),
        1 => Just("<Key><![CDATA[%41]]></Key>".to_owned()),
    ];
    let entry = proptest::collection::vec(field, 2..6)
        .prop_map(|fields| format!("<Contents>{}</Contents>", fields.concat()));
    proptest::collection::vec(
        prop_oneof![3 => entry, 1 => "[a-z]{1,3}".prop_map(|key| object(&key))],
        0..4,
    )
    .prop_map(|entries| entries.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_fast_and_the_general_way_of_reading_agree(entries in entries(), head in prop_oneof![
        Just(END), Just("<IsTruncated>false</IsTruncated>"), Just("<IsTruncated>true</IsTruncated>"),
    ], tail in prop_oneof![Just(""), Just("<EncodingType>url</EncodingType>")], flip in any::<Option<(prop::sample::Index, u8)>>()) {
        let mut body = listing(head, &(entries + tail)).into_bytes();
        if let Some((index, byte)) = flip {
            let at = index.index(body.len());
            body[at] = byte;
        }
        // `decode` compares the two.
        let _ = Case::default().decode(body);
    }

    #[test]
    fn every_sorted_set_of_keys_comes_back_from_an_encoded_listing(
        keys in proptest::collection::btree_set(proptest::collection::vec(0u8.., 1..12), 0..20)
    ) {
        let entries: String = keys.iter().map(|key| {
            let mut text = String::new();
            percent::encode_path(key, &mut text);
            object(&text)
        }).collect();
        let page = Case::default().decode(listing(&format!("<KeyCount>{}</KeyCount>{END}", keys.len()), &entries)).unwrap();
        prop_assert_eq!(super::tests::keys(&page), keys.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn plus_is_read_as_the_store_means_it() {
    let body = listing(&format!("<Prefix>a+</Prefix>{END}"), &object("a+%20b"));
    let quirks = Quirks { plus: Plus::Itself, ..Quirks::default() };
    let itself = Case { request: request("a+", None), quirks };
    assert_eq!(keys(&itself.decode(&body).unwrap()), [b"a+ b"]);
    let space = Case { request: request("a ", None), ..Case::default() };
    assert_eq!(keys(&space.decode(&body).unwrap()), [b"a  b"]);
}

#[test]
fn an_encoded_token_is_decoded_where_the_store_encodes_it() {
    let head = "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
        <NextContinuationToken>CgJhLw%3D%3D+</NextContinuationToken>";
    let body = listing(head, &object("a"));
    let quirks = Quirks { encoded_token: true, plus: Plus::Itself, ..Quirks::default() };
    let encoded = Case { quirks, ..Case::default() };
    assert_eq!(encoded.decode(&body).unwrap().token(), Some("CgJhLw==+"));
    assert_eq!(Case::default().decode(&body).unwrap().token(), Some("CgJhLw%3D%3D+"));
}

#[test]
fn an_object_without_a_storage_class_is_of_the_default_one() {
    let bare = object("b").replace("<StorageClass>STANDARD</StorageClass>", "");
    let odd = bare.replace(">b<", "><![CDATA[c]]><");
    let body = listing(END, &format!("{}{bare}{odd}", object("a").replace("STANDARD", "DEEP_IA")));
    let quirks = Quirks { default_class: "STANDARD", ..Quirks::default() };
    let classes = |case: Case| -> Vec<String> {
        let page = case.decode(&body).unwrap();
        page.objects().map(|o| String::from_utf8(o.storage_class.to_vec()).unwrap()).collect()
    };
    assert_eq!(classes(Case { quirks, ..Case::default() }), ["DEEP_IA", "STANDARD", "STANDARD"]);
    assert_eq!(classes(Case::default()), ["DEEP_IA", "", ""]);
}

#[test]
fn plus_is_refused_where_it_is_not_known_what_it_means() {
    let quirks = Quirks { plus: Plus::Unsure, ..Quirks::default() };
    let case = Case { request: request("a+", None), quirks };
    let body = |key: &str| listing(&format!("<Prefix>a+</Prefix>{END}"), &object(key));
    assert!(matches!(case.error(body("a%2Bb+c")), PageError::UnsurePlus { .. }));
    // Without one in a key, either reading of the echo will do.
    assert_eq!(keys(&case.decode(body("a%2Bb%20c")).unwrap()), [b"a+b c"]);
}
