// How what is kept on this computer is described.

import type { SecretsLeft } from "../../api/bindings/SecretsLeft";
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
      return `The archived database of ${moment(it.madeAt)}`;
    case "damaged":
      return `The file archived as damaged on ${moment(it.madeAt)}`;
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

/** What is to be done about removed secrets that may still be in files; empty when there are none. */
export function secretsInWords(left: SecretsLeft[]): string[] {
  const names = (damaged: boolean) =>
    left
      .filter((it) => it.damaged === damaged)
      .map((it) => it.file)
      .join(", ");
  const [readable, damaged] = [names(false), names(true)];
  const words: string[] = [];
  if (readable)
    words.push(`Not yet removed from ${readable}. Retropress tries again at the next start.`);
  if (damaged)
    words.push(
      `${damaged} cannot be opened. Choose Restore… to delete files that you no longer need.`,
    );
  return words;
}
