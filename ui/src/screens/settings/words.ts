// How a connection is described.

import type { Integration } from "../../api/bindings/Integration";
import type { Method } from "../../api/bindings/Method";
import type { Parent } from "../../api/bindings/Parent";

/** The five names of the wizard, to the letter. */
export const methodNames: Record<Method, string> = {
  atlassianLogin: "Confluence Cloud - Atlassian Login",
  apiToken: "Confluence Cloud - API Token",
  personalAccessToken: "Confluence Server / Data Center - Personal Access Token",
  basic: "Confluence Server / Data Center - Basic Authentication",
  applicationLink: "Confluence Server / Data Center - Application Link",
};

/** What a method keeps in the keyring. */
export function secretOf(method: Method): string {
  switch (method) {
    case "basic":
      return "password";
    case "apiToken":
    case "personalAccessToken":
      return "token";
    case "atlassianLogin":
    case "applicationLink":
      return "sign-in";
  }
}

/** What is to be done where it is gone. */
export function renewal(method: Method): string {
  const secret = secretOf(method);
  return secret === "sign-in" ? "Sign in again" : `Enter the ${secret} again`;
}

/** How it signs in, as lines of a name and its words. */
export function signInWords(it: Integration): [string, string][] {
  const lines: [string, string][] = [];
  if (it.account) lines.push([it.method === "apiToken" ? "Email Address" : "User", it.account]);
  if (it.clientId) lines.push(["Client ID", it.clientId]);
  if (it.method !== "atlassianLogin") return lines;
  lines.push([
    "Signs in",
    it.serviceAccount
      ? "With a service account, without a browser"
      : "Through the browser; renewed by itself",
  ]);
  lines.push([
    "Scopes",
    it.scopes === "granular" ? "Granular, of today’s API" : "Classic, of the older API",
  ]);
  return lines;
}

/** "PAY, below Retrospectives and Health Checks" */
export function placeOf({ configuration }: Integration): string {
  const parents = [configuration.retrospectiveParent, configuration.healthCheckParent]
    .map(parentTitle)
    .filter((it, at, all) => it && all.indexOf(it) === at);
  return parents.length
    ? `${configuration.spaceKey}, below ${parents.join(" and ")}`
    : `${configuration.spaceKey}, at the top of the space`;
}

function parentTitle(parent: Parent): string {
  return parent.type === "none" ? "" : parent.title;
}
