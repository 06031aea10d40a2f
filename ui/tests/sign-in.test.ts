import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { said } from "../src/state/announce.svelte";
import { expectNoFindings, openApp } from "./app";
import { type Backend, problem, type State, samples } from "./backend";
import { oauthIntegration } from "./samples";

// Whole screens, with axe on each: slow where the machine is busy.
vi.setConfig({ testTimeout: 60_000 });

const atlassian = "Confluence Cloud - Atlassian Login";
const applicationLink = "Confluence Server / Data Center - Application Link";
const next = () => screen.getByRole("button", { name: "Next" });
const heading = (name: string) => screen.findByRole("heading", { level: 1, name });
const calls = (backend: Backend, name: string) =>
  backend.calls.filter((it) => it.name === name).map((it) => it.args);

const signInButton = () => screen.findByRole("button", { name: /^Sign In To Confluence/ });
const stateHeading = (name: string) => screen.findByRole("heading", { level: 3, name });

async function open(method: string, seed?: Partial<State>) {
  const backend = await openApp("/connect/team-1", seed);
  const user = userEvent.setup({ delay: null });
  await user.click(await screen.findByLabelText(method));
  await signInButton();
  return { backend, user };
}

/** As far as the browser: the client was entered and the button pressed. */
async function waiting(method: string) {
  const { backend, user } = await open(method);
  if (method === applicationLink)
    await user.type(screen.getByLabelText("Server URL"), "https://wiki.example/x");
  await user.type(screen.getByLabelText("Client ID"), "client-1");
  await user.type(screen.getByLabelText("Client Secret"), " secret-1\n");
  await user.click(await signInButton());
  await screen.findByRole("heading", { level: 3, name: /^Waiting for you to click/ });
  return { backend, user };
}

