//! The sandbox by itself: `retropress-sandbox --port 7990 --folder DIR`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal: what it prints is its use"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use retropress_sandbox::{Options, Sandbox};

const USAGE: &str = "Usage: retropress-sandbox [--port PORT] [--folder DIR]

  --port PORT    the first of four ports in a row (7990); 0 for any free ones
  --folder DIR   keep pages and credentials in DIR; otherwise they are forgotten";

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        port: 7990,
        folder: None,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--port" => {
                let text = value()?;
                options.port = text.parse().map_err(|_| format!("{text} is not a port"))?;
            }
            "--folder" => options.folder = Some(PathBuf::from(value()?)),
            other => return Err(format!("unknown option {other}")),
        }
    }
    Ok(options)
}

#[tokio::main]
async fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == "--help" || argument == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let options = match options(std::env::args().skip(1)) {
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
    let addresses = sandbox.addresses();
    let credentials = sandbox.credentials();
    println!("Retropress sandbox: a Confluence to try, on this computer only.\n");
    println!("Cloud            {}", addresses.cloud);
    println!("  Email          {}", credentials.email);
    println!("  API token      {}", credentials.api_token);
    println!("  Scoped token   {}", credentials.scoped_api_token);
    println!("  Gateway        {}", addresses.gateway);
    println!("Data Center      {}", addresses.data_center);
    println!("  Access token   {}", credentials.personal_access_token);
    println!("  Username       {}", credentials.username);
    println!("  Password       {}", credentials.password);
    println!("\nOpen either address in a browser. Ctrl+C stops the sandbox.");
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("error: {error}");
    }
    sandbox.stop().await;
    ExitCode::SUCCESS
}
