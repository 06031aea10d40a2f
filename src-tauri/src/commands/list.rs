// Every command of the window, once. From this list come the handler (mod.rs), the permission list
// (build.rs) and the TypeScript functions (ui/src/api/commands.ts). The left name is what crosses
// the boundary, the right one the use case in the app crate.
commands! {
    start = settings::start() -> Start;
    save_settings = settings::save(settings: Settings) -> Settings;

    list_teams = teams::list() -> Vec<Team>;
    create_team = teams::create(name: String) -> Team;
    rename_team = teams::rename(team_id: String, name: String) -> Team;
    delete_team = teams::delete(team_id: String) -> ();

    list_drafts = drafts::list(query: DraftQuery) -> DraftList;
    create_draft = drafts::create(team_id: String, new_draft: NewDraft) -> Draft;
    open_draft = drafts::open(draft_id: String) -> Draft;
    save_draft = drafts::save(draft_id: String, revision: i64, content: Summary) -> Saved;
    duplicate_draft = drafts::duplicate(draft_id: String) -> Draft;
    delete_draft = drafts::delete(draft_id: String) -> ();
    restore_draft = drafts::restore(draft_id: String) -> ();
    open_actions = drafts::open_actions(draft_id: String) -> OpenActions;
    list_templates = drafts::templates() -> Vec<Template>;
    save_template = drafts::save_template(template: Template) -> Template;
    delete_template = drafts::delete_template(template_id: String) -> ();
    list_models = drafts::models() -> Vec<Model>;
    save_model = drafts::save_model(model: Model) -> Model;
    delete_model = drafts::delete_model(model_id: String) -> ();

    read_import_file = import::read_file(name: String, base64: String) -> ImportSource;
    read_import_text = import::read_text(text: String) -> ImportSource;
    preview_import = import::preview(source_id: String, options: ImportOptions) -> ImportPreview;
    run_import = import::run(team_id: String, source_id: String, options: ImportOptions) -> Vec<String>;

    list_integrations = integrations::list(team_id: String) -> Vec<Integration>;
    save_integration = integrations::save(session_id: String, configuration: Configuration, session_only: bool) -> Integration;
    remove_secret = integrations::remove_secret(integration_id: String) -> Integration;
    disconnect = integrations::disconnect(integration_id: String) -> ();
    hand_on_integration = hand_on::save(integration_id: String, made_by: String) -> Option<String>;
    open_handed_on = hand_on::open(team_id: String, base64: String) -> HandedOn;

    read_network = network::read(scope: NetworkScope) -> NetworkView;
    save_network = network::save(scope: NetworkScope, request: NetworkRequest, session_only: bool) -> NetworkView;
    test_network = network::test(scope: NetworkScope, request: NetworkRequest, address: String) -> Vec<Check>;
    read_authorities = network::read_authorities(file: String) -> Vec<CertificateView>;

    read_signing_in = signing_in::read() -> SigningIn;
    save_signing_in = signing_in::save(request: SigningInRequest) -> SigningIn;

    check_connection = connect::check(request: ConnectRequest) -> Connection;
    resume_connection = connect::resume(integration_id: String) -> Connection;
    leave_connection = connect::leave(session_id: String) -> ();
    oauth_setup = sign_in::setup(team_id: String, integration_id: Option<String>, method: Method) -> OauthSetup;
    start_sign_in = sign_in::start(request: SignInRequest) -> SignIn;
    read_sign_in = sign_in::read(sign_in_id: String) -> SignIn;
    open_sign_in_page = sign_in::open_page(sign_in_id: String) -> ();
    paste_sign_in_address = sign_in::paste_address(sign_in_id: String, address: String) -> SignIn;
    cancel_sign_in = sign_in::cancel(sign_in_id: String) -> SignIn;
    choose_site = sign_in::choose_site(sign_in_id: String, site_id: String) -> Connection;
    list_spaces = connect::spaces(session_id: String) -> Vec<SpaceView>;
    list_pages = connect::pages(session_id: String, space_id: String, parent_id: Option<String>) -> PageList;
    find_pages = connect::find_pages(session_id: String, space_id: String, text: String) -> PageList;
    check_parent_title = connect::parent_title(session_id: String, space_id: String, kind: Kind, title: String) -> ParentTitle;
    preview_title = connect::title_preview(team_id: String, kind: Kind, template: String) -> TitlePreview;
    list_substitutions = connect::substitutions(team_id: String, kind: Kind) -> Vec<SubstitutionView>;
    run_checklist = connect::checklist(session_id: String, configuration: Configuration) -> Vec<Check>;
    check_integration = connect::check_integration(integration_id: String) -> Vec<Check>;
    publish_test = connect::publish_test(session_id: String, configuration: Configuration, kind: Kind) -> Operation;
    delete_test = connect::delete_test(session_id: String, operation_id: String) -> Operation;
    view_test = connect::view_test(session_id: String, operation_id: String) -> ();
    open_server_page = connect::open_server_page(method: Method, server_url: String, page: ServerPage) -> ();

    preview_share = share::preview(draft_id: String, integration_id: Option<String>) -> SharePreview;
    preview_pdf = share::pdf(draft_id: String, integration_id: Option<String>) -> PdfPreview;
    draft_markdown = share::markdown(draft_id: String) -> String;
    save_pdf = share::save_pdf(draft_id: String, integration_id: Option<String>) -> Option<String>;

    publish = publish::publish(draft_id: String, integration_id: String) -> Operation;
    open_operation = publish::operation(operation_id: String) -> Operation;
    retry_operation = publish::retry(operation_id: String) -> Operation;
    resolve_operation = publish::resolve(operation_id: String, resolution: Resolution) -> Operation;
    cancel_operation = publish::cancel(operation_id: String) -> Operation;

    list_outbox = outbox::list(team_id: String) -> OutboxList;
    outbox_status = outbox::status(team_id: String) -> OutboxStatus;
    check_outbox = outbox::check_all(team_id: String) -> OutboxStatus;
    publish_many = outbox::publish_many(draft_ids: Vec<String>, integration_id: String) -> Vec<Queued>;
    cancel_operations = outbox::cancel_many(operation_ids: Vec<String>) -> Vec<Operation>;
    discard_operation = publish::discard(operation_id: String) -> ();
    retry_operations = outbox::retry_many(operation_ids: Vec<String>) -> Vec<Operation>;
    pause_integration = outbox::pause(integration_id: String) -> ();
    resume_integration = outbox::resume(integration_id: String) -> ();
    back_to_draft = outbox::back_to_draft(operation_id: String) -> String;
    conflict_details = outbox::conflict(operation_id: String) -> ConflictDetails;
    view_operation = outbox::view(operation_id: String) -> ();

    list_publications = history::list(query: PublicationQuery) -> PublicationList;
    open_publication = history::open(publication_id: String) -> Publication;
    look_at_publication = history::look(publication_id: String) -> PageNow;
    view_publication = history::view(publication_id: String) -> ();
    delete_publication = history::delete(publication_id: String) -> Operation;
    republish = history::republish(publication_id: String) -> Operation;

    leave = desktop::leave(leave: Leave) -> ();
    typed_stored = desktop::typed_stored(stored: bool) -> ();
    finish_leaving = desktop::finish_leaving() -> ();
    starts_at_login = desktop::starts_at_login() -> bool;
    start_at_login = desktop::start_at_login(on: bool) -> bool;

    read_storage = storage::read() -> Storage;
    read_keyring = storage::keyring() -> Option<ApiError>;
    show_data_folder = storage::show_folder() -> ();
    export_all = storage::export() -> Option<String>;
    choose_import = storage::choose_import() -> Option<Candidate>;
    list_copies = storage::copies() -> Vec<CopyView>;
    choose_copy = storage::choose_copy(name: String) -> Candidate;
    delete_copy = storage::delete_copy(name: String) -> Vec<CopyView>;
    forget_secrets_left = storage::forget_secrets_left() -> Storage;
    leave_candidate = storage::leave(candidate_id: String) -> ();
    stage_candidate = storage::stage(candidate_id: String) -> Storage;
    take_back_staged = storage::take_back() -> Storage;
    restart = storage::restart() -> ();

    read_security = security::read() -> Document;
    save_draft_file = share::save_draft(draft_id: String, format: DraftFile) -> Option<String>;
    save_security_pdf = security::save_pdf() -> Option<String>;
    make_support_report = support_report::make() -> String;
    save_support_report = support_report::save(text: String) -> Option<String>;

    start_sandbox = sandbox::start() -> SandboxView;
    view_sandbox = sandbox::view() -> ();
    empty_sandbox = sandbox::empty() -> ();
}
