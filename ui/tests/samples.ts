// What the stand-in starts with: one team in the middle of its year.

import type { Action } from "../src/api/bindings/Action";
import type { CertificateView } from "../src/api/bindings/CertificateView";
import type { Check } from "../src/api/bindings/Check";
import type { CloudSite } from "../src/api/bindings/CloudSite";
import type { CopyView } from "../src/api/bindings/CopyView";
import type { Document } from "../src/api/bindings/Document";
import type { Draft } from "../src/api/bindings/Draft";
import type { HandedOn } from "../src/api/bindings/HandedOn";
import type { Holds } from "../src/api/bindings/Holds";
import type { Idea } from "../src/api/bindings/Idea";
import type { Integration } from "../src/api/bindings/Integration";
import type { NetworkView } from "../src/api/bindings/NetworkView";
import type { Publication } from "../src/api/bindings/Publication";
import type { PublishState } from "../src/api/bindings/PublishState";
import type { ScopeView } from "../src/api/bindings/ScopeView";
import type { Summary } from "../src/api/bindings/Summary";
import type { Team } from "../src/api/bindings/Team";

export const teams = (): Team[] => [
  { id: "team-1", name: "Payments Platform", integrationCount: 2, draftCount: 11 },
  { id: "team-2", name: "Mobile Onboarding", integrationCount: 0, draftCount: 0 },
];

export const scale = ["Poor", "Fair", "Mixed", "Good", "Great"];

export const people = [
  "Ines Okafor",
  "Mei Tanaka",
  "Jonas Lindqvist",
  "Priya Raman",
  "Tomás Rivera",
  "Aylin Demir",
  "Ben Carter",
];

let made = 0;
export const nextId = (what: string): string => {
  made += 1;
  return `${what}-${made}`;
};

const idea = (text: string, votes = 0, comments: Idea["comments"] = []): Idea => ({
  id: nextId("idea"),
  text,
  votes,
  comments,
});

export const action = (
  text: string,
  owners: string[] = [],
  more: Partial<Action> = {},
): Action => ({
  id: nextId("action"),
  text,
  owners,
  due: null,
  priority: null,
  done: false,
  dimensionId: null,
  carriedFrom: null,
  ...more,
});

export const retrospective = (title: string, date: string | null): Summary => ({
  kind: "retrospective",
  title,
  date,
  facilitator: "Ines Okafor",
  participants: people,
  columns: [
    {
      id: nextId("column"),
      title: "What went well",
      entries: [
        {
          type: "idea",
          ...idea("Runbook for card network time-outs was used twice, and worked", 5),
        },
        { type: "idea", ...idea("Pairing on the ledger migration", 3) },
        {
          type: "group",
          id: nextId("group"),
          title: "Releases",
          ideas: [
            idea("Two releases without a rollback", 4),
            idea("Release notes write themselves now", 1),
          ],
        },
      ],
    },
    {
      id: nextId("column"),
      title: "What slowed us down",
      entries: [
        {
          type: "idea",
          ...idea("Reviews of the ledger service wait for two days", 6, [
            { id: nextId("comment"), author: "Mei Tanaka", text: "Only two of us know it well." },
          ]),
        },
        { type: "idea", ...idea("Flaky refund tests", 4) },
        { type: "idea", ...idea("Too many meetings on Wednesdays", 2) },
      ],
    },
    {
      id: nextId("column"),
      title: "Ideas",
      entries: [
        { type: "idea", ...idea("A daily review slot", 5) },
        { type: "idea", ...idea("Smaller pull requests", 3) },
      ],
    },
  ],
  actions: [
    action("Alert when the refund queue is older than 10 minutes", ["Mei Tanaka"], {
      due: "2026-11-12",
      priority: "high",
      carriedFrom: { draftId: "draft-4", actionId: "action-x", title: "Sprint 41" },
    }),
    action("Add a daily review slot at 14:00", ["Ines Okafor"], { due: "2026-11-23" }),
    action("Agree on a pull request size"),
    action("Move the Wednesday planning", ["Ben Carter"], { done: true }),
  ],
  agreements: [
    { id: nextId("agreement"), text: "No deploys after 16:00 on Fridays" },
    { id: nextId("agreement"), text: "A review is answered within one working day" },
  ],
  kudos: [
    {
      id: nextId("kudo"),
      to: "Priya Raman",
      from: "Jonas Lindqvist",
      text: "for the calm handover in the night of the incident",
    },
  ],
  roti: { counts: [0, 0, 1, 4, 2] },
  notes: "",
});

