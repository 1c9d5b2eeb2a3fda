//! The table of providers, by name.
//!
//! Sources of the facts, as the entries name them:
//!
//! * *rclone*: the provider data of github.com/rclone/rclone, `backend/s3/provider`, at commit 64ab1ac
//!   (2026-08-21): domains of endpoints, `list_version`, `list_url_encode`.
//! * *measured*: seen at the server itself, in the version that `scripts/servers` installs.
//! * *documented*: the provider's own pages.
//!
//! A provider that rclone asks by the first version may well know the second; the first serves both, and
//! starts are exclusive there, too.

use super::{Provider, RegionalPrice};
use crate::store::{ListPrice, ListVersion, Quirks, RangeStart};

/// The first version of the list call.
const V1: Quirks = Quirks { list_version: ListVersion::V1, ..Quirks::S3 };
/// Keys as they are: the server is not asked to encode them, since it does so wrongly or not at all.
const PLAIN: Quirks = Quirks { url_encoding: false, ..Quirks::S3 };
const PLAIN_V1: Quirks = Quirks { url_encoding: false, ..V1 };
/// Keys come in an order of the server's own.
const UNORDERED: Quirks = Quirks { ordered: false, range_start: RangeStart::None, ..Quirks::S3 };

/// An entry of which nothing is known but its name.
const UNKNOWN: Provider = Provider {
    name: "",
    title: "",
    hosts: &[],
    servers: &[],
    quirks: Quirks::S3,
    sound: false,
    prices: &[],
};

