// A stand-in for Rust: keeps everything in memory and answers the commands of the window. Tests
// and `npm run preview-screens` use it; the product never does.

import type { ApiError } from "../src/api/bindings/ApiError";
import type { Candidate } from "../src/api/bindings/Candidate";
import type { Check } from "../src/api/bindings/Check";
import type { Connection } from "../src/api/bindings/Connection";
import type { ConnectionStatus } from "../src/api/bindings/ConnectionStatus";
import type { ConnectRequest } from "../src/api/bindings/ConnectRequest";
import type { CopyView } from "../src/api/bindings/CopyView";
import type { Draft } from "../src/api/bindings/Draft";
import type { DraftList } from "../src/api/bindings/DraftList";
import type { DraftRow } from "../src/api/bindings/DraftRow";
import type { DraftSort } from "../src/api/bindings/DraftSort";
import type { Holds } from "../src/api/bindings/Holds";
import type { Integration } from "../src/api/bindings/Integration";
import type { Model } from "../src/api/bindings/Model";
import type { NetworkRequest } from "../src/api/bindings/NetworkRequest";
import type { NetworkScope } from "../src/api/bindings/NetworkScope";
import type { NetworkView } from "../src/api/bindings/NetworkView";
import type { Operation } from "../src/api/bindings/Operation";
import type { OutboxStatus } from "../src/api/bindings/OutboxStatus";
import type { Publication } from "../src/api/bindings/Publication";
import type { PublicationList } from "../src/api/bindings/PublicationList";
import type { Queued } from "../src/api/bindings/Queued";
import type { Reach } from "../src/api/bindings/Reach";
import type { SecretsLeft } from "../src/api/bindings/SecretsLeft";
import type { Settings } from "../src/api/bindings/Settings";
import type { SignIn } from "../src/api/bindings/SignIn";
import type { SignInRequest } from "../src/api/bindings/SignInRequest";
import type { SignInState } from "../src/api/bindings/SignInState";
import type { SigningIn } from "../src/api/bindings/SigningIn";
import type { Staged } from "../src/api/bindings/Staged";
import type { Step } from "../src/api/bindings/Step";
import type { Storage } from "../src/api/bindings/Storage";
import type { Summary } from "../src/api/bindings/Summary";
import type { Team } from "../src/api/bindings/Team";
import type { Template } from "../src/api/bindings/Template";
import type { UnreadableEntry } from "../src/api/bindings/UnreadableEntry";
import type * as commands from "../src/api/commands";
import { tell } from "../src/api/events";
import * as queued from "./outbox-samples";
import * as sample from "./samples";

type Commands = typeof commands;
type SnakeCase<Text extends string> = Text extends `${infer Head}${infer Rest}`
  ? Head extends Uppercase<Head>
    ? `_${Lowercase<Head>}${SnakeCase<Rest>}`
    : `${Head}${SnakeCase<Rest>}`
  : "";

/** One answer for each command, by the name that crosses to Rust. */
type Answers = {
  [Name in keyof Commands as SnakeCase<Name>]: (
    // biome-ignore lint/suspicious/noExplicitAny: named arguments, known only to the command.
    args: any,
  ) => Awaited<ReturnType<Commands[Name]>> | Promise<Awaited<ReturnType<Commands[Name]>>>;
};

export interface State {
  settings: Settings;
  teams: Team[];
  drafts: Draft[];
  integrations: Integration[];
  publications: Publication[];
  operations: Operation[];
  templates: Template[];
  models: Model[];
  notices: string[];
  /** Network settings, by their scope as JSON. */
  networks: Record<string, NetworkView>;
  signingIn: SigningIn;
  /** What has not ended, each with the integration it goes through. */
  outbox: queued.Waiting[];
  /** By integration; one that is not named is online. */
  reaches: Record<string, Reach>;
  /** Integrations that are paused. */
  paused: string[];
  /** Entries of each connection's Outbox that cannot be read. */
  unreadable: UnreadableEntry[];
  checked: Storage["checked"];
  /** Backups and what was archived. */
  copies: CopyView[];
  staged: Staged | null;
  secretsLeft: SecretsLeft[];
  /** Why the keyring does not answer. */
  keyring: ApiError | null;
}

/** The seed of the preview and of most tests. */
export const samples = (): Partial<State> => ({
  settings: { theme: "system", paper: "a4", teamId: "team-1", closing: "ask", notify: true },
  teams: sample.teams(),
  drafts: sample.drafts(),
  integrations: sample.integrations(),
  publications: sample.publications(),
});

export const problem = (code: ApiError["code"], more: Partial<ApiError> = {}): ApiError => ({
  code,
  message: "That did not work",
  cause: "",
  hint: "Try again.",
  retryable: false,
  field: null,
  details: "",
  ...more,
});

const builtInTemplates: Template[] = [
  ["went-well", "Went well / To improve", ["Went well", "To improve"]],
  ["start-stop-continue", "Start Stop Continue", ["Start", "Stop", "Continue"]],
  ["4ls", "4Ls", ["Liked", "Learned", "Lacked", "Longed for"]],
  ["mad-sad-glad", "Mad Sad Glad", ["Mad", "Sad", "Glad"]],
].map(([id, name, columns]) => ({ id, name, columns, builtIn: true }) as Template);

const builtInModels = (): Model[] => [
  {
    id: "squad",
    name: "Team health",
    scale: sample.scale,
    dimensions: sample.dimensions.map(([id, name, statement]) => ({ id, name, statement })),
    builtIn: true,
  },
  {
    id: "pulse",
    name: "Short pulse",
    scale: ["Red", "Amber", "Green"],
    dimensions: [
      { id: "focus", name: "Focus", statement: "We work on what matters most." },
      { id: "pace", name: "Pace", statement: "We could go on like this for years." },
      { id: "trust", name: "Trust", statement: "We can say what we think." },
    ],
    builtIn: true,
  },
];

export class Backend {
  readonly state: State;
  /** Every call, in order, for tests. */
  readonly calls: { name: string; args: Record<string, unknown> }[] = [];
  private readonly failures = new Map<string, ApiError[]>();
  private readonly deleted = new Map<string, Draft>();
  /** How long a publish takes a step, in milliseconds; 0 does all of it at once. */
  pace = 0;
  /** How long the browser takes to answer a sign-in; 0 lets it wait for `answerSignIn`. */
  browserPace = 0;
  /** The build knows the organisation's sign-in app. */
  clientKnown = false;
  /** The system starts the app with the session. */
  atLogin = false;
  /** What Atlassian answers about the account. */
  sites = sample.sites();
  private readonly signIns = new Map<string, { request: SignInRequest; now: SignIn }>();

