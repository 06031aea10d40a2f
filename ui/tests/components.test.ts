import { fireEvent, render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PublishState } from "../src/api/bindings/PublishState";
import ErrorNotice from "../src/components/ErrorNotice.svelte";
import Live from "../src/components/Live.svelte";
import Menu from "../src/components/Menu.svelte";
import Segmented from "../src/components/Segmented.svelte";
import StateChip from "../src/components/StateChip.svelte";
import Strip from "../src/components/Strip.svelte";
import { announce, said, toast, toasts } from "../src/state/announce.svelte";
import { expectNoFindings } from "./app";
import { problem } from "./backend";
import DialogHost from "./components/DialogHost.svelte";
import FieldHost from "./components/FieldHost.svelte";

const focused = () => document.activeElement?.textContent?.trim();

describe("menu", () => {
  const run = vi.fn();
  const items = [
    { label: "Open", run },
    { label: "Duplicate", run },
    { label: "Delete", danger: true, disabled: true, reason: "It is published", run },
  ];
  beforeEach(() => run.mockClear());

  it("opens with the arrow keys and goes round", async () => {
    render(Menu, { label: "More for Sprint 42", icon: "more", items });
    const user = userEvent.setup();
    const button = screen.getByRole("button", { name: "More for Sprint 42" });
    button.focus();
    await user.keyboard("{ArrowDown}");
    expect(button.getAttribute("aria-expanded")).toBe("true");
    expect(focused()).toBe("Open");
    await expectNoFindings(screen.getByRole("menu"));
    await user.keyboard("{ArrowUp}");
    expect(focused()).toContain("Delete");
    await user.keyboard("{ArrowDown}du");
    expect(focused()).toBe("Duplicate");
    await user.keyboard("{Enter}");
    expect(run).toHaveBeenCalledOnce();
    expect(screen.queryByRole("menu")).toBeNull();
    expect(document.activeElement).toBe(button);
  });

  it("closes with Escape and with a press elsewhere", async () => {
    render(Menu, { label: "More", icon: "more", items });
    const user = userEvent.setup();
    const button = screen.getByRole("button", { name: "More" });
    await user.click(button);
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("menu")).toBeNull();
    expect(document.activeElement).toBe(button);
    await user.click(button);
    await user.click(document.body);
    expect(screen.queryByRole("menu")).toBeNull();
  });

  it("says why an entry is not available, and does not run it", async () => {
    render(Menu, { label: "More", icon: "more", items });
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "More" }));
    const entry = screen.getByRole("menuitem", { name: /Delete/ });
    expect(entry.getAttribute("aria-disabled")).toBe("true");
    expect(entry.textContent).toContain("It is published");
    await user.click(entry);
    expect(run).not.toHaveBeenCalled();
  });
});

describe("dialog", () => {
  it("puts the focus on the first field, or on the safe choice where something is lost", async () => {
    const { unmount } = render(DialogHost, {});
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Ask" }));
    expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Reason" }));
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Close" }));
    expect(screen.getByRole("status").textContent).toBe("closed");
    unmount();
    render(DialogHost, { kind: "danger" });
    await user.click(screen.getByRole("button", { name: "Ask" }));
    screen.getByRole("alertdialog", { name: "Delete it?" });
    expect(focused()).toBe("Keep");
    await expectNoFindings();
  });

  it("is closed when the browser closes it, as Escape does", async () => {
    render(DialogHost, {});
    await userEvent.setup().click(screen.getByRole("button", { name: "Ask" }));
    screen.getByRole<HTMLDialogElement>("dialog").close();
    await vi.waitFor(() => expect(screen.getByRole("status").textContent).toBe("closed"));
  });
});

describe("field", () => {
  it("ties hint and error to the control", async () => {
    const { container, rerender } = render(FieldHost, { ok: "Data Center 9.2.7 answers here" });
    const input = screen.getByRole("textbox", { name: "Server URL" });
    expect(input.getAttribute("aria-describedby")).toBe("url-hint url-ok");
    await rerender({ error: "The address has no server name." });
    expect(input.getAttribute("aria-describedby")).toBe("url-hint url-error");
    expect(document.getElementById("url-error")?.textContent).toBe(
      "The address has no server name.",
    );
    expect(document.getElementById("url-ok")).toBeNull();
    expect(input.getAttribute("aria-invalid")).toBe("true");
    await expectNoFindings(container);
  });
});

describe("tokens", () => {
  const values = () => JSON.parse(screen.getByTestId("values").textContent ?? "");

  it("adds with Enter and comma, once each, and removes the last with Backspace", async () => {
    render(FieldHost, {});
    const user = userEvent.setup();
    const input = screen.getByLabelText(/^Participants/);
    await user.type(input, "Mei{Enter}Ben,Mei{Enter}  {Enter}");
    expect(values()).toEqual(["Mei", "Ben"]);
    await user.keyboard("{Backspace}");
    expect(values()).toEqual(["Mei"]);
    await user.click(screen.getByRole("button", { name: "Remove Mei" }));
    expect(values()).toEqual([]);
    expect(document.activeElement).toBe(input);
  });

  it("keeps what was typed when the field is left, and cuts a pasted list", async () => {
    render(FieldHost, {});
    const user = userEvent.setup();
    await user.click(screen.getByLabelText(/^Participants/));
    await user.paste("Mei Tanaka; Ben Carter\nPriya");
    await user.keyboard("Ines");
    await user.tab();
    expect(values()).toEqual(["Mei Tanaka", "Ben Carter", "Priya", "Ines"]);
  });
});

