/**
 * Between the broker and an asset that is reached without security: lets an honest server tell
 * lies. What the server sends is cut into chunks; each answer to a request can be changed, doubled,
 * kept back or followed by others. Its sequence numbers stay in order unless the lie is about them.
 */
import { once } from "node:events";
import net from "node:net";

/** What becomes of one chunk with an answer (`MSG`). */
export type Lie = (chunk: Buffer) => readonly Buffer[];

/** A chunk: type, size (4), channel (8), token (12), sequence (16), request (20), body (24). */
const [SIZE, SEQUENCE, REQUEST, BODY] = [4, 16, 20, 24];

export class LyingRelay {
  lie: Lie = (chunk) => [chunk];
  /** Where connections from now on go. */
  target: number;
  private readonly open = new Set<net.Socket>();
  private readonly server: net.Server;

  private constructor(target: number) {
    this.target = target;
    this.server = net.createServer((client) => this.connect(client));
  }

  static async start(target: number): Promise<LyingRelay> {
    const relay = new LyingRelay(target);
    relay.server.listen(0, "127.0.0.1");
    await once(relay.server, "listening");
    return relay;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }

  get connections(): number {
    return this.open.size;
  }

  close(): void {
    this.server.close();
    for (const socket of this.open) socket.destroy();
  }

  private connect(client: net.Socket): void {
    const asset = net.connect({ host: "127.0.0.1", port: this.target });
    this.open.add(client);
    client.on("close", () => {
      this.open.delete(client);
      asset.destroy();
    });
    asset.on("close", () => client.destroy());
    for (const socket of [client, asset]) socket.on("error", () => undefined);
    client.pipe(asset);
    let waiting = Buffer.alloc(0);
    const sequence = { last: undefined as number | undefined };
    asset.on("data", (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      for (let size = sizeOf(waiting); size <= waiting.length; size = sizeOf(waiting)) {
        const chunk = Buffer.from(waiting.subarray(0, size));
        waiting = waiting.subarray(size);
        this.pass(client, chunk, sequence);
      }
    });
  }

  private pass(client: net.Socket, chunk: Buffer, sequence: { last: number | undefined }): void {
    const isAnswer = chunk.toString("latin1", 0, 4) === "MSGF" && isTold(chunk);
    for (const each of isAnswer ? this.lie(chunk) : [chunk]) {
      if (each.toString("latin1", 0, 3) === "MSG" && each.length >= BODY) {
        const number = each.readUInt32LE(SEQUENCE);
        // A copy comes with the number that it had, which is the lie.
        const isCopy = each !== chunk && number === chunk.readUInt32LE(SEQUENCE);
        sequence.last = isCopy ? number : Math.max(number, (sequence.last ?? number - 1) + 1);
        each.writeUInt32LE(sequence.last, SEQUENCE);
      }
      if (!client.destroyed) client.write(each);
    }
  }
}

/** Endpoints, sessions and the state that keeps them are told as they are: the lies come later. */
const HONEST: ReadonlySet<number> = new Set([428, 464, 470, 476]);

function isTold(chunk: Buffer): boolean {
  return !HONEST.has(chunk.readUInt16LE(BODY + 2));
}

function sizeOf(bytes: Buffer): number {
  return bytes.length < BODY ? Number.POSITIVE_INFINITY : bytes.readUInt32LE(SIZE);
}

/** Past the ResponseHeader, which holds nothing of varying length here: a count of results. */
const COUNT = BODY + 4 + 24;

export const LIES: Readonly<Record<string, Lie>> = {
  "answers a request that nobody sent": changed((chunk) => chunk.writeUInt32LE(4_000_000, REQUEST)),
  "answers with another service's answer": changed((chunk) => chunk.writeUInt16LE(676, BODY + 2)),
  "answers with a type that nobody knows": changed((chunk) =>
    chunk.writeUInt16LE(65_000, BODY + 2),
  ),
  "says that there are two thousand million results": changed((chunk) =>
    chunk.writeUInt32LE(0x7fff_ffff, COUNT),
  ),
  "says that there are minus two results": changed((chunk) => chunk.writeInt32LE(-2, COUNT)),
  "answers with nothing but noise": changed((chunk) => {
    for (let at = BODY; at < chunk.length; at++) chunk[at] = (at * 167 + 13) & 0xff;
  }),
  "breaks off in the middle of an answer": (chunk) => [cut(chunk, chunk.length - 9)],
  "says everything twice": (chunk) => [chunk, Buffer.from(chunk)],
  "never ends an answer": (chunk) => {
    const more = Buffer.alloc(8_192, 1);
    chunk.copy(more, 0, 0, BODY);
    more.write("C", 3, "latin1");
    more.writeUInt32LE(more.length, SIZE);
    // More than the largest answer that was announced.
    return Array.from({ length: 1_000 }, (_, n) => numbered(more, chunk, n + 1));
  },
  "tells a thousand things that nobody asked for": (chunk) => {
    const news = Array.from({ length: 1_000 }, (_, n) => {
      const each = numbered(chunk, chunk, n + 1);
      each.writeUInt32LE(5_000_000 + n, REQUEST);
      each.writeUInt16LE(829, BODY + 2);
      return each;
    });
    return [chunk, ...news];
  },
  "never answers": () => [],
};

function changed(change: (chunk: Buffer) => unknown): Lie {
  return (chunk) => {
    const other = Buffer.from(chunk);
    change(other);
    // Not a copy: it stands in the place of what it was made of.
    other.writeUInt32LE(chunk.readUInt32LE(SEQUENCE), SEQUENCE);
    chunk.fill(0, SEQUENCE, REQUEST);
    return [other];
  };
}

function cut(chunk: Buffer, length: number): Buffer {
  const short = Buffer.from(chunk.subarray(0, length));
  short.writeUInt32LE(length, SIZE);
  chunk.fill(0, SEQUENCE, REQUEST);
  return short;
}

function numbered(like: Buffer, after: Buffer, n: number): Buffer {
  const each = Buffer.from(like);
  each.writeUInt32LE(after.readUInt32LE(SEQUENCE) + n, SEQUENCE);
  return each;
}
