// A sign-in through the browser, followed from its button to the account that it led to.

import type { ApiError } from "../../api/bindings/ApiError";
import type { CloudSite } from "../../api/bindings/CloudSite";
import type { Connection } from "../../api/bindings/Connection";
import type { SignIn } from "../../api/bindings/SignIn";
import type { SignInRequest } from "../../api/bindings/SignInRequest";
import { asApiError } from "../../api/call";
import {
  cancelSignIn,
  chooseSite,
  leaveConnection,
  pasteSignInAddress,
  readSignIn,
  startSignIn,
} from "../../api/commands";
import { onEvent } from "../../api/events";

const none = () => undefined;

export class BrowserSignIn {
  /** `null` before the first one, and after one was dropped. */
  now = $state<SignIn | null>(null);
  /** A command of its own is under way. */
  busy = $state(false);
  /** What was refused about the address that was pasted. */
  pasteError = $state<ApiError | null>(null);
  /** The sites the account may use; kept when one of them was chosen, so that another can be. */
  sites = $state<CloudSite[]>([]);
  siteId = $state("");

  #reads = 0;
  #stop: () => void;
  /** It was handed on and is left by the one who has it. */
  #handedOn: string | null = null;

  constructor() {
    this.#stop = onEvent((event) => {
      if (event.type === "signInChanged" && event.signInId === this.now?.id) void this.#read();
    });
  }

  /** It waits for the browser, or for the answer that came from there. */
  get pending(): boolean {
    const type = this.now?.state.type;
    return type === "waiting" || type === "exchanging";
  }

  /** Somebody is signed in; a site may be left to choose. */
  get done(): boolean {
    const type = this.now?.state.type;
    return type === "chooseSite" || type === "connected";
  }

  /** Throws what keeps it from starting. An earlier one is over then. */
  async start(request: SignInRequest): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      this.drop();
      this.#take(await startSignIn(request));
      // It may have gone on before its id was known here.
      await this.#read();
    } finally {
      this.busy = false;
    }
  }

  async paste(address: string): Promise<boolean> {
    const id = this.now?.id;
    if (!id || this.busy) return false;
    this.busy = true;
    this.pasteError = null;
    try {
      this.#take(await pasteSignInAddress(id, address.trim()));
      await this.#read();
      return true;
    } catch (problem) {
      if (id === this.now?.id) this.pasteError = asApiError(problem);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Ends one that waits, and says so where it is shown. */
  async cancel(): Promise<void> {
    const id = this.now?.id;
    if (!id) return;
    this.#reads += 1;
    if (this.now) this.now = { ...this.now, state: { type: "cancelled" } };
    await cancelSignIn(id).catch(none);
  }

  /** The connection of the site that is chosen. */
  async connect(): Promise<Connection> {
    const now = this.now;
    if (now?.state.type === "connected" && this.sites.length < 2)
      return this.#handOn(now.state.connection);
    if (!now || !this.siteId) throw new Error("no site is chosen");
    return this.#handOn(await chooseSite(now.id, this.siteId));
  }

  /** Forgets it; what it still holds in Rust is let go. */
  drop(): void {
    const now = this.now;
    this.#reads += 1;
    this.now = null;
    this.pasteError = null;
    this.sites = [];
    this.siteId = "";
    if (!now) return;
    const { state } = now;
    if (state.type === "connected") {
      const { sessionId } = state.connection;
      if (sessionId !== this.#handedOn) void leaveConnection(sessionId).catch(none);
    } else if (state.type !== "failed" && state.type !== "cancelled") {
      void cancelSignIn(now.id).catch(none);
    }
  }

  stop(): void {
    this.drop();
    this.#stop();
  }

  #handOn(connection: Connection): Connection {
    this.#handedOn = connection.sessionId;
    return connection;
  }

  async #read(): Promise<void> {
    const id = this.now?.id;
    if (!id) return;
    this.#reads += 1;
    const read = this.#reads;
    try {
      const found = await readSignIn(id);
      if (read === this.#reads) this.#take(found);
    } catch (problem) {
      const now = this.now;
      if (read === this.#reads && now)
        this.now = { ...now, state: { type: "failed", error: asApiError(problem) } };
    }
  }

  #take(next: SignIn): void {
    this.now = next;
    if (next.state.type === "chooseSite") {
      this.sites = next.state.sites;
      if (!this.sites.some((it) => it.id === this.siteId)) this.siteId = this.sites[0]?.id ?? "";
    }
  }
}
