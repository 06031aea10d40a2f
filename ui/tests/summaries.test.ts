import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { tell } from "../src/api/events";
import { expectNoFindings, openApp } from "./app";
import { problem, samples } from "./backend";
import * as sample from "./samples";

const names = () =>
  screen.getAllByRole("rowheader").map((it) =>
    it
      .querySelector("a")
      ?.textContent?.replace(/^[^:]*:/, "")
      .trim(),
  );

describe("the list", () => {
  it("shows the team's summaries, newest meeting first, with their states in words", async () => {
    await openApp();
    await screen.findByRole("table");
    expect(names().slice(0, 3)).toEqual([
      "Sprint 42",
      "Q4 team health check",
      "Checkout incident, 11 November",
    ]);
    expect(screen.getByRole("columnheader", { name: "Meeting date" })).toHaveProperty(
      "ariaSort",
      "descending",
    );
    for (const word of ["Publishing 3/5", "Needs attention", "Conflict", "PDF missing"]) {
      expect(screen.getAllByText(word).length).toBeGreaterThan(0);
    }
    // Without a title, the date is its name.
    expect(names()).toContain("23 Sep 2026");
    await expectNoFindings();
  });

  it("searches while typing, and Escape clears", async () => {
    await openApp();
    const user = userEvent.setup();
    await screen.findByRole("table");
    await user.keyboard("{Control>}f{/Control}");
    const search = screen.getByRole("searchbox", { name: "Search summaries" });
    expect(document.activeElement).toBe(search);
    await user.keyboard("sprint 4");
    await waitFor(() => expect(names()).toEqual(["Sprint 42", "Sprint 41", "Sprint 40"]));
    expect(screen.getByRole("button", { name: "Health checks 0" })).toBeTruthy();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(names()).toHaveLength(11));
  });

  it("says so where nothing matches, and offers the way back", async () => {
    await openApp();
    const user = userEvent.setup();
    await user.type(await screen.findByRole("searchbox"), "zebra");
    await screen.findByText("Nothing here matches “zebra”.");
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Show all summaries" }));
    await waitFor(() => expect(names()).toHaveLength(11));
  });

  it("filters by kind and sorts by the heads", async () => {
    const backend = await openApp();
    const user = userEvent.setup();
    await screen.findByRole("table");
    await user.click(screen.getByRole("button", { name: "Health checks 3" }));
    await waitFor(() => expect(names()).toHaveLength(3));
    await user.click(screen.getByRole("button", { name: "Summary" }));
    await waitFor(() =>
      expect(names()).toEqual(["23 Sep 2026", "October pulse", "Q4 team health check"]),
    );
    expect(screen.getByRole("columnheader", { name: "Summary" }).getAttribute("aria-sort")).toBe(
      "ascending",
    );
    await user.click(screen.getByRole("button", { name: "Summary" }));
    await waitFor(() => expect(names()[0]).toBe("Q4 team health check"));
    const asked = backend.calls.filter((it) => it.name === "list_drafts").at(-1);
    expect(asked?.args.query).toMatchObject({
      sort: "title",
      descending: true,
      kind: "healthCheck",
    });
  });

  it("goes through a long list by pages of 200", async () => {
    await openApp("/summaries", { ...samples(), drafts: sample.manyDrafts(450) });
    const user = userEvent.setup();
    await screen.findByText("1 to 200 of 450");
    // What is not seen yet is drawn when it is scrolled or gone to.
    expect(names()).toHaveLength(30);
    screen.getAllByRole("link", { name: /Number item/ })[0]?.focus();
    await user.keyboard("{End}");
    await waitFor(() => expect(names()).toHaveLength(200));
    await waitFor(() => expect(document.activeElement?.textContent).toContain(names().at(-1)));
    const next = screen.getByRole("button", { name: "Next page of the list" });
    await user.click(next);
    await user.click(next);
    await screen.findByText("401 to 450 of 450");
    expect(next).toHaveProperty("disabled", true);
    // A search starts at the first page again.
    await user.type(screen.getByRole("searchbox"), "Number item44");
    await waitFor(() => expect(names()).toHaveLength(11));
  }, 60_000);

  it("shows the page before when the last row of a page is deleted", async () => {
    await openApp("/summaries", { ...samples(), drafts: sample.manyDrafts(401) });
    const user = userEvent.setup();
    await screen.findByText("1 to 200 of 401");
    const next = screen.getByRole("button", { name: "Next page of the list" });
    await user.click(next);
    await user.click(next);
    await screen.findByText("401 to 401 of 401");
    screen.getByRole("link", { name: /Number item/ }).focus();
    await user.keyboard("{Delete}");
    await screen.findByText("201 to 400 of 400");
    expect(names().length).toBeGreaterThan(0);
    expect(screen.queryByText("Start the first retrospective")).toBeNull();
    // And once more, down to one page, which needs no pager.
    await user.click(screen.getByRole("button", { name: "Previous page of the list" }));
    await screen.findByText("1 to 200 of 400");
  }, 60_000);

  it("shows the only page when all of the second is gone", async () => {
    const backend = await openApp("/summaries", { ...samples(), drafts: sample.manyDrafts(203) });
    const user = userEvent.setup();
    await screen.findByText("1 to 200 of 203");
    await user.click(screen.getByRole("button", { name: "Next page of the list" }));
    await screen.findByText("201 to 203 of 203");
    backend.state.drafts = backend.state.drafts.slice(0, 150);
    tell({ type: "draftsChanged", teamId: "team-1" });
    await waitFor(() => expect(screen.getByRole("button", { name: "All 150" })).toBeTruthy());
    await waitFor(() => expect(names()).toHaveLength(30));
    expect(screen.queryByText("Start the first retrospective")).toBeNull();
    expect(screen.queryByRole("button", { name: "Next page of the list" })).toBeNull();
    // With nothing left, the first page is the one that is shown once there is something again.
    backend.state.drafts = [];
    tell({ type: "draftsChanged", teamId: "team-1" });
    await screen.findByText("Start the first retrospective");
    backend.state.drafts = sample.manyDrafts(1);
    tell({ type: "draftsChanged", teamId: "team-1" });
    await waitFor(() => expect(names()).toHaveLength(1));
  }, 60_000);

  it("drops an answer that was overtaken", async () => {
    const backend = await openApp();
    const user = userEvent.setup();
    await screen.findByRole("table");
    const list = backend.answers.list_drafts;
    let release: () => void = () => undefined;
    backend.override("list_drafts", async (args) => {
      if (args.query.text === "s") {
        await new Promise<void>((done) => {
          release = done;
        });
      }
      return list(args);
    });
    await user.type(screen.getByRole("searchbox"), "s");
    await waitFor(() => expect(backend.calls.at(-1)?.args).toMatchObject({ query: { text: "s" } }));
    await user.type(screen.getByRole("searchbox"), "print 42");
    await waitFor(() => expect(names()).toEqual(["Sprint 42"]));
    release();
    await new Promise((done) => setTimeout(done, 30));
    expect(names()).toEqual(["Sprint 42"]);
  });

  it("reads again when the app says that drafts changed", async () => {
    const backend = await openApp();
    await screen.findByRole("table");
    backend.state.drafts = backend.state.drafts.slice(0, 2);
    tell({ type: "draftsChanged", teamId: "team-1" });
    await waitFor(() => expect(names()).toHaveLength(2));
  });

  it("says what went wrong and reads again when asked", async () => {
    const backend = await openApp("/settings/about");
    backend.failNext("list_drafts", problem("storage", { message: "The database cannot be read" }));
    const user = userEvent.setup();
    await user.keyboard("{Control>}1{/Control}");
    const alert = await screen.findByText("The database cannot be read");
    expect(alert).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByRole("table");
    expect(screen.queryByText("The database cannot be read")).toBeNull();
  });
});

