import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import App from "../src/App.svelte";
import { useTransport } from "../src/api/call";
import { tell } from "../src/api/events";
import { replace } from "../src/state/route.svelte";
import { session } from "../src/state/session.svelte";
import { openApp } from "./app";
import { Backend, problem, samples } from "./backend";

it("goes to the places by their keys, and the focus goes to the heading", async () => {
  await openApp();
  const user = userEvent.setup();
  await user.keyboard("{Control>}4{/Control}");
  await waitFor(() =>
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Settings"),
  );
  await waitFor(() =>
    expect(document.activeElement).toBe(screen.getByRole("heading", { level: 1 })),
  );
  await user.keyboard("{Control>}1{/Control}");
  await waitFor(() => expect(document.activeElement?.textContent).toBe("Summaries"));
  await user.keyboard("{F1}");
  await screen.findByRole("dialog", { name: "Shortcuts" });
  // A dialog keeps the keyboard to itself.
  await user.keyboard("{Control>}4{/Control}");
  expect(location.hash).toBe("#/summaries");
});

it("changes the team, and leaves what belongs to the other one", async () => {
  const backend = await openApp("/draft/draft-1/write");
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: /^Team: Payments Platform/ }));
  expect(
    screen.getByRole("menuitemradio", { name: "Payments Platform" }).getAttribute("aria-checked"),
  ).toBe("true");
  await user.click(screen.getByRole("menuitemradio", { name: "Mobile Onboarding" }));
  await waitFor(() => expect(location.hash).toBe("#/summaries"));
  expect(backend.state.settings.teamId).toBe("team-2");
  // It has nothing yet, so it is asked where its summaries should go.
  await screen.findByRole("heading", { name: "Where should your summaries go?" });
});

it("stays with the team when the choice cannot be kept, and says so", async () => {
  const backend = await openApp();
  backend.failNext("save_settings", problem("diskFull", { message: "The disk is full" }));
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: /^Team: Payments Platform/ }));
  await user.click(screen.getByRole("menuitemradio", { name: "Mobile Onboarding" }));
  await screen.findByText("The disk is full");
  screen.getByRole("button", { name: /^Team: Payments Platform/ });
});

it("counts a team's connections again when they change", async () => {
  const backend = await openApp();
  const team = screen.getByRole("button", { name: /^Team: Payments Platform/ });
  expect(team.textContent).toContain("2 connections");
  backend.state.integrations.pop();
  tell({ type: "integrationsChanged", teamId: "team-1" });
  await waitFor(() => expect(team.textContent).toContain("1 connection"));
});

it("says when the app cannot start, and tries again", async () => {
  const backend = new Backend(samples());
  backend.failNext(
    "start",
    problem("storage", {
      message: "The database was written by a newer Retropress",
      hint: "Install the newest version.",
    }),
  );
  useTransport(backend.answer);
  session.start = null;
  replace("/summaries");
  render(App);
  await screen.findByText("The database was written by a newer Retropress");
  await userEvent.setup().click(screen.getByRole("button", { name: "Try again" }));
  await screen.findByRole("heading", { name: "Summaries" });
});

it("shows what is to be said at the start until it is closed", async () => {
  await openApp("/summaries", { ...samples(), notices: ["Opened from the last good backup."] });
  screen.getByText("Opened from the last good backup.");
  await userEvent.setup().click(screen.getByRole("button", { name: "Close" }));
  expect(screen.queryByText("Opened from the last good backup.")).toBeNull();
});
