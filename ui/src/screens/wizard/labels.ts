/** What Confluence makes of a label: lower case, and a hyphen where a space was. */
export function labelOf(typed: string): string {
  return typed.trim().toLowerCase().replace(/\s+/g, "-");
}

// "Special characters in labels" of Atlassian's documentation on labels.
const refused = /[:;,.?&[\]()#^*!@]/;

/** What is wrong with the labels, if anything. */
export function labelProblem(labels: string[]): string | undefined {
  for (const label of labels) {
    const sign = refused.exec(label)?.[0];
    if (sign) return `Confluence takes no “${sign}” in a label: “${label}”.`;
    if ([...label].length > 255)
      return `A label has at most 255 characters: “${label.slice(0, 30)}…”.`;
  }
  return undefined;
}
