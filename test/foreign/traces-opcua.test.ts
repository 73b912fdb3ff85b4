/**
 * Our OPC UA decoder against public captures of other stacks (open62541, python-opcua) in the
 * clear: every request and response in them is understood to its last byte. Needs the folder of
 * captures (`SALLYPORT_TRACES`, or `shared/traces` beside the checkout).
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readRequestHeader, readResponseHeader } from "../../protocols/opcua/header.ts";
import { emptyMemory } from "../../protocols/opcua/memory.ts";
import { Namespaces, OPC_UA_URI, readNodeId } from "../../protocols/opcua/node-id.ts";
import { Reader } from "../../protocols/opcua/reader.ts";
import type { Memory } from "../../protocols/opcua/service.ts";
import { SERVICE_FAULT, SERVICES, serviceOf } from "../../protocols/opcua/services.ts";
import { streamsOf } from "./traces-pcap.ts";

const TRACES =
  process.env.SALLYPORT_TRACES ?? fileURLToPath(new URL("../../../shared/traces", import.meta.url));
const FOLDER = join(TRACES, "icsnpp-opcua-binary");
const absent = !existsSync(FOLDER);
const WHY = absent ? " (skipped: no captures here, SALLYPORT_TRACES names their folder)" : "";

/** Message type, chunk type, size, channel, token, sequence, request. */
const CHUNK_HEAD = 24;

const BY_RESPONSE = new Map(SERVICES.map((service) => [service.response, service]));

test.skipIf(absent).each([
  ["open62541_browse_next.pcap", 4],
  ["open62541_client-server_mainloop.pcap", 10],
  ["open62541_create_monitored_items.pcap", 10],
  ["open62541_read_service_test_data.pcap", 10],
  ["python_opcua-client-server_minimal.pcap", 4],
])(`%s is understood to its last byte${WHY}`, (name, least) => {
  const streams = streamsOf(readFileSync(join(FOLDER, name)));
  const memory = freshMemory();
  const understood = streams.flatMap((stream) =>
    messagesOf(stream).flatMap((message) => understand(message, memory) ?? []),
  );
  expect(understood.filter((line) => line.includes("fault"))).toEqual([]);
  expect(understood.length).toBeGreaterThanOrEqual(least);
});

/** One line for each message that a guard would see. */
function understand(message: Uint8Array, memory: Memory): string | undefined {
  const r = new Reader(message);
  const type = Number(readNodeId(r).id.slice(2));
  const request = serviceOf(type);
  if (request) {
    const inner = withoutToken(r);
    readRequestHeader(inner);
    request.plan(inner, memory);
    return `${request.name} request${inner.fault ? ` fault: ${inner.fault}` : ""}`;
  }
  const response = BY_RESPONSE.get(type);
  if (!response && type !== SERVICE_FAULT) return undefined;
  readResponseHeader(r);
  r.forgiving = true;
  response?.answer(r);
  return `${response?.name ?? "fault"} response${r.fault ? ` fault: ${r.fault}` : ""}`.replace(
    /^fault response$/,
    "refused",
  );
}

/** The leg puts the null NodeId in the token's place. */
function withoutToken(r: Reader): Reader {
  readNodeId(r);
  const rest = r.bytes.subarray(r.at);
  const bytes = new Uint8Array(2 + rest.length);
  bytes.set(rest, 2);
  return new Reader(bytes);
}

/** Service messages of one direction, their chunks put together. */
function messagesOf(stream: Buffer): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let chunks: Buffer[] = [];
  for (let at = 0; at + 8 <= stream.length; ) {
    const size = stream.readUInt32LE(at + 4);
    if (size < 8 || at + size > stream.length) break;
    const chunk = stream.subarray(at, at + size);
    if (chunk.toString("latin1", 0, 3) === "MSG") {
      chunks.push(chunk.subarray(CHUNK_HEAD));
      if (chunk[3] === 0x46) messages.push(new Uint8Array(Buffer.concat(chunks.splice(0))));
    } else chunks = [];
    at += size;
  }
  return messages;
}

function freshMemory(): Memory {
  const memory = emptyMemory({ isEmpty: true });
  memory.wording.namespaces = new Namespaces([OPC_UA_URI, "urn:asset", "urn:plant"]);
  for (let id = 0; id < 10; id++) memory.subscriptions.open(id);
  return memory;
}
