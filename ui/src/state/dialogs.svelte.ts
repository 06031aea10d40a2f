// The dialogs that can be called up from anywhere in the window.

export type DialogName =
  | "newRetrospective"
  | "newHealthCheck"
  | "newTeam"
  | "shortcuts"
  | "connections"
  | "leaving"
  | "notStored";

/** Which one is open; how many are queued where the window is being left. */
export const dialogs = $state<{ shown: DialogName | null; queued: number }>({
  shown: null,
  queued: 0,
});

export function show(name: DialogName): void {
  dialogs.shown = name;
}
