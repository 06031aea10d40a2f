import { configure, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { useTransport } from "../src/api/call";
import { tell } from "../src/api/events";
import { go } from "../src/state/route.svelte";
import { expectNoFindings, openApp } from "./app";
import { type Backend, problem } from "./backend";

const title = () => screen.getByRole<HTMLInputElement>("textbox", { name: "Title" });
const saves = (backend: Backend) => backend.calls.filter((it) => it.name === "save_draft");
const stored = (backend: Backend) =>
  backend.state.drafts.find((it) => it.id === "draft-1")?.content.title;

// Whether each element can be seen takes jsdom most of the time, and is not the question here.
configure({ defaultHidden: true });

// Before the others: a draft whose saving hangs is held until it is stored, whatever screen is shown.
it("answers at once where nothing is typed", async () => {
  const backend = await openApp();
  tell({ type: "storeTyped" });
  await waitFor(() =>
    expect(backend.calls.find((it) => it.name === "typed_stored")?.args.stored).toBe(true),
  );
});

describe("an open draft", () => {
  it("says when it was saved, and saves a burst of letters once", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup({ delay: null });
    expect(document.querySelector(".saved")?.textContent).toMatch(/Saved on this computer/);
    await user.type(title(), " and more");
    await waitFor(() => expect(stored(backend)).toBe("Sprint 42 and more"));
    expect(saves(backend)).toHaveLength(1);
  });

  it("says that a draft is gone, with a way out", async () => {
    await openApp("/draft/none/write");
    await screen.findByText("This draft is no longer there");
    screen.getByRole("link", { name: "Back to Summaries" });
    await expectNoFindings();
  });

  it("keeps everything when a save fails, and saves it again on demand", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup();
    backend.failNext(
      "save_draft",
      problem("diskFull", { message: "The disk is full", hint: "Free some space." }),
    );
    await user.type(title(), "!");
    await screen.findByText("The disk is full");
    expect(title().value).toBe("Sprint 42!");
    expect(document.querySelector(".saved")?.textContent).toMatch(/Not saved/);
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(stored(backend)).toBe("Sprint 42!"));
    await waitFor(() => expect(screen.queryByText("The disk is full")).toBeNull());
  });

  it("is not left while it cannot be saved, unless its author says so", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup();
    const full = problem("diskFull", { message: "The disk is full" });
    for (let times = 0; times < 9; times++) backend.failNext("save_draft", full);
    await user.type(title(), "!");
    go("/summaries");
    const leave = await screen.findByRole("button", { name: "Leave without saving" });
    expect(location.hash).toBe("#/draft/draft-1/write");
    expect(title().value).toBe("Sprint 42!");
    await user.click(leave);
    await screen.findByRole("heading", { level: 1, name: "Summaries" });
  });

  it("is saved at once when the screen is left", async () => {
    const backend = await openApp("/draft/draft-1/write");
    await userEvent.type(title(), "!");
    go("/summaries");
    await screen.findByRole("heading", { level: 1, name: "Summaries" });
    expect(stored(backend)).toBe("Sprint 42!");
  });

  it("is saved at once when the window is hidden", async () => {
    const backend = await openApp("/draft/draft-1/write");
    await userEvent.type(title(), "!");
    // No clock runs any more: what is saved now does not wait for a pause in typing.
    vi.useFakeTimers();
    window.dispatchEvent(new Event("blur"));
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    const saved = saves(backend);
    vi.useRealTimers();
    expect(saved).toHaveLength(1);
  });

  it("lets its author choose when it was saved somewhere else", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup();
    const other = backend.state.drafts.find((it) => it.id === "draft-1");
    if (!other) throw new Error("no draft");
    other.revision += 1;
    other.content.title = "Theirs";
    await user.type(title(), "!");
    await screen.findByText("This draft was saved somewhere else meanwhile");
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Read the saved one" }));
    await waitFor(() => expect(title().value).toBe("Theirs"));
    // Mine is one undo away, and is saved on top of theirs.
    await user.keyboard("{Control>}z{/Control}");
    await waitFor(() => expect(stored(backend)).toBe("Sprint 42!"));
    other.revision += 1;
    await user.type(title(), "!");
    await user.click(await screen.findByRole("button", { name: "Keep mine" }));
    await waitFor(() => expect(stored(backend)).toBe("Sprint 42!!"));
  });

  it("undoes and redoes by menu, and says what", async () => {
    await openApp("/draft/draft-1/write");
    const user = userEvent.setup();
    await user.type(title(), "!");
    await user.click(screen.getByRole("button", { name: "More for Sprint 42!" }));
    await user.click(screen.getByRole("menuitem", { name: /^Undo/ }));
    expect(title().value).toBe("Sprint 42");
    screen.getByText("Undone: Title changed");
    await user.click(screen.getByRole("button", { name: "More for Sprint 42" }));
    await user.click(screen.getByRole("menuitem", { name: /^Redo/ }));
    expect(title().value).toBe("Sprint 42!");
  });

  it("is duplicated, and the copy is opened", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup();
    await user.type(title(), "!");
    await user.click(screen.getByRole("button", { name: "More for Sprint 42!" }));
    await user.click(screen.getByRole("menuitem", { name: "Duplicate" }));
    await waitFor(() => expect(location.hash).not.toBe("#/draft/draft-1/write"));
    expect(stored(backend)).toBe("Sprint 42!");
    expect(backend.calls.some((it) => it.name === "duplicate_draft")).toBe(true);
  });

  it("is deleted with a way back", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup();
    await user.type(title(), "!");
    await user.click(screen.getByRole("button", { name: "More for Sprint 42!" }));
    await user.click(screen.getByRole("menuitem", { name: "Delete" }));
    await screen.findByRole("heading", { level: 1, name: "Summaries" });
    expect(stored(backend)).toBeUndefined();
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(title().value).toBe("Sprint 42!"));
  });

  it("is copied as Markdown as it is now", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup();
    await user.type(title(), "!");
    await user.click(screen.getByRole("button", { name: "More for Sprint 42!" }));
    await user.click(screen.getByRole("menuitem", { name: "Copy as Markdown" }));
    await screen.findByText("Copied as Markdown", { selector: ".toast p" });
    expect(stored(backend)).toBe("Sprint 42!");
    expect(await navigator.clipboard.readText()).toContain("Sprint 42!");
  });

  it("goes to Share with what was just typed, and back, with the focus on the heading", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup();
    await user.type(title(), "!");
    await user.keyboard("{Control>}{Enter}{/Control}");
    await screen.findByRole("heading", { level: 1, name: /^Share Sprint 42!/ });
    expect(stored(backend)).toBe("Sprint 42!");
    await waitFor(() => expect(document.activeElement?.tagName).toBe("H1"));
    await user.click(screen.getByRole("link", { name: "Write" }));
    await waitFor(() => expect(title().value).toBe("Sprint 42!"));
    await waitFor(() =>
      expect(document.activeElement).toBe(
        screen.getByRole("heading", { level: 1, name: "Sprint 42!, retrospective" }),
      ),
    );
    await user.keyboard("{Control>}z{/Control}");
    expect(title().value).toBe("Sprint 42");
  });
});

