// Undo and redo over a whole draft. Drafts are never changed in place, so a step costs only what it
// changed; the rest is shared with the steps around it.

export interface Limits {
  /** Steps kept at most. */
  steps: number;
  /** Characters kept at most, over all steps; a million of them are about 2 MB. */
  characters: number;
  /** Changes of the same thing within so many milliseconds are one step. */
  burst: number;
}

export const LIMITS: Limits = { steps: 300, characters: 16_000_000, burst: 1000 };

interface Step<T> {
  /** What the draft was before the change. */
  before: T;
  /** What was done, as the user would say it: "Idea deleted". */
  label: string;
  /** Characters that only this step keeps alive. */
  weight: number;
  /** Counts up, so that a step is known again when older ones were dropped. */
  number: number;
}

interface Burst {
  key: string;
  at: number;
}

export class History<T> {
  #past: Step<T>[] = [];
  #future: Step<T>[] = [];
  #present: T;
  #burst: Burst | null = null;
  #weight = 0;
  #next = 1;
  #limits: Limits;

  constructor(present: T, limits: Limits = LIMITS) {
    this.#present = present;
    this.#limits = limits;
  }

  get present(): T {
    return this.#present;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Steps that can be undone. */
  get depth(): number {
    return this.#past.length;
  }

  /** Characters the steps keep alive. */
  get weight(): number {
    return this.#weight;
  }

  /**
   * Takes over a changed draft.
   *
   * Changes with the same burst key that follow each other quickly become one step. `now` is in
   * milliseconds; infinity waits for the next change of the burst however long it takes, as an
   * empty idea waits for its first letter.
   */
  change(next: T, label: string, now: number, burst: string | null = null): void {
    if (next === this.#present) return;
    this.#forget(this.#future);
    const joined =
      burst !== null &&
      this.#burst?.key === burst &&
      now - this.#burst.at <= this.#limits.burst &&
      this.#past.length > 0;
    if (!joined) this.#push(this.#past, this.#present, next, label);
    this.#present = next;
    this.#burst = burst === null ? null : { key: burst, at: now };
    this.#trim();
  }

  /** Where the history stands, to come back to with `rollBack`. */
  mark(): number {
    this.seal();
    return this.#next;
  }

  /** Takes everything since the mark back without a trace, as Esc does in a new idea. */
  rollBack(mark: number): void {
    for (let last = this.#past.at(-1); last && last.number >= mark; last = this.#past.at(-1)) {
      this.undo();
    }
    this.#forget(this.#future);
  }

  /** Ends a burst: the next change is a step of its own. */
  seal(): void {
    this.#burst = null;
  }

  /** Steps back and answers what was undone. */
  undo(): string | null {
    return this.#step(this.#past, this.#future);
  }

  /** Steps forward and answers what was done again. */
  redo(): string | null {
    return this.#step(this.#future, this.#past);
  }

  #step(from: Step<T>[], to: Step<T>[]): string | null {
    const step = from.pop();
    if (step === undefined) return null;
    this.#weight -= step.weight;
    this.#push(to, this.#present, step.before, step.label);
    this.#present = step.before;
    this.#burst = null;
    return step.label;
  }

  #push(onto: Step<T>[], before: T, next: T, label: string): void {
    const weight = ownCharacters(before, next);
    this.#weight += weight;
    onto.push({ before, label, weight, number: this.#next++ });
  }

  #forget(steps: Step<T>[]): void {
    for (const step of steps) this.#weight -= step.weight;
    steps.length = 0;
  }

  #trim(): void {
    const tooMuch = () =>
      this.#past.length > this.#limits.steps || this.#weight > this.#limits.characters;
    // The last step always stays: what was done a moment ago can be undone, however big it is.
    while (this.#past.length > 1 && tooMuch()) {
      const step = this.#past.shift();
      this.#weight -= step?.weight ?? 0;
    }
  }
}

/** Characters of `value` that `other` does not share with it. Shared parts are not looked into. */
export function ownCharacters(value: unknown, other: unknown): number {
  if (value === other) return 0;
  if (typeof value === "string") return value.length;
  if (Array.isArray(value)) {
    const shared = new Set<unknown>(Array.isArray(other) ? other : []);
    const byId = new Map<string, unknown>();
    for (const item of shared) {
      const id = idOf(item);
      if (id !== null) byId.set(id, item);
    }
    let sum = 1;
    for (const item of value) {
      if (shared.has(item)) continue;
      const id = idOf(item);
      sum += ownCharacters(item, id === null ? undefined : byId.get(id));
    }
    return sum;
  }
  if (typeof value === "object" && value !== null) {
    const peer = (typeof other === "object" && other !== null ? other : {}) as Record<
      string,
      unknown
    >;
    let sum = 1;
    for (const [name, part] of Object.entries(value)) sum += ownCharacters(part, peer[name]);
    return sum;
  }
  return 1;
}

function idOf(item: unknown): string | null {
  if (typeof item !== "object" || item === null || !("id" in item)) return null;
  return typeof item.id === "string" ? item.id : null;
}
