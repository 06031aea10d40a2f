// A distribution in colours and in words.

import type { IconName } from "../../components/icons";

/** The five colours of answers, spread over a scale of 2 to 7 steps; worst first. */
export function stepClass(step: number, steps: number): string {
  const position = steps > 1 ? step / (steps - 1) : 1;
  return `r${Math.round(position * 4) + 1}`;
}

/** "2 × Red, 3 × Green": the same numbers without the colours. */
export function spreadWords(responses: number[], scale: string[]): string {
  return responses
    .map((count, step) => ({ count, name: scale[step] ?? String(step + 1) }))
    .filter((it) => it.count > 0)
    .map((it) => `${it.count} × ${it.name}`)
    .join(", ");
}

interface Trend {
  class: string;
  icon: IconName;
  words: string;
}

/** `null` where there is nothing to compare with. */
export function trendOf(change: number | null): Trend | null {
  if (change === null) return null;
  if (Math.abs(change) < 0.05) return { class: "trend-flat", icon: "trendflat", words: "same" };
  return change > 0
    ? { class: "trend-up", icon: "trendup", words: `+${change.toFixed(1)} better` }
    : { class: "trend-down", icon: "trenddown", words: `−${Math.abs(change).toFixed(1)} worse` };
}
