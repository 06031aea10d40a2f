import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Operation } from "../src/api/bindings/Operation";
import { spreadWords, stepClass, trendOf } from "../src/screens/share/distribution";
import { another, faultOf } from "../src/screens/share/new-title";
import { toasts } from "../src/state/announce.svelte";
import { expectNoFindings, openApp } from "./app";
import { type Backend, problem, samples } from "./backend";

// Whole screens, with axe on each: slow where the machine is busy.
vi.setConfig({ testTimeout: 30_000 });

const opened = vi.fn();
vi.mock("../src/screens/share/pdf", () => ({
  openPdf: async (base64: string) => {
    opened(base64);
    return { numPages: 3, getPage: async () => ({}), destroy: async () => undefined };
  },
  drawPage: async () => undefined,
}));

const calls = (backend: Backend, name: string) =>
  backend.calls.filter((it) => it.name === name).map((it) => it.args);

async function share(draftId = "draft-1", seed = samples()) {
  const backend = await openApp(`/draft/${draftId}/share`, seed);
  await screen.findByRole("article", { name: "Confluence page" });
  return { backend, user: userEvent.setup({ delay: null }) };
}

const stopped = (more: Partial<Operation>): Operation => ({
  id: "operation-stopped",
  draftId: "draft-1",
  kind: "create",
  title: "Sprint 42 - Retrospective",
  state: "needsAttention",
  steps: ["Sign in", "Find parent page", "Create page", "Upload PDF", "Check the result"].map(
    (name, at) => ({ name, state: at < 2 ? "done" : at === 2 ? "failed" : "waiting" }),
  ),
  startedAt: "2026-11-19T10:45:00Z",
  endedAt: null,
  publicationId: null,
  error: null,
  waiting: null,
  ...more,
});

/** Lets the next publish stop, as the worker would leave it. */
function stopPublishing(backend: Backend, operation: Operation) {
  backend.override("publish", () => {
    backend.state.operations.push(operation);
    return operation;
  });
}

const publishButton = () => screen.getByRole("button", { name: "Publish to Confluence" });

it("shows the page as it will be, and where it goes", async () => {
  await share();
  const page = screen.getByRole("article", { name: "Confluence page" });
  within(page).getByRole("heading", { level: 2, name: "Sprint 42 - Retrospective" });
  within(page).getByText("Runbook for card network time-outs was used twice, and worked");
  expect(within(page).getAllByText("5 votes")).toHaveLength(2);
  within(page).getByText("12 Nov 2026, overdue");
  within(page).getByText("Sprint 42 - Retrospective.pdf");
  const where = screen.getByRole("region", { name: "Where it goes" });
  within(where).getByText("Sprint 42 - Retrospective");
  expect(where.textContent).toContain("wiki.harbour.example");
  expect(where.textContent).toContain("Payments Platform (PAY)");
  await expectNoFindings();
});

it("shows a health check's answers in colours and in words", async () => {
  await share("draft-2");
  screen.getByRole("img", { name: "1 × Mixed, 4 × Good, 2 × Great" });
  expect(screen.getAllByText("+0.2 better").length).toBeGreaterThan(0);
  await expectNoFindings();
});

it("shows the PDF when asked for, and names what it cannot draw", async () => {
  const { backend, user } = await share();
  expect(calls(backend, "preview_pdf")).toEqual([]);
  backend.override("preview_pdf", () => ({
    base64: "QUJD",
    pages: 3,
    size: 118_000,
    missing: ["☭", "𓂀"],
  }));
  await user.click(screen.getByRole("tab", { name: "PDF" }));
  await screen.findByRole("img", { name: "PDF, page 3 of 3" });
  expect(opened).toHaveBeenCalledWith("QUJD");
  screen.getByText("2 characters cannot be drawn in the PDF");
  await expectNoFindings();
});

it("says when the PDF cannot be made, and tries again", async () => {
  const { backend, user } = await share();
  backend.failNext("preview_pdf", problem("internal", { message: "The PDF could not be made" }));
  await user.click(screen.getByRole("tab", { name: "PDF" }));
  await screen.findByText("The PDF could not be made");
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByRole("img", { name: "PDF, page 1 of 3" });
});

