// The actions of an open draft, edited row by row.

import type { Action } from "../../api/bindings/Action";
import { isBlank, moveInBlock, newAction } from "./actions";
import type { Content, Editing } from "./editing.svelte";
import { Rows } from "./rows.svelte";

export function actionRows<C extends Content>(editing: Editing<C>): Rows<C, Action> {
  return new Rows<C, Action>(editing, {
    what: "Action",
    many: "actions",
    read: (it) => it.actions,
    write: (it, actions) => ({ ...it, actions }),
    make: (text) => ({ ...newAction(), text }),
    isBlank,
    moveBy: moveInBlock,
    // A copy of a carried over action is an action of this draft.
    copy: (it) => ({ ...it, id: newAction().id, carriedFrom: null }),
  });
}
