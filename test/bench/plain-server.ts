/** Answers `/BYTES` with so many bytes out of memory: what HTTP between two processes of Node costs. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const content = Buffer.alloc(4 * 1024 * 1024, "a recording");

const server = createServer((request, answer) => {
  answer.setHeader("content-type", "application/octet-stream");
  answer.end(content.subarray(0, Number(request.url?.slice(1))));
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
