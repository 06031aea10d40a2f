import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { tell } from "../src/api/events";
import { today } from "../src/screens/draft/dates";
import { toasts } from "../src/state/announce.svelte";
import { expectNoFindings, openApp } from "./app";
import { type Backend, problem, samples } from "./backend";

// Whole screens, with axe on each: slow where the machine is busy.
vi.setConfig({ testTimeout: 30_000 });

/** A day from now on, "2026-11-19". */
const inDays = (days: number) => today(new Date(Date.now() + days * 86_400_000));
const next = () => screen.getByRole("button", { name: "Next" });
const heading = (name: string) => screen.findByRole("heading", { level: 1, name });
const calls = (backend: Backend, name: string) =>
  backend.calls.filter((it) => it.name === name).map((it) => it.args);

/** As far as a checked connection through the sandbox. */
async function connected() {
  const backend = await openApp("/connect/team-1?sandbox=cloud");
  const user = userEvent.setup({ delay: null });
  await screen.findByDisplayValue("http://localhost:8090/wiki");
  await user.click(next());
  await heading("Configuration");
  return { backend, user };
}

async function configured() {
  const { backend, user } = await connected();
  await user.type(await screen.findByRole("combobox", { name: "Space" }), "payments{Enter}");
  await user.click(next());
  await heading("Test");
  return { backend, user };
}

