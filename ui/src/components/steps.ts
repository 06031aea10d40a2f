import type { StepState } from "../api/bindings/StepState";

export interface Look {
  class: string;
  /** For screen readers. */
  word: string;
}

/** How each state of a step is drawn and said. */
export const stepLooks: Record<StepState, Look> = {
  waiting: { class: "", word: "not started" },
  running: { class: "is-now", word: "under way" },
  checking: { class: "is-wait", word: "checking" },
  done: { class: "is-done", word: "done" },
  failed: { class: "is-bad", word: "failed" },
  conflict: { class: "is-clash", word: "conflict" },
};

/** Steps that wait for something, rather than for the one before. */
export const waitingLooks: Partial<Record<StepState, Look>> = {
  waiting: { class: "is-wait", word: "waiting" },
};
