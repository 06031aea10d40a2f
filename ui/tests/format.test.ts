import { expect, it } from "vitest";
import { date, dateWithDay, fileSize, initials, lately, number, plural } from "../src/format";

it("writes a meeting's date the same in every time zone", () => {
  expect(date("2026-11-19")).toBe("19 Nov 2026");
  expect(date("2026-09-05")).toBe("5 Sep 2026");
  expect(dateWithDay("2026-11-19")).toBe("Thu 19 Nov 2026");
  expect(date(null)).toBe("");
  expect(date("soon")).toBe("soon");
});

it("gives the time alone for today", () => {
  const at = new Date(2026, 10, 19, 10, 42);
  expect(lately(at.toISOString(), new Date(2026, 10, 19, 23, 0))).toMatch(/10.42/);
  expect(lately(at.toISOString(), new Date(2026, 10, 20, 0, 1))).toBe("19 Nov 2026");
});

it("counts", () => {
  expect(plural(1, "idea")).toBe("1 idea");
  expect(plural(0, "summary", "summaries")).toBe("0 summaries");
  expect(number(10_000)).toBe("10,000");
});

it("writes sizes", () => {
  expect(fileSize(1)).toBe("1 byte");
  expect(fileSize(840)).toBe("840 bytes");
  expect(fileSize(38_400)).toBe("38 KB");
  expect(fileSize(999_600)).toBe("1.0 MB");
  expect(fileSize(2_400_000)).toBe("2.4 MB");
});

it("shortens a team's name to two letters", () => {
  expect(initials("Payments Platform")).toBe("PP");
  expect(initials("blue")).toBe("BL");
  expect(initials("Équipe de paiement")).toBe("ÉD");
  expect(initials(" 🦊 foxes ")).toBe("🦊F");
  expect(initials("")).toBe("");
});
