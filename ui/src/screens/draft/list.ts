// Lists of things with an id, changed without touching the list that is shown. Every function
// answers the same list when there is nothing to do, so that nothing is redrawn or saved for it.

export interface Keyed {
  id: string;
}

/** Something taken out of a list, and where it stood. */
export interface Removed<T> {
  item: T;
  index: number;
}

/** An id no other item has: 96 random bits, in hexadecimal. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function indexOf<T extends Keyed>(list: readonly T[], id: string): number {
  return list.findIndex((item) => item.id === id);
}

export function replace<T extends Keyed>(list: T[], id: string, change: (item: T) => T): T[] {
  const index = indexOf(list, id);
  const before = list[index];
  if (before === undefined) return list;
  const after = change(before);
  return after === before ? list : [...list.slice(0, index), after, ...list.slice(index + 1)];
}

/** Changes some fields of one item; equal values count as no change. */
export function patch<T extends Keyed>(list: T[], id: string, fields: Partial<T>): T[] {
  return replace(list, id, (item) => withFields(item, fields));
}

export function withFields<T extends object>(item: T, fields: Partial<T>): T {
  for (const name of Object.keys(fields) as (keyof T)[]) {
    if (item[name] !== fields[name]) return { ...item, ...fields };
  }
  return item;
}

/** Puts items in front of the one at `index`; an index beyond the end means the end. */
export function insert<T>(list: T[], index: number, ...items: T[]): T[] {
  if (items.length === 0) return list;
  const at = Math.max(0, Math.min(index, list.length));
  return [...list.slice(0, at), ...items, ...list.slice(at)];
}

export function remove<T extends Keyed>(list: T[], id: string): [T[], Removed<T> | null] {
  const index = indexOf(list, id);
  const item = list[index];
  return item === undefined ? [list, null] : [without(list, index), { item, index }];
}

/** Undoes a removal, as near to the old place as the list of today allows. */
export function putBack<T extends Keyed>(list: T[], removed: Removed<T>): T[] {
  if (indexOf(list, removed.item.id) >= 0) return list;
  return insert(list, removed.index, removed.item);
}

/** Moves an item by so many places, at most to an end of the list. */
export function moveBy<T extends Keyed>(list: T[], id: string, by: number): T[] {
  const from = indexOf(list, id);
  if (from < 0) return list;
  return moveTo(list, from, from + by);
}

/** Moves an item in front of another one, or to the end where that is `null`. */
export function moveBefore<T extends Keyed>(list: T[], id: string, before: string | null): T[] {
  const from = indexOf(list, id);
  if (from < 0 || id === before) return list;
  const target = before === null ? list.length : indexOf(list, before);
  if (target < 0) return list;
  return moveTo(list, from, target > from ? target - 1 : target);
}

function moveTo<T>(list: T[], from: number, to: number): T[] {
  const at = Math.max(0, Math.min(to, list.length - 1));
  const item = list[from];
  if (item === undefined || at === from) return list;
  return insert(without(list, from), at, item);
}

function without<T>(list: T[], index: number): T[] {
  return [...list.slice(0, index), ...list.slice(index + 1)];
}
