/** `10.20.0.5:502`, `plc-3.plant.example`, `[fd00::5]:502` to host and port. Pure. */
import { isIPv4, isIPv6 } from "node:net";
import { HOST_LENGTH_MAX, MODBUS_PORT } from "./plant-limits.ts";

export type NetworkAddress =
  | { readonly kind: "address"; readonly host: string; readonly port: number }
  | { readonly kind: "malformed"; readonly reason: string };

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** @param portIfNone where the text names none */
export function parseNetworkAddress(text: string, portIfNone = MODBUS_PORT): NetworkAddress {
  if (isIPv6(text)) return malformed(`write an IPv6 address in brackets: [${text}]:${portIfNone}`);
  const match = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  if (!match) return malformed("write host:port, like 10.20.0.5:502 or plc-3.plant.example:502");
  const port = match[3] === undefined ? portIfNone : Number(match[3]);
  if (port < 1 || port > 65_535) return malformed(`port ${port} does not exist; use 1 to 65535`);
  const [, inBrackets, plain] = match;
  if (inBrackets !== undefined) {
    if (isIPv6(inBrackets) && !inBrackets.includes("%")) {
      return { kind: "address", host: inBrackets.toLowerCase(), port };
    }
    return malformed(`${inBrackets} is not an IPv6 address`);
  }
  const host = (plain ?? "").toLowerCase();
  return isIPv4(host) || isHostName(host)
    ? { kind: "address", host, port }
    : malformed(`${host} is neither an IP address nor a host name`);
}

/**
 * RFC 1123 names. The last label must hold a letter other than of a number's notation: `127.1`,
 * `2130706433` and `0x7f.1` are addresses to a resolver, in spellings that nobody reviews well.
 */
function isHostName(host: string): boolean {
  if (host.length > HOST_LENGTH_MAX) return false;
  const labels = host.replace(/\.$/, "").split(".");
  const last = labels.at(-1) ?? "";
  return labels.every((label) => LABEL.test(label)) && !/^(?:\d+|0x[0-9a-f]*)$/.test(last);
}

function malformed(reason: string): NetworkAddress {
  return { kind: "malformed", reason };
}
