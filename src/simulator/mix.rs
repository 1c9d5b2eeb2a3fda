//! Counter-based randomness: every draw is a function of a seed and a number, so that nothing has to be
//! remembered and anything can be asked for again.

/// One 64-bit draw for `counter` under `seed` (the `SplitMix64` finalizer).
pub(crate) fn mix(seed: u64, counter: u64) -> u64 {
    let mut z = seed.wrapping_add(counter.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Reduces a 64-bit draw to `0..bound` without a division; 0 where `bound` is 0.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn below(draw: u64, bound: u64) -> u64 {
    ((u128::from(draw) * u128::from(bound)) >> 64) as u64
}

/// A draw as a fraction in `0.0..1.0`.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn fraction(draw: u64) -> f64 {
    (draw >> 11) as f64 / (1_u64 << 53) as f64
}

/// A 64-bit digest of bytes. Not cryptographic.
pub(crate) fn digest(seed: u64, bytes: &[u8]) -> u64 {
    let mut state = mix(seed, bytes.len() as u64);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        state = mix(state, u64::from_le_bytes(word));
    }
    let mut word = [0; 8];
    let rest = chunks.remainder();
    word[..rest.len()].copy_from_slice(rest);
    mix(state, u64::from_le_bytes(word))
}

/// Number `index` of `count` numbers that look random, lie below `space` and are strictly ascending: the
/// space is cut into `count` equal strata and each number drawn inside its own. `space` must be at least
/// `count`.
pub(crate) fn ascending(seed: u64, index: u64, count: u64, space: u64) -> u64 {
    let width = space / count.max(1);
    index * width + below(mix(seed, index), width)
}
