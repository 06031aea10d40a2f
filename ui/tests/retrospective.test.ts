import { configure, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { tick } from "svelte";
import { describe, expect, it } from "vitest";
import type { Retrospective } from "../src/api/bindings/Retrospective";
import { allIdeas } from "../src/screens/retrospective/edit";
import { expectNoFindings, openApp } from "./app";
import { type Backend, samples } from "./backend";
import { draft, retrospective } from "./samples";

async function open(change: (it: Retrospective) => void = () => undefined): Promise<Backend> {
  const content = retrospective("Sprint 42", "2026-11-19");
  if (content.kind === "retrospective") change(content);
  const seed = samples();
  return openApp("/draft/draft-1/write", {
    ...seed,
    drafts: [draft("draft-1", content), ...(seed.drafts ?? []).slice(1)],
  });
}

/** What the backend has of the draft, once all is saved. */
async function saved(backend: Backend): Promise<Retrospective> {
  const status = () => document.querySelector(".saved")?.textContent;
  await waitFor(() => expect(status()).toMatch(/Saved on this computer/));
  const content = backend.state.drafts.find((it) => it.id === "draft-1")?.content;
  if (content?.kind !== "retrospective") throw new Error("not a retrospective");
  return content;
}

const texts = (it: Retrospective, column: number) =>
  it.columns[column]?.entries.flatMap((entry) =>
    entry.type === "idea" ? [entry.text] : entry.ideas.map((idea) => idea.text),
  );

// Whether each element can be seen takes jsdom most of the time, and is not the question here.
configure({ defaultHidden: true });

describe("a retrospective", () => {
  it("shows all its parts, with nothing for axe to find", async () => {
    await open();
    screen.getByRole("heading", { level: 1, name: "Sprint 42, retrospective" });
    for (const name of [
      "Columns",
      "Actions",
      "Agreements",
      "Return on time invested (ROTI)",
      "Kudos",
    ]) {
      screen.getByRole("heading", { level: 2, name });
    }
    const parts = screen.getByRole("navigation", { name: "Parts of this retrospective" });
    expect(
      within(parts)
        .getAllByRole("link")
        .map((it) => it.textContent?.replace(/\s+/g, " ").trim()),
    ).toEqual(["Columns 3", "Actions 4", "Agreements 2", "ROTI 4.1", "Kudos 1"]);
    await expectNoFindings();
  });

  it("jumps to a part without leaving the draft", async () => {
    await open();
    await userEvent.click(screen.getByRole("link", { name: "Kudos 1" }));
    expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Kudos" }));
    expect(location.hash).toBe("#/draft/draft-1/write");
  });

  it("saves title, date, facilitator and participants by itself", async () => {
    const backend = await open();
    const user = userEvent.setup();
    const title = screen.getByRole("textbox", { name: "Title" });
    await user.clear(title);
    await user.type(title, "Sprint 43");
    await user.type(screen.getByRole("combobox", { name: "Facilitator" }), "!");
    await user.type(screen.getByRole("combobox", { name: "Participants" }), "New One{Enter}");
    const date = screen.getByLabelText("Meeting date");
    await user.clear(date);
    screen.getByText("No date: page titles then have only the title.");
    const content = await saved(backend);
    expect(content).toMatchObject({ title: "Sprint 43", facilitator: "Ines Okafor!", date: null });
    expect(content.participants).toContain("New One");
    screen.getByRole("heading", { level: 1, name: "Sprint 43, retrospective" });
  });
});

describe("ideas", () => {
  it("are added one after another; Esc discards, and undo takes each in one step", async () => {
    const backend = await open();
    const user = userEvent.setup();
    const add = screen.getByRole("button", { name: "Add an idea to Ideas" });
    await user.click(add);
    expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "New idea" }));
    await expectNoFindings();
    await user.keyboard("One{Enter}Two{Enter}Three{Escape}");
    expect(document.activeElement).toBe(add);
    expect(texts(await saved(backend), 2)).toEqual([
      "A daily review slot",
      "Smaller pull requests",
      "One",
      "Two",
    ]);
    await user.keyboard("{Control>}z{/Control}");
    expect(texts(await saved(backend), 2)).toHaveLength(3);
    await user.keyboard(
      "{Control>}z{/Control}{Control>}{Shift>}z{/Shift}{/Control}{Control>}y{/Control}",
    );
    expect(texts(await saved(backend), 2)?.slice(2)).toEqual(["One", "Two"]);
  });

  it("leave nothing behind when nothing was typed", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Add an idea to Ideas" }));
    await user.click(screen.getByRole("textbox", { name: "Title" }));
    expect(texts(await saved(backend), 2)).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "More for Sprint 42" }));
    expect(screen.getByRole("menuitem", { name: /^Undo/ }).getAttribute("aria-disabled")).toBe(
      "true",
    );
  });

  it("are edited in place, and Esc brings the old text back", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Flaky refund tests" }));
    await user.keyboard(" again{Escape}");
    screen.getByRole("button", { name: "Flaky refund tests" });
    await user.keyboard("{Enter}");
    await user.keyboard(", three times{Enter}");
    expect(document.activeElement).toBe(
      screen.getByRole("button", { name: "Flaky refund tests, three times" }),
    );
    expect(texts(await saved(backend), 1)).toContain("Flaky refund tests, three times");
  });

  it("get votes by button, menu and keys, and never fewer than none", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: /^4 votes for “Flaky/ }));
    await user.click(
      screen.getByRole("button", { name: "One vote less for “Smaller pull requests”" }),
    );
    screen.getByRole("button", { name: "A daily review slot" }).focus();
    await user.keyboard("+++-");
    screen.getByRole("button", { name: "Release notes write themselves now" }).focus();
    await user.keyboard("---");
    const votes = new Map(allIdeas(await saved(backend)).map((it) => [it.text, it.votes]));
    expect(votes.get("Flaky refund tests")).toBe(5);
    expect(votes.get("Smaller pull requests")).toBe(2);
    expect(votes.get("A daily review slot")).toBe(7);
    expect(votes.get("Release notes write themselves now")).toBe(0);
  });

  it("are moved by Alt and an arrow, and keep the focus", async () => {
    const backend = await open();
    const user = userEvent.setup();
    const focused = () => document.activeElement?.textContent?.trim();
    screen.getByRole("button", { name: "Flaky refund tests" }).focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    await waitFor(() => expect(focused()).toBe("Flaky refund tests"));
    expect(texts(await saved(backend), 1)?.[0]).toBe("Flaky refund tests");
    await user.keyboard("{Alt>}{ArrowRight}{/Alt}");
    await waitFor(() => expect(focused()).toBe("Flaky refund tests"));
    expect(texts(await saved(backend), 2)?.[0]).toBe("Flaky refund tests");
    screen.getByText("Place 1 of 3 in “Ideas”");
    await user.keyboard("{ArrowDown}");
    expect(focused()).toBe("A daily review slot");
  });

  it("become many from many pasted lines, in one step", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Add an idea to Ideas" }));
    await user.paste("- one\n2. two\n\n[x] three");
    await screen.findByText("3 ideas added", { selector: ".toast p" });
    expect(texts(await saved(backend), 2)?.slice(2)).toEqual(["one", "two", "three"]);
    await user.keyboard("{Control>}z{/Control}");
    expect(texts(await saved(backend), 2)).toHaveLength(2);
  });

  it("are pasted onto a column's button too, while one line is pasted as text", async () => {
    const backend = await open();
    const user = userEvent.setup();
    screen.getByRole("button", { name: "Add an idea to Ideas" }).focus();
    await user.paste("a\nb");
    expect(texts(await saved(backend), 2)?.slice(2)).toEqual(["a", "b"]);
    await user.click(screen.getByRole("button", { name: "Add an idea to Ideas" }));
    await user.paste("only one");
    await user.keyboard("{Enter}{Escape}");
    expect(texts(await saved(backend), 2)?.slice(4)).toEqual(["only one"]);
  });

  it("are deleted with a way back", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "More for “Flaky refund tests”" }));
    await user.click(screen.getByRole("menuitem", { name: "Delete" }));
    expect(document.activeElement).toBe(
      screen.getByRole("button", { name: "Too many meetings on Wednesdays" }),
    );
    expect(texts(await saved(backend), 1)).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect(texts(await saved(backend), 1)?.[1]).toBe("Flaky refund tests");
  });

  it("are grouped, and the group is named", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("checkbox", { name: "Choose “A daily review slot”" }));
    expect(screen.getByRole("button", { name: "Group" }).getAttribute("aria-disabled")).toBe(
      "true",
    );
    await user.click(screen.getByRole("checkbox", { name: "Choose “Flaky refund tests”" }));
    await expectNoFindings();
    await user.keyboard("{Control>}g{/Control}");
    expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Name of the group" }));
    await user.keyboard("Reviews{Enter}");
    const content = await saved(backend);
    expect(content.columns[1]?.entries[1]).toMatchObject({
      type: "group",
      title: "Reviews",
      ideas: [{ text: "Flaky refund tests" }, { text: "A daily review slot" }],
    });
    await user.click(screen.getByRole("button", { name: "More for group “Reviews”" }));
    await user.click(screen.getByRole("menuitem", { name: "Dissolve the group" }));
    expect((await saved(backend)).columns[1]?.entries).toHaveLength(4);
  });

  it("are grouped with another one by the menu", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "More for “Smaller pull requests”" }));
    await user.click(screen.getByRole("menuitem", { name: "Group with…" }));
    const dialog = await screen.findByRole("dialog", { name: "Group an idea" });
    await expectNoFindings();
    await user.selectOptions(
      within(dialog).getByRole("combobox", { name: "Group with" }),
      "What went well: group Releases",
    );
    await user.click(within(dialog).getByRole("button", { name: "Group" }));
    expect((await saved(backend)).columns[0]?.entries[2]).toMatchObject({
      ideas: [{}, {}, { text: "Smaller pull requests" }],
    });
  });

  it("get comments, with or without a name", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "More for “Flaky refund tests”" }));
    await user.click(screen.getByRole("menuitem", { name: "Add a comment" }));
    await waitFor(() =>
      expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Comment" })),
    );
    await expectNoFindings();
    await user.keyboard("Every day{Enter}Still{Escape}");
    const idea = allIdeas(await saved(backend)).find((it) => it.text === "Flaky refund tests");
    expect(idea?.comments.map((it) => it.text)).toEqual(["Every day"]);
    await user.click(screen.getByRole("button", { name: "Every day" }));
    await user.type(screen.getByRole("textbox", { name: "Who said it, optional" }), "Mei{Enter}");
    screen.getByRole("button", { name: "Mei Every day" });
    await user.click(screen.getByRole("button", { name: "Delete comment “Every day”" }));
    await user.click(screen.getByRole("button", { name: "Undo" }));
    screen.getByRole("button", { name: "Mei Every day" });
  });

  it("stay usable by five hundred, and with a million characters in one", async () => {
    const backend = await open((it) => {
      const [column] = it.columns;
      if (!column) return;
      column.entries = Array.from({ length: 500 }, (_, at) => ({
        type: "idea",
        id: `many-${at}`,
        text: at === 3 ? "x".repeat(1_000_000) : `Idea ${at}`,
        votes: 0,
        comments: [],
      }));
    });
    const user = userEvent.setup({ delay: null });
    expect(document.body.textContent?.length).toBeLessThan(100_000);
    const title = screen.getByRole("textbox", { name: "Title" });
    // A letter in the title draws nothing of the columns again, however much there is in them.
    const board = screen.getByRole("region", { name: "Columns" });
    let drawn = 0;
    const watch = new MutationObserver((changes) => {
      drawn += changes.length;
    });
    watch.observe(board, { subtree: true, childList: true, characterData: true, attributes: true });
    await user.type(title, "abcdefghij");
    watch.disconnect();
    expect(drawn).toBe(0);
    expect((await saved(backend)).title).toBe("Sprint 42abcdefghij");
  }, 60_000);
});

