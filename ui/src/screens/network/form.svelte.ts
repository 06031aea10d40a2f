// The network settings of one scope while they are edited: what was typed, what is wrong with it, and
// what came of a test. What is typed stays until it is saved or taken back, also when the screen is left.

import type { ApiError } from "../../api/bindings/ApiError";
import type { CertificateView } from "../../api/bindings/CertificateView";
import type { Check } from "../../api/bindings/Check";
import type { Field } from "../../api/bindings/Field";
import type { NetworkRequest } from "../../api/bindings/NetworkRequest";
import type { NetworkScope } from "../../api/bindings/NetworkScope";
import type { NetworkView } from "../../api/bindings/NetworkView";
import type { ProxyUse } from "../../api/bindings/ProxyUse";
import { asApiError } from "../../api/call";
import { readAuthorities, readNetwork, saveNetwork, testNetwork } from "../../api/commands";
import { asBase64 } from "../import/reading";

/** A file that was chosen and not saved yet. */
export interface ChosenFile {
  name: string;
  base64: string;
}

export class NetworkForm {
  readonly scope: NetworkScope;
  saved = $state<NetworkView | null>(null);
  proxyUse = $state<ProxyUse>("inherit");
  proxyHost = $state("");
  proxyPort = $state("");
  proxyUser = $state("");
  proxyPassword = $state("");
  /** The saved password is not used any more: another one is entered. */
  passwordDropped = $state(false);
  proxyExceptions = $state("");
  authorities = $state<CertificateView[]>([]);
  client = $state<"keep" | "none" | "file">("keep");
  clientFile = $state<ChosenFile | null>(null);
  clientKeyFile = $state<ChosenFile | null>(null);
  clientPassword = $state("");
  connectSeconds = $state("");
  answerSeconds = $state("");
  address = $state("");

  errors = $state<Partial<Record<Field, string>>>({});
  /** A failure that belongs to no field. */
  failed = $state<ApiError | null>(null);
  busy = $state<"" | "reading" | "saving" | "testing">("");
  checks = $state<Check[] | null>(null);

  constructor(scope: NetworkScope) {
    this.scope = scope;
  }

  get everywhere(): boolean {
    return this.scope.type === "everywhere";
  }

  get usesSavedPassword(): boolean {
    return Boolean(this.saved?.proxyPasswordSaved) && !this.passwordDropped;
  }

  /** Something differs from what is saved. */
  get changed(): boolean {
    const { saved } = this;
    if (!saved) return false;
    const own = this.proxyUse === "own";
    return (
      this.proxyUse !== this.shownUse(saved) ||
      (own &&
        (this.proxyHost !== saved.proxyHost ||
          this.proxyPort !== saved.proxyPort ||
          this.proxyUser !== saved.proxyUser ||
          this.proxyPassword !== "" ||
          this.proxyExceptions !== saved.proxyExceptions)) ||
      this.authorities.map((it) => it.sha256).join() !==
        saved.authorities.map((it) => it.sha256).join() ||
      this.client !== "keep" ||
      this.connectSeconds !== saved.connectSeconds ||
      this.answerSeconds !== saved.answerSeconds
    );
  }

  /** For every connection, "as usual" is the system's setting. */
  private shownUse(view: NetworkView): ProxyUse {
    return this.everywhere && view.proxyUse === "inherit" ? "system" : view.proxyUse;
  }

  private show(view: NetworkView): void {
    this.saved = view;
    this.proxyUse = this.shownUse(view);
    this.proxyHost = view.proxyHost;
    this.proxyPort = view.proxyPort;
    this.proxyUser = view.proxyUser;
    this.proxyPassword = "";
    this.passwordDropped = false;
    this.proxyExceptions = view.proxyExceptions;
    this.authorities = view.authorities;
    this.client = "keep";
    this.clientFile = null;
    this.clientKeyFile = null;
    this.clientPassword = "";
    this.connectSeconds = view.connectSeconds;
    this.answerSeconds = view.answerSeconds;
    this.errors = {};
    this.failed = null;
  }

  /** Reads what is saved; what was typed and not saved stays. */
  async read(): Promise<void> {
    await this.attempt("reading", async () => {
      const view = await readNetwork(this.scope);
      if (this.changed) this.saved = view;
      else this.show(view);
    });
  }

  takeBack(): void {
    if (this.saved) this.show(this.saved);
    this.checks = null;
  }

