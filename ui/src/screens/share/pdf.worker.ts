// The viewer's second thread, bundled from the package so that it is served by the app itself.
import "pdfjs-dist/legacy/build/pdf.worker.mjs";
