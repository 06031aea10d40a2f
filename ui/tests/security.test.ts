import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { expectNoFindings, openApp } from "./app";
import { type Backend, problem } from "./backend";
import { handedOn, supportReport } from "./samples";
// Loaded on demand in the window; here beforehand, so that no waiting depends on how long it takes.
import "../src/screens/security/SavePdf.svelte";
import "../src/screens/security/Security.svelte";
import "../src/screens/settings/Settings.svelte";
import "../src/screens/wizard/Wizard.svelte";

const calls = (backend: Backend, name: string) => backend.calls.filter((it) => it.name === name);

describe("Confluence integration security", () => {
  it("is reached from Settings and told with its tables", async () => {
    await openApp("/settings/integrations");
    const user = userEvent.setup();
    await user.click(
      await screen.findByRole("link", { name: "Read it Confluence integration security" }),
    );
    await screen.findByRole("heading", { level: 1, name: "Confluence integration security" });
    await screen.findByRole("heading", { level: 2, name: "Every API call" });
    screen.getByRole("heading", { level: 3, name: "Hosts to allow" });
    const hosts = screen.getByRole("table", { name: "Hosts to allow" });
    within(hosts).getByRole("columnheader", { name: "Needed for" });
    expect(within(hosts).getByText("auth.atlassian.com").tagName).toBe("CODE");
    expect(screen.getByRole("link", { name: "Settings" }).getAttribute("aria-current")).toBe(
      "page",
    );
    await expectNoFindings();
  });

  it("is saved as PDF, and says when that failed", async () => {
    const backend = await openApp("/security");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Save as PDF…" }));
    await screen.findByText("Saved as /home/ines/Confluence integration security.pdf");
    backend.failNext("save_security_pdf", problem("diskFull", { message: "The disk is full" }));
    await user.click(screen.getByRole("button", { name: "Save as PDF…" }));
    await screen.findByText("The disk is full");
    await expectNoFindings();
  });

  it("is read in the wizard without leaving it", async () => {
    await openApp("/connect/team-1");
    const user = userEvent.setup();
    await user.type(await screen.findByLabelText("Server URL"), "https://a.example/wiki");
    await user.click(screen.getByRole("button", { name: "Confluence integration security" }));
    const dialog = await screen.findByRole("dialog", { name: "Confluence integration security" });
    await within(dialog).findByRole("heading", { level: 3, name: "Every API call" });
    await within(dialog).findByRole("button", { name: "Save as PDF…" });
    await expectNoFindings();
    await user.click(within(dialog).getAllByRole("button", { name: "Close" })[0] as HTMLElement);
    expect(screen.getByLabelText("Server URL")).toHaveProperty("value", "https://a.example/wiki");
  });
});

describe("handing a configuration on", () => {
  it("says what is in the file and what is not, and who made it", async () => {
    const backend = await openApp("/settings/integrations");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Hand on… wiki.harbour.example" }));
    const dialog = await screen.findByRole("dialog", { name: "Hand on wiki.harbour.example" });
    const name = within(dialog).getByRole("textbox", { name: "Made by" });
    expect(name).toHaveProperty("value", "svc-retropress");
    within(dialog).getByText("Not in it");
    await expectNoFindings();
    await user.clear(name);
    await user.click(within(dialog).getByRole("button", { name: "Save…" }));
    await waitFor(() => expect(name.getAttribute("aria-invalid")).toBe("true"));
    expect(document.activeElement).toBe(name);
    await user.type(name, "Ines Okafor{Enter}");
    await screen.findByText(/^Saved as .*\.json$/);
    expect(calls(backend, "hand_on_integration").at(-1)?.args).toEqual({
      integrationId: "integration-1",
      madeBy: "Ines Okafor",
    });
  });
});

