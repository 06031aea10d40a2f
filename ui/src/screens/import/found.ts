// How what was understood of one section is told in the preview.

import type { HeadingRole } from "../../api/bindings/HeadingRole";
import type { ImportedSection } from "../../api/bindings/ImportedSection";
import type { Summary } from "../../api/bindings/Summary";
import { date, plural } from "../../format";

export const roles: { id: HeadingRole; name: string }[] = [
  { id: "summary", name: "Starts a summary" },
  { id: "column", name: "Column of ideas" },
  { id: "group", name: "Group of ideas" },
  { id: "actions", name: "Actions" },
  { id: "agreements", name: "Agreements" },
  { id: "kudos", name: "Kudos" },
  { id: "participants", name: "Participants" },
  { id: "dimensions", name: "Dimensions of a health check" },
  { id: "roti", name: "ROTI" },
  { id: "notes", name: "Notes" },
];

export function kindName(summary: Summary): string {
  return summary.kind === "retrospective" ? "Retrospective" : "Health check";
}

/** What the section is called while it has no title. */
export function titleOf(section: ImportedSection): string {
  const { summary } = section;
  return summary.title || date(summary.date) || `${kindName(summary)} from line ${section.line}`;
}

/** "12 ideas, 4 actions" */
export function contentsOf(summary: Summary): string {
  const parts =
    summary.kind === "retrospective"
      ? [
          [
            summary.columns.reduce(
              (sum, column) =>
                sum +
                column.entries.reduce(
                  (some, entry) => some + (entry.type === "group" ? entry.ideas.length : 1),
                  0,
                ),
              0,
            ),
            "idea",
          ],
          [summary.agreements.length, "agreement"],
          [summary.kudos.length, "kudo"],
        ]
      : [[summary.dimensions.length, "dimension"]];
  parts.push([summary.actions.length, "action"]);
  return (
    (parts as [number, string][])
      .filter(([count]) => count > 0)
      .map(([count, word]) => plural(count, word))
      .join(", ") || "Nothing but notes"
  );
}

export interface Understood {
  name: string;
  lines: string[];
}

/** Everything of the section under the names it will have in the draft. */
export function understoodOf(summary: Summary): Understood[] {
  const all: Understood[] = [];
  const add = (name: string, lines: string[]) => {
    if (lines.length > 0) all.push({ name, lines });
  };
  if (summary.kind === "retrospective") {
    for (const column of summary.columns) {
      const lines = column.entries.flatMap((entry) =>
        entry.type === "idea"
          ? [voted(entry.text, entry.votes)]
          : entry.ideas.map((idea) => `${entry.title}: ${voted(idea.text, idea.votes)}`),
      );
      add(column.title || "Column without a name", lines);
    }
  } else {
    add(
      "Dimensions",
      summary.dimensions.map((it) => {
        const answers = it.responses.reduce((sum, count) => sum + count, 0);
        return answers > 0 ? `${it.name} (${plural(answers, "answer")})` : it.name;
      }),
    );
  }
  add(
    "Actions",
    summary.actions.map((it) =>
      [
        it.done ? `Done: ${it.text}` : it.text,
        it.owners.length ? `(${it.owners.join(", ")})` : "",
        it.due ? `by ${date(it.due)}` : "",
      ]
        .filter(Boolean)
        .join(" "),
    ),
  );
  if (summary.kind === "retrospective") {
    add(
      "Agreements",
      summary.agreements.map((it) => it.text),
    );
    add(
      "Kudos",
      summary.kudos.map((it) => (it.to ? `${it.to}: ${it.text}` : it.text)),
    );
    const answers = summary.roti.counts.reduce((sum, count) => sum + count, 0);
    add("ROTI", answers > 0 ? [plural(answers, "answer")] : []);
  }
  add("Participants", summary.participants.length ? [summary.participants.join(", ")] : []);
  add("Facilitator", summary.facilitator ? [summary.facilitator] : []);
  return all;
}

function voted(text: string, votes: number): string {
  return votes > 0 ? `${text} (${plural(votes, "vote")})` : text;
}
