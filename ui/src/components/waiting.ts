import type { Waiting } from "../api/bindings/Waiting";
import { clock } from "../format";

/** What keeps a queued publish waiting, as a sentence without its full stop. */
export function waitingWords(waiting: Waiting | null): string {
  switch (waiting?.type) {
    case "network":
      return waiting.vpn
        ? `Waits for the VPN: ${waiting.host} does not answer, other hosts do`
        : `Waits until ${waiting.host} answers`;
    case "signIn":
      return "Waits for a new sign-in";
    case "server":
      return `Waits until ${clock(waiting.until)}, as Confluence asked`;
    case "pause":
      return `Tries again at ${clock(waiting.until)}`;
    case "paused":
      return "Paused: waits until you resume";
    default:
      return "Waits for its turn";
  }
}
