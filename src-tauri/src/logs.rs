//! The log: a file a day beside the database, seven of them. It never holds a secret or a text.

use std::{
    fs::DirBuilder,
    io, panic,
    path::{Path, PathBuf},
};

use retropress_app::support_report;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Logging goes on without a file where none can be written.
pub fn start(folder: &Path) {
    if let Some(file) = file(folder.join(support_report::LOG_FOLDER)) {
        let filter = EnvFilter::try_from_env("RETROPRESS_LOG")
            .unwrap_or_else(|_| EnvFilter::new("info,retropress_confluence=debug"));
        // A second start in the same process would find one set already.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(std::sync::Mutex::new(file))
            .try_init();
    }
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        tracing::error!(%panic, "a fault of ours");
        usual(panic);
    }));
}

fn file(folder: PathBuf) -> Option<RollingFileAppender> {
    // It looks for old files before it makes the folder, and complains where there is none.
    make(&folder).ok()?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("retropress")
        .filename_suffix("log")
        .max_log_files(7)
        .build(folder)
        .ok()
}

/// With the folder of the data, which is nobody else's business on a shared computer.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test ends where its footing is missing.
mod tests {
    use std::{env, fs, process::Command};

    use super::*;

    const FOLDER: &str = "RETROPRESS_LOG_TEST";

    /// The process below. Without its folder there is nothing to do.
    #[test]
    fn a_process_that_logs() {
        if let Some(folder) = env::var_os(FOLDER) {
            start(Path::new(&folder));
            tracing::info!("it began");
        }
    }

    #[test]
    fn the_first_start_complains_of_nothing_and_logs() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("not there yet");
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "logs::tests::a_process_that_logs", "--nocapture"])
            .env(FOLDER, &data)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{said}");
        let logs: Vec<_> = fs::read_dir(data.join(support_report::LOG_FOLDER))
            .unwrap()
            .map(|it| fs::read_to_string(it.unwrap().path()).unwrap())
            .collect();
        assert_eq!(logs.len(), 1);
        assert!(logs[0].contains("it began"), "{logs:?}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&data).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{mode:o}");
        }
    }
}
