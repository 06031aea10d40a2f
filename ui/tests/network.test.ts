import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { tell } from "../src/api/events";
import { expectNoFindings, openApp } from "./app";
import { problem, samples } from "./backend";
import * as sample from "./samples";

/** All at once: these tests are not about keys. */
const enter = (control: HTMLElement, value: string) =>
  fireEvent.input(control, { target: { value } });

const saves = (backend: Awaited<ReturnType<typeof openApp>>) =>
  backend.calls.filter((it) => it.name === "save_network");

/** Opened anew: what an earlier test typed and did not save is taken back. */
async function openNetwork(seed = samples()) {
  const backend = await openApp("/settings/network", seed);
  await screen.findByText(/The system’s setting now/);
  const back = screen.getByRole("button", { name: "Take back" });
  if (!back.getAttribute("aria-disabled")) await fireEvent.click(back);
  return backend;
}

describe("network settings", () => {
  it("show what the system says, and each added certificate with its fingerprint", async () => {
    await openNetwork();
    screen.getByText(/proxy\.harbour\.example:3128 for https/);
    await screen.findByText("Harbour Internal CA 2", { selector: ".set-name span" });
    screen.getByText("7C:41:9E:55:0A:31:BB:…:D2:08");
    screen.getByText("Valid until 14 Mar 2031.");
    expect(screen.getByRole("radio", { name: "System setting" })).toHaveProperty("checked", true);
    expect(screen.queryByRole("radio", { name: "As usual" })).toBeNull();
    await expectNoFindings();
  });

  it("keep what was typed when a field is refused, and name the field", async () => {
    const backend = await openNetwork();
    const user = userEvent.setup();
    await user.click(screen.getByRole("radio", { name: "Own proxy" }));
    await enter(screen.getByRole("textbox", { name: "Proxy host" }), "proxy.harbour.example");
    await enter(screen.getByRole("textbox", { name: "Port" }), "many");
    await enter(screen.getByLabelText("Proxy password"), "horse battery");
    await user.click(screen.getByRole("button", { name: "Save network settings" }));
    const port = screen.getByRole("textbox", { name: "Port" });
    await waitFor(() => expect(port.getAttribute("aria-invalid")).toBe("true"));
    expect(document.activeElement).toBe(port);
    expect(screen.getByRole("textbox", { name: "Proxy host" })).toHaveProperty(
      "value",
      "proxy.harbour.example",
    );
    expect(screen.getByLabelText("Proxy password")).toHaveProperty("value", "horse battery");

    await enter(port, "3128");
    expect(port.getAttribute("aria-invalid")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Save network settings" }));
    await screen.findByText("Takes effect with the next request.");
    expect(saves(backend).at(-1)?.args).toMatchObject({
      scope: { type: "everywhere" },
      request: {
        proxyUse: "own",
        proxyHost: "proxy.harbour.example",
        proxyPort: "3128",
        proxyPassword: "horse battery",
        authorities: [sample.certificate().pem],
        clientCertificate: { type: "keep" },
      },
      sessionOnly: false,
    });
    // Saved, it is not shown and not sent again.
    expect(document.body.innerHTML).not.toContain("horse battery");
    await enter(screen.getByRole("textbox", { name: /^Reached without/ }), "*.harbour.example");
    await user.click(screen.getByRole("button", { name: "Save network settings" }));
    await screen.findByText("Takes effect with the next request.");
    expect(saves(backend).at(-1)?.args).toMatchObject({
      request: { proxyPassword: null, proxyExceptions: "*.harbour.example" },
    });
  });

  it("stay as typed when the screen is left and come back", async () => {
    await openNetwork();
    const user = userEvent.setup();
    const seconds = screen.getByRole("textbox", { name: "For an answer" });
    await enter(seconds, "45");
    screen.getByText("Not saved yet.");
    await user.click(screen.getByRole("link", { name: "About" }));
    await screen.findByText("Folder of your data");
    await user.click(screen.getByRole("link", { name: "Network" }));
    const again = await screen.findByRole("textbox", { name: "For an answer" });
    await waitFor(() => expect(again).toHaveProperty("value", "45"));
    await user.click(screen.getByRole("button", { name: "Take back" }));
    expect(again).toHaveProperty("value", "");
  });

  it("take a certificate's file, and give one up", async () => {
    const backend = await openNetwork({
      ...samples(),
      networks: { '{"type":"everywhere"}': { ...sample.network(), authorities: [] } },
    });
    const user = userEvent.setup();
    await screen.findByText(/^None added/);
    const file = new File(["-----BEGIN CERTIFICATE-----"], "ca.pem");
    backend.failNext(
      "read_authorities",
      problem("invalid", {
        message: "This file holds no certificate",
        hint: "Choose a PEM file.",
        field: "authority",
      }),
    );
    await user.upload(screen.getByLabelText("Add certificate…"), file);
    await screen.findByText("This file holds no certificate. Choose a PEM file.");
    await user.upload(screen.getByLabelText("Add certificate…"), file);
    await screen.findByText("Harbour Internal CA 2", { selector: ".set-name span" });
    expect(screen.queryByText(/This file holds no certificate/)).toBeNull();
    await user.click(screen.getByRole("button", { name: "Remove Harbour Internal CA 2" }));
    await screen.findByText(/^None added/);
  });

  it("send a client certificate with its key and password, once", async () => {
    const backend = await openNetwork();
    const user = userEvent.setup();
    await user.upload(screen.getByLabelText("Choose file…"), new File(["c"], "ada.crt"));
    await user.upload(await screen.findByLabelText("Choose key file…"), new File(["k"], "ada.key"));
    await enter(screen.getByLabelText(/^Password of the file/), "harbour");
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Save network settings" }));
    await screen.findByRole("button", { name: "Remove the client certificate" });
    expect(saves(backend).at(-1)?.args).toMatchObject({
      request: {
        clientCertificate: {
          type: "file",
          file: btoa("c"),
          keyFile: btoa("k"),
          password: "harbour",
        },
      },
    });
  });

  it("say what a test tried, through what, and what came of it", async () => {
    const backend = await openNetwork();
    const user = userEvent.setup();
    const address = screen.getByRole("textbox", { name: "Address to try" });
    await waitFor(() => expect(address).not.toHaveProperty("value", ""));
    await user.click(screen.getByRole("button", { name: "Test" }));
    await screen.findByText("Directly, without a proxy");
    screen.getByText("wiki.harbour.example answers");
    screen.getByText("Certificate issued by Harbour Internal CA 2");
    expect(saves(backend)).toHaveLength(0);
  });

  it("offer to keep a secret for the session where there is no keyring", async () => {
    const backend = await openNetwork();
    const user = userEvent.setup();
    await enter(screen.getByRole("textbox", { name: "To connect" }), "30");
    backend.failNext("save_network", problem("keyringMissing", { message: "There is no keyring" }));
    await user.click(screen.getByRole("button", { name: "Save network settings" }));
    await user.click(await screen.findByRole("button", { name: "Keep for this session only" }));
    await screen.findByText("Takes effect with the next request.");
    expect(saves(backend).at(-1)?.args).toMatchObject({ sessionOnly: true });
  });
});

describe("an integration", () => {
  it("has network settings of its own", async () => {
    const backend = await openApp("/settings/integrations");
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "More for wiki.harbour.example" }));
    await user.click(screen.getByRole("menuitem", { name: "Network…" }));
    const dialog = await screen.findByRole("dialog", { name: "Network of wiki.harbour.example" });
    await user.click(await within(dialog).findByRole("radio", { name: "No proxy" }));
    await expectNoFindings();
    await user.click(within(dialog).getByRole("button", { name: "Save network settings" }));
    await within(dialog).findByText("Takes effect with the next request.");
    expect(saves(backend).at(-1)?.args).toMatchObject({
      scope: { type: "integration", integrationId: "integration-1" },
      request: { proxyUse: "none" },
    });
  });

  it("is checked from its menu, line by line", async () => {
    const backend = await openApp("/settings/integrations");
    const user = userEvent.setup();
    let finish = () => {};
    backend.override("check_integration", async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return sample.checks();
    });
    await user.click(await screen.findByRole("button", { name: "More for wiki.harbour.example" }));
    await user.click(screen.getByRole("menuitem", { name: "Check…" }));
    const dialog = await screen.findByRole("dialog", { name: "Check wiki.harbour.example" });
    within(dialog).getByText("Checking");
    const [first] = sample.checks();
    if (!first) throw new Error("no sample");
    tell({ type: "checklistChanged", of: "another", checks: [{ ...first, text: "Not this one" }] });
    tell({
      type: "checklistChanged",
      of: "integration-1",
      checks: [first, { ...first, outcome: "running", text: "Its certificate is trusted" }],
    });
    await within(dialog).findByText("Its certificate is trusted");
    expect(screen.queryByText("Not this one")).toBeNull();
    finish();
    await within(dialog).findByText("9 passed, 1 note, 1 not known, 1 failed");
    within(dialog).getByText(/ask the space’s administrator/);
    await expectNoFindings();
  });
});

