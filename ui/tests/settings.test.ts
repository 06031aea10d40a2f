import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { expectNoFindings, openApp } from "./app";
import { problem, samples } from "./backend";
import { oauthIntegration } from "./samples";

describe("integrations", () => {
  it("lists the team's connections, each with Edit and Disconnect", async () => {
    await openApp("/settings/integrations");
    await screen.findByText("wiki.harbour.example", { selector: "b" });
    expect(screen.getByRole("link", { name: "CONNECT" }).getAttribute("href")).toBe(
      "#/connect/team-1",
    );
    expect(
      screen.getByRole("link", { name: "Edit wiki.harbour.example" }).getAttribute("href"),
    ).toBe("#/connect/team-1/integration-1");
    screen.getByText("The saved token is no longer in the keyring.");
    screen.getByRole("link", { name: "Enter the token again for wiki.harbour.example" });
    await expectNoFindings();
  });

  it("offers to sign in again, warns of a token that ends, and tells how each signs in", async () => {
    const team1 = samples();
    await openApp("/settings/integrations", {
      ...team1,
      integrations: [
        oauthIntegration({ id: "ended", secretProblem: "The sign-in has ended." }),
        oauthIntegration({ id: "service", serviceAccount: true, scopes: "classic" }),
        {
          ...oauthIntegration({ id: "ending", clientId: "", method: "apiToken" }),
          account: "ines@harbour.example",
          expiresOn: "2027-11-18",
          expiryWarning: "The API token expires on 18 Nov 2027.",
        },
      ],
    });
    const again = await screen.findByRole("link", { name: /^Sign in again for/ });
    expect(again.getAttribute("href")).toBe("#/connect/team-1/ended");
    screen.getByText("The sign-in has ended.");
    screen.getByText("The API token expires on 18 Nov 2027.");
    const renew = screen.getByRole("link", { name: /^Enter a new token for/ });
    expect(renew.getAttribute("href")).toBe("#/connect/team-1/ending");
    screen.getByText(/Atlassian Login, with a service account, as Ines Okafor/);
    screen.getByText("With a service account, without a browser");
    screen.getByText("Classic, of the older API");
    screen.getByText("18 Nov 2027");
    await expectNoFindings();
  });

  it("asks before it disconnects, and the focus is on the safe choice", async () => {
    const backend = await openApp("/settings/integrations");
    const user = userEvent.setup();
    await user.click(
      await screen.findByRole("button", { name: "Disconnect harbour-example.atlassian.net" }),
    );
    const dialog = await screen.findByRole("alertdialog", {
      name: "Disconnect harbour-example.atlassian.net?",
    });
    expect(document.activeElement).toBe(within(dialog).getByRole("button", { name: "Keep" }));
    await expectNoFindings();
    await user.keyboard("{Enter}");
    expect(backend.state.integrations).toHaveLength(2);
    await user.click(
      screen.getByRole("button", { name: "Disconnect harbour-example.atlassian.net" }),
    );
    await user.click(
      within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Disconnect" }),
    );
    await waitFor(() =>
      expect(screen.queryByText("harbour-example.atlassian.net", { selector: "b" })).toBeNull(),
    );
    expect(backend.state.integrations.map((it) => it.id)).toEqual(["integration-1"]);
    expect(document.activeElement).toBe(screen.getByRole("link", { name: "CONNECT" }));
    expect(screen.getByRole("button", { name: /^Team: Payments Platform/ }).textContent).toContain(
      "1 connection",
    );
  });

  it("says that a team is not connected yet", async () => {
    await openApp("/settings/integrations", {
      ...samples(),
      settings: { theme: "system", paper: "a4", teamId: "team-2", closing: "ask", notify: true },
    });
    await screen.findByText(/Mobile Onboarding is not connected yet/);
  });

  it("starts the sandbox and opens the wizard for it", async () => {
    const backend = await openApp("/settings/integrations");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Connect to the sandbox" }));
    await user.click(screen.getByRole("menuitem", { name: "As Cloud" }));
    await waitFor(() => expect(location.hash).toBe("#/connect/team-1?sandbox=cloud"));
    expect(backend.calls.map((it) => it.name)).toContain("start_sandbox");
  });

  it("asks before it empties the sandbox", async () => {
    const backend = await openApp("/settings/integrations");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Empty it…" }));
    expect(backend.calls.map((it) => it.name)).not.toContain("empty_sandbox");
    await user.click(screen.getByRole("button", { name: "Empty the sandbox" }));
    await waitFor(() => expect(backend.calls.map((it) => it.name)).toContain("empty_sandbox"));
  });
});

