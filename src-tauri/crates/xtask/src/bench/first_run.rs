//! How long `cargo xtask run` takes from a fresh clone to the window, against an empty Tauri window with
//! the same plugins. Both from cold: nothing is built, everything is downloaded.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Figure, Limit, here};
use crate::program::{cargo, program, read, seconds, show};
use crate::{Answer, needs, place};

pub fn first() -> Answer<Vec<Figure>> {
    needs::for_run(false)?;
    let folder = place::target().join("bench/first");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let empty = empty_window(&folder)?;
    println!("The empty window was built in {}.", seconds(empty));
    let ours = first_window(&folder)?;
    Ok(vec![Figure {
        name: "first run, from cold, against an empty Tauri window",
        value: ours.as_secs_f64() / empty.as_secs_f64(),
        unit: "",
        limit: Limit::Goal(2.5),
        note: format!("{} against {}", seconds(ours), seconds(empty)),
    }])
}

/// A package of its own, with the same versions of Tauri and its plugins, in Cargo's own profile.
fn empty_window(folder: &Path) -> Answer<Duration> {
    let package = folder.join("empty-window");
    let write = |name: &str, text: &str| {
        let path = package.join(name);
        let parent = path.parent().unwrap_or(&package);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("{}: {error}", path.display()))
    };
    let lines: Vec<String> = tauri_dependencies()?;
    let plugins = lines
        .iter()
        .filter_map(|line| line.split(' ').next()?.strip_prefix("tauri-plugin-"));
    write(
        "Cargo.toml",
        &format!(
            "[workspace]\n\
             [package]\nname = \"empty-window\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [features]\ndefault = [\"custom-protocol\"]\ncustom-protocol = [\"tauri/custom-protocol\"]\n\
             [build-dependencies]\ntauri-build = \"2\"\n\
             [dependencies]\n{}\n",
            lines.join("\n")
        ),
    )?;
    let plugins: String = plugins.map(plugin).collect();
    write("build.rs", "fn main() { tauri_build::build() }\n")?;
    write(
        "src/main.rs",
        &format!(
            "fn main() {{\n    tauri::Builder::default(){plugins}\n        .run(tauri::generate_context!())\n        .unwrap();\n}}\n"
        ),
    )?;
    let configuration = here("empty-window/tauri.conf.json");
    let configuration = fs::read_to_string(&configuration)
        .map_err(|error| format!("{}: {error}", configuration.display()))?;
    write(
        "tauri.conf.json",
        &configuration.replace("../../../../../", ""),
    )?;
    let page = fs::read_to_string(here("empty-window/page/index.html"));
    write("page/index.html", &page.map_err(|error| error.to_string())?)?;
    let copy = |from: &Path, to: PathBuf| {
        fs::copy(from, to).map_err(|error| format!("{}: {error}", from.display()))
    };
    fs::create_dir_all(package.join("icons")).map_err(|error| error.to_string())?;
    for name in ["32x32.png", "icon.png"] {
        copy(
            &place::root().join("icons").join(name),
            package.join("icons").join(name),
        )?;
    }
    copy(
        &place::root().join("Cargo.lock"),
        package.join("Cargo.lock"),
    )?;
    let started = Instant::now();
    show(
        cargo()
            .current_dir(&package)
            .arg("build")
            .env("CARGO_TARGET_DIR", package.join("target"))
            .env("CARGO_HOME", folder.join("empty-cargo")),
    )?;
    Ok(started.elapsed())
}

/// The lines of the app's own manifest that name Tauri and its plugins.
fn tauri_dependencies() -> Answer<Vec<String>> {
    let manifest = fs::read_to_string(place::root().join("Cargo.toml"))
        .map_err(|error| format!("Cargo.toml: {error}"))?;
    let found: Vec<String> = manifest
        .lines()
        .filter(|line| line.starts_with("tauri = ") || line.starts_with("tauri-plugin-"))
        .map(str::to_owned)
        .collect();
    match found.len() {
        0 | 1 => Err("Cargo.toml names no plugin of Tauri".into()),
        _ => Ok(found),
    }
}

fn plugin(name: &str) -> String {
    let start = match name {
        "single-instance" => "init(|_, _, _| {})".to_owned(),
        "window-state" | "autostart" => {
            let builder = if name == "autostart" {
                "new"
            } else {
                "default"
            };
            format!("Builder::{builder}().build()")
        }
        _ => "init()".to_owned(),
    };
    format!(
        "\n        .plugin(tauri_plugin_{}::{start})",
        name.replace('-', "_")
    )
}

/// `cargo xtask run` in a fresh clone, until the app has opened its database.
fn first_window(folder: &Path) -> Answer<Duration> {
    let clone = folder.join("clone");
    read(
        program("git")
            .args(["clone", "--quiet"])
            .arg(place::root())
            .arg(&clone),
    )?;
    let data = folder.join("data");
    let mut run = Command::new("cargo");
    run.current_dir(&clone)
        .args(["xtask", "run"])
        .env_remove("CARGO_MANIFEST_DIR")
        .env("CARGO_TARGET_DIR", clone.join("target"))
        .env("CARGO_HOME", folder.join("cargo"))
        .env("npm_config_cache", folder.join("npm"))
        .env("RETROPRESS_DATA", &data)
        .stdout(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut run, 0);
    let started = Instant::now();
    let mut child = run
        .spawn()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if let Some(output) = child.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                println!("  {:>7} {line}", seconds(started.elapsed()));
            }
        });
    }
    let open = loop {
        if data.join("retropress.db").is_file() {
            break Ok(started.elapsed());
        }
        if let Ok(Some(status)) = child.try_wait() {
            break Err(format!("cargo xtask run ended with {status}"));
        }
        thread::sleep(Duration::from_millis(50));
    };
    end(&mut child);
    open
}

/// The command and everything it started.
fn end(child: &mut Child) {
    show(program("kill").args(["-TERM", "--", &format!("-{}", child.id())])).ok();
    child.wait().ok();
}
