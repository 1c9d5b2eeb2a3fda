//! Keyed hashes, as requests are signed with them.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// HMAC-SHA256. A key longer than a block counts as its hash, as RFC 2104 defines it.
pub(crate) fn sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new((&*block::<Sha256>(key)).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// HMAC-SHA1, of which only old signatures are made.
pub(crate) fn sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new((&*block::<Sha1>(key)).into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A key as the block that both hashes take.
fn block<D: Digest>(key: &[u8]) -> Zeroizing<[u8; 64]> {
    let mut block = Zeroizing::new([0_u8; 64]);
    if let Some(start) = block.get_mut(..key.len()) {
        start.copy_from_slice(key);
    } else {
        let hash = D::digest(key);
        block[..hash.len()].copy_from_slice(&hash);
    }
    block
}

/// `bytes` in small hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_keys_are_hashed_as_hmac_defines() {
        // RFC 4231, test case 6.
        let key = [0xaa; 131];
        let code = sha256(&key, b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&code), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
        // RFC 2202, test cases 1 and 6.
        assert_eq!(
            hex(&sha1(&[0x0b; 20], b"Hi There")),
            "b617318655057264e28bc0b6fb378c8ef146be00"
        );
        let code = sha1(&[0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&code), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    }
}
