// Which component shows which route. The list of summaries is there at once; everything else is
// loaded when it is first asked for, so that the window opens quickly.

import type { Component } from "svelte";
import Summaries from "./screens/summaries/Summaries.svelte";
import type { Route } from "./state/route.svelte";

// biome-ignore lint/suspicious/noExplicitAny: each screen has its own props, given by its route.
type Screen = Component<any>;
type OnDemand = Exclude<Route["screen"], "summaries">;

const draft = () => import("./screens/draft/Draft.svelte");
const onDemand: Record<OnDemand, () => Promise<{ default: Screen }>> = {
  write: draft,
  share: draft,
  import: () => import("./screens/import/Import.svelte"),
  outbox: () => import("./screens/outbox/Outbox.svelte"),
  published: () => import("./screens/published/Published.svelte"),
  settings: () => import("./screens/settings/Settings.svelte"),
  security: () => import("./screens/security/Security.svelte"),
  connect: () => import("./screens/wizard/Wizard.svelte"),
};

const loaded = new Map<OnDemand, Screen>();

/** The component of a route, at once where it is loaded already. Its params are its props. */
export function load({ screen }: Route): Screen | Promise<Screen> {
  if (screen === "summaries") return Summaries;
  return (
    loaded.get(screen) ??
    onDemand[screen]().then((module) => {
      loaded.set(screen, module.default);
      return module.default;
    })
  );
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
