// A configuration that was opened from a file, on its way to the wizard.

import type { HandedOn } from "../../api/bindings/HandedOn";

let waiting: { teamId: string; handedOn: HandedOn } | null = null;

/** For the wizard of the team that opens next. */
export function handOver(teamId: string, handedOn: HandedOn): void {
  waiting = { teamId, handedOn };
}

/** Gives it out once. */
export function takeHandedOn(teamId: string): HandedOn | null {
  const found = waiting?.teamId === teamId ? waiting.handedOn : null;
  waiting = null;
  return found;
}
