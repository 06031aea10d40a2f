// An Outbox with one of each: under way, PDF missing, conflict, waiting, refused.

import type { ApiError } from "../src/api/bindings/ApiError";
import type { ConflictDetails } from "../src/api/bindings/ConflictDetails";
import type { Operation } from "../src/api/bindings/Operation";
import type { OutboxRow } from "../src/api/bindings/OutboxRow";
import type { Reach } from "../src/api/bindings/Reach";
import type { StepState } from "../src/api/bindings/StepState";

export interface Waiting {
  integrationId: string;
  row: OutboxRow;
}

const names = ["Sign in", "Find parent page", "Create page", "Upload PDF", "Check the result"];

const error = (
  code: ApiError["code"],
  message: string,
  cause: string,
  hint: string,
  details = "",
): ApiError => ({ code, message, cause, hint, retryable: true, field: null, details });

/** A row whose steps before `at` are done; `mark` is how the one at `at`, from 1, stands. */
export function row(
  id: string,
  draftId: string,
  title: string,
  at: number,
  mark: StepState,
  changes: Omit<Partial<OutboxRow>, "operation"> & { operation?: Partial<Operation> } = {},
): OutboxRow {
  const { operation, ...rest } = changes;
  const kind = operation?.kind ?? "create";
  const health = rest.summaryKind === "healthCheck";
  const pageTitle = `${title} - ${health ? "Health Check" : "Retrospective"}`;
  return {
    operation: {
      id,
      draftId,
      kind,
      title: pageTitle,
      state: "queued",
      steps: names.map((name, index) => ({
        name: kind === "update" ? name.replace("Create", "Update") : name,
        state: index + 1 < at ? "done" : index + 1 === at ? mark : "waiting",
      })),
      startedAt: "2026-11-19T10:30:00Z",
      endedAt: null,
      publicationId: null,
      error: null,
      waiting: null,
      ...operation,
    },
    summaryKind: "retrospective",
    draftTitle: title,
    target: {
      siteName: "wiki.harbour.example",
      spaceKey: "PAY",
      spaceName: "Payments Platform",
      parent: health ? "Health checks" : "Retrospectives",
      title: pageTitle,
    },
    queuedAt: "2026-11-19T10:30:00Z",
    attempts: 0,
    nextTryAt: null,
    lastError: operation?.error ?? null,
    pdfMissing: false,
    link: null,
    primary: null,
    others: ["retry", "edit", "cancel"],
    ...rest,
  };
}

const page = "https://harbour-example.atlassian.net/wiki/spaces/PAY/pages/7";

export const waiting = (now = Date.now()): Waiting[] => [
  {
    integrationId: "integration-2",
    row: row("operation-a", "draft-3", "Checkout incident, 11 November", 3, "running", {
      operation: { state: "running" },
      others: ["edit", "cancel"],
    }),
  },
  {
    integrationId: "integration-2",
    row: row("operation-b", "draft-8", "Partner onboarding", 4, "failed", {
      operation: {
        state: "needsAttention",
        error: error(
          "tooLarge",
          "The PDF is larger than this Confluence allows",
          "It has 11.2 MB, the limit is 10 MB.",
          "Ask its administrator for a higher limit, then retry the upload.",
          "POST /wiki/rest/api/content/7/child/attachment\n413 Payload Too Large",
        ),
      },
      attempts: 1,
      pdfMissing: true,
      link: page,
      primary: "retryUpload",
      others: ["view", "edit", "cancel"],
    }),
  },
  {
    integrationId: "integration-2",
    row: row("operation-c", "draft-6", "Sprint 40", 3, "conflict", {
      operation: {
        kind: "update",
        state: "conflict",
        error: error(
          "pageChanged",
          "Jonas Lindqvist edited the page in Confluence after you published it",
          "Nothing was overwritten.",
          "Look at both versions and choose.",
        ),
      },
      link: page,
      primary: "resolve",
      others: ["retry", "view", "edit", "cancel"],
    }),
  },
  {
    integrationId: "integration-1",
    row: row("operation-d", "draft-2", "Q4 team health check", 1, "waiting", {
      operation: { waiting: { type: "network", host: "wiki.harbour.example", vpn: true } },
      summaryKind: "healthCheck",
      nextTryAt: new Date(now + 40_000).toISOString(),
      lastError: error(
        "timedOut",
        "wiki.harbour.example did not answer",
        "",
        "",
        "GET https://wiki.harbour.example/confluence: timed out after 10 s",
      ),
    }),
  },
  {
    integrationId: "integration-1",
    row: row("operation-e", "draft-5", "Release 8.0", 1, "failed", {
      operation: {
        state: "needsAttention",
        error: error(
          "signInRefused",
          "Confluence did not accept the access token",
          "It expired on 8 Nov.",
          "Enter a new one; queued summaries stay as they are.",
          "GET /rest/api/user/current\n401 Unauthorized",
        ),
      },
      queuedAt: "2026-11-09T08:00:00Z",
      primary: "signIn",
      others: ["retry", "edit", "cancel"],
    }),
  },
];

export const titleTaken = (): Waiting => ({
  integrationId: "integration-1",
  row: row("operation-t", "draft-1", "Sprint 42", 3, "conflict", {
    operation: {
      state: "conflict",
      error: error(
        "titleTaken",
        "“Sprint 42 - Retrospective” is taken in PAY",
        "Another page of the space has this title. It was not touched.",
        "Choose another title.",
      ),
    },
    primary: "changeTitle",
  }),
});

export const parentGone = (): Waiting => ({
  integrationId: "integration-1",
  row: row("operation-p", "draft-1", "Sprint 42", 2, "failed", {
    operation: {
      state: "needsAttention",
      error: error(
        "parentGone",
        "The parent page “Retrospectives” is not there",
        "It was deleted, or this account may not see it. Nothing was sent.",
        "Choose another parent page.",
      ),
    },
    primary: "chooseParent",
  }),
});

export const reaches = (): Record<string, Reach> => ({
  "integration-1": {
    type: "waitingForVpn",
    since: "2026-11-19T10:42:00Z",
    message: "wiki.harbour.example did not answer",
  },
});

export const conflict = (operationId: string): ConflictDetails => ({
  operationId,
  theirs: {
    title: "Sprint 40 - Retrospective",
    version: 2,
    who: "Jonas Lindqvist",
    at: "2026-10-23T09:14:00Z",
    lines: [
      "Went well",
      "Pairing on the release",
      "The new staging data",
      "Fewer meetings on Monday",
      "Actions",
      "Automate the weekly staging refresh",
      "Ask the database team about masking, by 30 Oct",
      "Rotate the sandbox card keys",
    ],
  },
  ours: {
    title: "Sprint 40 - Retrospective",
    version: 3,
    who: "Ines Okafor",
    at: "2026-11-19T10:12:00Z",
    lines: [
      "Went well",
      "Pairing on the release",
      "The new staging data",
      "Fewer meetings on Monday",
      "Actions",
      "Automate the weekly staging refresh, owner Tomás Rivera",
      "Rotate the sandbox card keys",
    ],
  },
  link: page,
  mayOverwrite: true,
});
