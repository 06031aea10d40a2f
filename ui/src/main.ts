import { listenToShell } from "./api/events";
import { askAhead } from "./state/session.svelte";
import { openWindow } from "./window";

askAhead();
void listenToShell();
openWindow();
