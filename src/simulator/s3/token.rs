//! Continuation tokens: opaque text that holds a position and betrays nothing of the key.
//!
//! A token is bound to its bucket and its epoch and carries a check, so that an invented one is refused, and
//! one of another epoch as if it had expired. It is written in the Base64 alphabet, with the `+`, `/` and `=` that clients must percent-encode.

use crate::simulator::mix::{digest, mix};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn key_of(bucket: &str, epoch: u64) -> u64 {
    digest(mix(0x70CE, epoch), bucket.as_bytes())
}

/// The token that continues `bucket` at `position`. Different `salt`s give different tokens for the
/// same position.
pub(crate) fn seal(bucket: &str, epoch: u64, position: u64, salt: u64) -> String {
    let key = key_of(bucket, epoch);
    let mask = mix(key, salt);
    let hidden = position ^ mask;
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&(salt ^ key).to_be_bytes());
    bytes[8..16].copy_from_slice(&hidden.to_be_bytes());
    bytes[16..24].copy_from_slice(&mix(mask, position).to_be_bytes());
    bytes[24..].copy_from_slice(&mix(!mask, position).to_be_bytes());
    let mut text = String::from("1");
    for chunk in bytes.chunks(3) {
        let mut word = [0; 3];
        word[..chunk.len()].copy_from_slice(chunk);
        let [a, b, c] = word.map(u32::from);
        let bits = a << 16 | b << 8 | c;
        for digit in 0..4 {
            if digit <= chunk.len() {
                let index = bits >> (18 - 6 * digit) & 63;
                text.push(char::from(ALPHABET[index as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// The position of a token that [`seal`] made for this bucket in this epoch.
pub(crate) fn unseal(bucket: &str, epoch: u64, token: &[u8]) -> Option<u64> {
    let text = token.strip_prefix(b"1")?.strip_suffix(b"=")?;
    let mut bytes = Vec::with_capacity(33);
    let (mut bits, mut held) = (0_u32, 0);
    for &character in text {
        let value = ALPHABET.iter().position(|&known| known == character)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xFF).ok()?);
        }
    }
    let word = |at: usize| {
        let slice = bytes.get(at..at + 8)?;
        Some(u64::from_be_bytes(slice.try_into().ok()?))
    };
    let key = key_of(bucket, epoch);
    let mask = mix(key, word(0)? ^ key);
    let position = word(8)? ^ mask;
    let checks = word(16)? == mix(mask, position) && word(24)? == mix(!mask, position);
    (checks && bytes.len() == 32).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_return_their_position_to_their_own_bucket_and_epoch_only() {
        for position in [0, 1, 1_000, u64::MAX] {
            let token = seal("weights", 4, position, position / 3);
            assert_eq!(unseal("weights", 4, token.as_bytes()), Some(position));
            assert_eq!(unseal("weights", 5, token.as_bytes()), None);
            assert_eq!(unseal("other", 4, token.as_bytes()), None);
            assert!(token.ends_with('=') && token.len() == 45);
        }
        assert_eq!(unseal("weights", 4, b""), None);
        assert_eq!(unseal("weights", 4, b"1AAAA="), None);
        assert_ne!(seal("weights", 4, 5, 0), seal("weights", 4, 5, 1));
    }
}
