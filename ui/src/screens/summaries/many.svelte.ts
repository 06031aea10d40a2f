// Many summaries published together: what became of each.

import { SvelteMap } from "svelte/reactivity";
import type { ApiError } from "../../api/bindings/ApiError";
import type { DraftRow } from "../../api/bindings/DraftRow";
import type { Operation } from "../../api/bindings/Operation";
import { asApiError } from "../../api/call";
import { cancelOperations, openOperation, publishMany } from "../../api/commands";
import { onEvent } from "../../api/events";

export interface Standing {
  operation: Operation | null;
  /** Why it was not queued. */
  error: ApiError | null;
}

/** Frozen by one call; in between the window tells how far it is, and may stop. */
const atOnce = 5;

export class Many {
  readonly rows: DraftRow[];
  readonly standing = new SvelteMap<string, Standing>();
  failed = $state.raw<ApiError | null>(null);
  /** Not all of them were handed over yet. */
  freezing = $state(false);
  cancelled = $state(false);

  #draftOf = new Map<string, string>();
  #reading = new Set<string>();
  #release: () => void;

  constructor(rows: DraftRow[]) {
    this.rows = rows;
    this.#release = onEvent((event) => {
      if (event.type === "operationChanged") void this.#read(event.operationId);
    });
  }

  get operations(): Operation[] {
    return [...this.standing.values()].flatMap((it) => it.operation ?? []);
  }
  get published(): number {
    return this.operations.filter((it) => it.state === "done").length;
  }
  /** They need their author, or were refused. */
  get stopped(): number {
    const refused = [...this.standing.values()].filter((it) => it.error).length;
    const needs = (it: Operation) => it.state === "needsAttention" || it.state === "conflict";
    return refused + this.operations.filter(needs).length;
  }
  /** They go on by themselves. */
  get moving(): Operation[] {
    return this.operations.filter(
      (it) => it.state === "queued" || it.state === "running" || it.state === "checking",
    );
  }
  /** Nothing more happens by itself. */
  get ended(): boolean {
    return !this.freezing && this.moving.length === 0;
  }

  async run(integrationId: string): Promise<void> {
    this.freezing = true;
    this.failed = null;
    const left = () => this.rows.filter((it) => !this.standing.has(it.id)).map((it) => it.id);
    try {
      for (let next = left(); next.length && !this.cancelled; next = left()) {
        const queued = await publishMany(next.slice(0, atOnce), integrationId);
        for (const { draftId, operation, error } of queued) {
          this.standing.set(draftId, { operation, error });
          if (!operation) continue;
          this.#draftOf.set(operation.id, draftId);
          // Events of its first steps may have come before its id was known here.
          void this.#read(operation.id);
        }
        if (queued.length === 0) break;
      }
      // What was handed over while Cancel was pressed is cancelled as well.
      if (this.cancelled) await this.#cancelMoving();
    } catch (problem) {
      this.failed = asApiError(problem);
    } finally {
      this.freezing = false;
    }
  }

  /** What is published stays; nothing more of the others is. */
  async cancelRest(): Promise<void> {
    this.cancelled = true;
    this.failed = null;
    try {
      await this.#cancelMoving();
    } catch (problem) {
      this.failed = asApiError(problem);
    }
  }

  stop(): void {
    this.#release();
  }

  async #cancelMoving(): Promise<void> {
    const ids = this.moving.map((it) => it.id);
    if (ids.length === 0) return;
    for (const operation of await cancelOperations(ids)) this.#take(operation);
  }

  /** Events that come while it is being read lead to one more reading, not to one each. */
  async #read(id: string): Promise<void> {
    if (!this.#draftOf.has(id)) return;
    if (this.#reading.has(id)) {
      this.#reading.add(`${id} again`);
      return;
    }
    this.#reading.add(id);
    try {
      do {
        this.#reading.delete(`${id} again`);
        this.#take(await openOperation(id));
      } while (this.#reading.has(`${id} again`));
    } catch (problem) {
      this.failed = asApiError(problem);
    } finally {
      this.#reading.delete(id);
    }
  }

  #take(operation: Operation): void {
    const draftId = this.#draftOf.get(operation.id);
    if (draftId) this.standing.set(draftId, { operation, error: null });
  }
}
