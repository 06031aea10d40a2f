import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Action } from "../src/api/bindings/Action";
import type { Saved } from "../src/api/bindings/Saved";
import { carryOver, inBlocks, isBlank, isOverdue, moveInBlock } from "../src/screens/draft/actions";
import { Autosave, PATIENCE, QUIET, type Standing } from "../src/screens/draft/autosave";
import { asCount, average, spread, tenth } from "../src/screens/draft/average";
import { readDate, today } from "../src/screens/draft/dates";
import { History, ownCharacters } from "../src/screens/draft/history";
import * as list from "../src/screens/draft/list";
import { isList, linesOf } from "../src/screens/draft/paste";
import { peopleOf, steady } from "../src/screens/draft/people";
import { quoted, short } from "../src/screens/draft/words";
import { problem } from "./backend";
import { action, retrospective } from "./samples";

const items = (...ids: string[]) => ids.map((id) => ({ id }));
const ids = (all: { id: string }[]) => all.map((it) => it.id).join("");

describe("lists", () => {
  const abc = items("a", "b", "c");

  it("answers the same list where nothing changes", () => {
    expect(list.patch(abc, "x", {})).toBe(abc);
    expect(list.patch(abc, "b", { id: "b" })).toBe(abc);
    expect(list.moveBy(abc, "a", -1)).toBe(abc);
    expect(list.moveBy(abc, "c", 1)).toBe(abc);
    expect(list.moveBefore(abc, "a", "a")).toBe(abc);
    expect(list.moveBefore(abc, "a", "b")).toBe(abc);
    expect(list.moveBefore(abc, "c", null)).toBe(abc);
    expect(list.moveBefore(abc, "a", "gone")).toBe(abc);
    expect(list.remove(abc, "x")).toEqual([abc, null]);
    expect(list.insert(abc, 1)).toBe(abc);
  });

  it.each([
    ["a", 1, "bac"],
    ["a", 2, "bca"],
    ["a", 9, "bca"],
    ["c", -1, "acb"],
    ["c", -9, "cab"],
  ])("moves %s by %i", (id, by, expected) => {
    expect(ids(list.moveBy(abc, id, by))).toBe(expected);
  });

  it.each([
    ["a", "c", "bac"],
    ["a", null, "bca"],
    ["c", "a", "cab"],
    ["c", "b", "acb"],
    ["b", null, "acb"],
  ])("moves %s in front of %s", (id, before, expected) => {
    expect(ids(list.moveBefore(abc, id, before))).toBe(expected);
  });

  it("leaves the list that is shown as it is", () => {
    list.moveBy(abc, "a", 1);
    list.remove(abc, "b");
    list.insert(abc, 0, { id: "z" });
    expect(ids(abc)).toBe("abc");
  });

  it("puts back what was removed, once, near its old place", () => {
    const [rest, removed] = list.remove(abc, "b");
    if (!removed) throw new Error("nothing was removed");
    expect(ids(rest)).toBe("ac");
    expect(ids(list.putBack(rest, removed))).toBe("abc");
    expect(list.putBack(abc, removed)).toBe(abc);
    expect(ids(list.putBack([], removed))).toBe("b");
  });

  it("makes ids that differ", () => {
    expect(new Set(Array.from({ length: 500 }, () => list.newId())).size).toBe(500);
  });
});

