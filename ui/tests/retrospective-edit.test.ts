import { describe, expect, it } from "vitest";
import type { Entry } from "../src/api/bindings/Entry";
import type { Retrospective } from "../src/api/bindings/Retrospective";
import * as edit from "../src/screens/retrospective/edit";

/**
 * Columns in short: "a b [g c d] | e" are ideas a and b and a group g of c and d in the first
 * column, and e in the second. Column ids are 1, 2, ...; "a3" has three votes.
 */
function retro(short: string): Retrospective {
  const columns = short.split("|").map((column, index) => {
    const entries: Entry[] = [];
    let group: (Entry & { type: "group" }) | null = null;
    for (const word of column.split(" ").filter(Boolean)) {
      const name = word.replace(/[[\]\d]/g, "");
      const votes = Number(/\d+/.exec(word)?.[0] ?? 0);
      if (word.startsWith("[")) {
        group = { type: "group", id: name, title: name.toUpperCase(), ideas: [] };
        entries.push(group);
        continue;
      }
      const idea = { id: name, text: name, votes, comments: [] };
      if (group) group.ideas.push(idea);
      else entries.push({ type: "idea", ...idea });
      if (word.endsWith("]")) group = null;
    }
    return { id: `${index + 1}`, title: `Column ${index + 1}`, entries };
  });
  return {
    title: "",
    date: null,
    facilitator: "",
    participants: [],
    columns,
    actions: [],
    agreements: [],
    kudos: [],
    roti: { counts: [0, 0, 0, 0, 0] },
    notes: "",
  };
}

function shown(it: Retrospective): string {
  return it.columns
    .map((column) =>
      column.entries
        .map((entry) =>
          entry.type === "idea"
            ? entry.id
            : `[${[entry.id, ...entry.ideas.map((idea) => idea.id)].join(" ")}]`,
        )
        .join(" "),
    )
    .join(" | ");
}

/** The change came out as expected, and left what is shown untouched. */
function expectChange(
  before: string,
  change: (it: Retrospective) => Retrospective,
  after: string,
): void {
  const shownNow = retro(before);
  const copy = structuredClone(shownNow);
  expect(shown(change(shownNow))).toBe(after);
  expect(shownNow).toEqual(copy);
}

describe("looking", () => {
  const it3 = retro("a [g b2 c3] | d");

  it("finds ideas and groups", () => {
    expect(edit.findIdea(it3, "c")).toMatchObject({ columnIndex: 0, entryIndex: 1, ideaIndex: 1 });
    expect(edit.findIdea(it3, "c")?.group?.id).toBe("g");
    expect(edit.findIdea(it3, "d")).toMatchObject({ columnIndex: 1, group: null });
    expect(edit.findIdea(it3, "g")).toBeNull();
    expect(edit.findGroup(it3, "g")?.entryIndex).toBe(1);
    expect(edit.findGroup(it3, "a")).toBeNull();
    expect(edit.allIdeas(it3).map((it) => it.id)).toEqual(["a", "b", "c", "d"]);
  });

  it("adds the votes of a group up", () => {
    expect(it3.columns[0]?.entries.map(edit.votesOf)).toEqual([0, 5]);
  });
});

describe("columns", () => {
  it("adds, renames, moves", () => {
    expectChange("a", (it) => edit.addColumn(it, "New", "9"), "a | ");
    expect(edit.renameColumn(retro("a"), "1", "X").columns[0]?.title).toBe("X");
    expectChange("a | b | c", (it) => edit.moveColumn(it, "1", 1), "b | a | c");
    expectChange("a | b | c", (it) => edit.moveColumnBefore(it, "3", "1"), "c | a | b");
    expectChange("a | b | c", (it) => edit.moveColumnBefore(it, "1", null), "b | c | a");
  });

  it("answers the argument where nothing changes", () => {
    const it2 = retro("a | b");
    expect(edit.renameColumn(it2, "1", "Column 1")).toBe(it2);
    expect(edit.moveColumn(it2, "2", 1)).toBe(it2);
    expect(edit.deleteColumn(it2, "9")).toEqual([it2, null]);
  });

  it("deletes one with its ideas and puts it back", () => {
    const before = retro("a | b [g c d] | e");
    const [without, removed] = edit.deleteColumn(before, "2");
    expect(shown(without)).toBe("a | e");
    if (!removed) throw new Error("nothing was removed");
    expect(edit.putColumnBack(without, removed)).toEqual(before);
  });

  it("takes a template's columns only while there is nothing in them", () => {
    expect(edit.isEmpty(retro(" | "))).toBe(true);
    expect(edit.isEmpty(retro(" | a"))).toBe(false);
    const changed = edit.applyTemplate(retro(" | "), ["Mad", "Sad", "Glad"]);
    expect(changed.columns.map((it) => it.title)).toEqual(["Mad", "Sad", "Glad"]);
    expect(new Set(changed.columns.map((it) => it.id)).size).toBe(3);
    const full = retro("a");
    expect(edit.applyTemplate(full, ["Mad"])).toBe(full);
    expect(edit.applyTemplate(changed, ["Mad", "Sad", "Glad"])).toBe(changed);
  });
});

