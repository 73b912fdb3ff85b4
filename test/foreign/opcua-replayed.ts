/**
 * A client and a server of other stacks, from a capture: what they sent is sent again, byte for
 * byte. Only what the two ends agree on anew is put in: address, channel, token, ticket,
 * subscription, numbers.
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { SERVICE_FAULT, SERVICES } from "../../protocols/opcua/services.ts";

export interface ReplayedTo {
  readonly port: number;
  /** Which the client was given instead of its own. */
  readonly url: string;
  /** Its UserName token as an ExtensionObject, for what CreateSession was answered with. */
  token(created: Buffer): Buffer;
}

const CREATE_SESSION_RESPONSE = 464;
/** Answers of the session's own services: those are the leg's, and no guard knows them. */
const OF_SESSIONS: ReadonlyMap<number, string> = new Map([
  [431, "GetEndpoints"],
  [CREATE_SESSION_RESPONSE, "CreateSession"],
  [470, "ActivateSession"],
  [476, "CloseSession"],
]);
const ACTIVATE_SESSION = 467;
const CREATE_SUBSCRIPTION_RESPONSE = 790;
const CREATE_MONITORED_ITEMS = 751;
const PUBLISH = 826;
/** Message type, chunk type, size, channel, token, sequence, request; then a NodeId of four bytes. */
const BODY = 24;
const TOKEN = BODY + 4;
const HELLO_URL = 28;

/**
 * A server of another stack, from a capture: what it answered to a service is answered again, with
 * the numbers of whoever asks now. A service that it was not asked for then ends the connection.
 */
