// The title a summary gets where its own cannot be used.

/** Confluence takes no longer one. Characters. */
const longest = 255;

/** "Title (2)", and "(3)" after that. */
export function another(taken: string): string {
  const numbered = /^(.*) \((\d+)\)$/.exec(taken);
  return numbered ? `${numbered[1]} (${Number(numbered[2]) + 1})` : `${taken} (2)`;
}

/** What is wrong with a title, without the blanks around it; empty when nothing is. */
export function faultOf(title: string): string {
  if (!title) return "Enter a title.";
  return title.length > longest ? `A title has at most ${longest} characters.` : "";
}

/** Confluence does not tell capitals apart. */
export function sameTitle(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
