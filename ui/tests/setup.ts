import { cleanup, configure } from "@testing-library/svelte";
import { afterAll, afterEach } from "vitest";

// jsdom knows <dialog> but not how to open it.
HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
  if (!this.open) return;
  this.open = false;
  this.dispatchEvent(new Event("close"));
};
HTMLCanvasElement.prototype.getContext = () => null;
Element.prototype.scrollIntoView ??= () => undefined;

// Failures name what was looked for; the whole page would bury that.
configure({
  asyncUtilTimeout: 10_000,
  getElementError: (message) => new Error(message ?? "not found"),
});

afterEach(() => cleanup());

// Vitest takes the page away at the end of a file; a timer of the last screen that fires after that
// finds no document, and fails a run in which every test passed.
const pending = new Set<ReturnType<typeof setTimeout>>();
const later = globalThis.setTimeout;
const tracked = (run: (...args: unknown[]) => void, wait?: number, ...args: unknown[]) => {
  const timer = later(() => {
    pending.delete(timer);
    run(...args);
  }, wait);
  pending.add(timer);
  return timer;
};
globalThis.setTimeout = Object.assign(tracked, later) as typeof setTimeout;
afterAll(() => {
  for (const timer of pending) clearTimeout(timer);
});
