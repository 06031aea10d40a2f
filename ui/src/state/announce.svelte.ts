// What is said besides what is shown: two live regions, and toasts for what went well.

export interface Toast {
  id: number;
  text: string;
  action: { label: string; run: () => void } | null;
}

/** What the live regions of the shell hold. */
export const said = $state({ polite: "", assertive: "" });

export const toasts = $state<Toast[]>([]);

const toastLasts = 8000;
const timers = new Map<number, ReturnType<typeof setTimeout>>();
let lastId = 0;

/** Results, and "Copied". The same words twice are said twice. */
export function announce(text: string): void {
  said.polite = said.polite === text ? `${text}\u00a0` : text;
}

/** Errors only. */
export function sayError(text: string): void {
  said.assertive = said.assertive === text ? `${text}\u00a0` : text;
}

/** Success only: it goes away by itself after 8 seconds. Errors are notices, and stay. */
export function toast(text: string, options: { action?: Toast["action"] } = {}): void {
  lastId += 1;
  toasts.push({ id: lastId, text, action: options.action ?? null });
  if (toasts.length > 3) dismiss(toasts[0]?.id ?? 0);
  announce(text);
  resume(lastId);
}

export function dismiss(id: number): void {
  hold(id);
  const at = toasts.findIndex((it) => it.id === id);
  if (at >= 0) toasts.splice(at, 1);
}

/** Keeps a toast while it is hovered or focused. */
export function hold(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
}

export function resume(id: number): void {
  hold(id);
  timers.set(
    id,
    setTimeout(() => dismiss(id), toastLasts),
  );
}
