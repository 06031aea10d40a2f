// How dates, times, counts and sizes are written.

const day = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", timeZone: "UTC" });
const dayHere = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
});
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** A meeting's date, "2026-11-19": "19 Nov 2026". Empty for none. */
export function date(iso: string | null | undefined): string {
  if (!iso) return "";
  const at = new Date(`${iso.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(at.valueOf()) ? iso : day.format(at).replace("Sept", "Sep");
}

/** "Thu 19 Nov 2026" */
export function dateWithDay(iso: string | null | undefined): string {
  if (!iso) return "";
  const at = new Date(`${iso.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(at.valueOf()) ? iso : `${weekday.format(at)} ${date(iso)}`;
}

/** A moment's time of day where the user is: "10:42". */
export function clock(instant: string): string {
  return time.format(new Date(instant));
}

/** A moment's day where the user is: "19 Nov 2026". */
export function dayOf(instant: string): string {
  return dayHere.format(new Date(instant)).replace("Sept", "Sep");
}

/** "19 Nov 2026, 10:42" */
export function moment(instant: string): string {
  return `${dayOf(instant)}, ${clock(instant)}`;
}

/** The time alone for a moment of today, else the day. */
export function lately(instant: string, now: Date = new Date()): string {
  return new Date(instant).toDateString() === now.toDateString() ? clock(instant) : dayOf(instant);
}

/** "1 idea", "12 ideas"; the plural may be given where it is not just an s. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** "10,000" */
export function number(count: number): string {
  return count.toLocaleString("en");
}

/** "840 bytes", "38 KB", "2.4 MB" */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return plural(bytes, "byte");
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Two letters that stand for a name: "Payments Platform" is "PP". */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[1]] : [words[0]?.slice(0, 2)];
  return letters
    .map((it) => [...(it ?? "")].slice(0, words.length > 1 ? 1 : 2).join(""))
    .join("")
    .toUpperCase();
}

/** How long until then: "0:40", "12:05", "3 h 10 min"; "0:00" when it has come. */
export function until(instant: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((new Date(instant).valueOf() - now) / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}
