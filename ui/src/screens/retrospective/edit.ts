// What can be done to a retrospective. Each function takes one and answers the changed one; parts
// that did not change are the same objects, and where nothing changes the answer is the argument.

import type { Column } from "../../api/bindings/Column";
import type { Comment } from "../../api/bindings/Comment";
import type { Entry } from "../../api/bindings/Entry";
import type { Group } from "../../api/bindings/Group";
import type { Idea } from "../../api/bindings/Idea";
import type { Retrospective } from "../../api/bindings/Retrospective";
import { asCount } from "../draft/average";
import {
  insert,
  moveBefore,
  moveBy,
  newId,
  patch,
  putBack,
  type Removed,
  remove,
  replace,
  withFields,
} from "../draft/list";

type IdeaEntry = { type: "idea" } & Idea;
type GroupEntry = { type: "group" } & Group;

/** Where an idea stands. */
export interface Place {
  columnIndex: number;
  column: Column;
  entryIndex: number;
  /** The group it is in, and its place there. */
  group: GroupEntry | null;
  ideaIndex: number;
  idea: Idea;
}

/** Where a group stands. */
export interface GroupPlace {
  columnIndex: number;
  column: Column;
  entryIndex: number;
  group: GroupEntry;
}

/** Where something is put: into a column, or into a group of it, in front of the item at `index`. */
export interface Target {
  columnId: string;
  groupId: string | null;
  index: number;
}

/** An idea or group that was deleted, ready to be put back. */
export interface RemovedEntry {
  entry: Entry;
  target: Target;
}

// ---------------------------------------------------------------- Looking

export function ideasOf(column: Column): Idea[] {
  return column.entries.flatMap((entry) => (entry.type === "idea" ? [entry] : entry.ideas));
}

export function allIdeas(retro: Retrospective): Idea[] {
  return retro.columns.flatMap(ideasOf);
}

/** Votes of an idea, or of all ideas of a group. */
export function votesOf(entry: Entry): number {
  return entry.type === "idea" ? entry.votes : entry.ideas.reduce((sum, it) => sum + it.votes, 0);
}

export function findIdea(retro: Retrospective, id: string): Place | null {
  for (const [columnIndex, column] of retro.columns.entries()) {
    for (const [entryIndex, entry] of column.entries.entries()) {
      if (entry.type === "idea") {
        if (entry.id === id) {
          return { columnIndex, column, entryIndex, group: null, ideaIndex: -1, idea: entry };
        }
        continue;
      }
      const ideaIndex = entry.ideas.findIndex((it) => it.id === id);
      const idea = entry.ideas[ideaIndex];
      if (idea !== undefined) {
        return { columnIndex, column, entryIndex, group: entry, ideaIndex, idea };
      }
    }
  }
  return null;
}

export function findGroup(retro: Retrospective, id: string): GroupPlace | null {
  for (const [columnIndex, column] of retro.columns.entries()) {
    for (const [entryIndex, entry] of column.entries.entries()) {
      if (entry.type === "group" && entry.id === id) {
        return { columnIndex, column, entryIndex, group: entry };
      }
    }
  }
  return null;
}

// ---------------------------------------------------------------- Columns

export function addColumn(retro: Retrospective, title: string, id = newId()): Retrospective {
  return { ...retro, columns: [...retro.columns, { id, title, entries: [] }] };
}

export function renameColumn(retro: Retrospective, id: string, title: string): Retrospective {
  return withColumns(retro, patch(retro.columns, id, { title }));
}

export function moveColumn(retro: Retrospective, id: string, by: number): Retrospective {
  return withColumns(retro, moveBy(retro.columns, id, by));
}

export function moveColumnBefore(
  retro: Retrospective,
  id: string,
  before: string | null,
): Retrospective {
  return withColumns(retro, moveBefore(retro.columns, id, before));
}

export function deleteColumn(
  retro: Retrospective,
  id: string,
): [Retrospective, Removed<Column> | null] {
  const [columns, removed] = remove(retro.columns, id);
  return [withColumns(retro, columns), removed];
}

export function putColumnBack(retro: Retrospective, removed: Removed<Column>): Retrospective {
  return withColumns(retro, putBack(retro.columns, removed));
}

/** No column holds anything, so another template may take their place. */
export function isEmpty(retro: Retrospective): boolean {
  return retro.columns.every((column) => column.entries.length === 0);
}

