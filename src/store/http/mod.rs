//! The HTTP client for list requests, shared by every provider.
//!
//! A listing is thousands of small requests to one host with answers of some hundred kilobytes, and that
//! is all this client is tuned for: connections are kept, bodies go into buffers that are used again, and
//! no request can make the process grow.
//!
//! * `base`: the URL of an endpoint.
//! * `client`: one attempt at one request, with its limits on time and bytes.
//! * `wire`: HTTP/1.1 on one connection, and why not by a library.
//! * `pool`: connections between requests.
//! * `connect`: a connection to a host, through a proxy where the environment names one.
//! * `resolve`: addresses of a host, asked for once and spread over connections.
//! * `tls`: whom to trust.
//! * `budget`: how many bytes are being received at once, and the buffers for them.
//! * `classify`: what a transport error means.
//! * `call`: what every request has; `refusal`: what any refusal tells.

pub(crate) mod base;
mod budget;
pub(crate) mod call;
mod classify;
mod client;
mod connect;
mod pool;
pub(crate) mod refusal;
mod resolve;
#[cfg(test)]
pub(crate) mod script;
mod tls;
mod wire;

pub use client::{Client, Head, Once, Settings, Timeouts};
