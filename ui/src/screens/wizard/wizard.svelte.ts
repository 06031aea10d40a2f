// What the wizard holds until SAVE CHANGES: in memory only, secrets too.

import type { ApiError } from "../../api/bindings/ApiError";
import type { Configuration } from "../../api/bindings/Configuration";
import type { Connection } from "../../api/bindings/Connection";
import type { ConnectRequest } from "../../api/bindings/ConnectRequest";
import type { Field } from "../../api/bindings/Field";
import type { HandedOn } from "../../api/bindings/HandedOn";
import type { Integration } from "../../api/bindings/Integration";
import type { Kind } from "../../api/bindings/Kind";
import type { Method } from "../../api/bindings/Method";
import type { OauthSetup } from "../../api/bindings/OauthSetup";
import type { Operation } from "../../api/bindings/Operation";
import type { Parent } from "../../api/bindings/Parent";
import type { ScopeFamily } from "../../api/bindings/ScopeFamily";
import type { SignInRequest } from "../../api/bindings/SignInRequest";
import type { SpaceView } from "../../api/bindings/SpaceView";
import { asApiError } from "../../api/call";
import {
  checkConnection,
  leaveConnection,
  listSpaces,
  oauthSetup,
  removeSecret,
  resumeConnection,
} from "../../api/commands";
import { Followed } from "../share/followed.svelte";
import { methods, methodView } from "./methods";
import { BrowserSignIn } from "./sign-in.svelte";

export type StepName = "connect" | "configuration" | "test" | "save";

export const steps: { id: StepName; name: string }[] = [
  { id: "connect", name: "Connect" },
  { id: "configuration", name: "Configuration" },
  { id: "test", name: "Test" },
  { id: "save", name: "Save" },
];

/** One method's fields. Each method keeps its own, so that a look at another loses nothing. */
export interface ConnectForm {
  serverUrl: string;
  account: string;
  secret: string;
  allowHttp: boolean;
  /** The day the token ends, "2027-11-18". */
  expiresOn: string | null;
  scopes: ScopeFamily;
  /** Signs in as a service account, with its own client and without a browser. */
  serviceAccount: boolean;
  service: { account: string; secret: string };
  /** The application link was made with the https form of the redirect URL. */
  httpsRedirect: boolean;
}

export interface ParentChoice {
  type: Parent["type"];
  newTitle: string;
  existing: { id: string; title: string } | null;
}

export interface ConfigurationForm {
  space: SpaceView | null;
  parent: Record<Kind, ParentChoice>;
  title: Record<Kind, string>;
  labels: string[];
}

export const kinds: Kind[] = ["retrospective", "healthCheck"];

/** Errors by field, in the order of the form. */
export type FieldErrors = Partial<Record<Field, string>>;

const emptyForm = (): ConnectForm => ({
  serverUrl: "",
  account: "",
  secret: "",
  allowHttp: false,
  expiresOn: null,
  scopes: "granular",
  serviceAccount: false,
  service: { account: "", secret: "" },
  httpsRedirect: false,
});

function emptyForms(): Record<Method, ConnectForm> {
  return Object.fromEntries(methods.map((it) => [it.id, emptyForm()])) as Record<
    Method,
    ConnectForm
  >;
}

function emptyConfiguration(): ConfigurationForm {
  return {
    space: null,
    parent: {
      retrospective: { type: "none", newTitle: "Retrospectives", existing: null },
      healthCheck: { type: "none", newTitle: "Health Checks", existing: null },
    },
    title: {
      retrospective: "{{RetrospectiveTitleOrDate}} - Retrospective",
      healthCheck: "{{HealthCheckTitleOrDate}} - Health Check",
    },
    labels: [],
  };
}

