/**
 * Service messages that the library carries without looking into them: it decodes leniently and
 * encodes lossily, and what is judged must be what is sent. They have just those parts of a
 * decoded message that the channel layers touch.
 */
import { BinaryStream } from "node-opcua-binary-stream";
import { getStandardDataTypeFactory } from "node-opcua-factory";
import { coerceExpandedNodeId, type ExpandedNodeId } from "node-opcua-nodeid";
import { ofThePeer, type RequestHeaderPlaces, requestHeaderOf } from "./request-header.ts";
import { SERVICE } from "./services.ts";

/** What the library writes to when it encodes. */
interface OutputStream {
  writeArrayBuffer(buffer: ArrayBufferLike, offset: number, length: number): void;
}

interface Schema {
  readonly name: string;
  readonly encodingDefaultBinary: ExpandedNodeId;
}

const SCHEMAS_MAX = 512;
const schemas = new Map<number, Schema>();

function schemaOf(typeId: number): Schema {
  const known = schemas.get(typeId);
  if (known) return known;
  const encodingDefaultBinary = coerceExpandedNodeId(`i=${typeId}`);
  const schema = { name: `Raw${typeId}`, encodingDefaultBinary };
  // Only ids that somebody sent come in here: hostile ones must not fill the memory.
  if (schemas.size < SCHEMAS_MAX) schemas.set(typeId, schema);
  return schema;
}

function put(stream: OutputStream, bytes: Uint8Array): void {
  stream.writeArrayBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A client's request: its own bytes from after the type id. Undefined `header`: it has none. */
export class ReceivedRequest {
  readonly schema: Schema;
  /** 0 where the type id is not a number of namespace 0: no service of the standard. */
  readonly typeId: number;
  body: Buffer = Buffer.alloc(0);
  header: RequestHeaderPlaces | undefined;
  /** The library copies its handle into the answer. */
  readonly requestHeader = { requestHandle: 0, returnDiagnostics: 0, timeoutHint: 0 };

  constructor(typeId: number) {
    this.typeId = typeId;
    this.schema = schemaOf(typeId);
  }

  decode(stream: BinaryStream): void {
    this.body = Buffer.from(stream.buffer.subarray(stream.length));
    stream.length = stream.buffer.length;
    this.header = requestHeaderOf(this.body);
    this.requestHeader.requestHandle = this.header?.requestHandle ?? 0;
  }

  /** Of a message that the leg itself answers. Throws what the library throws. */
  decoded<T extends { decode(stream: BinaryStream): void }>(into: T): T {
    const stream = new BinaryStream(this.body);
    into.decode(stream);
    return into;
  }

  toString(): string {
    return this.schema.name;
  }
}

/** The library counts with this value for "I give it a handle". */
export const HANDLE_NOT_SET = 0xdead_beef;

/** A request to an asset, its token in place. */
export class RawRequest {
  readonly schema: Schema;
  readonly requestHeader: {
    requestHandle: number;
    timeoutHint: number;
    readonly returnDiagnostics: number;
  };
  private readonly parts: readonly Uint8Array[];

  /** @param timeoutMs for the library's own timer; the bytes keep what they say */
  constructor(typeId: number, parts: readonly Uint8Array[], timeoutMs: number) {
    this.schema = schemaOf(typeId);
    this.parts = parts;
    this.requestHeader = {
      requestHandle: HANDLE_NOT_SET,
      timeoutHint: timeoutMs,
      returnDiagnostics: 0,
    };
  }

  encode(stream: OutputStream): void {
    for (const part of this.parts) put(stream, part);
  }

  toString(): string {
    return this.schema.name;
  }
}

/** An answer of an asset: its own bytes from after the type id. */
export class ReceivedAnswer {
  readonly schema: Schema;
  readonly typeId: number;
  readonly body: Buffer;
  readonly responseHeader: {
    readonly requestHandle: number;
    readonly serviceResult: { toString(): string };
  };

  /** @param requestId by which the library finds the request; its own handle is in the bytes */
  constructor(typeId: number, body: Buffer, requestId: number) {
    this.typeId = typeId;
    this.schema = schemaOf(typeId);
    this.body = body;
    this.responseHeader = { requestHandle: requestId, serviceResult: { toString: () => "raw" } };
  }

  decoded<T extends { decode(stream: BinaryStream): void }>(into: T): T {
    into.decode(new BinaryStream(this.body));
    return into;
  }

  toString(): string {
    return this.schema.name;
  }
}

/** Types that the channel layer knows by class. */
const CHANNEL_TYPES: ReadonlySet<number> = new Set([
  SERVICE.openSecureChannel,
  SERVICE.openSecureChannelResponse,
  SERVICE.closeSecureChannel,
  SERVICE.closeSecureChannelResponse,
]);

/** Makes every request raw but those of the channel; `opened` sees each OpenSecureChannel. */
export function rawRequests(opened: (request: { readonly securityMode: number }) => void) {
  return {
    // An unknown service is answered; it is no reason to end the connection.
    hasConstructor: () => true,
    constructObject: (id: ExpandedNodeId) => {
      const typeId = numericId(id);
      if (!CHANNEL_TYPES.has(typeId)) return new ReceivedRequest(typeId);
      const message = getStandardDataTypeFactory().constructObject(id) as unknown as {
        decode(stream: BinaryStream): void;
        readonly securityMode: number;
      };
      if (typeId !== SERVICE.openSecureChannel) return message;
      const decode = message.decode.bind(message);
      message.decode = (stream) => {
        decode(stream);
        opened(message);
      };
      return message;
    },
  };
}

function numericId(id: ExpandedNodeId): number {
  return id.namespace === 0 && typeof id.value === "number" ? ofThePeer(id.value) : 0;
}
