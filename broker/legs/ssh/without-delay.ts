import type { Connection } from "ssh2";

/**
 * A client's connection sends each answer at once: what is typed is small, and its echo would wait
 * for an acknowledgement. The types of ssh2 know this of its own clients only.
 */
export function withoutDelay(connection: Connection): void {
  (connection as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true);
}
