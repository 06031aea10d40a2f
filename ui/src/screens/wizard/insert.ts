/** Puts text at the cursor of a field, over what is selected; as if it had been typed. */
export function insertAtCursor(field: HTMLInputElement | undefined, text: string): void {
  if (!field) return;
  const from = field.selectionStart ?? field.value.length;
  const to = field.selectionEnd ?? from;
  field.setRangeText(text, from, to, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}
