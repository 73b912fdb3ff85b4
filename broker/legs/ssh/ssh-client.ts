/** A native client that has proved who it is: each of its channels becomes a channel of its session. */
import type { Connection } from "ssh2";
import { FieldWriter } from "../../../protocols/ssh/field-writer.ts";
import type { SshMessage } from "../../../protocols/ssh/message.ts";
import type { Leg } from "../leg.ts";
import { RefusedLeg } from "./refused-leg.ts";
import { SshSessionLeg } from "./ssh-session-leg.ts";

export interface ClientAttaching {
  /** Adds a channel to the session; rejects where it takes no more. */
  attach(leg: Leg): Promise<unknown>;
  /** Somebody typed, or a tool sent: keeps idle away. */
  input?(): void;
}

/** Things that are never carried, asked for on one connection: more is a flood, not a habit. */
const REFUSALS_MAX = 32;
/** Channels that begin at the same time on one connection. */
const BEGINNING_MAX = 64;

export function serveChannels(connection: Connection, { attach, input }: ClientAttaching): void {
  let refusals = 0;
  let beginning = 0;
  const begin = async (leg: Leg, failed: () => void) => {
    beginning += 1;
    try {
      await attach(leg);
    } catch {
      failed();
    } finally {
      beginning -= 1;
    }
  };
  const refuse = (asks: SshMessage, reject: () => void) => {
    refusals += 1;
    if (refusals > REFUSALS_MAX) {
      reject();
      connection.end();
    } else void begin(new RefusedLeg(asks, reject), reject);
  };
  connection.on("session", (accept, reject) => {
    if (beginning >= BEGINNING_MAX) return reject();
    const session = accept();
    const leg = new SshSessionLeg(session, input);
    void begin(leg, () => leg.close());
  });
  connection.on("tcpip", (_accept, reject, info) => {
    const rest = new FieldWriter().name(plain(info.destIP)).uint32(info.destPort).plain();
    refuse({ kind: "open", type: "direct-tcpip", rest }, reject);
  });
  connection.on("openssh.streamlocal", (_accept, reject, info) => {
    const rest = new FieldWriter().name(plain(info.socketPath)).plain();
    refuse({ kind: "open", type: "direct-streamlocal@openssh.com", rest }, reject);
  });
  connection.on("request", (_accept, reject, name, info) => {
    const { bindAddr = "", bindPort = 0 } = info as Partial<{ bindAddr: string; bindPort: number }>;
    const rest = new FieldWriter().name(plain(bindAddr)).uint32(bindPort).plain();
    const asks = { kind: "global-request", name, wantReply: reject !== undefined, rest } as const;
    refuse(asks, () => reject?.());
  });
}

function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, TEXT_MAX);
}

const TEXT_MAX = 200;
