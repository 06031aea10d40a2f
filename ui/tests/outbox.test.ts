import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { tell } from "../src/api/events";
import { compare, fold } from "../src/screens/outbox/diff";
import { cancelledWords } from "../src/screens/outbox/words";
import { expectNoFindings, openApp } from "./app";
import { problem, type State, samples } from "./backend";
import * as queued from "./outbox-samples";

const seed = (outbox = queued.waiting(), more: Partial<State> = {}): Partial<State> => ({
  ...samples(),
  outbox,
  reaches: queued.reaches(),
  ...more,
});

async function openOutbox(outbox?: queued.Waiting[], more?: Partial<State>) {
  const backend = await openApp("/outbox", seed(outbox, more));
  await screen.findByText(/in all|Nothing is queued/);
  return backend;
}

/** The row of a summary. */
const job = (name: string) =>
  screen
    .getByRole("heading", { level: 3, name: new RegExp(`: ${name}$`) })
    .closest("li") as HTMLElement;
const called = (backend: Awaited<ReturnType<typeof openOutbox>>, name: string) =>
  backend.calls.filter((it) => it.name === name).map((it) => it.args);

describe("the Outbox", () => {
  it("groups what has not ended by connection, and counts what needs its author", async () => {
    await openOutbox();
    expect(screen.getByText("5 in all, 3 need you")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Outbox 3 need you" })).toBeTruthy();
    const wiki = screen.getByRole("region", { name: "wiki.harbour.example" });
    expect(within(wiki).getAllByRole("heading", { level: 3 })).toHaveLength(2);
    expect(within(wiki).getByText("Waiting for VPN")).toBeTruthy();
    expect(
      within(screen.getByRole("region", { name: "harbour-example.atlassian.net" })).getByText(
        "Online",
      ),
    ).toBeTruthy();
    await expectNoFindings();
  });

  it("says of each its place, steps, state and what it waits for", async () => {
    await openOutbox();
    const waits = within(job("Q4 team health check"));
    expect(
      waits.getByText("PAY / Health checks / Q4 team health check - Health Check"),
    ).toBeTruthy();
    expect(waits.getAllByRole("listitem").map((it) => it.textContent)).toContain(
      "Sign in, waiting",
    );
    expect(waits.getByText("Queued")).toBeTruthy();
    expect(
      waits.getByText(/^Waits for the VPN: wiki.harbour.example does not answer/),
    ).toBeTruthy();
    expect(waits.getByText(/Last try: wiki.harbour.example did not answer/)).toBeTruthy();
    expect(waits.getByText(/timed out after 10 s/)).toBeTruthy();
    expect(within(job("Checkout incident, 11 November")).getByText("Publishing 3/5")).toBeTruthy();
    expect(within(job("Partner onboarding")).getByText("Published, PDF missing")).toBeTruthy();
    expect(within(job("Partner onboarding")).getByText(/1 attempt/)).toBeTruthy();
  });

  it("counts down to the next try", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
    try {
      await openOutbox(queued.waiting(Date.now()));
      expect(within(job("Q4 team health check")).getByText(/next try in 0:40/)).toBeTruthy();
      vi.advanceTimersByTime(3000);
      await within(job("Q4 team health check")).findByText(/next try in 0:37/);
    } finally {
      vi.useRealTimers();
    }
  });

  it("has exactly one filled button where its author is needed, and none elsewhere", async () => {
    await openOutbox([...queued.waiting(), queued.titleTaken(), queued.parentGone()]);
    for (const row of queued.waiting()) {
      const primary = document.querySelectorAll(`#job-${row.row.operation.id} .btn-primary`);
      expect(primary.length).toBe(row.row.primary ? 1 : 0);
    }
    expect(within(job("Release 8.0")).getByRole("link", { name: /^Sign in again/ })).toHaveProperty(
      "hash",
      "#/connect/team-1/integration-1",
    );
  });

  it.each([
    ["Publish now Q4 team health check", "retry_operation", "operation-d"],
    ["Retry upload Partner onboarding", "retry_operation", "operation-b"],
    ["Cancel Q4 team health check", "cancel_operation", "operation-d"],
    ["View in Confluence Partner onboarding", "view_operation", "operation-b"],
  ])("%s", async (button, command, operationId) => {
    const backend = await openOutbox();
    await userEvent.click(screen.getByRole("button", { name: button }));
    await waitFor(() => expect(called(backend, command)).toEqual([{ operationId }]));
    if (command !== "view_operation") await screen.findByText(/^4 in all/);
  });

  it("offers to discard what cannot be read, and nothing else", async () => {
    const backend = await openOutbox();
    backend.state.unreadable = [
      {
        operationId: "operation-u",
        title: "Sprint 40 - Retrospective",
        queuedAt: "2026-11-19T10:30:00Z",
        error: problem("internal", {
          message: "This entry of the Outbox cannot be read",
          details: "unknown state",
        }),
      },
    ];
    tell({ type: "outboxChanged" });
    const [heading] = await screen.findAllByRole("heading", { name: "Sprint 40 - Retrospective" });
    const entry = within(heading?.closest("li") as HTMLElement);
    expect(entry.getByText("This entry of the Outbox cannot be read")).toBeTruthy();
    await expectNoFindings();
    const [discard] = entry.getAllByRole("button", { name: /^Discard/ });
    await userEvent.click(discard as HTMLElement);
    await waitFor(() =>
      expect(called(backend, "discard_operation")).toEqual([{ operationId: "operation-u" }]),
    );
    await waitFor(() =>
      expect(screen.queryByRole("heading", { name: "Sprint 40 - Retrospective" })).toBeNull(),
    );
  });

  it("moves the focus on when its row is gone", async () => {
    await openOutbox();
    const user = userEvent.setup();
    screen.getByRole("button", { name: "Cancel Q4 team health check" }).focus();
    await user.keyboard("{Enter}");
    await waitFor(() =>
      expect(document.activeElement?.textContent?.trim()).toBe("Sign in again for Release 8.0"),
    );
  });

  it("promises nothing of what is cancelled while its answer is not known", () => {
    const words = (kind: "create" | "delete", state: "queued" | "checking") =>
      cancelledWords(
        queued.row("o", "d", "Sprint 42", 3, "checking", { operation: { kind, state } }),
      );
    expect(words("create", "queued")).toBe("Sprint 42 is cancelled. The draft is as it was.");
    expect(words("create", "checking")).toContain("stands in Published");
    expect(words("delete", "queued")).toContain("is kept");
    expect(words("delete", "checking")).not.toContain("is kept");
  });

  it("goes back to the draft with Edit", async () => {
    const backend = await openOutbox();
    await userEvent.click(screen.getByRole("button", { name: "Edit Q4 team health check" }));
    await waitFor(() => expect(location.hash).toBe("#/draft/draft-2/write"));
    expect(called(backend, "back_to_draft")).toEqual([{ operationId: "operation-d" }]);
  });

  it("pauses and resumes one connection", async () => {
    await openOutbox();
    await userEvent.click(screen.getByRole("button", { name: "Pause wiki.harbour.example" }));
    const wiki = screen.getByRole("region", { name: "wiki.harbour.example" });
    await within(wiki).findByText("Paused");
    await userEvent.click(screen.getByRole("button", { name: "Resume wiki.harbour.example" }));
    await within(wiki).findByText("Waiting for VPN");
    expect(screen.queryByText("Paused")).toBeNull();
  });

  it("retries all, and cancels all that wait after a question", async () => {
    const backend = await openOutbox();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "More for Outbox" }));
    await user.click(screen.getByRole("menuitem", { name: "Cancel all that wait…" }));
    await user.click(screen.getByRole("button", { name: "Cancel 1 summary" }));
    await waitFor(() =>
      expect(called(backend, "cancel_operations")).toEqual([{ operationIds: ["operation-d"] }]),
    );
    await screen.findByText("4 in all, 3 need you");
    await user.click(screen.getByRole("button", { name: "More for Outbox" }));
    await user.click(screen.getByRole("menuitem", { name: "Retry all now" }));
    await screen.findByText("1 in all");
  });

  it("shows what could not be done, and stays", async () => {
    const backend = await openOutbox();
    backend.failNext("cancel_operation", problem("storage", { message: "The disk is full" }));
    await userEvent.click(screen.getByRole("button", { name: "Cancel Q4 team health check" }));
    await screen.findByText("The disk is full");
    expect(job("Q4 team health check")).toBeTruthy();
  });

  it("follows what happens meanwhile", async () => {
    const backend = await openOutbox();
    backend.state.outbox = backend.state.outbox.filter(
      (it) => it.row.operation.id !== "operation-a",
    );
    tell({ type: "operationChanged", operationId: "operation-a", draftId: "draft-3" });
    await screen.findByText("4 in all, 3 need you");
  });

  it("says that nothing is queued, and offers a connection where there is none", async () => {
    await openOutbox([]);
    expect(screen.getAllByText(/^Nothing queued\./)).toHaveLength(2);
    expect(screen.getByRole("link", { name: "Go to Summaries" })).toBeTruthy();
    await expectNoFindings();
  });

  it("offers a connection where the team has none", async () => {
    await openApp("/outbox", { ...seed([]), integrations: [] });
    expect(await screen.findByRole("link", { name: "CONNECT" })).toHaveProperty(
      "hash",
      "#/connect/team-1",
    );
    expect(screen.queryByRole("button", { name: /^Connections/ })).toBeNull();
  });

  it("is reached by Ctrl+2", async () => {
    await openApp("/summaries", seed());
    await userEvent.keyboard("{Control>}2{/Control}");
    await waitFor(() =>
      expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Outbox"),
    );
  });
});