  constructor(seed: Partial<State> = {}) {
    this.state = {
      settings: { theme: "system", paper: "a4", teamId: null, closing: "ask", notify: true },
      teams: [],
      drafts: [],
      integrations: [],
      publications: [],
      operations: [],
      templates: [...builtInTemplates],
      models: builtInModels(),
      notices: [],
      networks: {},
      signingIn: {
        port: 47620,
        usualPort: 47620,
        portFree: true,
        redirectUrl: "http://localhost:47620/callback",
        clientId: "",
        clientSecretSaved: false,
        broughtAlong: "",
      },
      outbox: [],
      reaches: {},
      paused: [],
      unreadable: [],
      checked: "sound",
      copies: sample.copies(),
      staged: null,
      secretsLeft: [],
      keyring: null,
      ...structuredClone(seed),
    };
  }

  /** Lets the next call of the command fail. */
  failNext(name: keyof Answers, error: ApiError): void {
    this.failures.set(name, [...(this.failures.get(name) ?? []), error]);
  }

  /** Puts another answer in the place of a command's, for one test. */
  override<Name extends keyof Answers>(name: Name, answer: Answers[Name]): void {
    this.answers[name] = answer;
  }

  /** To be given to `useTransport`. */
  answer = async (name: string, args: Record<string, unknown> = {}): Promise<unknown> => {
    this.calls.push({ name, args });
    const failure = this.failures.get(name)?.shift();
    if (failure) throw failure;
    const answer = this.answers[name as keyof Answers];
    if (!answer) throw problem("internal", { message: `There is no command ${name}` });
    return structuredClone(await answer(args));
  };

  private signIn(id: string) {
    const found = this.signIns.get(id);
    if (!found) throw problem("gone", { message: "This sign-in is no longer there" });
    return found;
  }

  /** Moves a sign-in on, and tells the window. */
  private setSignIn(id: string, state: SignInState): SignIn {
    const found = this.signIn(id);
    found.now.state = state;
    tell({ type: "signInChanged", signInId: id });
    return found.now;
  }

  /** The last sign-in that was started. */
  get lastSignIn(): SignIn | undefined {
    return [...this.signIns.values()].at(-1)?.now;
  }

  /** What the browser brings: the consent of the user, or a failure. */
  answerSignIn(error?: ApiError): void {
    const last = [...this.signIns.values()].at(-1);
    if (!last) throw new Error("no sign-in was started");
    const { id } = last.now;
    if (error) this.setSignIn(id, { type: "failed", error });
    else if (last.request.method === "applicationLink" || this.sites.length === 1)
      this.setSignIn(id, { type: "connected", connection: this.signedIn(last.request) });
    else this.setSignIn(id, { type: "chooseSite", sites: this.sites });
  }

  private signedIn(request: SignInRequest, siteId = this.sites[0]?.id): Connection {
    this.lastRequest = request;
    const cloud = request.method === "atlassianLogin";
    const site = this.sites.find((it) => it.id === siteId);
    const baseUrl = cloud ? `${site?.url}/wiki` : request.serverUrl;
    return connection(
      baseUrl,
      cloud,
      request.serviceAccount ? "Retropress (service account)" : "Ines Okafor",
    );
  }

  private draft(id: string): Draft {
    const found = this.state.drafts.find((it) => it.id === id);
    if (!found) throw problem("gone", { message: "This draft is no longer there" });
    return found;
  }

  private integration(id: string): Integration {
    const found = this.state.integrations.find((it) => it.id === id);
    if (!found) throw problem("gone", { message: "This connection is no longer there" });
    return found;
  }

  private network(scope: NetworkScope): NetworkView {
    return this.state.networks[JSON.stringify(scope)] ?? sample.network();
  }

  /** Line by line, as Rust tells them, then all together. */
  private tickOff(of: string, checks = sample.checks()): Check[] {
    for (let at = 0; at < checks.length; at++) {
      tell({
        type: "checklistChanged",
        of,
        checks: checks.map((it, index) =>
          index < at
            ? it
            : {
                ...it,
                outcome: index === at ? "running" : "waiting",
                note: "",
                fix: "",
                details: "",
              },
        ),
      });
    }
    return checks;
  }

  private publication(id: string): Publication {
    const found = this.state.publications.find((it) => it.row.id === id);
    if (!found) throw problem("gone", { message: "This publication is no longer there" });
    return found;
  }

  private operation(id: string): Operation {
    const found =
      this.state.operations.find((it) => it.id === id) ??
      this.state.outbox.find((it) => it.row.operation.id === id)?.row.operation;
    if (!found) throw problem("gone", { message: "This publish is no longer there" });
    return found;
  }

  /** It ended: it leaves the Outbox, and the window is told. */
  private end(id: string, state: "done" | "cancelled"): Operation {
    const it = this.operation(id);
    it.state = state;
    it.error = null;
    it.waiting = null;
    if (state === "done") for (const step of it.steps) step.state = "done";
    if (!this.state.operations.includes(it)) this.state.operations.push(it);
    this.state.outbox = this.state.outbox.filter((row) => row.row.operation.id !== id);
    tell({ type: "operationChanged", operationId: id, draftId: it.draftId });
    return it;
  }

  /** Counts as the store does, with each answer. */
  private countedTeams(): Team[] {
    return this.state.teams.map((team) => ({
      ...team,
      integrationCount: this.state.integrations.filter((it) => it.teamId === team.id).length,
      draftCount: this.state.drafts.filter((it) => it.teamId === team.id).length,
    }));
  }

  private addDraft(teamId: string, content: Summary): Draft {
    const draft: Draft = { ...sample.draft(sample.nextId("draft-new"), content), teamId };
    this.state.drafts.unshift(draft);
    return draft;
  }

