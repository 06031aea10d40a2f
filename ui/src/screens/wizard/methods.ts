// The five ways to sign in: their names, their fields, and which of them can be used.

import type { Edition } from "../../api/bindings/Edition";
import type { Field } from "../../api/bindings/Field";
import type { Method } from "../../api/bindings/Method";
import type { SandboxView } from "../../api/bindings/SandboxView";
import type { ServerPage } from "../../api/bindings/ServerPage";
import type { ConnectForm } from "./wizard.svelte";

export interface MethodView {
  id: Method;
  name: string;
  about: string;
  cloud: boolean;
  /** The account's field, where the method has one. */
  account: { label: string; field: Field; hint?: string; type: "text" | "email" } | null;
  secret: { label: string; field: Field; hint?: string };
  /** Signs in through the browser: its button, and what is clicked there. */
  browser: { button: string; consent: "Accept" | "Allow" } | null;
  /** Its secret is a token that ends on a day which only the user knows. */
  expires: boolean;
  howTo: { title: string; page: ServerPage; link: string };
}

export const methods: MethodView[] = [
  {
    id: "atlassianLogin",
    name: "Confluence Cloud - Atlassian Login",
    about:
      "Sign in to Confluence Cloud in your browser, through an OAuth 2.0 app of your organisation. Retropress never sees your password.",
    cloud: true,
    account: { label: "Client ID", field: "clientId", type: "text" },
    secret: { label: "Client Secret", field: "clientSecret" },
    browser: { button: "Sign In To Confluence Cloud", consent: "Accept" },
    expires: false,
    howTo: {
      title: "How to create an OAuth 2.0 app",
      page: "oauthApps",
      link: "Open the Atlassian developer console",
    },
  },
  {
    id: "apiToken",
    name: "Confluence Cloud - API Token",
    about: "Connect to your Confluence Cloud site with an API token of your Atlassian account.",
    cloud: true,
    account: {
      label: "Email Address",
      field: "emailAddress",
      hint: "The address you sign in to Atlassian with.",
      type: "email",
    },
    secret: {
      label: "API token",
      field: "apiToken",
      hint: "With or without scopes. One with scopes needs those of the list.",
    },
    browser: null,
    expires: true,
    howTo: {
      title: "How to create an API token",
      page: "tokens",
      link: "Open the API tokens page",
    },
  },
  {
    id: "personalAccessToken",
    name: "Confluence Server / Data Center - Personal Access Token",
    about:
      "Connect to your own Confluence with a token instead of a password. Needs Confluence 7.9 or newer.",
    cloud: false,
    account: null,
    secret: { label: "Personal Access Token", field: "personalAccessToken" },
    browser: null,
    expires: true,
    howTo: {
      title: "How to create a Personal Access Token",
      page: "tokens",
      link: "Open the Personal Access Tokens page",
    },
  },
  {
    id: "basic",
    name: "Confluence Server / Data Center - Basic Authentication",
    about:
      "Connect to your own Confluence with a user name and password. Works with the oldest servers; some administrators switch it off.",
    cloud: false,
    account: { label: "Confluence Username", field: "username", type: "text" },
    secret: { label: "Confluence Password", field: "password" },
    browser: null,
    expires: false,
    howTo: {
      title: "How to create a separate user",
      page: "users",
      link: "Open the user administration",
    },
  },
  {
    id: "applicationLink",
    name: "Confluence Server / Data Center - Application Link",
    about:
      "Sign in to your own Confluence in the browser, through an application link that an administrator adds once. Retropress never sees your password. Needs Data Center 7.17 or newer.",
    cloud: false,
    account: { label: "Client ID", field: "clientId", type: "text" },
    secret: { label: "Client Secret", field: "clientSecret" },
    browser: { button: "Sign In To Confluence", consent: "Allow" },
    expires: false,
    howTo: {
      title: "How to create the Application Link",
      page: "applicationLinks",
      link: "Open the application links page",
    },
  },
];

export function methodView(id: Method): MethodView {
  return methods.find((it) => it.id === id) as MethodView;
}

export const editions: Record<Edition, string> = {
  cloud: "Confluence Cloud",
  dataCenter: "Data Center",
  server: "Server",
};

/** What the sandbox wants to see in the fields of a method. */
export function sandboxEntries(
  method: Method,
  serviceAccount: boolean,
  sandbox: SandboxView,
): Partial<ConnectForm> {
  switch (method) {
    case "atlassianLogin": {
      const { id, secret } = serviceAccount ? sandbox.serviceAccount : sandbox.cloudClient;
      const client = { account: id, secret };
      return serviceAccount ? { service: client } : client;
    }
    case "apiToken":
      return { serverUrl: sandbox.cloudUrl, account: sandbox.email, secret: sandbox.apiToken };
    case "personalAccessToken":
      return { serverUrl: sandbox.dataCenterUrl, secret: sandbox.personalAccessToken };
    case "basic":
      return {
        serverUrl: sandbox.dataCenterUrl,
        account: sandbox.username,
        secret: sandbox.password,
      };
    case "applicationLink":
      return {
        serverUrl: sandbox.dataCenterUrl,
        account: sandbox.dataCenterClient.id,
        secret: sandbox.dataCenterClient.secret,
        httpsRedirect: false,
      };
  }
}

/** The button that signs in through the browser. */
export const signInId = "sign-in";
/** The heading of what a sign-in has come to. */
export const stateHeadingId = "sign-in-state";

/** Ids of the controls, so that an error that names a field can lead there. */
export const controlIds: Partial<Record<Field, string>> = {
  serverUrl: "server-url",
  apiToken: "secret",
  personalAccessToken: "secret",
  password: "secret",
  emailAddress: "account",
  username: "account",
  clientId: "account",
  clientSecret: "secret",
  signInAddress: "sign-in-address",
  space: "space",
  retrospectiveParent: "retrospective-parent",
  retrospectiveTitle: "retrospective-title",
  healthCheckParent: "health-check-parent",
  healthCheckTitle: "health-check-title",
  labels: "labels",
};

export const fieldNames: Partial<Record<Field, string>> = {
  serverUrl: "Server URL",
  apiToken: "API token",
  personalAccessToken: "Personal Access Token",
  password: "Confluence Password",
  emailAddress: "Email Address",
  username: "Confluence Username",
  clientId: "Client ID",
  clientSecret: "Client Secret",
  signInAddress: "Address from the browser",
  space: "Space",
  retrospectiveParent: "Retrospective Parent Page",
  retrospectiveTitle: "Retrospective Page Title",
  healthCheckParent: "Health Check Parent Page",
  healthCheckTitle: "Health Check Page Title",
  labels: "Labels",
};

const connectFields: Field[] = [
  "serverUrl",
  "apiToken",
  "personalAccessToken",
  "password",
  "emailAddress",
  "username",
  "clientId",
  "clientSecret",
];

/** The wizard's step that holds the field. */
export function stepOf(field: Field): "connect" | "configuration" | null {
  if (connectFields.includes(field)) return "connect";
  return controlIds[field] ? "configuration" : null;
}
