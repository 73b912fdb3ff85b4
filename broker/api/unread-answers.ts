/** Answers that nobody takes: each is kept whole until its last byte has left. */
import type { FastifyInstance } from "fastify";
import { Unread } from "./unread.ts";

/** Shorter ones are no more than the connection that they go to. */
const LENGTH_MIN = 65_536;

export function boundUnreadAnswers(app: FastifyInstance, unread = new Unread()): void {
  app.addHook("onSend", async ({ socket }, { raw }, payload) => {
    const isWhole = typeof payload === "string" || payload instanceof Uint8Array;
    if (!isWhole || payload.length < LENGTH_MIN) return;
    const answer = {
      // Of one that waits for others of its connection nobody says that this is gone.
      unreadBytes: () => (raw.closed || socket.destroyed ? 0 : payload.length),
      tear: () => void socket.destroy(),
    };
    raw.once("close", () => unread.forget(answer));
    unread.changed(answer);
  });
}
