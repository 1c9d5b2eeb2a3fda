//! Connections between requests.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::wire::Wire;

/// Idle connections kept to one host: as many as can be in use.
const MAX_IDLE: usize = 512;

/// Stores close connections that were idle for longer.
const IDLE: Duration = Duration::from_secs(15);

/// Idle connections by the scheme and authority that they lead to. The one used last is used first, so
/// that what a smaller load does not need grows old and goes.
#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<HashMap<String, Vec<(Instant, Wire)>>>,
}

impl Pool {
    /// An idle connection that still seems open.
    pub(super) fn take(&self, place: &str) -> Option<Wire> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let wires = idle.get_mut(place)?;
        wires.retain(|(since, _)| since.elapsed() < IDLE);
        while let Some((_, mut wire)) = wires.pop() {
            if wire.is_quiet() {
                return Some(wire);
            }
        }
        None
    }

    /// Keeps a connection for the next request.
    pub(super) fn give(&self, place: &str, wire: Wire) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !idle.contains_key(place) {
            idle.insert(place.to_owned(), Vec::new());
        }
        if let Some(wires) = idle.get_mut(place)
            && wires.len() < MAX_IDLE
        {
            wires.push((Instant::now(), wire));
        }
    }
}
