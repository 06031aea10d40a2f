import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { tell } from "../src/api/events";
import { backupsInWords, dataInWords } from "../src/screens/settings/storage-words";
import { said, toasts } from "../src/state/announce.svelte";
import { expectNoFindings, openApp } from "./app";
import { type Backend, problem, samples } from "./backend";

// Whole screens, with axe on each: slow where the machine is busy.
vi.setConfig({ testTimeout: 30_000 });

const named = (backend: Backend, name: string) => backend.calls.filter((it) => it.name === name);
/** The notice of an error; the window's own live region is an alert, too. */
const notice = async (title: string) => {
  const found = (await screen.findByText(title)).closest<HTMLElement>(".notice[role=alert]");
  if (!found) throw new Error("no alert");
  return found;
};
const button = (name: string | RegExp) => screen.findByRole("button", { name });

describe("storage", () => {
  it("says what is kept, how the check went, and exports it", async () => {
    const backend = await openApp("/settings/storage");
    const user = userEvent.setup();
    await screen.findByText(/published summaries, 18.4 MB\. Checked at start: no damage\.$/);
    await screen.findByText("Answers");
    await expectNoFindings();
    await user.click(await button("Export all…"));
    await waitFor(() =>
      expect(toasts.at(-1)?.text).toBe("Exported as /home/ines/Retropress 2026-11-19.retropress"),
    );
    await user.click(await button("Show in folder"));
    await waitFor(() => expect(named(backend, "show_data_folder")).toHaveLength(1));
  });

  it("tells the check when it has ended", async () => {
    const backend = await openApp("/settings/storage", { ...samples(), checked: "running" });
    await screen.findByText(/It is being checked for damage\.$/);
    backend.state.checked = "damaged";
    tell({ type: "storageChanged" });
    await screen.findByText(/Checked at start: damaged\./);
  });

  it("says why an export failed, and tries again", async () => {
    const backend = await openApp("/settings/storage");
    const user = userEvent.setup();
    const full = problem("diskFull", {
      message: "The export could not be saved",
      cause: "No half file was left there.",
    });
    backend.failNext("export_all", full);
    await user.click(await button("Export all…"));
    const alert = await notice("The export could not be saved");
    await waitFor(() => expect(alert.parentElement).toBe(document.activeElement));
    await user.click(within(alert).getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(toasts.at(-1)?.text).toMatch(/^Exported as/));
    expect(screen.queryByText("The export could not be saved")).toBeNull();
  });

  it("shows a file beside what is here, and the focus is on the safe choice", async () => {
    const backend = await openApp("/settings/storage");
    const user = userEvent.setup();
    await user.click(await button("Import…"));
    const dialog = await screen.findByRole("alertdialog", {
      name: "Replace everything on this computer?",
    });
    const safe = within(dialog).getByRole("button", { name: "Keep what is here" });
    expect(document.activeElement).toBe(safe);
    within(dialog).getByText(/made 18 Nov 2026, .* by Retropress 0\.1\.0/);
    const drafts = within(dialog).getByRole("rowheader", { name: "Drafts" }).closest("tr");
    expect(drafts?.textContent).toContain(`52${backend.state.drafts.length}`);
    within(dialog).getByText(/does not go out by itself/);
    within(dialog).getByText(/Tokens and passwords are not in the file/);
    await expectNoFindings();
    await user.click(safe);
    await waitFor(() => expect(named(backend, "leave_candidate")).toHaveLength(1));
    expect(named(backend, "stage_candidate")).toHaveLength(0);
    expect(backend.state.staged).toBeNull();
  });

  it("imports with the next start, offers to restart now, and can be taken back", async () => {
    const backend = await openApp("/settings/storage");
    const user = userEvent.setup();
    await user.click(await button("Import…"));
    await user.click(await button("Import and replace"));
    await screen.findByText(
      "“Retropress 2026-11-18.retropress” takes the place of what is here with the next start",
    );
    await waitFor(() =>
      expect(document.activeElement).toBe(screen.getByRole("button", { name: "Restart now" })),
    );
    expect(screen.queryByRole("alertdialog")).toBeNull();
    screen.getByText(/1 summary that is on its way in it becomes a draft again/);
    expect(said.polite).toMatch(/^Ready/);
    await expectNoFindings();
    await user.click(screen.getByRole("button", { name: "Restart now" }));
    await waitFor(() => expect(named(backend, "restart")).toHaveLength(1));
    await user.click(await button("Take it back"));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Restart now" })).toBeNull());
    expect(backend.state.staged).toBeNull();
    await waitFor(() =>
      expect(document.activeElement).toBe(screen.getByRole("button", { name: "Import…" })),
    );
  });

  it("says why a file was refused", async () => {
    const backend = await openApp("/settings/storage");
    const user = userEvent.setup();
    const refused = problem("invalid", {
      message: "The file is damaged",
      cause: "A check of all of it found errors. Nothing was changed.",
      field: "file",
    });
    backend.failNext("choose_import", refused);
    await user.click(await button("Import…"));
    await notice("The file is damaged");
    expect(screen.queryByRole("alertdialog")).toBeNull();
    backend.override("choose_import", () => null);
    await user.click(await button("Import…"));
    await waitFor(() => expect(screen.queryByText("The file is damaged")).toBeNull());
    expect(screen.queryByRole("alertdialog")).toBeNull();
  });

  it("lists the copies, names a damaged one, and restores another", async () => {
    const backend = await openApp("/settings/storage");
    const user = userEvent.setup();
    await user.click(await button("Restore…"));
    const dialog = await screen.findByRole("dialog", { name: "Restore" });
    await within(dialog).findByText(/^41 drafts, 28 published summaries, 18\.3 MB$/);
    within(dialog).getByText("Damaged");
    within(dialog).getByRole("heading", { name: "Archived by an import or a restore" });
    const offered = within(dialog).getAllByRole("button", { name: /^Restore… / });
    expect(offered).toHaveLength(2);
    await expectNoFindings();
    await user.click(offered[1] as HTMLElement);
    await screen.findByRole("alertdialog", { name: "Replace everything on this computer?" });
    screen.getByText(/^The archived database of 12 Nov 2026/);
    expect(screen.queryByText(/Tokens and passwords are not in the file/)).toBeNull();
    await user.click(screen.getByRole("button", { name: "Restore and replace" }));
    await button("Restart now");
    expect(backend.state.staged?.source).toBe("setAside");
  });

  it("lists what was archived as damaged, restores it if it can be read, and deletes it", async () => {
    const backend = await openApp("/settings/storage");
    const user = userEvent.setup();
    const damaged = {
      source: "damaged",
      madeAt: "2026-11-10T10:00:00Z",
      size: 16_000_000,
    } as const;
    backend.state.copies = [
      ...backend.state.copies,
      { ...damaged, name: "retropress.damaged-3.db", holds: null, unread: true },
      {
        ...damaged,
        name: "retropress.damaged-2.db",
        holds: backend.state.copies[0]?.holds ?? null,
        unread: false,
      },
      { ...damaged, name: "retropress.damaged-1.db", holds: null, unread: false },
    ];
    await user.click(await button("Restore…"));
    let dialog = await screen.findByRole("dialog", { name: "Restore" });
    await within(dialog).findByRole("heading", { name: "Archived because of damage" });
    within(dialog).getByText(/This file could not be read/);
    within(dialog).getByText(/archived as damaged, and can be read/);
    expect(within(dialog).getAllByRole("button", { name: /^Restore… / })).toHaveLength(3);
    const deletable = within(dialog).getAllByRole("button", { name: /^Delete… / });
    expect(deletable, "no backup").toHaveLength(4);
    await expectNoFindings();
    await user.click(deletable[3] as HTMLElement);
    let asked = await screen.findByRole("alertdialog", { name: "Delete the archived database?" });
    expect(document.activeElement?.textContent).toBe("Keep database");
    await expectNoFindings();
    await user.click(within(asked).getByRole("button", { name: "Keep database" }));
    expect(named(backend, "delete_copy")).toHaveLength(0);
    dialog = await screen.findByRole("dialog", { name: "Restore" });
    const again = await within(dialog).findAllByRole("button", { name: /^Delete… / });
    await user.click(again[3] as HTMLElement);
    asked = await screen.findByRole("alertdialog", { name: "Delete the archived database?" });
    await user.click(within(asked).getByRole("button", { name: "Delete database" }));
    await waitFor(() => expect(toasts.at(-1)?.text).toBe("retropress.damaged-1.db was deleted"));
    expect(named(backend, "delete_copy")).toMatchObject([
      { args: { name: "retropress.damaged-1.db" } },
    ]);
    dialog = await screen.findByRole("dialog", { name: "Restore" });
    expect(await within(dialog).findAllByRole("button", { name: /^Delete… / })).toHaveLength(3);
  });

  it("says why an archived database could not be deleted, and lists it again", async () => {
    const backend = await openApp("/settings/storage", samples());
    const user = userEvent.setup();
    backend.failNext("delete_copy", problem("storage", { message: "The file is in use" }));
    await user.click(await button("Restore…"));
    let dialog = await screen.findByRole("dialog", { name: "Restore" });
    const deletable = await within(dialog).findAllByRole("button", { name: /^Delete… / });
    await user.click(deletable[0] as HTMLElement);
    await user.click(await screen.findByRole("button", { name: "Delete database" }));
    dialog = await screen.findByRole("dialog", { name: "Restore" });
    await within(dialog).findByText("The file is in use");
    expect(await within(dialog).findAllByRole("button", { name: /^Delete… / })).toHaveLength(
      deletable.length,
    );
  });

  it("says in which files removed secrets may be, and tries again", async () => {
    const secretsLeft = [
      { file: "retropress.backup-2.db", damaged: false },
      { file: "retropress.damaged-1.db", damaged: true },
    ];
    const backend = await openApp("/settings/storage", { ...samples(), secretsLeft });
    const user = userEvent.setup();
    await screen.findByText("Removed tokens or passwords may still be in files on this computer");
    screen.getByText(/^Not yet removed from retropress\.backup-2\.db\./);
    screen.getByText(/^retropress\.damaged-1\.db cannot be opened/);
    await expectNoFindings();
    await user.click(await button(/^Try again/));
    await waitFor(() => expect(screen.queryByText(/^Not yet removed/)).toBeNull());
    screen.getByText(/^retropress\.damaged-1\.db cannot be opened/);
    backend.state.secretsLeft = [];
    tell({ type: "storageChanged" });
    await waitFor(() => expect(screen.queryByText(/^Removed tokens or passwords/)).toBeNull());
  });

  it("says how the keychain is, and asks again", async () => {
    const locked = problem("keyringLocked", {
      message: "The keyring is locked",
      hint: "Unlock it with its password, and try again.",
    });
    const backend = await openApp("/settings/storage", { ...samples(), keyring: locked });
    const user = userEvent.setup();
    await screen.findByText("Locked");
    screen.getByText(/^The keyring is locked\. Unlock it/);
    await expectNoFindings();
    backend.state.keyring = null;
    await user.click(await button(/^Ask again/));
    await screen.findByText("Answers");
    expect(said.polite).toBe("The keychain answers");
  });

  it("has words for each state", () => {
    const here = { teams: [], drafts: 1, published: 0, unfinished: 0, size: 90_000 };
    const storage = {
      here,
      checked: "failed",
      newestBackup: null,
      backups: 7,
      staged: null,
      secretsLeft: [],
    };
    expect(dataInWords({ ...storage, checked: "failed" })).toBe(
      "1 draft, 0 published summaries, 90 KB. It could not be checked at start.",
    );
    const at = "2026-11-19T08:58:00Z";
    const backups = (newestBackup: string | null) =>
      backupsInWords({ ...storage, checked: "sound", newestBackup }, new Date(at));
    expect(backups(null)).toBe("Daily, the last 7 are kept. There is none yet.");
    expect(backups(at)).toMatch(/Newest: today, \d\d:\d\d/);
    expect(backups("2026-11-12T08:58:00Z")).toMatch(/Newest: 12 Nov 2026, /);
  });
});

