/** Whom or what a signal is about (RFC 9493, and complex subjects of the Shared Signals Framework). */
import { z } from "zod";
import type { AccountName } from "../store/provider-accounts.ts";

/** As far as it can be looked up here; nothing of it is believed to exist yet. */
export interface SignalSubject {
  /** Of a person. */
  readonly email: string | undefined;
  /** Of a person, at the identity provider of this name. */
  readonly account: AccountName | undefined;
  /** Ids by which a device may be known here: its own, or that of the inventory. */
  readonly devices: readonly string[];
  /** Of a session of this broker, where the transmitter knows it. */
  readonly session: string | undefined;
}

const TEXT_MAX = 320;
const ALIASES_MAX = 10;
const text = z.string().min(1).max(TEXT_MAX);

type Simple = z.output<typeof simple>;
const simple = z.discriminatedUnion("format", [
  z.looseObject({ format: z.literal("email"), email: text }),
  z.looseObject({ format: z.literal("account"), uri: text }),
  z.looseObject({ format: z.literal("iss_sub"), iss: text, sub: text }),
  z.looseObject({ format: z.literal("opaque"), id: text }),
  z.looseObject({ format: z.literal("uri"), uri: text }),
]);

const aliases = z.looseObject({
  format: z.literal("aliases"),
  identifiers: z.array(simple).min(1).max(ALIASES_MAX),
});
const member = z.union([simple, aliases]);
const complex = z.looseObject({
  format: z.literal("complex").optional(),
  user: member.optional(),
  device: member.optional(),
  session: member.optional(),
});

/** Undefined where it has no form that is known. */
export function readSubject(given: unknown): SignalSubject | undefined {
  const one = member.safeParse(given);
  if (one.success) {
    const { data } = one;
    const [email, account] = [emailIn(data), accountIn(data)];
    return { email, account, devices: idsIn(data), session: undefined };
  }
  const parts = complex.safeParse(given);
  if (!parts.success) return undefined;
  const { user, device, session } = parts.data;
  return {
    email: user && emailIn(user),
    account: user && accountIn(user),
    devices: device ? idsIn(device) : [],
    session: session && idsIn(session)[0],
  };
}

function each(of: z.output<typeof member>): readonly Simple[] {
  return of.format === "aliases" ? of.identifiers : [of];
}

function emailIn(of: z.output<typeof member>): string | undefined {
  return each(of).flatMap(emailOf)[0];
}

function emailOf(of: Simple): readonly string[] {
  if (of.format === "email") return [of.email.toLowerCase()];
  const [, address] = of.format === "account" ? (/^acct:(.+@.+)$/.exec(of.uri) ?? []) : [];
  return address === undefined ? [] : [address.toLowerCase()];
}

function accountIn(of: z.output<typeof member>): AccountName | undefined {
  const named = each(of).find((one) => one.format === "iss_sub");
  return named && { issuer: named.iss, subject: named.sub };
}

function idsIn(of: z.output<typeof member>): readonly string[] {
  return each(of).flatMap((one) => {
    if (one.format === "opaque") return [one.id];
    return one.format === "iss_sub" ? [one.sub] : [];
  });
}