export const dimensions = [
  ["value", "Delivering value", "We deliver things our customers are glad to have."],
  ["release", "Easy to release", "Releasing is simple, safe and painless."],
  ["fun", "Fun", "We like going to work and enjoy working together."],
  ["code", "Health of the code", "We are proud of our code; it is clean and well tested."],
  ["learning", "Learning", "We learn something interesting all the time."],
  ["mission", "Mission", "We know exactly why we are here."],
  ["support", "Support", "We always get help when we ask for it."],
  ["speed", "Speed", "We get things done quickly, without waiting."],
] as const;

export const healthCheck = (title: string, date: string | null): Summary => ({
  kind: "healthCheck",
  title,
  date,
  facilitator: "Ines Okafor",
  participants: people,
  modelId: "squad",
  modelName: "Team health",
  scale,
  dimensions: dimensions.map(([id, name, statement], at) => ({
    id,
    name,
    statement,
    responses: [
      [0, 0, 1, 4, 2],
      [1, 2, 3, 1, 0],
      [0, 0, 0, 3, 4],
      [0, 2, 3, 2, 0],
      [0, 1, 2, 3, 1],
      [0, 0, 2, 3, 2],
      [0, 1, 1, 3, 2],
      [1, 3, 2, 1, 0],
    ][at] ?? [0, 0, 0, 0, 0],
    comments:
      at === 1
        ? [
            {
              id: nextId("comment"),
              author: "",
              text: "The staging gate is red more often than green.",
            },
          ]
        : [],
  })),
  actions: [
    action("Make the staging gate green for a week", ["Jonas Lindqvist"], {
      due: "2026-12-04",
      dimensionId: "release",
    }),
  ],
  notes: "",
});

export const draft = (
  id: string,
  content: Summary,
  state: PublishState = { type: "draft" },
  savedAt = "2026-11-19T10:42:00Z",
): Draft => ({
  id,
  teamId: "team-1",
  revision: 1,
  content,
  savedAt,
  state,
  publicationId:
    state.type === "published" || state.type === "pdfMissing" ? `publication-${id}` : null,
  operationId: null,
  previous: null,
});

export const drafts = (): Draft[] => [
  draft("draft-1", retrospective("Sprint 42", "2026-11-19")),
  {
    ...draft("draft-2", healthCheck("Q4 team health check", "2026-11-18")),
    previous: {
      draftId: "draft-7",
      title: "October pulse",
      date: "2026-10-21",
      averages: dimensions.map(([dimensionId], at) => ({
        dimensionId,
        average: [3.9, 3.1, 4.5, 3.0, 3.6, 4.0, 3.9, 2.9][at] ?? 3,
      })),
    },
  },
  draft("draft-3", retrospective("Checkout incident, 11 November", "2026-11-13"), {
    type: "publishing",
    step: 3,
  }),
  draft("draft-4", retrospective("Sprint 41", "2026-11-05"), {
    type: "published",
    version: 2,
    changed: true,
  }),
  draft("draft-5", retrospective("Release 8.0", "2026-10-30"), {
    type: "needsAttention",
    message: "The access token has expired",
  }),
  draft("draft-6", retrospective("Sprint 40", "2026-10-22"), {
    type: "conflict",
    message: "Edited in Confluence by Jonas Lindqvist",
  }),
  draft("draft-7", healthCheck("October pulse", "2026-10-21"), {
    type: "published",
    version: 1,
    changed: false,
  }),
  draft("draft-8", retrospective("Partner onboarding", "2026-10-15"), {
    type: "pdfMissing",
    version: 1,
  }),
  draft("draft-9", retrospective("Sprint 39", "2026-10-08"), {
    type: "published",
    version: 1,
    changed: false,
  }),
  draft("draft-10", retrospective("Sprint 38", "2026-09-24"), {
    type: "published",
    version: 3,
    changed: false,
  }),
  draft("draft-11", healthCheck("", "2026-09-23"), {
    type: "published",
    version: 1,
    changed: false,
  }),
];