describe("a draft that was saved as JSON", () => {
  it("is shown as one draft, and becomes one", async () => {
    const backend = await openApp("/import");
    const user = userEvent.setup();
    backend.override("read_import_file", ({ name }) => ({
      id: "source",
      name,
      size: 4_000,
      draft: {
        kind: "retrospective",
        title: "Sprint 41",
        date: "2026-11-05",
        contents: "12 ideas, 4 actions",
        team: "Search",
      },
    }));
    backend.override("run_import", () => [backend.state.drafts[0]?.id ?? ""]);
    const file = new File(["{}"], "Sprint 41.json", { type: "application/json" });
    await user.upload(screen.getByLabelText("Choose a file"), file);
    await screen.findByRole("heading", { name: "1 saved draft found" });
    screen.getByText("5 Nov 2026, 12 ideas, 4 actions, of the team Search");
    expect(named(backend, "preview_import")).toHaveLength(0);
    await expectNoFindings();
    await user.click(await button("Other notes"));
    await button("Read the notes");
    await user.upload(screen.getByLabelText("Choose a file"), file);
    await user.click(await button("Import 1 draft"));
    await waitFor(() => expect(location.hash).toMatch(/^#\/draft\/.+\/write$/));
    expect(named(backend, "run_import")).toMatchObject([
      { args: { teamId: "team-1", sourceId: "source" } },
    ]);
  });
});
