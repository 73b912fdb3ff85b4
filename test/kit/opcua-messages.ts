/**
 * Messages of OPC UA as clients and servers write them, for tests of the guard: a writer of its
 * own, so that the decoder is not proved against itself. `protocols/opcua/oracle.test.ts`
 * compares with another stack.
 */
import { encodeFrame, LEG } from "../../protocols/opcua/frame.ts";

export class Words {
  private readonly parts: Buffer[] = [];

  u8(...values: number[]): this {
    return this.raw(Buffer.from(values.map((value) => value & 0xff)));
  }

  u16(value: number): this {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return this.raw(bytes);
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value | 0);
    return this.raw(bytes);
  }

  i64(value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return this.raw(bytes);
  }

  double(value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return this.raw(bytes);
  }

  text(value: string | undefined): this {
    if (value === undefined) return this.u32(-1);
    const bytes = Buffer.from(value);
    return this.u32(bytes.length).raw(bytes);
  }

  /** `2:s:Speed` or `0:i:2258` */
  node(id: string): this {
    const [namespace = "0", kind = "i", ...rest] = id.split(":");
    if (kind === "s") return this.u8(3).u16(Number(namespace)).text(rest.join(":"));
    return this.u8(2).u16(Number(namespace)).u32(Number(rest[0]));
  }

  array<T>(items: readonly T[], write: (words: Words, item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.parts.push(Buffer.from(bytes));
    return this;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts));
  }
}

/** No client sends the same time twice; tests do. */
const TIME = 133_500_000_000_000_000n;

export function requestHeader(handle: number, timeoutHint = 0): Words {
  const words = new Words().u8(0, 0).i64(TIME).u32(handle).u32(0).text(undefined);
  return words.u32(timeoutHint).u8(0, 0, 0);
}

export function responseHeader(status = 0): Words {
  return new Words().i64(TIME).u32(77).u32(status).u8(0).u32(0).u8(0, 0, 0);
}

export function frame(requestId: number, typeId: number, body: Words): Uint8Array {
  return encodeFrame({ requestId, typeId, body: body.bytes() });
}

export function namespaces(uris: readonly string[]): Uint8Array {
  const body = new Words().array(["http://opcfoundation.org/UA/", ...uris], (words, uri) =>
    words.text(uri),
  );
  return frame(1, LEG.namespaces, body);
}

export function expired(requestId: number): Uint8Array {
  return frame(requestId, LEG.expired, new Words());
}

const valueId = (words: Words, node: string) =>
  words.node(node).u32(13).text(undefined).u16(0).text(undefined);

export function read(id: number, nodes: readonly string[]): Uint8Array {
  return frame(id, 631, requestHeader(id).double(0).u32(2).array(nodes, valueId));
}

export function write(id: number, items: readonly (readonly [string, number])[]): Uint8Array {
  const body = requestHeader(id).array(items, (words, [node, value]) =>
    words.node(node).u32(13).text(undefined).u8(0x01, 11).double(value),
  );
  return frame(id, 673, body);
}

export function call(id: number, calls: readonly (readonly [string, string])[]): Uint8Array {
  const body = requestHeader(id).array(calls, (words, [object, method]) =>
    words.node(object).node(method).u32(1).u8(6).u32(5),
  );
  return frame(id, 712, body);
}

export function browse(id: number, nodes: readonly string[]): Uint8Array {
  const view = requestHeader(id).node("0:i:0").i64(0n).u32(0).u32(100);
  const body = view.array(nodes, (words, node) =>
    words.node(node).u32(0).node("0:i:33").u8(1).u32(0).u32(63),
  );
  return frame(id, 527, body);
}

export function browseNext(id: number, point: string): Uint8Array {
  return frame(
    id,
    533,
    requestHeader(id)
      .u8(0)
      .array([point], (words, each) => words.text(each)),
  );
}

export function translate(id: number, node: string, path: string): Uint8Array {
  const body = requestHeader(id).array([node], (words, each) =>
    words.node(each).u32(1).node("0:i:33").u8(0, 1).u16(2).text(path),
  );
  return frame(id, 554, body);
}

export function register(id: number, nodes: readonly string[]): Uint8Array {
  return frame(
    id,
    560,
    requestHeader(id).array(nodes, (words, node) => words.node(node)),
  );
}

export function createSubscription(id: number): Uint8Array {
  const body = requestHeader(id).double(100).u32(1000).u32(10).u32(0).u8(1, 0);
  return frame(id, 787, body);
}

