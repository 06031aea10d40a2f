// The app in a browser, with the stand-in in the place of Rust: `npm run preview-screens`.
// "?empty" before the hash starts as on a new computer, "?many" with 10,000 drafts.

import { useTransport } from "../src/api/call";
import { openWindow } from "../src/window";
import { Backend, type State, samples } from "./backend";
import { manyDrafts } from "./samples";

const seeds: Record<string, () => Partial<State>> = {
  "?empty": () => ({}),
  "?many": () => ({ ...samples(), drafts: manyDrafts(10_000) }),
};
const backend = new Backend((seeds[location.search] ?? samples)());
useTransport((name, args) =>
  new Promise((resolve) => setTimeout(resolve, 30)).then(() => backend.answer(name, args)),
);
openWindow();