describe("Connect", () => {
  it("offers the five methods by their names, and their fields in their order", async () => {
    await openApp("/connect/team-1");
    const user = userEvent.setup({ delay: null });
    const methods = await screen.findByRole("group", { name: "AUTHENTICATION METHOD" });
    expect(
      within(methods)
        .getAllByRole("radio")
        .map((it) => it.closest("label")?.textContent?.trim()),
    ).toEqual([
      "Confluence Cloud - Atlassian Login",
      "Confluence Cloud - API Token",
      "Confluence Server / Data Center - Personal Access Token",
      "Confluence Server / Data Center - Basic Authentication",
      "Confluence Server / Data Center - Application Link",
    ]);
    const labels = () =>
      [...document.querySelectorAll("form .field > label")].map((it) => it.textContent?.trim());
    expect(labels()).toEqual(["Server URL", "API token", "Email Address", "Expires on optional"]);
    await expectNoFindings();
    await user.click(screen.getByLabelText(/Personal Access Token$/));
    expect(labels()).toEqual(["Server URL", "Personal Access Token", "Expires on optional"]);
    await expectNoFindings();
    await user.click(screen.getByLabelText(/Basic Authentication$/));
    expect(labels()).toEqual(["Server URL", "Confluence Username", "Confluence Password"]);
    screen.getByText(/separate user with minimal permissions/);
    await expectNoFindings();
  });

  it("names the empty fields on top and at the fields, and asks nobody", async () => {
    const backend = await openApp("/connect/team-1");
    const user = userEvent.setup({ delay: null });
    await screen.findByLabelText("Server URL");
    await user.click(next());
    await screen.findByText("3 fields need a change");
    expect(document.activeElement?.textContent).toContain("3 fields need a change");
    expect(screen.getByLabelText("Server URL").getAttribute("aria-invalid")).toBe("true");
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: /^Email Address:/ }));
    expect(document.activeElement).toBe(screen.getByLabelText("Email Address"));
    await user.type(screen.getByLabelText("Email Address"), "ines");
    expect(screen.getByLabelText("Email Address").getAttribute("aria-invalid")).toBeNull();
    expect(calls(backend, "check_connection")).toEqual([]);
  });

  it("shows what the server said on top and at its field, and keeps what was typed", async () => {
    const backend = await openApp("/connect/team-1");
    backend.failNext(
      "check_connection",
      problem("signInRefused", {
        message: "Confluence did not accept the API token",
        cause: "It expired, or belongs to another account.",
        hint: "Create a new one.",
        field: "apiToken",
        details: "GET /wiki/api/v2/spaces\n401",
      }),
    );
    const user = userEvent.setup({ delay: null });
    await user.type(await screen.findByLabelText("Server URL"), "https://a.example/wiki");
    await user.type(screen.getByLabelText("API token"), "token-1");
    await user.type(screen.getByLabelText("Email Address"), "ines@a.example");
    await user.click(next());
    await screen.findByText("Confluence did not accept the API token");
    const token = screen.getByLabelText("API token");
    expect(token.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(`${token.id}-error`)?.textContent).toContain("Create a new one");
    expect(token).toHaveProperty("value", "token-1");
    screen.getByText(/GET \/wiki\/api\/v2\/spaces/);
    await expectNoFindings();
    await user.type(token, "!");
    expect(screen.queryByText("Confluence did not accept the API token")).toBeNull();
  });

  it("offers plain http only after it was refused, and says what it means", async () => {
    const backend = await openApp("/connect/team-1");
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByLabelText(/Personal Access Token$/));
    await user.type(screen.getByLabelText("Server URL"), "http://wiki.example/x");
    await user.type(screen.getByLabelText("Personal Access Token", { selector: "input.in" }), "t");
    expect(screen.queryByRole("checkbox")).toBeNull();
    backend.failNext(
      "check_connection",
      problem("insecureHttp", { message: "Plain http", field: "serverUrl" }),
    );
    await user.click(next());
    const allow = await screen.findByRole("checkbox", { name: /Allow http for wiki.example/ });
    screen.getByText(/Nothing is encrypted then/);
    await user.click(allow);
    await user.click(next());
    await heading("Configuration");
    expect(calls(backend, "check_connection").at(-1)).toMatchObject({
      request: { allowHttp: true, serverUrl: "http://wiki.example/x" },
    });
  });

  it("hides a secret until it is asked for", async () => {
    await openApp("/connect/team-1");
    const user = userEvent.setup({ delay: null });
    const token = await screen.findByLabelText("API token");
    expect(token).toHaveProperty("type", "password");
    await user.click(screen.getByRole("button", { name: "Show API token" }));
    expect(token).toHaveProperty("type", "text");
  });

  it("fills in the sandbox's sign-in for the chosen method", async () => {
    await openApp("/connect/team-1");
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByLabelText(/Basic Authentication$/));
    await user.click(screen.getByRole("button", { name: "Try with the built-in sandbox" }));
    await waitFor(() =>
      expect(screen.getByLabelText("Confluence Password")).toHaveProperty(
        "value",
        "sandbox-password",
      ),
    );
    expect(screen.getByLabelText("Server URL")).toHaveProperty(
      "value",
      "http://localhost:8091/confluence",
    );
  });

  it("opens the page of the entered server, once there is one", async () => {
    const backend = await openApp("/connect/team-1");
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByLabelText(/Personal Access Token$/));
    await user.click(screen.getByText("How to create a Personal Access Token"));
    const open = screen.getByRole("button", { name: "Open the Personal Access Tokens page" });
    await user.click(open);
    expect(calls(backend, "open_server_page")).toEqual([]);
    await user.type(screen.getByLabelText("Server URL"), "https://wiki.example");
    await user.click(open);
    expect(calls(backend, "open_server_page")).toEqual([
      { method: "personalAccessToken", serverUrl: "https://wiki.example", page: "tokens" },
    ]);
  });

  it("keeps a saved secret out of sight, and sends none while it is kept", async () => {
    const backend = await openApp("/connect/team-1/integration-2");
    const user = userEvent.setup({ delay: null });
    await screen.findByText("Saved");
    await expectNoFindings();
    await user.clear(screen.getByLabelText("Email Address"));
    await user.type(screen.getByLabelText("Email Address"), "other@harbour.example");
    await user.click(next());
    await heading("Configuration");
    expect(calls(backend, "check_connection")).toMatchObject([
      { request: { secret: null, integrationId: "integration-2" } },
    ]);
  });

  it("replaces a saved secret, and takes it back", async () => {
    await openApp("/connect/team-1/integration-2");
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByRole("button", { name: "Replace API token" }));
    expect(document.activeElement).toBe(screen.getByLabelText("API token"));
    await user.click(screen.getByRole("button", { name: "Keep the saved one" }));
    screen.getByText("Saved");
  });

  it("removes a saved secret at once, after saying what that means", async () => {
    const backend = await openApp("/connect/team-1/integration-2");
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByRole("button", { name: "Remove… API token" }));
    const dialog = await screen.findByRole("alertdialog", {
      name: "Remove the API token of harbour-example.atlassian.net?",
    });
    expect(document.activeElement).toBe(within(dialog).getByRole("button", { name: "Keep it" }));
    await expectNoFindings();
    expect(calls(backend, "remove_secret")).toEqual([]);
    await user.click(within(dialog).getByRole("button", { name: "Remove the API token" }));
    await screen.findByText("The token was removed.");
    expect(calls(backend, "remove_secret")).toEqual([{ integrationId: "integration-2" }]);
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("API token")));
    expect(screen.queryByRole("button", { name: "Keep the saved one" })).toBeNull();
    await user.click(next());
    await screen.findByText("Enter the API token.");
  });

  it("says why a saved secret could not be removed, and keeps it", async () => {
    const backend = await openApp("/connect/team-1/integration-2");
    backend.failNext(
      "remove_secret",
      problem("keyringLocked", { message: "The keyring is locked" }),
    );
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByRole("button", { name: "Remove… API token" }));
    await user.click(await screen.findByRole("button", { name: "Remove the API token" }));
    await screen.findByText("The keyring is locked");
    screen.getByText("Saved");
  });

  it("takes the day a token ends, and warns two weeks ahead and after it", async () => {
    const backend = await openApp("/connect/team-1");
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByLabelText(/Personal Access Token$/));
    const day = screen.getByLabelText("Expires on optional");
    screen.getByText(/You are warned two weeks ahead/);
    fireEvent.input(day, { target: { value: inDays(90) } });
    await screen.findByText(/You are warned from two weeks before/);
    fireEvent.input(day, { target: { value: inDays(14) } });
    await screen.findByText(/Ends in 14 days/);
    fireEvent.input(day, { target: { value: inDays(-1) } });
    await screen.findByText(/This day is over/);
    await expectNoFindings();
    await user.type(screen.getByLabelText("Server URL"), "https://wiki.example");
    await user.type(screen.getByLabelText("Personal Access Token", { selector: "input.in" }), "t");
    await user.click(next());
    await heading("Configuration");
    expect(calls(backend, "check_connection")).toMatchObject([
      { request: { expiresOn: inDays(-1) } },
    ]);
  });

  it("warns of a saved token that ends, and asks for a new one", async () => {
    const seed = samples();
    const ending = seed.integrations?.find((it) => it.id === "integration-2");
    if (!ending) throw new Error("no such sample");
    ending.expiresOn = inDays(5);
    ending.expiryWarning = "The API token expires in 5 days.";
    await openApp("/connect/team-1/integration-2", seed);
    const user = userEvent.setup({ delay: null });
    await screen.findByText("The API token expires in 5 days.");
    expect(screen.getByLabelText("Expires on optional")).toHaveProperty("value", inDays(5));
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Enter a new token" }));
    expect(document.activeElement).toBe(screen.getByLabelText("API token"));
    expect(screen.getByLabelText("Expires on optional")).toHaveProperty("value", "");
    expect(screen.queryByText("The API token expires in 5 days.")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Keep the saved one" }));
    expect(screen.getByLabelText("Expires on optional")).toHaveProperty("value", inDays(5));
  });

  it("does not offer a saved secret to another server", async () => {
    await openApp("/connect/team-1/integration-2");
    const user = userEvent.setup({ delay: null });
    await screen.findByText("Saved");
    await user.clear(screen.getByLabelText("Server URL"));
    await user.type(screen.getByLabelText("Server URL"), "https://other.example/wiki");
    expect(screen.queryByText("Saved")).toBeNull();
    screen.getByText(/belongs to harbour-example.atlassian.net/);
  });

  it("asks for a saved secret that the keyring has lost", async () => {
    await openApp("/connect/team-1/integration-1");
    await screen.findByText("The saved token is no longer in the keyring.");
    expect(screen.queryByText("Saved")).toBeNull();
  });
});

