// How a summary is described in the list and beside it.

import type { DraftRow } from "../../api/bindings/DraftRow";
import type { PublishState } from "../../api/bindings/PublishState";
import type { Summary } from "../../api/bindings/Summary";
import { date, plural } from "../../format";

const steps = ["Sign in", "Find parent page", "Create page", "Upload PDF", "Check the result"];

/** The title, or the meeting's date where it has none. */
export function nameOf(it: { title: string; date: string | null }): string {
  return it.title.trim() || date(it.date) || "Untitled";
}

/**
 * The line below the name: what is in it, or how its publish stands. `waiting` says what a queued
 * one waits for, once that is known.
 */
export function noteOf(row: DraftRow, waiting?: string): string {
  const note = row.state.type === "queued" && waiting ? waiting : stateNote(row.state);
  return note && row.state.type !== "published"
    ? note
    : [row.contents, note].filter(Boolean).join(" · ");
}

function stateNote(state: PublishState): string {
  switch (state.type) {
    case "queued":
      return "Published by itself as soon as it can be";
    case "publishing":
      return steps[state.step - 1] ?? "";
    case "checking":
      return "Looking in Confluence before anything is sent again";
    case "published":
      return state.changed ? "edited since" : `version ${state.version}`;
    case "pdfMissing":
      return "Page is there, PDF is missing";
    case "needsAttention":
    case "conflict":
      return state.message;
    case "draft":
    case "deleted":
      return "";
  }
}

/** "3 columns, 12 ideas, 2 agreements, ROTI 4.1" */
export function contentsOf(content: Summary): string {
  if (content.kind === "healthCheck") {
    const answered = content.dimensions.filter((it) => it.responses.some(Boolean)).length;
    return `${plural(content.dimensions.length, "dimension")}, ${answered} answered`;
  }
  const ideas = content.columns
    .flatMap((it) => it.entries)
    .reduce((sum, it) => sum + (it.type === "idea" ? 1 : it.ideas.length), 0);
  const answers = content.roti.counts.reduce((sum, it) => sum + it, 0);
  const points = content.roti.counts.reduce((sum, it, at) => sum + it * (at + 1), 0);
  return [
    plural(content.columns.length, "column"),
    plural(ideas, "idea"),
    content.agreements.length ? plural(content.agreements.length, "agreement") : "",
    content.kudos.length ? plural(content.kudos.length, "kudo", "kudos") : "",
    answers ? `ROTI ${(points / answers).toFixed(1)}` : "",
  ]
    .filter(Boolean)
    .join(", ");
}

/** Why a summary cannot be published together with others; empty where it can. */
export function unpublishable(row: DraftRow): string {
  if (!row.date) return "has no meeting date";
  switch (row.state.type) {
    case "draft":
      return "";
    case "published":
      return row.state.changed ? "" : "is published as it is";
    case "queued":
    case "publishing":
    case "checking":
      return "is queued already";
    case "pdfMissing":
      return "lacks its PDF: retry the upload in the Outbox";
    case "needsAttention":
    case "conflict":
      return "needs you in the Outbox first";
    case "deleted":
      return "was deleted in Confluence: publish it again from Share";
  }
}