/** Puts the columns of a template in the place of empty ones. */
export function applyTemplate(retro: Retrospective, titles: readonly string[]): Retrospective {
  if (!isEmpty(retro)) return retro;
  const same =
    titles.length === retro.columns.length &&
    titles.every((title, index) => retro.columns[index]?.title === title);
  if (same) return retro;
  return { ...retro, columns: titles.map((title) => ({ id: newId(), title, entries: [] })) };
}

// ------------------------------------------------------------------ Ideas

export function newIdea(text = "", id = newId()): Idea {
  return { id, text, votes: 0, comments: [] };
}

/** Adds ideas at the end of a column. */
export function addIdeas(retro: Retrospective, columnId: string, ideas: Idea[]): Retrospective {
  const at = retro.columns.find((it) => it.id === columnId)?.entries.length ?? 0;
  return insertIdeas(retro, { columnId, groupId: null, index: at }, ideas);
}

/** Adds ideas right behind another one, in its group if it is in one. */
export function addIdeasAfter(retro: Retrospective, ideaId: string, ideas: Idea[]): Retrospective {
  const place = findIdea(retro, ideaId);
  if (place === null) return retro;
  return insertIdeas(retro, after(place), ideas);
}

export function changeIdea(
  retro: Retrospective,
  id: string,
  change: (idea: Idea) => Idea,
): Retrospective {
  const place = findIdea(retro, id);
  if (place === null) return retro;
  const changed = change(place.idea);
  if (changed === place.idea) return retro;
  return withEntries(retro, place.columnIndex, (entries) =>
    entries.map((entry, index) => {
      if (index !== place.entryIndex) return entry;
      if (entry.type === "idea") return { ...changed, type: "idea" };
      return { ...entry, ideas: replace(entry.ideas, id, () => changed) };
    }),
  );
}

export function setIdeaText(retro: Retrospective, id: string, text: string): Retrospective {
  return changeIdea(retro, id, (idea) => withFields(idea, { text }));
}

/** A vote more or less; there are no fewer than none. */
export function vote(retro: Retrospective, id: string, by: number): Retrospective {
  return changeIdea(retro, id, (idea) => withFields(idea, { votes: asCount(idea.votes + by) }));
}

/** Deletes an idea. A group it leaves empty goes too, and comes back with it. */
export function deleteIdea(retro: Retrospective, id: string): [Retrospective, RemovedEntry | null] {
  const place = findIdea(retro, id);
  if (place === null) return [retro, null];
  const lastOne = place.group?.ideas.length === 1 ? place.group : null;
  const removed: RemovedEntry = {
    entry: lastOne ?? { ...place.idea, type: "idea" },
    target: {
      columnId: place.column.id,
      groupId: lastOne === null ? (place.group?.id ?? null) : null,
      index: lastOne === null && place.group ? place.ideaIndex : place.entryIndex,
    },
  };
  return [takeOut(retro, new Set([id]))[0], removed];
}

/** Deletes many ideas at once, and the groups they leave empty. */
export function deleteIdeas(retro: Retrospective, ids: Iterable<string>): Retrospective {
  return takeOut(retro, new Set(ids))[0];
}

/** Deletes a group with its ideas. */
export function deleteGroup(
  retro: Retrospective,
  id: string,
): [Retrospective, RemovedEntry | null] {
  const place = findGroup(retro, id);
  if (place === null) return [retro, null];
  const changed = withEntries(retro, place.columnIndex, (entries) => remove(entries, id)[0]);
  return [
    changed,
    {
      entry: place.group,
      target: { columnId: place.column.id, groupId: null, index: place.entryIndex },
    },
  ];
}

/** Undoes a deletion, as near to the old place as there is one. */
export function putEntryBack(retro: Retrospective, removed: RemovedEntry): Retrospective {
  const { entry, target } = removed;
  const here = entry.type === "idea" ? findIdea(retro, entry.id) : findGroup(retro, entry.id);
  if (here !== null) return retro;
  const column = retro.columns.findIndex((it) => it.id === target.columnId);
  if (column < 0) return retro;
  if (entry.type === "group") {
    return withEntries(retro, column, (entries) => insert(entries, target.index, entry));
  }
  const { type: _, ...idea } = entry;
  const groupGone = target.groupId !== null && findGroup(retro, target.groupId) === null;
  return insertIdeas(retro, groupGone ? { ...target, groupId: null } : target, [idea]);
}

