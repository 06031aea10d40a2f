//! data center
