/** What binary messages of the live channel carry. */

/** As in `broker/api/shapes/live.ts`. */
export const MAIN_CHANNEL = "main";
export const TAPE_CREDIT = "tape";
export const FROM_NEWEST = -1;

/** In a browser socket.io delivers binary as `ArrayBuffer`, whatever the type says. */
export function asBytes(received: Uint8Array | ArrayBuffer): Uint8Array {
  return received instanceof Uint8Array ? received : new Uint8Array(received);
}
