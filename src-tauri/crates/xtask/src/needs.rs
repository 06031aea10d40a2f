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
    /// Services that the packages bring along. Only their programs are needed.
    services: &'static [&'static str],
}

const BUILD: &[Need] = &[
    Need {
        what: "a C compiler",
        found: || exists("cc"),
        apt: &["build-essential"],
        dnf: &["gcc", "gcc-c++", "make"],
        pacman: &["base-devel"],
        services: &[],
    },
    Need {
        what: "pkg-config",
        found: || exists("pkg-config"),
        apt: &["pkg-config"],
        dnf: &["pkgconf-pkg-config"],
        pacman: &["pkgconf"],
        services: &[],
    },
    Need {
        what: "WebKitGTK, which draws the window",
        found: || library("webkit2gtk-4.1"),
        apt: &["libwebkit2gtk-4.1-dev"],
        dnf: &["webkit2gtk4.1-devel"],
        pacman: &["webkit2gtk-4.1"],
        services: &[],
    },
    Need {
        what: "D-Bus, for the desktop's settings",
        found: || library("dbus-1"),
        apt: &["libdbus-1-dev"],
        dnf: &["dbus-devel"],
        pacman: &["dbus"],
        services: &[],
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
        services: &[],
    },
    Need {
        what: "a D-Bus session",
        found: || exists("dbus-run-session") && exists("dbus-daemon") && exists("dbus-send"),
        apt: &["dbus", "dbus-bin", "dbus-daemon"],
        dnf: &["dbus-daemon", "dbus-tools"],
        pacman: &["dbus"],
        services: &[],
    },
    Need {
        what: "GNOME Keyring, where secrets are kept",
        found: || exists("gnome-keyring-daemon"),
        apt: &["gnome-keyring"],
        dnf: &["gnome-keyring"],
        pacman: &["gnome-keyring"],
        services: &[],
    },
];

