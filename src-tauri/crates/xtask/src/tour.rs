//! `cargo xtask tour`: the main job in the real window, for the eye.

use std::fs;

use crate::program::{FOR_TESTS, cargo, show};
use crate::{Answer, desktop, needs, place, window};

pub fn tour() -> Answer {
    if !cfg!(target_os = "linux") {
        return Err("The tour drives WebKitGTK's window, which is Linux's.".into());
    }
    needs::for_test()?;
    window::build()?;
    let driver = needs::tauri_driver()?;
    let folder = place::target().join("tour");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut run = cargo();
    run.arg("test")
        .args(FOR_TESTS)
        .args(["--test", "tour", "--", "--ignored", "--nocapture"])
        .env("TAURI_DRIVER", driver)
        .env("RETROPRESS_TOUR", &folder);
    show(&mut desktop::around(
        &run,
        &place::target().join("tour-keyring"),
    )?)?;
    println!("\nLeft in {}:", folder.display());
    let mut names: Vec<_> = fs::read_dir(&folder)
        .map_err(|error| error.to_string())?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    for name in names {
        println!("  {name}");
    }
    Ok(())
}
