import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Operation } from "../src/api/bindings/Operation";
import { tell } from "../src/api/events";
import { expectNoFindings, openApp } from "./app";
import { type Backend, problem, samples } from "./backend";
import * as queued from "./outbox-samples";
import * as sample from "./samples";

const drafts = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    sample.draft(
      `many-${at}`,
      sample.retrospective(`Sprint ${at + 1}`, `2026-01-${String((at % 28) + 1).padStart(2, "0")}`),
    ),
  );

async function openMany(count: number) {
  const [cloud] = sample.integrations().slice(1);
  const backend = await openApp("/summaries", {
    ...samples(),
    drafts: drafts(count),
    integrations: cloud ? [cloud] : [],
  });
  await screen.findByRole("table");
  return backend;
}

/** Publishes stay queued until they are let go on. */
function hold(backend: Backend) {
  const held: Operation[] = [];
  backend.override("publish_many", ({ draftIds }) =>
    (draftIds as string[]).map((draftId) => {
      const it = queued.row(`operation of ${draftId}`, draftId, draftId, 1, "waiting").operation;
      held.push(it);
      backend.state.operations.push(it);
      return { draftId, operation: it, error: null };
    }),
  );
  const end = (it: Operation, state: Operation["state"]) => {
    const known = backend.state.operations.find((other) => other.id === it.id);
    if (known) known.state = state;
    tell({ type: "operationChanged", operationId: it.id, draftId: it.draftId });
  };
  return { held, end };
}

const selectAll = () => userEvent.click(screen.getByRole("checkbox", { name: "Select all" }));
const bar = () => screen.findByRole("region", { name: "Selected summaries" });

describe("selecting summaries", () => {
  it("works with checkboxes, and says how many can be published", async () => {
    await openApp();
    await userEvent.click(await screen.findByRole("checkbox", { name: "Select Sprint 42" }));
    await userEvent.click(screen.getByRole("checkbox", { name: "Select Sprint 39" }));
    const selected = within(await bar());
    expect(selected.getByText("2 selected")).toBeTruthy();
    // Sprint 39 is published as it is.
    expect(selected.getByRole("button", { name: "Publish 1 summary…" })).toBeTruthy();
    await expectNoFindings();
    await userEvent.click(selected.getByRole("button", { name: "Clear" }));
    expect(screen.queryByRole("region", { name: "Selected summaries" })).toBeNull();
  });

  it("leaves out a summary that is deleted", async () => {
    await openMany(3);
    const user = userEvent.setup();
    screen.getAllByRole("link", { name: /^Retrospective: / })[0]?.focus();
    await user.keyboard("{Shift>}{ArrowDown}{/Shift}");
    expect(within(await bar()).getByText("2 selected")).toBeTruthy();
    await user.keyboard("{Delete}");
    expect(await within(await bar()).findByText("1 selected")).toBeTruthy();
  });

  it("works by keyboard: Shift and arrows, Shift Space, Ctrl+A, Escape", async () => {
    await openMany(6);
    const user = userEvent.setup();
    screen.getAllByRole("link", { name: /^Retrospective: / })[0]?.focus();
    await user.keyboard("{Shift>}{ArrowDown}{ArrowDown}{/Shift}");
    expect(within(await bar()).getByText("3 selected")).toBeTruthy();
    await user.keyboard("{Shift>} {/Shift}");
    expect(within(await bar()).getByText("2 selected")).toBeTruthy();
    await user.keyboard("{Control>}a{/Control}");
    expect(await within(await bar()).findByText("6 selected")).toBeTruthy();
    await user.keyboard("{Escape}");
    await waitFor(() =>
      expect(screen.queryByRole("region", { name: "Selected summaries" })).toBeNull(),
    );
  });

  it("takes all pages of a long list", async () => {
    await openMany(450);
    await selectAll();
    const selected = within(await bar());
    await selected.findByText("450 selected");
    expect(selected.getByRole("button", { name: "Publish 450 summaries…" })).toBeTruthy();
  });
});

