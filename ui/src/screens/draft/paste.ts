// Many pasted lines become many ideas, actions or comments.

// What a list item begins with in notes of any tool: a bullet, a number or letter with a dot or a
// bracket, a box to tick. Each must be followed by a space, so that "-5 degrees" and "3.5 hours"
// stay as they are.
const BULLET = /^[-–—*+•‣◦▪▫●○·∙⁃➤►→]\s+/u;
const NUMBER = /^(?:\(?\d{1,3}[.)]|\(?[a-zA-Z][)])\s+/u;
const BOX = /^(?:\[[ xX]?\]|[☐☑☒✅✔✓])\s+/u;

/** The lines of a text without what makes them a list; empty ones are left out. */
export function linesOf(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r\n|[\n\r\u2028\u2029\v\f]/u)) {
    const plain = withoutMarker(line);
    if (plain !== "") lines.push(plain);
  }
  return lines;
}

/** More than one line that is not empty. */
export function isList(text: string): boolean {
  return linesOf(text).length > 1;
}

function withoutMarker(line: string): string {
  let rest = `${line.trim()} `;
  rest = rest.replace(BULLET, "").replace(NUMBER, "").replace(BOX, "");
  return rest.trim();
}
