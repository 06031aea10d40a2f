import { waitFor } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { go, guardLeave, parse, replace, route } from "../src/state/route.svelte";

describe("reading an address", () => {
  it.each([
    ["", { screen: "summaries", params: {} }],
    ["#/nowhere", { screen: "summaries", params: {} }],
    ["#/draft/7/write", { screen: "write", params: { draftId: "7" } }],
    ["#/draft/a%2Fb/share", { screen: "share", params: { draftId: "a/b" } }],
    ["#/draft", { screen: "summaries", params: {} }],
    ["#/import", { screen: "import", params: {} }],
    ["#/published", { screen: "published", params: { publicationId: null } }],
    ["#/published/9", { screen: "published", params: { publicationId: "9" } }],
    ["#/settings", { screen: "settings", params: { section: "integrations" } }],
    ["#/settings/about", { screen: "settings", params: { section: "about" } }],
    [
      "#/connect/t1",
      { screen: "connect", params: { teamId: "t1", integrationId: null, sandbox: null } },
    ],
    [
      "#/connect/t1/i2",
      { screen: "connect", params: { teamId: "t1", integrationId: "i2", sandbox: null } },
    ],
    [
      "#/connect/t1?sandbox=cloud",
      { screen: "connect", params: { teamId: "t1", integrationId: null, sandbox: "cloud" } },
    ],
    [
      "#/connect/t1?sandbox=elsewhere",
      { screen: "connect", params: { teamId: "t1", integrationId: null, sandbox: null } },
    ],
    ["#/draft/%E0%A4%A/write", { screen: "write", params: { draftId: "%E0%A4%A" } }],
  ])("%s", (hash, expected) => {
    expect(parse(hash)).toEqual(expected);
  });
});

describe("going somewhere", () => {
  beforeEach(() => replace("/summaries"));

  it("shows the place", async () => {
    go("/settings/team");
    await waitFor(() =>
      expect(route.now).toEqual({ screen: "settings", params: { section: "team" } }),
    );
  });

  it("stays where a guard says so, and the address still names what is shown", async () => {
    const ask = vi.fn(() => Promise.resolve(false));
    const release = guardLeave(ask);
    go("/published");
    await waitFor(() => expect(ask).toHaveBeenCalledOnce());
    await Promise.resolve();
    expect(route.screen).toBe("summaries");
    expect(location.hash).toBe("#/summaries");
    release();
  });

  it("leaves once the guard agrees, and asks it no more", async () => {
    const ask = vi.fn(() => true);
    guardLeave(ask);
    go("/published");
    await waitFor(() => expect(route.screen).toBe("published"));
    expect(location.hash).toBe("#/published");
    go("/import");
    await waitFor(() => expect(route.screen).toBe("import"));
    expect(ask).toHaveBeenCalledOnce();
  });
});