describe("Configuration", () => {
  it("has the defaults of a new connection, in the written order", async () => {
    await connected();
    await expectNoFindings();
    expect(screen.getByLabelText("Retrospective Page Title")).toHaveProperty(
      "value",
      "{{RetrospectiveTitleOrDate}} - Retrospective",
    );
    expect(screen.getByLabelText("Health Check Page Title")).toHaveProperty(
      "value",
      "{{HealthCheckTitleOrDate}} - Health Check",
    );
    const names = [...document.querySelectorAll("main label, main legend")]
      .map((it) => it.textContent?.trim() ?? "")
      .filter((it) => /^(Space|Labels.*|.* (Parent Page|Page Title))$/.test(it));
    expect(names).toEqual([
      "Space",
      "Retrospective Parent Page",
      "Retrospective Page Title",
      "Health Check Parent Page",
      "Health Check Page Title",
      "Labels optional",
    ]);
    for (const name of ["Retrospective Parent Page", "Health Check Parent Page"]) {
      const group = screen.getByRole("group", { name });
      expect(within(group).getByLabelText("None")).toHaveProperty("checked", true);
    }
  });

  it("finds a space by name and by key, with the keyboard, personal ones apart", async () => {
    const { user } = await connected();
    const space = await screen.findByRole("combobox", { name: "Space" });
    await waitFor(() => screen.getByText("Ines Okafor may see 4 spaces."));
    await user.click(space);
    const personal = screen.getByRole("group", { name: "Personal spaces" });
    within(personal).getByRole("option", { name: /Ines Okafor/ });
    await user.type(space, "mob");
    expect(screen.getAllByRole("option")).toHaveLength(1);
    await expectNoFindings();
    await user.keyboard("{Enter}");
    expect(space).toHaveProperty("value", "Mobile Onboarding (MOB)");
    expect(space.getAttribute("aria-expanded")).toBe("false");
    await user.clear(space);
    await user.type(space, "nowhere");
    screen.getByText(/No space has “nowhere”/);
    await user.keyboard("{Escape}");
    expect(space).toHaveProperty("value", "Mobile Onboarding (MOB)");
  });

  it("previews the title while it is typed, inserts at the cursor, and drops stale answers", async () => {
    const { backend, user } = await connected();
    const title = screen.getByLabelText("Retrospective Page Title") as HTMLInputElement;
    await screen.findByText("Sprint 42 - Retrospective");
    await user.clear(title);
    await user.type(title, "Retro ");
    const insert = screen.getByRole("group", { name: "Insert into Retrospective Page Title" });
    await user.click(within(insert).getByRole("button", { name: /\{\{YYYY\}\}/ }));
    expect(title.value).toBe("Retro {{YYYY}}");
    expect(document.activeElement).toBe(title);
    await screen.findAllByText("Retro 2026");
    let slow: (() => void) | undefined;
    backend.override("preview_title", async ({ template }) => {
      if (template === "slow") await new Promise<void>((done) => (slow = done));
      return {
        sample: "Sprint 42",
        withTitle: `made of ${template}`,
        withoutTitle: "",
        length: 4,
        problem: null,
      };
    });
    await user.clear(title);
    await user.type(title, "slow");
    await waitFor(() => expect(slow).toBeDefined());
    await user.type(title, "er");
    await screen.findByText("made of slower");
    slow?.();
    await new Promise((done) => setTimeout(done, 30));
    screen.getByText("made of slower");
  });

  it("says at the field what is wrong with a title, and does not go on", async () => {
    const { user } = await connected();
    const title = screen.getByLabelText("Health Check Page Title");
    await user.clear(title);
    await user.type(title, "{{{{nothing}}");
    await waitFor(() => expect(title.getAttribute("aria-invalid")).toBe("true"));
    await user.click(next());
    await screen.findByText("2 fields need a change");
    screen.getByRole("button", { name: /^Space:/ });
    screen.getByRole("button", { name: /^Health Check Page Title:/ });
  });

  it("looks a new parent up by its title", async () => {
    const { user } = await connected();
    await user.type(await screen.findByRole("combobox", { name: "Space" }), "payments{Enter}");
    const group = screen.getByRole("group", { name: "Health Check Parent Page" });
    await user.click(within(group).getByLabelText("Create a new parent page"));
    const title = within(group).getByLabelText("Title of the new page");
    expect(title).toHaveProperty("value", "Health Checks");
    await within(group).findByText(/“Health Checks” is in PAY already and will be used/);
    await user.type(title, " of 2026");
    await within(group).findByText(/Free in PAY/);
    await expectNoFindings();
  });

  it("chooses an existing parent from the tree by keyboard, or from a search", async () => {
    const { backend, user } = await connected();
    await user.type(await screen.findByRole("combobox", { name: "Space" }), "payments{Enter}");
    const group = screen.getByRole("group", { name: "Retrospective Parent Page" });
    await user.click(within(group).getByLabelText("Existing page"));
    const root = await within(group).findByRole("treeitem", { name: "Payments Platform Home" });
    await within(group).findByRole("treeitem", { name: "Team" });
    await expectNoFindings();
    root.focus();
    await user.keyboard("{ArrowDown}{ArrowRight}");
    await within(group).findByRole("treeitem", { name: "Retrospectives" });
    await user.keyboard("{ArrowDown}{Enter}");
    const picked = document.activeElement?.textContent?.trim();
    expect(group.querySelector(".picked-name")?.textContent).toBe(picked);
    await user.type(within(group).getByRole("searchbox"), "runb");
    await user.click(await within(group).findByRole("radio", { name: /Runbooks/ }));
    await user.click(next());
    await heading("Test");
    expect(calls(backend, "run_checklist")[0]).toMatchObject({
      configuration: { retrospectiveParent: { type: "existing", id: "14", title: "Runbooks" } },
    });
  });

  it("says that a list of pages was cut, and how to find the others", async () => {
    const { backend, user } = await connected();
    const whole = backend.answers.list_pages;
    backend.override("list_pages", async (args) => ({
      ...(await whole(args)),
      more: args.parentId === "11",
    }));
    const all = backend.answers.find_pages;
    backend.override("find_pages", async (args) => ({ ...(await all(args)), more: true }));
    await user.type(await screen.findByRole("combobox", { name: "Space" }), "payments{Enter}");
    const group = screen.getByRole("group", { name: "Retrospective Parent Page" });
    await user.click(within(group).getByLabelText("Existing page"));
    const team = await within(group).findByRole("treeitem", { name: "Team" });
    expect(within(group).queryByText(/^Only the first/)).toBeNull();
    team.focus();
    await user.keyboard("{ArrowRight}");
    await within(group).findByText(/^Only the first 2 pages of a list are shown/);
    await user.type(within(group).getByRole("searchbox"), "r");
    await within(group).findByText(/^Only the first \d pages are shown. Type more/);
    await expectNoFindings();
  });

  it("writes labels the way Confluence takes them, and refuses what it does not", async () => {
    const { backend, user } = await connected();
    await user.type(await screen.findByRole("combobox", { name: "Space" }), "payments{Enter}");
    const labels = screen.getByLabelText(/^Labels/, { selector: "input" });
    await user.type(labels, "Team Alpha{Enter}what?{Enter}");
    screen.getByRole("button", { name: "Remove team-alpha" });
    await user.click(next());
    await screen.findAllByText(/Confluence takes no “\?” in a label/);
    await user.click(screen.getByRole("button", { name: "Remove what?" }));
    await user.click(next());
    await heading("Test");
    expect(calls(backend, "run_checklist")[0]).toMatchObject({
      configuration: { labels: ["team-alpha"] },
    });
  });

  it("keeps everything on Back, the secret too, and checks again only after a change", async () => {
    const { backend, user } = await connected();
    await user.type(await screen.findByRole("combobox", { name: "Space" }), "payments{Enter}");
    await user.click(screen.getByRole("button", { name: "Back" }));
    await heading("Connect");
    expect(screen.getByLabelText("API token")).toHaveProperty("value", "sandbox-api-token");
    await user.click(next());
    await heading("Configuration");
    expect(screen.getByRole("combobox", { name: "Space" })).toHaveProperty(
      "value",
      "Payments Platform (PAY)",
    );
    expect(calls(backend, "check_connection")).toHaveLength(1);
    await user.click(screen.getByRole("button", { name: "Back" }));
    await user.type(screen.getByLabelText("API token"), "x");
    await user.click(next());
    await heading("Configuration");
    expect(calls(backend, "check_connection")).toHaveLength(2);
    expect(calls(backend, "leave_connection")).toHaveLength(1);
  });
});