describe("Atlassian Login", () => {
  it("asks for the client of an own app, with the steps to make it and the address to copy", async () => {
    const { backend, user } = await open(atlassian);
    const labels = [...document.querySelectorAll("form .field > label")].map((it) =>
      it.textContent?.trim(),
    );
    expect(labels).toEqual(["Client ID", "Client Secret"]);
    screen.getByText("http://localhost:43117/confluence/cloud");
    await user.click(screen.getByRole("button", { name: "Copy redirect url" }));
    await waitFor(() => expect(said.polite).toContain("Redirect URL copied"));
    expect(await navigator.clipboard.readText()).toBe("http://localhost:43117/confluence/cloud");
    await expectNoFindings();
    expect(next().getAttribute("aria-disabled")).toBe("true");
    screen.getByText("Next is available after signing in.");
    await user.click(next());
    expect(calls(backend, "check_connection")).toEqual([]);
  });

  it("names the empty fields, and starts nothing", async () => {
    const { backend, user } = await open(atlassian);
    await user.click(await signInButton());
    await screen.findByText("2 fields need a change");
    await user.click(screen.getByRole("button", { name: /^Client Secret:/ }));
    expect(document.activeElement).toBe(screen.getByLabelText("Client Secret"));
    expect(calls(backend, "start_sign_in")).toEqual([]);
    await expectNoFindings();
  });

  it("lists the scopes with what each is for, and says what the older family means", async () => {
    const { user } = await open(atlassian);
    await user.click(screen.getByText("What Retropress asks for"));
    const table = screen.getByRole("table", { name: /^Scopes/ });
    within(table).getByRole("rowheader", { name: "write:page:confluence" });
    within(table).getByText("Publishing later without signing in each time.");
    expect(screen.getByLabelText(/^Granular scopes/)).toHaveProperty("checked", true);
    await user.click(screen.getByLabelText(/^Classic scopes/));
    within(table).getByRole("rowheader", { name: "write:confluence-content" });
    expect(within(table).queryByText("write:page:confluence")).toBeNull();
    screen.getByText(/Works only while the site serves the older API/);
    await expectNoFindings();
  });

  it("is one button where the app is known", async () => {
    const backend = await openApp("/connect/team-1");
    backend.clientKnown = true;
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByLabelText(atlassian));
    await user.click(await screen.findByRole("button", { name: "Sign In To Confluence Cloud" }));
    await stateHeading("Waiting for you to click Accept in the browser");
    expect(calls(backend, "start_sign_in")).toEqual([
      {
        request: {
          teamId: "team-1",
          integrationId: null,
          method: "atlassianLogin",
          serverUrl: "",
          clientId: "",
          clientSecret: null,
          scopes: "granular",
          serviceAccount: false,
          httpsRedirect: false,
          sessionOnly: false,
        },
      },
    ]);
  });

  it("waits, opens the page again, copies its link, says the time left, and is cancelled", async () => {
    const { backend, user } = await waiting(atlassian);
    expect(calls(backend, "start_sign_in")).toMatchObject([
      { request: { clientId: "client-1", clientSecret: "secret-1", scopes: "granular" } },
    ]);
    const title = await stateHeading("Waiting for you to click Accept in the browser");
    await waitFor(() => expect(document.activeElement).toBe(title));
    expect(said.polite).toContain("Waiting for you to click Accept");
    screen.getByText(/A page of auth.atlassian.com should have opened/);
    screen.getByText(/^Ends in [45]:\d\d$/);
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Open the page again" }));
    expect(calls(backend, "open_sign_in_page")).toHaveLength(1);
    await user.click(screen.getByRole("button", { name: "Copy link for another browser" }));
    await waitFor(async () =>
      expect(await navigator.clipboard.readText()).toBe(backend.lastSignIn?.address),
    );
    await user.click(screen.getByRole("button", { name: "Cancel the sign-in" }));
    await screen.findByText("The sign-in was cancelled", { selector: ".notice-title" });
    expect(calls(backend, "cancel_sign_in")).toHaveLength(1);
    await waitFor(async () => expect(document.activeElement).toBe(await signInButton()));
    expect(screen.getByLabelText("Client ID")).toHaveProperty("value", "client-1");
    expect(said.polite).toContain("The sign-in was cancelled");
    await expectNoFindings();
  });

  it("lets the instance be chosen, and goes on with that one", async () => {
    const { backend, user } = await waiting(atlassian);
    backend.answerSignIn();
    const site = await screen.findByLabelText("Atlassian Cloud instance");
    expect(said.polite).toContain("Choose the Atlassian Cloud instance");
    expect(document.activeElement?.textContent).toContain("Signed in");
    screen.getByText("This account may use 2 instances with Confluence.");
    await expectNoFindings();
    await user.selectOptions(site, "Harbour Labs (harbour-labs-example.atlassian.net)");
    expect(next().getAttribute("aria-disabled")).toBeNull();
    await user.click(next());
    await heading("Configuration");
    expect(calls(backend, "choose_site")).toMatchObject([{ siteId: "cloud-2" }]);
    expect(calls(backend, "check_connection")).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Back" }));
    await user.click(next());
    await heading("Configuration");
    expect(calls(backend, "choose_site")).toHaveLength(1);
    await user.click(screen.getByRole("button", { name: "Back" }));
    await user.selectOptions(screen.getByLabelText("Atlassian Cloud instance"), "cloud-1");
    await user.click(next());
    await heading("Configuration");
    expect(calls(backend, "choose_site")).toHaveLength(2);
    expect(calls(backend, "leave_connection")).toHaveLength(1);
  });

  it("goes on by itself where the account has one instance only", async () => {
    const { backend, user } = await waiting(atlassian);
    backend.sites = backend.sites.slice(0, 1);
    backend.answerSignIn();
    await stateHeading("Signed in as Ines Okafor");
    expect(said.polite).toContain("Signed in as Ines Okafor");
    await expectNoFindings();
    await user.click(next());
    await heading("Configuration");
    expect(calls(backend, "choose_site")).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Back" }));
    await user.click(screen.getByRole("button", { name: "Use another account" }));
    expect(calls(backend, "leave_connection")).toEqual([]);
    await user.click(await signInButton());
    await stateHeading("Waiting for you to click Accept in the browser");
    backend.answerSignIn();
    await stateHeading("Signed in as Ines Okafor");
    await user.click(screen.getByRole("button", { name: "Use another account" }));
    await waitFor(() => expect(calls(backend, "leave_connection")).toHaveLength(1));
  });

  it("asks to sign in again where the chosen site came too late", async () => {
    const { backend, user } = await waiting(atlassian);
    backend.answerSignIn();
    await screen.findByLabelText("Atlassian Cloud instance");
    backend.failNext("choose_site", problem("gone", { message: "This sign-in has ended" }));
    await user.click(next());
    await screen.findByText("This sign-in has ended");
    await signInButton();
    expect(screen.getByLabelText("Client ID")).toHaveProperty("value", "client-1");
  });

  it("signs in as a service account without a browser, with a client of its own", async () => {
    const { backend, user } = await open(atlassian);
    await user.type(screen.getByLabelText("Client ID"), "of the app");
    await user.click(screen.getByRole("button", { name: "Use a service account instead" }));
    expect(screen.getByLabelText("Client ID")).toHaveProperty("value", "");
    await user.type(screen.getByLabelText("Client ID"), "service-1");
    await user.type(screen.getByLabelText("Client Secret"), "secret-2");
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Sign In To Confluence Cloud" }));
    await stateHeading("Signing in");
    screen.getByText(/No browser is needed/);
    expect(calls(backend, "start_sign_in")).toMatchObject([
      { request: { clientId: "service-1", clientSecret: "secret-2", serviceAccount: true } },
    ]);
    await expectNoFindings();
    backend.answerSignIn();
    await screen.findByLabelText("Atlassian Cloud instance");
    await user.click(screen.getByRole("button", { name: "Use another account" }));
    await user.click(
      await screen.findByRole("button", { name: "Sign in through the browser instead" }),
    );
    expect(screen.getByLabelText("Client ID")).toHaveProperty("value", "of the app");
  });

  it("says what a sign-in failed of, on top and at its field, and tries again", async () => {
    const { backend, user } = await waiting(atlassian);
    backend.answerSignIn(
      problem("signInRefused", {
        message: "Atlassian did not accept the Client Secret",
        cause: "It was changed in the developer console.",
        hint: "Copy it again.",
        field: "clientSecret",
        retryable: true,
        details: "POST /oauth/token\n401",
      }),
    );
    await screen.findByText("Atlassian did not accept the Client Secret");
    await waitFor(() =>
      expect(document.activeElement?.textContent).toContain("did not accept the Client Secret"),
    );
    const secret = screen.getByLabelText("Client Secret");
    expect(secret.getAttribute("aria-invalid")).toBe("true");
    expect(secret).toHaveProperty("value", " secret-1");
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await stateHeading("Waiting for you to click Accept in the browser");
    expect(screen.queryByText("Atlassian did not accept the Client Secret")).toBeNull();
    expect(calls(backend, "start_sign_in")).toHaveLength(2);
  });

  it("says why it could not even start", async () => {
    const { backend, user } = await open(atlassian);
    backend.failNext(
      "start_sign_in",
      problem("keyringLocked", { message: "The keyring is locked" }),
    );
    await user.type(screen.getByLabelText("Client ID"), "client-1");
    await user.type(screen.getByLabelText("Client Secret"), "secret-1");
    await user.click(await signInButton());
    await screen.findByText("The keyring is locked");
    expect(screen.getByLabelText("Client Secret")).toHaveProperty("value", "secret-1");
  });

  it("offers a sign-in for this session only where there is no keyring, and saves it so", async () => {
    const { backend, user } = await open(applicationLink);
    backend.failNext(
      "start_sign_in",
      problem("keyringMissing", { message: "This computer has no keyring" }),
    );
    await user.type(screen.getByLabelText("Server URL"), "https://wiki.example/x");
    await user.type(screen.getByLabelText("Client ID"), "client-1");
    await user.type(screen.getByLabelText("Client Secret"), "secret-1");
    await user.click(await signInButton());
    await user.click(await screen.findByRole("button", { name: "Sign in for this session only" }));
    await stateHeading("Waiting for you to click Allow in the browser");
    expect(calls(backend, "start_sign_in").at(-1)).toMatchObject({
      request: { sessionOnly: true },
    });
    backend.answerSignIn();
    await stateHeading("Signed in as Ines Okafor");
    await user.click(next());
    await heading("Configuration");
    await user.type(await screen.findByRole("combobox", { name: "Space" }), "payments{Enter}");
    await user.click(next());
    await heading("Test");
    await user.click(next());
    await user.click(await screen.findByRole("button", { name: "SAVE CHANGES" }));
    await waitFor(() => expect(location.hash).toBe("#/settings/integrations"));
    expect(calls(backend, "save_integration")).toMatchObject([{ sessionOnly: true }]);
  });

  it("asks for the address where the browser's answer cannot arrive", async () => {
    const { backend, user } = await open(atlassian);
    backend.override("start_sign_in", () => ({
      id: "sign-in-busy",
      method: "atlassianLogin",
      state: {
        type: "waiting",
        listening: false,
        problem:
          "Another program uses port 43117 of this computer. Sign in, then copy the address.",
      },
      address: "https://auth.atlassian.com/authorize?state=1",
      redirectUrl: "http://localhost:43117/confluence/cloud",
      endsAt: new Date(Date.now() + 300_000).toISOString(),
    }));
    backend.override("read_sign_in", () => backend.answers.start_sign_in({}));
    await user.type(screen.getByLabelText("Client ID"), "client-1");
    await user.type(screen.getByLabelText("Client Secret"), "secret-1");
    await user.click(await signInButton());
    await screen.findByText(/^Another program uses port 43117/);
    screen.getByText(/It is clicked on a page of auth.atlassian.com/);
    expect(screen.queryByText(/should have opened|continues by itself/)).toBeNull();
    screen.getByText(/The browser ends on an error page this time/);
    await expectNoFindings();
  });

  it("takes the address the browser ended on, and says what is wrong with another", async () => {
    const { backend, user } = await waiting(atlassian);
    const address = screen.getByLabelText("Address from the browser");
    await user.click(screen.getByRole("button", { name: "Continue" }));
    await screen.findByText(/Paste the address first/);
    expect(calls(backend, "paste_sign_in_address")).toEqual([]);
    await user.type(address, "https://example.com/");
    await user.click(screen.getByRole("button", { name: "Continue" }));
    await screen.findByText(/This address holds no code/);
    expect(document.activeElement).toBe(address);
    expect(address.getAttribute("aria-invalid")).toBe("true");
    await expectNoFindings();
    await user.clear(address);
    expect(address.getAttribute("aria-invalid")).toBeNull();
    await user.type(address, "http://localhost:43117/confluence/cloud?code=1&state=2{Enter}");
    await screen.findByLabelText("Atlassian Cloud instance");
    expect(calls(backend, "paste_sign_in_address").at(-1)).toMatchObject({
      address: "http://localhost:43117/confluence/cloud?code=1&state=2",
    });
  });

  it("goes on while another method is looked at, and loses nothing that was typed", async () => {
    const { backend, user } = await waiting(atlassian);
    await user.click(screen.getByLabelText("Confluence Cloud - API Token"));
    await user.type(screen.getByLabelText("API token"), "token-1");
    const focused = screen.getByLabelText("API token");
    backend.answerSignIn();
    await waitFor(() => expect(document.activeElement).toBe(focused));
    await user.click(screen.getByLabelText(atlassian));
    await screen.findByLabelText("Atlassian Cloud instance");
    await user.click(screen.getByLabelText("Confluence Cloud - API Token"));
    expect(screen.getByLabelText("API token")).toHaveProperty("value", "token-1");
    expect(calls(backend, "cancel_sign_in")).toEqual([]);
  });

  it("is cancelled when the wizard is left", async () => {
    const { backend, user } = await waiting(atlassian);
    await user.click(screen.getByRole("link", { name: "Cancel" }));
    await user.click(await screen.findByRole("button", { name: "Leave without saving" }));
    await waitFor(() => expect(location.hash).toBe("#/settings/integrations"));
    await waitFor(() => expect(calls(backend, "cancel_sign_in")).toHaveLength(1));
  });
});