describe("publishing many", () => {
  async function begin(count: number) {
    const backend = await openMany(count);
    const all = hold(backend);
    await selectAll();
    await userEvent.click(within(await bar()).getByRole("button", { name: /^Publish/ }));
    await screen.findByText(/^To harbour-example.atlassian.net/);
    await userEvent.click(
      within(screen.getByRole("dialog")).getByRole("button", { name: /^Publish/ }),
    );
    await waitFor(() => expect(all.held).toHaveLength(count));
    return { backend, ...all };
  }

  it("leaves out what cannot be published, and says why", async () => {
    const backend = await openApp();
    await screen.findByRole("table");
    await selectAll();
    await userEvent.click(
      within(await bar()).getByRole("button", { name: "Publish 3 summaries…" }),
    );
    const dialog = within(await screen.findByRole("dialog", { name: "Publish 3 summaries" }));
    const left = within(dialog.getByRole("region", { name: "8 are left out" }));
    expect(left.getByText("Sprint 40").textContent).toContain("needs you in the Outbox first");
    expect(left.getByText("Sprint 39").textContent).toContain("is published as it is");
    await dialog.findByRole("combobox", { name: "Connection" });
    await expectNoFindings();
    await userEvent.click(dialog.getByRole("button", { name: "Publish 3 summaries" }));
    await screen.findByRole("heading", { name: "3 of 3 published" });
    const asked = backend.calls
      .filter((it) => it.name === "publish_many")
      .flatMap((it) => it.args.draftIds);
    expect(new Set(asked)).toEqual(new Set(["draft-1", "draft-2", "draft-4"]));
  });

  it("says why where none of them can be", async () => {
    await openApp();
    await userEvent.click(await screen.findByRole("checkbox", { name: "Select Sprint 39" }));
    await userEvent.click(within(await bar()).getByRole("button", { name: "See why…" }));
    const dialog = within(
      await screen.findByRole("dialog", { name: "None of them can be published" }),
    );
    expect(dialog.getByText("Sprint 39").textContent).toContain("is published as it is");
    expect(dialog.queryByRole("button", { name: /^Publish/ })).toBeNull();
    await expectNoFindings();
    await userEvent.click(dialog.getAllByRole("button", { name: "Close" }).at(-1) as HTMLElement);
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("shows one bar and the state of each of a hundred", async () => {
    const { held, end } = await begin(100);
    const dialog = within(screen.getByRole("dialog", { name: "Publishing 100 summaries" }));
    const progress = dialog.getByRole("progressbar");
    expect(progress).toHaveProperty("max", 100);
    expect(progress).toHaveProperty("value", 0);
    for (const it of held.slice(0, 60)) end(it, "done");
    end(held[60] as Operation, "needsAttention");
    await waitFor(() => expect(progress).toHaveProperty("value", 61));
    expect(dialog.getByText("60 published, 1 need you, 39 on their way")).toBeTruthy();
    expect(dialog.getAllByText("Published")).toHaveLength(60);
    expect(dialog.getAllByText("Queued")).toHaveLength(39);
    await expectNoFindings();
    for (const it of held.slice(61)) end(it, "done");
    await screen.findByRole("heading", { name: "99 of 100 published" });
    await userEvent.click(dialog.getByRole("button", { name: "Done" }));
    expect(screen.queryByRole("region", { name: "Selected summaries" })).toBeNull();
  });

  it("cancels the rest, and keeps what is published", async () => {
    const { backend, held, end } = await begin(12);
    for (const it of held.slice(0, 4)) end(it, "done");
    const dialog = within(screen.getByRole("dialog"));
    await dialog.findByText(/^4 published/);
    await userEvent.click(dialog.getByRole("button", { name: "Cancel the rest" }));
    await screen.findByRole("heading", { name: "4 of 12 published" });
    expect(dialog.getAllByText("Cancelled")).toHaveLength(8);
    const cancelled = backend.calls.find((it) => it.name === "cancel_operations");
    expect(cancelled?.args.operationIds).toHaveLength(8);
  });

  it("says of each that was refused why, and goes on with the others", async () => {
    const backend = await openMany(2);
    backend.override("publish_many", ({ draftIds }) =>
      (draftIds as string[]).map((draftId) => ({
        draftId,
        operation: null,
        error: problem("invalid", { message: "The title is too long", hint: "Shorten it." }),
      })),
    );
    await selectAll();
    await userEvent.click(within(await bar()).getByRole("button", { name: /^Publish/ }));
    await screen.findByText(/^To harbour-example.atlassian.net/);
    await userEvent.click(
      within(screen.getByRole("dialog")).getByRole("button", { name: /^Publish/ }),
    );
    expect(await screen.findAllByText("The title is too long. Shorten it.")).toHaveLength(2);
    expect(screen.getAllByText("Not queued")).toHaveLength(2);
  });
});

describe("what is queued", () => {
  const offline = () => ({
    ...samples(),
    drafts: [
      sample.draft("draft-2", sample.healthCheck("Q4 team health check", "2026-11-18"), {
        type: "queued",
      }),
    ],
    outbox: queued.waiting().filter((it) => it.row.operation.id === "operation-d"),
    reaches: queued.reaches(),
  });

  it("says in the list what it waits for", async () => {
    await openApp("/summaries", offline());
    await screen.findByText(/^Waits for the VPN: wiki.harbour.example/);
  });

  it("says so on the Share screen, and offers to try now", async () => {
    const seed = offline();
    const [draft] = seed.drafts;
    if (draft) draft.operationId = "operation-d";
    const backend = await openApp("/draft/draft-2/share", seed);
    await screen.findByRole("heading", { name: "Queued" });
    await screen.findByText(/^Waits for the VPN: .* Published by itself after that/);
    expect(screen.getByRole("link", { name: "Show in the Outbox" })).toHaveProperty(
      "hash",
      "#/outbox/operation-d",
    );
    await expectNoFindings();
    await userEvent.click(screen.getByRole("button", { name: "Try now" }));
    await waitFor(() =>
      expect(backend.calls.some((it) => it.name === "retry_operation")).toBe(true),
    );
  });
});

describe("leaving with something queued", () => {
  async function leaving() {
    const backend = await openApp();
    tell({ type: "leaving", queued: 2 });
    const dialog = within(await screen.findByRole("dialog", { name: "2 summaries are queued" }));
    return { backend, dialog };
  }
  const left = (backend: Backend) =>
    backend.calls.filter((it) => it.name === "leave").map((it) => it.args);

  it.each([
    ["Keep publishing in the tray", "keepPublishing"],
    ["Quit", "quit"],
  ])("%s", async (button, leave) => {
    const { backend, dialog } = await leaving();
    await expectNoFindings();
    await userEvent.click(dialog.getByRole("button", { name: button }));
    await waitFor(() => expect(left(backend)).toEqual([{ leave }]));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("stays, and keeps no choice", async () => {
    const { backend, dialog } = await leaving();
    await userEvent.click(dialog.getByRole("button", { name: "Stay" }));
    expect(left(backend)).toEqual([]);
  });

  it("says so where there is no tray, and stays open", async () => {
    const { backend, dialog } = await leaving();
    backend.failNext("leave", problem("refused", { message: "This desktop has no tray" }));
    await userEvent.click(dialog.getByRole("button", { name: "Keep publishing in the tray" }));
    await dialog.findByText("This desktop has no tray");
    expect(dialog.getByRole("button", { name: "Quit" })).toBeTruthy();
  });

  it("opens what a notification leads to", async () => {
    await openApp("/settings/about");
    tell({ type: "open", place: "/outbox" });
    await waitFor(() => expect(location.hash).toBe("#/outbox"));
  });

  it("is set in Settings, with notifications and the start at login", async () => {
    const backend = await openApp("/settings/appearance");
    const login = await screen.findByRole("checkbox", { name: "Start at login" });
    expect(login).toHaveProperty("checked", false);
    await userEvent.click(login);
    await waitFor(() => expect(backend.atLogin).toBe(true));
    expect(login).toHaveProperty("checked", true);
    await userEvent.click(screen.getByRole("radio", { name: "Keep publishing" }));
    await userEvent.click(screen.getByRole("checkbox", { name: /^Tell me when/ }));
    await waitFor(() =>
      expect(backend.state.settings).toMatchObject({ closing: "keepPublishing", notify: false }),
    );
    await expectNoFindings();
  });
});
