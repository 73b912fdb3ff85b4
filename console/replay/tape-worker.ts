/** Decodes segments beside the page, so that the page stays at hand while it happens. */
import { buffersOf, type Known, type Told, tellSegment } from "./told-story.ts";

export interface ToWorker {
  readonly ask: number;
  readonly bytes: Uint8Array;
  readonly known: Known;
  readonly earlier: readonly Uint8Array[];
}

export type FromWorker = { readonly ask: number } & (
  | { readonly kind: "told"; readonly told: Told }
  | { readonly kind: "failed"; readonly message: string }
);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  const { ask, bytes, known, earlier } = data;
  try {
    const told = tellSegment(bytes, known, earlier);
    post({ ask, kind: "told", told }, buffersOf(told));
  } catch (error) {
    post({ ask, kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};

function post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  self.postMessage(message, { transfer });
}
