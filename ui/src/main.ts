import { listenToShell } from "./api/events";
import { openWindow } from "./window";

void listenToShell();
openWindow();
