// Bytes of script and style that the window loads before it is asked for anything, each file
// compressed by gzip. Prints one number. Run in `ui` after `npm run build`.

import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { gzipSync } from "node:zlib";

const dist = "dist";
const page = readFileSync(join(dist, "index.html"), "utf8");
const waiting = [...page.matchAll(/<(?:script|link)\b[^>]*?(?:src|href)="([^"]+\.(?:js|css))"/g)].map((it) =>
  it[1].replace(/^\.?\//, ""),
);
const seen = new Set();

while (waiting.length > 0) {
  const file = waiting.pop();
  if (seen.has(file)) continue;
  seen.add(file);
  if (!file.endsWith(".js")) continue;
  // What a script imports without being asked comes along; import() does not.
  const script = readFileSync(join(dist, file), "utf8");
  for (const [, imported] of script.matchAll(/(?:^|[;}\s])(?:import|export)\b(?!\s*\()[^;"'()]*?["'](\.[^"']+)["']/g)) {
    waiting.push(posix.normalize(posix.join(dirname(file), imported)));
  }
}

const bytes = [...seen].map((file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length);
console.log(bytes.reduce((sum, it) => sum + it, 0));
