//! Tells Tauri which commands the window may call: the list in `src/commands/list.rs`, no other.

macro_rules! commands {
    ($($name:ident = $screen:ident :: $case:ident ($($argument:ident : $type:ty),*) -> $answer:ty;)*) => {
        const COMMANDS: &[&str] = &[$(stringify!($name)),*];
    };
}

include!("src/commands/list.rs");

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/src/commands/list.rs");
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    if let Err(problem) = tauri_build::try_build(attributes) {
        println!("cargo:warning={problem:#}");
        std::process::exit(1);
    }
}
