import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { tell } from "../src/api/events";
import { sinceOf } from "../src/screens/published/words";
import { toasts } from "../src/state/announce.svelte";
import { expectNoFindings, openApp } from "./app";
import { type Backend, problem, samples } from "./backend";

// Whole screens, with axe on each: slow where the machine is busy.
vi.setConfig({ testTimeout: 30_000 });

const calls = (backend: Backend, name: string) =>
  backend.calls.filter((it) => it.name === name).map((it) => it.args);
const titles = () =>
  screen
    .queryAllByRole("rowheader")
    .map((it) => it.textContent?.trim().replace(/^(Retrospective|Health check): /, ""));

async function opened(path = "/published") {
  const backend = await openApp(path);
  await screen.findByRole("table");
  return { backend, user: userEvent.setup({ delay: null }) };
}

it("lists the history, newest meeting first, and sorts it", async () => {
  const { user } = await opened();
  expect(titles()[0]).toBe("Sprint 41 - Retrospective");
  await expectNoFindings();
  await user.click(screen.getByRole("button", { name: "Page" }));
  await waitFor(() => expect(titles()[0]).toBe("2026-09-23 - Health Check"));
  expect(screen.getByRole("columnheader", { name: "Page" }).getAttribute("aria-sort")).toBe(
    "ascending",
  );
});

it("searches as one types and filters; says when nothing is left", async () => {
  const { backend, user } = await opened();
  await user.type(screen.getByRole("searchbox"), "sprint 4");
  await waitFor(() => expect(titles()).toEqual(["Sprint 41 - Retrospective"]));
  await user.clear(screen.getByRole("searchbox"));
  await user.selectOptions(screen.getByLabelText("Status"), "PDF missing");
  await waitFor(() => expect(titles()).toEqual(["Partner onboarding - Retrospective"]));
  await user.selectOptions(screen.getByLabelText("Kind"), "Health checks");
  await screen.findByText("Nothing published matches these filters.");
  expect(calls(backend, "list_publications").at(-1)).toMatchObject({
    query: { teamId: "team-1", kind: "healthCheck", status: "pdfMissing", spaceKey: null },
  });
  await user.click(screen.getByRole("button", { name: "Show all" }));
  await waitFor(() => expect(titles()).toHaveLength(6));
});

it("shows the page before when the rows of the last one are gone", async () => {
  const [one] = samples().publications ?? [];
  if (!one) throw new Error("no sample");
  const publications = Array.from({ length: 401 }, (_, at) => ({
    ...one,
    row: { ...one.row, id: `publication-${at}`, title: `Number ${at}`, date: "2026-01-01" },
  }));
  const backend = await openApp("/published", { ...samples(), publications });
  const user = userEvent.setup({ delay: null });
  await screen.findByText("1 to 200 of 401");
  const next = screen.getByRole("button", { name: "Next page of the list" });
  await user.click(next);
  await user.click(next);
  await screen.findByText("401 to 401 of 401");
  backend.state.publications = publications.slice(0, 400);
  tell({ type: "draftsChanged", teamId: "team-1" });
  await screen.findByText("201 to 400 of 400");
  backend.state.publications = publications.slice(0, 3);
  tell({ type: "draftsChanged", teamId: "team-1" });
  await waitFor(() => expect(titles()).toHaveLength(3));
  expect(screen.queryByRole("button", { name: "Next page of the list" })).toBeNull();
});

it("starts at the first page when Escape takes the search back", async () => {
  const [one] = samples().publications ?? [];
  if (!one) throw new Error("no sample");
  const publications = Array.from({ length: 401 }, (_, at) => ({
    ...one,
    row: { ...one.row, id: `publication-${at}`, title: `Number ${at}`, date: "2026-01-01" },
  }));
  await openApp("/published", { ...samples(), publications });
  const user = userEvent.setup({ delay: null });
  await screen.findByText("1 to 200 of 401");
  await user.type(screen.getByRole("searchbox"), "number");
  await user.click(screen.getByRole("button", { name: "Next page of the list" }));
  await screen.findByText("201 to 400 of 401");
  await user.type(screen.getByRole("searchbox"), "{Escape}");
  await screen.findByText("1 to 200 of 401");
});

it("counts a period back from today", () => {
  expect(sinceOf("all", new Date(2026, 4, 31))).toBeNull();
  expect(sinceOf("quarter", new Date(2026, 4, 31))).toBe("2026-02-28");
  expect(sinceOf("half", new Date(2026, 2, 5))).toBe("2025-09-05");
  expect(sinceOf("year", new Date(2026, 10, 19))).toBe("2025-11-19");
});

