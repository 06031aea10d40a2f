import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { wellFormed } from "../src/screens/import/reading";
import { toasts } from "../src/state/announce.svelte";
import { expectNoFindings, openApp } from "./app";
import { type Backend, problem } from "./backend";
import { retrospective } from "./samples";

// Whole screens, with axe on each: slow where the machine is busy.
vi.setConfig({ testTimeout: 30_000 });

const calls = (backend: Backend, name: string) =>
  backend.calls.filter((it) => it.name === name).map((it) => it.args);
const notes = () => screen.getByLabelText("Or paste your notes");

async function previewed() {
  const backend = await openApp("/import");
  const user = userEvent.setup({ delay: null });
  await user.type(notes(), "# Sprint 41");
  await user.click(screen.getByRole("button", { name: "Read the notes" }));
  await screen.findByRole("heading", { name: "2 summaries found" });
  return { backend, user };
}

it("reads pasted notes, shows what was understood, and makes the drafts", async () => {
  const { backend, user } = await previewed();
  expect(calls(backend, "read_import_text")).toEqual([{ text: "# Sprint 41" }]);
  await expectNoFindings();
  screen.getByText("(Ben joined late)");
  screen.getByText("Line 9");
  expect(
    screen
      .getByRole("button", { name: "What was understood of Sprint 41" })
      .getAttribute("aria-expanded"),
  ).toBe("true");
  expect(
    screen
      .getByRole("button", { name: "What was understood of Sprint 40" })
      .getAttribute("aria-expanded"),
  ).toBe("false");
  await user.click(screen.getByRole("button", { name: "Import 2 drafts" }));
  await waitFor(() => expect(location.hash).toBe("#/summaries"));
  expect(toasts.at(-1)?.text).toBe("2 drafts imported");
});

it("leaves a section out, and opens the only draft that was made", async () => {
  const { backend, user } = await previewed();
  await user.click(screen.getByRole("checkbox", { name: "Import Sprint 41" }));
  await user.click(screen.getByRole("button", { name: "Import 1 draft" }));
  await waitFor(() => expect(location.hash).toMatch(/^#\/draft\/.+\/write$/));
  expect(calls(backend, "run_import")).toMatchObject([
    { teamId: "team-1", options: { leftOut: [0] } },
  ]);
});

it("reads again with a corrected heading and date order", async () => {
  const { backend, user } = await previewed();
  await user.selectOptions(screen.getByLabelText("“Actions” is"), "Agreements");
  await waitFor(() => expect(calls(backend, "preview_import")).toHaveLength(2));
  await user.selectOptions(screen.getByLabelText("Dates are written"), "Month, day, year");
  await waitFor(() => expect(calls(backend, "preview_import")).toHaveLength(3));
  expect(calls(backend, "preview_import").at(-1)).toMatchObject({
    options: {
      dateOrder: "monthDayYear",
      roles: [{ headingId: "actions", role: "agreements" }],
    },
  });
  screen.getByText(/“05\/11\/2026” is read as 5 Nov 2026/);
});

it("keeps the pasted notes when they cannot be read, and on the way back", async () => {
  const backend = await openApp("/import");
  const user = userEvent.setup({ delay: null });
  await user.clear(notes());
  await user.click(screen.getByRole("button", { name: "Read the notes" }));
  await screen.findByText("There is nothing to read yet");
  await user.type(notes(), "some notes");
  backend.failNext("read_import_text", problem("notText", { message: "This is no text" }));
  await user.click(screen.getByRole("button", { name: "Read the notes" }));
  await screen.findByText("This is no text");
  expect(notes()).toHaveProperty("value", "some notes");
  await expectNoFindings();
  await user.click(screen.getByRole("button", { name: "Read the notes" }));
  await user.click(await screen.findByRole("button", { name: "Other notes" }));
  expect(notes()).toHaveProperty("value", "some notes");
});

it("reads a file that was chosen or dropped", async () => {
  const backend = await openApp("/import");
  const user = userEvent.setup({ delay: null });
  const file = new File(["# Notes"], "notes.md", { type: "text/markdown" });
  await user.upload(screen.getByLabelText("Choose a file"), file);
  await screen.findByRole("heading", { name: "2 summaries found" });
  expect(calls(backend, "read_import_file")).toEqual([
    { name: "notes.md", base64: btoa("# Notes") },
  ]);
  await user.click(screen.getByRole("button", { name: "Other notes" }));
  const body = document.querySelector(".body") as HTMLElement;
  await fireEvent.drop(body, { dataTransfer: { files: [file] } });
  await screen.findByRole("heading", { name: "2 summaries found" });
  expect(calls(backend, "read_import_file")).toHaveLength(2);
});

it("refuses a file over 10 MB before it reads it", async () => {
  const backend = await openApp("/import");
  const user = userEvent.setup({ delay: null });
  const file = new File(["x"], "all.md");
  Object.defineProperty(file, "size", { value: 50_000_000 });
  await user.upload(screen.getByLabelText("Choose a file"), file);
  await screen.findByText("These notes are too large: 50.0 MB");
  expect(calls(backend, "read_import_file")).toEqual([]);
});

it("draws hundreds of sections bit by bit, and expands all", async () => {
  const backend = await openApp("/import");
  const user = userEvent.setup({ delay: null });
  backend.override("preview_import", () => ({
    dateOrder: "yearMonthDay",
    dateOrderInDoubt: false,
    dateExample: null,
    sections: Array.from({ length: 300 }, (_, index) => ({
      index,
      line: index * 10 + 1,
      leftOut: false,
      summary: retrospective(`Sprint ${index + 1}`, "2026-01-01"),
      headings: [],
      unplaced: [],
    })),
  }));
  await user.type(notes(), "x");
  await user.click(screen.getByRole("button", { name: "Read the notes" }));
  const list = await screen.findByRole("list", { name: "Summaries found" });
  const cards = () => within(list).getAllByRole("checkbox").length;
  expect(cards()).toBe(40);
  await user.click(screen.getByRole("button", { name: "Show 40 more" }));
  expect(cards()).toBe(80);
  screen.getByRole("button", { name: "Import 300 drafts" });
  await user.click(screen.getByRole("button", { name: "Expand all" }));
  expect(within(list).getAllByRole("heading", { level: 4, name: "Agreements" })).toHaveLength(80);
});

it("makes half characters whole ones", () => {
  expect(wellFormed("a\uD83D\uDE00b\uD83Dc\uDE00")).toBe("a\u{1F600}b\uFFFDc\uFFFD");
});