describe("Application Link", () => {
  it("shows what is entered in Confluence, each to be copied, and the page to enter it on", async () => {
    const { backend, user } = await open(applicationLink);
    const labels = [...document.querySelectorAll("form .field > label")].map((it) =>
      it.textContent?.trim(),
    );
    expect(labels).toEqual(["Server URL", "Client ID", "Client Secret"]);
    for (const [what, text] of [
      ["name", "Retropress"],
      ["redirect url", "http://localhost:43117/confluence/application-link"],
      ["permission", "Write"],
    ] as const) {
      await user.click(screen.getByRole("button", { name: `Copy ${what}` }));
      await waitFor(async () => expect(await navigator.clipboard.readText()).toBe(text));
    }
    await expectNoFindings();
    await user.type(screen.getByLabelText("Server URL"), "https://wiki.example/x");
    await user.click(screen.getByRole("button", { name: "Open the application links page" }));
    expect(calls(backend, "open_server_page")).toEqual([
      {
        method: "applicationLink",
        serverUrl: "https://wiki.example/x",
        page: "applicationLinks",
      },
    ]);
  });

  it("signs in and goes on to the configuration", async () => {
    const { backend, user } = await waiting(applicationLink);
    await stateHeading("Waiting for you to click Allow in the browser");
    screen.getByText(/A page of wiki.example should have opened/);
    expect(calls(backend, "start_sign_in")).toMatchObject([
      {
        request: {
          method: "applicationLink",
          serverUrl: "https://wiki.example/x",
          clientId: "client-1",
          clientSecret: "secret-1",
          serviceAccount: false,
        },
      },
    ]);
    backend.answerSignIn();
    await stateHeading("Signed in as Ines Okafor");
    expect(screen.queryByLabelText("Atlassian Cloud instance")).toBeNull();
    await user.click(next());
    await heading("Configuration");
  });

  it("explains a server that takes https only, and asks for the address then", async () => {
    const { backend, user } = await open(applicationLink);
    await user.click(screen.getByLabelText(/Confluence takes only an address with https/));
    screen.getByText("https://localhost:43117/confluence/application-link");
    await user.type(screen.getByLabelText("Server URL"), "https://wiki.example/x");
    await user.type(screen.getByLabelText("Client ID"), "client-1");
    await user.type(screen.getByLabelText("Client Secret"), "secret-1");
    await user.click(await signInButton());
    await screen.findByText(/The browser ends on an error page this time/);
    expect(calls(backend, "start_sign_in")).toMatchObject([{ request: { httpsRedirect: true } }]);
    await user.type(
      screen.getByLabelText("Address from the browser"),
      "https://localhost:43117/confluence/application-link?code=1{Enter}",
    );
    await stateHeading("Signed in as Ines Okafor");
  });

  it("does not offer plain http", async () => {
    const { backend, user } = await open(applicationLink);
    await user.type(screen.getByLabelText("Server URL"), "http://wiki.example/x");
    await user.type(screen.getByLabelText("Client ID"), "client-1");
    await user.type(screen.getByLabelText("Client Secret"), "secret-1");
    backend.failNext(
      "start_sign_in",
      problem("insecureHttp", { message: "Plain http", field: "serverUrl" }),
    );
    await user.click(await signInButton());
    await screen.findByText("Plain http");
    expect(screen.queryByLabelText(/Allow http/)).toBeNull();
  });
});

