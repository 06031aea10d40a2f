//! The limit of requests, as either edition tells of it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Response;
use chrono::{SecondsFormat, Utc};

use crate::record::Host;
use crate::web;
use crate::world::{World, lock};

/// So many calls of the API within this time, counted for each edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub calls: u32,
    pub per: Duration,
}

/// When the present span began, and the calls in it. Cloud, then Data Center.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<HashMap<bool, (Instant, u32)>>);

/// What one call finds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    limit: RateLimit,
    data_center: bool,
    refused: bool,
    remaining: u32,
    /// Until the next span.
    rest: Duration,
}

/// Counts this call; None where there is no limit.
pub(crate) fn count(world: &World, host: Host, path: &str) -> Option<State> {
    let limit = world.switches().rate_limit?;
    let is_api = path.contains("/rest/api") || path.contains("/wiki/api/");
    if !is_api || host == Host::Auth {
        return None;
    }
    let data_center = host == Host::DataCenter;
    let mut counts = lock(&world.rate_limits.0);
    let (since, calls) = counts.entry(data_center).or_insert((Instant::now(), 0));
    if since.elapsed() >= limit.per {
        (*since, *calls) = (Instant::now(), 0);
    }
    let refused = *calls >= limit.calls;
    if !refused {
        *calls += 1;
    }
    Some(State {
        limit,
        data_center,
        refused,
        remaining: limit.calls - *calls,
        rest: limit.per.saturating_sub(since.elapsed()),
    })
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

impl State {
    /// The refusal, if the limit is reached. Its body is not recorded and
    /// differs by language.
    pub fn refusal(&self) -> Option<Response<Body>> {
        if !self.refused {
            return None;
        }
        let body = serde_json::json!({"message": "Rate limit exceeded."});
        let mut response = web::json(429, &body);
        let wait = whole_seconds(self.rest).max(1);
        web::set_header(&mut response, "retry-after", &wait.to_string());
        if !self.data_center {
            web::set_header(&mut response, "ratelimit-reason", "confluence-burst-based");
        }
        Some(response)
    }

    /// What every answer tells of the limit.
    pub fn tell(&self, response: &mut Response<Body>) {
        let mut set = |name, value: &str| web::set_header(response, name, value);
        set("x-ratelimit-limit", &self.limit.calls.to_string());
        set("x-ratelimit-remaining", &self.remaining.to_string());
        if self.data_center {
            let seconds = whole_seconds(self.limit.per).to_string();
            set("x-ratelimit-interval-seconds", &seconds);
            set("x-ratelimit-fillrate", &self.limit.calls.to_string());
        } else {
            let reset = Utc::now() + self.rest;
            let reset = reset.to_rfc3339_opts(SecondsFormat::Secs, true);
            set("x-ratelimit-reset", &reset);
            let near = self.remaining * 5 < self.limit.calls;
            set("x-ratelimit-nearlimit", if near { "true" } else { "false" });
        }
    }
}