/// Every provider that `--provider` knows.
pub static ALL: &[Provider] = &[
    // Known by its hosts only: others answer with its `Server` header, too (rclone serve s3, measured).
    // Order documented ("List results are always returned in UTF-8 binary order"). The price of LIST is
    // that of PUT, whatever the classes of the objects; other regions ask more, and are left open.
    Provider {
        name: "aws",
        title: "Amazon S3",
        hosts: &[
            "amazonaws.com",
            "amazonaws.com.cn",
            "amazonaws.eu",
            "c2s.ic.gov",
            "sc2s.sgov.gov",
            "csp.hci.ic.gov",
            "cloud.adc-e.uk",
        ],
        sound: true,
        prices: &[RegionalPrice {
            regions: &["us-east-1"],
            price: ListPrice {
                usd_per_thousand: 0.005,
                source: "S3 Standard in us-east-1, from memory of the price list; not verified",
            },
        }],
        ..UNKNOWN
    },
    // rclone.
    Provider {
        name: "arvancloud",
        title: "ArvanCloud",
        hosts: &["arvanstorage.ir"],
        quirks: PLAIN_V1,
        ..UNKNOWN
    },
    // Documented: pages only in the second version ("S3 List Objects has no mechanism to page").
    Provider {
        name: "backblaze",
        title: "Backblaze B2",
        hosts: &["backblazeb2.com"],
        prices: &[RegionalPrice {
            regions: &[],
            price: ListPrice {
                usd_per_thousand: 0.004,
                source: "Backblaze's page of transactions, class C; 2,500 a day are free",
            },
        }],
        ..UNKNOWN
    },
    // rclone.
    Provider {
        name: "bizflycloud",
        title: "Bizfly Cloud",
        hosts: &["bfcplatform.vn"],
        quirks: PLAIN,
        ..UNKNOWN
    },
    // Measured (16.2.15): both versions, url-encoding, start-after exact. rclone asks by the first
    // version without encoding, for the sake of old releases; what they answer to the second is noticed.
    // The header: github.com/ceph/ceph pull request 50510, from Reef on.
    Provider {
        name: "ceph",
        title: "Ceph Object Gateway",
        servers: &["ceph object gateway"],
        ..UNKNOWN
    },
    // rclone.
    Provider {
        name: "chinamobile",
        title: "China Mobile EOS",
        hosts: &["cmecloud.cn"],
        quirks: PLAIN_V1,
        ..UNKNOWN
    },
    // Price documented in the pricing page of Cloudflare's documentation: `ListObjects` is of class A.
    Provider {
        name: "cloudflare",
        title: "Cloudflare R2",
        hosts: &["r2.cloudflarestorage.com"],
        prices: &[RegionalPrice {
            regions: &[],
            price: ListPrice {
                usd_per_thousand: 0.0045,
                source: "Cloudflare's R2 pricing page, class A, Standard; a million a month are free",
            },
        }],
        ..UNKNOWN
    },
    // rclone.
    Provider {
        name: "digitalocean",
        title: "DigitalOcean Spaces",
        hosts: &["digitaloceanspaces.com"],
        quirks: PLAIN,
        ..UNKNOWN
    },
    // rclone.
    Provider {
        name: "dreamhost",
        title: "DreamObjects",
        hosts: &["dream.io"],
        quirks: PLAIN,
        ..UNKNOWN
    },
    // Measured (2.5.0): a start before the prefix is answered with an empty list.
    Provider {
        name: "garage",
        title: "Garage",
        quirks: Quirks { start_before_prefix: false, ..Quirks::S3 },
        ..UNKNOWN
    },
    // Documented: in order, `list-type=2` and `start-after` (XML API); objects of every class, ARCHIVE too,
    // are read at once (storage classes). Its price depends on whether the bucket is in one region or
    // several, which nobody tells here.
    Provider {
        name: "gcs",
        title: "Google Cloud Storage",
        hosts: &["storage.googleapis.com"],
        quirks: Quirks { archives: false, ..Quirks::S3 },
        ..UNKNOWN
    },
    Provider { name: "hetzner", title: "Hetzner", hosts: &["your-objectstorage.com"], ..UNKNOWN },
    // rclone: parallel file systems know no second version, and repeat a page for ever when asked to
    // encode keys.
    Provider {
        name: "huawei",
        title: "Huawei OBS",
        hosts: &["myhuaweicloud.com"],
        quirks: PLAIN_V1,
        ..UNKNOWN
    },
    // rclone.
    Provider {
        name: "ibm",
        title: "IBM Cloud Object Storage",
        hosts: &["cloud-object-storage.appdomain.cloud"],
        quirks: PLAIN_V1,
        ..UNKNOWN
    },
    // github.com/gilbertchen/duplicacy issue 655: starts are inclusive. The repeated key is noticed and
    // dropped.
    Provider {
        name: "idrive",
        title: "IDrive e2",
        hosts: &["idrivee2-*.com"],
        quirks: Quirks { range_start: RangeStart::Inclusive, ..Quirks::S3 },
        ..UNKNOWN
    },
    // rclone.
    Provider {
        name: "ionos",
        title: "IONOS",
        hosts: &["ionoscloud.com"],
        quirks: PLAIN,
        ..UNKNOWN
    },
    // Measured (1.4.2): a start that ends in `/` is listed itself; noticed and dropped. It is MinIO's
    // front end and calls itself so.
    Provider { name: "juicefs", title: "JuiceFS gateway", ..UNKNOWN },
    // rclone.
    Provider { name: "liara", title: "Liara", hosts: &["liara.space"], quirks: PLAIN, ..UNKNOWN },
    Provider { name: "linode", title: "Linode", hosts: &["linodeobjects.com"], ..UNKNOWN },
    // rclone.
    Provider {
        name: "magalu",
        title: "Magalu Cloud",
        hosts: &["magaluobjects.com"],
        quirks: PLAIN_V1,
        ..UNKNOWN
    },
    // rclone.
    Provider { name: "mega", title: "MEGA S4", hosts: &["megas4.com"], ..UNKNOWN },
    // github.com/minio/minio issue 21463: after a start that is no key, its token skips one. Keys
    // continue a listing here, never tokens. Uploads are listed below no prefix but a whole key, and without
    // one only those that this node has seen begin since it was started (cmd/erasure-server-pool.go).
    Provider {
        name: "minio",
        title: "MinIO",
        servers: &["minio"],
        quirks: Quirks { all_uploads: false, ..Quirks::S3 },
        ..UNKNOWN
    },
    // rclone.
    Provider { name: "netease", title: "NetEase NOS", quirks: PLAIN_V1, ..UNKNOWN },
    Provider { name: "ovh", title: "OVHcloud", hosts: &["cloud.ovh.net"], ..UNKNOWN },
    // rclone.
    Provider {
        name: "qiniu",
        title: "Qiniu Kodo",
        hosts: &["qiniucs.com"],
        quirks: PLAIN,
        ..UNKNOWN
    },
    Provider { name: "scaleway", title: "Scaleway", hosts: &["scw.cloud"], ..UNKNOWN },
    // Measured (4.48): the order of directories, and a start that names one skips all that is in it.
    Provider {
        name: "seaweedfs",
        title: "SeaweedFS",
        servers: &["seaweedfs"],
        quirks: UNORDERED,
        ..UNKNOWN
    },
    // rclone.
    Provider {
        name: "selectel",
        title: "Selectel",
        hosts: &["selcloud.ru"],
        quirks: PLAIN,
        ..UNKNOWN
    },
    // Documented: the order of encrypted paths.
    Provider {
        name: "storj",
        title: "Storj",
        hosts: &["storjshare.io"],
        quirks: UNORDERED,
        ..UNKNOWN
    },
    // Measured (2.30.1): byte order, start-after exact, with url-encoding only.
    Provider { name: "swift", title: "OpenStack Swift", ..UNKNOWN },
    // rclone.
    Provider {
        name: "tencent",
        title: "Tencent COS",
        hosts: &["myqcloud.com"],
        quirks: V1,
        ..UNKNOWN
    },
    // rclone.
    Provider { name: "us3", title: "UCloud US3", hosts: &["ufileos.com"], quirks: V1, ..UNKNOWN },
    // Documented in Wasabi's pricing questions: no charge for requests.
    Provider {
        name: "wasabi",
        title: "Wasabi",
        hosts: &["wasabisys.com"],
        prices: &[RegionalPrice {
            regions: &[],
            price: ListPrice {
                usd_per_thousand: 0.0,
                source: "Wasabi's pricing questions: requests are not charged",
            },
        }],
        ..UNKNOWN
    },
    Provider { name: "other", title: "another store", ..UNKNOWN },
];

/// This program's own server, which says so only while it does not misbehave.
pub static SIMULATOR: Provider = Provider {
    name: "simulator",
    title: "the simulator",
    servers: &["weighbridgesimulator"],
    sound: true,
    ..UNKNOWN
};
