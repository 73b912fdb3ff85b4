/** Continuation points go on with what was permitted, and with nothing else. */
import { toBase64 } from "../log/base64.ts";
import type { OpcUaOperation } from "./operation.ts";

/** Servers keep some dozens for a session; what is forgotten here is answered as unknown. */
const KEPT_MAX = 1_000;

export class Continuations {
  private readonly kept = new Map<string, OpcUaOperation>();

  add(point: Uint8Array | undefined, operation: OpcUaOperation): void {
    if (point === undefined || point.length === 0) return;
    const [oldest] = this.kept.keys();
    if (this.kept.size >= KEPT_MAX && oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(keyOf(point), operation);
  }

  find(point: Uint8Array | undefined): OpcUaOperation | undefined {
    return point && this.kept.get(keyOf(point));
  }

  clear(): void {
    this.kept.clear();
  }
}

function keyOf(point: Uint8Array): string {
  return toBase64(point);
}