describe("the wizard", () => {
  it("has the settings of the connection that is being made under Advanced network", async () => {
    const backend = await openApp("/connect/team-1");
    const user = userEvent.setup();
    await user.click(await screen.findByText("Advanced network"));
    await user.click(await screen.findByRole("radio", { name: "System setting" }));
    await user.click(screen.getByRole("button", { name: "Save network settings" }));
    await waitFor(() => expect(saves(backend)).toHaveLength(1));
    expect(saves(backend)[0]?.args).toMatchObject({
      scope: { type: "new", teamId: "team-1" },
      request: { proxyUse: "system" },
    });
  });
});

describe("signing in", () => {
  it("is saved with its port and app, and a refused field is named and has the focus", async () => {
    const backend = await openNetwork();
    const user = userEvent.setup();
    const port = await screen.findByRole("textbox", { name: "Port for the browser’s answer" });
    expect(port).toHaveProperty("placeholder", "47620");
    await enter(port, "80");
    await user.click(screen.getByRole("button", { name: "Save sign-in settings" }));
    await screen.findByText(/whole number from 1024/);
    expect(port.getAttribute("aria-invalid")).toBe("true");
    expect(document.activeElement).toBe(port);

    await enter(port, "43117");
    await enter(screen.getByLabelText(/^Client ID/), "harbour-app");
    await user.click(screen.getByRole("button", { name: "Save sign-in settings" }));
    await screen.findByText("Enter the Client Secret.");
    expect(document.activeElement).toBe(screen.getByLabelText("Client Secret"));
    await enter(screen.getByLabelText("Client Secret"), "horse battery");
    await user.click(screen.getByRole("button", { name: "Save sign-in settings" }));
    await screen.findByText("Connections keep the app they signed in with.");
    expect(backend.calls.filter((it) => it.name === "save_signing_in").at(-1)?.args).toEqual({
      request: { port: "43117", clientId: "harbour-app", clientSecret: "horse battery" },
    });
    // The secret is saved, and is neither shown nor asked for again.
    expect(screen.queryByRole("button", { name: "Show Client Secret" })).toBeNull();
    screen.getByRole("button", { name: "Replace Client Secret" });
    screen.getByText("http://localhost:43117/callback");
    await enter(port, "");
    await user.click(screen.getByRole("button", { name: "Save sign-in settings" }));
    await screen.findByText("http://localhost:47620/callback");
    expect(backend.calls.filter((it) => it.name === "save_signing_in").at(-1)?.args).toEqual({
      request: { port: "", clientId: "harbour-app", clientSecret: null },
    });
    await expectNoFindings();
  });
});
