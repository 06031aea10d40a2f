import { configure, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { HealthCheck } from "../src/api/bindings/HealthCheck";
import { expectNoFindings, openApp } from "./app";
import type { Backend } from "./backend";

// Whether each element can be seen takes jsdom most of the time, and is not the question here.
configure({ defaultHidden: true });

const open = () => openApp("/draft/draft-2/write");

/** What the backend has of the draft, once all is saved. */
async function saved(backend: Backend): Promise<HealthCheck> {
  const status = () => document.querySelector(".saved")?.textContent;
  await waitFor(() => expect(status()).toMatch(/Saved on this computer/));
  const content = backend.state.drafts.find((it) => it.id === "draft-2")?.content;
  if (content?.kind !== "healthCheck") throw new Error("not a health check");
  return content;
}

const rows = () =>
  screen
    .getAllByRole("rowheader")
    .map((it) => it.querySelector(".item-name")?.textContent?.trim())
    .filter(Boolean);
const inspector = () => within(screen.getByRole("complementary"));

describe("a health check", () => {
  it("shows its dimensions, with nothing for axe to find", async () => {
    await open();
    screen.getByRole("heading", { level: 1, name: "Q4 team health check, health check" });
    expect(rows()).toHaveLength(8);
    const row = within(screen.getByRole("row", { name: /^Easy to release/ }));
    row.getByRole("img", { name: "1 × 1, 2 × 2, 3 × 3, 1 × 4" });
    row.getByText("2.6");
    row.getByText(/worse/);
    await expectNoFindings();
  });

  it("is looked at in another order without being changed", async () => {
    const backend = await open();
    const user = userEvent.setup();
    const before = rows();
    await user.click(screen.getByRole("button", { name: "Lowest first" }));
    expect(rows()[0]).toBe("Speed");
    expect(rows().at(-1)).toBe("Fun");
    await user.click(screen.getByRole("button", { name: "Most mixed first" }));
    await user.click(screen.getByRole("button", { name: "Biggest drop first" }));
    await user.click(screen.getByRole("button", { name: "As in model" }));
    expect(rows()).toEqual(before);
    expect(backend.calls.filter((it) => it.name === "save_draft")).toEqual([]);
  });

  it("takes answers by field and by button, and shows what comes of them", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Fun" }));
    inspector().getByText("Dimension 3 of 8");
    const five = inspector().getByRole("spinbutton", { name: "Answers 5, Great" });
    await user.clear(five);
    await user.type(five, "1");
    await user.click(inspector().getByRole("button", { name: "More: Answers 1, Poor" }));
    const content = await saved(backend);
    expect(content.dimensions[2]?.responses).toEqual([1, 0, 0, 3, 1]);
    within(screen.getByRole("row", { name: /^Fun/ })).getByText("3.6");
    await user.click(inspector().getByRole("button", { name: "Next dimension" }));
    inspector().getByText("Dimension 4 of 8");
    screen.getByText("Health of the code, dimension 4 of 8");
  });

  it("takes comments and actions of a dimension", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Fun" }));
    await user.click(inspector().getByRole("button", { name: "Add a comment" }));
    await user.keyboard("More cake{Enter}Less{Escape}");
    await user.click(inspector().getByRole("button", { name: "Add an action for Fun" }));
    await user.keyboard("Bake");
    const content = await saved(backend);
    expect(content.dimensions[2]?.comments.map((it) => it.text)).toEqual(["More cake"]);
    expect(content.actions.at(-1)).toMatchObject({ text: "Bake", dimensionId: "fun" });
    await expectNoFindings();
    await user.click(inspector().getByRole("button", { name: "Delete comment “More cake”" }));
    expect((await saved(backend)).dimensions[2]?.comments).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Undo" }));
    expect((await saved(backend)).dimensions[2]?.comments).toHaveLength(1);
  });

  it("gets dimensions added, renamed, moved and removed, with a way back", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Add a dimension" }));
    expect(document.activeElement).toBe(
      inspector().getByRole("textbox", { name: "Name of the dimension" }),
    );
    await user.keyboard("Cake{Enter}");
    screen.getByText("The dimensions of this check differ from the model.");
    screen.getByRole("button", { name: "Fun" }).focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    await waitFor(() => expect(document.activeElement?.textContent).toBe("Fun"));
    expect((await saved(backend)).dimensions.map((it) => it.name).slice(0, 3)).toEqual([
      "Delivering value",
      "Fun",
      "Easy to release",
    ]);
    await user.click(screen.getByRole("button", { name: "Easy to release" }));
    await user.click(screen.getByRole("button", { name: /^More for dimension/ }));
    await user.click(screen.getByRole("menuitem", { name: "Remove the dimension" }));
    const without = await saved(backend);
    expect(without.dimensions).toHaveLength(8);
    expect(without.actions[0]?.dimensionId).toBeNull();
    await user.click(screen.getByRole("button", { name: "Undo" }));
    const again = await saved(backend);
    expect(again.dimensions[2]?.name).toBe("Easy to release");
    expect(again.actions[0]?.dimensionId).toBe("release");
  });
});

