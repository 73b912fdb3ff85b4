/** Makes one video in a thread of its own, which ends with it: H.264 in MP4. */
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { H264MP4Encoder } from "h264-mp4-encoder";
import { giveWay } from "../background-thread.ts";
import { FILM_RATE, type FilmSpan, ScreenFilm } from "./screen-film.ts";

export type ToVideo =
  | { readonly kind: "standing"; readonly frame: Uint8Array }
  | { readonly kind: "segment"; readonly plain: Uint8Array }
  | { readonly kind: "end" };

export type FromVideo =
  | { readonly kind: "taken" }
  | { readonly kind: "made"; readonly bytes: Uint8Array; readonly shortened: boolean }
  /** Nothing of it was ever shown. */
  | { readonly kind: "empty" };

/** The middle of what H.264 can: text of a panel stays readable. */
const QUANTIZATION = 26;

const port = parentPort;
if (port === null) throw new Error("runs as a worker thread only");
giveWay();
// A module of its own kind, which looks for its file beside itself.
const module = createRequire(import.meta.url)("h264-mp4-encoder");
const encoder: H264MP4Encoder = await module.createH264MP4Encoder();
const film = new ScreenFilm(workerData as FilmSpan, {
  begin: ({ width, height }) => {
    Object.assign(encoder, { width, height, frameRate: FILM_RATE });
    Object.assign(encoder, { quantizationParameter: QUANTIZATION, groupOfPictures: 5 * FILM_RATE });
    encoder.initialize();
  },
  picture: (rgba) => encoder.addFrameRgba(rgba),
});

port.on("message", (message: ToVideo) => {
  if (message.kind === "standing") film.standing(message.frame);
  else if (message.kind === "segment") film.push(message.plain);
  if (message.kind !== "end") port.postMessage({ kind: "taken" } satisfies FromVideo);
  else finish();
});

function finish(): void {
  film.end();
  if (film.pictures === 0) port?.postMessage({ kind: "empty" } satisfies FromVideo);
  else {
    encoder.finalize();
    const bytes = new Uint8Array(encoder.FS.readFile(encoder.outputFilename));
    const { shortened } = film;
    port?.postMessage({ kind: "made", bytes, shortened } satisfies FromVideo, [bytes.buffer]);
  }
  port?.close();
}