  private request(): NetworkRequest {
    return {
      proxyUse: this.everywhere && this.proxyUse === "system" ? "inherit" : this.proxyUse,
      proxyHost: this.proxyHost,
      proxyPort: this.proxyPort,
      proxyUser: this.proxyUser,
      proxyPassword: this.usesSavedPassword ? null : this.proxyPassword,
      proxyExceptions: this.proxyExceptions,
      authorities: this.authorities.map((it) => it.pem),
      clientCertificate:
        this.client === "file" && this.clientFile
          ? {
              type: "file",
              file: this.clientFile.base64,
              keyFile: this.clientKeyFile?.base64 ?? null,
              password: this.clientPassword || null,
            }
          : { type: this.client === "file" ? "keep" : this.client },
      connectSeconds: this.connectSeconds,
      answerSeconds: this.answerSeconds,
    };
  }

  /** Answers whether it worked. */
  async save(sessionOnly = false): Promise<boolean> {
    return this.attempt("saving", async () => {
      this.show(await saveNetwork(this.scope, this.request(), sessionOnly));
    });
  }

  async test(): Promise<boolean> {
    this.checks = null;
    return this.attempt("testing", async () => {
      this.checks = await testNetwork(this.scope, this.request(), this.address);
    });
  }

  async addAuthorities(file: File): Promise<void> {
    this.edited("authority");
    await this.attempt("reading", async () => {
      const found = await readAuthorities(await asBase64(file));
      const known = new Set(this.authorities.map((it) => it.sha256));
      this.authorities = [...this.authorities, ...found.filter((it) => !known.has(it.sha256))];
    });
  }

  removeAuthority(sha256: string): void {
    this.authorities = this.authorities.filter((it) => it.sha256 !== sha256);
  }

  async chooseClient(file: File): Promise<void> {
    this.clientFile = { name: file.name, base64: await asBase64(file) };
    this.clientKeyFile = null;
    this.clientPassword = "";
    this.client = "file";
    for (const field of ["clientCertificate", "clientKey", "clientPassword"] as const) {
      this.edited(field);
    }
  }

  async chooseKey(file: File): Promise<void> {
    this.clientKeyFile = { name: file.name, base64: await asBase64(file) };
    this.edited("clientKey");
  }

  removeClient(): void {
    this.clientFile = null;
    this.clientKeyFile = null;
    this.clientPassword = "";
    this.client = this.client === "file" ? "keep" : "none";
  }

  /** What was said about a field goes while it is changed. */
  edited(field: Field): void {
    const { [field]: _, ...rest } = this.errors;
    this.errors = rest;
  }

  private async attempt(what: typeof this.busy, act: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = what;
    this.failed = null;
    this.errors = {};
    try {
      await act();
      return true;
    } catch (problem) {
      const error = asApiError(problem);
      if (error.field) {
        this.errors = {
          [error.field]: [`${error.message}.`.replace("..", "."), error.hint]
            .filter(Boolean)
            .join(" "),
        };
      } else {
        this.failed = error;
      }
      return false;
    } finally {
      this.busy = "";
    }
  }
}

const forms = new Map<string, NetworkForm>();

/** The one form of a scope, with what was typed in it. */
export function formOf(scope: NetworkScope): NetworkForm {
  const key = JSON.stringify(scope);
  const form = forms.get(key) ?? new NetworkForm(scope);
  forms.set(key, form);
  return form;
}

/** The certificate's fingerprint, short enough for a line. */
export function shortPrint(sha256: string): string {
  const parts = sha256.split(":");
  return parts.length > 9
    ? `${parts.slice(0, 7).join(":")}:…:${parts.slice(-2).join(":")}`
    : sha256;
}

/** "Own proxy, 1 added certificate": what a closed form says. */
export function summaryOf(form: NetworkForm): string {
  const { saved } = form;
  if (!saved) return "";
  const proxies: Record<ProxyUse, string> = {
    inherit: "Usual proxy",
    system: "System proxy",
    own: "Own proxy",
    none: "No proxy",
  };
  const count = saved.authorities.length;
  return [
    proxies[saved.proxyUse],
    count === 0
      ? "system certificates"
      : count === 1
        ? "1 added certificate"
        : `${count} added certificates`,
    saved.clientCertificate && "client certificate",
  ]
    .filter(Boolean)
    .join(", ");
}
