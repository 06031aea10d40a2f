import { describe, expect, it } from "vitest";
import type { HealthCheck } from "../src/api/bindings/HealthCheck";
import type { Model } from "../src/api/bindings/Model";
import type { PreviousCheck } from "../src/api/bindings/PreviousCheck";
import * as edit from "../src/screens/health-check/edit";
import { changeOf, inOrder, inWords, toneOf } from "../src/screens/health-check/order";
import { action } from "./samples";

const dimension = (id: string, ...responses: number[]) => ({
  id,
  name: id.toUpperCase(),
  statement: "",
  responses,
  comments: [] as { id: string; author: string; text: string }[],
});

const check = (...dimensions: ReturnType<typeof dimension>[]): HealthCheck => ({
  title: "",
  date: null,
  facilitator: "",
  participants: [],
  modelId: "m",
  modelName: "Model",
  scale: ["No", "Some", "Yes"],
  dimensions,
  actions: [],
  notes: "",
});

const model = (ids: string, steps = 3): Model => ({
  id: "other",
  name: "Other",
  scale: Array.from({ length: steps }, (_, index) => `Step ${index + 1}`),
  dimensions: [...ids].map((id) => ({ id, name: id.toUpperCase(), statement: "?" })),
  builtIn: false,
});

const ids = (it: HealthCheck) => it.dimensions.map(({ id }) => id).join("");

describe("answers", () => {
  it("counts each step", () => {
    const start = check(dimension("a", 0, 0, 0), dimension("b", 1, 1, 1));
    const after = edit.setResponses(start, "a", 2, 4);
    expect(after.dimensions[0]?.responses).toEqual([0, 4, 0]);
    expect(after.dimensions[1]).toBe(start.dimensions[1]);
    expect(edit.setResponses(after, "a", 2, 4)).toBe(after);
  });

  it("keeps to the scale and to counts", () => {
    const start = check(dimension("a", 0, 0, 0));
    expect(edit.setResponses(start, "a", 4, 1)).toBe(start);
    expect(edit.setResponses(start, "a", 0, 1)).toBe(start);
    expect(edit.setResponses(start, "gone", 1, 1)).toBe(start);
    expect(edit.setResponses(start, "a", 1, -3)).toBe(start);
  });

  it("completes an answer list that is shorter than the scale", () => {
    const after = edit.setResponses(check(dimension("a", 2)), "a", 3, 1);
    expect(after.dimensions[0]?.responses).toEqual([2, 0, 1]);
  });
});

describe("dimensions", () => {
  const start = check(dimension("a"), dimension("b"), dimension("c"));

  it("adds one with as many steps as the scale has", () => {
    const after = edit.addDimension(start, "New", "n");
    expect(ids(after)).toBe("abcn");
    expect(after.dimensions[3]?.responses).toEqual([0, 0, 0]);
  });

  it("renames and moves", () => {
    expect(edit.describeDimension(start, "b", { name: "X" }).dimensions[1]?.name).toBe("X");
    expect(edit.describeDimension(start, "b", { name: "B" })).toBe(start);
    expect(ids(edit.moveDimension(start, "a", 1))).toBe("bac");
    expect(edit.moveDimension(start, "a", -1)).toBe(start);
    expect(ids(edit.moveDimensionBefore(start, "c", "a"))).toBe("cab");
  });

  it("is removed without its actions, and put back with them", () => {
    const with2: HealthCheck = {
      ...start,
      actions: [action("one", [], { dimensionId: "b" }), action("two", [], { dimensionId: "a" })],
    };
    const [without, removed] = edit.deleteDimension(with2, "b");
    expect(ids(without)).toBe("ac");
    expect(without.actions.map((it) => it.dimensionId)).toEqual([null, "a"]);
    if (!removed) throw new Error("nothing was removed");
    expect(edit.putDimensionBack(without, removed)).toEqual(with2);
    expect(edit.putDimensionBack(with2, removed)).toBe(with2);
    expect(edit.deleteDimension(start, "gone")).toEqual([start, null]);
  });

  it("leaves an action alone that got another dimension meanwhile", () => {
    const own = action("one", [], { dimensionId: "b" });
    const [without, removed] = edit.deleteDimension({ ...start, actions: [own] }, "b");
    if (!removed) throw new Error("nothing was removed");
    const moved = { ...without, actions: [{ ...own, dimensionId: "c" }] };
    expect(edit.putDimensionBack(moved, removed).actions[0]?.dimensionId).toBe("c");
  });
});

describe("comments", () => {
  const comment = { id: "k", author: "", text: "yes" };
  const start = edit.addComment(check(dimension("a"), dimension("b")), "b", comment);

  it("are added, changed, deleted and put back", () => {
    expect(start.dimensions[1]?.comments).toEqual([comment]);
    const changed = edit.changeComment(start, "b", "k", { author: "Mei" });
    expect(changed.dimensions[1]?.comments[0]?.author).toBe("Mei");
    expect(edit.changeComment(start, "b", "k", { text: "yes" })).toBe(start);
    const [without, removed] = edit.deleteComment(start, "b", "k");
    expect(without.dimensions[1]?.comments).toEqual([]);
    if (!removed) throw new Error("nothing was removed");
    expect(edit.putCommentBack(without, "b", removed)).toEqual(start);
    expect(edit.deleteComment(start, "gone", "k")).toEqual([start, null]);
  });
});

