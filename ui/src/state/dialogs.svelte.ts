// The dialogs that can be called up from anywhere in the window.

export type DialogName = "newRetrospective" | "newHealthCheck" | "newTeam" | "shortcuts";

/** Which one is open. */
export const dialogs = $state<{ shown: DialogName | null }>({ shown: null });

export function show(name: DialogName): void {
  dialogs.shown = name;
}
