/**
 * What the legs take for granted of node-opcua's channel layers and no version promises. The
 * versions are exact in package.json: whoever raises them finds here what to look at.
 */

import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { BinaryStream } from "node-opcua-binary-stream";
import { coerceExpandedNodeId } from "node-opcua-nodeid";
import {
  ClientSecureChannelLayer,
  MessageBuilder,
  OpenSecureChannelRequest,
  requestHandleNotSetValue,
  ServerSecureChannelLayer,
} from "node-opcua-secure-channel";
import { SequenceNumberGenerator } from "node-opcua-secure-channel/dist/source/sequence_number_generator.js";
import { TokenStack } from "node-opcua-secure-channel/dist/source/token_stack.js";
import { ReverseClientTCP_transport } from "node-opcua-transport";
import { expect, test } from "vitest";
import { makeFolder, removeFolder } from "../../../test/kit/temporary.ts";
import { loadOpcuaIdentity } from "./identity.ts";
import { HANDLE_NOT_SET, ReceivedRequest, rawRequests } from "./raw-message.ts";
import { SERVICE } from "./services.ts";

const PACKAGE = join(import.meta.dirname, "../../../package.json");
const dependencies: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(PACKAGE, "utf8"),
).dependencies;

test("each part of the library is the exact version that this was written against", () => {
  const parts = Object.entries(dependencies).filter(([name]) => name.startsWith("node-opcua"));
  expect(parts.length).toBeGreaterThan(8);
  for (const [name, version] of parts) {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    const entry = createRequire(import.meta.url).resolve(name);
    const folder = entry.slice(0, entry.indexOf(`${name}/`) + name.length);
    const { version: installed } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    expect(installed).toBe(version);
    expect(dirname(folder)).toMatch(/node_modules$/);
  }
});

test("a handle that is not set has the value that raw requests begin with", () => {
  expect(HANDLE_NOT_SET).toBe(requestHandleNotSetValue);
});

test("the client's builder decodes bodies by a method that can be shadowed on the instance", () => {
  expect(MessageBuilder.prototype).toHaveProperty("_decodeMessageBody");
  expect(ClientSecureChannelLayer.prototype).toHaveProperty("_getMessageBuilder");
  expect(ClientSecureChannelLayer.prototype).toHaveProperty("getTransport");
  expect(ReverseClientTCP_transport.prototype).toHaveProperty("connect");
});

test("what is noted of a channel's inside passes the methods that are patched", () => {
  expect(TokenStack.prototype).toHaveProperty("pushNewToken");
  expect(MessageBuilder.prototype).toHaveProperty("_read_headersEx");
  const numbers = new SequenceNumberGenerator();
  numbers._set(7);
  expect([numbers.future(), numbers.next(), numbers.next()]).toEqual([7, 7, 8]);
});

test("openings are decrypted and signed at once: what they make is told before they are taken", async () => {
  const folder = makeFolder();
  try {
    const { keys } = await loadOpcuaIdentity(join(folder, "broker.pem"));
    const names = ["decryptBlockSync", "signSync", "getKeyMetadataSync"] as const;
    for (const name of names) expect(typeof keys[name]).toBe("function");
  } finally {
    removeFolder(folder);
  }
});

test("the server's layer has what is latched when it opens", () => {
  const names = ["clientCertificate", "send_response", "init", "dispose"];
  const known = Object.getOwnPropertyNames(ServerSecureChannelLayer.prototype);
  expect(known).toEqual(expect.arrayContaining(names));
  expect(ServerSecureChannelLayer.prototype).toBeInstanceOf(EventEmitter);
});

test("a request is raw unless it is of the channel, and each opening is looked at", () => {
  const seen: number[] = [];
  const factory = rawRequests(({ securityMode }) => seen.push(securityMode));
  const id = (value: number) => coerceExpandedNodeId(`i=${value}`);
  expect(factory.constructObject(id(SERVICE.read))).toBeInstanceOf(ReceivedRequest);
  const stream = new BinaryStream(1_024);
  new OpenSecureChannelRequest({ securityMode: 3 }).encode(stream);
  const opening = factory.constructObject(id(SERVICE.openSecureChannel));
  // By class: the layer asks for it with instanceof.
  expect(opening).toBeInstanceOf(OpenSecureChannelRequest);
  opening.decode(new BinaryStream(stream.buffer.subarray(0, stream.length)));
  expect(seen).toEqual([3]);
});
