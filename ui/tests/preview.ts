// The app in a browser, with the stand-in in the place of Rust: `npm run preview-screens`.
// "?empty" before the hash starts as on a new computer, "?outbox" with an Outbox of everything, "?many" with 10,000 drafts, "?oauth" with
// integrations that sign in through the browser and a sign-in app that the build knows. A sign-in
// through the browser is answered by itself after a few seconds.

import { useTransport } from "../src/api/call";
import { openWindow } from "../src/window";
import { Backend, type State, samples } from "./backend";
import * as queued from "./outbox-samples";
import { manyDrafts, oauthIntegration } from "./samples";

const oauthIntegrations = () => [
  oauthIntegration({ id: "oauth-1" }),
  oauthIntegration({ id: "oauth-2", serviceAccount: true, accountName: "Retropress" }),
  oauthIntegration({ id: "oauth-3", secretProblem: "The sign-in has ended." }),
  {
    ...oauthIntegration({ id: "token-1", method: "apiToken", clientId: "" }),
    account: "ines@harbour.example",
    expiresOn: "2026-12-01",
    expiryWarning: "The token expires on 1 Dec 2026.",
  },
];
const seeds: Record<string, () => Partial<State>> = {
  "?empty": () => ({}),
  "?oauth": () => ({ ...samples(), integrations: oauthIntegrations() }),
  "?many": () => ({ ...samples(), drafts: manyDrafts(10_000) }),
};
seeds["?outbox"] = () => ({
  ...samples(),
  drafts: samples().drafts?.map((it) =>
    it.id === "draft-2" ? { ...it, state: { type: "queued" }, operationId: "operation-d" } : it,
  ),
  outbox: [...queued.waiting(), queued.titleTaken(), queued.parentGone()],
  reaches: queued.reaches(),
});
const backend = new Backend((seeds[location.search] ?? samples)());
backend.browserPace = 6000;
backend.clientKnown = location.search === "?oauth";
useTransport((name, args) =>
  new Promise((resolve) => setTimeout(resolve, 30)).then(() => backend.answer(name, args)),
);
openWindow();