describe("history", () => {
  it("undoes and redoes step by step, and says what", () => {
    const history = new History("a");
    history.change("b", "First", 0);
    history.change("c", "Second", 1);
    expect(history.undo()).toBe("Second");
    expect(history.present).toBe("b");
    expect(history.undo()).toBe("First");
    expect(history.present).toBe("a");
    expect(history.undo()).toBeNull();
    expect(history.canUndo).toBe(false);
    expect(history.redo()).toBe("First");
    expect(history.redo()).toBe("Second");
    expect(history.present).toBe("c");
    expect(history.redo()).toBeNull();
  });

  it("forgets what could be redone when something else is done", () => {
    const history = new History("a");
    history.change("b", "B", 0);
    history.undo();
    history.change("c", "C", 1);
    expect(history.canRedo).toBe(false);
    history.undo();
    expect(history.present).toBe("a");
  });

  it("takes the letters of a word as one step, and a pause as its end", () => {
    const history = new History("");
    history.change("w", "Typed", 0, "title");
    history.change("wo", "Typed", 400, "title");
    history.change("wor", "Typed", 1300, "title");
    history.change("word", "Typed", 2400, "title");
    expect(history.depth).toBe(2);
    history.undo();
    expect(history.present).toBe("wor");
    history.undo();
    expect(history.present).toBe("");
  });

  it("keeps bursts of different fields, and those after an undo, apart", () => {
    const history = new History("");
    history.change("a", "Typed", 0, "title");
    history.change("ab", "Typed", 1, "notes");
    expect(history.depth).toBe(2);
    history.undo();
    history.change("ac", "Typed", 2, "title");
    expect(history.depth).toBe(2);
    history.seal();
    history.change("acd", "Typed", 3, "title");
    expect(history.depth).toBe(3);
  });

  it("waits for the first letter of something empty however long it takes", () => {
    const history = new History<string[]>([]);
    history.change([""], "Added", Number.POSITIVE_INFINITY, "idea");
    history.change(["h"], "Typed", 90_000, "idea");
    history.change(["hi"], "Typed", 90_100, "idea");
    expect(history.depth).toBe(1);
    history.change(["hi!"], "Typed", 99_000, "idea");
    expect(history.depth).toBe(2);
  });

  it("rolls back to a mark without a trace", () => {
    const history = new History("a");
    history.change("b", "B", 0);
    const mark = history.mark();
    history.change("c", "C", 1);
    history.change("d", "D", 2);
    history.rollBack(mark);
    expect(history.present).toBe("b");
    expect(history.canRedo).toBe(false);
    expect(history.depth).toBe(1);
    history.rollBack(mark);
    expect(history.present).toBe("b");
  });

  it("finds a mark again after older steps were dropped", () => {
    const history = new History(0, { steps: 3, characters: 1000, burst: 1 });
    for (const n of [1, 2, 3]) history.change(n, "Counted", n);
    const mark = history.mark();
    history.change(4, "Counted", 4);
    expect(history.depth).toBe(3);
    history.rollBack(mark);
    expect(history.present).toBe(3);
  });

  it("keeps so many steps at most", () => {
    const history = new History(0, { steps: 10, characters: 1000, burst: 1 });
    for (let n = 1; n <= 50; n++) history.change(n, "Counted", n);
    expect(history.depth).toBe(10);
    while (history.undo());
    expect(history.present).toBe(40);
  });

  it("keeps so many characters at most, but always the last step", () => {
    const history = new History({ text: "" }, { steps: 99, characters: 2500, burst: 1 });
    for (let n = 0; n < 20; n++) history.change({ text: `${n}`.padEnd(1000) }, "Typed", n);
    expect(history.weight).toBeLessThanOrEqual(2500);
    expect(history.depth).toBe(2);
    history.change({ text: "x".repeat(9000) }, "Typed", 30);
    history.change({ text: "" }, "Emptied", 31);
    expect(history.depth).toBe(1);
    history.undo();
    expect(history.present.text).toHaveLength(9000);
  });

  it("counts only what a step does not share with the next one", () => {
    const shared = { id: "1", text: "x".repeat(5000) };
    const before = { title: "ab", ideas: [shared, { id: "2", text: "old", big: shared }] };
    const after = { title: "ab", ideas: [shared, { id: "2", text: "newer", big: shared }] };
    expect(ownCharacters(before, before)).toBe(0);
    expect(ownCharacters(before, after)).toBeLessThan(10);
    expect(ownCharacters(before, { title: "ab", ideas: [] })).toBeGreaterThan(5000);
  });

  it("counts down as steps are dropped, undone and forgotten", () => {
    const history = new History("a".repeat(100));
    history.change("b".repeat(50), "B", 0);
    expect(history.weight).toBe(100);
    history.undo();
    expect(history.weight).toBe(50);
    history.change("c", "C", 1);
    expect(history.weight).toBe(100);
  });
});

