// Which summaries are chosen, to be published together.

import { SvelteMap } from "svelte/reactivity";
import type { DraftRow } from "../../api/bindings/DraftRow";
import { listDrafts } from "../../api/commands";
import { pageSize, type SummaryList } from "./list.svelte";

export class Selection {
  /** By id, as they were when they were last listed. */
  readonly chosen = new SvelteMap<string, DraftRow>();
  /** Where Shift began. */
  #anchor: string | null = null;

  get size(): number {
    return this.chosen.size;
  }

  has(row: DraftRow): boolean {
    return this.chosen.has(row.id);
  }

  toggle(row: DraftRow): void {
    this.#anchor = row.id;
    if (!this.chosen.delete(row.id)) this.chosen.set(row.id, row);
  }

  /** Chooses all from where the last choice was made to this row. */
  extend(rows: DraftRow[], from: DraftRow, to: DraftRow): void {
    this.#anchor ??= from.id;
    const ends = [rows.findIndex((it) => it.id === this.#anchor), rows.indexOf(to)];
    const start = Math.max(0, Math.min(...ends));
    for (const row of rows.slice(start, Math.max(...ends) + 1)) this.chosen.set(row.id, row);
  }

  /** All that match what is asked for, over all pages of the list. */
  async all(teamId: string, list: SummaryList): Promise<void> {
    for (const row of list.found.rows) this.chosen.set(row.id, row);
    const { total } = list.found;
    for (let offset = 0; total > list.found.rows.length && offset < total; offset += pageSize) {
      const { rows } = await listDrafts(list.query(teamId, offset));
      for (const row of rows) this.chosen.set(row.id, row);
    }
  }

  /** The row was deleted. */
  remove(row: DraftRow): void {
    this.chosen.delete(row.id);
    if (this.#anchor === row.id) this.#anchor = null;
  }

  clear(): void {
    this.chosen.clear();
    this.#anchor = null;
  }

  /** What is listed anew may stand otherwise. */
  renew(rows: DraftRow[]): void {
    for (const row of rows) if (this.chosen.has(row.id)) this.chosen.set(row.id, row);
  }
}