export const integrations = (): Integration[] => [
  {
    id: "integration-1",
    teamId: "team-1",
    method: "personalAccessToken",
    site: {
      baseUrl: "https://wiki.harbour.example/confluence",
      name: "wiki.harbour.example",
      edition: "dataCenter",
      version: "9.2.7",
    },
    account: "",
    accountName: "svc-retropress",
    configuration: {
      spaceId: "98305",
      spaceKey: "PAY",
      spaceName: "Payments Platform",
      retrospectiveParent: { type: "existing", id: "12", title: "Retrospectives" },
      retrospectiveTitle: "{{RetrospectiveTitleOrDate}} - Retrospective",
      healthCheckParent: { type: "new", title: "Health Checks" },
      healthCheckTitle: "{{HealthCheckTitleOrDate}} - Health Check",
      labels: [],
    },
    allowHttp: false,
    sandbox: false,
    savedAt: "2026-10-02T08:15:00Z",
    secretProblem: "The saved token is no longer in the keyring.",
    expiresOn: null,
    expiryWarning: null,
    serviceAccount: false,
    scopes: "granular",
    clientId: "",
  },
  {
    id: "integration-2",
    teamId: "team-1",
    method: "apiToken",
    site: {
      baseUrl: "https://harbour-example.atlassian.net/wiki",
      name: "harbour-example.atlassian.net",
      edition: "cloud",
      version: "",
    },
    account: "ines@harbour.example",
    accountName: "Ines Okafor",
    configuration: {
      spaceId: "65537",
      spaceKey: "PAY",
      spaceName: "Payments Platform",
      retrospectiveParent: { type: "new", title: "{{YYYY}} {{Q}}" },
      retrospectiveTitle: "{{RetrospectiveTitleOrDate}} - Retrospective",
      healthCheckParent: { type: "none" },
      healthCheckTitle: "{{HealthCheckTitleOrDate}} - Health Check",
      labels: ["retrospective"],
    },
    allowHttp: false,
    sandbox: false,
    savedAt: "2026-11-19T10:43:00Z",
    secretProblem: null,
    expiresOn: null,
    expiryWarning: null,
    serviceAccount: false,
    scopes: "granular",
    clientId: "",
  },
];

/** Another way to sign in for the second of them, which is with Confluence Cloud. */
export function oauthIntegration(changes: Partial<Integration> = {}): Integration {
  return {
    ...(integrations()[1] as Integration),
    id: "integration-3",
    method: "atlassianLogin",
    account: "",
    clientId: "harbour-client",
    ...changes,
  };
}

export const sites = (): CloudSite[] => [
  { id: "cloud-1", name: "Harbour", url: "https://harbour-example.atlassian.net" },
  { id: "cloud-2", name: "Harbour Labs", url: "https://harbour-labs-example.atlassian.net" },
];

export const scopes: ScopeView[] = [
  {
    granular: "read:space:confluence",
    classic: "read:confluence-space.summary",
    requiredFor: "reading the list of spaces during configuration",
  },
  {
    granular: "write:page:confluence",
    classic: "write:confluence-content",
    requiredFor: "creating pages for retrospective and health check reports",
  },
  {
    granular: "write:confluence-file",
    classic: "write:confluence-file",
    requiredFor: "adding the PDF to them",
  },
  {
    granular: "read:page:confluence",
    classic: "read:confluence-content.summary",
    requiredFor: "checking whether a parent page exists, and whether a publish already arrived",
  },
  {
    granular: "read:attachment:confluence",
    classic: "",
    requiredFor: "checking whether the PDF already arrived",
  },
  {
    granular: "delete:page:confluence",
    classic: "",
    requiredFor: "deleting a published page when you choose Delete",
  },
  {
    granular: "read:confluence-user",
    classic: "",
    requiredFor: "naming the account in the wizard",
  },
  {
    granular: "offline_access",
    classic: "offline_access",
    requiredFor: "publishing later without signing in each time",
  },
];

