// Which component shows which route. The list of summaries is there at once; everything else is
// loaded when it is first asked for, so that the window opens quickly.

import type { Component } from "svelte";
import Summaries from "./screens/summaries/Summaries.svelte";
import type { Route } from "./state/route.svelte";

// biome-ignore lint/suspicious/noExplicitAny: each screen has its own props, given by its route.
type Screen = Component<any>;

const onDemand = import.meta.glob<{ default: Screen }>([
  "./screens/OpenDraft.svelte",
  "./screens/share/Share.svelte",
  "./screens/import/Import.svelte",
  "./screens/published/Published.svelte",
  "./screens/settings/Settings.svelte",
  "./screens/wizard/Wizard.svelte",
]);

const files: Record<Exclude<Route["screen"], "summaries">, string> = {
  write: "./screens/OpenDraft.svelte",
  share: "./screens/share/Share.svelte",
  import: "./screens/import/Import.svelte",
  published: "./screens/published/Published.svelte",
  settings: "./screens/settings/Settings.svelte",
  connect: "./screens/wizard/Wizard.svelte",
};

const loaded = new Map<string, Screen>();

/** The component of a route, at once where it is loaded already. Its params are its props. */
export function load(route: Route): Screen | Promise<Screen> {
  if (route.screen === "summaries") return Summaries;
  const file = files[route.screen];
  const known = loaded.get(file);
  if (known) return known;
  const ask = onDemand[file];
  if (!ask) return Promise.reject(new Error(`${file} is missing`));
  return ask().then((module) => {
    loaded.set(file, module.default);
    return module.default;
  });
}

/** Routes with the same key are one screen, of which only the params change. */
export function keyOf(route: Route): string {
  switch (route.screen) {
    case "write":
    case "share":
      return `draft ${route.params.draftId}`;
    case "connect":
      return `connect ${route.params.teamId} ${route.params.integrationId ?? ""}`;
    default:
      return route.screen;
  }
}