describe("the model", () => {
  const select = () => screen.getByRole<HTMLSelectElement>("combobox", { name: "Model" });

  it("is changed only when its author agrees to lose answers", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await screen.findByRole("option", { name: /^Short pulse/ });
    await user.selectOptions(select(), "pulse");
    const dialog = await screen.findByRole("alertdialog", { name: "Change the model?" });
    expect(document.activeElement).toBe(
      within(dialog).getByRole("button", { name: "Keep the model" }),
    );
    await expectNoFindings();
    await user.click(within(dialog).getByRole("button", { name: "Keep the model" }));
    expect(select().value).toBe("squad");
    expect(rows()).toHaveLength(8);
    await user.selectOptions(select(), "pulse");
    await user.click(
      within(await screen.findByRole("alertdialog")).getByRole("button", {
        name: "Change the model",
      }),
    );
    expect(rows()).toEqual(["Focus", "Pace", "Trust"]);
    expect(await saved(backend)).toMatchObject({
      modelId: "pulse",
      scale: ["Red", "Amber", "Green"],
    });
    await user.keyboard("{Control>}z{/Control}");
    expect((await saved(backend)).dimensions[0]?.responses).toEqual([0, 0, 1, 4, 2]);
  });

  it("is made, checked, saved and used", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await screen.findByRole("option", { name: /^Short pulse/ });
    await user.selectOptions(select(), "new");
    const dialog = await screen.findByRole("dialog", { name: "New model" });
    await expectNoFindings();
    await user.click(within(dialog).getByRole("button", { name: "Save model" }));
    within(dialog).getByText("Give the model a name.");
    within(dialog).getByText("Add at least one dimension.");
    await user.type(within(dialog).getByRole("textbox", { name: "Name" }), "Ours");
    await user.click(within(dialog).getByRole("button", { name: "Remove step 5" }));
    await user.click(within(dialog).getByRole("button", { name: "Add a dimension" }));
    await waitFor(() =>
      expect(document.activeElement).toBe(
        within(dialog).getByRole("textbox", { name: "Name of dimension 1" }),
      ),
    );
    await user.paste("- Cake\n- Tea");
    await user.click(within(dialog).getByRole("button", { name: "Save model" }));
    await user.click(
      within(await screen.findByRole("alertdialog")).getByRole("button", {
        name: "Change the model",
      }),
    );
    const model = backend.state.models.at(-1);
    expect(model).toMatchObject({ name: "Ours", scale: ["Poor", "Fair", "Mixed", "Good"] });
    expect(model?.dimensions.map((it) => it.name)).toEqual(["Cake", "Tea"]);
    expect(await saved(backend)).toMatchObject({ modelId: model?.id, modelName: "Ours" });
  });

  it("that comes with the product is saved as one's own", async () => {
    const backend = await open();
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Edit model Team health" }));
    const dialog = await screen.findByRole("dialog", { name: "Edit model Team health" });
    within(dialog).getByText(/saved as a model of your own/);
    const name = within(dialog).getByRole("textbox", { name: "Name of dimension 1" });
    await user.clear(name);
    await user.type(name, "Value");
    await user.click(within(dialog).getByRole("button", { name: "Save model" }));
    await waitFor(() => expect(rows()[0]).toBe("Value"));
    expect(backend.state.models).toHaveLength(3);
    const content = await saved(backend);
    expect(content.dimensions[0]?.responses).toEqual([0, 0, 1, 4, 2]);
    expect(content.modelName).toBe("Team health of ours");
  });
});