describe("columns", () => {
  it("are added, renamed, moved and deleted with a way back", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Add column" }));
    await user.keyboard("Puzzles{Enter}");
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Puzzles" }));
    await user.keyboard("{Alt>}{ArrowLeft}{/Alt}");
    const titles = async () => (await saved(backend)).columns.map((it) => it.title);
    expect(await titles()).toEqual(["What went well", "What slowed us down", "Puzzles", "Ideas"]);
    await user.click(screen.getByRole("button", { name: "More for column What slowed us down" }));
    await user.click(screen.getByRole("menuitem", { name: "Delete column" }));
    expect(await titles()).toEqual(["What went well", "Puzzles", "Ideas"]);
    screen.getByText("Column deleted with 3 ideas", { selector: ".toast p" });
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect(await titles()).toHaveLength(4);
  });

  it("are sorted once by votes", async () => {
    const backend = await open((it) => {
      const [, , ideas] = it.columns;
      ideas?.entries.reverse();
    });
    await userEvent.click(screen.getByRole("button", { name: "Most votes first" }));
    expect(texts(await saved(backend), 2)).toEqual([
      "A daily review slot",
      "Smaller pull requests",
    ]);
  });

  it("come from a template while they are empty", async () => {
    const backend = await open((it) => {
      it.columns = [{ id: "c", title: "Anything", entries: [] }];
    });
    const select = await screen.findByRole("combobox", { name: "Template" });
    await userEvent.selectOptions(select, "Mad Sad Glad");
    expect((await saved(backend)).columns.map((it) => it.title)).toEqual(["Mad", "Sad", "Glad"]);
    await expectNoFindings();
  });

  it("are saved as a template of one's own", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Save as template…" }));
    const dialog = await screen.findByRole("dialog", { name: "New template" });
    await expectNoFindings();
    await user.click(within(dialog).getByRole("button", { name: "Save template" }));
    within(dialog).getByText("Give the template a name.");
    await user.type(within(dialog).getByRole("textbox", { name: "Name" }), "Ours");
    await user.click(within(dialog).getByRole("button", { name: "Save template" }));
    await waitFor(() =>
      expect(backend.state.templates.at(-1)).toMatchObject({
        name: "Ours",
        columns: ["What went well", "What slowed us down", "Ideas"],
        builtIn: false,
      }),
    );
  });
});