describe("ideas", () => {
  const x = edit.newIdea("x", "x");
  const y = edit.newIdea("y", "y");

  it("adds at the end of a column, or behind another one", () => {
    expectChange("a | b", (it) => edit.addIdeas(it, "1", [x, y]), "a x y | b");
    expectChange("a b", (it) => edit.addIdeasAfter(it, "a", [x, y]), "a x y b");
    expectChange("[g a b]", (it) => edit.addIdeasAfter(it, "a", [x]), "[g a x b]");
    const same = retro("a");
    expect(edit.addIdeas(same, "9", [x])).toBe(same);
    expect(edit.addIdeas(same, "1", [])).toBe(same);
    expect(edit.addIdeasAfter(same, "gone", [x])).toBe(same);
  });

  it("changes a text and nothing else", () => {
    const before = retro("a [g b c] | d");
    const after = edit.setIdeaText(before, "b", "new");
    expect(edit.findIdea(after, "b")?.idea.text).toBe("new");
    expect(after.columns[1]).toBe(before.columns[1]);
    expect(after.columns[0]?.entries[0]).toBe(before.columns[0]?.entries[0]);
    expect(edit.setIdeaText(before, "b", "b")).toBe(before);
    expect(edit.setIdeaText(before, "gone", "x")).toBe(before);
  });

  it("keeps an idea an idea", () => {
    const after = edit.setIdeaText(retro("a"), "a", "new");
    expect(after.columns[0]?.entries[0]).toEqual({
      type: "idea",
      id: "a",
      text: "new",
      votes: 0,
      comments: [],
    });
  });

  it("counts votes, and none fewer than none", () => {
    const one = edit.vote(retro("a"), "a", 1);
    expect(edit.findIdea(one, "a")?.idea.votes).toBe(1);
    const none = edit.vote(one, "a", -1);
    expect(edit.findIdea(none, "a")?.idea.votes).toBe(0);
    expect(edit.vote(none, "a", -1)).toBe(none);
  });

  it("duplicates right behind, with comments of its own", () => {
    const before = edit.addComment(retro("[g a b]"), "a", { id: "c1", author: "", text: "yes" });
    const after = edit.duplicateIdea(before, "a", "z");
    expect(shown(after)).toBe("[g a z b]");
    const copy = edit.findIdea(after, "z")?.idea;
    expect(copy?.comments[0]?.text).toBe("yes");
    expect(copy?.comments[0]?.id).not.toBe("c1");
  });

  it("deletes many at once", () => {
    expectChange("a [g b c] d | e", (it) => edit.deleteIdeas(it, ["a", "b", "c", "e"]), "d | ");
  });
});

describe("deleting and putting back", () => {
  it.each([
    ["a b c", "b", "a c"],
    ["[g a b c] d", "b", "[g a c] d"],
    ["a [g b] c", "b", "a c"],
    ["a | b", "b", "a | "],
  ])("in %s the idea %s", (before, id, after) => {
    const start = retro(before);
    const [without, removed] = edit.deleteIdea(start, id);
    expect(shown(without)).toBe(after);
    if (!removed) throw new Error("nothing was removed");
    expect(edit.putEntryBack(without, removed)).toEqual(start);
  });

  it("deletes a group with its ideas and puts it back", () => {
    const start = retro("a [g b c] d");
    const [without, removed] = edit.deleteGroup(start, "g");
    expect(shown(without)).toBe("a d");
    if (!removed) throw new Error("nothing was removed");
    expect(edit.putEntryBack(without, removed)).toEqual(start);
  });

  it("puts an idea beside its column's others when its group is gone", () => {
    const [without, removed] = edit.deleteIdea(retro("[g a b] c"), "b");
    if (!removed) throw new Error("nothing was removed");
    expect(shown(edit.putEntryBack(edit.ungroup(without, "g"), removed))).toBe("a b c");
  });

  it("does not put anything back twice, or into a column that is gone", () => {
    const start = retro("a b | c");
    const [without, removed] = edit.deleteIdea(start, "a");
    if (!removed) throw new Error("nothing was removed");
    expect(edit.putEntryBack(start, removed)).toBe(start);
    const [gone] = edit.deleteColumn(without, "1");
    expect(edit.putEntryBack(gone, removed)).toBe(gone);
  });
});