/** A copy of an idea right behind it; votes and comments come along. */
export function duplicateIdea(retro: Retrospective, id: string, copyId = newId()): Retrospective {
  const place = findIdea(retro, id);
  if (place === null) return retro;
  const comments = place.idea.comments.map((it) => ({ ...it, id: newId() }));
  return insertIdeas(retro, after(place), [
    { id: copyId, text: place.idea.text, votes: place.idea.votes, comments },
  ]);
}

/**
 * Moves an idea up (-1) or down (1). Inside a group it moves among its ideas, and beyond the first
 * or last one out of the group. Outside, it passes a group in one step.
 */
export function moveIdea(retro: Retrospective, id: string, by: -1 | 1): Retrospective {
  const place = findIdea(retro, id);
  if (place === null) return retro;
  if (place.group === null) {
    return withEntries(retro, place.columnIndex, (entries) => moveBy(entries, id, by));
  }
  const next = place.ideaIndex + by;
  if (next >= 0 && next < place.group.ideas.length) {
    return changeGroup(retro, place.group.id, (group) => ({
      ...group,
      ideas: moveBy(group.ideas, id, by),
    }));
  }
  const index = place.entryIndex + (by === 1 ? 1 : 0);
  return place.group.ideas.length === 1
    ? ungroup(retro, place.group.id)
    : placeIdeas(retro, [id], { columnId: place.column.id, groupId: null, index });
}

export function moveGroup(retro: Retrospective, id: string, by: -1 | 1): Retrospective {
  const place = findGroup(retro, id);
  if (place === null) return retro;
  return withEntries(retro, place.columnIndex, (entries) => moveBy(entries, id, by));
}

/** Moves an idea (out of its group) or a group so many columns on, to about the same height. */
export function moveToColumn(retro: Retrospective, id: string, by: number): Retrospective {
  const place = findIdea(retro, id) ?? findGroup(retro, id);
  if (place === null) return retro;
  const column = retro.columns[place.columnIndex + by];
  if (column === undefined) return retro;
  return placeEntry(retro, id, { columnId: column.id, groupId: null, index: place.entryIndex });
}

/** Puts an idea or a group somewhere else, as dragging does. A group does not go into a group. */
export function placeEntry(retro: Retrospective, id: string, target: Target): Retrospective {
  const moved = findGroup(retro, id);
  if (moved === null) return placeIdeas(retro, [id], target);
  const column = retro.columns.findIndex((it) => it.id === target.columnId);
  if (column < 0 || target.groupId !== null) return retro;
  const sameColumn = moved.columnIndex === column;
  const index = sameColumn && moved.entryIndex < target.index ? target.index - 1 : target.index;
  if (sameColumn && index === moved.entryIndex) return retro;
  const without = withEntries(retro, moved.columnIndex, (entries) => remove(entries, id)[0]);
  return withEntries(without, column, (entries) => insert(entries, index, moved.group));
}

/** Puts ideas somewhere else, in the order in which they stand now. */
export function placeIdeas(
  retro: Retrospective,
  ids: readonly string[],
  target: Target,
): Retrospective {
  const chosen = new Set(ids);
  const column = retro.columns.find((it) => it.id === target.columnId);
  if (column === undefined) return retro;
  const list: readonly (Entry | Idea)[] | undefined =
    target.groupId === null ? column.entries : findGroup(retro, target.groupId)?.group.ideas;
  if (list === undefined) return retro;
  if (ids.length === 1 && stands(list, ids[0] ?? "", target.index)) return retro;
  // What the target stands in front of is remembered by its id, for its index changes.
  const anchor = list.slice(target.index).find((it) => !leaves(it, chosen));
  const [without, taken] = takeOut(retro, chosen, target.groupId);
  const left =
    target.groupId === null
      ? (without.columns.find((it) => it.id === target.columnId)?.entries ?? [])
      : (findGroup(without, target.groupId)?.group.ideas ?? []);
  const index = anchor === undefined ? left.length : left.findIndex((it) => it.id === anchor.id);
  return insertIdeas(without, { ...target, index }, taken);
}

/** Sorts each column once, most votes first; equal ones keep their order. */
export function sortByVotes(retro: Retrospective): Retrospective {
  let changed = false;
  const columns = retro.columns.map((column) => {
    const entries = sorted(
      column.entries.map((entry) => {
        if (entry.type === "idea") return entry;
        const ideas = sorted(entry.ideas, (it) => it.votes);
        return ideas === entry.ideas ? entry : { ...entry, ideas };
      }),
      votesOf,
    );
    if (entries.every((entry, index) => entry === column.entries[index])) return column;
    changed = true;
    return { ...column, entries };
  });
  return changed ? { ...retro, columns } : retro;
}

