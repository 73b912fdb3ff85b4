/**
 * Answers to what is no request. One whose head is too large is full of cookies: the script of a
 * panel can set so many, for all names above it, that no other panel can be asked anything in that
 * browser. So the browser is told to forget them all.
 */
import type { Duplex } from "node:stream";
import type { Fields } from "../../../protocols/http/head.ts";
import { type Page, pageBytes } from "../../../protocols/http/page.ts";

const CLOSE: Fields = [["connection", "close"]];
const FORGET: Fields = [...CLOSE, ["clear-site-data", '"cookies"']];

const TOO_LARGE: Page = {
  ...{ status: 431, title: "Too many cookies" },
  lines: [
    "This browser brought more cookies for panels than any panel needs; it was told to forget them.",
    "Go to the page of the session in the console and open the panel there once more.",
  ],
};
const UNREADABLE: Page = {
  ...{ status: 400, title: "Refused" },
  lines: ["This is not a request that can be read in one way alone. Nothing reached the panel."],
};
const TOO_SLOW: Page = {
  ...{ status: 408, title: "Too slow" },
  lines: ["The request did not come in time. Nothing reached the panel."],
};

export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const page =
    error.code === "HPE_HEADER_OVERFLOW"
      ? pageBytes(TOO_LARGE, true, FORGET)
      : pageBytes(error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? TOO_SLOW : UNREADABLE, true, CLOSE);
  socket.end(page, () => socket.destroy());
}