describe("Test", () => {
  it("publishes a test of each kind, views it and deletes it", async () => {
    const { backend, user } = await configured();
    await screen.findByText("9 passed, 1 note, 1 not known");
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Publish Test Health Check Summary" }));
    await screen.findByText("Test Health Check, with PDF.");
    expect(
      screen.getAllByRole("listitem").some((it) => it.textContent === "Upload PDF, done"),
    ).toBe(true);
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: /View in Confluence/ }));
    expect(calls(backend, "view_test")).toHaveLength(1);
    await user.click(screen.getByRole("button", { name: /^Delete/ }));
    await screen.findByText("The test page was deleted.");
    expect(calls(backend, "delete_test")).toHaveLength(1);
    expect(document.activeElement).toBe(
      screen.getByRole("button", { name: "Publish Test Health Check Summary" }),
    );
  });

  it("follows the steps as they are told", async () => {
    const { backend, user } = await configured();
    backend.pace = 5;
    const before = backend.calls.length;
    await user.click(screen.getByRole("button", { name: "Publish Test Retrospective Summary" }));
    await screen.findByText("Test Retrospective, with PDF.");
    const reads = backend.calls.slice(before).filter((it) => it.name === "open_operation");
    expect(reads.length).toBeGreaterThan(2);
    const count = backend.calls.length;
    tell({ type: "operationChanged", operationId: "another", draftId: null });
    expect(backend.calls).toHaveLength(count);
  });

  it("says why a test failed, and leads to the field", async () => {
    const { backend, user } = await configured();
    backend.failNext(
      "publish_test",
      problem("spaceGone", {
        message: "The space PAY was not found",
        cause: "It is gone, or this account may not see it.",
        hint: "Choose another space.",
        field: "space",
        details: "404 No space",
      }),
    );
    await user.click(screen.getByRole("button", { name: "Publish Test Retrospective Summary" }));
    await screen.findByText("The space PAY was not found");
    screen.getByText("404 No space");
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Go to Space" }));
    await heading("Configuration");
    await waitFor(() =>
      expect(document.activeElement).toBe(screen.getByRole("combobox", { name: "Space" })),
    );
  });
});

