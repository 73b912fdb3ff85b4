/** The few values that a leg reads for itself. */
import type { NodeId } from "node-opcua-nodeid";
import { ReadRequest, ReadResponse } from "node-opcua-types";
import { ask } from "./ask-asset.ts";
import type { AssetChannel } from "./asset-channel.ts";

/** Server_NamespaceArray */
const NAMESPACES = "i=2255";
/** Server_ServerStatus_State */
const STATE = "i=2259";
const VALUE = 13;
/** TimestampsToReturn.Neither */
const NO_TIMESTAMPS = 3;
/** Companion specifications are some dozens. */
const NAMESPACES_MAX = 1_024;
const URI_MAX = 4_096;

/** Rejects where they cannot be read. */
export async function readNamespaces(channel: AssetChannel, token: NodeId): Promise<string[]> {
  const value = await read(channel, token, NAMESPACES);
  const isRight =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= NAMESPACES_MAX &&
    value.every((uri) => uri === null || (typeof uri === "string" && uri.length <= URI_MAX));
  if (!isRight) throw new Error("the asset does not tell its namespaces");
  return value.map((uri: string | null) => uri ?? "");
}

/** Resolves if the asset answers at all. */
export async function readState(channel: AssetChannel, token: NodeId): Promise<void> {
  await read(channel, token, STATE);
}

async function read(channel: AssetChannel, token: NodeId, nodeId: string): Promise<unknown> {
  const request = new ReadRequest({
    maxAge: 0,
    timestampsToReturn: NO_TIMESTAMPS,
    nodesToRead: [{ nodeId, attributeId: VALUE }],
  });
  request.requestHeader.authenticationToken = token;
  const [result] = (await ask(channel, request, new ReadResponse())).results ?? [];
  return result?.value?.value;
}