describe("actions", () => {
  it("are added and filled in by keyboard alone", async () => {
    const backend = await open();
    const user = userEvent.setup();
    screen.getByRole("button", { name: "Add an action" }).focus();
    await user.keyboard("{Enter}");
    await user.keyboard("Write it down{Tab}Mei Tanaka,Ben{Tab}");
    const content = await saved(backend);
    const made = content.actions.find((it) => it.text === "Write it down");
    expect(made).toMatchObject({ owners: ["Mei Tanaka", "Ben"], due: null, carriedFrom: null });
    const row = screen.getByDisplayValue("Write it down").closest("tr") as HTMLElement;
    await user.selectOptions(within(row).getByRole("combobox", { name: /^Priority of/ }), "High");
    await user.type(within(row).getByLabelText(/^Due date of/), "2026-12-01");
    await user.click(within(row).getByRole("checkbox", { name: "Done: “Write it down”" }));
    expect((await saved(backend)).actions.find((it) => it.id === made?.id)).toMatchObject({
      priority: "high",
      due: "2026-12-01",
      done: true,
    });
    await expectNoFindings();
  });

  it("go away again when nothing was entered", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Add an action" }));
    await user.keyboard("{Escape}");
    await user.click(screen.getByRole("button", { name: "Add an action" }));
    await user.click(screen.getByRole("textbox", { name: "Title" }));
    expect((await saved(backend)).actions).toHaveLength(4);
  });

  it("are moved by Alt and an arrow inside their block", async () => {
    const backend = await open();
    const user = userEvent.setup();
    const field = screen.getByDisplayValue("Agree on a pull request size");
    field.focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    const own = async () =>
      (await saved(backend)).actions.filter((it) => !it.carriedFrom).map((it) => it.text);
    expect((await own())[0]).toBe("Agree on a pull request size");
    expect(document.activeElement).toBe(field);
  });

  it("say where they were carried over from, and more are carried over", async () => {
    const backend = await open();
    screen.getByRole("rowheader", { name: /From Sprint 41/ });
    const user = userEvent.setup();
    const carry = await screen.findByRole("button", { name: /^Carry over \d+ open actions? from/ });
    const count = Number(/\d+/.exec(carry.textContent ?? "")?.[0]);
    await user.click(carry);
    const content = await saved(backend);
    expect(content.actions).toHaveLength(4 + count);
    expect(content.actions.slice(4).every((it) => it.carriedFrom !== null)).toBe(true);
    expect(screen.queryByRole("button", { name: /^Carry over/ })).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Actions" }));
    await user.keyboard("{Control>}z{/Control}");
    expect((await saved(backend)).actions).toHaveLength(4);
  });
});

