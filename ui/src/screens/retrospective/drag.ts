// Dragging ideas, groups and columns with the mouse. Where something would land is shown by a line
// on the item under the pointer (`data-drop`); keys and menus do the same without a mouse.

import type { Attachment } from "svelte/attachments";

export type Dragged = { what: "idea" | "group" | "column"; id: string };

/** What it is dropped on, and on which side. `into` is the end of a column or start of a group. */
export interface Drop {
  on: "idea" | "group" | "column";
  id: string;
  side: "before" | "after" | "into";
}

type Drag = (dragged: Dragged, drop: Drop) => void;

export function draggable(dropped: Drag): Attachment<HTMLElement> {
  return (node) => {
    let dragged: Dragged | null = null;
    let source: HTMLElement | null = null;
    let marked: HTMLElement | null = null;
    let drop: Drop | null = null;

    const closest = (target: EventTarget | null, name: string) =>
      (target as Element | null)?.closest<HTMLElement>(`[data-${name}]`) ?? null;

    function unmark() {
      if (marked) delete marked.dataset.drop;
      marked = null;
      drop = null;
    }

    function mark(element: HTMLElement, found: Drop) {
      if (element === marked && found.side === drop?.side) return;
      unmark();
      marked = element;
      drop = found;
      element.dataset.drop = found.side;
    }

    function start(event: DragEvent) {
      const target = event.target as HTMLElement;
      if (target.dataset.idea) dragged = { what: "idea", id: target.dataset.idea };
      else if (target.dataset.group) dragged = { what: "group", id: target.dataset.group };
      else if (target.dataset.columnHead !== undefined) {
        dragged = { what: "column", id: closest(target, "column")?.dataset.column ?? "" };
      } else return;
      source = dragged.what === "column" ? closest(target, "column") : target;
      event.stopPropagation();
      if (!event.dataTransfer || !source) return;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      source.dataset.dragged = "";
    }

    function over(event: DragEvent) {
      if (dragged === null) return;
      const found = find(event, dragged);
      if (found === null) {
        unmark();
        return;
      }
      event.preventDefault();
      mark(found.element, found.drop);
    }

    function find(event: DragEvent, it: Dragged): { element: HTMLElement; drop: Drop } | null {
      const column = closest(event.target, "column");
      if (column === null) return null;
      const columnId = column.dataset.column ?? "";
      if (it.what === "column") {
        if (column === source) return null;
        const side = sideOf(column, event, node.dataset.stacked === undefined);
        return { element: column, drop: { on: "column", id: columnId, side } };
      }
      const group = closest(event.target, "group");
      const idea = closest(event.target, "idea");
      if (it.what === "idea" && idea) {
        if (idea === source) return null;
        const drop = {
          on: "idea",
          id: idea.dataset.idea ?? "",
          side: sideOf(idea, event),
        } as const;
        return { element: idea, drop };
      }
      if (group) {
        if (group === source) return null;
        const on = { on: "group", id: group.dataset.group ?? "" } as const;
        const head = closest(event.target, "group-head");
        if (it.what === "idea" && head && sideOf(head, event) === "after") {
          return { element: group, drop: { ...on, side: "into" } };
        }
        return { element: group, drop: { ...on, side: sideOf(head ?? group, event) } };
      }
      if (idea) {
        const drop = {
          on: "idea",
          id: idea.dataset.idea ?? "",
          side: sideOf(idea, event),
        } as const;
        return { element: idea, drop };
      }
      return { element: column, drop: { on: "column", id: columnId, side: "into" } };
    }

    function end() {
      unmark();
      if (source) delete source.dataset.dragged;
      dragged = null;
      source = null;
    }

    function land(event: DragEvent) {
      if (dragged === null || drop === null) return;
      event.preventDefault();
      const [what, where] = [dragged, drop];
      end();
      dropped(what, where);
    }

    function leave(event: DragEvent) {
      if (!node.contains(event.relatedTarget as Node | null)) unmark();
    }

    const listeners = {
      dragstart: start,
      dragover: over,
      drop: land,
      dragend: end,
      dragleave: leave,
    };
    for (const [name, listener] of Object.entries(listeners)) {
      node.addEventListener(name, listener as EventListener);
    }
    return () => {
      for (const [name, listener] of Object.entries(listeners)) {
        node.removeEventListener(name, listener as EventListener);
      }
    };
  };
}

function sideOf(element: HTMLElement, event: DragEvent, across = false): "before" | "after" {
  const box = element.getBoundingClientRect();
  const first = across
    ? event.clientX < box.left + box.width / 2
    : event.clientY < box.top + box.height / 2;
  return first ? "before" : "after";
}
