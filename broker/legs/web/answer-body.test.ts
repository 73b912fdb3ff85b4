import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { passBody } from "./answer-body.ts";
import { OwnLinks } from "./own-links.ts";

const SIZE = 4_194_304;

/** An answer over a real connection that is kept, as panels' are. */
async function answerOf(
  body: Uint8Array,
  fields: Record<string, string>,
): Promise<IncomingMessage> {
  const server = createServer((_, response) => response.writeHead(200, fields).end(body));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  const [answer] = await once(get({ port: (server.address() as AddressInfo).port }), "response");
  return answer;
}

test("a browser that is slow while the last of a packed answer is unpacked still gets all of it", async () => {
  const fields = { "content-encoding": "gzip", "content-type": "application/octet-stream" };
  const answer = await answerOf(gzipSync(Buffer.alloc(SIZE, "x")), fields);
  const over = Promise.withResolvers<string>();
  let size = 0;
  const flow = passBody({
    ...{ answer, client: "", silenceMs: 30_000, links: new OwnLinks([], 80) },
    piece: (bytes) => {
      size += bytes.length;
      if (!answer.readableEnded) return;
      // Its connection serves another request by now.
      flow?.pause();
      setImmediate(() => flow?.resume());
    },
    end: () => over.resolve("whole"),
    failed: over.resolve,
  });
  expect(await over.promise).toBe("whole");
  expect(size).toBe(SIZE);
  expect(answer.readableEnded).toBe(true);
});
