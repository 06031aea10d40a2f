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
