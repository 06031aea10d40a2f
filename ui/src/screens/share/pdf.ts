// The PDF viewer. It is large, so this file is loaded when a PDF is looked at for the first time.

import {
  GlobalWorkerOptions,
  getDocument,
  type PDFDocumentProxy,
  type PDFPageProxy,
} from "pdfjs-dist/legacy/build/pdf.mjs";

export type { PDFPageProxy };

let worker: Worker | null = null;

/** Opens a file that crossed as base64. Rejects when it cannot be read or the viewer cannot start. */
export async function openPdf(base64: string): Promise<PDFDocumentProxy> {
  const started = startWorker();
  const task = getDocument({
    data: bytesOf(base64),
    // The window's content policy allows neither eval nor WebAssembly.
    isEvalSupported: false,
    useWasm: false,
    enableXfa: false,
    useSystemFonts: false,
    disableFontFace: false,
  });
  return Promise.race([task.promise, started]);
}

/** Never resolves; rejects when the worker's script cannot be run. */
function startWorker(): Promise<never> {
  worker ??= new Worker(new URL("./pdf.worker.ts", import.meta.url), { type: "module" });
  GlobalWorkerOptions.workerPort ??= worker;
  const running = worker;
  return new Promise((_, reject) => {
    running.addEventListener(
      "error",
      (event) => {
        reject(new Error(event.message || "The PDF viewer could not be started"));
      },
      { once: true },
    );
  });
}

/** Draws a page as wide as asked for, in pixels of the screen. */
export async function drawPage(page: PDFPageProxy, canvas: HTMLCanvasElement, width: number) {
  const scale = width / page.getViewport({ scale: 1 }).width;
  const viewport = page.getViewport({ scale });
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  // "print" draws at once; "display" waits for frames, of which a busy or hidden window has few.
  await page.render({ canvas, viewport, intent: "print" }).promise;
}

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}
