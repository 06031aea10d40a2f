// What Rust tells the window of its own accord.

import { listen } from "@tauri-apps/api/event";
import type { Event } from "./bindings/Event";

type Listener = (event: Event) => void;

const listeners = new Set<Listener>();

/** Calls the listener at each change, until the answered function is called. */
export function onEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Hands an event to every listener; the shell's events arrive here, and those of tests. */
export function tell(event: Event): void {
  for (const listener of [...listeners]) listener(event);
}

/** Starts listening to the shell. */
export async function listenToShell(): Promise<void> {
  await listen<Event>("changed", (message) => tell(message.payload));
}
