// The app in a browser, with the stand-in in the place of Rust: `npm run preview-screens`.
// "?empty" before the hash starts as on a new computer.

import { useTransport } from "../src/api/call";
import { openWindow } from "../src/window";
import { Backend, samples } from "./backend";

const backend = new Backend(location.search.includes("empty") ? {} : samples());
useTransport((name, args) =>
  new Promise((resolve) => setTimeout(resolve, 30)).then(() => backend.answer(name, args)),
);
openWindow();
