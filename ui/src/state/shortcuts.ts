// Keys that work anywhere in the window. A screen adds its own while it is shown.

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

const mac = /Mac/.test(navigator.platform);

/** "Ctrl" here is Cmd on macOS. */
export const controlKey = mac ? "Cmd" : "Ctrl";

const layers: Shortcuts[] = [];

/**
 * Adds shortcuts by names such as "Ctrl+N", "Ctrl+Shift+N", "F6" or "Alt+ArrowUp", above those
 * there are. Answers how to take them away, so that an effect can return it.
 */
export function shortcuts(layer: Shortcuts): () => void {
  layers.push(layer);
  return () => {
    const at = layers.indexOf(layer);
    if (at >= 0) layers.splice(at, 1);
  };
}

/** The name of a key press, as the layers use it. */
export function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const control = mac ? event.metaKey : event.ctrlKey;
  return [control && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift", key]
    .filter(Boolean)
    .join("+");
}

window.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  // A dialog keeps the keyboard to itself.
  if (document.querySelector("dialog[open]")) return;
  const name = nameOf(event);
  for (const layer of [...layers].reverse()) {
    const run = layer[name];
    if (!run) continue;
    event.preventDefault();
    run(event);
    return;
  }
});

const focusable =
  "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1'])";

/** F6: moves the focus to the next part of the window, Shift F6 to the previous one. */
export function moveToPart(step: 1 | -1): void {
  const parts = [...document.querySelectorAll<HTMLElement>("nav.side, main, aside")].filter(
    (it) => it.getClientRects().length > 0,
  );
  if (parts.length === 0) return;
  const active = document.activeElement;
  // An aside lies inside main; the innermost part that has the focus is where one is.
  const at = parts.findLastIndex((it) => it.contains(active));
  const next = parts.at((at + step + parts.length) % parts.length);
  if (!next) return;
  const target =
    [...next.querySelectorAll<HTMLElement>(focusable)].find(
      (it) => it.getClientRects().length > 0 && (next.tagName !== "MAIN" || !it.closest("aside")),
    ) ?? next;
  if (target === next) next.tabIndex = -1;
  target.focus();
}
