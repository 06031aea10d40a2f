// Generated from src-tauri/src/commands/list.rs by `cargo xtask bindings`. Do not edit.
import type { ApiError } from "./bindings/ApiError";
import type { Candidate } from "./bindings/Candidate";
import type { CertificateView } from "./bindings/CertificateView";
import type { Check } from "./bindings/Check";
import type { Configuration } from "./bindings/Configuration";
import type { ConflictDetails } from "./bindings/ConflictDetails";
import type { ConnectRequest } from "./bindings/ConnectRequest";
import type { Connection } from "./bindings/Connection";
import type { CopyView } from "./bindings/CopyView";
import type { Document } from "./bindings/Document";
import type { Draft } from "./bindings/Draft";
import type { DraftFile } from "./bindings/DraftFile";
import type { DraftList } from "./bindings/DraftList";
import type { DraftQuery } from "./bindings/DraftQuery";
import type { HandedOn } from "./bindings/HandedOn";
import type { ImportOptions } from "./bindings/ImportOptions";
import type { ImportPreview } from "./bindings/ImportPreview";
import type { ImportSource } from "./bindings/ImportSource";
import type { Integration } from "./bindings/Integration";
import type { Kind } from "./bindings/Kind";
import type { Leave } from "./bindings/Leave";
import type { Method } from "./bindings/Method";
import type { Model } from "./bindings/Model";
import type { NetworkRequest } from "./bindings/NetworkRequest";
import type { NetworkScope } from "./bindings/NetworkScope";
import type { NetworkView } from "./bindings/NetworkView";
import type { NewDraft } from "./bindings/NewDraft";
import type { OauthSetup } from "./bindings/OauthSetup";
import type { OpenActions } from "./bindings/OpenActions";
import type { Operation } from "./bindings/Operation";
import type { OutboxList } from "./bindings/OutboxList";
import type { OutboxStatus } from "./bindings/OutboxStatus";
import type { PageList } from "./bindings/PageList";
import type { PageNow } from "./bindings/PageNow";
import type { ParentTitle } from "./bindings/ParentTitle";
import type { PdfPreview } from "./bindings/PdfPreview";
import type { Publication } from "./bindings/Publication";
import type { PublicationList } from "./bindings/PublicationList";
import type { PublicationQuery } from "./bindings/PublicationQuery";
import type { Queued } from "./bindings/Queued";
import type { Resolution } from "./bindings/Resolution";
import type { SandboxView } from "./bindings/SandboxView";
import type { Saved } from "./bindings/Saved";
import type { ServerPage } from "./bindings/ServerPage";
import type { Settings } from "./bindings/Settings";
import type { SharePreview } from "./bindings/SharePreview";
import type { SignIn } from "./bindings/SignIn";
import type { SignInRequest } from "./bindings/SignInRequest";
import type { SigningIn } from "./bindings/SigningIn";
import type { SigningInRequest } from "./bindings/SigningInRequest";
import type { SpaceView } from "./bindings/SpaceView";
import type { Start } from "./bindings/Start";
import type { Storage } from "./bindings/Storage";
import type { SubstitutionView } from "./bindings/SubstitutionView";
import type { Summary } from "./bindings/Summary";
import type { Team } from "./bindings/Team";
import type { Template } from "./bindings/Template";
import type { TitlePreview } from "./bindings/TitlePreview";
import { call } from "./call";

export const start = (): Promise<Start> => call("start");

export const saveSettings = (settings: Settings): Promise<Settings> => call("save_settings", { settings });

export const listTeams = (): Promise<Array<Team>> => call("list_teams");

export const createTeam = (name: string): Promise<Team> => call("create_team", { name });

export const renameTeam = (teamId: string, name: string): Promise<Team> => call("rename_team", { teamId, name });

export const deleteTeam = (teamId: string): Promise<void> => call("delete_team", { teamId });

export const listDrafts = (query: DraftQuery): Promise<DraftList> => call("list_drafts", { query });

export const createDraft = (teamId: string, newDraft: NewDraft): Promise<Draft> => call("create_draft", { teamId, newDraft });

export const openDraft = (draftId: string): Promise<Draft> => call("open_draft", { draftId });

export const saveDraft = (draftId: string, revision: number, content: Summary): Promise<Saved> => call("save_draft", { draftId, revision, content });

export const duplicateDraft = (draftId: string): Promise<Draft> => call("duplicate_draft", { draftId });

export const deleteDraft = (draftId: string): Promise<void> => call("delete_draft", { draftId });

export const restoreDraft = (draftId: string): Promise<void> => call("restore_draft", { draftId });

export const openActions = (draftId: string): Promise<OpenActions> => call("open_actions", { draftId });

export const listTemplates = (): Promise<Array<Template>> => call("list_templates");

export const saveTemplate = (template: Template): Promise<Template> => call("save_template", { template });

export const deleteTemplate = (templateId: string): Promise<void> => call("delete_template", { templateId });

export const listModels = (): Promise<Array<Model>> => call("list_models");

