// Where the window is, kept in the address's hash.

export type Route =
  | { screen: "summaries"; params: Record<string, never> }
  | { screen: "write"; params: { draftId: string } }
  | { screen: "share"; params: { draftId: string } }
  | { screen: "import"; params: Record<string, never> }
  | { screen: "outbox"; params: { operationId: string | null } }
  | { screen: "published"; params: { publicationId: string | null } }
  | { screen: "settings"; params: { section: SettingsSection } }
  | { screen: "security"; params: Record<string, never> }
  | {
      screen: "connect";
      params: { teamId: string; integrationId: string | null; sandbox: SandboxSide | null };
    };

export type SettingsSection =
  | "integrations"
  | "network"
  | "team"
  | "appearance"
  | "storage"
  | "about";
export type SandboxSide = "cloud" | "dataCenter";

/** Answers false to stay, for instance after asking whether changes may be lost. */
export type LeaveGuard = (to: Route) => boolean | Promise<boolean>;

const home: Route = { screen: "summaries", params: {} };

/** Reads a hash; anything unknown is the list of summaries. */
export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decode);
  const [first, second, third] = parts;
  switch (first) {
    case "draft":
      if (!second) return home;
      return { screen: third === "share" ? "share" : "write", params: { draftId: second } };
    case "import":
      return { screen: "import", params: {} };
    case "outbox":
      return { screen: "outbox", params: { operationId: second ?? null } };
    case "published":
      return { screen: "published", params: { publicationId: second ?? null } };
    case "settings":
      return { screen: "settings", params: { section: settingsSection(second) } };
    case "security":
      return { screen: "security", params: {} };
    case "connect": {
      if (!second) return home;
      const side = new URLSearchParams(query).get("sandbox");
      return {
        screen: "connect",
        params: {
          teamId: second,
          integrationId: third ?? null,
          sandbox: side === "cloud" || side === "dataCenter" ? side : null,
        },
      };
    }
    default:
      return home;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function settingsSection(text: string | undefined): SettingsSection {
  const others = ["network", "team", "appearance", "storage", "about"] as const;
  return others.find((it) => it === text) ?? "integrations";
}

let current = $state<Route>(parse(location.hash));
let shownHash = location.hash;
let guard: LeaveGuard | null = null;
let asking = false;

/** The place that is shown; `screen` and `params` are reactive. */
export const route = {
  get screen() {
    return current.screen;
  },
  get params() {
    return current.params;
  },
  /** Both together, so that TypeScript knows which params belong to the screen. */
  get now(): Route {
    return current;
  },
};

/** Goes to a path such as "/draft/7/share", with or without "#". */
export function go(path: string): void {
  const hash = `#/${path.replace(/^#?\/?/, "")}`;
  if (hash !== location.hash) location.hash = hash;
}

/** The same, without an entry to come back to. */
export function replace(path: string): void {
  const hash = `#/${path.replace(/^#?\/?/, "")}`;
  history.replaceState(null, "", hash);
  shownHash = hash;
  current = parse(hash);
}

/** Asks the function before the place is left. Answers how to stop asking. */
export function guardLeave(ask: LeaveGuard): () => void {
  guard = ask;
  return () => {
    if (guard === ask) guard = null;
  };
}

async function follow(): Promise<void> {
  const hash = location.hash;
  if (hash === shownHash) return;
  const next = parse(hash);
  if (guard) {
    // The address goes back until the answer is known, so that it always names what is shown.
    history.replaceState(null, "", shownHash || "#/summaries");
    if (asking) return;
    asking = true;
    const leaves = await Promise.resolve(guard(next)).finally(() => {
      asking = false;
    });
    if (!leaves) return;
    guard = null;
    history.replaceState(null, "", hash);
  }
  shownHash = hash;
  current = next;
}

window.addEventListener("hashchange", () => void follow());
