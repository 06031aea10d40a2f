// How the team's connections stand and what is queued, for the navigation and the chip.

import type { OutboxStatus } from "../api/bindings/OutboxStatus";
import { outboxStatus } from "../api/commands";
import { onEvent } from "../api/events";

interface Known {
  status: OutboxStatus | null;
}

export const outbox: Known = $state({ status: null });

/** Reads again a moment after the last change, never twice at once. */
export class Reader {
  #read: () => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading = false;
  #again = false;

  constructor(read: () => Promise<void>) {
    this.#read = read;
  }

  soon(): void {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#timer ??= setTimeout(() => void this.now(), 80);
  }

  async now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reading = true;
    this.#again = false;
    await this.#read().catch(() => undefined);
    this.#reading = false;
    if (this.#again) this.soon();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#again = false;
  }
}

/** Follows one team; answers how to stop. */
export function followOutbox(teamId: string): () => void {
  let stopped = false;
  const reader = new Reader(async () => {
    const found = await outboxStatus(teamId);
    if (!stopped) outbox.status = found;
  });
  void reader.now();
  const stop = onEvent((event) => {
    if (event.type !== "checklistChanged" && event.type !== "signInChanged") reader.soon();
  });
  return () => {
    stopped = true;
    stop();
    reader.stop();
  };
}
