//! Why a simulator could not be started.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

/// Why a simulator could not be started.
#[derive(Debug, Error)]
pub enum SimulatorError {
    /// The address could not be listened on.
    #[error("could not listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The server's thread or its runtime could not be started.
    #[error("could not start the server's thread")]
    Thread(#[source] io::Error),
    /// Listing in directory order has to sort the bucket's keys, and there are too many.
    #[error("bucket {bucket} holds {objects} objects, too many to list them in directory order")]
    TooLargeToReorder {
        /// The bucket.
        bucket: String,
        /// How many objects it holds.
        objects: u64,
    },
}
