// Names that occur in a draft, offered wherever a name is typed.

import type { Content } from "./editing.svelte";

/** Facilitator, participants and owners, each once, in alphabetical order. */
export function peopleOf(content: Content): string[] {
  const names = new Set([content.facilitator.trim(), ...content.participants]);
  for (const action of content.actions) for (const owner of action.owners) names.add(owner);
  names.delete("");
  return [...names].sort((a, b) => a.localeCompare(b));
}

/** The list of before where nothing changed, so that nothing is drawn again for it. */
export function steady(before: string[], now: string[]): string[] {
  const same = before.length === now.length && now.every((name, index) => name === before[index]);
  return same ? before : now;
}