describe("teams", () => {
  it("adds a team and shows it", async () => {
    const backend = await openApp("/settings/team");
    const user = userEvent.setup();
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "New team…" }));
    const dialog = await screen.findByRole("dialog", { name: "New team" });
    await user.click(within(dialog).getByRole("button", { name: "Add team" }));
    const name = within(dialog).getByRole("textbox", { name: "Name of the team" });
    await waitFor(() => expect(name.getAttribute("aria-invalid")).toBe("true"));
    await user.type(name, "Search{Enter}");
    await screen.findByRole("button", { name: /^Team: Search/ });
    expect(backend.state.teams).toHaveLength(3);
  });

  it("renames a team", async () => {
    const backend = await openApp("/settings/team");
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Rename… Mobile Onboarding" }));
    const name = await screen.findByRole("textbox", { name: "Name of the team" });
    expect(name).toHaveProperty("value", "Mobile Onboarding");
    await user.clear(name);
    await user.type(name, "Onboarding{Enter}");
    await screen.findByText("Onboarding", { selector: "b" });
    expect(backend.state.teams[1]?.name).toBe("Onboarding");
  });

  it("deletes a team only when its name was entered", async () => {
    const backend = await openApp("/settings/team");
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Delete… Payments Platform" }));
    const dialog = await screen.findByRole("alertdialog", { name: "Delete Payments Platform?" });
    await user.click(within(dialog).getByRole("button", { name: "Delete the team" }));
    expect(backend.state.teams).toHaveLength(2);
    await expectNoFindings();
    await user.type(
      within(dialog).getByRole("textbox", { name: "Name of the team to delete" }),
      "Payments Platform",
    );
    await user.click(within(dialog).getByRole("button", { name: "Delete the team" }));
    await screen.findByRole("button", { name: /^Team: Mobile Onboarding/ });
    expect(backend.state.teams.map((it) => it.name)).toEqual(["Mobile Onboarding"]);
    expect(backend.state.settings.teamId).toBe("team-2");
  });
});

describe("templates and models", () => {
  it("makes an own template out of a built-in one, and deletes it after asking", async () => {
    const backend = await openApp("/settings/team");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Edit a copy… 4Ls" }));
    const dialog = await screen.findByRole("dialog");
    await expectNoFindings();
    await user.click(within(dialog).getByRole("button", { name: /^Save/ }));
    await screen.findByText("4Ls of ours", { selector: "b" });
    expect(backend.state.templates.filter((it) => !it.builtIn)).toHaveLength(1);
    await user.click(screen.getByRole("button", { name: "Delete… 4Ls of ours" }));
    await user.click(screen.getByRole("button", { name: "Delete the template" }));
    await waitFor(() => expect(screen.queryByText("4Ls of ours", { selector: "b" })).toBeNull());
    expect(backend.state.templates.every((it) => it.builtIn)).toBe(true);
  });

  it("edits a copy of a built-in model", async () => {
    const backend = await openApp("/settings/team");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Edit a copy… Short pulse" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: /^Save/ }));
    await screen.findByText("Short pulse of ours", { selector: "b" });
    expect(backend.state.models.map((it) => it.builtIn)).toEqual([true, true, false]);
  });
});

describe("appearance", () => {
  it("changes the theme at once and keeps it", async () => {
    const backend = await openApp("/settings/appearance");
    const user = userEvent.setup();
    await expectNoFindings();
    await user.click(screen.getByRole("radio", { name: "Dark" }));
    await waitFor(() => expect(document.documentElement.dataset.theme).toBe("dark"));
    expect(backend.state.settings.theme).toBe("dark");
    await user.click(screen.getByRole("radio", { name: "System" }));
    await waitFor(() => expect(document.documentElement.dataset.theme).toBeUndefined());
    await user.click(screen.getByRole("radio", { name: "Letter" }));
    await waitFor(() => expect(backend.state.settings.paper).toBe("letter"));
  });

  it("says when it cannot be saved", async () => {
    const backend = await openApp("/settings/appearance");
    backend.failNext("save_settings", problem("diskFull", { message: "The disk is full" }));
    await userEvent.setup().click(screen.getByRole("radio", { name: "Dark" }));
    await screen.findByText("The disk is full");
    expect(document.documentElement.dataset.theme).toBeUndefined();
    expect(screen.getByRole("radio", { name: "System" })).toHaveProperty("checked", true);
  });
});

it("tells version and folder, and shows the shortcuts", async () => {
  await openApp("/settings/about");
  screen.getByRole("heading", { name: "Retropress 0.1.0" });
  screen.getByText("/home/ines/.local/share/net.retropress.desktop");
  await expectNoFindings();
  await userEvent.setup().click(screen.getByRole("button", { name: "Show shortcuts" }));
  await screen.findByRole("dialog", { name: "Shortcuts" });
  await expectNoFindings();
});
