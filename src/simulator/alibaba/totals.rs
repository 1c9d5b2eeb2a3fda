//! What a job finds at its source.

use std::io::Read as _;

use super::address::StoredAddress;
use super::config::AlibabaConfig;
use super::state::State;

/// What there is to copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) objects: u64,
    pub(super) bytes: u64,
    /// Of these, the keys of objects that cannot be read because they are archived.
    pub(super) archived: Vec<Vec<u8>>,
    /// Their bytes.
    pub(super) archived_bytes: u64,
}

/// Counts what `address` names.
pub(super) fn of(address: &StoredAddress, state: &State, config: &AlibabaConfig) -> Found {
    let mut found = Found::default();
    let Some(content) = config.sources.get(address.detail("Bucket")) else { return found };
    // A list that was deleted since it was verified names nothing.
    let keys = if address.detail("AddressType") == "inv" {
        let Ok(keys) = of_list(address, state) else { return found };
        Some(keys)
    } else {
        None
    };
    let prefix = address.detail("Prefix").as_bytes();
    content.visit(0..content.len(), &mut |key, attributes| {
        let counts = match &keys {
            Some(keys) => keys.binary_search_by(|known| known.as_slice().cmp(key)).is_ok(),
            None => key.starts_with(prefix),
        };
        if counts {
            found.objects += 1;
            found.bytes += attributes.size;
            if matches!(attributes.storage_class, b"GLACIER" | b"DEEP_ARCHIVE" | b"Archive") {
                found.archived.push(key.to_vec());
                found.archived_bytes += attributes.size;
            }
        }
    });
    found
}

/// The keys in the list of objects that `address` names, sorted; why there are none, in words.
pub(super) fn of_list(address: &StoredAddress, state: &State) -> Result<Vec<Vec<u8>>, String> {
    let bucket = address.detail("InvBucket").to_owned();
    let get = |key: &str| {
        let object = state.objects.get(&(bucket.clone(), key.to_owned()));
        object.ok_or_else(|| format!("{key} is not in the bucket {bucket}."))
    };
    let path = address.detail("InvPath");
    let manifest: serde_json::Value = serde_json::from_slice(get(path)?)
        .map_err(|error| format!("{path} is not JSON: {error}."))?;
    let schema = manifest["fileSchema"].as_str().unwrap_or_default();
    let column = schema
        .split(',')
        .position(|name| name.trim() == "Key")
        .ok_or_else(|| format!("{path} names no column Key."))?;
    let files = manifest["files"].as_array().ok_or_else(|| format!("{path} names no files."))?;
    let mut keys = Vec::new();
    for file in files {
        let name = file["key"].as_str().unwrap_or_default();
        let packed = get(name)?;
        if file["size"].as_u64() != Some(packed.len() as u64) {
            return Err(format!("{name} has another size than {path} says."));
        }
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(packed.as_ref())
            .read_to_end(&mut text)
            .map_err(|error| format!("{name} is not gzip: {error}."))?;
        if !text.is_empty() && !text.ends_with(b"\n") {
            return Err(format!("The last row of {name} is not ended."));
        }
        let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(&*text);
        for row in rows.byte_records() {
            let row = row.map_err(|error| format!("{name} is not CSV: {error}."))?;
            let key = row.get(column).ok_or_else(|| format!("A row of {name} is too short."))?;
            keys.push(percent_encoding::percent_decode(key).collect());
        }
    }
    keys.sort();
    Ok(keys)
}