describe("a draft when the app is about to end", () => {
  const answers = (backend: Backend) =>
    backend.calls.filter((it) => it.name === "typed_stored").map((it) => it.args.stored);
  const ended = (backend: Backend) => backend.calls.some((it) => it.name === "finish_leaving");

  it("is on disk before the answer, with what a field still holds", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup({ delay: null });
    await user.type(title(), "!");
    await user.type(document.getElementById("participants") as HTMLInputElement, "Zoe");
    tell({ type: "storeTyped" });
    await waitFor(() => expect(answers(backend)).toEqual([true]));
    expect(stored(backend)).toBe("Sprint 42!");
    const draft = backend.state.drafts.find((it) => it.id === "draft-1");
    expect(draft?.content.participants).toContain("Zoe");
    const names = backend.calls.map((it) => it.name);
    expect(names.lastIndexOf("save_draft")).toBeLessThan(names.indexOf("typed_stored"));
    expect(screen.queryByRole("alertdialog")).toBeNull();
  });

  it("keeps the app open while it cannot be saved, and ends it once it is", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup();
    const full = problem("diskFull", { message: "The disk is full" });
    for (let times = 0; times < 3; times++) backend.failNext("save_draft", full);
    await user.type(title(), "!");
    tell({ type: "storeTyped" });
    const dialog = await screen.findByRole("alertdialog", {
      name: "Your last changes are not saved",
    });
    expect(answers(backend)).toEqual([false]);
    within(dialog).getByText("The disk is full");
    await expectNoFindings();
    await user.click(within(dialog).getByRole("button", { name: "Save and close" }));
    while (!ended(backend)) {
      await user.click(within(dialog).getByRole("button", { name: "Save and close" }));
    }
    expect(stored(backend)).toBe("Sprint 42!");
  });

  it("is given up or gone on with as its author says", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup();
    const full = problem("diskFull", { message: "The disk is full" });
    for (let times = 0; times < 9; times++) backend.failNext("save_draft", full);
    await user.type(title(), "!");
    tell({ type: "storeTyped" });
    await user.click(await screen.findByRole("button", { name: "Keep editing" }));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(ended(backend)).toBe(false);
    expect(title().value).toBe("Sprint 42!");
    tell({ type: "storeTyped" });
    await user.click(await screen.findByRole("button", { name: "Close without saving" }));
    await waitFor(() => expect(ended(backend)).toBe(true));
  });

  it("answers in time when saving takes longer", async () => {
    const backend = await openApp("/draft/draft-1/write");
    const user = userEvent.setup({ delay: null });
    useTransport((name, args) =>
      name === "save_draft" ? new Promise(() => undefined) : backend.answer(name, args),
    );
    await user.type(title(), "!");
    const begun = performance.now();
    tell({ type: "storeTyped" });
    await waitFor(() => expect(answers(backend)).toEqual([false]));
    expect(performance.now() - begun).toBeLessThan(1000);
    await screen.findByText("Saving them takes longer than usual.");
  });
});
