/** The part of the integrations file that names whose signals are taken. */
import { resolve } from "node:path";
import { addressOf, pem, type SecretSource, secret } from "../integrations/parse-via.ts";
import { secretOfFile } from "../integrations/secret.ts";
import { distinct, durationMs, integer, oneOf, text } from "../plant/yaml-readings.ts";
import { Mapping, type Reading } from "../plant/yaml-value.ts";
import { ALGORITHMS } from "../workloads/model.ts";
import { parseKeySet } from "../workloads/trust-bundle.ts";
import { DEFAULT_EFFECTS, EFFECTS, type EffectOf, type Transmitter } from "./transmitter.ts";

const TEXT_MAX = 2_000;
const HOUR_MS = 3_600_000;
const AGE_MIN_MS = 60_000;
const AGE_MAX_MS = 24 * HOUR_MS;
const RATE = 20;
const RATE_MAX = 1_000;
/**
 * What was taken is remembered for as long as it could be sent again: a row of some 300 bytes for
 * each of so many.
 */
export const REMEMBERED_MAX = 100_000;
/** Shorter ones are guessed. */
const AUTHORIZATION_MIN = 24;

/** @param name checks that no other integration has it */
export function transmitter(name: Reading<string>, source: SecretSource): Reading<Transmitter> {
  return (value) => {
    const from = Mapping.read(value, "a transmitter of signals");
    if (!from) return undefined;
    const known = from.need("name", name);
    const issuer = from.need("issuer", text(TEXT_MAX));
    const audience = from.take("audience", text(TEXT_MAX));
    const algorithms = from.take(
      "algorithms",
      distinct(oneOf(ALGORITHMS), { min: 1, max: ALGORITHMS.length }),
    );
    const keys = from.need("keys", keysOf(source));
    const poll = from.take("poll", addressOf(source));
    const authorization = from.need("authorization", longSecret(source));
    const ca = from.take("ca", pem(source, "CERTIFICATE"));
    const ageMaxMs = from.take("max-age", durationMs(AGE_MIN_MS, AGE_MAX_MS)) ?? HOUR_MS;
    const rate = from.take("rate", integer(1, RATE_MAX)) ?? RATE;
    const unknown = from.take("unknown-subjects", oneOf(["refuse", "ignore"])) ?? "refuse";
    const effects = from.take("on", effectsRead) ?? DEFAULT_EFFECTS;
    if ((rate * ageMaxMs) / 1_000 > REMEMBERED_MAX) {
      from.at.fail(
        `rate × max-age is more than the ${REMEMBERED_MAX} signals that are remembered against being played again; lower one`,
      );
    }
    from.finish();
    if (!known || !issuer || !keys || !authorization) return undefined;
    return {
      ...{ name: known, issuer, audience, keys, ageMaxMs, rate, effects },
      algorithms: algorithms ?? ["RS256", "ES256"],
      delivery: poll
        ? { kind: "poll", url: poll.read(), authorization }
        : { kind: "push", authorization },
      unknownSubjects: unknown,
      ...(ca && { ca }),
    };
  };
}

/** A path, or an https address. */
function keysOf(source: SecretSource): Reading<Transmitter["keys"]> {
  return (value) => {
    const read = text(TEXT_MAX)(value);
    if (read === undefined) return undefined;
    if (/^[a-z]+:\/\//i.test(read)) {
      const url = addressOf(source)(value)?.read();
      return url === undefined ? undefined : { from: "url", url };
    }
    const file = secretOfFile(resolve(source.folder, read));
    try {
      parseKeySet(file.read());
    } catch (error) {
      return value.fail(`${read}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return { from: "file", file };
  };
}

function longSecret(source: SecretSource): Reading<Transmitter["delivery"]["authorization"]> {
  return (value) => {
    const read = secret(source)(value);
    if (!read || read.read().length >= AUTHORIZATION_MIN) return read;
    return value.fail(`an authorization has at least ${AUTHORIZATION_MIN} characters`);
  };
}

const effectsRead: Reading<EffectOf> = (value) => {
  const from = Mapping.read(value, "what signals lead to");
  if (!from) return undefined;
  const read = Object.keys(DEFAULT_EFFECTS).flatMap((signal) => {
    const effect = from.take(signal, oneOf(EFFECTS));
    return effect === undefined ? [] : [[signal, effect] as const];
  });
  from.finish();
  return { ...DEFAULT_EFFECTS, ...Object.fromEntries(read) };
};
