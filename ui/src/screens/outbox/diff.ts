// Two versions of a page, line by line.

export interface Line {
  text: string;
  /** It is in this version only. */
  own: boolean;
}
/** Equal lines that are left out. */
export interface Gap {
  skipped: number;
}

/** Above this, lines are compared as sets: the table of all pairs would grow too large. */
const mostPairs = 4_000_000;

/** Which lines of each version the other one does not have, in order. */
export function compare(theirs: string[], ours: string[]): { theirs: Line[]; ours: Line[] } {
  const same = common(theirs, ours);
  return {
    theirs: theirs.map((text, at) => ({ text, own: !same.theirs.has(at) })),
    ours: ours.map((text, at) => ({ text, own: !same.ours.has(at) })),
  };
}

function common(a: string[], b: string[]): { theirs: Set<number>; ours: Set<number> } {
  const theirs = new Set<number>();
  const ours = new Set<number>();
  if (a.length * b.length > mostPairs) {
    const inB = new Set(b);
    const inA = new Set(a);
    for (const [at, text] of a.entries()) if (inB.has(text)) theirs.add(at);
    for (const [at, text] of b.entries()) if (inA.has(text)) ours.add(at);
    return { theirs, ours };
  }
  // The longest common subsequence: length[i][j] is that of a from i on and b from j on.
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      length[i * width + j] =
        a[i] === b[j]
          ? (length[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(length[(i + 1) * width + j] ?? 0, length[i * width + j + 1] ?? 0);
    }
  }
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      theirs.add(i++);
      ours.add(j++);
    } else if ((length[(i + 1) * width + j] ?? 0) >= (length[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return { theirs, ours };
}

/** Leaves out long runs of lines that are equal, but for some around what differs. */
export function fold(lines: Line[], around = 2): (Line | Gap)[] {
  const shown = lines.map((_, at) =>
    lines.slice(Math.max(0, at - around), at + around + 1).some((it) => it.own),
  );
  const folded: (Line | Gap)[] = [];
  let skipped = 0;
  const close = (at: number) => {
    if (skipped === 1) folded.push(lines[at - 1] as Line);
    else if (skipped > 1) folded.push({ skipped });
    skipped = 0;
  };
  for (const [at, line] of lines.entries()) {
    if (shown[at]) {
      close(at);
      folded.push(line);
    } else skipped += 1;
  }
  close(lines.length);
  return folded;
}
