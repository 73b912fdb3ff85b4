/** The broker's own questions to an asset: answered as they must be, or a reason in words. */
import type { BinaryStream } from "node-opcua-binary-stream";
import { ServiceFault } from "node-opcua-types";
import { type AssetChannel, AssetSilent } from "./asset-channel.ts";
import { HANDLE_NOT_SET } from "./raw-message.ts";
import { SERVICE } from "./services.ts";

/** Why there is no session at the asset, in words for the person. */
export class OpcuaUnreachable extends Error {
  override readonly name = "OpcuaUnreachable";
}

interface Answer {
  readonly responseHeader: ServiceFault["responseHeader"];
  readonly schema: { readonly encodingDefaultBinary?: { readonly value: unknown } };
  decode(stream: BinaryStream): void;
}

/**
 * Throws `AssetSilent`, or what the asset answered in words. A refusal may come as a fault, or as
 * the service's own answer with a bad result: some servers refuse ActivateSession so.
 */
export async function ask<T extends Answer>(
  channel: AssetChannel,
  request: { readonly requestHeader: { requestHandle: number } },
  into: T,
): Promise<T> {
  request.requestHeader.requestHandle = HANDLE_NOT_SET;
  const answer = await channel.ask(request);
  const isFault = answer.typeId === SERVICE.serviceFault;
  const { serviceResult } = isFault
    ? answer.decoded(new ServiceFault()).responseHeader
    : answer.decoded(into).responseHeader;
  if (serviceResult.isNotGood()) {
    throw new OpcuaUnreachable(`the asset refused: ${serviceResult.name}`);
  }
  if (isFault || answer.typeId !== into.schema.encodingDefaultBinary?.value) {
    throw new OpcuaUnreachable("the asset answered another question");
  }
  return into;
}

export function unreachable(error: unknown): OpcuaUnreachable {
  if (error instanceof OpcuaUnreachable) return error;
  if (error instanceof AssetSilent) return new OpcuaUnreachable(error.message);
  return new OpcuaUnreachable("the asset's answer makes no sense");
}