describe("by keyboard", () => {
  it("moves through rows with arrows and shows each one's facts", async () => {
    await openApp();
    const user = userEvent.setup();
    await screen.findByRole("table");
    screen.getByRole("link", { name: "Retrospective: Sprint 42" }).focus();
    await user.keyboard("{ArrowDown}");
    expect(document.activeElement).toBe(
      screen.getByRole("link", { name: "Health check: Q4 team health check" }),
    );
    const details = screen.getByRole("complementary");
    await within(details).findByRole("heading", { name: "Q4 team health check" });
    await within(details).findByText("8 dimensions, 8 answered");
    await user.keyboard("{End}");
    expect(document.activeElement?.textContent).toContain("23 Sep 2026");
    // Only the row that is reached takes part in tabbing.
    expect(
      screen.getAllByRole("rowheader").filter((it) => it.querySelector("a")?.tabIndex === 0),
    ).toHaveLength(1);
  });

  it("opens details with Space and comes back with Escape", async () => {
    await openApp();
    const user = userEvent.setup();
    await screen.findByRole("table");
    const link = screen.getByRole("link", { name: "Retrospective: Sprint 42" });
    link.focus();
    await user.keyboard(" ");
    const details = screen.getByRole("complementary");
    await waitFor(() => expect(details.contains(document.activeElement)).toBe(true));
    expect(details.classList.contains("is-open")).toBe(true);
    await user.keyboard("{Escape}");
    expect(document.activeElement).toBe(link);
    expect(details.classList.contains("is-open")).toBe(false);
  });

  it("deletes with undo, and the focus goes to the next row", async () => {
    const backend = await openApp();
    const user = userEvent.setup();
    await screen.findByRole("table");
    await user.click(screen.getByRole("button", { name: "More for Sprint 41" }));
    expect(document.activeElement?.textContent).toContain("Open");
    await user.keyboard("{End}{Enter}");
    await waitFor(() => expect(names()).not.toContain("Sprint 41"));
    await waitFor(() => expect(document.activeElement?.textContent).toContain("Release 8.0"));
    // And it stays there once the list was read again.
    await new Promise((done) => setTimeout(done, 100));
    expect(document.activeElement?.textContent).toContain("Release 8.0");
    expect(backend.state.drafts.some((it) => it.id === "draft-4")).toBe(false);
    await user.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(names()).toContain("Sprint 41"));
    await waitFor(() => expect(document.activeElement?.textContent).toContain("Sprint 41"));
  });

  it("keeps the row when deleting fails, and says why", async () => {
    const backend = await openApp();
    backend.failNext("delete_draft", problem("diskFull", { message: "The disk is full" }));
    const user = userEvent.setup();
    await screen.findByRole("table");
    screen.getByRole("link", { name: "Retrospective: Sprint 42" }).focus();
    await user.keyboard("{Delete}");
    expect((await screen.findAllByText("The disk is full")).length).toBeGreaterThan(0);
    expect(names()).toContain("Sprint 42");
  });

  it("duplicates a row", async () => {
    await openApp();
    const user = userEvent.setup();
    await screen.findByRole("table");
    await user.click(screen.getByRole("button", { name: "More for Sprint 42" }));
    await user.click(screen.getByRole("menuitem", { name: "Duplicate" }));
    await waitFor(() => expect(names()).toContain("Sprint 42 (copy)"));
    expect(document.activeElement?.textContent).toContain("Sprint 42 (copy)");
  });
});