describe("moving by keys", () => {
  it.each([
    ["a b c", "b", -1, "b a c"],
    ["a b c", "b", 1, "a c b"],
    ["a b c", "a", -1, "a b c"],
    ["a [g b c]", "a", 1, "[g b c] a"],
    ["[g a b] c", "a", 1, "[g b a] c"],
    ["[g a b] c", "b", 1, "[g a] b c"],
    ["c [g a b]", "a", -1, "c a [g b]"],
    ["c [g a] d", "a", 1, "c a d"],
    ["c [g a] d", "a", -1, "c a d"],
  ] as const)("in %s the idea %s by %i", (before, id, by, after) => {
    expectChange(before, (it) => edit.moveIdea(it, id, by), after);
  });

  it("moves groups among ideas", () => {
    expectChange("a [g b c] d", (it) => edit.moveGroup(it, "g", 1), "a d [g b c]");
    expectChange("a [g b c] d", (it) => edit.moveGroup(it, "g", -1), "[g b c] a d");
  });

  it.each([
    ["a b | c d", "b", 1, "a | c b d"],
    ["a b | ", "b", 1, "a | b"],
    ["a b c | d", "c", 1, "a b | d c"],
    ["[g a b] | c", "b", 1, "[g a] | b c"],
    ["[g a] | c", "a", 1, " | a c"],
    ["c | [g a b]", "g", -1, "[g a b] c | "],
    ["a | b", "b", 1, "a | b"],
  ] as const)("in %s takes %s %i columns on", (before, id, by, after) => {
    expectChange(before, (it) => edit.moveToColumn(it, id, by), after);
  });
});

describe("dropping", () => {
  const at = (columnId: string, index: number, groupId: string | null = null) => ({
    columnId,
    groupId,
    index,
  });

  it.each([
    ["a b c", "a", at("1", 2), "b a c"],
    ["a b c", "a", at("1", 3), "b c a"],
    ["a b c", "c", at("1", 0), "c a b"],
    ["a b c", "b", at("1", 1), "a b c"],
    ["a b c", "b", at("1", 2), "a b c"],
    ["a b | c", "a", at("2", 1), "b | c a"],
    ["a [g b c]", "a", at("1", 1, "g"), "[g b a c]"],
    ["[g a b] c", "a", at("1", 2), "[g b] c a"],
    ["[g a b] c", "a", at("1", 0), "a [g b] c"],
    ["[g a] b", "a", at("1", 2), "b a"],
    ["[g a b c]", "a", at("1", 3, "g"), "[g b c a]"],
    ["[g a]", "a", at("1", 1, "g"), "[g a]"],
    ["a [g b c] d", "g", at("1", 0), "[g b c] a d"],
    ["a [g b c] d", "g", at("1", 3), "a d [g b c]"],
    ["a [g b c] d", "g", at("1", 2), "a [g b c] d"],
    ["[g b c] | d", "g", at("2", 1), " | d [g b c]"],
  ])("in %s puts %s at %j", (before, id, target, after) => {
    expectChange(before, (it) => edit.placeEntry(it, id, target), after);
  });

  it("answers the argument where it cannot be put", () => {
    const start = retro("a [g b c] [h d e]");
    expect(edit.placeEntry(start, "a", at("9", 0))).toBe(start);
    expect(edit.placeEntry(start, "g", at("1", 0, "h"))).toBe(start);
    expect(edit.placeEntry(start, "a", at("1", 0, "gone"))).toBe(start);
    expect(edit.placeEntry(start, "gone", at("1", 0))).toBe(start);
  });
});