  /** An operation that goes through its five steps, then does what it is for. */
  private carry(operation: Operation, done: (operation: Operation) => void): Operation {
    this.state.operations.push(operation);
    const advance = (): boolean => {
      const running = operation.steps.find((it) => it.state === "running");
      if (running) running.state = "done";
      const next = operation.steps.find((it) => it.state === "waiting");
      if (next) next.state = "running";
      else {
        operation.state = "done";
        operation.endedAt = operation.startedAt;
        done(operation);
      }
      return next !== undefined;
    };
    const changed = () =>
      tell({
        type: "operationChanged",
        operationId: operation.id,
        draftId: operation.draftId,
      });
    if (this.pace === 0) {
      while (advance());
    } else {
      const tick = () => {
        const more = advance();
        changed();
        if (more) setTimeout(tick, this.pace);
      };
      setTimeout(tick, this.pace);
    }
    return operation;
  }

  private connections(teamId: string): ConnectionStatus[] {
    return this.state.integrations
      .filter((it) => it.teamId === teamId)
      .map((it) => {
        const reach = this.state.reaches[it.id] ?? { type: "online" };
        const own = this.state.outbox.filter((row) => row.integrationId === it.id);
        const needYou = own.filter((row) => needsAuthor(row.row.operation)).length;
        return {
          integrationId: it.id,
          name: it.site.name,
          host: new URL(it.site.baseUrl).host,
          sandbox: it.sandbox,
          reach,
          answeredAt: reach.type === "online" ? "2026-11-19T10:43:00Z" : null,
          nextQuestionAt:
            reach.type === "offline" || reach.type === "waitingForVpn"
              ? new Date(Date.now() + 40_000).toISOString()
              : null,
          notBefore: null,
          paused: this.state.paused.includes(it.id),
          signInNeeded: false,
          queued: own.length - needYou,
          needYou,
        };
      });
  }

  private holds(): Holds {
    return {
      teams: this.state.teams.map((it) => it.name),
      drafts: this.state.drafts.length,
      published: this.state.publications.length,
      unfinished: this.state.outbox.length,
      size: 18_400_000,
    };
  }

  private storage(): Storage {
    const backup = this.state.copies.find((it) => it.source === "backup");
    return {
      here: this.holds(),
      checked: this.state.checked,
      newestBackup: backup?.madeAt ?? null,
      backups: 7,
      staged: this.state.staged,
      secretsLeft: this.state.secretsLeft,
    };
  }

  private readonly candidates = new Map<string, Candidate>();

  private offer(of: Omit<Candidate, "id" | "here">): Candidate {
    const candidate = { ...of, id: sample.nextId("candidate"), here: this.holds() };
    this.candidates.set(candidate.id, candidate);
    return candidate;
  }

  private outboxStatus(teamId: string): OutboxStatus {
    const connections = this.connections(teamId);
    const queued = connections.reduce((sum, it) => sum + it.queued, 0);
    const matter = connections.filter((it) => queued === 0 || it.queued > 0);
    const vpn = matter.find((it) => it.reach.type === "waitingForVpn");
    return {
      chip: vpn
        ? { type: "waitingForVpn", name: vpn.name }
        : matter.some((it) => it.reach.type === "offline")
          ? { type: "offline" }
          : queued
            ? { type: "queued", count: queued }
            : {
                type: "online",
                reachable: connections.filter((it) => it.reach.type === "online").length,
                of: connections.length,
              },
      connections,
      queued,
      needYou: connections.reduce((sum, it) => sum + it.needYou, 0),
      nextTryAt: null,
    };
  }