// ----------------------------------------------------------------- Groups

/**
 * Makes a group of two or more ideas, where the first of them stands. Ideas of other groups leave
 * those.
 */
export function groupIdeas(
  retro: Retrospective,
  ids: readonly string[],
  title: string,
  groupId = newId(),
): Retrospective {
  const chosen = new Set(ids);
  const first = allIdeas(retro).find((it) => chosen.has(it.id));
  const place = first ? findIdea(retro, first.id) : null;
  if (place === null || allIdeas(retro).filter((it) => chosen.has(it.id)).length < 2) return retro;
  // The place in front of which the group comes: the first entry from there on that stays.
  const from = place.group === null ? place.entryIndex : place.entryIndex + 1;
  const anchor = place.column.entries.slice(from).find((it) => !leaves(it, chosen));
  const [without, ideas] = takeOut(retro, chosen);
  return withEntries(without, place.columnIndex, (entries) => {
    const at = anchor ? entries.findIndex((it) => it.id === anchor.id) : entries.length;
    return insert<Entry>(entries, at, { type: "group", id: groupId, title, ideas });
  });
}

/** Puts an idea into a group, or makes a group of it and another idea. */
export function groupWith(
  retro: Retrospective,
  ideaId: string,
  otherId: string,
  title: string,
  groupId = newId(),
): Retrospective {
  const group = findGroup(retro, otherId);
  if (group !== null) {
    const { id, ideas } = group.group;
    return placeIdeas(retro, [ideaId], {
      columnId: group.column.id,
      groupId: id,
      index: ideas.length,
    });
  }
  const other = findIdea(retro, otherId);
  if (other === null || findIdea(retro, ideaId) === null || ideaId === otherId) return retro;
  if (other.group !== null) return groupWith(retro, ideaId, other.group.id, title);
  const started: GroupEntry = { type: "group", id: groupId, title, ideas: [plain(other.idea)] };
  const made = withEntries(retro, other.columnIndex, (entries) =>
    entries.map((entry) => (entry.id === otherId ? started : entry)),
  );
  return groupWith(made, ideaId, groupId, title);
}

export function renameGroup(retro: Retrospective, id: string, title: string): Retrospective {
  return changeGroup(retro, id, (group) => withFields(group, { title }));
}

/** The ideas of a group take its place. */
export function ungroup(retro: Retrospective, id: string): Retrospective {
  const place = findGroup(retro, id);
  if (place === null) return retro;
  const ideas = place.group.ideas.map((it): IdeaEntry => ({ ...it, type: "idea" }));
  return withEntries(retro, place.columnIndex, (entries) => [
    ...entries.slice(0, place.entryIndex),
    ...ideas,
    ...entries.slice(place.entryIndex + 1),
  ]);
}

/** Takes an idea out of its group; it stands right behind it then. */
export function leaveGroup(retro: Retrospective, ideaId: string): Retrospective {
  const place = findIdea(retro, ideaId);
  if (place === null || place.group === null) return retro;
  if (place.group.ideas.length === 1) return ungroup(retro, place.group.id);
  const index = place.entryIndex + 1;
  return placeIdeas(retro, [ideaId], { columnId: place.column.id, groupId: null, index });
}

// --------------------------------------------------------------- Comments

export function addComment(retro: Retrospective, ideaId: string, comment: Comment): Retrospective {
  return changeIdea(retro, ideaId, (it) => ({ ...it, comments: [...it.comments, comment] }));
}

export function changeComment(
  retro: Retrospective,
  ideaId: string,
  commentId: string,
  fields: Partial<Comment>,
): Retrospective {
  return changeIdea(retro, ideaId, (it) =>
    withFields(it, { comments: patch(it.comments, commentId, fields) }),
  );
}

export function deleteComment(
  retro: Retrospective,
  ideaId: string,
  commentId: string,
): [Retrospective, Removed<Comment> | null] {
  const idea = findIdea(retro, ideaId)?.idea;
  if (idea === undefined) return [retro, null];
  const [comments, removed] = remove(idea.comments, commentId);
  return [changeIdea(retro, ideaId, (it) => withFields(it, { comments })), removed];
}

