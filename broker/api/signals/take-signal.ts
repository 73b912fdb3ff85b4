/** Signals pushed to us (RFC 8935), and what others need to hear ours. */
import { z } from "zod";
import { Answered, publicEndpoint } from "../endpoint.ts";
import { notFound } from "../problem.ts";
import type { SignalGround } from "./list-signals.ts";

export function takeSignal({ signals }: SignalGround) {
  return publicEndpoint({
    summary: "A security event token, by a transmitter that the integrations file names",
    body: z.unknown(),
    handle: async ({ body, authorization }) => {
      // Nobody is told that there is such a door where nobody may come by it.
      if (signals.transmitters.length === 0) throw notFound();
      const token = typeof body === "string" ? body : "";
      const taken = await signals.push(token.trim(), authorization);
      if (taken.kind === "taken") return new Answered(202);
      if (taken.kind === "later") {
        return new Answered(429, undefined, { "retry-after": String(taken.seconds) });
      }
      const { fault: err, why } = taken;
      const status = err === "authentication_failed" ? 401 : 400;
      const challenge = status === 401 ? { "www-authenticate": "Bearer" } : {};
      return new Answered(status, { err, description: why }, challenge);
    },
  });
}

/** Shared Signals Framework 1.0, section 7. Streams are set up by this site's administrators. */
export function showStreamConfiguration(ground: SignalGround) {
  return publicEndpoint({
    summary: "How this site tells others of sessions and devices",
    answer: z.looseObject({}),
    handle: ({ origin }) => {
      if (!ground.sends()) throw notFound();
      return {
        spec_version: "1_0",
        issuer: ground.issuer,
        jwks_uri: `${origin}/api/signals/keys`,
        delivery_methods_supported: ["urn:ietf:rfc:8935"],
        default_subjects: "ALL",
      };
    },
  });
}

export function showSignalKeys(ground: SignalGround) {
  return publicEndpoint({
    summary: "The public key by which this site signs its signals (JWK set)",
    answer: z.looseObject({ keys: z.array(z.looseObject({})) }),
    handle: async () => {
      if (!ground.sends()) throw notFound();
      return { keys: [...(await ground.siteKey.publicKeys()).keys] };
    },
  });
}