it("fills in the sandbox's client for the chosen way", async () => {
  const { user } = await open(atlassian);
  const fill = () =>
    user.click(screen.getByRole("button", { name: "Try with the built-in sandbox" }));
  const holds = (label: string, value: string) =>
    waitFor(() => expect(screen.getByLabelText(label)).toHaveProperty("value", value));
  await fill();
  await holds("Client ID", "sandbox-cloud-client");
  await holds("Client Secret", "sandbox-cloud-client-secret");
  await user.click(screen.getByRole("button", { name: "Use a service account instead" }));
  await fill();
  await holds("Client ID", "sandbox-service-account");
  await holds("Client Secret", "sandbox-service-account-secret");
  await user.click(screen.getByLabelText(applicationLink));
  await signInButton();
  await fill();
  await holds("Server URL", "http://localhost:8091/confluence");
  await holds("Client ID", "sandbox-link-client");
  await holds("Client Secret", "sandbox-link-client-secret");
});

describe("an integration that signs in through the browser", () => {
  const edited = (changes: Parameters<typeof oauthIntegration>[0] = {}) => {
    const seed = { ...samples(), integrations: [oauthIntegration(changes)] };
    return openApp("/connect/team-1/integration-3", seed);
  };

  it("is used as it is, without signing in anew", async () => {
    const backend = await edited();
    const user = userEvent.setup({ delay: null });
    await stateHeading("Signed in as Ines Okafor");
    await expectNoFindings();
    await user.click(next());
    await heading("Configuration");
    expect(calls(backend, "resume_connection")).toEqual([{ integrationId: "integration-3" }]);
    expect(calls(backend, "check_connection")).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Back" }));
    await user.click(next());
    await heading("Configuration");
    expect(calls(backend, "resume_connection")).toHaveLength(1);
  });

  it("signs in again with the saved client, or with another", async () => {
    const backend = await edited({ secretProblem: "The sign-in has ended." });
    const user = userEvent.setup({ delay: null });
    await screen.findByText("The sign-in has ended.");
    screen.getByText("Saved");
    expect(next().getAttribute("aria-disabled")).toBe("true");
    await expectNoFindings();
    await user.click(await signInButton());
    await stateHeading("Waiting for you to click Accept in the browser");
    expect(calls(backend, "start_sign_in")).toMatchObject([
      {
        request: {
          integrationId: "integration-3",
          clientId: "harbour-client",
          clientSecret: null,
        },
      },
    ]);
    await user.click(screen.getByRole("button", { name: "Cancel the sign-in" }));
    await user.click(await screen.findByRole("button", { name: "Replace Client Secret" }));
    await user.type(screen.getByLabelText("Client Secret"), "secret-9");
    await user.click(await signInButton());
    await stateHeading("Waiting for you to click Accept in the browser");
    expect(calls(backend, "start_sign_in").at(-1)).toMatchObject({
      request: { clientSecret: "secret-9" },
    });
  });

  it("forgets its sign-in when that is removed, after asking", async () => {
    const backend = await edited();
    const user = userEvent.setup({ delay: null });
    await user.click(await screen.findByRole("button", { name: "Remove the sign-in…" }));
    const dialog = await screen.findByRole("alertdialog");
    await expectNoFindings();
    await user.click(within(dialog).getByRole("button", { name: "Remove the sign-in" }));
    await screen.findByText("The sign-in was removed.");
    expect(calls(backend, "remove_secret")).toEqual([{ integrationId: "integration-3" }]);
    expect(screen.queryByText("Saved")).toBeNull();
  });
});
