// What is typed and not on disk yet. Whoever holds such a thing says how it is stored; before the app
// ends, all of it is.

import type { ApiError } from "../api/bindings/ApiError";
import { typedStored } from "../api/commands";
import { show } from "./dialogs.svelte";

export interface Unsaved {
  /** Stores it at once and answers whether everything is on disk then. */
  store: () => Promise<boolean>;
  /** Why the last attempt failed. */
  trouble: () => ApiError | null;
}

/** Milliseconds, less than Rust waits for the answer. */
export const PATIENCE = 700;

const held = new Set<Unsaved>();

/** Has it stored before the app ends, until the answered function is called. */
export function holdUnsaved(it: Unsaved): () => void {
  held.add(it);
  return () => held.delete(it);
}

export async function storeAll(): Promise<boolean> {
  const stored = await Promise.all([...held].map((it) => it.store().catch(() => false)));
  return stored.every(Boolean);
}

/** Why something could not be stored; `null` when nothing failed, or it is still being tried. */
export function trouble(): ApiError | null {
  return [...held].map((it) => it.trouble()).find((it) => it !== null) ?? null;
}

/** The app is about to end. It stays when something cannot be stored, and its author is asked. */
export async function storeBeforeEnd(): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE);
  });
  const stored = await Promise.race([storeAll(), late]);
  clearTimeout(timer);
  if (!stored) show("notStored");
  await typedStored(stored).catch(() => undefined);
}
