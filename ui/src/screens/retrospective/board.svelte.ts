// What is going on in the columns: which idea is edited, which ones are chosen, and what keys,
// menus and dragging do to them. All of it ends in a function of edit.ts.

import { tick } from "svelte";
import { SvelteSet } from "svelte/reactivity";
import type { Idea } from "../../api/bindings/Idea";
import type { Retrospective } from "../../api/bindings/Retrospective";
import { plural } from "../../format";
import { announce, toast } from "../../state/announce.svelte";
import type { Editing } from "../draft/editing.svelte";
import { newId } from "../draft/list";
import { isList, linesOf } from "../draft/paste";
import { quoted } from "../draft/words";
import * as edit from "./edit";

interface Open {
  id: string;
  /** It was just added: Enter starts the next one, Esc takes it away. */
  fresh: boolean;
  /** Where Esc goes back to. */
  mark: number;
  /** Gets the focus when a new one is discarded. */
  from: string;
}

export class Board {
  readonly editing: Editing<Retrospective>;
  /** The idea whose text is edited. */
  open = $state.raw<Open | null>(null);
  /** The comment that is edited. */
  comment = $state.raw<Open | null>(null);
  /** The group or column whose name is edited. */
  renaming = $state.raw<string | null>(null);
  /** The idea that looks for a group to go into. */
  joining = $state.raw<string | null>(null);
  readonly chosen = new SvelteSet<string>();

  constructor(editing: Editing<Retrospective>) {
    this.editing = editing;
  }

  get content(): Retrospective {
    return this.editing.content;
  }

  // ---------------------------------------------------------------- Ideas

  /** Starts a new idea at the end of a column, or behind another idea. */
  start(columnId: string, behind: string | null = null): void {
    const idea = edit.newIdea();
    const mark = this.editing.mark();
    this.editing.begin(
      "Idea added",
      (it) =>
        behind === null
          ? edit.addIdeas(it, columnId, [idea])
          : edit.addIdeasAfter(it, behind, [idea]),
      `idea ${idea.id}`,
    );
    this.open = { id: idea.id, fresh: true, mark, from: `add-${columnId}` };
  }

  edit(id: string): void {
    this.open = { id, fresh: false, mark: this.editing.mark(), from: `idea-${id}` };
  }

  /** The text field of an idea was left. */
  async ended(id: string, how: "enter" | "escape" | "blur"): Promise<void> {
    const open = this.open;
    if (open === null || open.id !== id) return;
    const place = edit.findIdea(this.content, id);
    this.open = null;
    if (place === null) {
      // Esc took a new idea away.
      if (how === "escape") await focus(open.from);
      return;
    }
    if (place.idea.text.trim() === "") {
      if (open.fresh) this.editing.rollBack(open.mark);
      else await this.deleteIdea(id);
      if (how !== "blur") await focus(`add-${place.column.id}`);
    } else if (how === "enter" && open.fresh) {
      this.start(place.column.id, id);
    } else if (how !== "blur") {
      await focus(`idea-${id}`);
    }
  }

  /** The pasted text would become more than one idea. */
  isList(text: string): boolean {
    return isList(text);
  }

  /** Many pasted lines become many ideas, in one step. Answers false for a single line. */
  async paste(text: string, columnId: string): Promise<boolean> {
    const lines = linesOf(text);
    if (lines.length < 2) return false;
    const ideas = lines.map((line) => edit.newIdea(line));
    const open = this.open;
    const place = open && edit.findIdea(this.content, open.id);
    const into = place?.column.id ?? columnId;
    let behind: string | null = place ? place.idea.id : null;
    if (open?.fresh && place?.idea.text.trim() === "") {
      this.editing.rollBack(open.mark);
      behind = null;
    }
    this.open = null;
    this.editing.seal();
    this.editing.change(`${plural(ideas.length, "idea")} added`, (it) =>
      behind === null ? edit.addIdeas(it, into, ideas) : edit.addIdeasAfter(it, behind, ideas),
    );
    toast(`${plural(ideas.length, "idea")} added`, {
      action: { label: "Undo", run: () => this.#takeAway(ideas) },
    });
    await focus(`idea-${ideas.at(-1)?.id}`);
    return true;
  }

  #takeAway(ideas: Idea[]): void {
    this.editing.change("Pasted ideas taken away", (it) =>
      edit.deleteIdeas(
        it,
        ideas.map((idea) => idea.id),
      ),
    );
  }

  vote(id: string, by: 1 | -1): void {
    const label = by === 1 ? "Vote added" : "Vote taken away";
    this.editing.change(label, (it) => edit.vote(it, id, by), `votes ${id}`);
    const votes = edit.findIdea(this.content, id)?.idea.votes ?? 0;
    announce(plural(votes, "vote"));
  }

  async duplicate(id: string): Promise<void> {
    const copy = newId();
    this.editing.change("Idea duplicated", (it) => edit.duplicateIdea(it, id, copy));
    announce("Idea duplicated");
    await focus(`idea-${copy}`);
  }

