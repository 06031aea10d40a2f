import type { Action } from "svelte/action";

/** Sets lengths that depend on data, as custom properties: `use:size={{ "--n": count }}`. */
export const size: Action<HTMLElement | SVGElement, Record<`--${string}`, string | number>> = (
  node,
  lengths,
) => {
  const set = (all: Record<string, string | number>) => {
    for (const [name, value] of Object.entries(all)) node.style.setProperty(name, String(value));
  };
  set(lengths);
  return { update: set };
};