it("shows the details of a row, by keyboard alone, and gives the focus back", async () => {
  const { user } = await opened();
  const first = screen.getByRole("link", { name: /Sprint 41/ });
  first.focus();
  await user.keyboard("{ArrowDown}");
  expect(document.activeElement).toBe(screen.getByRole("link", { name: /October pulse/ }));
  await user.keyboard(" ");
  const details = await screen.findByRole("complementary", { name: "Details" });
  await within(details).findByRole("heading", { name: "October pulse - Health Check" });
  within(details).getByText("RP-5E07C2");
  expect(within(details).getAllByRole("listitem")).toHaveLength(2);
  await waitFor(() =>
    expect(document.activeElement).toBe(
      within(details).getByRole("button", { name: "Close details" }),
    ),
  );
  await expectNoFindings();
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("complementary")).toBeNull());
  expect(document.activeElement).toBe(screen.getByRole("link", { name: /October pulse/ }));
});

it("tells what became of the page in Confluence, and asks again when it could not be asked", async () => {
  const { backend, user } = await opened();
  backend.failNext(
    "look_at_publication",
    problem("gone", { message: "wiki.example.com was not found" }),
  );
  await user.click(screen.getByRole("link", { name: /Sprint 41/ }));
  const details = await screen.findByRole("complementary", { name: "Details" });
  await within(details).findByText(/wiki.example.com was not found/);
  await user.click(within(details).getByRole("button", { name: "Ask again" }));
  await within(details).findByText("In Confluence as it was published");
  backend.override("look_at_publication", () => ({
    standing: "archived",
    renamedTo: "Sprint 41, corrected",
    otherSpace: true,
    movedBelow: "Archive",
    changedTo: 4,
    changedBy: "Robin",
    changedAt: "2026-11-20T10:00:00Z",
  }));
  await user.click(screen.getByRole("link", { name: /October pulse/ }));
  await within(details).findByText("The page was archived.");
  within(details).getByText(/renamed to “Sprint 41, corrected”/);
  within(details).getByText("It was moved to another space.");
  within(details).getByText(/moved below “Archive”/);
  within(details).getByText(/changed by Robin.*version 4 there/);
  await expectNoFindings();
});

it("views the page, and says when that fails", async () => {
  const { backend, user } = await opened();
  const view = screen.getByRole("button", { name: "View Sprint 41 - Retrospective in Confluence" });
  await user.click(view);
  expect(calls(backend, "view_publication")).toEqual([{ publicationId: "publication-draft-4" }]);
  backend.failNext("view_publication", problem("gone", { message: "No browser was found" }));
  await user.click(view);
  await screen.findByText("No browser was found");
});

it("says what Delete does; the focus is on the safe choice; the entry stays as deleted", async () => {
  const { backend, user } = await opened("/published/publication-draft-4");
  await user.click(await screen.findByRole("button", { name: "Delete…" }));
  const dialog = await screen.findByRole("alertdialog", {
    name: "Delete “Sprint 41 - Retrospective” from Confluence?",
  });
  expect(document.activeElement).toBe(
    within(dialog).getByRole("button", { name: "Keep the page" }),
  );
  within(dialog).getByText(/go to the trash of Payments Platform \(PAY\)/);
  await expectNoFindings();
  await user.keyboard("{Enter}");
  expect(calls(backend, "delete_publication")).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Delete…" }));
  await user.click(await screen.findByRole("button", { name: "Delete page" }));
  await waitFor(() => expect(screen.getAllByText("Deleted").length).toBeGreaterThan(1));
  expect(toasts.at(-1)?.text).toBe("Sprint 41 - Retrospective deleted");
  expect(titles()).toContain("Sprint 41 - Retrospective");
  expect(screen.queryByRole("button", { name: "Delete…" })).toBeNull();
});

it("republishes after a question that says the version", async () => {
  const { backend, user } = await opened("/published/publication-draft-4");
  await user.click(await screen.findByRole("button", { name: "Republish…" }));
  await screen.findByText(/The same page gets version 3/);
  await user.click(screen.getByRole("button", { name: "Republish" }));
  await waitFor(() => expect(calls(backend, "republish")).toHaveLength(1));
  expect(toasts.at(-1)?.text).toBe("Sprint 41 - Retrospective republished");
});

it("says why an entry can be neither deleted nor republished", async () => {
  const seed = samples();
  for (const it of seed.publications ?? []) it.connected = false;
  const backend = await openApp("/published/publication-draft-4", seed);
  const user = userEvent.setup({ delay: null });
  const remove = await screen.findByRole("button", { name: "Delete…" });
  expect(remove.getAttribute("aria-disabled")).toBe("true");
  screen.getByText("The connection it was published with is no longer there.");
  await user.click(remove);
  expect(screen.queryByRole("alertdialog")).toBeNull();
  expect(calls(backend, "delete_publication")).toEqual([]);
});

it("shows why a deletion stopped, with a way on", async () => {
  const { backend, user } = await opened("/published/publication-draft-4");
  backend.failNext(
    "delete_publication",
    problem("notPermitted", { message: "svc-retropress may not delete this page" }),
  );
  await user.click(await screen.findByRole("button", { name: "Delete…" }));
  await user.click(await screen.findByRole("button", { name: "Delete page" }));
  await screen.findByText("svc-retropress may not delete this page");
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(calls(backend, "delete_publication")).toHaveLength(2));
});