describe("agreements, kudos, ROTI, notes", () => {
  it("are written down", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Add an agreement" }));
    await user.keyboard("We pair{Enter}We rest{Enter}{Enter}");
    await user.click(screen.getByRole("button", { name: "Add kudos" }));
    const kudo = screen.getByRole("group", { name: "Kudo 2" });
    await user.type(within(kudo).getByLabelText("To"), "Ben");
    await user.type(within(kudo).getByLabelText("From"), "Mei");
    await user.type(within(kudo).getByLabelText("What for"), "for tea");
    await user.click(screen.getByRole("button", { name: "More: Answers with 1, Wasted" }));
    const five = screen.getByRole("spinbutton", { name: "Answers with 5, Excellent" });
    await user.clear(five);
    await user.type(five, "9");
    await user.click(screen.getByRole("button", { name: "Add notes" }));
    await user.keyboard("A note");
    const content = await saved(backend);
    expect(content.agreements.slice(2).map((it) => it.text)).toEqual(["We pair", "We rest"]);
    expect(content.kudos[1]).toMatchObject({ to: "Ben", from: "Mei", text: "for tea" });
    expect(content.roti.counts).toEqual([1, 0, 1, 4, 9]);
    expect(content.notes).toBe("A note");
    await expectNoFindings();
  });

  it("keep agreements in the order they are moved to", async () => {
    const backend = await open();
    const user = userEvent.setup();
    screen.getByRole("textbox", { name: "Agreement 2" }).focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    expect((await saved(backend)).agreements[0]?.text).toMatch(/^A review/);
    await user.click(screen.getByRole("button", { name: /^More for “A review/ }));
    await user.click(screen.getByRole("menuitem", { name: "Duplicate" }));
    expect((await saved(backend)).agreements).toHaveLength(3);
  });
});

