// Dates as they are typed.

export type ReadDate =
  | { is: "date"; date: string }
  | { is: "none" }
  | { is: "unfinished"; problem: string };

/**
 * Reads a date field. `badInput` is the field's own word that something is typed that is no date;
 * where the system has no date field, the text itself must be "2026-11-19".
 */
export function readDate(text: string, badInput: boolean): ReadDate {
  const typed = text.trim();
  if (typed === "") {
    if (!badInput) return { is: "none" };
    return { is: "unfinished", problem: "Finish the date, or empty it. The last one is kept." };
  }
  const parts = /^(\d{4,})-(\d{2})-(\d{2})$/.exec(typed);
  if (parts === null) {
    return { is: "unfinished", problem: "Write the date as 2026-11-19. The last one is kept." };
  }
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (year < 1900 || year > 2999) {
    return { is: "unfinished", problem: "Check the year. The last date is kept." };
  }
  const at = new Date(Date.UTC(year, month - 1, day));
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) {
    return { is: "unfinished", problem: "There is no such day. The last date is kept." };
  }
  return { is: "date", date: typed };
}

/** Today where the user is: "2026-11-19". */
export function today(now: Date = new Date()): string {
  const two = (part: number) => String(part).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