export const saveModel = (model: Model): Promise<Model> => call("save_model", { model });

export const deleteModel = (modelId: string): Promise<void> => call("delete_model", { modelId });

export const readImportFile = (name: string, base64: string): Promise<ImportSource> => call("read_import_file", { name, base64 });

export const readImportText = (text: string): Promise<ImportSource> => call("read_import_text", { text });

export const previewImport = (sourceId: string, options: ImportOptions): Promise<ImportPreview> => call("preview_import", { sourceId, options });

export const runImport = (teamId: string, sourceId: string, options: ImportOptions): Promise<Array<string>> => call("run_import", { teamId, sourceId, options });

export const listIntegrations = (teamId: string): Promise<Array<Integration>> => call("list_integrations", { teamId });

export const saveIntegration = (sessionId: string, configuration: Configuration, sessionOnly: boolean): Promise<Integration> => call("save_integration", { sessionId, configuration, sessionOnly });

export const removeSecret = (integrationId: string): Promise<Integration> => call("remove_secret", { integrationId });

export const disconnect = (integrationId: string): Promise<void> => call("disconnect", { integrationId });

export const handOnIntegration = (integrationId: string, madeBy: string): Promise<string | null> => call("hand_on_integration", { integrationId, madeBy });

export const openHandedOn = (teamId: string, base64: string): Promise<HandedOn> => call("open_handed_on", { teamId, base64 });

export const readNetwork = (scope: NetworkScope): Promise<NetworkView> => call("read_network", { scope });

export const saveNetwork = (scope: NetworkScope, request: NetworkRequest, sessionOnly: boolean): Promise<NetworkView> => call("save_network", { scope, request, sessionOnly });

export const testNetwork = (scope: NetworkScope, request: NetworkRequest, address: string): Promise<Array<Check>> => call("test_network", { scope, request, address });

export const readAuthorities = (file: string): Promise<Array<CertificateView>> => call("read_authorities", { file });

export const readSigningIn = (): Promise<SigningIn> => call("read_signing_in");

export const saveSigningIn = (request: SigningInRequest): Promise<SigningIn> => call("save_signing_in", { request });

export const checkConnection = (request: ConnectRequest): Promise<Connection> => call("check_connection", { request });

export const resumeConnection = (integrationId: string): Promise<Connection> => call("resume_connection", { integrationId });

export const leaveConnection = (sessionId: string): Promise<void> => call("leave_connection", { sessionId });

export const oauthSetup = (teamId: string, integrationId: string | null, method: Method): Promise<OauthSetup> => call("oauth_setup", { teamId, integrationId, method });

export const startSignIn = (request: SignInRequest): Promise<SignIn> => call("start_sign_in", { request });

export const readSignIn = (signInId: string): Promise<SignIn> => call("read_sign_in", { signInId });

export const openSignInPage = (signInId: string): Promise<void> => call("open_sign_in_page", { signInId });

export const pasteSignInAddress = (signInId: string, address: string): Promise<SignIn> => call("paste_sign_in_address", { signInId, address });

export const cancelSignIn = (signInId: string): Promise<SignIn> => call("cancel_sign_in", { signInId });

export const chooseSite = (signInId: string, siteId: string): Promise<Connection> => call("choose_site", { signInId, siteId });

export const listSpaces = (sessionId: string): Promise<Array<SpaceView>> => call("list_spaces", { sessionId });

export const listPages = (sessionId: string, spaceId: string, parentId: string | null): Promise<PageList> => call("list_pages", { sessionId, spaceId, parentId });

export const findPages = (sessionId: string, spaceId: string, text: string): Promise<PageList> => call("find_pages", { sessionId, spaceId, text });

export const checkParentTitle = (sessionId: string, spaceId: string, kind: Kind, title: string): Promise<ParentTitle> => call("check_parent_title", { sessionId, spaceId, kind, title });

export const previewTitle = (teamId: string, kind: Kind, template: string): Promise<TitlePreview> => call("preview_title", { teamId, kind, template });

export const listSubstitutions = (teamId: string, kind: Kind): Promise<Array<SubstitutionView>> => call("list_substitutions", { teamId, kind });

export const runChecklist = (sessionId: string, configuration: Configuration): Promise<Array<Check>> => call("run_checklist", { sessionId, configuration });

export const checkIntegration = (integrationId: string): Promise<Array<Check>> => call("check_integration", { integrationId });

export const publishTest = (sessionId: string, configuration: Configuration, kind: Kind): Promise<Operation> => call("publish_test", { sessionId, configuration, kind });

export const deleteTest = (sessionId: string, operationId: string): Promise<Operation> => call("delete_test", { sessionId, operationId });

export const viewTest = (sessionId: string, operationId: string): Promise<void> => call("view_test", { sessionId, operationId });

export const openServerPage = (method: Method, serverUrl: string, page: ServerPage): Promise<void> => call("open_server_page", { method, serverUrl, page });