export const publications = (): Publication[] =>
  drafts()
    .filter((it) => it.publicationId)
    .map((it) => {
      const { content, state } = it;
      const retro = content.kind === "retrospective";
      const title = `${content.title || content.date} - ${retro ? "Retrospective" : "Health Check"}`;
      return {
        row: {
          id: it.publicationId ?? "",
          kind: content.kind,
          title,
          date: content.date,
          status: state.type === "pdfMissing" ? "pdfMissing" : "published",
          spaceKey: "PAY",
          version: "version" in state ? state.version : 1,
          publishedAt: `${content.date}T15:30:00Z`,
        },
        teamName: "Payments Platform",
        siteName: "wiki.harbour.example",
        spaceName: "Payments Platform",
        parent: retro ? "Retrospectives" : "Health Checks",
        pageId: `${1000 + Number(it.id.replace(/\D/g, ""))}`,
        link: `https://wiki.harbour.example/confluence/pages/viewpage.action?pageId=${it.id}`,
        pdfName: `${title}.pdf`,
        pdfSize: 84_210,
        accountName: "svc-retropress",
        reference: "RP-5E07C2",
        draftId: it.id,
        connected: true,
        timeline: [
          {
            what: "pdfUploaded",
            text: "PDF uploaded",
            note: "84 KB",
            at: `${content.date}T15:30:02Z`,
          },
          {
            what: "created",
            text: "Page created",
            note: "version 1",
            at: `${content.date}T15:30:01Z`,
          },
        ],
      };
    });

/** A long list: each has a title of its own, and little in it. */
export const manyDrafts = (count: number): Draft[] =>
  Array.from({ length: count }, (_, at) =>
    draft(`many-${at}`, {
      kind: "retrospective",
      title: `Number item${at}`,
      date: "2026-01-01",
      facilitator: people[at % people.length] ?? "",
      participants: [],
      columns: [],
      actions: [],
      agreements: [],
      kudos: [],
      roti: { counts: [0, 0, 0, 0, 0] },
      notes: "",
    }),
  );

export const certificate = (): CertificateView => ({
  subject: "Harbour Internal CA 2",
  issuer: "Harbour Internal CA 2",
  sha256:
    "7C:41:9E:55:0A:31:BB:08:6D:12:F4:90:3E:C7:5B:A1:44:0F:D9:72:E8:1C:36:8A:B5:60:29:FE:93:4B:D2:08",
  validUntil: "2031-03-14T12:00:00Z",
  expired: false,
  pem: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
});

export const network = (): NetworkView => ({
  proxyUse: "inherit",
  proxyHost: "",
  proxyPort: "",
  proxyUser: "",
  proxyPasswordSaved: false,
  proxyExceptions: "",
  authorities: [certificate()],
  clientCertificate: null,
  connectSeconds: "",
  answerSeconds: "",
  usual: {
    systemProxy: "proxy.harbour.example:3128 for https",
    connectSeconds: 10,
    answerSeconds: 20,
  },
  secretProblem: null,
});

/** A checklist with a line of each kind. */
export const checks = (): Check[] => {
  const line = (outcome: Check["outcome"], text: string, note: string, more = {}): Check => ({
    outcome,
    text,
    note,
    fix: "",
    details: "",
    field: null,
    ...more,
  });
  return [
    line(
      "ok",
      "wiki.harbour.example can be reached",
      "through the proxy proxy.harbour.example:3128",
    ),
    line(
      "ok",
      "Certificate issued by Harbour Internal CA 2",
      "valid until 14 Mar 2031, trusted through a certificate added here",
    ),
    line("ok", "Confluence Data Center 9.2.7", "https://wiki.harbour.example/confluence"),
    line("ok", "Signed in as svc-retropress", ""),
    line("ok", "Space Payments Platform (PAY) is visible", ""),
    line("ok", "Parent page “2026 Q4” exists", "Retrospectives"),
    line("ok", "“Health checks” will be created", "Health checks"),
    line("ok", "May create pages in PAY", "asked, nothing was written"),
    line("failed", "May not attach files in PAY", "needs “Attachments: Add”", {
      fix: "ask the space’s administrator for “Attachments: Add”, or choose another space.",
      field: "space",
    }),
    line(
      "unknown",
      "Whether this account may delete pages is not known",
      "this Confluence does not tell; a test summary finds out",
    ),
    line("ok", "This token has no scopes", "it may do what the account may"),
    line(
      "warning",
      "The rate limit is near",
      "12 of 100 requests left; publishing waits by itself where it has to",
    ),
  ];
};
/** A configuration that somebody handed on. */
export const handedOn = (): HandedOn => ({
  madeBy: "Ines Okafor",
  madeAt: "2026-11-18T09:30:00Z",
  madeWith: "Retropress 0.1.0",
  serverUrl: "https://wiki.harbour.example/confluence",
  server: "https://wiki.harbour.example",
  edition: "dataCenter",
  method: "personalAccessToken",
  clientId: "",
  serviceAccount: false,
  scopeFamily: "granular",
  scopes: [],
  configuration: {
    spaceId: "PAY",
    spaceKey: "PAY",
    spaceName: "Payments",
    retrospectiveParent: { type: "new", title: "Retrospectives {{YYYY}}" },
    retrospectiveTitle: "{{RetrospectiveTitleOrDate}} - Retrospective",
    healthCheckParent: { type: "none" },
    healthCheckTitle: "{{HealthCheckTitleOrDate}} - Health Check",
    labels: ["retro"],
  },
  proxy: "proxy.harbour.example:3128",
  warnings: [],
});

