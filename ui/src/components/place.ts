const gap = 4;
const edge = 8;

/**
 * Puts a popover under what opens it, or above it or shifted where the window ends.
 *
 * It is fixed to the window, so that no scrolling box clips it.
 */
export function placeBelow(popover: HTMLElement, opener: HTMLElement | undefined): void {
  if (!opener) return;
  const around = opener.getBoundingClientRect();
  const own = popover.getBoundingClientRect();
  const below = around.bottom + gap;
  const above = around.top - gap - own.height;
  const top = below + own.height > window.innerHeight - edge && above >= edge ? above : below;
  const left = Math.min(around.left, window.innerWidth - own.width - edge);
  popover.style.setProperty("position", "fixed");
  popover.style.setProperty("top", `${top}px`);
  popover.style.setProperty("left", `${Math.max(edge, left)}px`);
}