describe("opening a configuration", () => {
  const file = () => new File(["{}"], "wiki.json", { type: "application/json" });
  const choose = async (chosen = file()) => {
    const input = document.querySelector<HTMLInputElement>("input[type=file]");
    if (!input) throw new Error("there is no field for a file");
    await userEvent.setup().upload(input, chosen);
  };

  it("shows the server and who made it before anything is done", async () => {
    const backend = await openApp("/settings/integrations");
    await screen.findByRole("button", { name: "Open a configuration…" });
    await choose();
    const dialog = await screen.findByRole("dialog", { name: "Use this configuration?" });
    within(dialog).getByText("https://wiki.harbour.example");
    within(dialog).getByText(/^Ines Okafor, .*nobody has checked it\.$/);
    within(dialog).getByText(/proxy\.harbour\.example:3128 is used by whoever made it/);
    expect(document.activeElement).toBe(within(dialog).getByRole("button", { name: "Cancel" }));
    await expectNoFindings();
    await userEvent.setup().click(within(dialog).getByRole("button", { name: "Cancel" }));
    expect(location.hash).toBe("#/settings/integrations");
    expect(calls(backend, "check_connection")).toEqual([]);
  });

  it("opens the wizard at Connect, where only the sign-in is missing", async () => {
    const backend = await openApp("/settings/integrations");
    backend.override("open_handed_on", () => {
      const found = handedOn();
      Object.assign(found.configuration, { spaceId: "98305", spaceName: "Payments Platform" });
      return found;
    });
    await screen.findByRole("button", { name: "Open a configuration…" });
    await choose();
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByRole("button", { name: "Go on to sign in" }));
    await screen.findByText("Filled in by Ines Okafor, 18 Nov 2026");
    expect(await screen.findByLabelText("Server URL")).toHaveProperty(
      "value",
      "https://wiki.harbour.example/confluence",
    );
    const token = screen.getByLabelText("Personal Access Token");
    expect(token).toHaveProperty("value", "");
    await expectNoFindings();
    await user.type(token, "token-1");
    await user.click(screen.getByRole("button", { name: /^Next/ }));
    await screen.findByRole("heading", { level: 1, name: "Configuration" });
    expect(calls(backend, "check_connection")[0]?.args).toMatchObject({
      request: {
        serverUrl: "https://wiki.harbour.example/confluence",
        method: "personalAccessToken",
        allowHttp: false,
        secret: "token-1",
      },
    });
    await user.click(screen.getByRole("button", { name: /^Next/ }));
    await screen.findByRole("heading", { level: 1, name: "Test" });
    await user.click(screen.getByRole("button", { name: /^Next/ }));
    await user.click(await screen.findByRole("button", { name: "SAVE CHANGES" }));
    await waitFor(() => expect(calls(backend, "save_integration")).toHaveLength(1));
    expect(calls(backend, "save_integration")[0]?.args).toMatchObject({
      configuration: {
        spaceId: "98305",
        retrospectiveParent: { type: "new", title: "Retrospectives {{YYYY}}" },
        labels: ["retro"],
      },
    });
  });

  it("is used once: the next wizard starts empty", async () => {
    await openApp("/settings/integrations");
    await screen.findByRole("button", { name: "Open a configuration…" });
    await choose();
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByRole("button", { name: "Go on to sign in" }));
    await screen.findByText(/^Filled in by/);
    await user.click(screen.getByRole("link", { name: "Cancel" }));
    const leave = await screen.findByRole("button", { name: "Leave without saving" });
    await user.click(leave);
    await user.click(await screen.findByRole("link", { name: "CONNECT" }));
    expect(await screen.findByLabelText("Server URL")).toHaveProperty("value", "");
    expect(screen.queryByText(/^Filled in by/)).toBeNull();
  });

  it("says why a file is refused", async () => {
    const backend = await openApp("/settings/integrations");
    backend.failNext(
      "open_handed_on",
      problem("invalid", { message: "This configuration is damaged", field: "file" }),
    );
    await screen.findByRole("button", { name: "Open a configuration…" });
    await choose();
    const dialog = await screen.findByRole("dialog", { name: "Nothing was taken over" });
    within(dialog).getByText("This configuration is damaged");
    within(dialog).getByRole("button", { name: "Choose another file…" });
    await expectNoFindings();
  });

  it("sends no more than the beginning of a file that is too large", async () => {
    const backend = await openApp("/settings/integrations");
    await screen.findByRole("button", { name: "Open a configuration…" });
    await choose(new File(["x".repeat(1024 * 1024)], "large.json"));
    await screen.findByRole("dialog");
    const sent = String(calls(backend, "open_handed_on")[0]?.args.base64);
    expect(atob(sent)).toHaveLength(64 * 1024 + 1);
  });
});

describe("the support report", () => {
  it("is made at a press, shown in full, copied and saved as it was shown", async () => {
    const backend = await openApp("/settings/about");
    const user = userEvent.setup();
    expect(calls(backend, "make_support_report")).toEqual([]);
    await user.click(await screen.findByRole("button", { name: "Make the report" }));
    const shown = await screen.findByRole("region", { name: "Text of the report" });
    expect(shown.textContent?.trim()).toBe(supportReport.trim());
    await waitFor(() => expect(document.activeElement).toBe(shown));
    await expectNoFindings();
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    await user.click(screen.getByRole("button", { name: /^Copy report/ }));
    expect(write).toHaveBeenCalledWith(supportReport);
    await user.click(screen.getByRole("button", { name: "Save…" }));
    await screen.findByText(/^Saved as .*\.txt$/);
    expect(calls(backend, "save_support_report")[0]?.args).toEqual({ text: supportReport });
  });

  it("says when it could not be made", async () => {
    const backend = await openApp("/settings/about");
    backend.failNext("make_support_report", problem("storage", { message: "It is locked" }));
    await userEvent.setup().click(await screen.findByRole("button", { name: "Make the report" }));
    await screen.findByText("It is locked");
    screen.getByRole("button", { name: "Make the report" });
  });
});
