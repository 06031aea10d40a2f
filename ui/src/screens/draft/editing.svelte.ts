// A draft that is open: what it holds, how it is changed, undone and saved.

import type { Draft } from "../../api/bindings/Draft";
import type { HealthCheck } from "../../api/bindings/HealthCheck";
import type { Retrospective } from "../../api/bindings/Retrospective";
import type { Saved } from "../../api/bindings/Saved";
import type { Summary } from "../../api/bindings/Summary";
import { openDraft, saveDraft } from "../../api/commands";
import { announce } from "../../state/announce.svelte";
import { Autosave, type Standing } from "./autosave";
import { History } from "./history";

export type Content = Retrospective | HealthCheck;

export class Editing<C extends Content = Content> {
  #draft: Draft = $state.raw() as Draft;
  #content: C = $state.raw() as C;
  #standing: Standing = $state.raw() as Standing;
  #steps = $state.raw({ canUndo: false, canRedo: false });
  #history: History<C>;
  #autosave: Autosave<C>;
  #now: () => number;

  constructor(draft: Draft, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#draft = draft;
    // `kind` travels along in the content; the functions that edit it do not need to know it.
    this.#content = draft.content as unknown as C;
    this.#history = new History(this.#content);
    this.#autosave = new Autosave<C>(
      { revision: draft.revision, savedAt: draft.savedAt },
      (revision, content) => this.#save(revision, content),
      (standing) => {
        this.#standing = standing;
      },
    );
    this.#standing = this.#autosave.standing;
  }

  get id(): string {
    return this.#draft.id;
  }

  get kind(): Summary["kind"] {
    return this.#draft.content.kind;
  }

  get content(): C {
    return this.#content;
  }

  /** The draft as last read, with what it holds now. */
  get draft(): Draft {
    const { revision, savedAt } = this.#standing;
    return { ...this.#draft, revision, savedAt, content: this.#content as unknown as Summary };
  }

  get previous(): Draft["previous"] {
    return this.#draft.previous;
  }

  get standing(): Standing {
    return this.#standing;
  }

  get canUndo(): boolean {
    return this.#steps.canUndo;
  }

  get canRedo(): boolean {
    return this.#steps.canRedo;
  }

  /** Everything is on disk. */
  get clean(): boolean {
    return this.#autosave.clean;
  }

  /**
   * Changes the draft and has it saved.
   *
   * `label` says what was done ("Idea deleted"); quick changes with the same `burst`, such as the
   * letters of a word, are undone together.
   */
  change(label: string, edit: (content: C) => C, burst: string | null = null): void {
    this.#change(label, edit, this.#now(), burst);
  }

  /** Adds something still empty. It is undone together with what is entered first. */
  begin(label: string, edit: (content: C) => C, burst: string): void {
    this.#change(label, edit, Number.POSITIVE_INFINITY, burst);
  }

  undo(): void {
    const label = this.#history.undo();
    if (label === null) return;
    this.#take();
    announce(`Undone: ${label}`);
  }

  redo(): void {
    const label = this.#history.redo();
    if (label === null) return;
    this.#take();
    announce(`Done again: ${label}`);
  }

  /** Where the history stands, for `rollBack`. */
  mark(): number {
    return this.#history.mark();
  }

  /** Takes everything since the mark back without a trace. */
  rollBack(mark: number): void {
    const before = this.#content;
    this.#history.rollBack(mark);
    if (this.#history.present !== before) this.#take();
  }

  /** The next change is a step of its own. */
  seal(): void {
    this.#history.seal();
  }

  /** Saves at once and answers whether everything is on disk then. */
  flush(): Promise<boolean> {
    return this.#autosave.flush();
  }

  /** Saves nothing any more. */
  stop(): void {
    this.#autosave.stop();
  }

  /** Reads what changes beside the content: its state, its publication, the check before it. */
  async refresh(): Promise<void> {
    const read = await openDraft(this.id);
    this.#draft = { ...read, content: this.#draft.content };
  }

  /** After the draft was changed elsewhere: takes that over. Undo brings this one back. */
  async takeTheirs(): Promise<void> {
    const read = await openDraft(this.id);
    this.#draft = read;
    this.#history.change(read.content as unknown as C, "Saved draft read again", this.#now());
    this.#content = this.#history.present;
    this.#countSteps();
    this.#autosave.rebase(read);
  }

  /** After the draft was changed elsewhere: saves this one on top of it. */
  async keepMine(): Promise<boolean> {
    const read = await openDraft(this.id);
    this.#autosave.rebase(read, this.#content);
    return this.flush();
  }

  #change(label: string, edit: (content: C) => C, now: number, burst: string | null): void {
    const next = edit(this.#content);
    if (next === this.#content) return;
    this.#history.change(next, label, now, burst);
    this.#take();
  }

  #take(): void {
    this.#content = this.#history.present;
    this.#countSteps();
    this.#autosave.changed(this.#content);
  }

  #countSteps(): void {
    const { canUndo, canRedo } = this.#history;
    if (canUndo !== this.#steps.canUndo || canRedo !== this.#steps.canRedo) {
      this.#steps = { canUndo, canRedo };
    }
  }

  async #save(revision: number, content: C): Promise<Saved> {
    const saved = await saveDraft(this.id, revision, content as unknown as Summary);
    const before = this.#draft.content;
    const now = content as unknown as Summary;
    this.#draft = { ...this.#draft, content: now };
    // What a health check is compared with depends on its model and its date.
    if (
      now.kind === "healthCheck" &&
      before.kind === "healthCheck" &&
      (now.modelId !== before.modelId || now.date !== before.date)
    ) {
      void this.refresh().catch(() => undefined);
    }
    return saved;
  }
}
