import { afterEach, expect, test } from "vitest";
import { call, useTransport } from "../src/api/call";

const sent: unknown[] = [];
useTransport(async (_name, args) => {
  sent.push(args);
});
afterEach(() => {
  sent.length = 0;
});

test("half a surrogate pair crosses as the replacement character", async () => {
  await call("save_draft", { text: "a\ud83d b\udc00", whole: "\ud83d\ude00" });
  expect(sent).toEqual([{ text: "a\ufffd b\ufffd", whole: "\ud83d\ude00" }]);
});

test("a text that only looks like an escape is left alone", async () => {
  const args = { text: "\\ud800 and \\\\udfff", other: "\ud800" };
  await call("save_draft", args);
  expect(sent).toEqual([{ text: args.text, other: "\ufffd" }]);
});

test("arguments without one are handed on as they are", async () => {
  const args = { text: "plain \u00e9" };
  await call("save_draft", args);
  expect(sent[0]).toBe(args);
});