describe("another model", () => {
  const answered = check(dimension("a", 1, 0, 2), dimension("b", 0, 3, 0), dimension("c", 0, 0, 0));

  it("keeps the answers of dimensions that are in both", () => {
    const after = edit.applyModel(answered, model("bad"));
    expect(ids(after)).toBe("bad");
    expect(after.dimensions.map((it) => it.responses)).toEqual([
      [0, 3, 0],
      [1, 0, 2],
      [0, 0, 0],
    ]);
    expect(after.dimensions[0]?.statement).toBe("?");
    expect(after).toMatchObject({ modelId: "other", modelName: "Other" });
    expect(after.scale).toEqual(["Step 1", "Step 2", "Step 3"]);
  });

  it("drops all answers when the scale has another number of steps, but no comment", () => {
    const commented = edit.addComment(answered, "a", { id: "k", author: "", text: "yes" });
    const after = edit.applyModel(commented, model("ab", 5));
    expect(after.dimensions.map((it) => it.responses)).toEqual([
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ]);
    expect(after.dimensions[0]?.comments).toHaveLength(1);
  });

  it("frees the actions of dimensions that go", () => {
    const acted = { ...answered, actions: [action("one", [], { dimensionId: "c" })] };
    expect(edit.applyModel(acted, model("ab")).actions[0]?.dimensionId).toBeNull();
    expect(edit.applyModel(acted, model("abc")).actions).toBe(acted.actions);
  });

  it("says beforehand what would be lost", () => {
    const lost = (it: HealthCheck, to: Model) => edit.lostWith(it, to).map(({ id }) => id);
    expect(lost(answered, model("abc"))).toEqual([]);
    expect(lost(answered, model("ab"))).toEqual([]);
    expect(lost(answered, model("bc"))).toEqual(["a"]);
    expect(lost(answered, model("abc", 5))).toEqual(["a", "b"]);
    const commented = edit.addComment(answered, "c", { id: "k", author: "", text: "yes" });
    expect(lost(commented, model("ab"))).toEqual(["c"]);
    expect(lost(commented, model("abc"))).toEqual([]);
  });

  it("tells whether the check still asks what its model asks", () => {
    const fresh = edit.applyModel(check(), model("ab"));
    expect(edit.differsFrom(fresh, model("ab"))).toBe(false);
    expect(edit.differsFrom(edit.setResponses(fresh, "a", 1, 2), model("ab"))).toBe(false);
    expect(edit.differsFrom(edit.moveDimension(fresh, "a", 1), model("ab"))).toBe(true);
    expect(edit.differsFrom(edit.addDimension(fresh, "New"), model("ab"))).toBe(true);
    expect(edit.differsFrom(fresh, model("ab", 4))).toBe(true);
  });

  it("can be made of the check", () => {
    expect(edit.asModel(answered, "Ours")).toEqual({
      id: "",
      name: "Ours",
      scale: ["No", "Some", "Yes"],
      dimensions: ["a", "b", "c"].map((id) => ({ id, name: id.toUpperCase(), statement: "" })),
      builtIn: false,
    });
  });
});

describe("order", () => {
  const dimensions = [
    dimension("a", 0, 4, 0),
    dimension("b", 3, 0, 1),
    dimension("c", 0, 0, 0),
    dimension("d", 0, 0, 4),
    dimension("e", 2, 0, 2),
  ];
  const previous: PreviousCheck = {
    draftId: "p",
    title: "Before",
    date: null,
    averages: [
      { dimensionId: "a", average: 2.0 },
      { dimensionId: "b", average: 2.5 },
      { dimensionId: "c", average: 2.5 },
      { dimensionId: "e", average: 2.3 },
    ],
  };

  it.each([
    ["model", "abcde"],
    ["lowest", "baedc"],
    ["mixed", "ebadc"],
    ["drop", "beacd"],
  ] as const)("%s", (order, expected) => {
    expect(
      inOrder(dimensions, order, previous)
        .map((it) => it.id)
        .join(""),
    ).toBe(expected);
  });

  it("leaves the check's own order alone", () => {
    inOrder(dimensions, "lowest", null);
    expect(dimensions.map((it) => it.id).join("")).toBe("abcde");
  });

  it("compares averages to one decimal, where there are two", () => {
    const change = (id: string) => {
      const found = dimensions.find((it) => it.id === id);
      return found ? changeOf(found, previous) : undefined;
    };
    expect(change("a")).toBe(0);
    expect(change("b")).toBe(-1);
    expect(change("c")).toBeNull();
    expect(change("d")).toBeNull();
    expect(change("e")).toBe(-0.3);
    expect(changeOf(dimension("a", 1), null)).toBeNull();
  });

  it.each([
    [2, [1, 5]],
    [3, [1, 3, 5]],
    [5, [1, 2, 3, 4, 5]],
    [7, [1, 2, 2, 3, 4, 4, 5]],
  ])("colours %i steps from rust to petrol", (steps, tones) => {
    expect(Array.from({ length: steps }, (_, index) => toneOf(index + 1, steps))).toEqual(tones);
  });

  it("says a distribution in words", () => {
    expect(inWords([2, 0, 1])).toBe("2 × 1, 1 × 3");
    expect(inWords([0, 0])).toBe("No answers yet");
  });
});
