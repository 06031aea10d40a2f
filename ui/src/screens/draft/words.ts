// Words taken from what the user wrote.

/** A text short enough for a name or a message: "Reviews wait two days…". */
export function short(text: string, most = 60): string {
  const line = text
    .slice(0, most * 4)
    .replace(/\s+/gu, " ")
    .trim();
  const letters = [...line];
  if (letters.length <= most && text.length <= most * 4) return line;
  return `${letters.slice(0, most).join("").trimEnd()}…`;
}

/** The same in quotation marks, or a word for what is still empty. */
export function quoted(text: string, empty: string): string {
  const words = short(text);
  return words === "" ? empty : `“${words}”`;
}
