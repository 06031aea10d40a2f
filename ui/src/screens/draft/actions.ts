// Actions of a retrospective or a health check.

import type { Action } from "../../api/bindings/Action";
import { newId } from "./list";

export function newAction(dimensionId: string | null = null): Action {
  return {
    id: newId(),
    text: "",
    owners: [],
    due: null,
    priority: null,
    done: false,
    dimensionId,
    carriedFrom: null,
  };
}

/** Nothing was entered. */
export function isBlank(action: Action): boolean {
  return action.text.trim() === "" && action.owners.length === 0 && action.due === null;
}

/** Its date has passed; `today` is "2026-11-19". */
export function isOverdue(action: Action, today: string): boolean {
  return !action.done && action.due !== null && action.due < today;
}

/** Adds the open actions of an earlier summary that are not here yet. */
export function carryOver(actions: Action[], open: Action[]): Action[] {
  const here = new Set(actions.map((it) => it.carriedFrom?.actionId ?? ""));
  const ids = new Set(actions.map((it) => it.id));
  const fresh = open
    .filter((it) => it.carriedFrom === null || !here.has(it.carriedFrom.actionId))
    .map((it) => (ids.has(it.id) ? { ...it, id: newId() } : it));
  return fresh.length === 0 ? actions : [...actions, ...fresh];
}

export interface ActionBlock {
  /** Id of the draft they were carried over from; empty for those of this draft. */
  from: string;
  /** Title of that draft. */
  title: string;
  actions: Action[];
}

/** New actions first, then one block for each summary some were carried over from. */
export function inBlocks(actions: readonly Action[]): ActionBlock[] {
  const own: ActionBlock = { from: "", title: "", actions: [] };
  const blocks = new Map<string, ActionBlock>();
  for (const action of actions) {
    const from = action.carriedFrom;
    if (from === null) {
      own.actions.push(action);
      continue;
    }
    const block = blocks.get(from.draftId) ?? {
      from: from.draftId,
      title: from.title,
      actions: [],
    };
    block.actions.push(action);
    blocks.set(from.draftId, block);
  }
  return [own, ...blocks.values()];
}

/** Moves an action by one place inside its block, up (-1) or down (1). */
export function moveInBlock(actions: Action[], id: string, by: -1 | 1): Action[] {
  const at = actions.findIndex((it) => it.id === id);
  const moved = actions[at];
  if (moved === undefined) return actions;
  const block = moved.carriedFrom?.draftId ?? "";
  for (let other = at + by; other >= 0 && other < actions.length; other += by) {
    const passed = actions[other];
    if (passed === undefined || (passed.carriedFrom?.draftId ?? "") !== block) continue;
    const next = actions.slice();
    next.splice(at, 1);
    next.splice(other, 0, moved);
    return next;
  }
  return actions;
}
