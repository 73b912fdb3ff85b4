/** A tape run again, as `sallyport verify --key` does. */
import { createHash } from "node:crypto";
import { ModbusGuard } from "../../protocols/modbus/guard.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { type Rerun, type RerunParts, TapeRerun } from "../../protocols/tape/rerun.ts";

export const MODBUS_AGAIN: RerunParts = {
  guardOf: (protocol) => (protocol === "modbus" ? new ModbusGuard() : undefined),
  newHash: () => {
    const hash = createHash("sha256");
    return {
      add: (bytes) => void hash.update(bytes),
      digest: () => hash.copy().digest("hex"),
    };
  },
};

export function rerun(tape: Iterable<TapeRecord>, parts = MODBUS_AGAIN): Rerun {
  const again = new TapeRerun(parts);
  for (const record of tape) again.push(record);
  return again.result;
}
