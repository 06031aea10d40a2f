// What is going on in a health check: which dimension is looked at, in which order, and what keys,
// menus and dragging do to them. All of it ends in a function of edit.ts.

import { tick } from "svelte";
import type { DimensionResult } from "../../api/bindings/DimensionResult";
import type { HealthCheck } from "../../api/bindings/HealthCheck";
import { plural } from "../../format";
import { announce, toast } from "../../state/announce.svelte";
import type { Editing } from "../draft/editing.svelte";
import { newId } from "../draft/list";
import { linesOf } from "../draft/paste";
import * as edit from "./edit";
import { inOrder, type Order } from "./order";

interface Open {
  id: string;
  fresh: boolean;
  /** Where Esc goes back to. */
  mark: number;
}

export class Board {
  readonly editing: Editing<HealthCheck>;
  order = $state.raw<Order>("model");
  /** In small windows the inspector is a drawer, and this says whether it is open. */
  drawer = $state(false);
  /** The dimension whose name or statement is edited, or the comment. */
  renaming = $state.raw<{ id: string; what: "name" | "statement" } | null>(null);
  comment = $state.raw<Open | null>(null);
  #chosen = $state.raw<string | null>(null);

  constructor(editing: Editing<HealthCheck>) {
    this.editing = editing;
  }

  get content(): HealthCheck {
    return this.editing.content;
  }

  /** The dimensions in the order in which they are looked at. */
  readonly shown: DimensionResult[] = $derived.by(() =>
    inOrder(this.content.dimensions, this.order, this.editing.previous),
  );

  /** The one the inspector shows; the first, until another is chosen. */
  readonly dimension: DimensionResult | null = $derived.by(
    () => this.content.dimensions.find((it) => it.id === this.#chosen) ?? this.shown[0] ?? null,
  );

  /** Its place in the order of the view, from 1. */
  get place(): number {
    return this.shown.findIndex((it) => it.id === this.dimension?.id) + 1;
  }

  /** Shows a dimension in the inspector. Where that is a drawer, the focus goes there. */
  async choose(id: string): Promise<void> {
    this.editing.seal();
    this.#chosen = id;
    this.drawer = true;
    if (drawerHere()) await focus("dim-h");
  }

  async closeDrawer(): Promise<void> {
    this.drawer = false;
    await focus(`dimension-${this.dimension?.id}`);
  }

  step(by: 1 | -1): void {
    const next = this.shown[this.place - 1 + by];
    if (next === undefined) return;
    this.editing.seal();
    this.#chosen = next.id;
    announce(`${next.name}, dimension ${this.place} of ${this.shown.length}`);
  }

  /** Steps the focus from row to row of the table. */
  async stepRow(id: string, by: 1 | -1): Promise<void> {
    const next = this.shown[this.shown.findIndex((it) => it.id === id) + by];
    if (next) await focus(`dimension-${next.id}`);
  }

  async add(): Promise<void> {
    const id = newId();
    this.editing.change("Dimension added", (it) => edit.addDimension(it, "New dimension", id));
    this.order = "model";
    this.#chosen = id;
    this.drawer = true;
    this.renaming = { id, what: "name" };
  }

  /** Many pasted lines become many dimensions, in one step. */
  paste(text: string): boolean {
    const names = linesOf(text);
    if (names.length < 2) return false;
    this.editing.change(`${plural(names.length, "dimension")} added`, (it) =>
      names.reduce((check, name) => edit.addDimension(check, name), it),
    );
    toast(`${plural(names.length, "dimension")} added`, {
      action: { label: "Undo", run: () => this.editing.undo() },
    });
    return true;
  }

  /** Moving is of use only in the order of the model, so the view goes back to it. */
  async move(id: string, by: 1 | -1): Promise<void> {
    this.order = "model";
    this.editing.change("Dimension moved", (it) => edit.moveDimension(it, id, by));
    await this.#moved(id);
  }

  async moveBefore(id: string, before: string | null): Promise<void> {
    this.order = "model";
    this.editing.change("Dimension moved", (it) => edit.moveDimensionBefore(it, id, before));
    await this.#moved(id);
  }

  async #moved(id: string): Promise<void> {
    const at = this.content.dimensions.findIndex((it) => it.id === id) + 1;
    announce(`Place ${at} of ${this.content.dimensions.length}`);
    await focus(`dimension-${id}`);
  }

  async remove(id: string): Promise<void> {
    const next = this.shown.find((it) => it.id !== id && this.shown.indexOf(it) >= this.place - 1);
    const [, removed] = edit.deleteDimension(this.content, id);
    if (removed === null) return;
    this.editing.change("Dimension removed", (it) => edit.deleteDimension(it, id)[0]);
    this.#chosen = next?.id ?? null;
    this.drawer = false;
    toast("Dimension removed", {
      action: {
        label: "Undo",
        run: () => {
          this.editing.change("Dimension put back", (it) => edit.putDimensionBack(it, removed));
          this.#chosen = id;
          void focus(`dimension-${id}`);
        },
      },
    });
    await focus(this.dimension ? `dimension-${this.dimension.id}` : "add-dimension");
  }

  async renamed(id: string, how: "enter" | "escape" | "blur"): Promise<void> {
    this.renaming = null;
    if (how !== "blur") await focus(id);
  }

  // ------------------------------------------------------------- Comments

  startComment(dimensionId: string): void {
    const id = newId();
    const mark = this.editing.mark();
    this.editing.begin(
      "Comment added",
      (it) => edit.addComment(it, dimensionId, { id, author: "", text: "" }),
      `comment ${id}`,
    );
    this.comment = { id, fresh: true, mark };
  }

  editComment(id: string): void {
    this.comment = { id, fresh: false, mark: this.editing.mark() };
  }

  async commentEnded(dimensionId: string, how: "enter" | "escape" | "blur"): Promise<void> {
    const open = this.comment;
    if (open === null) return;
    this.comment = null;
    if (how === "escape") this.editing.rollBack(open.mark);
    else this.editing.seal();
    const comment = this.content.dimensions
      .find((it) => it.id === dimensionId)
      ?.comments.find((it) => it.id === open.id);
    if (comment && `${comment.text}${comment.author}`.trim() === "") {
      if (open.fresh) this.editing.rollBack(open.mark);
      else this.deleteComment(dimensionId, comment.id);
    } else if (how === "enter" && open.fresh) {
      this.startComment(dimensionId);
      return;
    }
    if (how !== "blur") await focus("add-dimension-comment");
  }

  deleteComment(dimensionId: string, commentId: string): void {
    const [, removed] = edit.deleteComment(this.content, dimensionId, commentId);
    if (removed === null) return;
    this.editing.change(
      "Comment deleted",
      (it) => edit.deleteComment(it, dimensionId, commentId)[0],
    );
    toast("Comment deleted", {
      action: {
        label: "Undo",
        run: () =>
          this.editing.change("Comment put back", (it) =>
            edit.putCommentBack(it, dimensionId, removed),
          ),
      },
    });
    void focus("add-dimension-comment");
  }
}

/** The window is so small that the inspector is a drawer; as in small-windows.css. */
export function drawerHere(): boolean {
  return window.matchMedia?.("(max-width: 70rem)").matches ?? false;
}

async function focus(id: string): Promise<void> {
  await tick();
  document.getElementById(id)?.focus();
}