describe("a conflict", () => {
  async function openConflict() {
    const backend = await openOutbox();
    await userEvent.click(screen.getByRole("button", { name: "Resolve… Sprint 40" }));
    const dialog = within(
      await screen.findByRole("dialog", {
        name: "Sprint 40 - Retrospective was edited in Confluence",
      }),
    );
    await dialog.findByRole("radio", { name: /^Keep theirs/ });
    return { backend, dialog };
  }

  it("shows both versions side by side, with what only one of them has", async () => {
    const { dialog } = await openConflict();
    const theirs = within(dialog.getByRole("region", { name: "In Confluence" }));
    expect(
      theirs.getByText("Ask the database team about masking, by 30 Oct").closest("li")?.textContent,
    ).toContain("Only in Confluence");
    const ours = within(dialog.getByRole("region", { name: "Yours" }));
    expect(ours.getByText(/owner Tomás Rivera/).closest("li")?.textContent).toContain(
      "Only in yours",
    );
    expect(ours.getByText("Rotate the sandbox card keys").closest("li")?.textContent).not.toContain(
      "Only",
    );
    await expectNoFindings();
  });

  it.each([
    ["Keep theirs", "Keep theirs", { type: "keep" }],
    ["Overwrite with mine", "Overwrite with mine", { type: "overwrite" }],
    [
      "Publish as a new page",
      "Publish as a new page",
      { type: "newPage", title: "Sprint 40 - Retrospective (2)" },
    ],
  ])("%s", async (choice, verb, resolution) => {
    const { backend, dialog } = await openConflict();
    await userEvent.click(dialog.getByRole("radio", { name: new RegExp(`^${choice}`) }));
    await userEvent.click(dialog.getByRole("button", { name: verb }));
    await waitFor(() =>
      expect(called(backend, "resolve_operation")).toEqual([
        { operationId: "operation-c", resolution },
      ]),
    );
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("does not publish a new page under the title that is there", async () => {
    const { backend, dialog } = await openConflict();
    await userEvent.click(dialog.getByRole("radio", { name: /^Publish as a new page/ }));
    const title = dialog.getByRole("textbox", { name: "Page title" });
    await userEvent.clear(title);
    await userEvent.type(title, "SPRINT 40 - retrospective");
    await userEvent.click(dialog.getByRole("button", { name: "Publish as a new page" }));
    await dialog.findByText(/Enter another one/);
    expect(called(backend, "resolve_operation")).toEqual([]);
  });

  it("offers no overwriting where the page lost its mark", async () => {
    const backend = await openOutbox();
    backend.override("conflict_details", ({ operationId }) => ({
      ...queued.conflict(operationId),
      mayOverwrite: false,
    }));
    await userEvent.click(screen.getByRole("button", { name: "Resolve… Sprint 40" }));
    await screen.findByText(/It cannot be overwritten/);
    expect(screen.queryByRole("radio", { name: /^Overwrite/ })).toBeNull();
  });

  it("opens the page, and waits where it is put off", async () => {
    const { backend, dialog } = await openConflict();
    await userEvent.click(dialog.getByRole("button", { name: "View in Confluence" }));
    await waitFor(() => expect(called(backend, "view_operation")).toHaveLength(1));
    await userEvent.click(dialog.getByRole("button", { name: "Decide later" }));
    await waitFor(() =>
      expect(document.activeElement?.textContent?.trim()).toBe("Resolve… Sprint 40"),
    );
    expect(called(backend, "resolve_operation")).toEqual([]);
  });
});

describe("what is refused", () => {
  it("a title that is taken gets another one", async () => {
    const backend = await openOutbox([queued.titleTaken()]);
    await userEvent.click(screen.getByRole("button", { name: "Change the title… Sprint 42" }));
    const title = await screen.findByRole("textbox", { name: "Page title" });
    expect(title).toHaveProperty("value", "Sprint 42 - Retrospective (2)");
    await expectNoFindings();
    await userEvent.click(screen.getByRole("button", { name: "Publish under this title" }));
    await waitFor(() =>
      expect(called(backend, "resolve_operation")).toEqual([
        {
          operationId: "operation-t",
          resolution: { type: "rename", title: "Sprint 42 - Retrospective (2)" },
        },
      ]),
    );
    await screen.findByText("Nothing is queued");
  });

  it("a parent that is gone gives way to another one", async () => {
    const backend = await openOutbox([queued.parentGone()]);
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Choose another parent page… Sprint 42" }));
    await user.click(await screen.findByRole("radio", { name: "Existing page" }));
    const publish = screen.getByRole("button", { name: "Publish below this page" });
    await user.click(publish);
    await screen.findByText("Choose a page.");
    await user.type(screen.getByRole("searchbox"), "a");
    const found = within(await screen.findByRole("list", { name: "Pages found" })).getAllByRole(
      "radio",
    );
    await user.click(found[0] as HTMLElement);
    await expectNoFindings();
    await user.click(publish);
    await waitFor(() =>
      expect(called(backend, "resolve_operation")[0]).toMatchObject({
        operationId: "operation-p",
        resolution: { type: "move", parent: { type: "existing" } },
      }),
    );
    await waitFor(() => expect(called(backend, "leave_connection")).toHaveLength(1));
  });
});

describe("the connection chip", () => {
  const chip = (name: string | RegExp) => screen.findByRole("button", { name });

  it.each<[string, Partial<State>, RegExp]>([
    ["online", { outbox: [], reaches: {} }, /^Connections: Online 2 of 2 reachable$/],
    [
      "offline",
      {
        outbox: [],
        reaches: {
          "integration-2": {
            type: "offline",
            since: "2026-11-19T10:42:00Z",
            message: "No network",
          },
        },
      },
      /^Connections: Offline Drafts are kept here$/,
    ],
    ["waiting for the VPN", {}, /^Connections: Waiting for VPN wiki.harbour.example, 2 queued$/],
    ["queued", { reaches: {} }, /^Connections: 2 queued/],
  ])("is %s", async (_, more, name) => {
    await openApp("/summaries", { ...seed(), ...more });
    await chip(name);
  });

  it("explains each connection, and asks at once", async () => {
    const backend = await openApp("/summaries", seed());
    await userEvent.click(await chip(/^Connections/));
    const dialog = within(await screen.findByRole("dialog", { name: "Connections" }));
    expect(dialog.getByText(/the VPN is probably off.*Asked again in/s)).toBeTruthy();
    await expectNoFindings();
    backend.state.reaches = {};
    await userEvent.click(dialog.getByRole("button", { name: "Try now" }));
    await dialog.findByText(/^wiki.harbour.example answered/);
    expect(called(backend, "check_outbox")).toEqual([{ teamId: "team-1" }]);
    await userEvent.click(dialog.getByRole("button", { name: "Open Outbox" }));
    await waitFor(() => expect(location.hash).toBe("#/outbox"));
  });
});

describe("comparing two versions", () => {
  const own = (lines: { text: string; own: boolean }[]) =>
    lines.filter((it) => it.own).map((it) => it.text);

  it("finds what only one of them has, in order", () => {
    const found = compare(["a", "b", "c", "a"], ["a", "x", "c"]);
    expect(own(found.theirs)).toEqual(["b", "a"]);
    expect(own(found.ours)).toEqual(["x"]);
  });

  it("leaves out long runs of the same", () => {
    const lines = Array.from({ length: 20 }, (_, at) => ({ text: `${at}`, own: at === 10 }));
    expect(fold(lines).map((it) => ("skipped" in it ? it.skipped : it.text))).toEqual([
      8,
      "8",
      "9",
      "10",
      "11",
      "12",
      7,
    ]);
  });
});
