/**
 * From a permit to an address. The name is resolved once, checked, and stays as it is for the
 * whole session: an answer that changes later changes nothing.
 */
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import type { VerifiedClaims } from "../access/permits.ts";
import { refusedAddress, refusedHost } from "../plant/refused-address.ts";
import { SessionRefused } from "./session.ts";

/** Resolved and checked: what a leg may connect to. */
export interface PinnedAddress {
  readonly address: string;
  readonly port: number;
}

/** Throws `SessionRefused` (`address-refused`, `address-unknown`). */
export async function pinAddress({ endpoint, asset }: VerifiedClaims): Promise<PinnedAddress> {
  const { host, port, allowLocal } = endpoint;
  const name = `${asset.id}/${endpoint.id}`;
  const refusedName = allowLocal ? undefined : refusedHost(host);
  if (refusedName) throw refused(name, host, refusedName);
  const address = await resolve(host, name);
  const reason = allowLocal ? undefined : refusedAddress(address, ownAddresses());
  if (reason) throw refused(name, address, reason);
  return { address, port };
}

async function resolve(host: string, name: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch {
    throw new SessionRefused("address-unknown", `The address of ${name} (${host}) is not known.`);
  }
}

function refused(name: string, address: string, reason: string): SessionRefused {
  return new SessionRefused(
    "address-refused",
    `${name} may not be dialled: ${address} is ${reason}. The plant file can allow it by name.`,
  );
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(
    (each) => each?.map((one) => one.address) ?? [],
  );
}
