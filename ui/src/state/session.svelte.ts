// What the whole window knows: the teams, the one that is shown, and the settings.

import type { Settings } from "../api/bindings/Settings";
import type { Start } from "../api/bindings/Start";
import type { Team } from "../api/bindings/Team";
import { listTeams, saveSettings, start } from "../api/commands";

interface Session {
  /** `null` until the first answer. */
  start: Start | null;
  teams: Team[];
  /** The team that is shown; `null` before the first one is made. */
  team: Team | null;
  settings: Settings;
}

export const session: Session = $state({
  start: null,
  teams: [],
  team: null,
  settings: { theme: "system", paper: "a4", teamId: null, closing: "ask", notify: true },
});

let asked: Promise<Start> | null = null;

/** Asks ahead, so that Rust answers while the window is put together. */
export function askAhead(): void {
  asked = start();
  // Told by `open`, which waits for the same answer.
  asked.catch(() => undefined);
}

/** Asks for all that the first picture needs. */
export async function open(): Promise<void> {
  const answering = asked ?? start();
  asked = null;
  const answer = await answering;
  session.settings = answer.settings;
  showTheme();
  take(answer.teams);
  session.start = answer;
}

export async function chooseTeam(id: string): Promise<void> {
  if (session.settings.teamId !== id) await changeSettings({ teamId: id });
  take(session.teams);
}

/** Reads the teams again; without the chosen one the first is shown. */
export async function reloadTeams(): Promise<void> {
  take(await listTeams());
}

/** Shown at once, and taken back where it cannot be kept. */
export async function changeSettings(changes: Partial<Settings>): Promise<void> {
  const before = session.settings;
  session.settings = { ...before, ...changes };
  showTheme();
  try {
    session.settings = await saveSettings({ ...before, ...changes });
  } catch (problem) {
    session.settings = before;
    throw problem;
  } finally {
    showTheme();
  }
}

function take(teams: Team[]): void {
  session.teams = teams;
  session.team = teams.find((it) => it.id === session.settings.teamId) ?? teams[0] ?? null;
}

function showTheme(): void {
  const { theme } = session.settings;
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
