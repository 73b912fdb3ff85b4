/**
 * What passes through the broker lies outside V8's heap: messages, files, pictures. V8 collects all
 * of its garbage for every 64 MiB of that which were made, however little is left of them; two
 * thirds of what carrying a file cost went there. Counted together with the heap, it collects when
 * the whole has grown: the cost of a file carried over SSH falls by half, the memory at the height
 * of it grows by half.
 */
import { setFlagsFromString } from "node:v8";

/** Once, before anything is opened: threads that begin later have it too. */
export function countMemoryOutside(): void {
  setFlagsFromString("--external-memory-accounted-in-global-limit");
}
