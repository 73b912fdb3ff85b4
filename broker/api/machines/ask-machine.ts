/** Device authorization (RFC 8628), for the `sallyport` command. */
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { thumbprintOf } from "../../identity/key-proof.ts";
import type { MachineAsks } from "../../identity/machine-asks.ts";
import { POLL_S } from "../../identity/machine-asks.ts";
import type { MachineSignIns, Redeemed } from "../../identity/machine-sign-ins.ts";
import { publicEndpoint } from "../endpoint.ts";
import { ApiRefused } from "../problem.ts";
import {
  deviceAskSchema,
  deviceAuthorizationSchema,
  deviceTokenSchema,
} from "../shapes/machines.ts";

export function askMachine(asks: Pick<MachineAsks, "ask">, clock: Clock) {
  return publicEndpoint({
    summary: "A command asks to be signed in for a person, who approves it in the browser",
    body: deviceAskSchema,
    answer: deviceAuthorizationSchema,
    handle: async ({ body, address, origin }) => {
      const { machine, tool, key, token } = body;
      const keyThumbprint = await thumbprintOf(key);
      const asked = asks.ask({
        ...{ machine, tool, address, keyThumbprint },
        ...(token && { token: { assets: undefined, ...token } }),
      });
      if (!asked) throw tooMany();
      const { ask, deviceCode } = asked;
      const page = `${origin}/device`;
      return {
        device_code: deviceCode,
        user_code: ask.code,
        verification_uri: page,
        verification_uri_complete: `${page}/${ask.code}`,
        expires_in: Math.floor((ask.untilMs - clock.wallMs()) / 1_000),
        interval: POLL_S,
        number: ask.number,
      };
    },
  });
}

/** @param brokers of a site with a standby */
export function redeemMachine(
  machines: Pick<MachineSignIns, "redeem">,
  clock: Clock,
  brokers: readonly string[],
) {
  return publicEndpoint({
    summary: "Whether the person has approved it: then the token, once, with a proof of the key",
    body: z.strictObject({ device_code: z.string().min(1).max(200) }),
    answer: deviceTokenSchema,
    handle: async ({ body, keyed }) => {
      if (!keyed) throw refusedFor("invalid");
      const redeemed = await machines.redeem(body.device_code, keyed);
      if (redeemed.kind === "issued") {
        const { token, kept, person } = redeemed.issued;
        return {
          access_token: token,
          token_type: kept.keyThumbprint === undefined ? ("Bearer" as const) : ("DPoP" as const),
          expires_in: Math.floor((kept.expiresMs - clock.wallMs()) / 1_000),
          person: { name: person.name, email: person.email },
        };
      }
      if (redeemed.kind !== "signed-in") throw refusedFor(redeemed.kind);
      const { token, person, signIn } = redeemed.signIn;
      return {
        access_token: token,
        token_type: "DPoP" as const,
        expires_in: Math.floor((signIn.absoluteEndsMs - clock.wallMs()) / 1_000),
        person: { name: person.name, email: person.email },
        ...(brokers.length > 1 && { brokers: [...brokers] }),
      };
    },
  });
}

type Refused = Exclude<Redeemed["kind"], "signed-in" | "issued">;

/** Codes of RFC 8628 and RFC 9449. */
const REFUSALS: Readonly<Record<Refused, readonly [code: string, message: string]>> = {
  pending: ["authorization_pending", "Nobody has approved it yet."],
  "slow-down": ["slow_down", `Ask every ${POLL_S} seconds.`],
  refused: ["access_denied", "It was refused in the browser."],
  gone: ["expired_token", "This waits no more: it was used, or waited too long. Start again."],
  stale: ["proof-stale", "The clock of this machine is wrong."],
  invalid: ["invalid_dpop_proof", "The key of this machine was not proved."],
};

function refusedFor(kind: Refused): ApiRefused {
  return new ApiRefused(400, ...REFUSALS[kind]);
}

function tooMany(): ApiRefused {
  const message = "Too many commands wait to be signed in. Try again in a few minutes.";
  return new ApiRefused(429, "rate-limited", message);
}
