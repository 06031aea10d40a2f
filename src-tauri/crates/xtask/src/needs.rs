//! What a machine must have, and how it is installed.

use std::process::Command;

use crate::program::{exists, program, read, show, succeeds};
use crate::{Answer, place};

/// Something the system's package manager brings.
struct Need {
    what: &'static str,
    found: fn() -> bool,
    apt: &'static [&'static str],
    dnf: &'static [&'static str],
    pacman: &'static [&'static str],
}

const BUILD: &[Need] = &[
    Need {
        what: "a C compiler",
        found: || exists("cc"),
        apt: &["build-essential"],
        dnf: &["gcc", "gcc-c++", "make"],
        pacman: &["base-devel"],
    },
    Need {
        what: "pkg-config",
        found: || exists("pkg-config"),
        apt: &["pkg-config"],
        dnf: &["pkgconf-pkg-config"],
        pacman: &["pkgconf"],
    },
    Need {
        what: "WebKitGTK, which draws the window",
        found: || library("webkit2gtk-4.1"),
        apt: &["libwebkit2gtk-4.1-dev"],
        dnf: &["webkit2gtk4.1-devel"],
        pacman: &["webkit2gtk-4.1"],
    },
    Need {
        what: "D-Bus, for the desktop's settings",
        found: || library("dbus-1"),
        apt: &["libdbus-1-dev"],
        dnf: &["dbus-devel"],
        pacman: &["dbus"],
    },
];

/// For a machine that has no desktop.
const DESKTOP: &[Need] = &[
    Need {
        what: "a virtual display",
        found: || exists("xvfb-run") && exists("xauth"),
        apt: &["xvfb", "xauth"],
        dnf: &["xorg-x11-server-Xvfb", "xorg-x11-xauth"],
        pacman: &["xorg-server-xvfb", "xorg-xauth"],
    },
    Need {
        what: "a D-Bus session",
        found: || exists("dbus-run-session") && exists("dbus-daemon") && exists("dbus-send"),
        apt: &["dbus", "dbus-bin", "dbus-daemon"],
        dnf: &["dbus-daemon", "dbus-tools"],
        pacman: &["dbus"],
    },
    Need {
        what: "GNOME Keyring, where secrets are kept",
        found: || exists("gnome-keyring-daemon"),
        apt: &["gnome-keyring"],
        dnf: &["gnome-keyring"],
        pacman: &["gnome-keyring"],
    },
];

const TEST: &[Need] = &[
    Need {
        what: "WebKitWebDriver, which presses the window's buttons",
        found: || exists("WebKitWebDriver"),
        apt: &["webkit2gtk-driver"],
        dnf: &["/usr/bin/WebKitWebDriver"],
        pacman: &["webkit2gtk-4.1"],
    },
    Need {
        what: "qpdf and Poppler's tools, which look into PDFs",
        found: || exists("qpdf") && exists("pdftotext") && exists("pdffonts"),
        apt: &["qpdf", "poppler-utils"],
        dnf: &["qpdf", "poppler-utils"],
        pacman: &["qpdf", "poppler"],
    },
    Need {
        what: "nginx and tinyproxy, which stand between the app and the sandbox (switch off the services they bring along where they are not wanted)",
        found: || ["nginx", "tinyproxy"].iter().all(|it| server(it)),
        apt: &["nginx-light", "tinyproxy"],
        dnf: &["nginx", "tinyproxy"],
        pacman: &["nginx", "tinyproxy"],
    },
];

/// Everything the app is built and started with.
pub fn for_run(display: bool) -> Answer {
    if !cfg!(target_os = "linux") {
        return elsewhere();
    }
    let desktop = if display { &[][..] } else { DESKTOP };
    install(&[BUILD, desktop])?;
    node()
}

/// Everything the tests use, the app included.
pub fn for_test() -> Answer {
    if !cfg!(target_os = "linux") {
        return elsewhere();
    }
    install(&[BUILD, DESKTOP, TEST])?;
    node()
}

/// The version the tests are written against; 3.0 is not out yet.
const TAURI_DRIVER: &str = "2.1.0";

