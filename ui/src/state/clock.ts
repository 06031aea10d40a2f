// The time, for what counts down while it is shown.

import { createSubscriber } from "svelte/reactivity";

const ticking = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  return () => clearInterval(timer);
});

/** Milliseconds since 1970; whatever shows it is drawn again each second. */
export function now(): number {
  ticking();
  return Date.now();
}
