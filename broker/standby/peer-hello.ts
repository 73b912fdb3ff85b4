/**
 * The first line of each connection between two brokers, by which the one that comes says for whom,
 * and proves that it is of the site, on this very connection: what somebody overheard elsewhere
 * proves nothing here. The answer is a line too; after `ok` the connection is the person's.
 *
 *     > PROOF {"door":"console","name":"broker-b","address":"10.1.7.20","port":50412}
 *     < ok
 */
import { isIP } from "node:net";
import { z } from "zod";
import type { PeerSocket } from "../legs/peer-dialer.ts";
import type { PeerKey } from "./peer-key.ts";

/** `watch`: nobody's; by it the one that waits sees that the active one lives. */
export const PEER_DOORS = ["watch", "console", "panels", "ssh", "opcua", "gateways"] as const;
export type PeerDoor = (typeof PEER_DOORS)[number];

/** Of a machine's name, as the database keeps it. */
const NAME_MAX = 40;

const HELLO = z.strictObject({
  door: z.enum(PEER_DOORS),
  /** Of the machine that waits. */
  name: z.string().max(NAME_MAX),
  /** Of whoever came there. */
  address: z.string().refine((text) => isIP(text) !== 0),
  port: z.int().min(0).max(65_535),
});
export type Hello = z.output<typeof HELLO>;

export const ACCEPTED = "ok";
/** A proof and four short fields. */
const LINE_MAX = 1_024;
const LINE_WITHIN_MS = 5_000;
/** RFC 5705: what both ends of one connection know, and nobody else. */
const EXPORTED = { label: "EXPORTER-sallyport-peer", length: 32 } as const;

export function helloLine(hello: Hello, socket: PeerSocket, key: PeerKey): string {
  const text = JSON.stringify({ ...hello, name: hello.name.slice(0, NAME_MAX) });
  return `${key.seal("hello", ofConnection(socket), text)} ${text}\n`;
}

/** Undefined where it does not prove that it comes from a broker of the site. */
export function helloIn(line: string, socket: PeerSocket, key: PeerKey): Hello | undefined {
  const space = line.indexOf(" ");
  const [proof, text] = [line.slice(0, space), line.slice(space + 1)];
  if (space < 0 || !key.isSeal(proof, "hello", ofConnection(socket), text)) return undefined;
  try {
    return HELLO.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function ofConnection(socket: PeerSocket): Buffer {
  return socket.exportKeyingMaterial(EXPORTED.length, EXPORTED.label, Buffer.alloc(0));
}

/** The first line; what follows it stays to be read. Rejects where none comes in time. */
export function firstLine(socket: PeerSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    let had = Buffer.alloc(0);
    const over = (settle: () => void) => {
      clearTimeout(late);
      socket.off("readable", read).off("close", gone).off("end", gone).off("error", gone);
      settle();
    };
    const gone = () => over(() => reject(new Error("the connection was closed")));
    const late = setTimeout(
      () => over(() => reject(new Error("nothing was said in time"))),
      LINE_WITHIN_MS,
    );
    const read = () => {
      const more: Buffer | null = socket.read();
      if (more === null) return;
      had = Buffer.concat([had, more]);
      const end = had.indexOf("\n");
      if (end < 0 && had.length <= LINE_MAX) return;
      if (end < 0 || end > LINE_MAX) return over(() => reject(new Error("the line is too long")));
      const rest = had.subarray(end + 1);
      over(() => {
        if (rest.length > 0) socket.unshift(rest);
        resolve(had.subarray(0, end).toString());
      });
    };
    socket.on("readable", read).on("close", gone).on("end", gone).on("error", gone);
    read();
  });
}
