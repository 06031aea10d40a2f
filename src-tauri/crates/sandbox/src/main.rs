//! The sandbox by itself: `retropress-sandbox --port 7990 --folder DIR`.
//!
//! `--help` lists the switches.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal: what it prints is its use"
)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use retropress_sandbox::{Fault, Matching, Options, Permission, Sandbox, SandboxError};

const USAGE: &str = "Usage: retropress-sandbox [OPTIONS]

  --port PORT           the first of five ports in a row (7990); 0 for any free ones
  --folder DIR          keep pages, credentials and sign-ins in DIR; otherwise they are forgotten

Signing in by OAuth 2.0
  --redirect-uri URL    the address both apps are registered with (http://localhost:47620/callback)
  --one-site            Cloud: the account has one site instead of two
  --token-lifetime S    access tokens live S seconds instead of 3600
  --lose-tokens N       the answers to the first N requests for a token are lost on the way
  --https-only          Data Center: redirects to http://localhost are refused, as by older lines
  --link-permission P   Data Center: READ, WRITE, ADMIN or SYSTEM_ADMIN instead of WRITE

Signing in otherwise
  --tokens-expired      API tokens and personal access tokens are past their last day
  --scopes LIST         the scopes of the scoped API token, separated by commas
  --no-basic            Data Center: names and passwords are switched off
  --captcha-after N     Data Center: N wrong passwords in a row bring the CAPTCHA (5)
  --anonymous           Data Center: callers without credentials are let in, and see nothing
  --sign-on-page        Data Center: a single sign-on answers everything with its page
  --old-server          Data Center: a Server 7.4, without access tokens and OAuth 2.0

The rest
  --rate-limit N        N calls of the API a minute, for Cloud and Data Center each
  --delay MS            every request waits MS milliseconds
  --read-lag MS         lists and searches are MS milliseconds behind";

/// What is set once the sandbox runs.
type Switch = Box<dyn Fn(&Sandbox) -> Result<(), SandboxError>>;

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

fn permission(text: &str) -> Result<Permission, String> {
    [
        Permission::Read,
        Permission::Write,
        Permission::Admin,
        Permission::SystemAdmin,
    ]
    .into_iter()
    .find(|known| known.name() == text)
    .ok_or_else(|| format!("{text} is not READ, WRITE, ADMIN or SYSTEM_ADMIN"))
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<(Options, Vec<Switch>), String> {
    let mut options = Options {
        port: 7990,
        folder: None,
    };
    let mut switches: Vec<Switch> = Vec::new();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--port" => {
                let text = value()?;
                options.port = text.parse().map_err(|_| format!("{text} is not a port"))?;
            }
            "--folder" => options.folder = Some(PathBuf::from(value()?)),
            "--redirect-uri" => {
                let address = value()?;
                switches.push(Box::new(move |it| it.set_redirect_uri(&address)));
            }
            "--one-site" => switches.push(done(|it| it.set_second_site(false))),
            "--token-lifetime" => {
                let time = Duration::from_secs(number(&value()?)?);
                switches.push(done(move |it| it.set_access_token_lifetime(Some(time))));
            }
            "--lose-tokens" => {
                let times: u32 = number(&value()?)?;
                switches.push(done(move |it| {
                    let asked = Matching::request("POST", "/token$").times(times);
                    it.faults().on(asked, Fault::cut().after_handling());
                }));
            }
            "--https-only" => switches.push(done(|it| it.set_https_redirects_only(true))),
            "--link-permission" => {
                let permission = permission(&value()?)?;
                switches.push(done(move |it| it.set_link_permission(permission)));
            }
            "--tokens-expired" => switches.push(done(|it| it.set_tokens_expired(true))),
            "--scopes" => {
                let list = value()?;
                switches.push(done(move |it| {
                    let scopes: Vec<&str> = list.split(',').map(str::trim).collect();
                    it.set_scopes(&scopes);
                }));
            }
            "--no-basic" => switches.push(done(|it| it.set_basic_authentication(false))),
            "--captcha-after" => {
                let failures = number(&value()?)?;
                switches.push(done(move |it| it.set_captcha_after(failures)));
            }
            "--anonymous" => switches.push(done(|it| it.set_anonymous_access(true))),
            "--sign-on-page" => switches.push(done(|it| it.set_sign_on_page(true))),
            "--old-server" => switches.push(done(|it| it.set_old_server(true))),
            "--rate-limit" => {
                let calls = number(&value()?)?;
                let minute = Duration::from_secs(60);
                switches.push(done(move |it| it.set_rate_limit(Some((calls, minute)))));
            }
            "--delay" => {
                let time = Duration::from_millis(number(&value()?)?);
                switches.push(done(move |it| it.set_delay(time)));
            }
            "--read-lag" => {
                let time = Duration::from_millis(number(&value()?)?);
                switches.push(done(move |it| it.set_read_lag(time)));
            }
            other => return Err(format!("unknown option {other}")),
        }
    }
    Ok((options, switches))
}

/// A switch that always succeeds.
fn done(switch: impl Fn(&Sandbox) + 'static) -> Switch {
    Box::new(move |sandbox| {
        switch(sandbox);
        Ok(())
    })
}

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let (options, switches) = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("error: {problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let sandbox = match Sandbox::start(options).await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(notice) = sandbox.notice() {
        eprintln!("note: {notice}");
    }
    for switch in switches {
        if let Err(error) = switch(&sandbox) {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    print_addresses(&sandbox);
    println!("\nOpen any of the addresses in a browser. Ctrl+C stops the sandbox.");
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("error: {error}");
    }
    sandbox.stop().await;
    ExitCode::SUCCESS
}

fn print_addresses(sandbox: &Sandbox) {
    let addresses = sandbox.addresses();
    let (credentials, clients) = (sandbox.credentials(), sandbox.oauth_clients());
    println!("Retropress sandbox: a Confluence to try, on this computer only.\n");
    println!("Cloud              {}", addresses.cloud);
    println!("  Second site      {}", addresses.second_cloud);
    println!("  Email            {}", credentials.email);
    println!("  API token        {}", credentials.api_token);
    println!("  Scoped token     {}", credentials.scoped_api_token);
    println!("  Gateway          {}", addresses.gateway);
    println!("  Sign-in          {}", addresses.auth);
    println!("  Client ID        {}", clients.cloud.id);
    println!("  Client secret    {}", clients.cloud.secret);
    println!("  Callback URL     {}", clients.cloud.redirect_uri);
    println!("  Service account  {}", clients.service_account.id);
    println!("  Its secret       {}", clients.service_account.secret);
    println!("Data Center        {}", addresses.data_center);
    println!("  Access token     {}", credentials.personal_access_token);
    println!("  Username         {}", credentials.username);
    println!("  Password         {}", credentials.password);
    println!("  Client ID        {}", clients.data_center.id);
    println!("  Client secret    {}", clients.data_center.secret);
    println!("  Redirect URL     {}", clients.data_center.redirect_uri);
}
