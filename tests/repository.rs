//! What the repository promises to its readers and to systems that these tests do not run on:
//! licence, documents, workflow, icons and packages.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test ends where its footing is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

/// The files below a folder, without what is built or installed.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let built = ["target", "node_modules", "dist", "gen", ".git"];
        if path.is_file() {
            found.push(path);
        } else if !built.iter().any(|it| name == *it) {
            found.extend(files(&path));
        }
    }
    found
}

/// CRC-32 as in PNG and zip.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn the_licence_is_whole_and_named_by_every_package() {
    // The text at https://www.apache.org/licenses/LICENSE-2.0.txt.
    let licence = text("LICENSE");
    assert_eq!(
        (licence.len(), crc(licence.as_bytes())),
        (11_358, 0x86e2_b4b4)
    );

    assert_eq!(json("tauri.conf.json")["bundle"]["license"], "Apache-2.0");
    let mut named = 0;
    for file in files(root()) {
        let written = || fs::read_to_string(&file).unwrap();
        let names_it = match file.file_name().and_then(|it| it.to_str()) {
            Some("Cargo.toml") => written()
                .lines()
                .any(|it| ["license = \"Apache-2.0\"", "license.workspace = true"].contains(&it)),
            Some("package.json") => written().contains("\"license\": \"Apache-2.0\""),
            _ => continue,
        };
        assert!(names_it, "{} names no licence", file.display());
        named += 1;
    }
    assert!(named > 8, "{named}");
}

#[test]
fn the_changelog_knows_this_version_and_what_comes_after_it() {
    let version = env!("CARGO_PKG_VERSION");
    let changelog = text("CHANGELOG.md");
    let headings: Vec<&str> = changelog
        .lines()
        .filter_map(|it| it.strip_prefix("## "))
        .collect();
    assert_eq!(headings.first(), Some(&"Unreleased"));
    let dated = format!("{version} - 20");
    assert!(
        headings.iter().any(|it| it.starts_with(&dated)),
        "{headings:?}"
    );
    assert_eq!(json("ui/package.json")["version"], version);
}

/// The headings of a document as GitHub addresses them.
fn anchors(document: &str) -> BTreeSet<String> {
    let headings = document.lines().filter(|it| it.starts_with('#'));
    headings
        .map(|it| {
            let words = it.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|it| it.is_alphanumeric() || " -_".contains(*it));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut followed = 0;
    for file in files(root()) {
        if file.extension().is_none_or(|it| it != "md")
            || file.starts_with(root().join("tests/tour"))
        {
            continue;
        }
        let document = fs::read_to_string(&file).unwrap();
        for link in document.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            if target.contains("://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let wanted = match path {
                "" => file.clone(),
                path => file.parent().unwrap().join(path),
            };
            assert!(wanted.is_file(), "{}: {target}", file.display());
            if !anchor.is_empty() {
                let headings = anchors(&fs::read_to_string(&wanted).unwrap());
                assert!(headings.contains(anchor), "{}: {target}", file.display());
            }
            followed += 1;
        }
        // "[words][name]" needs a line "[name]: address".
        for name in document
            .split("][")
            .skip(1)
            .filter_map(|it| it.split(']').next())
        {
            assert!(
                document.contains(&format!("\n[{name}]: https://")),
                "{}: [{name}]",
                file.display()
            );
        }
    }
    assert!(followed > 10, "{followed}");
}

#[test]
fn every_action_is_pinned_by_its_digest() {
    let mut uses = 0;
    for file in files(&root().join(".github/workflows")) {
        let workflow = fs::read_to_string(&file).unwrap();
        for line in workflow.lines() {
            let Some((_, action)) = line.split_once("uses:") else {
                continue;
            };
            let pinned = action.trim().split_once('@').is_some_and(|(_, it)| {
                let (digest, version) = it.split_once(" # v").unwrap_or_default();
                digest.len() == 40
                    && digest.bytes().all(|it| it.is_ascii_hexdigit())
                    && version.split('.').all(|it| it.parse::<u32>().is_ok())
            });
            assert!(pinned, "{}: {line}", file.display());
            uses += 1;
        }
        let checkouts = workflow.matches("actions/checkout@").count();
        let without_credentials = workflow.matches("persist-credentials: false").count();
        assert_eq!(checkouts, without_credentials, "{}", file.display());
        assert!(
            workflow.contains("\npermissions: {}\n"),
            "{}",
            file.display()
        );
        let jobs = workflow.matches("runs-on:").count();
        assert_eq!(jobs, workflow.matches("timeout-minutes:").count());
    }
    assert!(uses > 0);
}

#[test]
fn dependabot_watches_every_package() {
    let watched = text(".github/dependabot.yml");
    for file in files(root()) {
        if file.file_name().is_none_or(|it| it != "package.json") {
            continue;
        }
        let folder = file.parent().unwrap().strip_prefix(root()).unwrap();
        let line = format!("\n      - /{}\n", folder.display()).replace('\\', "/");
        assert!(watched.contains(&line), "{line}");
    }
    for ecosystem in ["cargo", "npm", "github-actions"] {
        assert!(watched.contains(&format!("package-ecosystem: {ecosystem}\n")));
    }
}

