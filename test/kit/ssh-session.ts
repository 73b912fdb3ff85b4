/** A session over SSH on memory legs: the test is the client and the asset. */
import type { PermitClaims } from "../../broker/access/permit.ts";
import type { VerifiedClaims } from "../../broker/access/permits.ts";
import type { Profile, Rule, SshEndpoint } from "../../broker/plant/model.ts";
import { ENDPOINT_LIMITS_DEFAULT } from "../../broker/plant/plant-limits.ts";
import type { OperationClass } from "../../protocols/guard.ts";
import { FieldWriter } from "../../protocols/ssh/field-writer.ts";
import { SshGuard } from "../../protocols/ssh/guard.ts";
import { cutMessage, encodeMessage, type SshMessage } from "../../protocols/ssh/message.ts";
import type { Rerun } from "../../protocols/tape/rerun.ts";
import { encodeUtf8 } from "../../protocols/tape/utf8.ts";
import { testClaims } from "./claims.ts";
import { MODBUS_AGAIN, rerun } from "./rerun.ts";
import type { KitSession, SessionKit } from "./session-kit.ts";

const TEST_SSH: SshEndpoint = {
  ...{ id: "ssh", protocol: "ssh", host: "10.0.0.7", port: 22, allowLocal: false, tags: [] },
  ...{ limits: ENDPOINT_LIMITS_DEFAULT, hostKeys: [], legacyAlgorithms: false },
};

const CLASSES: OperationClass[] = ["observe", "configure", "transfer"];
const EVERYTHING: Rule = {
  ...{ name: "everything", verdict: "permit", limits: {}, match: { classes: CLASSES } },
};

export interface ChannelSession {
  readonly session: KitSession;
  says(...messages: readonly SshMessage[]): void;
  answers(...messages: readonly SshMessage[]): void;
  /** What the asset heard so far. */
  heard(): SshMessage[];
  /** What the client was told so far. */
  told(): SshMessage[];
}

const NOTHING: Uint8Array = new Uint8Array(0);

export const request = (name: string, rest = NOTHING): SshMessage => {
  return { kind: "request", name, wantReply: true, rest };
};

export const text = (value: string): Uint8Array =>
  new FieldWriter().string(encodeUtf8(value)).plain();

export const data = (value: string | Uint8Array): SshMessage => {
  return { kind: "data", bytes: typeof value === "string" ? encodeUtf8(value) : value };
};

const terminal = new FieldWriter().name("xterm").uint32(80).uint32(24).uint32(0).uint32(0);
export const PTY = request("pty-req", terminal.string(NOTHING).plain());

/** The channel is open and the asset runs what was asked for. */
export async function openChannel(
  kit: SessionKit,
  ...starts: readonly SshMessage[]
): Promise<ChannelSession> {
  const profile: Profile = {
    ...{ id: "ssh", description: "", onRecorderFailure: "freeze", rules: [EVERYTHING] },
  };
  const claims: PermitClaims = {
    ...testClaims({ nowMs: kit.clock.wallMs() }),
    ...{ endpoint: TEST_SSH, profile, capabilities: CLASSES },
  };
  return runChannel(await kit.openWith(claims as VerifiedClaims), ...starts);
}

/** On the channel that a session has already. */
export async function runChannel(
  session: KitSession,
  ...starts: readonly SshMessage[]
): Promise<ChannelSession> {
  const says = (...messages: readonly SshMessage[]) => {
    for (const message of messages) session.client.feed(encodeMessage(message));
  };
  const answers = (...messages: readonly SshMessage[]) => {
    for (const message of messages) session.asset.feed(encodeMessage(message));
  };
  says({ kind: "open", type: "session", rest: NOTHING }, ...starts);
  await session.sent(starts.length + 1);
  answers({ kind: "open-confirmation" }, { kind: "success" });
  const heard = () => session.asset.written.map(messageOf);
  const told = () => session.client.written.map(messageOf);
  return { session, says, answers, heard, told };
}

function messageOf(bytes: Uint8Array): SshMessage {
  const cut = cutMessage(bytes);
  if (cut.kind !== "frame") throw new Error(`somebody heard something ${cut.kind}`);
  return cut.frame;
}

/** The tape of a channel under a new guard. */
export function rerunChannel({ tape }: KitSession): Rerun {
  return rerun(tape, { ...MODBUS_AGAIN, guardOf: () => new SshGuard() });
}
