/**
 * How many connections one address may have at a listener, so that it leaves room for others. An
 * IPv6 host has a whole network of addresses, which count as one.
 */
import type { Socket } from "node:net";
import { addressKey } from "./address-key.ts";

export class AddressPlaces {
  private readonly perAddress: number;
  private readonly taken = new Map<string, number>();

  constructor(perAddress: number) {
    this.perAddress = perAddress;
  }

  /** Undefined where the address has all of its own; what it answers gives the place back, once. */
  take(address: string): (() => void) | undefined {
    const key = addressKey(address);
    const before = this.taken.get(key) ?? 0;
    if (before >= this.perAddress) return undefined;
    this.taken.set(key, before + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.taken.get(key) ?? 1) - 1;
      if (left > 0) this.taken.set(key, left);
      else this.taken.delete(key);
    };
  }
}

/** Closes a connection whose address has all of its places. */
export function boundPlaces(places: AddressPlaces, socket: Socket): void {
  const leave = places.take(plainAddress(socket.remoteAddress ?? ""));
  if (leave) socket.once("close", leave);
  else socket.destroy();
}

/** A listener of both families sees IPv4 addresses inside IPv6 ones. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, "");
}
