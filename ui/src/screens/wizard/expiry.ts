/** Days before the end of a token from which on it is warned of. */
export const reminderDays = 14;

/** Whole days from one date to another, "2026-11-19"; negative when the second is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}