/** Scheme, host and port of an address as it was typed; empty while it has none. */
export function originOf(address: string): string {
  const text = address.trim();
  try {
    return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`).origin;
  } catch {
    return "";
  }
}

export class Wizard {
  readonly teamId: string;
  step = $state<StepName>("connect");
  method = $state<Method>("apiToken");
  forms = $state(emptyForms());
  configuration = $state(emptyConfiguration());
  /** The integration that is edited. */
  saved = $state<Integration | null>(null);
  /** The configuration that was opened from a file. */
  handedOn = $state<HandedOn | null>(null);
  /** The saved secret is no longer to be used. */
  secretReplaced = $state(false);
  /** Signs in anew although the saved sign-in may still serve. */
  signsInAgain = $state(false);
  /** Without a keyring the sign-in lasts until the app ends, as the user agreed to. */
  sessionOnly = false;
  /** What the forms of the browser's methods need to know beforehand. */
  setups = $state<Partial<Record<Method, OauthSetup>>>({});
  readonly signIn = new BrowserSignIn();

  connection = $state<Connection | null>(null);
  spaces = $state<SpaceView[] | null>(null);
  spacesError = $state<ApiError | null>(null);
  /** Test publishes by kind; they outlive a step back. */
  readonly tests: Record<Kind, Followed>;
  readonly deletions: Record<Kind, Followed>;

  /** A check, a save or another step's question is under way; said beside Next. */
  progress = $state("");
  /** Plain http is refused until the user agrees; the checkbox for it is offered. */
  offersHttp = $state(false);

  #checkedWith = "";
  #start = "";

  constructor(teamId: string) {
    this.teamId = teamId;
    this.tests = { retrospective: new Followed(), healthCheck: new Followed() };
    const gone = (kind: Kind) => (operation: Operation) => {
      if (operation.state === "done") this.tests[kind].forget();
    };
    this.deletions = {
      retrospective: new Followed(gone("retrospective")),
      healthCheck: new Followed(gone("healthCheck")),
    };
    this.#start = this.#entered();
  }

  get form(): ConnectForm {
    return this.forms[this.method];
  }

  /** Fills the forms from an integration that is edited. */
  edit(integration: Integration): void {
    const { configuration: from } = integration;
    const { browser } = methodView(integration.method);
    this.saved = integration;
    this.method = integration.method;
    this.forms[integration.method] = {
      ...emptyForm(),
      serverUrl: integration.site.baseUrl,
      account: browser && !integration.serviceAccount ? integration.clientId : integration.account,
      allowHttp: integration.allowHttp,
      expiresOn: integration.expiresOn,
      scopes: integration.scopes,
      serviceAccount: integration.serviceAccount,
      service: { account: integration.serviceAccount ? integration.clientId : "", secret: "" },
    };
    this.offersHttp = integration.allowHttp;
    this.configuration = formOf(from);
    this.#start = this.#entered();
  }

  /** Fills the forms from a file. What one signs in with, and whether http is allowed, is never in it. */
  take(handedOn: HandedOn): void {
    this.handedOn = handedOn;
    this.method = handedOn.method;
    const { form } = this;
    form.serverUrl = handedOn.serverUrl;
    form.scopes = handedOn.scopeFamily;
    form.serviceAccount = handedOn.serviceAccount;
    this.client.account = handedOn.clientId;
    this.configuration = formOf(handedOn.configuration);
  }

  /** Chooses another method; an empty form takes over the server of its family. */
  choose(method: Method): void {
    const before = this.form.serverUrl;
    const cloud = methodView(this.method).cloud;
    this.method = method;
    if (!this.form.serverUrl && methodView(method).cloud === cloud) this.form.serverUrl = before;
  }

  /** Where the client of a browser's sign-in is entered: an own one for a service account. */
  get client(): { account: string; secret: string } {
    return this.form.serviceAccount ? this.form.service : this.form;
  }

  /** The sign-in app that the build or the settings know, where it is used. */
  get knownClient(): OauthSetup | null {
    const setup = this.setups[this.method];
    if (!setup?.clientKnown || this.form.serviceAccount) return null;
    const { account, secret } = this.form;
    const known = account.trim() === setup.clientId && !setup.clientSecretSaved && !secret;
    return account.trim() === "" || known ? setup : null;
  }

  /** The saved secret serves the method and server that it was saved for, and no other. */
  get usesSavedSecret(): boolean {
    const { saved } = this;
    if (saved === null || this.secretReplaced || this.method !== saved.method) return false;
    const { browser, cloud } = methodView(saved.method);
    if (browser)
      return (
        this.setups[saved.method]?.clientSecretSaved === true &&
        this.form.serviceAccount === saved.serviceAccount &&
        this.client.account.trim() === saved.clientId &&
        (cloud || originOf(this.form.serverUrl) === originOf(saved.site.baseUrl))
      );
    return (
      saved.secretProblem === null && originOf(this.form.serverUrl) === originOf(saved.site.baseUrl)
    );
  }

  /** Somebody is signed in for this integration already, and shall be from now on. */
  get usesSavedSignIn(): boolean {
    return (
      this.saved !== null &&
      this.saved.secretProblem === null &&
      this.method === this.saved.method &&
      methodView(this.method).browser !== null &&
      !this.signsInAgain
    );
  }

  /** The sign-in through the browser that belongs to the method in view. */
  get signInHere(): BrowserSignIn | null {
    return this.signIn.now?.method === this.method ? this.signIn : null;
  }

  /** Next may be asked for: a browser's method needs its sign-in first. */
  get mayGoOn(): boolean {
    if (!methodView(this.method).browser) return true;
    return this.usesSavedSignIn || this.signInHere?.done === true;
  }

  /** Something would be lost by leaving. */
  get dirty(): boolean {
    return (
      this.#entered() !== this.#start ||
      this.signIn.done ||
      (this.saved === null && this.connection !== null)
    );
  }

  /** Test pages that are still in Confluence. */
  get testPages(): number {
    return kinds.filter((it) => this.tests[it].operation?.state === "done").length;
  }

  get checked(): boolean {
    return this.connection !== null && this.#checkedWith === this.#question();
  }

  /** What can be seen to be missing without asking the server. */
  connectErrors(): FieldErrors {
    const view = methodView(this.method);
    const errors: FieldErrors = {};
    const url = this.form.serverUrl.trim();
    if (view.browser && view.cloud) {
      // The sites are asked for after the sign-in.
    } else if (!url) errors.serverUrl = "Enter the address of your Confluence.";
    else if (!originOf(url) || originOf(url) === "null")
      errors.serverUrl =
        "The address has no server name. Copy the address of any Confluence page from your browser.";
    const { account, secret } = this.client;
    if (this.knownClient) return errors;
    const noSecret = !this.usesSavedSecret && !secret.trim();
    const wanted = `Enter the ${view.secret.label}.`;
    // In the order of the form, which has the token before the address.
    if (noSecret && !view.browser) errors[view.secret.field] = wanted;
    if (view.account && !account.trim())
      errors[view.account.field] = `Enter the ${view.account.label}.`;
    else if (view.account?.type === "email" && !account.includes("@"))
      errors[view.account.field] = "This is no email address: it has no @.";
    if (noSecret && view.browser) errors[view.secret.field] = wanted;
    return errors;
  }

  /** Asks the server; afterwards `connection` tells what answered. Does nothing when nothing changed since. */
  async check(): Promise<void> {
    if (this.checked) return;
    const question = this.#question();
    const before = this.connection;
    const found = await this.#ask();
    if (found.sessionId === before?.sessionId) return;
    if (!this.signInHere) this.signIn.drop();
    if (before) void leaveConnection(before.sessionId).catch(() => undefined);
    for (const kind of kinds) {
      this.tests[kind].forget();
      this.deletions[kind].forget();
    }
    if (this.movedTo(before, found)) {
      this.configuration.space = null;
      for (const kind of kinds) this.configuration.parent[kind].existing = null;
    }
    this.connection = found;
    this.#checkedWith = question;
    this.spaces = null;
    this.spacesError = null;
  }

  async #ask(): Promise<Connection> {
    if (this.signInHere?.done) return this.signInHere.connect();
    const unchanged = this.#entered() === this.#start && this.connection === null;
    if (this.saved && (this.usesSavedSignIn || unchanged)) return resumeConnection(this.saved.id);
    return checkConnection(this.#request());
  }

  /** Throws what keeps the sign-in from starting. */
  async startSignIn(sessionOnly = false): Promise<void> {
    const { cloud } = methodView(this.method);
    const known = this.knownClient;
    const { account, secret } = this.client;
    const request: SignInRequest = {
      teamId: this.teamId,
      integrationId: this.saved?.id ?? null,
      method: this.method,
      serverUrl: cloud ? "" : this.form.serverUrl.trim(),
      clientId: known ? "" : account.trim(),
      clientSecret: known || this.usesSavedSecret ? null : secret.trim(),
      scopes: this.form.scopes,
      serviceAccount: cloud && this.form.serviceAccount,
      httpsRedirect: !cloud && this.form.httpsRedirect,
      sessionOnly,
    };
    this.sessionOnly = sessionOnly;
    await this.signIn.start(request);
  }

  /** What a browser's method shows depends on it; a failure is thrown. */
  async readSetup(method: Method): Promise<void> {
    const integration = this.saved?.method === method ? this.saved.id : null;
    this.setups[method] ??= await oauthSetup(this.teamId, integration, method);
  }

  /** Takes the saved secret out of the keyring, now. */
  async removeSecret(): Promise<void> {
    if (!this.saved) return;
    this.saved = await removeSecret(this.saved.id);
    this.secretReplaced = false;
    this.setups = {};
  }

  /** Spaces and pages of one site mean nothing on another. */
  private movedTo(before: Connection | null, found: Connection): boolean {
    const from = before?.site.baseUrl ?? this.saved?.site.baseUrl ?? this.handedOn?.serverUrl;
    return from !== undefined && from !== found.site.baseUrl;
  }

  async readSpaces(): Promise<void> {
    const session = this.connection?.sessionId;
    if (!session) return;
    this.spacesError = null;
    try {
      const spaces = await listSpaces(session);
      if (session === this.connection?.sessionId) this.spaces = spaces;
    } catch (problem) {
      if (session === this.connection?.sessionId) this.spacesError = asApiError(problem);
    }
  }

  /** The configuration as it crosses; only to be asked for when a space is chosen. */
  answer(): Configuration {
    const { space, parent, title, labels } = this.configuration;
    return {
      spaceId: space?.id ?? "",
      spaceKey: space?.key ?? "",
      spaceName: space?.name ?? "",
      retrospectiveParent: parentOf(parent.retrospective),
      retrospectiveTitle: title.retrospective.trim(),
      healthCheckParent: parentOf(parent.healthCheck),
      healthCheckTitle: title.healthCheck.trim(),
      labels: [...labels],
    };
  }

  /** Forgets the session and all that was typed. */
  close(): void {
    if (this.connection) void leaveConnection(this.connection.sessionId).catch(() => undefined);
    for (const kind of kinds) {
      this.tests[kind].stop();
      this.deletions[kind].stop();
    }
    this.signIn.stop();
    this.forms = emptyForms();
    this.connection = null;
  }

  /** Names what was asked of the server, so that it need not be asked twice. */
  #question(): string {
    if (this.signInHere) return `${this.signIn.now?.id} ${this.signIn.siteId}`;
    if (this.usesSavedSignIn) return "saved";
    return JSON.stringify(this.#request());
  }

  #request(): ConnectRequest {
    const view = methodView(this.method);
    return {
      teamId: this.teamId,
      integrationId: this.saved?.id ?? null,
      method: this.method,
      serverUrl: this.form.serverUrl.trim(),
      account: view.account ? this.form.account.trim() : "",
      // A password may begin or end with a space; tokens are copied with line ends at times.
      secret: this.usesSavedSecret
        ? null
        : this.method === "basic"
          ? this.form.secret
          : this.form.secret.trim(),
      allowHttp: this.form.allowHttp,
      expiresOn: view.expires ? this.form.expiresOn : null,
    };
  }

  #entered(): string {
    return JSON.stringify([this.method, this.forms, this.configuration, this.secretReplaced]);
  }
}

function formOf(from: Configuration): ConfigurationForm {
  return {
    space: {
      id: from.spaceId,
      key: from.spaceKey,
      name: from.spaceName,
      personal: from.spaceKey.startsWith("~"),
    },
    parent: {
      retrospective: choiceOf(from.retrospectiveParent, "Retrospectives"),
      healthCheck: choiceOf(from.healthCheckParent, "Health Checks"),
    },
    title: { retrospective: from.retrospectiveTitle, healthCheck: from.healthCheckTitle },
    labels: [...from.labels],
  };
}

function choiceOf(parent: Parent, newTitle: string): ParentChoice {
  return {
    type: parent.type,
    newTitle: parent.type === "new" ? parent.title : newTitle,
    existing: parent.type === "existing" ? { id: parent.id, title: parent.title } : null,
  };
}

function parentOf(choice: ParentChoice): Parent {
  if (choice.type === "new") return { type: "new", title: choice.newTitle.trim() };
  if (choice.type === "existing" && choice.existing)
    return { type: "existing", ...choice.existing };
  return { type: "none" };
}