export const previewShare = (draftId: string, integrationId: string | null): Promise<SharePreview> => call("preview_share", { draftId, integrationId });

export const previewPdf = (draftId: string, integrationId: string | null): Promise<PdfPreview> => call("preview_pdf", { draftId, integrationId });

export const draftMarkdown = (draftId: string): Promise<string> => call("draft_markdown", { draftId });

export const savePdf = (draftId: string, integrationId: string | null): Promise<string | null> => call("save_pdf", { draftId, integrationId });

export const publish = (draftId: string, integrationId: string): Promise<Operation> => call("publish", { draftId, integrationId });

export const openOperation = (operationId: string): Promise<Operation> => call("open_operation", { operationId });

export const retryOperation = (operationId: string): Promise<Operation> => call("retry_operation", { operationId });

export const resolveOperation = (operationId: string, resolution: Resolution): Promise<Operation> => call("resolve_operation", { operationId, resolution });

export const cancelOperation = (operationId: string): Promise<Operation> => call("cancel_operation", { operationId });

export const listOutbox = (teamId: string): Promise<OutboxList> => call("list_outbox", { teamId });

export const outboxStatus = (teamId: string): Promise<OutboxStatus> => call("outbox_status", { teamId });

export const checkOutbox = (teamId: string): Promise<OutboxStatus> => call("check_outbox", { teamId });

export const publishMany = (draftIds: Array<string>, integrationId: string): Promise<Array<Queued>> => call("publish_many", { draftIds, integrationId });

export const cancelOperations = (operationIds: Array<string>): Promise<Array<Operation>> => call("cancel_operations", { operationIds });

export const discardOperation = (operationId: string): Promise<void> => call("discard_operation", { operationId });

export const retryOperations = (operationIds: Array<string>): Promise<Array<Operation>> => call("retry_operations", { operationIds });

export const pauseIntegration = (integrationId: string): Promise<void> => call("pause_integration", { integrationId });

export const resumeIntegration = (integrationId: string): Promise<void> => call("resume_integration", { integrationId });

export const backToDraft = (operationId: string): Promise<string> => call("back_to_draft", { operationId });

export const conflictDetails = (operationId: string): Promise<ConflictDetails> => call("conflict_details", { operationId });

export const viewOperation = (operationId: string): Promise<void> => call("view_operation", { operationId });

export const listPublications = (query: PublicationQuery): Promise<PublicationList> => call("list_publications", { query });

export const openPublication = (publicationId: string): Promise<Publication> => call("open_publication", { publicationId });

export const lookAtPublication = (publicationId: string): Promise<PageNow> => call("look_at_publication", { publicationId });

export const viewPublication = (publicationId: string): Promise<void> => call("view_publication", { publicationId });

export const deletePublication = (publicationId: string): Promise<Operation> => call("delete_publication", { publicationId });

export const republish = (publicationId: string): Promise<Operation> => call("republish", { publicationId });

export const leave = (leave: Leave): Promise<void> => call("leave", { leave });

export const typedStored = (stored: boolean): Promise<void> => call("typed_stored", { stored });

export const finishLeaving = (): Promise<void> => call("finish_leaving");

export const startsAtLogin = (): Promise<boolean> => call("starts_at_login");

export const startAtLogin = (on: boolean): Promise<boolean> => call("start_at_login", { on });

export const readStorage = (): Promise<Storage> => call("read_storage");

export const readKeyring = (): Promise<ApiError | null> => call("read_keyring");

export const showDataFolder = (): Promise<void> => call("show_data_folder");

export const exportAll = (): Promise<string | null> => call("export_all");

export const chooseImport = (): Promise<Candidate | null> => call("choose_import");

export const listCopies = (): Promise<Array<CopyView>> => call("list_copies");

export const chooseCopy = (name: string): Promise<Candidate> => call("choose_copy", { name });

export const deleteCopy = (name: string): Promise<Array<CopyView>> => call("delete_copy", { name });

export const forgetSecretsLeft = (): Promise<Storage> => call("forget_secrets_left");

export const leaveCandidate = (candidateId: string): Promise<void> => call("leave_candidate", { candidateId });

export const stageCandidate = (candidateId: string): Promise<Storage> => call("stage_candidate", { candidateId });

export const takeBackStaged = (): Promise<Storage> => call("take_back_staged");

export const restart = (): Promise<void> => call("restart");

export const readSecurity = (): Promise<Document> => call("read_security");

export const saveDraftFile = (draftId: string, format: DraftFile): Promise<string | null> => call("save_draft_file", { draftId, format });

export const saveSecurityPdf = (): Promise<string | null> => call("save_security_pdf");

export const makeSupportReport = (): Promise<string> => call("make_support_report");

export const saveSupportReport = (text: string): Promise<string | null> => call("save_support_report", { text });

export const startSandbox = (): Promise<SandboxView> => call("start_sandbox");

export const viewSandbox = (): Promise<void> => call("view_sandbox");

export const emptySandbox = (): Promise<void> => call("empty_sandbox");