describe("autosave", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function saver() {
    const saves: { revision: number; content: string; end: (how?: unknown) => void }[] = [];
    const told: Standing[] = [];
    let revision = 7;
    const autosave = new Autosave<string>(
      { revision, savedAt: "then" },
      (asked, content) =>
        new Promise<Saved>((resolve, reject) => {
          saves.push({
            revision: asked,
            content,
            end: (how) => {
              if (how !== undefined) reject(how);
              else {
                revision = asked + 1;
                resolve({ revision, savedAt: `at ${revision}` });
              }
            },
          });
        }),
      (standing) => told.push(standing),
    );
    return { autosave, saves, told };
  }
  const settle = () => vi.advanceTimersByTimeAsync(0);

  it("saves after a moment of quiet, the last state only", async () => {
    const { autosave, saves } = saver();
    autosave.changed("a");
    await vi.advanceTimersByTimeAsync(QUIET - 1);
    autosave.changed("ab");
    await vi.advanceTimersByTimeAsync(QUIET - 1);
    expect(saves).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(saves.map((it) => [it.revision, it.content])).toEqual([[7, "ab"]]);
    saves[0]?.end();
    await settle();
    expect(autosave.standing).toMatchObject({ state: "saved", revision: 8, savedAt: "at 8" });
    expect(autosave.clean).toBe(true);
  });

  it("saves at the latest after its patience while typing goes on", async () => {
    const { autosave, saves } = saver();
    for (let at = 0; at <= PATIENCE; at += 100) {
      autosave.changed(`${at}`);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(saves).toHaveLength(1);
  });

  it("never has two saves under way, and saves what came meanwhile after it", async () => {
    const { autosave, saves } = saver();
    autosave.changed("a");
    const flushed = autosave.flush();
    autosave.changed("b");
    void autosave.flush();
    autosave.changed("c");
    await vi.advanceTimersByTimeAsync(5000);
    expect(saves).toHaveLength(1);
    saves[0]?.end();
    await settle();
    expect(saves.map((it) => [it.revision, it.content])).toEqual([
      [7, "a"],
      [8, "c"],
    ]);
    saves[1]?.end();
    expect(await flushed).toBe(true);
    await vi.advanceTimersByTimeAsync(5000);
    expect(saves).toHaveLength(2);
  });

  it("keeps what could not be saved and says so, until a save succeeds", async () => {
    const { autosave, saves } = saver();
    autosave.changed("a");
    const first = autosave.flush();
    saves[0]?.end(problem("diskFull"));
    expect(await first).toBe(false);
    expect(autosave.standing).toMatchObject({ state: "failed", revision: 7 });
    expect(autosave.standing.error?.code).toBe("diskFull");
    expect(autosave.clean).toBe(false);
    const again = autosave.flush();
    expect(saves[1]).toMatchObject({ revision: 7, content: "a" });
    saves[1]?.end();
    expect(await again).toBe(true);
    expect(autosave.standing).toMatchObject({ state: "saved", error: null });
  });

  it("saves the newer state, not the one that failed", async () => {
    const { autosave, saves } = saver();
    autosave.changed("a");
    const first = autosave.flush();
    autosave.changed("b");
    saves[0]?.end(problem("storage"));
    expect(await first).toBe(false);
    await vi.advanceTimersByTimeAsync(QUIET);
    expect(saves[1]?.content).toBe("b");
  });

  it("does not try by itself against a draft that was saved elsewhere", async () => {
    const { autosave, saves } = saver();
    autosave.changed("mine");
    const first = autosave.flush();
    saves[0]?.end(problem("staleDraft"));
    await first;
    autosave.changed("mine too");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(saves).toHaveLength(1);
    autosave.rebase({ revision: 12, savedAt: "theirs" }, "mine too");
    const kept = autosave.flush();
    expect(saves[1]).toMatchObject({ revision: 12, content: "mine too" });
    saves[1]?.end();
    expect(await kept).toBe(true);
  });

  it("has nothing left to save after taking over the other version", async () => {
    const { autosave, saves } = saver();
    autosave.changed("mine");
    const first = autosave.flush();
    saves[0]?.end(problem("staleDraft"));
    await first;
    autosave.rebase({ revision: 12, savedAt: "theirs" });
    expect(autosave.standing.state).toBe("saved");
    expect(await autosave.flush()).toBe(true);
    expect(saves).toHaveLength(1);
  });

  it("saves nothing after it was stopped", async () => {
    const { autosave, saves } = saver();
    autosave.changed("a");
    autosave.stop();
    autosave.changed("b");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await autosave.flush()).toBe(true);
    expect(saves).toHaveLength(0);
  });
});