export function monitor(
  id: number,
  subscription: number,
  items: readonly (readonly [string, number])[],
): Uint8Array {
  const head = requestHeader(id).u32(subscription).u32(2);
  const body = head.array(items, (words, [node, clientHandle]) =>
    valueId(words, node).u32(2).u32(clientHandle).double(100).u8(0, 0, 0).u32(10).u8(1),
  );
  return frame(id, 751, body);
}

/** DeleteMonitoredItems (781), or another service of a subscription's items. */
export function ofItems(
  id: number,
  typeId: number,
  subscription: number,
  items: readonly number[],
): Uint8Array {
  const body = requestHeader(id).u32(subscription);
  return frame(
    id,
    typeId,
    body.array(items, (words, item) => words.u32(item)),
  );
}

export function setTriggering(
  id: number,
  subscription: number,
  trigger: number,
  links: readonly number[],
): Uint8Array {
  const body = requestHeader(id).u32(subscription).u32(trigger);
  const numbers = (words: Words, link: number) => words.u32(link);
  return frame(id, 775, body.array(links, numbers).array([], numbers));
}

export function publish(id: number): Uint8Array {
  return frame(id, 826, requestHeader(id).u32(0));
}

export function transfer(id: number, subscriptions: readonly number[]): Uint8Array {
  const body = requestHeader(id)
    .array(subscriptions, (words, each) => words.u32(each))
    .u8(1);
  return frame(id, 841, body);
}

export function cancel(id: number, handle: number): Uint8Array {
  return frame(id, 479, requestHeader(id).u32(handle));
}

const good = (words: Words) => words.u32(0);

export function answer(id: number, typeId: number, body: Words): Uint8Array {
  return frame(id, typeId, body);
}

export function values(id: number, all: readonly number[]): Uint8Array {
  const body = responseHeader().array(all, (words, value) => words.u8(0x01, 11).double(value));
  return frame(id, 634, body.u32(0));
}

export function statuses(id: number, typeId: number, all: readonly number[]): Uint8Array {
  return frame(
    id,
    typeId,
    responseHeader()
      .array(all, (words, each) => words.u32(each))
      .u32(0),
  );
}

export function called(id: number, count: number): Uint8Array {
  const body = responseHeader().array(Array(count).fill(0), (words) =>
    good(words).u32(0).u32(0).u32(0),
  );
  return frame(id, 715, body.u32(0));
}

export function browsed(
  id: number,
  results: readonly (readonly string[])[],
  point?: string,
  typeId = 530,
): Uint8Array {
  const reference = (words: Words, node: string) =>
    words
      .node("0:i:35")
      .u8(1)
      .node(node)
      .u16(2)
      .text("Name")
      .u8(2)
      .text("Name")
      .u32(2)
      .node("0:i:63");
  const body = responseHeader().array(results, (words, nodes) =>
    good(words).text(point).array(nodes, reference),
  );
  return frame(id, typeId, body.u32(0));
}

export function translated(id: number, targets: readonly string[]): Uint8Array {
  const body = responseHeader().array([targets], (words, all) =>
    good(words).array(all, (each, node) => each.node(node).u32(-1)),
  );
  return frame(id, 557, body.u32(0));
}

export function registered(id: number, nodes: readonly string[]): Uint8Array {
  return frame(
    id,
    563,
    responseHeader().array(nodes, (words, node) => words.node(node)),
  );
}

export function subscribed(id: number, subscription: number): Uint8Array {
  return frame(id, 790, responseHeader().u32(subscription).double(100).u32(1000).u32(10));
}

export function monitored(id: number, items: readonly number[]): Uint8Array {
  const body = responseHeader().array(items, (words, item) =>
    good(words).u32(item).double(100).u32(10).u8(0, 0, 0),
  );
  return frame(id, 754, body.u32(0));
}

export function published(
  id: number,
  subscription: number,
  changes: readonly (readonly [number, number])[],
): Uint8Array {
  const data = new Words().array(changes, (words, [handle, value]) =>
    words.u32(handle).u8(0x01, 11).double(value),
  );
  const inner = data.u32(0).bytes();
  const head = responseHeader().u32(subscription).u32(0).u8(0).u32(1).i64(TIME);
  const object = head.u32(1).u8(1, 0).u16(811).u8(1).u32(inner.length).raw(inner);
  return frame(id, 829, object.u32(0).u32(0));
}

export function fault(id: number, status: number): Uint8Array {
  return frame(id, 397, responseHeader(status));
}
