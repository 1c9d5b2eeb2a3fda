//! What is known of a server by the name that it gives itself.

/// How far a server's listings can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Starts, order and ends of its listings are right.
    Sound,
    /// Nothing is known: starts and ends are checked.
    Unknown,
    /// It lists directory by directory, and a start that names one skips all that is in it.
    Unordered,
}

/// Judges by the `Server` header of an answer.
pub(super) fn trust(server: Option<&str>) -> Trust {
    /// Beginnings of the header, in lower case. Amazon documents its order ("List results are always
    /// returned in UTF-8 binary order"); `SeaweedFS` was seen to skip `flat/…` after the start `flat`.
    const KNOWN: [(&str, Trust); 2] = [("amazons3", Trust::Sound), ("seaweedfs", Trust::Unordered)];
    let server = server.unwrap_or_default().to_ascii_lowercase();
    KNOWN.iter().find(|(name, _)| server.starts_with(name)).map_or(Trust::Unknown, |known| known.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_servers_are_believed_or_refused() {
        assert_eq!(trust(Some("AmazonS3")), Trust::Sound);
        assert_eq!(trust(Some("SeaweedFS 30GB 4.48")), Trust::Unordered);
        assert_eq!(trust(Some("nginx")), Trust::Unknown);
        assert_eq!(trust(None), Trust::Unknown);
    }
}