describe("averages", () => {
  it.each<[number[], number | null]>([
    [[0, 0, 0, 0, 0], null],
    [[1, 0, 0, 0, 0], 1],
    [[0, 0, 0, 0, 3], 5],
    [[0, 0, 1, 4, 2], 29 / 7],
    [[1, 0, 1], 2],
  ])("of %j is %s", (counts, mean) => {
    expect(average(counts)).toBe(mean);
  });

  it("tells mixed answers from equal ones", () => {
    expect(spread([0, 0, 7, 0, 0])).toBe(0);
    expect(spread([3, 0, 0, 0, 3])).toBe(2);
    expect(spread([0, 0])).toBeNull();
  });

  it("rounds to tenths, both ways alike, and never to minus zero", () => {
    expect(tenth(0.25)).toBe(0.3);
    expect(tenth(-0.25)).toBe(-0.3);
    expect(Object.is(tenth(-0.01), 0)).toBe(true);
  });

  it.each([
    [3.9, 3],
    [-2, 0],
    [Number.NaN, 0],
    [1e9, 9999],
  ])("takes %s as the count %i", (given, count) => {
    expect(asCount(given)).toBe(count);
  });
});

describe("actions", () => {
  const from = (actionId: string, draftId = "d41") => ({ draftId, actionId, title: "Sprint 41" });
  const named = (id: string, more: Partial<Action> = {}): Action => ({
    ...action(id),
    id,
    ...more,
  });

  it("is blank while nothing was entered", () => {
    expect(isBlank(named("a", { text: "  " }))).toBe(true);
    expect(isBlank(named("a", { text: "", owners: ["Mei"] }))).toBe(false);
    expect(isBlank(named("a", { text: "", due: "2026-01-01" }))).toBe(false);
  });

  it("is overdue after its day, unless it is done", () => {
    const late = named("a", { due: "2026-11-18" });
    expect(isOverdue(late, "2026-11-18")).toBe(false);
    expect(isOverdue(late, "2026-11-19")).toBe(true);
    expect(isOverdue({ ...late, done: true }, "2026-11-19")).toBe(false);
    expect(isOverdue({ ...late, due: null }, "2026-11-19")).toBe(false);
  });

  it("carries over what is not there yet, once", () => {
    const here = [named("a", { carriedFrom: from("1") })];
    const open = [named("b", { carriedFrom: from("1") }), named("a", { carriedFrom: from("2") })];
    const next = carryOver(here, open);
    expect(next.map((it) => it.carriedFrom?.actionId)).toEqual(["1", "2"]);
    expect(new Set(next.map((it) => it.id)).size).toBe(2);
    expect(carryOver(next, open)).toBe(next);
  });

  it("shows new ones first, then those of each earlier summary", () => {
    const blocks = inBlocks([
      named("a", { carriedFrom: from("1") }),
      named("b"),
      named("c", { carriedFrom: from("2", "d40") }),
      named("d", { carriedFrom: from("3") }),
    ]);
    expect(blocks.map((it) => [it.from, ids(it.actions)])).toEqual([
      ["", "b"],
      ["d41", "ad"],
      ["d40", "c"],
    ]);
    expect(inBlocks([])).toHaveLength(1);
  });

  it("moves an action inside its block, past those of others", () => {
    const all = [named("a"), named("x", { carriedFrom: from("1") }), named("b"), named("c")];
    expect(ids(moveInBlock(all, "a", 1))).toBe("xbac");
    expect(ids(moveInBlock(all, "b", -1))).toBe("baxc");
    expect(moveInBlock(all, "x", 1)).toBe(all);
    expect(moveInBlock(all, "a", -1)).toBe(all);
    expect(moveInBlock(all, "gone", 1)).toBe(all);
  });
});