  readonly answers: Answers = {
    start: () => ({
      version: "0.1.0",
      teams: this.countedTeams(),
      settings: this.state.settings,
      dataFolder: "/home/ines/.local/share/net.retropress.desktop",
      notices: this.state.notices,
    }),
    save_settings: ({ settings }) => {
      this.state.settings = settings;
      return settings;
    },

    list_teams: () => this.countedTeams(),
    create_team: ({ name }) => {
      const team: Team = {
        id: sample.nextId("team-new"),
        name: checkedTeamName(name),
        integrationCount: 0,
        draftCount: 0,
      };
      this.state.teams.push(team);
      return team;
    },
    rename_team: ({ teamId, name }) => {
      const team = this.state.teams.find((it) => it.id === teamId);
      if (!team) throw problem("gone", { message: "This team is no longer there" });
      team.name = checkedTeamName(name);
      return team;
    },
    delete_team: ({ teamId }) => {
      const { state } = this;
      state.teams = state.teams.filter((it) => it.id !== teamId);
      state.drafts = state.drafts.filter((it) => it.teamId !== teamId);
      state.integrations = state.integrations.filter((it) => it.teamId !== teamId);
    },

    list_drafts: ({ query }) => listDrafts(this.state.drafts, query),
    create_draft: ({ teamId, newDraft }) => {
      if (newDraft.kind === "healthCheck") {
        const model = this.state.models.find((it) => it.id === newDraft.modelId);
        if (!model) throw problem("invalid", { field: "model" });
        const blank = sample.healthCheck("", null);
        if (blank.kind !== "healthCheck") throw new Error("not a health check");
        return this.addDraft(teamId, {
          ...blank,
          participants: [],
          facilitator: "",
          modelId: model.id,
          modelName: model.name,
          scale: model.scale,
          dimensions: model.dimensions.map((it) => ({
            ...it,
            responses: model.scale.map(() => 0),
            comments: [],
          })),
          actions: [],
        });
      }
      const template = this.state.templates.find((it) => it.id === newDraft.templateId);
      const blank = sample.retrospective("", null);
      if (blank.kind !== "retrospective") throw new Error("not a retrospective");
      return this.addDraft(teamId, {
        ...blank,
        facilitator: "",
        participants: [],
        columns: (template?.columns ?? []).map((title) => ({
          id: sample.nextId("column"),
          title,
          entries: [],
        })),
        actions: [],
        agreements: [],
        kudos: [],
        roti: { counts: [0, 0, 0, 0, 0] },
      });
    },
    open_draft: ({ draftId }) => this.draft(draftId),
    save_draft: ({ draftId, revision, content }) => {
      const draft = this.draft(draftId);
      if (draft.revision !== revision) {
        throw problem("staleDraft", { message: "This draft was changed elsewhere" });
      }
      draft.content = content;
      draft.revision += 1;
      return { revision: draft.revision, savedAt: draft.savedAt };
    },
    duplicate_draft: ({ draftId }) => {
      const { content, teamId } = this.draft(draftId);
      return this.addDraft(teamId, {
        ...structuredClone(content),
        title: `${content.title || content.date} (copy)`,
      });
    },
    delete_draft: ({ draftId }) => {
      this.deleted.set(draftId, this.draft(draftId));
      this.state.drafts = this.state.drafts.filter((it) => it.id !== draftId);
    },
    restore_draft: ({ draftId }) => {
      const draft = this.deleted.get(draftId);
      if (!draft) throw problem("gone", { message: "This draft is no longer there" });
      this.state.drafts.push(draft);
    },
    open_actions: ({ draftId }) => {
      const own = this.draft(draftId);
      const last = this.state.drafts.find(
        (it) =>
          it.id !== draftId &&
          it.teamId === own.teamId &&
          it.content.kind === "retrospective" &&
          (it.content.date ?? "") < (own.content.date ?? "9999"),
      );
      if (!last) return { from: "", actions: [] };
      return {
        from: last.content.title,
        actions: last.content.actions
          .filter((it) => !it.done)
          .map((it) => ({
            ...it,
            id: sample.nextId("action"),
            carriedFrom: { draftId: last.id, actionId: it.id, title: last.content.title },
          })),
      };
    },
    list_templates: () => this.state.templates,
    save_template: ({ template }) => {
      const saved = { ...template, id: template.id || sample.nextId("template"), builtIn: false };
      this.state.templates = [...this.state.templates.filter((it) => it.id !== saved.id), saved];
      return saved;
    },
    delete_template: ({ templateId }) => {
      this.state.templates = this.state.templates.filter((it) => it.id !== templateId);
    },
    list_models: () => this.state.models,
    save_model: ({ model }) => {
      const copy = model.builtIn || !model.id;
      const saved = { ...model, id: copy ? sample.nextId("model") : model.id, builtIn: false };
      this.state.models = [...this.state.models.filter((it) => it.id !== saved.id), saved];
      return saved;
    },
    delete_model: ({ modelId }) => {
      this.state.models = this.state.models.filter((it) => it.id !== modelId);
    },

    read_import_file: ({ name, base64 }) => ({
      id: sample.nextId("source"),
      name,
      size: Math.floor(base64.length * 0.75),
      draft: null,
    }),
    read_import_text: ({ text }) => ({
      id: sample.nextId("source"),
      name: "",
      size: text.length,
      draft: null,
    }),
    preview_import: ({ options }) => ({
      dateOrder: options.dateOrder ?? "dayMonthYear",
      dateOrderInDoubt: options.dateOrder === null,
      dateExample: { text: "05/11/2026", readAs: "2026-11-05" },
      sections: [
        {
          index: 0,
          line: 1,
          leftOut: options.leftOut.includes(0),
          summary: sample.retrospective("Sprint 41", "2026-11-05"),
          headings: [
            { headingId: "went-well", line: 3, text: "What went well", role: "column", items: 4 },
            { headingId: "actions", line: 12, text: "Actions", role: "actions", items: 4 },
          ],
          unplaced: [{ line: 9, text: "(Ben joined late)" }],
        },
        {
          index: 1,
          line: 24,
          leftOut: options.leftOut.includes(1),
          summary: sample.retrospective("Sprint 40", "2026-10-22"),
          headings: [
            { headingId: "went-well", line: 26, text: "What went well", role: "column", items: 3 },
            { headingId: "thanks", line: 31, text: "Thanks", role: "kudos", items: 1 },
          ],
          unplaced: [],
        },
      ],
    }),
    run_import: ({ teamId, options }) =>
      [0, 1]
        .filter((it) => !options.leftOut.includes(it))
        .map(
          (it) =>
            this.addDraft(
              teamId,
              it === 0
                ? sample.retrospective("Sprint 41", "2026-11-05")
                : sample.retrospective("Sprint 40", "2026-10-22"),
            ).id,
        ),

    read_storage: () => this.storage(),
    read_keyring: () => this.state.keyring,
    show_data_folder: () => undefined,
    export_all: () => "/home/ines/Retropress 2026-11-19.retropress",
    choose_import: () =>
      this.offer({
        source: "export",
        file: "Retropress 2026-11-18.retropress",
        madeAt: "2026-11-18T16:05:00Z",
        version: "0.1.0",
        holds: sample.holds(),
      }),
    list_copies: () => this.state.copies,
    choose_copy: ({ name }) => {
      const copy = this.state.copies.find((it) => it.name === name);
      if (!copy?.holds) throw problem("gone", { message: "This copy is no longer there" });
      const { source, madeAt, holds } = copy;
      return this.offer({ source, file: name, madeAt, version: null, holds });
    },
    delete_copy: ({ name }) => {
      this.state.copies = this.state.copies.filter((it) => it.name !== name);
      this.state.secretsLeft = this.state.secretsLeft.filter((it) => it.file !== name);
      return this.state.copies;
    },
    forget_secrets_left: () => {
      this.state.secretsLeft = this.state.secretsLeft.filter((it) => it.damaged);
      return this.storage();
    },
    leave_candidate: ({ candidateId }) => void this.candidates.delete(candidateId),
    stage_candidate: ({ candidateId }) => {
      const it = this.candidates.get(candidateId);
      if (!it) throw problem("gone", { message: "The file is no longer there" });
      this.candidates.delete(candidateId);
      const { source, file, madeAt, holds } = it;
      const draftsAgain = holds.unfinished;
      this.state.staged = { source, file, madeAt, holds, draftsAgain, deletionsDropped: 0 };
      return this.storage();
    },
    take_back_staged: () => {
      this.state.staged = null;
      return this.storage();
    },
    restart: () => undefined,

    list_integrations: ({ teamId }) => this.state.integrations.filter((it) => it.teamId === teamId),
    save_integration: ({ configuration }) => {
      const first = sample.integrations()[0] as Integration;
      const request = this.lastRequest;
      const saved: Integration = {
        ...first,
        id: request.integrationId ?? sample.nextId("integration-new"),
        teamId: request.teamId || this.state.teams[0]?.id || "",
        configuration,
        secretProblem: null,
        expiresOn: "expiresOn" in request ? request.expiresOn : null,
      };
      this.state.integrations = [
        ...this.state.integrations.filter((it) => it.id !== saved.id),
        saved,
      ];
      return saved;
    },
    remove_secret: ({ integrationId }) => {
      const integration = this.integration(integrationId);
      integration.expiryWarning = null;
      integration.secretProblem =
        integration.clientId === "" ? "The token was removed." : "The sign-in was removed.";
      return integration;
    },
    disconnect: ({ integrationId }) => {
      this.integration(integrationId);
      this.state.integrations = this.state.integrations.filter((it) => it.id !== integrationId);
    },

    hand_on_integration: ({ madeBy }) => {
      if (!String(madeBy).trim()) {
        throw problem("invalid", { field: "madeBy", message: "Enter your name." });
      }
      return "/home/ines/Retropress - wiki.harbour.example.json";
    },
    open_handed_on: () => sample.handedOn(),

    check_connection: ({ request }) => {
      this.lastRequest = request;
      const cloud = request.method === "apiToken";
      return connection(request.serverUrl, cloud, cloud ? "Ines Okafor" : "svc-retropress");
    },
    resume_connection: ({ integrationId }) => {
      const { site, accountName, teamId } = this.integration(integrationId);
      this.lastRequest = { ...noRequest, teamId, integrationId };
      return {
        sessionId: sample.nextId("session"),
        site,
        accountName,
        spaceCount: spaces.length,
        warnings: [],
      };
    },
    leave_connection: () => undefined,

    oauth_setup: ({ integrationId, method }) => {
      const saved = this.state.integrations.find((it) => it.id === integrationId);
      const cloud = method === "atlassianLogin";
      const path = cloud ? "cloud" : "application-link";
      const known = cloud && this.clientKnown;
      return {
        redirectUrl: `http://localhost:43117/confluence/${path}`,
        httpsRedirectUrl: cloud ? "" : `https://localhost:43117/confluence/${path}`,
        clientId: saved?.clientId || (known ? "harbour-sign-in-app" : ""),
        clientKnown: known,
        clientSecretSaved: Boolean(saved?.clientId) && !saved?.secretProblem?.includes("removed"),
        applicationName: "Retropress",
        permission: "Write",
        scopes: cloud ? sample.scopes : [],
        appsPage: cloud ? "https://developer.atlassian.com/console/myapps/" : "",
      };
    },
    start_sign_in: ({ request }) => {
      for (const { now } of this.signIns.values()) {
        if (now.state.type === "waiting") this.setSignIn(now.id, { type: "cancelled" });
      }
      const cloud = request.method === "atlassianLogin";
      const redirectUrl = `${request.httpsRedirect ? "https" : "http"}://localhost:43117/confluence/${cloud ? "cloud" : "application-link"}`;
      const authority = cloud
        ? "https://auth.atlassian.com/authorize"
        : `${request.serverUrl}/rest/oauth2/latest/authorize`;
      const now: SignIn = {
        id: sample.nextId("sign-in"),
        method: request.method,
        state: request.serviceAccount
          ? { type: "exchanging" }
          : { type: "waiting", listening: !request.httpsRedirect, problem: null },
        address: request.serviceAccount ? "" : `${authority}?state=5e07c2`,
        redirectUrl,
        endsAt: new Date(Date.now() + 300_000).toISOString(),
      };
      this.signIns.set(now.id, { request, now });
      if (this.browserPace > 0) {
        const still = () => now.state.type === "waiting" || now.state.type === "exchanging";
        setTimeout(() => {
          if (still()) this.setSignIn(now.id, { type: "exchanging" });
        }, this.browserPace);
        setTimeout(() => {
          if (still()) this.answerSignIn();
        }, this.browserPace * 1.3);
      }
      return now;
    },
    read_sign_in: ({ signInId }) => this.signIn(signInId).now,
    open_sign_in_page: ({ signInId }) => void this.signIn(signInId),
    paste_sign_in_address: ({ signInId, address }) => {
      if (!String(address).includes("code=")) {
        throw problem("invalid", {
          message: "This address holds no code",
          hint: "Copy all of the address the browser ended on.",
          field: "signInAddress",
        });
      }
      this.setSignIn(signInId, { type: "exchanging" });
      this.answerSignIn();
      return this.signIn(signInId).now;
    },
    cancel_sign_in: ({ signInId }) => this.setSignIn(signInId, { type: "cancelled" }),
    choose_site: ({ signInId, siteId }) => this.signedIn(this.signIn(signInId).request, siteId),
    list_spaces: () => spaces,
    list_pages: ({ parentId }) => ({
      pages: pages.filter((it) => it.parent === parentId).map(pageView),
      more: false,
    }),
    find_pages: ({ text }) => ({
      pages: pages
        .filter((it) => it.title.toLowerCase().includes(String(text).toLowerCase()))
        .map(pageView),
      more: false,
    }),
    check_parent_title: ({ title }) => {
      const page = pages.find((it) => it.title === title);
      return page ? { type: "exists", page: pageView(page) } : { type: "free", title };
    },
    preview_title: ({ kind, template }) => previewTitle(kind, template),
    list_substitutions: ({ kind }) => [
      {
        text:
          kind === "retrospective" ? "{{RetrospectiveTitleOrDate}}" : "{{HealthCheckTitleOrDate}}",
        means: "the title, or the date where it has none",
        example: "Sprint 42",
      },
      ...dateParts.map(([text, means, example]) => ({ text, means, example })),
      { text: "{{Team}}", means: "name of the team", example: "Payments Platform" },
    ],
    run_checklist: ({ sessionId }) =>
      this.tickOff(
        sessionId,
        sample.checks().filter((it) => it.outcome !== "failed"),
      ),
    check_integration: ({ integrationId }) => this.tickOff(integrationId),
    read_network: ({ scope }) => this.network(scope),
    save_network: ({ scope, request }) => {
      const saved = savedNetwork(this.network(scope), request);
      this.state.networks[JSON.stringify(scope)] = saved;
      return saved;
    },
    read_signing_in: () => this.state.signingIn,
    save_signing_in: ({ request }) => {
      const port = Number(request.port || this.state.signingIn.usualPort);
      if (!Number.isInteger(port) || port < 1024)
        throw problem("invalid", {
          field: "redirectPort",
          message: "Enter a whole number from 1024 to 65535, or nothing for the usual port.",
        });
      if (request.clientId && request.clientSecret === "")
        throw problem("invalid", { field: "clientSecret", message: "Enter the Client Secret." });
      this.state.signingIn = {
        ...this.state.signingIn,
        port,
        redirectUrl: `http://localhost:${port}/callback`,
        clientId: request.clientId.trim(),
        clientSecretSaved: request.clientId.trim() !== "",
      };
      return this.state.signingIn;
    },
    test_network: ({ request }) => networkTest(request),
    read_authorities: () => [sample.certificate()],
    publish_test: ({ kind }) =>
      this.carry(
        operation("create", kind === "retrospective" ? "Test Retrospective" : "Test Health Check"),
        () => undefined,
      ),
    delete_test: () => this.carry(operation("delete", "Test summary"), () => undefined),
    view_test: () => undefined,
    open_server_page: () => undefined,

    typed_stored: () => undefined,
    finish_leaving: () => undefined,
    leave: ({ leave }) => {
      this.state.settings.closing = leave;
    },
    starts_at_login: () => this.atLogin,
    start_at_login: ({ on }) => {
      this.atLogin = on;
      return on;
    },

    read_security: () => sample.security(),
    save_security_pdf: () => "/home/ines/Confluence integration security.pdf",
    make_support_report: () => sample.supportReport,
    save_support_report: () => "/home/ines/Retropress support report 2026-11-19.txt",

    preview_share: ({ draftId, integrationId }) => {
      const draft = this.draft(draftId);
      const integration =
        this.state.integrations.find((it) => it.id === integrationId) ??
        this.state.integrations.find((it) => it.teamId === draft.teamId);
      const { content } = draft;
      const title = titleOf(content);
      return {
        document: {
          kind: content.kind,
          title,
          blocks: [
            {
              type: "properties",
              rows: [
                { name: "Team", value: { type: "text", value: "Payments Platform" } },
                ...(content.date
                  ? [{ name: "Date", value: { type: "date" as const, value: content.date } }]
                  : []),
                { name: "Facilitator", value: { type: "text", value: content.facilitator } },
                { name: "Participants", value: { type: "list", value: content.participants } },
              ],
            },
            { type: "pdfLink", file_name: `${title}.pdf` },
            { type: "heading", level: 2, text: "Actions" },
            {
              type: "tasks",
              tasks: content.actions.map((it) => ({
                text: it.text,
                owners: it.owners,
                due: it.due,
                overdue: it.due === "2026-11-12",
                priority: it.priority,
                done: it.done,
                note: it.carriedFrom ? `From ${it.carriedFrom.title}` : "",
              })),
            },
            ...(content.kind === "retrospective"
              ? content.columns.flatMap((column) => [
                  { type: "heading" as const, level: 2, text: column.title },
                  {
                    type: "ideas" as const,
                    ideas: column.entries.flatMap((it) => (it.type === "idea" ? [it] : it.ideas)),
                  },
                ])
              : [
                  {
                    type: "distribution" as const,
                    subject: "Dimension",
                    scale: content.scale,
                    rows: content.dimensions.map((it) => ({
                      name: it.name,
                      statement: it.statement,
                      responses: it.responses,
                      average: 3.6,
                      change: 0.2,
                    })),
                    comparedWith: draft.previous?.title ?? "",
                  },
                ]),
          ],
        },
        pdfName: `${title}.pdf`,
        target: integration
          ? {
              integrationId: integration.id,
              siteName: integration.site.name,
              spaceKey: integration.configuration.spaceKey,
              spaceName: integration.configuration.spaceName,
              parent: "Retrospectives",
              parentIsNew: integration.configuration.retrospectiveParent.type === "new",
              accountName: integration.accountName,
            }
          : null,
        problems: [],
        updates:
          draft.publicationId && "version" in draft.state
            ? {
                publicationId: draft.publicationId,
                version: draft.state.version,
                changed: draft.state.type === "published" && draft.state.changed,
              }
            : null,
        operationId: draft.operationId,
      };
    },
    preview_pdf: () => ({ base64: onePage, pages: 1, size: 602, missing: [] }),
    draft_markdown: ({ draftId }) => `# ${titleOf(this.draft(draftId).content)}\n`,
    save_draft_file: ({ draftId, format }) =>
      `/home/ines/Documents/${titleOf(this.draft(draftId).content)}.${format === "json" ? "json" : "md"}`,
    save_pdf: ({ draftId }) => `/home/ines/Documents/${titleOf(this.draft(draftId).content)}.pdf`,

    publish: ({ draftId, integrationId }) => {
      const draft = this.draft(draftId);
      const integration = this.integration(integrationId);
      const again = draft.publicationId !== null;
      const begun = operation(again ? "update" : "create", titleOf(draft.content), draftId);
      draft.operationId = begun.id;
      return this.carry(begun, (done) => {
        const version = again && "version" in draft.state ? draft.state.version + 1 : 1;
        draft.state = { type: "published", version, changed: false };
        draft.publicationId ??= sample.nextId("publication-new");
        done.publicationId = draft.publicationId;
        const entry = this.state.publications.find((it) => it.row.id === draft.publicationId);
        if (entry) entry.row.version = version;
        else {
          this.state.publications.unshift({
            ...(sample.publications()[0] as Publication),
            row: {
              id: draft.publicationId,
              kind: draft.content.kind,
              title: titleOf(draft.content),
              date: draft.content.date,
              status: "published",
              spaceKey: integration.configuration.spaceKey,
              version: 1,
              publishedAt: "2026-11-19T10:45:00Z",
            },
            draftId,
          });
        }
      });
    },
    open_operation: ({ operationId }) => this.operation(operationId),
    retry_operation: ({ operationId }) => this.end(operationId, "done"),
    resolve_operation: ({ operationId, resolution }) =>
      this.end(operationId, resolution.type === "keep" ? "cancelled" : "done"),
    cancel_operation: ({ operationId }) => this.end(operationId, "cancelled"),

    list_outbox: ({ teamId }) => {
      const { needYou } = this.outboxStatus(teamId);
      const queues = this.connections(teamId).map((connection, at) => ({
        connection,
        rows: this.state.outbox
          .filter((it) => it.integrationId === connection.integrationId)
          .map((it) => it.row),
        unreadable: at === 0 ? this.state.unreadable : [],
      }));
      return { queues, total: queues.reduce((sum, it) => sum + it.rows.length, 0), needYou };
    },
    outbox_status: ({ teamId }) => this.outboxStatus(teamId),
    check_outbox: ({ teamId }) => this.outboxStatus(teamId),
    publish_many: async ({ draftIds, integrationId }) => {
      const queued: Queued[] = [];
      for (const draftId of draftIds as string[]) {
        const operation = (await this.answer("publish", { draftId, integrationId })) as Operation;
        queued.push({ draftId, operation, error: null });
      }
      return queued;
    },
    discard_operation: ({ operationId }) => {
      this.state.unreadable = this.state.unreadable.filter((it) => it.operationId !== operationId);
      tell({ type: "operationChanged", operationId, draftId: null });
    },
    cancel_operations: ({ operationIds }) =>
      (operationIds as string[]).map((id) => this.end(id, "cancelled")),
    retry_operations: ({ operationIds }) =>
      (operationIds as string[]).map((id) => this.end(id, "done")),
    pause_integration: ({ integrationId }) => {
      this.state.paused.push(integrationId);
      tell({ type: "outboxChanged" });
    },
    resume_integration: ({ integrationId }) => {
      this.state.paused = this.state.paused.filter((it) => it !== integrationId);
      tell({ type: "outboxChanged" });
    },
    back_to_draft: ({ operationId }) => this.end(operationId, "cancelled").draftId ?? "",
    conflict_details: ({ operationId }) => queued.conflict(operationId),
    view_operation: () => undefined,

    list_publications: ({ query }) => listPublications(this.state.publications, query),
    look_at_publication: () => ({
      standing: "current",
      renamedTo: null,
      otherSpace: false,
      movedBelow: null,
      changedTo: null,
      changedBy: null,
      changedAt: null,
    }),
    open_publication: ({ publicationId }) => this.publication(publicationId),
    view_publication: ({ publicationId }) => void this.publication(publicationId),
    delete_publication: ({ publicationId }) => {
      const publication = this.publication(publicationId);
      return this.carry(operation("delete", publication.row.title), (done) => {
        publication.row.status = "deleted";
        publication.timeline.unshift({
          what: "deleted",
          text: "Page deleted",
          note: "",
          at: "2026-11-19T10:50:00Z",
        });
        done.publicationId = publicationId;
        const draft = this.state.drafts.find((it) => it.publicationId === publicationId);
        if (draft) draft.state = { type: "deleted" };
      });
    },
    republish: ({ publicationId }) => {
      const publication = this.publication(publicationId);
      return this.carry(operation("update", publication.row.title), (done) => {
        publication.row.version += 1;
        publication.row.status = "published";
        done.publicationId = publicationId;
      });
    },

    start_sandbox: () => ({
      cloudUrl: "http://localhost:8090/wiki",
      dataCenterUrl: "http://localhost:8091/confluence",
      email: "sandbox@retropress.example",
      apiToken: "sandbox-api-token",
      personalAccessToken: "sandbox-personal-access-token",
      username: "sandbox",
      password: "sandbox-password",
      cloudClient: { id: "sandbox-cloud-client", secret: "sandbox-cloud-client-secret" },
      dataCenterClient: { id: "sandbox-link-client", secret: "sandbox-link-client-secret" },
      serviceAccount: { id: "sandbox-service-account", secret: "sandbox-service-account-secret" },
    }),
    view_sandbox: () => undefined,
    empty_sandbox: () => undefined,
  };

