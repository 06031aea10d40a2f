// How an operation of the Outbox is described.

import type { ConnectionStatus } from "../../api/bindings/ConnectionStatus";
import type { Operation } from "../../api/bindings/Operation";
import type { OutboxAction } from "../../api/bindings/OutboxAction";
import type { OutboxRow } from "../../api/bindings/OutboxRow";
import type { PublishState } from "../../api/bindings/PublishState";
import type { IconName } from "../../components/icons";
import { waitingWords } from "../../components/waiting";
import { clock, dayOf, lately } from "../../format";

/** The chip of an operation that has not ended. */
export function chipOf(row: OutboxRow): { state: PublishState; word?: string } {
  const { operation } = row;
  const message = operation.error?.message ?? "";
  if (row.pdfMissing && operation.state === "needsAttention")
    return { state: { type: "pdfMissing", version: 0 }, word: "Published, PDF missing" };
  switch (operation.state) {
    case "running": {
      const step = stepOf(operation);
      return operation.kind === "delete"
        ? { state: { type: "publishing", step }, word: "Deleting" }
        : { state: { type: "publishing", step } };
    }
    case "checking":
      return { state: { type: "checking" } };
    case "conflict":
      return { state: { type: "conflict", message } };
    case "needsAttention":
      return { state: { type: "needsAttention", message } };
    default:
      return { state: { type: "queued" } };
  }
}

function stepOf(operation: Operation): number {
  const at = operation.steps.findIndex((it) => it.state === "running" || it.state === "checking");
  return Math.max(1, at + 1);
}

/** The name of a row: the draft's own, else the page's title. */
export function nameOf(row: OutboxRow): string {
  return row.draftTitle || row.operation.title;
}

/** What a cancel came to. While the answer is not known, neither is that. */
export function cancelledWords(row: OutboxRow): string {
  const { kind, state } = row.operation;
  const name = nameOf(row);
  if (state === "checking" && kind === "create")
    return `${name} is cancelled. Should its page turn out to be there, it is told, and stands in Published.`;
  if (kind !== "delete") return `${name} is cancelled. The draft is as it was.`;
  return state === "checking"
    ? `${name}: the deletion is not sent again`
    : `${name}: the page is kept`;
}

/** "PAY / Retrospectives / Sprint 42 - Retrospective" */
export function placeOf({ target }: OutboxRow): string {
  return [target.spaceKey, target.parent, target.title].filter(Boolean).join(" / ");
}

/** What happens now, or what it waits for. */
export function sayOf(row: OutboxRow): string {
  const { operation } = row;
  const { waiting } = operation;
  const frozen = `Frozen as you saw it ${lately(row.queuedAt) === clock(row.queuedAt) ? "at" : "on"} ${lately(row.queuedAt)}.`;
  switch (operation.state) {
    case "running": {
      const step = operation.steps[stepOf(operation) - 1];
      return step ? `${step.name}: under way.` : "Under way.";
    }
    case "checking":
      return waiting && waiting.type !== "turn"
        ? `An answer was lost. ${waitingWords(waiting)}; then Retropress looks before it sends again.`
        : "An answer was lost. Retropress looks in Confluence before anything is sent again.";
    case "queued":
      return operation.kind === "delete"
        ? `${waitingWords(waiting)}. The page is deleted after that.`
        : `${waitingWords(waiting)}. ${waiting?.type === "paused" ? "" : "Published by itself after that. "}${frozen}`;
    default:
      return "";
  }
}

export function queuedWhen(row: OutboxRow, today: Date): string {
  return new Date(row.queuedAt).toDateString() === today.toDateString()
    ? clock(row.queuedAt)
    : dayOf(row.queuedAt);
}

export const actionWords: Record<OutboxAction, { label: string; icon?: IconName }> = {
  resolve: { label: "Resolve…" },
  changeTitle: { label: "Change the title…" },
  chooseParent: { label: "Choose another parent page…" },
  publishAsNew: { label: "Publish as a new page…" },
  signIn: { label: "Sign in again" },
  networkSettings: { label: "Network settings" },
  retryUpload: { label: "Retry upload", icon: "retry" },
  retry: { label: "Retry now", icon: "retry" },
  resume: { label: "Resume", icon: "play" },
  view: { label: "View in Confluence", icon: "open" },
  edit: { label: "Edit" },
  cancel: { label: "Cancel" },
};

/** One that was never tried is published; one that was is tried again. */
export function labelOf(action: OutboxAction, row: OutboxRow): string {
  if (action === "retry" && row.operation.state === "queued" && row.attempts === 0)
    return row.operation.kind === "delete" ? "Delete now" : "Publish now";
  if (action === "cancel" && row.operation.kind === "delete") return "Keep the page";
  return actionWords[action].label;
}

interface ReachLook {
  class: string;
  icon: IconName;
  word: string;
}

/** The chip of a connection. */
export function reachOf(it: ConnectionStatus): ReachLook {
  if (it.paused) return { class: "", icon: "pause", word: "Paused" };
  if (it.signInNeeded) return { class: "chip-bad", icon: "key", word: "Sign-in needed" };
  switch (it.reach.type) {
    case "online":
      return { class: "chip-ok", icon: "ok", word: "Online" };
    case "offline":
      return { class: "", icon: "cloudoff", word: "Offline" };
    case "waitingForVpn":
      return { class: "chip-warn", icon: "shield", word: "Waiting for VPN" };
    case "unknown":
      return { class: "", icon: "wait", word: "Not asked yet" };
  }
}
