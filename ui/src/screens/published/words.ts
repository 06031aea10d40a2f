// How the history's closed lists are shown.

import type { PublicationStatus } from "../../api/bindings/PublicationStatus";
import type { TimelineEvent } from "../../api/bindings/TimelineEvent";
import type { IconName } from "../../components/icons";

export const statuses: Record<PublicationStatus, { word: string; class: string; icon: IconName }> =
  {
    published: { word: "Published", class: "chip-ok", icon: "check" },
    pdfMissing: { word: "PDF missing", class: "chip-warn", icon: "clip" },
    deleted: { word: "Deleted", class: "", icon: "trash" },
  };

export const events: Record<TimelineEvent, { class: string; icon: IconName; word: string }> = {
  created: { class: "dot-ok", icon: "page", word: "Created" },
  pdfUploaded: { class: "dot-ok", icon: "clip", word: "PDF uploaded" },
  updated: { class: "dot-ok", icon: "retry", word: "Updated" },
  deleted: { class: "", icon: "trash", word: "Deleted" },
  failed: { class: "dot-bad", icon: "alert", word: "Failed" },
};

export type Period = "all" | "quarter" | "half" | "year";

export const periods: { id: Period; name: string }[] = [
  { id: "all", name: "Any date" },
  { id: "quarter", name: "Last 3 months" },
  { id: "half", name: "Last 6 months" },
  { id: "year", name: "Last 12 months" },
];

/** First day of a period that ends today, as "2026-05-19"; `null` for all time. */
export function sinceOf(period: Period, today: Date): string | null {
  const months = { all: 0, quarter: 3, half: 6, year: 12 }[period];
  if (months === 0) return null;
  const first = new Date(today.getFullYear(), today.getMonth() - months, 1);
  // The 31st of a month three months ago may be the 30th.
  const last = new Date(first.getFullYear(), first.getMonth() + 1, 0).getDate();
  const day = Math.min(today.getDate(), last);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${first.getFullYear()}-${two(first.getMonth() + 1)}-${two(day)}`;
}