/** A few parts of each kind; the app's own text is in src-tauri/crates/app/src/security.rs. */
export const security = (): Document => ({
  kind: null,
  title: "Confluence integration security",
  blocks: [
    { type: "paragraph", text: "What Retropress sends to Confluence, and to which hosts." },
    {
      type: "properties",
      rows: [
        { name: "Version", value: { type: "text", value: "Retropress 0.1.0" } },
        { name: "Proxy", value: { type: "text", value: "proxy.harbour.example:3128" } },
      ],
    },
    { type: "heading", level: 2, text: "Where requests go" },
    { type: "bullets", items: ["To the Server URL that was entered.", "To no other host."] },
    { type: "heading", level: 3, text: "Hosts to allow" },
    {
      type: "table",
      columns: [
        { name: "Host", code: true },
        { name: "Needed for", code: false },
      ],
      rows: [
        ["api.atlassian.com", "An API token with scopes."],
        ["auth.atlassian.com", "Atlassian Login."],
      ],
    },
    { type: "heading", level: 2, text: "Every API call" },
    {
      type: "table",
      columns: [
        { name: "Method", code: true },
        { name: "Path", code: true },
        { name: "Why", code: false },
      ],
      rows: [
        [
          "GET",
          "/rest/api/content/{page}/child/attachment",
          "Looks whether a PDF already arrived.",
        ],
      ],
    },
  ],
});

export const supportReport = `Retropress      0.1.0
Made            2026-11-19 09:43 UTC
System          Debian GNU/Linux 13, x86_64
Web view        2.46.3
Keyring         answers

Database        SQLite 3.51.3, schema 1, integrity ok, 18842 KB
Counts          teams 2, drafts 41, integrations 2, published 28
Operations      done 31, needsAttention 1
  RP-22AB10     create, needsAttention, step upload, tooLarge, since 2026-11-18 17:02 UTC

Connection 1    Data Center 9.2.7, Confluence Server / Data Center - Personal Access Token
  host          host 1, https, port 443, with a context path, directly
  secret        sealed

Log             warnings and errors, the last 1
  2026-11-18 17:02:11 UTC ERROR the operation stopped
`;

export const holds = (more: Partial<Holds> = {}): Holds => ({
  teams: ["Payments Platform", "Mobile Onboarding", "Search"],
  drafts: 52,
  published: 31,
  unfinished: 1,
  size: 21_800_000,
  ...more,
});

export const copies = (): CopyView[] => [
  {
    name: "retropress.backup-1.db",
    source: "backup",
    madeAt: "2026-11-19T08:58:00Z",
    size: 18_300_000,
    holds: holds({ drafts: 41, published: 28, unfinished: 0 }),
    unread: false,
  },
  {
    name: "retropress.backup-2.db",
    source: "backup",
    madeAt: "2026-11-18T09:03:00Z",
    size: 9_100_000,
    holds: null,
    unread: false,
  },
  {
    name: "retropress.replaced-1.db",
    source: "setAside",
    madeAt: "2026-11-12T13:20:00Z",
    size: 16_000_000,
    holds: holds({ drafts: 36, published: 24, unfinished: 0 }),
    unread: false,
  },
];
