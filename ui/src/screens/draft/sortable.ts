// Reordering the rows of a list by dragging. Keys and menus do the same, so this is for mice only.

import type { Attachment } from "svelte/attachments";

/**
 * Makes the rows inside an element sortable by their grips.
 *
 * Rows carry `data-row` with their id, grips `data-grip` and `draggable="true"`. `move` gets the
 * dragged row and the one it is dropped in front of, `null` for the end. Rows of another
 * `data-block` are no targets.
 */
export function sortable(
  move: (id: string, before: string | null) => void,
): Attachment<HTMLElement> {
  return (node) => {
    let dragged: HTMLElement | null = null;
    let marked: HTMLElement | null = null;

    const rowOf = (target: EventTarget | null) =>
      (target as Element | null)?.closest<HTMLElement>("[data-row]") ?? null;

    function unmark() {
      if (marked) delete marked.dataset.drop;
      marked = null;
    }

    function start(event: DragEvent) {
      const grip = (event.target as Element | null)?.closest("[data-grip]");
      const row = grip ? rowOf(grip) : null;
      if (!row || !node.contains(row) || !event.dataTransfer) return;
      event.stopPropagation();
      dragged = row;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      event.dataTransfer.setDragImage(row, 12, 12);
    }

    function over(event: DragEvent) {
      const row = rowOf(event.target);
      unmark();
      if (!dragged || !row || row === dragged || !node.contains(row)) return;
      if (row.dataset.block !== dragged.dataset.block) return;
      event.preventDefault();
      const box = row.getBoundingClientRect();
      row.dataset.drop = event.clientY < box.top + box.height / 2 ? "before" : "after";
      marked = row;
    }

    function drop(event: DragEvent) {
      if (!dragged || !marked) return;
      event.preventDefault();
      const rows = [...node.querySelectorAll<HTMLElement>("[data-row]")].filter(
        (it) => it.dataset.block === dragged?.dataset.block,
      );
      const at = rows.indexOf(marked) + (marked.dataset.drop === "after" ? 1 : 0);
      const id = dragged.dataset.row ?? "";
      const before = rows[at]?.dataset.row ?? null;
      end();
      move(id, before);
    }

    function end() {
      unmark();
      dragged = null;
    }

    node.addEventListener("dragstart", start);
    node.addEventListener("dragover", over);
    node.addEventListener("drop", drop);
    node.addEventListener("dragend", end);
    return () => {
      node.removeEventListener("dragstart", start);
      node.removeEventListener("dragover", over);
      node.removeEventListener("drop", drop);
      node.removeEventListener("dragend", end);
    };
  };
}
