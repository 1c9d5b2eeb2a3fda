//! Addresses of a host, asked for once and spread over connections.
//!
//! Opening hundreds of connections must not mean hundreds of look-ups, each on a thread of its own. And
//! stores answer with several addresses: connections go round them, so that no single front end carries
//! the whole scan.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// How long an answer is used. Stores move their addresses within minutes.
const LIFETIME: Duration = Duration::from_secs(30);

/// When a host was asked for, and what came.
type Known = (Instant, Vec<SocketAddr>);

#[derive(Debug, Default)]
pub(super) struct Resolver {
    known: Mutex<HashMap<(String, u16), Known>>,
    turn: AtomicUsize,
}

impl Resolver {
    /// The addresses of a host, each call beginning with another one.
    pub(super) async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        // Held while asking: everybody who comes meanwhile would ask the same.
        let mut known = self.known.lock().await;
        let place = (host.to_owned(), port);
        let mut addresses = match known.get(&place) {
            Some((asked, addresses)) if asked.elapsed() < LIFETIME => addresses.clone(),
            _ => {
                let found: Vec<_> = tokio::net::lookup_host((host, port)).await?.collect();
                if found.is_empty() {
                    return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
                }
                known.insert(place, (Instant::now(), found.clone()));
                found
            }
        };
        drop(known);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % addresses.len();
        addresses.rotate_left(turn);
        Ok(addresses)
    }

    /// Forgets a host whose addresses did not answer.
    pub(super) async fn forget(&self, host: &str, port: u16) {
        self.known.lock().await.remove(&(host.to_owned(), port));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_resolves_to_itself_and_a_bad_name_to_an_error() {
        let resolver = Resolver::default();
        let addresses = resolver.addresses("127.0.0.1", 80).await.unwrap();
        assert_eq!(addresses, ["127.0.0.1:80".parse().unwrap()]);
        assert!(resolver.addresses("no.such.host.invalid", 80).await.is_err());
    }

    #[tokio::test]
    async fn connections_go_round_the_addresses() {
        let resolver = Resolver::default();
        let list: Vec<SocketAddr> =
            vec!["10.0.0.1:1".parse().unwrap(), "10.0.0.2:1".parse().unwrap()];
        resolver.known.lock().await.insert(("h".to_owned(), 1), (Instant::now(), list.clone()));
        let first = resolver.addresses("h", 1).await.unwrap();
        let second = resolver.addresses("h", 1).await.unwrap();
        assert_eq!((first[0], second[0]), (list[0], list[1]));
    }
}