describe("groups", () => {
  it.each([
    ["a b c", ["a", "c"], "[n a c] b"],
    ["a b c", ["c", "b"], "a [n b c]"],
    ["a b | c d", ["b", "d"], "a [n b d] | c"],
    ["a [g b c] d", ["b", "d"], "a [g c] [n b d]"],
    ["a [g b c] d", ["b", "c"], "a [n b c] d"],
    ["[g a b] [h c d]", ["a", "b", "c", "d"], "[n a b c d]"],
    ["a b", ["a", "b"], "[n a b]"],
  ])("in %s makes one of %j", (before, ids, after) => {
    expectChange(before, (it) => edit.groupIdeas(it, ids, "New", "n"), after);
  });

  it("needs two ideas", () => {
    const start = retro("a b");
    expect(edit.groupIdeas(start, ["a"], "New")).toBe(start);
    expect(edit.groupIdeas(start, ["a", "gone"], "New")).toBe(start);
    expect(edit.groupIdeas(start, [], "New")).toBe(start);
  });

  it.each([
    ["a b c", "a", "c", "b [n c a]"],
    ["a [g b c]", "a", "g", "[g b c a]"],
    ["a [g b c]", "a", "b", "[g b c a]"],
    ["a | b", "a", "b", " | [n b a]"],
    ["[g a b] c", "a", "c", "[g b] [n c a]"],
  ])("in %s puts %s with %s", (before, id, other, after) => {
    expectChange(before, (it) => edit.groupWith(it, id, other, "New", "n"), after);
  });

  it("does not group an idea with itself or with what is gone", () => {
    const start = retro("a b");
    expect(edit.groupWith(start, "a", "a", "New")).toBe(start);
    expect(edit.groupWith(start, "a", "gone", "New")).toBe(start);
    expect(edit.groupWith(start, "gone", "a", "New")).toBe(start);
  });

  it("is dissolved, renamed, left", () => {
    expectChange("a [g b c] d", (it) => edit.ungroup(it, "g"), "a b c d");
    expectChange("a [g b c] d", (it) => edit.leaveGroup(it, "b"), "a [g c] b d");
    expectChange("a [g b] d", (it) => edit.leaveGroup(it, "b"), "a b d");
    const start = retro("a [g b c]");
    expect(edit.leaveGroup(start, "a")).toBe(start);
    expect(edit.findGroup(edit.renameGroup(start, "g", "X"), "g")?.group.title).toBe("X");
    expect(edit.renameGroup(start, "g", "G")).toBe(start);
  });
});

describe("most votes first", () => {
  it.each([
    ["a1 b3 c2", "b c a"],
    ["a1 [g b1 c4] d3 | e f9", "[g c b] d a | f e"],
    ["a2 b2 c2", "a b c"],
  ])("sorts %s", (before, after) => {
    expectChange(before, edit.sortByVotes, after);
  });

  it("answers the argument where it is in this order", () => {
    const start = retro("b3 [g c2 a] | d");
    expect(edit.sortByVotes(start)).toBe(start);
  });
});

describe("comments and ROTI", () => {
  const comment = { id: "k", author: "Mei", text: "yes" };

  it("adds, changes, deletes and puts a comment back", () => {
    const start = edit.addComment(retro("[g a b]"), "a", comment);
    const changed = edit.changeComment(start, "a", "k", { text: "no" });
    expect(edit.findIdea(changed, "a")?.idea.comments).toEqual([{ ...comment, text: "no" }]);
    expect(edit.changeComment(start, "a", "k", { text: "yes" })).toBe(start);
    const [without, removed] = edit.deleteComment(start, "a", "k");
    expect(edit.findIdea(without, "a")?.idea.comments).toEqual([]);
    if (!removed) throw new Error("nothing was removed");
    expect(edit.putCommentBack(without, "a", removed)).toEqual(start);
    expect(edit.deleteComment(start, "gone", "k")).toEqual([start, null]);
  });

  it("counts points from 1 to 5", () => {
    const start = retro("");
    expect(edit.setRoti(start, 5, 3).roti.counts).toEqual([0, 0, 0, 0, 3]);
    expect(edit.setRoti(start, 1, -4)).toBe(start);
    expect(edit.setRoti(start, 6, 1)).toBe(start);
    expect(edit.setRoti(start, 0, 1)).toBe(start);
  });
});

describe("a huge retrospective", () => {
  const many = retro("");
  many.columns = Array.from({ length: 4 }, (_, column) => ({
    id: `${column}`,
    title: "",
    entries: Array.from({ length: 250 }, (_, index) => ({
      type: "idea" as const,
      ...edit.newIdea(index === 0 ? "x".repeat(1_000_000) : "idea", `i${column}-${index}`),
    })),
  }));

  it("shares all that a letter does not change", () => {
    const after = edit.setIdeaText(many, "i2-200", "idea!");
    const changed = after.columns.flatMap((column, at) =>
      column.entries.filter((entry, index) => entry !== many.columns[at]?.entries[index]),
    );
    expect(changed).toHaveLength(1);
    expect(after.columns.filter((column, at) => column !== many.columns[at])).toHaveLength(1);
  });
});