it("publishes, follows the steps, and then leads to the page", async () => {
  const { backend, user } = await share();
  backend.pace = 5;
  await user.keyboard("{Control>}{Enter}{/Control}");
  await screen.findByText("Published as version 1");
  expect(calls(backend, "publish")).toEqual([
    { draftId: "draft-1", integrationId: "integration-1" },
  ]);
  expect(screen.getByRole("list", { name: "Steps of publishing" }).textContent).toContain(
    "Check the result, done",
  );
  await expectNoFindings();
  await user.click(screen.getByRole("button", { name: "View in Confluence" }));
  expect(calls(backend, "view_publication")).toHaveLength(1);
  await user.click(screen.getByRole("button", { name: "Republish" }));
  await screen.findByText("Published as version 2");
});

it("goes to the connection that is chosen", async () => {
  const { backend, user } = await share();
  await user.selectOptions(screen.getByLabelText("Connection"), "integration-2");
  await waitFor(() =>
    expect(screen.getByRole("region", { name: "Where it goes" }).textContent).toContain(
      "harbour-example.atlassian.net",
    ),
  );
  await user.click(publishButton());
  await waitFor(() =>
    expect(calls(backend, "publish")).toEqual([
      { draftId: "draft-1", integrationId: "integration-2" },
    ]),
  );
});

it("starts from the connection the page was published with", async () => {
  const seed = samples();
  const backend = await openApp("/summaries", seed);
  const answer = backend.answers.preview_share;
  backend.override("preview_share", (args) =>
    answer({ ...args, integrationId: args.integrationId ?? "integration-2" }),
  );
  location.hash = "#/draft/draft-1/share";
  await waitFor(() =>
    expect(screen.getByLabelText("Connection")).toHaveProperty("value", "integration-2"),
  );
});

it("makes a new version of a page that is published and was changed since", async () => {
  await share("draft-4");
  screen.getByRole("button", { name: "Publish version 3" });
  screen.getByText("The same page gets version 3, and a new PDF.");
});

describe("a draft that is published at one of two connections", () => {
  const done = (id: string): Operation =>
    stopped({ id, state: "done", kind: "update", publicationId: "publication-draft-4" });

  async function shareTwo() {
    const backend = await openApp("/summaries", samples());
    backend.state.operations.push(done("operation-1"), stopped({ id: "operation-2" }));
    const answer = backend.answers.preview_share;
    backend.override("preview_share", async (args) => {
      const preview = await answer(args);
      const first = preview.target?.integrationId === "integration-1";
      return {
        ...preview,
        updates: first
          ? { publicationId: "publication-draft-4", version: 2, changed: false }
          : null,
        operationId: first ? "operation-1" : "operation-2",
      };
    });
    location.hash = "#/draft/draft-4/share";
    await screen.findByText("Published as version 2");
    return { backend, user: userEvent.setup({ delay: null }) };
  }

  it("says for each whether it will be a new page, and what became of its last publish", async () => {
    const { backend, user } = await shareTwo();
    expect(screen.getByRole("button", { name: "Republish" })).toBeTruthy();
    await user.selectOptions(screen.getByLabelText("Connection"), "integration-2");
    await screen.findByText(/^A new page is created here/);
    await screen.findByRole("heading", { name: "Publishing" });
    expect(screen.queryByText("Published as version 2")).toBeNull();
    expect(calls(backend, "open_operation").at(-1)).toEqual({ operationId: "operation-2" });
    publishButton();
    await user.selectOptions(screen.getByLabelText("Connection"), "integration-1");
    await screen.findByText("Published as version 2");
    expect(screen.queryByText(/^A new page is created here/)).toBeNull();
  });
});

it("says that there is no connection yet, and leads to CONNECT", async () => {
  const { backend, user } = await share("draft-1", { ...samples(), integrations: [] });
  screen.getByText("Connect the team to Confluence to publish.", { exact: false });
  expect(screen.getByRole("link", { name: "CONNECT" }).getAttribute("href")).toBe(
    "#/connect/team-1",
  );
  expect(publishButton().getAttribute("aria-disabled")).toBe("true");
  await user.click(publishButton());
  expect(calls(backend, "publish")).toEqual([]);
  await expectNoFindings();
});

