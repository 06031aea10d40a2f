// Saves a draft by itself: soon after a change, never two saves at once, and nothing is forgotten
// when one fails.

import type { ApiError } from "../../api/bindings/ApiError";
import type { Saved } from "../../api/bindings/Saved";
import { asApiError } from "../../api/call";

/** Milliseconds of quiet after a change before it is saved. */
export const QUIET = 300;
/** Milliseconds after which a change is saved even while more of them come in. */
export const PATIENCE = 2000;

export interface Standing {
  revision: number;
  savedAt: string;
  /** `failed` stays until a later save succeeds. */
  state: "saved" | "waiting" | "saving" | "failed";
  error: ApiError | null;
}

export class Autosave<T> {
  #save: (revision: number, content: T) => Promise<Saved>;
  #tell: (standing: Standing) => void;
  #standing: Standing;
  /** What is not saved yet; `null` when all is. */
  #pending: { content: T } | null = null;
  #running: Promise<void> | null = null;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #latest: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(
    saved: Saved,
    save: (revision: number, content: T) => Promise<Saved>,
    tell: (standing: Standing) => void,
  ) {
    this.#save = save;
    this.#tell = tell;
    this.#standing = { ...saved, state: "saved", error: null };
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Everything is on disk. */
  get clean(): boolean {
    return this.#pending === null && this.#running === null;
  }

  /** Takes over a change; it is saved after a moment of quiet. */
  changed(content: T): void {
    if (this.#stopped) return;
    this.#pending = { content };
    if (this.#standing.state === "saved") this.#set({ state: "waiting" });
    if (this.#standing.error?.code === "staleDraft") return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => void this.flush(), QUIET);
    this.#latest ??= setTimeout(() => void this.flush(), PATIENCE);
  }

  /** Saves at once what is not saved, and answers whether everything is on disk then. */
  async flush(): Promise<boolean> {
    this.#stopClocks();
    while (this.#pending !== null || this.#running !== null) {
      if (this.#running === null) this.#running = this.#run();
      await this.#running;
      if (this.#standing.state === "failed") return false;
    }
    return true;
  }

  /**
   * Goes on from a revision that was saved elsewhere. With `content` that is what must be saved on
   * top of it, without it there is nothing left to save.
   */
  rebase(saved: Saved, content?: T): void {
    this.#pending = content === undefined ? null : { content };
    this.#set({ ...saved, state: content === undefined ? "saved" : "waiting", error: null });
  }

  /** Saves nothing any more: the draft was deleted, or its author gave the changes up. */
  stop(): void {
    this.#stopped = true;
    this.#pending = null;
    this.#stopClocks();
  }

  async #run(): Promise<void> {
    const taken = this.#pending;
    if (taken === null) {
      this.#running = null;
      return;
    }
    this.#pending = null;
    this.#set({ state: "saving" });
    try {
      const saved = await this.#save(this.#standing.revision, taken.content);
      this.#running = null;
      this.#set({ ...saved, state: this.#pending === null ? "saved" : "waiting", error: null });
    } catch (problem) {
      this.#running = null;
      // What could not be saved is still to be saved, unless something newer is.
      if (!this.#stopped) this.#pending ??= taken;
      this.#set({ state: "failed", error: asApiError(problem) });
    }
  }

  #set(standing: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...standing };
    this.#tell(this.#standing);
  }

  #stopClocks(): void {
    clearTimeout(this.#quiet);
    clearTimeout(this.#latest);
    this.#quiet = undefined;
    this.#latest = undefined;
  }
}