  private lastRequest: ConnectRequest | SignInRequest = noRequest;
}

const noRequest: ConnectRequest = {
  teamId: "",
  integrationId: null,
  method: "personalAccessToken",
  serverUrl: "",
  account: "",
  secret: null,
  allowHttp: false,
  expiresOn: null,
};

function connection(baseUrl: string, cloud: boolean, accountName: string): Connection {
  return {
    sessionId: sample.nextId("session"),
    site: {
      baseUrl,
      name: baseUrl.replace(/^https?:\/\//, "").split("/")[0] ?? "",
      edition: cloud ? "cloud" : "dataCenter",
      version: cloud ? "" : "9.2.7",
    },
    accountName,
    spaceCount: spaces.length,
    warnings: [],
  };
}

/** What Rust would save, with the one mistake it would find. */
function savedNetwork(saved: NetworkView, request: NetworkRequest): NetworkView {
  checkProxy(request);
  const own = request.proxyUse === "own";
  return {
    ...saved,
    ...request,
    proxyPasswordSaved:
      own &&
      (request.proxyPassword === null ? saved.proxyPasswordSaved : request.proxyPassword !== ""),
    authorities: request.authorities.map((pem) => ({ ...sample.certificate(), pem })),
    clientCertificate:
      request.clientCertificate.type === "keep"
        ? saved.clientCertificate
        : request.clientCertificate.type === "file"
          ? { ...sample.certificate(), subject: "svc-retropress" }
          : null,
    secretProblem: null,
  };
}

function checkProxy(request: NetworkRequest): void {
  if (request.proxyUse === "own" && !/^\d+$/.test(request.proxyPort)) {
    throw problem("invalid", {
      message: "Enter the port of the proxy: a number from 1 to 65535, often 3128 or 8080.",
      hint: "",
      field: "proxyPort",
    });
  }
}

function networkTest(request: NetworkRequest): Check[] {
  checkProxy(request);
  const line = (text: string, note: string): Check => ({
    outcome: "ok",
    text,
    note,
    fix: "",
    details: "",
    field: null,
  });
  return [
    request.proxyUse === "own"
      ? line(`Through the proxy ${request.proxyHost}:${request.proxyPort}`, "the proxy entered")
      : line("Directly, without a proxy", "the system has none for this address"),
    line("wiki.harbour.example answers", "Confluence Data Center 9.2.7, 84 ms"),
    line("Certificate issued by Harbour Internal CA 2", "valid until 14 Mar 2031"),
  ];
}

function checkedTeamName(name: string): string {
  const trimmed = name.trim();
  if (!trimmed) {
    throw problem("invalid", {
      message: "The team has no name",
      hint: "Enter a name.",
      field: "teamName",
    });
  }
  return trimmed;
}

const stateOrder = (draft: Draft, sort: DraftSort): string =>
  sort === "title"
    ? (draft.content.title || draft.content.date || "").toLowerCase()
    : sort === "edited"
      ? draft.savedAt
      : (draft.content.date ?? "9999");

function listDrafts(all: Draft[], query: Parameters<Commands["listDrafts"]>[0]): DraftList {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = all.filter((it) => {
    if (it.teamId !== query.teamId) return false;
    const own = found.get(it.content) ?? wordsOf(it.content);
    found.set(it.content, own);
    return words.every((word) => own.some((text) => text.startsWith(word)));
  });
  const shown = matching.filter((it) => !query.kind || it.content.kind === query.kind);
  const direction = query.descending ? -1 : 1;
  shown.sort(
    (a, b) => direction * stateOrder(a, query.sort).localeCompare(stateOrder(b, query.sort)),
  );
  return {
    rows: shown.slice(query.offset, query.offset + Math.min(query.limit, 200)).map(draftRow),
    total: shown.length,
    retrospectives: matching.filter((it) => it.content.kind === "retrospective").length,
    healthChecks: matching.filter((it) => it.content.kind === "healthCheck").length,
  };
}

const found = new WeakMap<Summary, string[]>();

/** What a search finds: the words of all that was written, without ids. */
function wordsOf(value: unknown): string[] {
  if (typeof value === "string") return value.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    /id$|^carriedFrom$|^kind$/i.test(key) ? [] : wordsOf(inner),
  );
}

