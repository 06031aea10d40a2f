import type { Field } from "../../api/bindings/Field";

const labels: Partial<Record<Field, string>> = {
  meetingDate: "Meeting date",
  pageTitle: "Title",
};

/** Leads to the field of the Write screen that a problem names, once that screen is shown. */
export function focusWriteField(field: Field, attempts = 30): void {
  const name = labels[field];
  if (!name) return;
  const control = byLabel(name);
  if (control) {
    // After the screen has put the focus on its heading.
    setTimeout(() => control.focus(), 60);
    setTimeout(() => {
      if (document.activeElement?.tagName === "H1") control.focus();
    }, 300);
  } else if (attempts > 0) {
    setTimeout(() => focusWriteField(field, attempts - 1), 50);
  }
}

/** A control by the words a reader knows it by. */
function byLabel(name: string): HTMLElement | null {
  for (const label of document.querySelectorAll("label")) {
    if (label.textContent?.trim() === name && label.control instanceof HTMLElement)
      return label.control;
  }
  return document.querySelector<HTMLElement>(`main :is(input, textarea)[aria-label="${name}"]`);
}
