/** The words of a `fault` command, for example `delay 500`. */
import type { Fault } from "./assets/faults.ts";

const MILLISECONDS_MAX = 600_000;
const EXCEPTION_MAX = 255;

export function parseFault([kind, amount]: readonly string[]): Fault | undefined {
  switch (kind) {
    case "none":
    case "hang":
    case "reset":
    case "garbage":
      return amount === undefined ? { kind } : undefined;
    case "delay":
    case "drip": {
      const ms = upTo(amount, MILLISECONDS_MAX);
      return ms === undefined ? undefined : { kind, ms };
    }
    case "exception": {
      const code = upTo(amount, EXCEPTION_MAX);
      return code === undefined ? undefined : { kind, code };
    }
    default:
      return undefined;
  }
}

function upTo(text: string | undefined, most: number): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}
