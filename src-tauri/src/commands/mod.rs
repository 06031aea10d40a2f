//! The commands of the window: each calls one use case of the app crate and does nothing else.

#[cfg(test)]
mod typescript;

use std::sync::Arc;

use retropress_app::{
    ApiError, App,
    connect::{
        self, Check, ConnectRequest, Connection, Method, PageList, ParentTitle, ServerPage,
        SpaceView, SubstitutionView, TitlePreview,
        sign_in::{self, OauthSetup, SignIn, SignInRequest},
    },
    desktop::{self, Leave},
    drafts::{self, Draft, DraftList, DraftQuery, NewDraft, OpenActions, Saved},
    hand_on::{self, HandedOn},
    history::{self, PageNow, Publication, PublicationList, PublicationQuery},
    import::{self, ImportSource},
    integrations::{self, Configuration, Integration},
    network::{self, CertificateView, NetworkRequest, NetworkScope, NetworkView},
    publish::{
        self, Operation, Resolution,
        outbox::{self, ConflictDetails, OutboxList, OutboxStatus, Queued},
    },
    sandbox::{self, SandboxView},
    security,
    settings::{self, Settings, Start},
    share::{self, DraftFile, PdfPreview, SharePreview},
    signing_in::{self, SigningIn, SigningInRequest},
    storage::{self, Candidate, CopyView, Storage},
    support_report,
    teams::{self, Team},
};
use retropress_summary::{
    Kind, Summary,
    document::Document,
    health_check::Model,
    import::{ImportOptions, ImportPreview},
    retrospective::Template,
};
use tauri::State;

macro_rules! commands {
    ($($name:ident = $screen:ident :: $case:ident ($($argument:ident : $type:ty),*) -> $answer:ty;)*) => {
        $(
            #[tauri::command]
            pub async fn $name(app: State<'_, Arc<App>>, $($argument: $type),*) -> Result<$answer, ApiError> {
                let app = app.inner().clone();
                retropress_app::guarded(async move { $screen::$case(&app, $($argument),*).await }).await
            }
        )*

        /// Answers every command of the list.
        pub fn handler() -> impl Fn(tauri::ipc::Invoke<tauri::Wry>) -> bool {
            tauri::generate_handler![$($name),*]
        }

        #[cfg(test)]
        fn signatures(config: &ts_rs::Config) -> Vec<typescript::Signature> {
            vec![$(typescript::Signature {
                name: stringify!($name),
                arguments: vec![$((stringify!($argument), <$type as ts_rs::TS>::name(config))),*],
                answer: <$answer as ts_rs::TS>::name(config),
            }),*]
        }
    };
}

include!("list.rs");
