/** Decodes segments beside the page, so that the page stays at hand while it happens. */
import { type Thumbnail, thumbnailsOf } from "./thumbnails.ts";
import { buffersOf, type Known, type Told, tellSegment } from "./told-story.ts";

export interface ToTell {
  readonly kind: "tell";
  readonly bytes: Uint8Array;
  readonly known: Known;
  readonly earlier: readonly Uint8Array[];
}

/** See `thumbnailsOf`. */
export interface ToDraw {
  readonly kind: "draw";
  readonly frame: Uint8Array;
  readonly parts: readonly Uint8Array[];
  readonly times: readonly number[];
}

export type ToWorker = { readonly ask: number } & (ToTell | ToDraw);

export type FromWorker = { readonly ask: number } & (
  | { readonly kind: "told"; readonly told: Told }
  | { readonly kind: "drawn"; readonly drawn: readonly Thumbnail[] }
  | { readonly kind: "failed"; readonly message: string }
);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  const { ask } = data;
  try {
    if (data.kind === "draw") {
      const drawn = thumbnailsOf(data.frame, data.parts, data.times);
      return post(
        { ask, kind: "drawn", drawn },
        drawn.map(({ pixels }) => pixels.buffer),
      );
    }
    const told = tellSegment(data.bytes, data.known, data.earlier);
    post({ ask, kind: "told", told }, buffersOf(told));
  } catch (error) {
    post({ ask, kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};

function post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  self.postMessage(message, { transfer });
}