describe("tally", () => {
  it("counts within its limits", async () => {
    render(FieldHost, {});
    const user = userEvent.setup();
    const input = screen.getByRole("spinbutton", { name: "Great" });
    await user.click(screen.getByRole("button", { name: "More: Great" }));
    expect(screen.getByTestId("count").textContent).toBe("3");
    await user.clear(input);
    await user.type(input, "9");
    expect(screen.getByTestId("count").textContent).toBe("5");
    await fireEvent.change(input, { target: { value: "" } });
    expect(screen.getByTestId("count").textContent).toBe("0");
    await user.click(screen.getByRole("button", { name: "Less: Great" }));
    expect(screen.getByTestId("count").textContent).toBe("0");
    expect(input).toHaveProperty("value", "0");
  });
});

describe("segmented", () => {
  const items = [
    { id: "page", label: "Page" },
    { id: "pdf", label: "PDF" },
  ];

  it("moves between tabs with the arrow keys", async () => {
    const onchange = vi.fn();
    render(Segmented, { label: "Preview", kind: "tabs", items, value: "page", onchange });
    screen.getByRole("tab", { name: "Page" }).focus();
    await userEvent.setup().keyboard("{ArrowRight}");
    expect(onchange).toHaveBeenCalledWith("pdf");
    expect(document.activeElement).toBe(screen.getByRole("tab", { name: "PDF" }));
  });

  it("presses filters, and leads to places", async () => {
    const onchange = vi.fn();
    const { unmount } = render(Segmented, { label: "Kind", items, value: "page", onchange });
    expect(screen.getByRole("button", { name: "Page" }).getAttribute("aria-pressed")).toBe("true");
    await userEvent.setup().click(screen.getByRole("button", { name: "PDF" }));
    expect(onchange).toHaveBeenCalledWith("pdf");
    unmount();
    render(Segmented, {
      label: "Settings",
      items: items.map((it) => ({ ...it, href: `#/${it.id}` })),
      value: "pdf",
    });
    expect(screen.getByRole("link", { name: "PDF" }).getAttribute("aria-current")).toBe("page");
    expect(screen.getByRole("link", { name: "Page" }).getAttribute("aria-current")).toBeNull();
    await expectNoFindings();
  });
});

it("says every state in words", () => {
  const states: [PublishState, string][] = [
    [{ type: "draft" }, "Draft"],
    [{ type: "publishing", step: 3 }, "Publishing 3/5"],
    [{ type: "checking" }, "Checking"],
    [{ type: "published", version: 1, changed: false }, "Published"],
    [{ type: "pdfMissing", version: 1 }, "PDF missing"],
    [{ type: "needsAttention", message: "" }, "Needs attention"],
    [{ type: "conflict", message: "" }, "Conflict"],
    [{ type: "deleted" }, "Deleted"],
  ];
  for (const [state, words] of states) {
    const { container, unmount } = render(StateChip, { state });
    expect(container.textContent?.trim()).toBe(words);
    unmount();
  }
});

it("says each step's state to those who do not see it", () => {
  render(Strip, {
    steps: [
      { name: "Sign in", state: "done" },
      { name: "Create page", state: "running" },
      { name: "Upload PDF", state: "failed" },
    ],
  });
  const said = screen.getAllByRole("listitem").map((it) => it.textContent?.trim());
  expect(said).toEqual(["Sign in, done", "Create page, under way", "Upload PDF, failed"]);
});

it("tells an error's cause and cure, and copies its details", async () => {
  const user = userEvent.setup();
  const retry = vi.fn();
  render(ErrorNotice, {
    retry,
    error: problem("signInRefused", {
      message: "Confluence refused the token",
      cause: "It may have expired.",
      hint: "Enter a new token.",
      details: "GET /rest/api/user/current 401",
    }),
  });
  const alert = screen.getByRole("alert");
  expect(alert.textContent).toContain("Why: It may have expired.");
  expect(alert.textContent).toContain("What to do: Enter a new token.");
  await user.click(screen.getByText("Details"));
  await user.click(screen.getByRole("button", { name: "Copy details" }));
  expect(await navigator.clipboard.readText()).toBe("GET /rest/api/user/current 401");
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledOnce();
  await expectNoFindings();
});

it("reads out a conflict as an error", () => {
  render(ErrorNotice, { error: problem("titleTaken", { message: "The title is taken" }) });
  const alert = screen.getByRole("alert");
  expect(alert.classList.contains("notice-clash")).toBe(true);
  expect(alert.textContent).toContain("The title is taken");
});

describe("what is said", () => {
  beforeEach(() => {
    toasts.length = 0;
    said.polite = "";
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it("keeps a toast for 8 seconds, and longer while it is hovered", async () => {
    render(Live);
    toast("Sprint 42 deleted", { action: { label: "Undo", run: () => undefined } });
    await vi.advanceTimersByTimeAsync(7900);
    const shown = screen.getByRole("button", { name: "Undo" }).closest(".toast");
    if (!shown) throw new Error("no toast");
    await fireEvent.pointerEnter(shown);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(toasts).toHaveLength(1);
    await fireEvent.pointerLeave(shown);
    await vi.advanceTimersByTimeAsync(7900);
    expect(toasts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(toasts).toHaveLength(0);
  });

  it("says the same words again", () => {
    announce("Copied");
    const first = said.polite;
    announce("Copied");
    expect(said.polite).not.toBe(first);
    expect(said.polite.trim()).toBe("Copied");
  });
});
