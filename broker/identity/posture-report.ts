/** A report that a machine makes about itself, signed by the key by which the site knows it. */
import { EmbeddedJWK, type JWK, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { PostureFacts } from "../store/device.ts";
import { machineKey, thumbprintOf } from "./key-proof.ts";
import { postureFacts } from "./posture.ts";

export const POSTURE_TYPE = "sallyport-posture+jwt";
const LENGTH_MAX = 4_096;
/** Sent as soon as it is made; the command sets its clock right by the broker's. */
const AGE_MAX_S = 120;

const claims = z.looseObject({ iat: z.number(), aud: z.string(), facts: postureFacts });

/** Undefined for whatever is not such a report, of now, for this site, by this key. */
export async function readPostureReport(
  report: string,
  { keyThumbprint, origin }: { readonly keyThumbprint: string; readonly origin: string },
  clock: Clock,
): Promise<PostureFacts | undefined> {
  if (report.length > LENGTH_MAX) return undefined;
  try {
    const { payload, protectedHeader } = await jwtVerify(report, EmbeddedJWK, {
      ...{ algorithms: ["ES256"], typ: POSTURE_TYPE, audience: origin },
      currentDate: new Date(clock.wallMs()),
    });
    const { iat, facts } = claims.parse(payload);
    const key = machineKey.parse(protectedHeader.jwk satisfies JWK | undefined);
    const young = Math.abs(clock.wallMs() / 1_000 - iat) <= AGE_MAX_S;
    return young && (await thumbprintOf(key)) === keyThumbprint ? facts : undefined;
  } catch {
    return undefined;
  }
}
