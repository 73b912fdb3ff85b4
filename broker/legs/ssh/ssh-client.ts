/** A native client that has proved who it is: each of its channels becomes a channel of its session. */
import type { Connection } from "ssh2";
import { FieldWriter } from "../../../protocols/ssh/field-writer.ts";
import type { SshMessage } from "../../../protocols/ssh/message.ts";
import type { Leg } from "../leg.ts";
import { allRequests } from "./all-requests.ts";
import { plain, refuseOpens } from "./refuse-opens.ts";
import { RefusedLeg } from "./refused-leg.ts";
import { SshLine } from "./ssh-line.ts";
import { SshSessionLeg } from "./ssh-session-leg.ts";

export interface ClientAttaching {
  /** Adds a channel to the session; rejects where it takes no more. */
  attach(leg: Leg): Promise<unknown>;
  /** Somebody typed, or a tool sent: keeps idle away. */
  input?(): void;
}

/** Things that are never carried, asked for on one connection, that are decided and recorded each. */
const RECORDED_MAX = 32;
/** A browser behind `ssh -D` asks for some hundred in vain; more is a flood. */
const REFUSALS_MAX = 1_000;
/** Channels that begin at the same time on one connection. */
const BEGINNING_MAX = 64;

export function serveChannels(connection: Connection, { attach, input }: ClientAttaching): void {
  const line = new SshLine(connection);
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
  const mayAsk = () => {
    refusals += 1;
    if (refusals > REFUSALS_MAX) connection.end();
    return refusals <= RECORDED_MAX;
  };
  const refuse = (asks: SshMessage, reject: () => void) => {
    if (mayAsk()) void begin(new RefusedLeg(asks, reject), reject);
    else reject();
  };
  connection.on("session", (accept, reject) => {
    if (beginning >= BEGINNING_MAX) return reject();
    const session = accept();
    const leg = new SshSessionLeg(session, line, input, mayAsk);
    void begin(leg, () => leg.close());
  });
  allRequests(connection);
  refuseOpens(connection, ({ type, rest, refuse: reject }) => {
    refuse({ kind: "open", type, rest }, reject);
  });
  connection.on("request", (_accept, reject, name, info) => {
    const { bindAddr = "", bindPort = 0 } = info as Partial<{ bindAddr: string; bindPort: number }>;
    const rest = new FieldWriter().name(plain(bindAddr)).uint32(bindPort).plain();
    const asks = { kind: "global-request", name, wantReply: reject !== undefined, rest } as const;
    refuse(asks, () => reject?.());
  });
}
