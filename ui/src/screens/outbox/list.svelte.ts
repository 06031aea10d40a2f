// All of a team that has not ended: read again with each change.

import type { ApiError } from "../../api/bindings/ApiError";
import type { OutboxList } from "../../api/bindings/OutboxList";
import { asApiError } from "../../api/call";
import { listOutbox } from "../../api/commands";
import { onEvent } from "../../api/events";
import { Reader } from "../../state/outbox.svelte";

export class OutboxRows {
  found = $state.raw<OutboxList | null>(null);
  failed = $state.raw<ApiError | null>(null);

  #reader: Reader | null = null;
  #release: (() => void) | null = null;

  follow(teamId: string): void {
    this.stop();
    this.found = null;
    let stopped = false;
    const reader = new Reader(async () => {
      try {
        const found = await listOutbox(teamId);
        if (stopped) return;
        this.found = found;
        this.failed = null;
      } catch (problem) {
        if (!stopped) this.failed = asApiError(problem);
      }
    });
    this.#reader = reader;
    const release = onEvent((event) => {
      if (event.type !== "checklistChanged" && event.type !== "signInChanged") reader.soon();
    });
    this.#release = () => {
      stopped = true;
      release();
      reader.stop();
    };
    void reader.now();
  }

  async read(): Promise<void> {
    await this.#reader?.now();
  }

  stop(): void {
    this.#release?.();
    this.#release = null;
  }
}