/// Puts the driver between the tests and WebKitWebDriver into `target/tools`.
pub fn tauri_driver() -> Answer<std::path::PathBuf> {
    let driver = place::tools().join("bin").join("tauri-driver");
    let wanted = format!("tauri-driver {TAURI_DRIVER} ");
    let installed = std::fs::read_to_string(place::tools().join(".crates.toml"));
    if driver.is_file() && installed.is_ok_and(|list| list.contains(&wanted)) {
        return Ok(driver);
    }
    println!(
        "Missing: tauri-driver {TAURI_DRIVER}. Building it into {}.",
        place::tools().display()
    );
    let mut install = crate::program::cargo();
    install
        .args(["install", "--quiet", "--locked", "--root"])
        .arg(place::tools())
        .args(["--version", TAURI_DRIVER, "tauri-driver"])
        // Dependencies that are built already are not built again.
        .env(
            "CARGO_TARGET_DIR",
            place::target().join("tools").join("build"),
        );
    show(&mut install)?;
    Ok(driver)
}

/// Servers lie where only an administrator's path leads.
fn server(name: &str) -> bool {
    exists(name) || std::path::Path::new("/usr/sbin").join(name).exists()
}

fn library(name: &str) -> bool {
    succeeds(program("pkg-config").args(["--exists", name]))
}

fn install(needs: &[&[Need]]) -> Answer {
    let missing: Vec<&Need> = needs
        .iter()
        .copied()
        .flatten()
        .filter(|need| !(need.found)())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("Missing on this computer:");
    for need in &missing {
        println!("  - {}", need.what);
    }
    let (packages, commands) = if exists("apt-get") {
        let packages = missing.iter().flat_map(|need| need.apt);
        (
            packages.collect::<Vec<_>>(),
            vec![
                vec!["apt-get", "update"],
                vec![
                    "env",
                    "DEBIAN_FRONTEND=noninteractive",
                    "apt-get",
                    "install",
                    "--yes",
                    "--no-install-recommends",
                ],
            ],
        )
    } else if exists("dnf") {
        (
            missing.iter().flat_map(|need| need.dnf).collect(),
            vec![vec!["dnf", "install", "--assumeyes"]],
        )
    } else if exists("pacman") {
        (
            missing.iter().flat_map(|need| need.pacman).collect(),
            vec![vec!["pacman", "--sync", "--needed", "--noconfirm"]],
        )
    } else {
        return Err("None of apt-get, dnf and pacman is here. Install these with your own package manager and try again.".into());
    };
    let names: Vec<&str> = packages.iter().map(|name| **name).collect();
    println!("Installing: {}", names.join(" "));
    let last = commands.len() - 1;
    for (index, words) in commands.iter().enumerate() {
        let mut words: Vec<&str> = words.clone();
        if index == last {
            words.extend(&names);
        }
        let answer = as_root(&words).and_then(|mut command| show(&mut command));
        match answer {
            // A source of packages that cannot be reached need not be the one they come from.
            Err(why) if index < last => println!("{why}; going on."),
            answer => answer?,
        }
    }
    let still: Vec<&str> = missing
        .iter()
        .filter(|need| !(need.found)())
        .map(|need| need.what)
        .collect();
    match still.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "Installed, and still missing: {}.",
            still.join("; ")
        )),
    }
}

fn as_root(words: &[&str]) -> Answer<Command> {
    let root = read(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut all: Vec<&str> = if root { vec![] } else { vec!["sudo"] };
    all.extend(words);
    if !root && !exists("sudo") {
        return Err(format!(
            "Installing needs an administrator. Run as root:\n\n  {}",
            words.join(" ")
        ));
    }
    let mut command = program(all[0]);
    command.args(&all[1..]);
    Ok(command)
}

/// Node.js 20 or newer, with npm.
fn node() -> Answer {
    const HOW: &str = "Install Node.js 20 or newer with npm from https://nodejs.org and try again.";
    let version =
        read(program("node").arg("--version")).map_err(|_| format!("Node.js is missing. {HOW}"))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|it| it.parse::<u32>().ok());
    if major.is_none_or(|major| major < 20) {
        return Err(format!("Node.js {} is too old. {HOW}", version.trim()));
    }
    match succeeds(crate::program::node_script("npm").arg("--version")) {
        true => Ok(()),
        false => Err(format!("npm is missing. {HOW}")),
    }
}

/// macOS and Windows bring the window's engine and the keyring along.
fn elsewhere() -> Answer {
    node()?;
    if cfg!(target_os = "macos") && !succeeds(program("xcode-select").arg("--print-path")) {
        return Err("Apple's command line tools are missing. Run this, wait for it to end, and try again:\n\n  xcode-select --install".into());
    }
    if cfg!(windows) {
        println!(
            "If building or starting fails, install these two:\n\
             - Visual Studio Build Tools with \"Desktop development with C++\": https://visualstudio.microsoft.com/visual-cpp-build-tools\n\
             - WebView2 Runtime (Windows 11 has it): https://developer.microsoft.com/microsoft-edge/webview2"
        );
    }
    Ok(())
}