describe("dragging", () => {
  /** jsdom lays nothing out: a pointer above 0 is in the upper half of everything, one below not. */
  async function drag(from: Element | null, to: Element | null, half: "upper" | "lower") {
    if (!from || !to) throw new Error("nothing to drag");
    const at = half === "upper" ? -1 : 1;
    const dataTransfer = { setData: () => undefined, setDragImage: () => undefined };
    const send = (node: Element, name: string) =>
      node.dispatchEvent(
        Object.assign(new Event(name, { bubbles: true, cancelable: true }), {
          dataTransfer,
          clientX: at,
          clientY: at,
        }),
      );
    send(from, "dragstart");
    send(to, "dragover");
    expect(document.querySelectorAll("[data-drop]").length).toBeLessThanOrEqual(1);
    send(to, "drop");
    send(from, "dragend");
    expect(document.querySelector("[data-drop], [data-dragged]")).toBeNull();
    await tick();
  }
  const idea = (text: string) => screen.getByRole("button", { name: text }).closest("[data-idea]");

  it("puts an idea where it is dropped: between others, into a group, at a column's end", async () => {
    const backend = await open();
    await drag(idea("Flaky refund tests"), idea("A daily review slot"), "lower");
    expect(texts(await saved(backend), 2)?.[1]).toBe("Flaky refund tests");
    await drag(idea("Flaky refund tests"), idea("A daily review slot"), "upper");
    expect(texts(await saved(backend), 2)?.[0]).toBe("Flaky refund tests");
    await drag(idea("Flaky refund tests"), idea("Release notes write themselves now"), "upper");
    expect((await saved(backend)).columns[0]?.entries[2]).toMatchObject({
      ideas: [{}, { text: "Flaky refund tests" }, {}],
    });
    await drag(idea("Flaky refund tests"), document.querySelector("[data-group-head]"), "lower");
    expect((await saved(backend)).columns[0]?.entries[2]).toMatchObject({
      ideas: [{ text: "Flaky refund tests" }, {}, {}],
    });
    await drag(
      idea("Flaky refund tests"),
      document.querySelectorAll("[data-column]")[1] ?? null,
      "lower",
    );
    expect(texts(await saved(backend), 1)?.at(-1)).toBe("Flaky refund tests");
    await userEvent.keyboard("{Control>}z{/Control}");
    expect((await saved(backend)).columns[0]?.entries[2]).toMatchObject({ ideas: [{}, {}, {}] });
  });

  it("moves groups, columns, and rows by their grips", async () => {
    const backend = await open();
    await drag(document.querySelector("[data-group]"), idea("Flaky refund tests"), "upper");
    expect((await saved(backend)).columns[1]?.entries[1]).toMatchObject({ title: "Releases" });
    const heads = () => document.querySelectorAll("[data-column-head]");
    await drag(heads()[2] ?? null, heads()[0] ?? null, "upper");
    expect((await saved(backend)).columns[0]?.title).toBe("Ideas");
    const grips = () => document.querySelectorAll("tr [data-grip]");
    await drag(grips()[1] ?? null, grips()[0]?.closest("tr") ?? null, "upper");
    const own = (await saved(backend)).actions.filter((it) => !it.carriedFrom);
    expect(own[0]?.text).toBe("Agree on a pull request size");
    // A row of another block is no target.
    await drag(grips()[0] ?? null, grips()[3]?.closest("tr") ?? null, "upper");
    expect((await saved(backend)).actions.map((it) => it.id)).toEqual(
      backend.state.drafts[0]?.content.actions.map((it) => it.id),
    );
  });
});
