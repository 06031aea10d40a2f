//! The crate against servers that answer as a script tells them, and that remember what they were asked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "these are tests, helpers included"
)]

mod callback;
mod cloud;
mod data_center;
mod discovery;
mod failures;
mod network;
mod oauth;
mod sandbox;
mod server;
mod signing_in;