  async deleteIdea(id: string): Promise<void> {
    const idea = edit.findIdea(this.content, id)?.idea;
    if (idea === undefined) return;
    const next = this.#neighbour(id);
    const [, removed] = edit.deleteIdea(this.content, id);
    this.editing.change("Idea deleted", (it) => edit.deleteIdea(it, id)[0]);
    this.chosen.delete(id);
    toast(idea.text.trim() === "" ? "Empty idea deleted" : "Idea deleted", {
      action: {
        label: "Undo",
        run: () => {
          if (removed === null) return;
          this.editing.change("Idea put back", (it) => edit.putEntryBack(it, removed));
          void focus(`idea-${id}`);
        },
      },
    });
    await focus(next);
  }

  /** Moves an idea or a group up or down. */
  async move(id: string, by: 1 | -1): Promise<void> {
    const isGroup = edit.findGroup(this.content, id) !== null;
    const label = isGroup ? "Group moved" : "Idea moved";
    this.editing.change(label, (it) =>
      isGroup ? edit.moveGroup(it, id, by) : edit.moveIdea(it, id, by),
    );
    await this.#moved(id);
  }

  /** Moves an idea or a group to the next column (1) or the one before (-1). */
  async moveToColumn(id: string, by: 1 | -1): Promise<void> {
    const label = edit.findGroup(this.content, id) ? "Group moved" : "Idea moved";
    this.editing.change(label, (it) => edit.moveToColumn(it, id, by));
    await this.#moved(id);
  }

  async place(id: string, target: edit.Target): Promise<void> {
    const label = edit.findGroup(this.content, id) ? "Group moved" : "Idea moved";
    this.editing.change(label, (it) => edit.placeEntry(it, id, target));
    await this.#moved(id);
  }

