// The order in which dimensions are looked at. It changes the view only, never the check.

import type { DimensionResult } from "../../api/bindings/DimensionResult";
import type { PreviousCheck } from "../../api/bindings/PreviousCheck";
import { average, spread, tenth } from "../draft/average";

export type Order = "model" | "lowest" | "mixed" | "drop";

export const ORDERS: { id: Order; label: string }[] = [
  { id: "model", label: "As in model" },
  { id: "lowest", label: "Lowest first" },
  { id: "mixed", label: "Most mixed first" },
  { id: "drop", label: "Biggest drop first" },
];

/** Average minus the previous average, to one decimal; `null` where one of them is missing. */
export function changeOf(
  dimension: DimensionResult,
  previous: PreviousCheck | null,
): number | null {
  const before = previous?.averages.find((it) => it.dimensionId === dimension.id)?.average;
  const now = average(dimension.responses);
  return before === undefined || now === null ? null : tenth(now - before);
}

/** Dimensions without a figure come last; equal ones keep their order. */
export function inOrder(
  dimensions: DimensionResult[],
  order: Order,
  previous: PreviousCheck | null,
): DimensionResult[] {
  if (order === "model") return dimensions;
  const figure = (it: DimensionResult): number => {
    if (order === "lowest") return average(it.responses) ?? Number.POSITIVE_INFINITY;
    if (order === "drop") return changeOf(it, previous) ?? Number.POSITIVE_INFINITY;
    return -(spread(it.responses) ?? Number.NEGATIVE_INFINITY);
  };
  const keyed = dimensions.map((it) => ({ it, at: figure(it) }));
  return keyed.sort((a, b) => compare(a.at, b.at)).map(({ it }) => it);
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The colour of a step, 1 (worst) to 5 (best), on a scale of so many steps. */
export function toneOf(step: number, steps: number): number {
  if (steps <= 1) return 3;
  return Math.round(1 + ((step - 1) * 4) / (steps - 1));
}

/** The distribution in words, such as "1 × 2, 3 × 4": one gave 2, three gave 4. */
export function inWords(responses: readonly number[]): string {
  const parts = responses
    .map((count, index) => ({ count, step: index + 1 }))
    .filter(({ count }) => count > 0)
    .map(({ count, step }) => `${count} × ${step}`);
  return parts.length === 0 ? "No answers yet" : parts.join(", ");
}
