//! The log: a file a day beside the database, seven of them. It never holds a secret or a text.

use std::{panic, path::Path};

use retropress_app::support_report;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Logging goes on without a file where none can be written.
pub fn start(folder: &Path) {
    let folder = folder.join(support_report::LOG_FOLDER);
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("retropress")
        .filename_suffix("log")
        .max_log_files(7)
        .build(folder);
    if let Ok(file) = file {
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