  async #moved(id: string): Promise<void> {
    const group = edit.findGroup(this.content, id);
    const idea = edit.findIdea(this.content, id);
    const place = group ?? idea;
    if (place === null) return;
    const inGroup = idea?.group ?? null;
    const at = inGroup ? (idea?.ideaIndex ?? 0) + 1 : place.entryIndex + 1;
    const of = inGroup ? inGroup.ideas.length : place.column.entries.length;
    const where = inGroup
      ? quoted(inGroup.title, "the group")
      : quoted(place.column.title, "the column");
    announce(`Place ${at} of ${of} in ${where}`);
    await focus(group ? `group-${id}` : `idea-${id}`);
  }

  /** Steps the focus from idea to idea. */
  step(id: string, by: 1 | -1): void {
    const place = edit.findIdea(this.content, id);
    if (place === null) return;
    const ideas = edit.ideasOf(place.column);
    const next = ideas[ideas.findIndex((it) => it.id === id) + by];
    if (next) document.getElementById(`idea-${next.id}`)?.focus();
  }

  sortByVotes(): void {
    const before = this.content;
    this.editing.change("Sorted by votes", edit.sortByVotes);
    announce(this.content === before ? "The ideas are in this order already" : "Most votes first");
  }

  // --------------------------------------------------------------- Groups

  /** Asks what the idea is to be grouped with. */
  join(id: string): void {
    this.joining = id;
  }

  rename(id: string): void {
    this.renaming = id;
  }

  /** The name of a group or column was entered. */
  async renamed(id: string, how: "enter" | "escape" | "blur"): Promise<void> {
    this.renaming = null;
    if (how !== "blur") await focus(id);
  }

  choose(id: string, on: boolean): void {
    if (on) this.chosen.add(id);
    else this.chosen.delete(id);
    announce(
      this.chosen.size === 0 ? "No idea chosen" : `${plural(this.chosen.size, "idea")} chosen`,
    );
  }

  /** Ids of chosen ideas that still are there. */
  get chosenIdeas(): string[] {
    if (this.chosen.size === 0) return [];
    return edit
      .allIdeas(this.content)
      .map((it) => it.id)
      .filter((id) => this.chosen.has(id));
  }

  groupChosen(): void {
    const ids = this.chosenIdeas;
    if (ids.length < 2) {
      announce("Choose two or more ideas to group them");
      return;
    }
    const group = newId();
    this.editing.change("Ideas grouped", (it) => edit.groupIdeas(it, ids, "New group", group));
    this.chosen.clear();
    announce(`${plural(ids.length, "idea")} grouped. Name the group.`);
    this.renaming = group;
  }

  async groupWith(id: string, other: string): Promise<void> {
    const group = newId();
    this.joining = null;
    this.editing.change("Idea grouped", (it) => edit.groupWith(it, id, other, "New group", group));
    if (edit.findGroup(this.content, group)) this.renaming = group;
    else await this.#moved(id);
  }

  async leaveGroup(id: string): Promise<void> {
    this.editing.change("Idea taken out of its group", (it) => edit.leaveGroup(it, id));
    await this.#moved(id);
  }

  async ungroup(id: string): Promise<void> {
    const first = edit.findGroup(this.content, id)?.group.ideas[0];
    this.editing.change("Group dissolved", (it) => edit.ungroup(it, id));
    announce("Group dissolved");
    await focus(`idea-${first?.id}`);
  }

  async deleteGroup(id: string): Promise<void> {
    const place = edit.findGroup(this.content, id);
    if (place === null) return;
    const [, removed] = edit.deleteGroup(this.content, id);
    this.editing.change("Group deleted", (it) => edit.deleteGroup(it, id)[0]);
    toast(`Group deleted with ${plural(place.group.ideas.length, "idea")}`, {
      action: {
        label: "Undo",
        run: () => {
          if (removed === null) return;
          this.editing.change("Group put back", (it) => edit.putEntryBack(it, removed));
          void focus(`group-${id}`);
        },
      },
    });
    await focus(`add-${place.column.id}`);
  }

  // ------------------------------------------------------------- Comments

  startComment(ideaId: string): void {
    const id = newId();
    const mark = this.editing.mark();
    this.editing.begin(
      "Comment added",
      (it) => edit.addComment(it, ideaId, { id, author: "", text: "" }),
      `comment ${id}`,
    );
    this.comment = { id, fresh: true, mark, from: `idea-${ideaId}` };
  }

  editComment(id: string): void {
    this.comment = { id, fresh: false, mark: this.editing.mark(), from: "" };
  }

  async commentEnded(ideaId: string, how: "enter" | "escape" | "blur"): Promise<void> {
    const open = this.comment;
    if (open === null) return;
    this.comment = null;
    if (how === "escape") this.editing.rollBack(open.mark);
    else this.editing.seal();
    const comment = edit
      .findIdea(this.content, ideaId)
      ?.idea.comments.find((it) => it.id === open.id);
    if (comment && comment.text.trim() === "" && comment.author.trim() === "") {
      if (open.fresh) this.editing.rollBack(open.mark);
      else this.deleteComment(ideaId, comment.id);
    } else if (how === "enter" && open.fresh) {
      this.startComment(ideaId);
      return;
    }
    if (how !== "blur") await focus(`idea-${ideaId}`);
  }

  deleteComment(ideaId: string, commentId: string): void {
    const [, removed] = edit.deleteComment(this.content, ideaId, commentId);
    if (removed === null) return;
    this.editing.change("Comment deleted", (it) => edit.deleteComment(it, ideaId, commentId)[0]);
    toast("Comment deleted", {
      action: {
        label: "Undo",
        run: () =>
          this.editing.change("Comment put back", (it) => edit.putCommentBack(it, ideaId, removed)),
      },
    });
    void focus(`idea-${ideaId}`);
  }

  // -------------------------------------------------------------- Columns

  /** For a menu item that moves by so many columns: why it cannot. */
  noColumn(columnId: string, by: 1 | -1): { disabled?: boolean; reason?: string } {
    const at = this.content.columns.findIndex((it) => it.id === columnId);
    if (this.content.columns[at + by]) return {};
    return {
      disabled: true,
      reason: by === 1 ? "This is the last one." : "This is the first one.",
    };
  }

  addColumn(): void {
    const id = newId();
    this.editing.change("Column added", (it) => edit.addColumn(it, "New column", id));
    this.renaming = id;
  }

  async moveColumn(id: string, by: 1 | -1): Promise<void> {
    this.editing.change("Column moved", (it) => edit.moveColumn(it, id, by));
    await this.#columnMoved(id);
  }

  async placeColumn(id: string, before: string | null): Promise<void> {
    this.editing.change("Column moved", (it) => edit.moveColumnBefore(it, id, before));
    await this.#columnMoved(id);
  }

  async #columnMoved(id: string): Promise<void> {
    const at = this.content.columns.findIndex((it) => it.id === id) + 1;
    announce(`Column ${at} of ${this.content.columns.length}`);
    await focus(`column-${id}`);
  }

  async deleteColumn(id: string): Promise<void> {
    const [, removed] = edit.deleteColumn(this.content, id);
    if (removed === null) return;
    const count = edit.ideasOf(removed.item).length;
    this.editing.change("Column deleted", (it) => edit.deleteColumn(it, id)[0]);
    toast(count === 0 ? "Column deleted" : `Column deleted with ${plural(count, "idea")}`, {
      action: {
        label: "Undo",
        run: () => {
          this.editing.change("Column put back", (it) => edit.putColumnBack(it, removed));
          void focus(`column-${id}`);
        },
      },
    });
    const next = this.content.columns[Math.min(removed.index, this.content.columns.length - 1)];
    await focus(next ? `column-${next.id}` : "columns-h");
  }

  /** What gets the focus when an idea goes: the next one, the one before, or the column's end. */
  #neighbour(id: string): string {
    const place = edit.findIdea(this.content, id);
    if (place === null) return "";
    const ideas = edit.ideasOf(place.column);
    const at = ideas.findIndex((it) => it.id === id);
    const next = ideas[at + 1] ?? ideas[at - 1];
    return next ? `idea-${next.id}` : `add-${place.column.id}`;
  }
}

async function focus(id: string): Promise<void> {
  await tick();
  document.getElementById(id)?.focus();
}