export async function replayServer(stream: Buffer): Promise<Server> {
  const chunks = chunksOf(stream);
  const answers = new Map(chunks.map((chunk) => [nameOf(chunk), chunk]));
  const server = createServer((socket) => {
    let received: Buffer = Buffer.alloc(0);
    let sequence = 0;
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= 8 && received.length >= received.readUInt32LE(4)) {
        const asked = received.subarray(0, received.readUInt32LE(4));
        received = received.subarray(asked.length);
        const answer = answers.get(ANSWER_TO.get(nameOf(asked)) ?? "");
        sequence += 1;
        if (answer) socket.write(renumbered(answer, asked, sequence));
        else socket.end();
      }
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

const ANSWER_TO: ReadonlyMap<string, string> = new Map([
  ["HEL", "ACK"],
  ["OPN", "OPN"],
  ["428", "431"],
  ["461", "464"],
  ["467", "470"],
  ["473", "476"],
]);

/** The kind of a message, the type where it is a service. */
function nameOf(chunk: Buffer): string {
  const kind = chunk.toString("latin1", 0, 3);
  return kind === "MSG" ? String(chunk.readUInt16LE(BODY + 2)) : kind;
}

function renumbered(answer: Buffer, asked: Buffer, sequence: number): Buffer {
  const whole = Buffer.from(answer);
  const kind = nameOf(whole);
  if (kind === "ACK") return whole;
  const [at, from] = kind === "OPN" ? [sequenceOf(whole), sequenceOf(asked)] : [16, 16];
  whole.writeUInt32LE(sequence, at);
  asked.copy(whole, at + 4, from + 4, from + 8);
  // Behind type and, in a request, token: the time, then the handle.
  const token = from + 12;
  const handle = token + nodeIdLength(asked, token) + 8;
  asked.copy(whole, at + 12 + 8, handle, handle + 4);
  return whole;
}

/** Of an opening: behind policy, certificate and thumbprint. */
function sequenceOf(chunk: Buffer): number {
  return skipText(chunk, skipText(chunk, skipText(chunk, 12)));
}

/** In order: what each request that waits for its answer was answered with. */
export async function replayClient(stream: Buffer, to: ReplayedTo): Promise<readonly string[]> {
  const socket = connect(to.port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return await new Replay(socket, stream, to).run();
  } finally {
    socket.destroy();
  }
}

class Replay {
  private readonly socket: Socket;
  private readonly chunks: readonly Buffer[];
  private readonly to: ReplayedTo;
  private readonly url: Buffer;
  private received: Buffer = Buffer.alloc(0);
  private channel = Buffer.alloc(8);
  private token: Buffer = Buffer.of(0, 0);
  private userToken: Buffer = Buffer.alloc(0);
  private subscription = Buffer.alloc(4);

  constructor(socket: Socket, stream: Buffer, to: ReplayedTo) {
    this.socket = socket;
    this.chunks = chunksOf(stream);
    this.to = to;
    const hello = this.chunks[0] ?? Buffer.alloc(0);
    this.url = hello.subarray(HELLO_URL);
  }

  async run(): Promise<readonly string[]> {
    const answers: string[] = [];
    for (const chunk of this.chunks) {
      const kind = chunk.toString("latin1", 0, 3);
      this.socket.write(this.renewed(kind, chunk));
      const request = chunk.readUInt32LE(20);
      if (kind === "HEL") answers.push((await this.next(() => true)).toString("latin1", 0, 4));
      else if (kind === "OPN") answers.push(this.opened(await this.next(isOpening)));
      else if (kind === "MSG" && chunk.readUInt16LE(BODY + 2) !== PUBLISH) {
        answers.push(this.answered(await this.next((each) => each.readUInt32LE(20) === request)));
      }
    }
    return answers;
  }

  private renewed(kind: string, chunk: Buffer): Buffer {
    if (kind === "HEL") return sized(chunk.subarray(0, HELLO_URL), text(this.to.url));
    if (kind !== "MSG" && kind !== "CLO") return chunk;
    const type = chunk.readUInt16LE(BODY + 2);
    const tokenEnd = TOKEN + nodeIdLength(chunk, TOKEN);
    const isNull = tokenEnd === TOKEN + 2;
    const token = isNull ? Buffer.of(0, 0) : this.token;
    const rest = this.restOf(type, chunk.subarray(tokenEnd));
    const head = [chunk.subarray(0, 8), this.channel, chunk.subarray(16, TOKEN)];
    return sized(...head, token, this.withUrl(rest));
  }

  private restOf(type: number, rest: Buffer): Buffer {
    const header = headerLength(rest);
    if (type === CREATE_MONITORED_ITEMS) {
      return Buffer.concat([
        rest.subarray(0, header),
        this.subscription,
        rest.subarray(header + 4),
      ]);
    }
    if (type !== ACTIVATE_SESSION) return rest;
    // Signature, certificates, locales; then who it is.
    let at = skipText(rest, skipText(rest, header));
    at = skipArray(rest, at, (from) => skipText(rest, skipText(rest, from)));
    at = skipArray(rest, at, (from) => skipText(rest, from));
    const length = nodeIdLength(rest, at) + 1;
    const end = skipText(rest, at + length);
    return Buffer.concat([rest.subarray(0, at), this.userToken, rest.subarray(end)]);
  }

  private withUrl(rest: Buffer): Buffer {
    const at = rest.indexOf(this.url);
    if (at < 0) return rest;
    const behind = rest.subarray(at + this.url.length);
    return Buffer.concat([rest.subarray(0, at), text(this.to.url), behind]);
  }

  /** Policy, certificate, thumbprint, sequence; then as any answer, with channel and token in it. */
  private opened(chunk: Buffer): string {
    const header = sequenceOf(chunk) + 8 + 4;
    const version = header + responseHeaderLength(chunk, header);
    chunk.copy(this.channel, 0, version + 4, version + 12);
    return chunk.toString("latin1", 0, 4);
  }

  private answered(chunk: Buffer): string {
    const type = chunk.readUInt16LE(BODY + 2);
    const status = chunk.readUInt32LE(TOKEN + 12);
    const at = TOKEN + responseHeaderLength(chunk, TOKEN);
    if (type === CREATE_SESSION_RESPONSE) {
      const token = at + nodeIdLength(chunk, at);
      this.token = Buffer.from(chunk.subarray(token, token + nodeIdLength(chunk, token)));
      this.userToken = this.to.token(chunk.subarray(BODY));
    }
    if (type === CREATE_SUBSCRIPTION_RESPONSE) chunk.copy(this.subscription, 0, at, at + 4);
    if (type === SERVICE_FAULT) return `fault 0x${status.toString(16)}`;
    const service = SERVICES.find(({ response }) => response === type)?.name;
    return `${service ?? OF_SESSIONS.get(type) ?? type}${status === 0 ? "" : ` 0x${status.toString(16)}`}`;
  }

  private async next(fits: (chunk: Buffer) => boolean): Promise<Buffer> {
    for (;;) {
      const size = this.received.length < 8 ? 8 : this.received.readUInt32LE(4);
      if (this.received.length >= size && this.received.length > 0) {
        const chunk = this.received.subarray(0, size);
        this.received = this.received.subarray(size);
        if (chunk.toString("latin1", 0, 3) === "ERR") throw new Error(chunk.toString("latin1"));
        if (fits(chunk)) return chunk;
        continue;
      }
      const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
      const over = () => reject(new Error("the connection was closed"));
      this.socket.once("data", resolve).once("close", over);
      this.received = Buffer.concat([this.received, await promise]);
      this.socket.off("close", over);
    }
  }
}

function chunksOf(stream: Buffer): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at + 8 <= stream.length; ) {
    const size = stream.readUInt32LE(at + 4);
    chunks.push(stream.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

function isOpening(chunk: Buffer): boolean {
  return chunk.toString("latin1", 0, 3) === "OPN";
}

function sized(...parts: readonly Buffer[]): Buffer {
  const whole = Buffer.concat(parts);
  whole.writeUInt32LE(whole.length, 4);
  return whole;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Two bytes, four, numeric, text, GUID, opaque. */
function nodeIdLength(bytes: Buffer, at: number): number {
  const fixed = [2, 4, 7, undefined, 19][bytes.readUInt8(at) & 0x3f];
  return fixed ?? skipText(bytes, at + 3) - at;
}

/** Behind a String or ByteString. */
function skipText(bytes: Buffer, at: number): number {
  return at + 4 + Math.max(0, bytes.readInt32LE(at));
}

function skipArray(bytes: Buffer, at: number, skip: (at: number) => number): number {
  let end = at + 4;
  for (let n = bytes.readInt32LE(at); n > 0; n -= 1) end = skip(end);
  return end;
}

/** Of a request behind its token: time, handle, diagnostics, audit entry, timeout, more. */
function headerLength(rest: Buffer): number {
  return skipText(rest, 16) + 4 + 3;
}

/** Time, handle, result, no diagnostics, no strings, nothing more. */
function responseHeaderLength(bytes: Buffer, at: number): number {
  return skipArray(bytes, at + 17, (from) => skipText(bytes, from)) + 3 - at;
}