describe("a new draft", () => {
  it("asks for the template and starts a retrospective from it", async () => {
    const backend = await openApp();
    const user = userEvent.setup();
    await screen.findByRole("table");
    await user.keyboard("{Control>}n{/Control}");
    const dialog = await screen.findByRole("dialog", { name: "New retrospective" });
    await waitFor(() => expect(within(dialog).getAllByRole("radio")).toHaveLength(4));
    await expectNoFindings();
    await user.click(within(dialog).getByRole("radio", { name: /^4Ls/ }));
    await user.click(within(dialog).getByRole("button", { name: "Start the retrospective" }));
    await waitFor(() =>
      expect(backend.calls.find((it) => it.name === "create_draft")?.args).toEqual({
        teamId: "team-1",
        newDraft: { kind: "retrospective", templateId: "4ls" },
      }),
    );
    await waitFor(() => expect(location.hash).toMatch(/^#\/draft\/draft-new.*\/write$/));
  });

  it("starts with Enter, however early it is pressed", async () => {
    const backend = await openApp();
    const { templates } = backend.state;
    let arrive = () => {};
    const waits = new Promise<void>((done) => {
      arrive = done;
    });
    backend.override("list_templates", async () => {
      await waits;
      return templates;
    });
    const user = userEvent.setup();
    await screen.findByRole("table");
    await user.keyboard("{Control>}n{/Control}{Enter}");
    arrive();
    await waitFor(() => expect(location.hash).toMatch(/write$/));
  });

  it("asks for the model of a health check, and keeps the dialog when that fails", async () => {
    const backend = await openApp();
    backend.failNext("create_draft", problem("storage", { message: "Nothing could be saved" }));
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "New health check" }));
    const dialog = await screen.findByRole("dialog", { name: "New health check" });
    await user.click(await within(dialog).findByRole("radio", { name: /^Short pulse/ }));
    await user.click(within(dialog).getByRole("button", { name: "Start the health check" }));
    await within(dialog).findByText("Nothing could be saved");
    expect(within(dialog).getByRole("radio", { name: /^Short pulse/ })).toHaveProperty(
      "checked",
      true,
    );
    await user.click(within(dialog).getByRole("button", { name: "Start the health check" }));
    await waitFor(() => expect(location.hash).toMatch(/write$/));
  });
});