fn big(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().unwrap())
}

fn little(bytes: &[u8], from: usize, length: usize) -> u32 {
    let bytes = bytes[from..from + length].iter().rev();
    bytes.fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The side of a square PNG of 8 bits with transparency, all of whose chunks are sound.
fn side_of_png(bytes: &[u8]) -> u32 {
    let mut rest = bytes.strip_prefix(PNG).expect("not a PNG");
    let mut names = vec![];
    while !rest.is_empty() {
        let length = big(rest) as usize;
        let (chunk, after) = rest[4..].split_at(length + 4);
        assert_eq!(big(after), crc(chunk));
        names.push(&chunk[..4]);
        rest = &after[4..];
    }
    assert_eq!(names.first(), Some(&b"IHDR".as_slice()));
    assert_eq!(names.last(), Some(&b"IEND".as_slice()));
    assert!(names.contains(&b"IDAT".as_slice()));
    let header = &bytes[16..];
    assert_eq!(big(header), big(&header[4..]), "not square");
    // Tauri refuses any other kind of PNG.
    assert_eq!(header[8..10], [8, 6], "not RGBA of 8 bits");
    big(header)
}

fn icon(name: &str) -> Vec<u8> {
    fs::read(root().join("icons").join(name)).unwrap()
}

#[test]
fn packages_for_the_three_systems_are_configured_with_icons_that_exist() {
    let bundle = &json("tauri.conf.json")["bundle"];
    let words = |name: &str| -> BTreeSet<String> {
        let words = bundle[name].as_array().unwrap().iter();
        words.map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let wanted = ["deb", "rpm", "app", "dmg", "nsis", "msi"];
    assert_eq!(words("targets"), wanted.map(str::to_owned).into());
    let icons = words("icon");
    for name in &icons {
        assert!(root().join(name).is_file(), "{name}");
    }
    // tauri-build looks for the first on Windows, the bundler for the second on macOS.
    assert!(icons.contains("icons/icon.ico") && icons.contains("icons/icon.icns"));
}

#[test]
fn png_icons_have_the_size_of_their_name() {
    for (name, side) in [("32x32.png", 32), ("128x128.png", 128), ("icon.png", 512)] {
        assert_eq!(side_of_png(&icon(name)), side, "{name}");
    }
}

#[test]
fn the_icon_for_windows_has_all_sizes() {
    let file = icon("icon.ico");
    assert_eq!(file[..4], [0, 0, 1, 0], "not an icon");
    let entries: Vec<&[u8]> = file[6..]
        .chunks(16)
        .take(little(&file, 4, 2) as usize)
        .collect();
    let mut sides = vec![];
    for entry in entries {
        // A byte cannot say 256.
        let side = match entry[0] {
            0 => 256,
            side => u32::from(side),
        };
        assert_eq!(entry[0], entry[1], "not square");
        let (length, from) = (little(entry, 8, 4) as usize, little(entry, 12, 4) as usize);
        let image = &file[from..from + length];
        if image.starts_with(PNG) {
            assert_eq!(side_of_png(image), side);
        } else {
            // BITMAPINFOHEADER: twice as high, for the mask that follows the colours.
            assert_eq!(little(image, 0, 4), 40);
            assert_eq!((little(image, 4, 4), little(image, 8, 4)), (side, side * 2));
            assert_eq!(little(image, 14, 2), 32, "not 32 bits");
            assert!(length as u32 >= 40 + side * side * 4);
        }
        sides.push(side);
    }
    sides.sort_unstable();
    assert_eq!(sides, [16, 24, 32, 48, 64, 256]);
}

#[test]
fn the_icon_for_macos_has_all_sizes() {
    let file = icon("icon.icns");
    assert_eq!(&file[..4], b"icns");
    assert_eq!(big(&file[4..]) as usize, file.len());
    let mut images: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    let mut rest = &file[8..];
    while !rest.is_empty() {
        let length = big(&rest[4..]) as usize;
        images.insert(&rest[..4], &rest[8..length]);
        rest = &rest[length..];
    }
    let named = [
        (b"ic07", 128),
        (b"ic08", 256),
        (b"ic09", 512),
        (b"ic10", 1024),
        (b"ic11", 32),
        (b"ic12", 64),
        (b"ic13", 256),
        (b"ic14", 512),
    ];
    for (name, side) in named {
        let image = images.get(name.as_slice());
        let image = image.unwrap_or_else(|| panic!("no image of {side}"));
        assert_eq!(side_of_png(image), side);
    }
    // The two smallest: as PNG, or as colours with a mask of their own.
    for (png, colours, mask, side) in [
        (b"icp4", b"is32", b"s8mk", 16_u32),
        (b"icp5", b"il32", b"l8mk", 32),
    ] {
        match images.get(png.as_slice()) {
            Some(image) => assert_eq!(side_of_png(image), side),
            None => {
                assert!(
                    images.contains_key(colours.as_slice()),
                    "no image of {side}"
                );
                let mask = images.get(mask.as_slice()).expect("no mask");
                assert_eq!(mask.len() as u32, side * side);
            }
        }
    }
}
