// An operation that is shown while it goes on: each event about it reads it again.

import type { ApiError } from "../../api/bindings/ApiError";
import type { Operation } from "../../api/bindings/Operation";
import type { OperationState } from "../../api/bindings/OperationState";
import { asApiError } from "../../api/call";
import { openOperation } from "../../api/commands";
import { onEvent } from "../../api/events";
import { announce } from "../../state/announce.svelte";

const moving: OperationState[] = ["queued", "running", "checking"];

/** It goes on by itself; nothing is asked of the reader. */
export function isMoving(operation: Operation): boolean {
  return moving.includes(operation.state);
}

export class Followed {
  operation = $state<Operation | null>(null);
  /** What kept it from being started or read. */
  error = $state<ApiError | null>(null);
  /** A command of its own is under way. */
  busy = $state(false);

  #stop: () => void;
  #reads = 0;
  #ended: ((operation: Operation) => void) | undefined;

  /** `ended` is called once for each operation that stops moving. */
  constructor(ended?: (operation: Operation) => void) {
    this.#ended = ended;
    this.#stop = onEvent((event) => {
      if (event.type === "operationChanged" && event.operationId === this.operation?.id) {
        void this.read(event.operationId);
      }
    });
  }

  get moving(): boolean {
    return this.busy || (this.operation !== null && isMoving(this.operation));
  }

  /** Runs a command that answers an operation, and follows that one from then on. */
  async run(command: () => Promise<Operation>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      const started = await command();
      this.#take(started);
      // Events of its first steps may have come before its id was known here.
      if (isMoving(started)) await this.read(started.id);
    } catch (problem) {
      this.error = asApiError(problem);
    } finally {
      this.busy = false;
    }
  }

  /** Shows an operation that was started earlier. */
  async read(id: string): Promise<void> {
    this.#reads += 1;
    const read = this.#reads;
    try {
      const found = await openOperation(id);
      if (read === this.#reads) this.#take(found);
    } catch (problem) {
      if (read === this.#reads) this.error = asApiError(problem);
    }
  }

  forget(): void {
    this.#reads += 1;
    this.operation = null;
    this.error = null;
  }

  stop(): void {
    this.#reads += 1;
    this.#stop();
  }

  #take(next: Operation): void {
    const before = this.operation;
    this.operation = next;
    if (isMoving(next)) {
      const step = next.steps.findIndex((it) => it.state === "running" || it.state === "checking");
      const words =
        step < 0 ? "" : `Step ${step + 1} of ${next.steps.length}: ${next.steps[step]?.name}`;
      if (words) announce(words);
    } else if (before === null || before.id !== next.id || isMoving(before)) {
      this.#ended?.(next);
    }
  }
}
