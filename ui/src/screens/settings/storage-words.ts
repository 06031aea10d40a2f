// How what is kept on this computer is described.

import type { Source } from "../../api/bindings/Source";
import type { Storage } from "../../api/bindings/Storage";
import { clock, fileSize, moment, plural } from "../../format";

/** "The backup of 19 Nov 2026, 10:42", at the beginning of a sentence. */
export function nameOf(it: { source: Source; file: string; madeAt: string }): string {
  switch (it.source) {
    case "export":
      return `“${it.file}”`;
    case "backup":
      return `The backup of ${moment(it.madeAt)}`;
    case "setAside":
      return `What was set aside on ${moment(it.madeAt)}`;
  }
}

const checks: Record<Storage["checked"], string> = {
  running: "It is being checked for damage.",
  sound: "Checked at start: no damage.",
  damaged: "Checked at start: damaged. Start Retropress again, and it opens the last good backup.",
  failed: "It could not be checked at start.",
};

/** "41 drafts, 28 published summaries, 18.4 MB. Checked at start: no damage." */
export function dataInWords({ here, checked }: Storage): string {
  const published = plural(here.published, "published summary", "published summaries");
  return `${plural(here.drafts, "draft")}, ${published}, ${fileSize(here.size)}. ${checks[checked]}`;
}

export function backupsInWords({ backups, newestBackup }: Storage, now = new Date()): string {
  const kept = `Daily, the last ${backups} are kept.`;
  if (!newestBackup) return `${kept} There is none yet.`;
  const today = new Date(newestBackup).toDateString() === now.toDateString();
  return `${kept} Newest: ${today ? `today, ${clock(newestBackup)}` : moment(newestBackup)}.`;
}