describe("pasted lines", () => {
  it.each([
    ["- one\n* two\n+ three", ["one", "two", "three"]],
    ["1. one\n2) two\n(3) three\n10. ten", ["one", "two", "three", "ten"]],
    ["a) one\nB) two", ["one", "two"]],
    ["• one\r\n◦ two\r‣ three", ["one", "two", "three"]],
    ["– one\n— two", ["one", "two"]],
    ["- [ ] open\n- [x] done\n☐ box", ["open", "done", "box"]],
    ["  - nested\n\t1. too", ["nested", "too"]],
    ["one\n\n   \ntwo", ["one", "two"]],
    ["one\u2028two\u2029three", ["one", "two", "three"]],
    ["-\n*\n1.", []],
    ["", []],
  ])("of %j are %j", (text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });

  it("keeps what only looks like a list", () => {
    const text = ["-5 degrees in the office", "3.5 hours of meetings", "*bold*", "2026. A year?"];
    expect(linesOf(text.join("\n"))).toEqual(text);
  });

  it("are a list from two lines on", () => {
    expect(isList("- one\n")).toBe(false);
    expect(isList("one\ntwo")).toBe(true);
  });
});

describe("dates", () => {
  it.each([
    ["2026-11-19", false, { is: "date", date: "2026-11-19" }],
    ["2024-02-29", false, { is: "date", date: "2024-02-29" }],
    ["", false, { is: "none" }],
  ])("reads %j", (text, badInput, read) => {
    expect(readDate(text, badInput)).toEqual(read);
  });

  it.each([
    ["", true],
    ["0002-11-19", false],
    ["20266-11-19", false],
    ["2025-02-29", false],
    ["2026-13-01", false],
    ["19.11.2026", false],
    ["soon", false],
  ])("takes %j for unfinished, with a word of what to do", (text, badInput) => {
    const read = readDate(text, badInput);
    expect(read.is).toBe("unfinished");
    expect(read.is === "unfinished" && read.problem).toMatch(/\.$/);
  });

  it("knows today where the user is", () => {
    expect(today(new Date(2026, 0, 5, 23, 59))).toBe("2026-01-05");
  });
});

describe("words", () => {
  it("cuts long texts by letters, in no more time for a huge one", () => {
    expect(short("  a \n b ")).toBe("a b");
    expect(short("x".repeat(61))).toBe(`${"x".repeat(60)}…`);
    expect(short("👩‍🚀".repeat(2), 99)).toBe("👩‍🚀".repeat(2));
    expect(short("x".repeat(1_000_000), 5)).toBe("xxxxx…");
    expect(quoted("", "an empty idea")).toBe("an empty idea");
    expect(quoted("Tests", "")).toBe("“Tests”");
  });

  it("offers each name once, and the same list while it stays the same", () => {
    const retro = retrospective("Sprint 42", null);
    if (retro.kind !== "retrospective") throw new Error("not a retrospective");
    const names = peopleOf(retro);
    expect(names).toContain("Ben Carter");
    expect(new Set(names).size).toBe(names.length);
    expect(steady(names, peopleOf({ ...retro, title: "Other" }))).toBe(names);
    expect(steady(names, ["Somebody"])).toEqual(["Somebody"]);
  });
});