function draftRow({ id, content, savedAt, state }: Draft): DraftRow {
  const contents =
    content.kind === "healthCheck"
      ? `${content.dimensions.length} dimensions`
      : `${content.columns.flatMap((it) => it.entries.flatMap((entry) => (entry.type === "idea" ? [entry] : entry.ideas))).length} ideas, ${content.actions.length} actions`;
  return {
    id,
    kind: content.kind,
    title: content.title,
    date: content.date,
    savedAt,
    state,
    contents,
  };
}

function listPublications(
  all: Publication[],
  query: Parameters<Commands["listPublications"]>[0],
): PublicationList {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = all
    .map((it) => it.row)
    .filter(
      (it) =>
        words.every((word) => it.title.toLowerCase().includes(word)) &&
        (!query.kind || it.kind === query.kind) &&
        (!query.spaceKey || it.spaceKey === query.spaceKey) &&
        (!query.status || it.status === query.status) &&
        (!query.since || (it.date ?? "") >= query.since),
    );
  const key = (it: (typeof rows)[number]) =>
    query.sort === "title"
      ? it.title
      : query.sort === "published"
        ? it.publishedAt
        : (it.date ?? "");
  rows.sort((a, b) => (query.descending ? -1 : 1) * key(a).localeCompare(key(b)));
  return {
    rows: rows.slice(query.offset, query.offset + Math.min(query.limit, 200)),
    total: rows.length,
    spaces: [{ key: "PAY", name: "Payments Platform" }],
  };
}

