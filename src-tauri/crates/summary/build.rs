//! Puts the bundled fonts where the crate can include them.
//!
//! They come from the window's npm package `@expo-google-fonts/noto-sans` (Noto Sans under the SIL
//! Open Font License 1.1), so that each machine embeds the same bytes.

use std::{env, error::Error, fs, path::Path};

const PACKAGE: &str = "../../../ui/node_modules/@expo-google-fonts/noto-sans";
const FACES: [(&str, &str); 2] = [
    ("400Regular/NotoSans_400Regular.ttf", "NotoSans-Regular.ttf"),
    (
        "600SemiBold/NotoSans_600SemiBold.ttf",
        "NotoSans-SemiBold.ttf",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let package = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(PACKAGE);
    let out = env::var("OUT_DIR")?;
    for (from, to) in FACES {
        let from = package.join(from);
        println!("cargo::rerun-if-changed={}", from.display());
        fs::copy(&from, Path::new(&out).join(to)).map_err(|error| {
            format!(
                "the font {} is missing ({error}); run `npm ci` in ui first",
                from.display()
            )
        })?;
    }
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
