import { cleanup, configure } from "@testing-library/svelte";
import { afterEach } from "vitest";

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
