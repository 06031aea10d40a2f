// Lists whose rows are edited in place: actions, agreements, kudos. Enter adds the next row, a row
// left empty goes again, Alt and an arrow moves it, pasted lines become rows.

import { tick } from "svelte";
import { plural } from "../../format";
import { announce, toast } from "../../state/announce.svelte";
import type { Content, Editing } from "./editing.svelte";
import * as list from "./list";
import { linesOf } from "./paste";

interface Kind<C, T extends list.Keyed> {
  /** "Action" */
  what: string;
  /** "actions" */
  many: string;
  read: (content: C) => T[];
  write: (content: C, items: T[]) => C;
  /** A row with this text and nothing else. */
  make: (text: string) => T;
  isBlank: (item: T) => boolean;
  /** A duplicate; its id and those in it must be new. */
  copy?: (item: T) => T;
  moveBy?: (items: T[], id: string, by: 1 | -1) => T[];
}

export class Rows<C extends Content, T extends list.Keyed> {
  readonly editing: Editing<C>;
  readonly kind: Kind<C, T>;
  /** A row that was just added. */
  #fresh: { id: string; mark: number } | null = null;

  constructor(editing: Editing<C>, kind: Kind<C, T>) {
    this.editing = editing;
    this.kind = kind;
  }

  get items(): T[] {
    return this.kind.read(this.editing.content);
  }

  /** The element of a row that gets the focus has this id. */
  fieldId(id: string): string {
    return `${this.kind.what.toLowerCase()}-${id}`;
  }

  /** The button that adds a row has this id. */
  get addId(): string {
    return `add-${this.kind.what.toLowerCase()}`;
  }

  async add(behind: string | null = null, item: T = this.kind.make("")): Promise<void> {
    const mark = this.editing.mark();
    this.editing.begin(
      `${this.kind.what} added`,
      (content) => {
        const items = this.kind.read(content);
        const at = behind === null ? -1 : list.indexOf(items, behind);
        return this.kind.write(content, list.insert(items, at < 0 ? items.length : at + 1, item));
      },
      item.id,
    );
    this.#fresh = { id: item.id, mark };
    await focus(this.fieldId(item.id));
  }

  patch(id: string, fields: Partial<T>): void {
    const fresh = this.#fresh?.id === id;
    this.#edit(
      fresh ? "added" : "changed",
      (items) => list.patch(items, id, fields),
      fresh ? id : `${id} ${Object.keys(fields)}`,
    );
  }

  async move(id: string, by: 1 | -1): Promise<void> {
    const moveBy = this.kind.moveBy ?? list.moveBy;
    const active = document.activeElement;
    this.#edit("moved", (items) => moveBy(items, id, by));
    announce(`Place ${list.indexOf(this.items, id) + 1} of ${this.items.length}`);
    await tick();
    if (active instanceof HTMLElement && active.isConnected && active !== document.body)
      active.focus();
    else await focus(this.fieldId(id));
  }

  moveBefore(id: string, before: string | null): void {
    this.#edit("moved", (items) => list.moveBefore(items, id, before));
    announce(`Place ${list.indexOf(this.items, id) + 1} of ${this.items.length}`);
  }

  async duplicate(id: string): Promise<void> {
    const item = this.items.find((it) => it.id === id);
    if (item === undefined) return;
    const copy = this.kind.copy?.(item) ?? { ...item, id: list.newId() };
    this.#edit("duplicated", (items) => list.insert(items, list.indexOf(items, id) + 1, copy));
    announce(`${this.kind.what} duplicated`);
    await focus(this.fieldId(copy.id));
  }

  async remove(id: string): Promise<void> {
    const [, removed] = list.remove(this.items, id);
    if (removed === null) return;
    const next = this.items[removed.index + 1] ?? this.items[removed.index - 1];
    this.#edit("deleted", (items) => list.remove(items, id)[0]);
    toast(`${this.kind.what} deleted`, {
      action: {
        label: "Undo",
        run: () => {
          this.#edit("put back", (items) => list.putBack(items, removed));
          void focus(this.fieldId(id));
        },
      },
    });
    await focus(next ? this.fieldId(next.id) : this.addId);
  }

  /** The row was left. A new one in which nothing was entered goes without a trace. */
  left(event: FocusEvent & { currentTarget: HTMLElement }, id: string): void {
    const row = event.currentTarget;
    if (row.contains(event.relatedTarget as Node | null)) return;
    // Another window in front is no reason to go; the field still is the active element then.
    if (row.contains(document.activeElement)) return;
    this.#dropBlank(id);
    this.editing.seal();
  }

  /** Keys of a row. `inText` says that Enter and Esc are those of its text field. */
  key(event: KeyboardEvent, id: string, inText: boolean): void {
    if (event.isComposing || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
    if ((event.target as HTMLElement).closest("[role='menu']")) return;
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      void this.move(id, event.key === "ArrowUp" ? -1 : 1);
    } else if (inText && event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      const item = this.items.find((it) => it.id === id);
      if (item && this.kind.isBlank(item)) this.#close(id);
      else void this.add(id);
    } else if (inText && event.key === "Escape" && this.#fresh?.id === id) {
      event.preventDefault();
      event.stopPropagation();
      const { mark } = this.#fresh;
      this.#fresh = null;
      this.editing.rollBack(mark);
      void focus(this.addId);
    }
  }

  /** Many pasted lines become many rows, in one step. */
  paste(event: ClipboardEvent, id: string | null): void {
    const lines = linesOf(event.clipboardData?.getData("text/plain") ?? "");
    if (lines.length < 2) return;
    event.preventDefault();
    const made = lines.map((line) => this.kind.make(line));
    const dropped = id !== null && this.#dropBlank(id);
    this.editing.seal();
    this.editing.change(this.#count(made.length), (content) => {
      const items = this.kind.read(content);
      const at = id === null || dropped ? -1 : list.indexOf(items, id);
      return this.kind.write(content, list.insert(items, at < 0 ? items.length : at + 1, ...made));
    });
    const ids = new Set(made.map((it) => it.id));
    toast(this.#count(made.length), {
      action: {
        label: "Undo",
        run: () => this.#edit("taken away", (items) => items.filter((it) => !ids.has(it.id))),
      },
    });
    void focus(this.fieldId(made.at(-1)?.id ?? ""));
  }

  #count(count: number): string {
    const { what, many } = this.kind;
    return `${plural(count, what.toLowerCase(), many)} added`;
  }

  #close(id: string): void {
    if (this.#dropBlank(id)) void focus(this.addId);
  }

  #dropBlank(id: string): boolean {
    const fresh = this.#fresh;
    if (fresh?.id !== id) return false;
    const item = this.items.find((it) => it.id === id);
    this.#fresh = null;
    if (item === undefined || !this.kind.isBlank(item)) return false;
    this.editing.rollBack(fresh.mark);
    return true;
  }

  #edit(did: string, change: (items: T[]) => T[], burst: string | null = null): void {
    this.editing.change(
      `${this.kind.what} ${did}`,
      (content) => {
        const before = this.kind.read(content);
        const after = change(before);
        return after === before ? content : this.kind.write(content, after);
      },
      burst,
    );
  }
}

async function focus(id: string): Promise<void> {
  await tick();
  document.getElementById(id)?.focus();
}