describe("Save and leave", () => {
  it("stores nothing before SAVE CHANGES, then goes back to the integrations", async () => {
    const { backend, user } = await configured();
    await user.click(next());
    await heading("Save");
    await expectNoFindings();
    screen.getByText("Payments Platform (PAY)");
    expect(calls(backend, "save_integration")).toEqual([]);
    await user.click(screen.getByRole("button", { name: "SAVE CHANGES" }));
    await waitFor(() => expect(location.hash).toBe("#/settings/integrations"));
    expect(calls(backend, "save_integration")).toMatchObject([
      {
        configuration: {
          spaceKey: "PAY",
          retrospectiveParent: { type: "none" },
          healthCheckParent: { type: "none" },
          labels: [],
        },
      },
    ]);
    expect(toasts.at(-1)?.text).toMatch(/^Saved\./);
    await waitFor(() => expect(calls(backend, "leave_connection")).toHaveLength(1));
  });

  it("shows what kept it from being saved", async () => {
    const { backend, user } = await configured();
    backend.failNext(
      "save_integration",
      problem("keyringLocked", { message: "The keyring is locked" }),
    );
    await user.click(next());
    await user.click(await screen.findByRole("button", { name: "SAVE CHANGES" }));
    await screen.findByText("The keyring is locked");
    await heading("Save");
  });

  it("offers to keep the secret for this session only where there is no keyring", async () => {
    const { backend, user } = await configured();
    backend.failNext(
      "save_integration",
      problem("keyringMissing", { message: "This computer has no keyring" }),
    );
    await user.click(next());
    await user.click(await screen.findByRole("button", { name: "SAVE CHANGES" }));
    await user.click(
      await screen.findByRole("button", { name: "Keep the API token for this session only" }),
    );
    await waitFor(() => expect(location.hash).toBe("#/settings/integrations"));
    expect(calls(backend, "save_integration").map((it) => it.sessionOnly)).toEqual([false, true]);
  });

  it("asks before what was entered is lost; the focus is on the safe choice", async () => {
    const { user } = await connected();
    await user.click(screen.getByRole("link", { name: "Cancel" }));
    const dialog = await screen.findByRole("alertdialog", { name: "Leave without saving?" });
    expect(document.activeElement).toBe(
      within(dialog).getByRole("button", { name: "Keep editing" }),
    );
    await expectNoFindings();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    await heading("Configuration");
    await user.click(screen.getByRole("link", { name: "Cancel" }));
    await user.click(await screen.findByRole("button", { name: "Leave without saving" }));
    await waitFor(() => expect(location.hash).toBe("#/settings/integrations"));
  });

  it("leaves at once when nothing was entered", async () => {
    await openApp("/connect/team-1", samples());
    const user = userEvent.setup({ delay: null });
    await screen.findByLabelText("Server URL");
    await user.click(screen.getByRole("link", { name: "Cancel" }));
    await waitFor(() => expect(location.hash).toBe("#/settings/integrations"));
  });
});