it("leads back to the meeting date when it is missing", async () => {
  const seed = samples();
  const backend = await openApp("/summaries", seed);
  const answer = backend.answers.preview_share;
  backend.override("preview_share", async (args) => ({
    ...(await answer(args)),
    problems: [
      problem("invalid", {
        message: "The meeting has no date",
        hint: "Enter it in Write.",
        field: "meetingDate",
      }),
    ],
  }));
  const user = userEvent.setup({ delay: null });
  location.hash = "#/draft/draft-1/share";
  await screen.findAllByText("The meeting has no date");
  expect(publishButton().getAttribute("aria-disabled")).toBe("true");
  await user.click(screen.getByRole("button", { name: "Enter the meeting date" }));
  await waitFor(() => expect(location.hash).toBe("#/draft/draft-1/write"));
  await waitFor(() =>
    expect((document.activeElement as HTMLInputElement).labels?.[0]?.textContent?.trim()).toBe(
      "Meeting date",
    ),
  );
});

describe("when it does not go through", () => {
  it("says why, and goes on from there", async () => {
    const { backend, user } = await share();
    stopPublishing(
      backend,
      stopped({
        error: problem("notPermitted", {
          message: "Confluence refused to create the page",
          cause: "svc-retropress may not add pages.",
          hint: "Ask the space's administrator.",
          retryable: true,
          details: "403",
        }),
      }),
    );
    await user.click(publishButton());
    await screen.findByText("Confluence refused to create the page");
    expect(publishButton().getAttribute("aria-disabled")).toBe("true");
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() =>
      expect(calls(backend, "retry_operation")).toEqual([{ operationId: "operation-stopped" }]),
    );
  });

  it("offers another title when the title is taken", async () => {
    const { backend, user } = await share();
    stopPublishing(
      backend,
      stopped({
        state: "conflict",
        error: problem("titleTaken", { message: "A page with this title already exists" }),
      }),
    );
    await user.click(publishButton());
    const title = await screen.findByLabelText("Page title");
    expect(title).toHaveProperty("value", "Sprint 42 - Retrospective (2)");
    await waitFor(() => expect(document.activeElement).toBe(title));
    await expectNoFindings();
    await user.clear(title);
    await user.type(title, "SPRINT 42 - retrospective{Enter}");
    screen.getByText(/This is the title that is taken/);
    expect(calls(backend, "resolve_operation")).toEqual([]);
    await user.clear(title);
    await user.type(title, "Sprint 42, again{Enter}");
    await waitFor(() =>
      expect(calls(backend, "resolve_operation")).toEqual([
        {
          operationId: "operation-stopped",
          resolution: { type: "rename", title: "Sprint 42, again" },
        },
      ]),
    );
  });

  it.each([
    ["Keep the page as it is", "Keep the page", { type: "keep" }],
    ["Write over it", "Write over it", { type: "overwrite" }],
    [
      "Publish as a new page",
      "Publish as a new page",
      { type: "newPage", title: "Sprint 42 - Retrospective (2)" },
    ],
  ])("lets the author choose: %s", async (choice, act, resolution) => {
    const { backend, user } = await share();
    stopPublishing(
      backend,
      stopped({
        kind: "update",
        state: "conflict",
        error: problem("pageChanged", { message: "The page was changed by Jonas Lindqvist" }),
      }),
    );
    await user.click(publishButton());
    await user.click(await screen.findByRole("radio", { name: new RegExp(`^${choice}`) }));
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: act }));
    await waitFor(() =>
      expect(calls(backend, "resolve_operation")).toEqual([
        { operationId: "operation-stopped", resolution },
      ]),
    );
  });

  it("never offers to write over a page that lost our mark", async () => {
    const { backend, user } = await share();
    stopPublishing(
      backend,
      stopped({ kind: "update", state: "conflict", error: problem("notOurs") }),
    );
    await user.click(publishButton());
    await screen.findByRole("radio", { name: /^Keep the page as it is/ });
    expect(screen.queryByRole("radio", { name: /^Write over it/ })).toBeNull();
  });

  it("cancels what is under way", async () => {
    const { backend, user } = await share();
    stopPublishing(backend, stopped({ state: "running" }));
    await user.click(publishButton());
    await user.click(await screen.findByRole("button", { name: "Cancel publishing" }));
    await screen.findByText("Publishing was cancelled");
    expect(publishButton().getAttribute("aria-disabled")).toBeNull();
  });

  it("leads to the sign-in where that has ended", async () => {
    const { backend, user } = await share();
    backend.failNext("publish", problem("signInNeeded", { message: "Sign in again" }));
    await user.click(publishButton());
    const link = await screen.findByRole("link", { name: "Sign in again" });
    expect(link.getAttribute("href")).toBe("#/settings/integrations");
  });

  it("keeps the button when publishing could not even begin", async () => {
    const { backend, user } = await share();
    backend.failNext("publish", problem("diskFull", { message: "The disk is full" }));
    await user.click(publishButton());
    await screen.findByText("The disk is full");
    await user.click(publishButton());
    await screen.findByText("Published as version 1");
  });
});