export function putCommentBack(
  retro: Retrospective,
  ideaId: string,
  removed: Removed<Comment>,
): Retrospective {
  return changeIdea(retro, ideaId, (it) =>
    withFields(it, { comments: putBack(it.comments, removed) }),
  );
}

// ------------------------------------------------------------------- ROTI

/** Sets how many gave `points`, 1 to 5. */
export function setRoti(retro: Retrospective, points: number, count: number): Retrospective {
  const counts = [...retro.roti.counts] as typeof retro.roti.counts;
  const kept = asCount(count);
  if (points < 1 || points > 5 || counts[points - 1] === kept) return retro;
  counts[points - 1] = kept;
  return { ...retro, roti: { counts } };
}

// ------------------------------------------------------------- Ways there

function withColumns(retro: Retrospective, columns: Column[]): Retrospective {
  return columns === retro.columns ? retro : { ...retro, columns };
}

function withEntries(
  retro: Retrospective,
  columnIndex: number,
  change: (entries: Entry[]) => Entry[],
): Retrospective {
  const column = retro.columns[columnIndex];
  if (column === undefined) return retro;
  const entries = change(column.entries);
  if (entries === column.entries) return retro;
  return { ...retro, columns: replace(retro.columns, column.id, (it) => ({ ...it, entries })) };
}

function changeGroup(
  retro: Retrospective,
  id: string,
  change: (group: GroupEntry) => GroupEntry,
): Retrospective {
  const place = findGroup(retro, id);
  if (place === null) return retro;
  const group = change(place.group);
  if (group === place.group) return retro;
  return withEntries(retro, place.columnIndex, (entries) => replace(entries, id, () => group));
}

function insertIdeas(retro: Retrospective, target: Target, ideas: Idea[]): Retrospective {
  const column = retro.columns.findIndex((it) => it.id === target.columnId);
  if (column < 0 || ideas.length === 0) return retro;
  if (target.groupId !== null) {
    return changeGroup(retro, target.groupId, (group) => ({
      ...group,
      ideas: insert(group.ideas, target.index, ...ideas),
    }));
  }
  const entries = ideas.map((it): IdeaEntry => ({ ...it, type: "idea" }));
  return withEntries(retro, column, (old) => insert<Entry>(old, target.index, ...entries));
}

/**
 * Takes ideas out of the columns, in the order in which they stand. A group left without ideas goes,
 * save the one to `keep`.
 */
function takeOut(
  retro: Retrospective,
  ids: ReadonlySet<string>,
  keep: string | null = null,
): [Retrospective, Idea[]] {
  const taken: Idea[] = [];
  const columns = retro.columns.map((column) => {
    const before = taken.length;
    const entries: Entry[] = [];
    for (const entry of column.entries) {
      if (entry.type === "idea") {
        if (ids.has(entry.id)) taken.push(plain(entry));
        else entries.push(entry);
        continue;
      }
      const ideas = entry.ideas.filter((it) => !ids.has(it.id));
      if (ideas.length === entry.ideas.length) {
        entries.push(entry);
        continue;
      }
      taken.push(...entry.ideas.filter((it) => ids.has(it.id)));
      if (ideas.length > 0 || entry.id === keep) entries.push({ ...entry, ideas });
    }
    return taken.length === before ? column : { ...column, entries };
  });
  return [taken.length === 0 ? retro : { ...retro, columns }, taken];
}

/** The idea, or the whole group, goes away with the chosen ideas. */
function leaves(item: Entry | Idea, chosen: ReadonlySet<string>): boolean {
  if ("ideas" in item) return item.ideas.length > 0 && item.ideas.every((it) => chosen.has(it.id));
  return chosen.has(item.id);
}

/** An item already stands in front of `index`, or at it. */
function stands(list: readonly { id: string }[], id: string, index: number): boolean {
  const at = list.findIndex((it) => it.id === id);
  return at >= 0 && (at === index || at === index - 1);
}

/** The place right behind an idea. */
function after(place: Place): Target {
  return place.group === null
    ? { columnId: place.column.id, groupId: null, index: place.entryIndex + 1 }
    : { columnId: place.column.id, groupId: place.group.id, index: place.ideaIndex + 1 };
}

function plain(idea: Idea): Idea {
  const { id, text, votes, comments } = idea;
  return { id, text, votes, comments };
}

/** The same list where it was sorted already. */
function sorted<T>(list: T[], votes: (item: T) => number): T[] {
  const next = list.slice().sort((a, b) => votes(b) - votes(a));
  return next.every((item, index) => item === list[index]) ? list : next;
}
