// The whole window against the stand-in, for tests of screens.

import { render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { expect } from "vitest";
import App from "../src/App.svelte";
import { useTransport } from "../src/api/call";
import { said, toasts } from "../src/state/announce.svelte";
import { dialogs } from "../src/state/dialogs.svelte";
import { replace } from "../src/state/route.svelte";
import { session } from "../src/state/session.svelte";
import { Backend, type State, samples } from "./backend";

/** Opens the window at a place, as it is after a start of the app. */
export async function openApp(
  path = "/summaries",
  seed: Partial<State> = samples(),
): Promise<Backend> {
  const backend = new Backend(seed);
  useTransport(backend.answer);
  session.start = null;
  session.team = null;
  session.teams = [];
  dialogs.shown = null;
  toasts.length = 0;
  said.polite = "";
  said.assertive = "";
  replace(path);
  render(App);
  await waitFor(
    () => {
      expect(document.querySelector("[aria-busy]")).toBeNull();
      screen.getByRole("heading", { level: 1 });
    },
    { timeout: 30_000 },
  );
  return backend;
}

/**
 * Fails with the rules that axe finds broken. Colours are not looked at: jsdom does not lay out.
 */
export async function expectNoFindings(node: Element = document.body): Promise<void> {
  const { violations } = await axe.run(node, {
    rules: { "color-contrast": { enabled: false } },
  });
  expect(
    violations.map((it) => `${it.id}: ${it.nodes.map((found) => found.html).join("\n")}`),
  ).toEqual([]);
}
