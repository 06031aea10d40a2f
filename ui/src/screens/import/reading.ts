// Notes on their way into the app: their size, and what their text must be to cross.

import type { ApiError } from "../../api/bindings/ApiError";
import { fileSize } from "../../format";

/** Largest file or text that is read, in bytes; the app refuses more as well. */
export const importLimit = 10 * 1024 * 1024;

export function tooLarge(bytes: number): ApiError {
  return {
    code: "tooLarge",
    message: `These notes are too large: ${fileSize(bytes)}`,
    cause: `Retropress reads at most 10 MB at once. Nothing was read.`,
    hint: "Cut the notes into several files, for example one a year.",
    retryable: false,
    field: "file",
    details: "",
  };
}

/** The file's bytes in base64, read by the engine rather than by a loop of ours. */
export function asBase64(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const url = String(reader.result);
      resolve(url.slice(url.indexOf(",") + 1));
    };
    reader.onerror = () => reject(reader.error ?? new Error("The file could not be read"));
    reader.readAsDataURL(file);
  });
}

/** Halves of a surrogate pair are no characters and cannot cross; they become U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF]/g, (it) =>
    it.length === 2 ? it : "\uFFFD",
  );
}