it("saves the PDF and copies the Markdown", async () => {
  const { backend, user } = await share();
  await user.click(screen.getByRole("button", { name: "Other ways to share" }));
  await user.click(screen.getByRole("menuitem", { name: "Save PDF…" }));
  await waitFor(() => expect(calls(backend, "save_pdf")).toHaveLength(1));
  expect(toasts.at(-1)?.text).toMatch(/^PDF saved: /);
  await user.click(screen.getByRole("button", { name: "Other ways to share" }));
  await user.click(screen.getByRole("menuitem", { name: "Copy as Markdown" }));
  await waitFor(() => expect(toasts.at(-1)?.text).toBe("Copied as Markdown"));
  expect(await navigator.clipboard.readText()).toBe("# Sprint 42 - Retrospective\n");
});

it("saves the draft as Markdown and as JSON", async () => {
  const { backend, user } = await share();
  for (const [label, ending] of [
    ["Save as Markdown…", "md"],
    ["Save as JSON…", "json"],
  ] as const) {
    await user.click(screen.getByRole("button", { name: "Other ways to share" }));
    await user.click(screen.getByRole("menuitem", { name: label }));
    await waitFor(() => expect(toasts.at(-1)?.text).toMatch(new RegExp(`^Saved: .*\\.${ending}$`)));
  }
  backend.failNext("save_draft_file", problem("diskFull", { message: "The disk is full" }));
  await user.click(screen.getByRole("button", { name: "Other ways to share" }));
  await user.click(screen.getByRole("menuitem", { name: "Save as JSON…" }));
  await screen.findByText("The disk is full");
});

it("offers the next number for a title that is taken", () => {
  expect(another("Sprint 42")).toBe("Sprint 42 (2)");
  expect(another("Sprint 42 (2)")).toBe("Sprint 42 (3)");
  expect(another("Sprint (2) 42")).toBe("Sprint (2) 42 (2)");
  expect(faultOf("")).toBe("Enter a title.");
  expect(faultOf("x".repeat(255))).toBe("");
  expect(faultOf("x".repeat(256))).toMatch(/at most 255/);
});

it("spreads five colours over any scale, and says trends in words", () => {
  expect([0, 1, 2].map((it) => stepClass(it, 3))).toEqual(["r1", "r3", "r5"]);
  expect([0, 1, 2, 3, 4].map((it) => stepClass(it, 5))).toEqual(["r1", "r2", "r3", "r4", "r5"]);
  expect([0, 1].map((it) => stepClass(it, 2))).toEqual(["r1", "r5"]);
  expect(spreadWords([0, 2, 1], ["Red", "Amber", "Green"])).toBe("2 × Amber, 1 × Green");
  expect(trendOf(null)).toBeNull();
  expect(trendOf(0)?.words).toBe("same");
  expect(trendOf(-0.8)?.words).toBe("−0.8 worse");
});