const TEST: &[Need] = &[
    Need {
        what: "the library that draws the icon in the tray",
        found: || shared_library("libayatana-appindicator3.so.1"),
        apt: &["libayatana-appindicator3-1"],
        dnf: &["libayatana-appindicator-gtk3"],
        pacman: &["libayatana-appindicator"],
        services: &[],
    },
    Need {
        what: "WebKitWebDriver, which presses the window's buttons",
        found: || exists("WebKitWebDriver"),
        apt: &["webkit2gtk-driver"],
        dnf: &["/usr/bin/WebKitWebDriver"],
        pacman: &["webkit2gtk-4.1"],
        services: &[],
    },
    Need {
        what: "qpdf and Poppler's tools, which look into PDFs",
        found: || exists("qpdf") && exists("pdftotext") && exists("pdffonts"),
        apt: &["qpdf", "poppler-utils"],
        dnf: &["qpdf", "poppler-utils"],
        pacman: &["qpdf", "poppler"],
        services: &[],
    },
    Need {
        what: "nginx, tinyproxy and OpenSSL, which stand between the app and the sandbox",
        found: || {
            ["nginx", "tinyproxy", "openssl"]
                .iter()
                .all(|it| server(it))
        },
        apt: &["nginx-light", "tinyproxy", "openssl"],
        dnf: &["nginx", "tinyproxy", "openssl"],
        pacman: &["nginx", "tinyproxy", "openssl"],
        services: &["nginx", "tinyproxy"],
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

/// Loaded while the app runs. ldconfig(8) lists what can be.
fn shared_library(name: &str) -> bool {
    ["ldconfig", "/sbin/ldconfig"].iter().any(|ldconfig| {
        program(ldconfig)
            .arg("-p")
            .output()
            .is_ok_and(|it| String::from_utf8_lossy(&it.stdout).contains(name))
    })
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
    for with_services in [false, true] {
        let some: Vec<&Need> = missing
            .iter()
            .copied()
            .filter(|it| it.services.is_empty() != with_services)
            .collect();
        if !some.is_empty() {
            install_packages(&some)?;
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

/// With none of the services started or switched on that these packages bring along.
fn install_packages(needs: &[&Need]) -> Answer {
    let of = |packages: fn(&Need) -> &'static [&'static str]| -> Vec<&'static str> {
        needs
            .iter()
            .flat_map(|need| packages(need))
            .copied()
            .collect()
    };
    // Those of programs that were there before belong to somebody else.
    let services: Vec<&str> = of(|need| need.services)
        .into_iter()
        .filter(|name| !server(name))
        .collect();
    let packages;
    let mut command = Vec::new();
    if exists("apt-get") {
        packages = of(|need| need.apt);
        let update = as_root(&["apt-get", "update"]).and_then(|mut it| show(&mut it));
        // A source of packages that cannot be reached need not be the one they come from.
        if let Err(why) = update {
            println!("{why}; going on.");
        }
        if !services.is_empty() {
            command.extend(["sh", "-c", WITHOUT_SERVICES, "sh", POLICY]);
        }
        command.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command.extend(["install", "--yes", "--no-install-recommends"]);
    } else if exists("dnf") {
        packages = of(|need| need.dnf);
        command.extend(["dnf", "install", "--assumeyes"]);
    } else if exists("pacman") {
        packages = of(|need| need.pacman);
        command.extend(["pacman", "--sync", "--needed", "--noconfirm"]);
    } else {
        return Err("None of apt-get, dnf and pacman is here. Install these with your own package manager and try again.".into());
    }
    println!("Installing: {}", packages.join(" "));
    command.extend(&packages);
    show(&mut as_root(&command)?)?;
    // Debian also has them started with the computer.
    if exists("apt-get") && !services.is_empty() && exists("systemctl") {
        let mut disable = vec!["systemctl", "disable", "--quiet"];
        disable.extend(&services);
        // Without systemd at work there is nothing to switch off.
        if let Err(why) = show(&mut as_root(&disable)?) {
            println!("{why}; going on.");
        }
    }
    Ok(())
}

/// Asked by Debian's packages before they start a service; 101 is "no". Source: policy-rc.d(8).
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// `sh -c … sh <policy> <program> <arguments>`: runs the program while the policy says no, and puts the
/// one that was there back, however the program ends.
const WITHOUT_SERVICES: &str = r#"
policy=$1; shift
before=$policy.before-retropress
back() { rm -f "$policy"; [ ! -e "$before" ] || mv "$before" "$policy"; }
trap back EXIT
trap 'exit 130' INT TERM HUP
[ ! -e "$policy" ] || mv "$policy" "$before" || exit 1
printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy" || exit 1
"$@"
"#;

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
    // Asking npm takes a second, which each `run` would pay; on Windows npm is a script.
    let npm = match cfg!(windows) {
        true => succeeds(crate::program::node_script("npm").arg("--version")),
        false => exists("npm"),
    };
    match npm {
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::WITHOUT_SERVICES;

    #[test]
    fn no_service_is_started_while_packages_are_installed() {
        let folder = std::env::temp_dir().join(format!("retropress-needs-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let policy = folder.join("policy-rc.d");
        let run = |script: &str| {
            Command::new("sh")
                .args(["-c", WITHOUT_SERVICES, "sh"])
                .arg(&policy)
                .args(["sh", "-c", script, "sh"])
                .arg(&policy)
                .status()
                .unwrap()
        };
        let asks = r#""$1" nginx start; [ $? = 101 ]"#;
        assert!(run(asks).success());
        assert!(!policy.exists());

        // One that is there already is put back, also after a failure.
        fs::write(&policy, "#!/bin/sh\nexit 0\n").unwrap();
        fs::set_permissions(&policy, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(run(asks).success());
        assert_eq!(run("exit 7").code(), Some(7));
        assert!(fs::read_to_string(&policy).unwrap().ends_with("exit 0\n"));
        let left = fs::read_dir(&folder).unwrap().count();
        assert_eq!(left, 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}
