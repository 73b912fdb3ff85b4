/** What would open a way past the broker: ports, sockets, agents, displays, tunnels. */
import { FieldReader } from "./field-reader.ts";
import { OPEN_FAILURE, type SshMessage } from "./message.ts";
import type { ForwardOperation, OtherOperation } from "./operation.ts";

/** Channel types, channel requests and global requests. */
const FORWARDS: ReadonlySet<string> = new Set([
  "direct-tcpip",
  "forwarded-tcpip",
  "direct-streamlocal@openssh.com",
  "forwarded-streamlocal@openssh.com",
  "tcpip-forward",
  "cancel-tcpip-forward",
  "streamlocal-forward@openssh.com",
  "cancel-streamlocal-forward@openssh.com",
  "tun@openssh.com",
  "x11",
  "x11-req",
  "auth-agent@openssh.com",
  "auth-agent-req@openssh.com",
]);

function isForward(name: string): boolean {
  return FORWARDS.has(name);
}

export function refusedOpening(type: string): SshMessage {
  const text = isForward(type) ? "Sallyport carries no forwarding" : "not permitted";
  return { kind: "open-failure", reason: OPEN_FAILURE.administrativelyProhibited, text };
}

/** A request or an opening that is never carried, as what it is. */
export function forwardOf(name: string, rest: Uint8Array): ForwardOperation | OtherOperation {
  return isForward(name)
    ? { action: "ssh:forward", class: "program", name, to: forwardTarget(name, rest) }
    : { action: "ssh:other", class: "program", name };
}

/** Where to, for people: `10.0.0.5:502`; empty where the message does not say. */
function forwardTarget(name: string, rest: Uint8Array): string {
  const from = new FieldReader(rest);
  const host = from.text();
  if (from.failed || name.startsWith("x11")) return "";
  if (!name.includes("tcpip")) return host;
  const port = from.uint32();
  return from.failed ? host : `${host}:${port}`;
}
