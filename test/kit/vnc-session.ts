/** A session on a screen over memory legs: the test is the viewer and the panel. */
import type { VerifiedClaims } from "../../broker/access/permits.ts";
import type { Profile, Rule, VncEndpoint } from "../../broker/plant/model.ts";
import { ENDPOINT_LIMITS_DEFAULT } from "../../broker/plant/plant-limits.ts";
import type { SessionHooks } from "../../broker/sessions/session-hooks.ts";
import {
  type ClientMessage,
  cutClientMessage,
  encodeClientMessage,
} from "../../protocols/rfb/client-message.ts";
import { RfbGuard } from "../../protocols/rfb/guard.ts";
import { PLAIN_FORMAT } from "../../protocols/rfb/pixel-format.ts";
import type { ScreenPage } from "../../protocols/rfb/screen-page.ts";
import { encodeHello } from "../../protocols/rfb/to-client.ts";
import type { Rerun } from "../../protocols/tape/rerun.ts";
import { testClaims } from "./claims.ts";
import { MODBUS_AGAIN, rerun } from "./rerun.ts";
import type { KitSession, SessionKit } from "./session-kit.ts";

export const TEST_SCREEN: VncEndpoint = {
  ...{ id: "screen", protocol: "vnc", host: "10.0.0.7", port: 5900, allowLocal: false, tags: [] },
  ...{ limits: ENDPOINT_LIMITS_DEFAULT, viewOnly: false, resize: false, pages: [] },
};

const EVERYTHING: readonly Rule[] = [
  {
    ...{ name: "everything", verdict: "permit", limits: {} },
    match: { classes: ["observe", "operate", "transfer"] },
  },
];

export interface ScreenSession {
  readonly session: KitSession;
  says(...messages: readonly ClientMessage[]): void;
  /** What the panel heard after both had said hello. */
  heard(): ClientMessage[];
}

export interface ScreenOptions {
  readonly rules?: readonly Rule[];
  readonly endpoint?: VncEndpoint;
  readonly width?: number;
  readonly height?: number;
  readonly hooks?: SessionHooks;
}

/** Both sides have said hello. */
export async function openScreen(
  kit: SessionKit,
  options: ScreenOptions = {},
): Promise<ScreenSession> {
  const { rules = EVERYTHING, endpoint = TEST_SCREEN, width = 800, height = 480 } = options;
  const profile: Profile = { id: "hmi", description: "", onRecorderFailure: "freeze", rules };
  const claims = { ...testClaims({ nowMs: kit.clock.wallMs() }), endpoint, profile };
  const session = await kit.openWith(claims as VerifiedClaims, options.hooks);
  session.client.feed(Uint8Array.of(1));
  await session.sent(1);
  const name = new Uint8Array(0);
  session.asset.feed(encodeHello({ width, height, format: PLAIN_FORMAT, name }));
  return {
    session,
    says: (...messages) => {
      for (const message of messages) session.client.feed(encodeClientMessage(message));
    },
    heard: () => session.asset.written.slice(1).map(messageOf),
  };
}

function messageOf(bytes: Uint8Array): ClientMessage {
  const cut = cutClientMessage(bytes);
  if (cut.kind !== "frame") throw new Error(`the panel heard something ${cut.kind}`);
  return cut.frame;
}

/** The tape of a screen under a new guard. */
export function rerunScreen({ tape }: KitSession, pages: readonly ScreenPage[] = []): Rerun {
  return rerun(tape, { ...MODBUS_AGAIN, guardOf: () => new RfbGuard(pages) });
}