function titleOf(content: Summary): string {
  const kind = content.kind === "retrospective" ? "Retrospective" : "Health Check";
  return `${content.title || content.date || "Untitled"} - ${kind}`;
}

function needsAuthor({ state }: Operation): boolean {
  return state === "conflict" || state === "needsAttention";
}

function operation(
  kind: Operation["kind"],
  title: string,
  draftId: string | null = null,
): Operation {
  const names =
    kind === "delete"
      ? ["Sign in", "Delete page", "Check the result"]
      : [
          "Sign in",
          "Find parent page",
          kind === "update" ? "Update page" : "Create page",
          "Upload PDF",
          "Check the result",
        ];
  return {
    id: sample.nextId("operation"),
    draftId,
    kind,
    title,
    state: "running",
    steps: names.map((name, at): Step => ({ name, state: at === 0 ? "running" : "waiting" })),
    startedAt: "2026-11-19T10:45:00Z",
    endedAt: null,
    publicationId: null,
    error: null,
    waiting: null,
  };
}

const spaces = [
  { id: "98305", key: "PAY", name: "Payments Platform", personal: false },
  { id: "98306", key: "MOB", name: "Mobile Onboarding", personal: false },
  { id: "98307", key: "ENG", name: "Engineering Handbook", personal: false },
  { id: "98308", key: "~ines", name: "Ines Okafor", personal: true },
];

