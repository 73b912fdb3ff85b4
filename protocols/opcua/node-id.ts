/**
 * NodeIds: six encodings, one id. A session goes by namespace *indexes*, which an asset may
 * number anew at each start; rules and recordings go by namespace *URIs*:
 *
 *     i=2258                         namespace 0, OPC UA's own
 *     nsu=http://plant/x;s=P101.Speed
 *
 * The text is that of Part 6, 5.1.12: `%` and `;` within a URI are written %25 and %3B.
 */
import { toBase64 } from "../log/base64.ts";
import { Reader } from "./reader.ts";

/** Part 3, 8.2.4: identifiers of type String have at most 4,096 characters. */
const IDENTIFIER_MAX = 4096;

export const OPC_UA_URI = "http://opcfoundation.org/UA/";

export interface NodeId {
  readonly namespace: number;
  /** `i=…`, `s=…`, `g=…` or `b=…` */
  readonly id: string;
}

export interface ExpandedNodeId extends NodeId {
  /** Goes before the index. */
  readonly uri?: string;
  /** Another server than the one asked, where it is not 0. */
  readonly server: number;
}

export const NULL_ID = "i=0";

export function readNodeId(r: Reader): NodeId {
  return plainId(r, r.uint8());
}

export function readExpandedNodeId(r: Reader): ExpandedNodeId {
  const encoding = r.uint8();
  const plain = plainId(r, encoding & 0x3f);
  const uri = encoding & 0x80 ? r.string() : undefined;
  const server = encoding & 0x40 ? r.uint32() : 0;
  return uri === undefined ? { ...plain, server } : { ...plain, server, uri };
}

function plainId(r: Reader, encoding: number): NodeId {
  switch (encoding) {
    case 0:
      return { namespace: 0, id: `i=${r.uint8()}` };
    case 1:
      return { namespace: r.uint8(), id: `i=${r.uint16()}` };
    case 2:
      return { namespace: r.uint16(), id: `i=${r.uint32()}` };
    case 3:
      return { namespace: r.uint16(), id: `s=${bounded(r, r.string() ?? "")}` };
    case 4:
      return { namespace: r.uint16(), id: `g=${r.guid()}` };
    case 5:
      return { namespace: r.uint16(), id: `b=${bounded(r, toBase64(r.byteString() ?? NO_BYTES))}` };
    default:
      r.fail(`a NodeId of encoding ${encoding}`);
      return { namespace: 0, id: NULL_ID };
  }
}

function bounded(r: Reader, text: string): string {
  if (text.length > IDENTIFIER_MAX) r.fail(`a NodeId of ${text.length} characters`);
  return text;
}

/** The namespaces of an asset, by index; what names a node for rules, people and recordings. */
export class Namespaces {
  readonly uris: readonly string[];
  private readonly prefixes: readonly string[];

  constructor(uris: readonly string[]) {
    this.uris = uris;
    this.prefixes = uris.map((uri, index) => (index === 0 ? "" : prefixOf(uri)));
  }

  /** Undefined where the asset has no such namespace, or the node is another server's. */
  name(node: NodeId | ExpandedNodeId): string | undefined {
    if ("server" in node && node.server !== 0) return undefined;
    const uri = "uri" in node ? node.uri : undefined;
    if (uri !== undefined) return `${uri === OPC_UA_URI ? "" : prefixOf(uri)}${node.id}`;
    const prefix = this.prefixes[node.namespace];
    return prefix === undefined ? undefined : `${prefix}${node.id}`;
  }

  /** The other way round. */
  idOf(name: string): NodeId | undefined {
    if (!name.startsWith("nsu=")) return { namespace: 0, id: name };
    const end = name.indexOf(";") + 1;
    const namespace = this.prefixes.indexOf(name.slice(0, end));
    return namespace < 0 ? undefined : { namespace, id: name.slice(end) };
  }

  /** Whether a client may go on by the indexes of `before`. */
  continues(before: Namespaces): boolean {
    return before.uris.every((uri, index) => this.uris[index] === uri);
  }
}

function prefixOf(uri: string): string {
  return `nsu=${uri.replaceAll("%", "%25").replaceAll(";", "%3B")};`;
}

/** More namespaces than any product has; an array of them comes once. */
const NAMESPACES_MAX = 1024;

/** The body of `LEG.namespaces`; a sentence if it is none. */
export function readNamespaces(body: Uint8Array): Namespaces | string {
  const r = new Reader(body);
  const count = r.count();
  if (count < 1 || count > NAMESPACES_MAX) return `a namespace array of ${count}`;
  const uris: string[] = [];
  for (let i = 0; i < count && r.fault === undefined; i++) uris.push(r.string() ?? "");
  r.finish();
  if (r.fault === undefined && uris[0] !== OPC_UA_URI) return "namespace 0 is not that of OPC UA";
  if (new Set(uris).size !== uris.length) return "a namespace array that names one twice";
  return r.fault ?? new Namespaces(uris);
}

const NO_BYTES = new Uint8Array(0);
