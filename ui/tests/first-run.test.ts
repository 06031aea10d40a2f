import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { expectNoFindings, openApp } from "./app";
import { problem } from "./backend";

it("asks for the team's name before anything else", async () => {
  const backend = await openApp("/summaries", {});
  const user = userEvent.setup();
  await expectNoFindings();
  await user.click(screen.getByRole("button", { name: "Connect to Confluence" }));
  const name = screen.getByRole("textbox", { name: "Name of your team" });
  expect(name.getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(name);
  expect(backend.state.teams).toEqual([]);
  await expectNoFindings();
  await user.type(name, "Blue");
  expect(name.getAttribute("aria-invalid")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Connect to Confluence" }));
  const team = backend.state.teams[0];
  expect(team?.name).toBe("Blue");
  await waitFor(() => expect(location.hash).toBe(`#/connect/${team?.id}`));
  expect(backend.state.settings.teamId).toBe(team?.id);
});

it("makes the team once, also when what follows fails", async () => {
  const backend = await openApp("/summaries", {});
  backend.failNext("start_sandbox", problem("sandboxPortBusy", { message: "The port is taken" }));
  const user = userEvent.setup();
  await user.type(screen.getByRole("textbox", { name: "Name of your team" }), "Blue");
  await user.click(screen.getByRole("button", { name: "Try with the built-in sandbox" }));
  await screen.findByText("The port is taken");
  await user.click(screen.getByRole("radio", { name: "Cloud" }));
  await user.click(screen.getByRole("button", { name: "Try with the built-in sandbox" }));
  await waitFor(() =>
    expect(location.hash).toBe(`#/connect/${backend.state.teams[0]?.id}?sandbox=cloud`),
  );
  expect(backend.state.teams).toHaveLength(1);
});

it("says at the field why a name is refused", async () => {
  const backend = await openApp("/summaries", {});
  backend.failNext(
    "create_team",
    problem("invalid", {
      message: "There is a team of this name already",
      hint: "Choose another.",
      field: "teamName",
    }),
  );
  const user = userEvent.setup();
  const name = screen.getByRole("textbox", { name: "Name of your team" });
  await user.type(name, "Blue{Enter}");
  await screen.findByText("There is a team of this name already. Choose another.");
  expect(name).toHaveProperty("value", "Blue");
});

it("offers the templates once the team has a name", async () => {
  await openApp("/summaries", {});
  const user = userEvent.setup();
  await user.keyboard("{Control>}n{/Control}");
  expect(screen.queryByRole("dialog")).toBeNull();
  await user.type(screen.getByRole("textbox", { name: "Name of your team" }), "Blue");
  await user.click(screen.getByRole("button", { name: "New retrospective" }));
  await screen.findByRole("dialog", { name: "New retrospective" });
});

it("is shown at any address while there is no team", async () => {
  await openApp("/settings/about", {});
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe(
    "Where should your summaries go?",
  );
});
