//! A window that shows one word: what Tauri and WebKit cost by themselves. `cargo xtask bench`
//! compares the start of the app with it.

fn main() {
    let context =
        tauri::generate_context!("src-tauri/crates/xtask/bench/empty-window/tauri.conf.json");
    if tauri::Builder::default().run(context).is_err() {
        std::process::exit(1);
    }
}