interface SamplePage {
  id: string;
  title: string;
  parent: string | null;
}
const pages: SamplePage[] = [
  { id: "10", title: "Payments Platform Home", parent: null },
  { id: "11", title: "Team", parent: "10" },
  { id: "12", title: "Retrospectives", parent: "11" },
  { id: "13", title: "Health Checks", parent: "11" },
  { id: "14", title: "Runbooks", parent: "10" },
  { id: "15", title: "2026 Q3", parent: "12" },
];

function pageView(page: SamplePage) {
  const ancestors: string[] = [];
  for (let at = page.parent; at; ) {
    const up: SamplePage | undefined = pages.find((it) => it.id === at);
    if (!up) break;
    ancestors.unshift(up.title);
    at = up.parent;
  }
  return {
    id: page.id,
    title: page.title,
    ancestors,
    hasChildren: pages.some((it) => it.parent === page.id),
  };
}

const dateParts: [string, string, string][] = [
  ["{{YY}}", "year, two figures", "26"],
  ["{{YYYY}}", "year", "2026"],
  ["{{MM}}", "month", "11"],
  ["{{MMM}}", "month, short", "Nov"],
  ["{{MMMM}}", "month", "November"],
  ["{{D}}", "day", "9"],
  ["{{DD}}", "day, two figures", "09"],
  ["{{Do}}", "day", "9th"],
  ["{{Q}}", "quarter", "4"],
  ["{{WW}}", "ISO week", "46"],
];

function previewTitle(kind: string, template: string) {
  const fill = (titleOrDate: string) =>
    template.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
      if (name.endsWith("TitleOrDate")) return titleOrDate;
      if (name === "Team") return "Payments Platform";
      return dateParts.find(([text]) => text === whole)?.[2] ?? whole;
    });
  const sampleTitle = kind === "retrospective" ? "Sprint 42" : "Q4 team health check";
  const withTitle = fill(sampleTitle);
  const withoutTitle = fill("9 Nov 2026");
  const left = /\{\{[^}]*\}?\}?/.exec(withTitle);
  return {
    sample: sampleTitle,
    withTitle,
    withoutTitle,
    length: Math.max(withTitle.length, withoutTitle.length),
    problem: left
      ? `${left[0]} is not known.`
      : withTitle.trim() === ""
        ? "The title is empty."
        : null,
  };
}

/** A PDF with one empty page. */
const onePage = btoa(
  "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
);
