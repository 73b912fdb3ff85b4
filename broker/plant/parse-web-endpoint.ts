/** What an endpoint that is a web panel adds: TLS, and how the broker signs in. */

import { mayBeNamed } from "../../protocols/http/fields.ts";
import {
  HOST_KEYS_MAX,
  HOST_LENGTH_MAX,
  NAME_LENGTH_MAX,
  PATH_LENGTH_MAX,
} from "./plant-limits.ts";
import type { WebSignIn, WebTls } from "./web-model.ts";
import { description, distinct, oneOf, text } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

export interface WebAdded {
  readonly tls?: WebTls;
  readonly signIn: WebSignIn;
  readonly hostName?: string;
  readonly moreFields?: readonly string[];
}

/** More than any sign-in page asks for, or any panel has of its own. */
const FIELDS_MAX = 16;

export function webAdded(from: Mapping): WebAdded {
  const tls = from.take("tls", webTls);
  const signIn = from.take("sign-in", webSignIn) ?? { kind: "none" };
  const hostName = from.take("host-name", hostNameOf);
  const moreFields = from.take("request-fields", distinct(ownField, { min: 1, max: FIELDS_MAX }));
  return {
    ...(tls && { tls }),
    signIn,
    ...(hostName !== undefined && { hostName }),
    ...(moreFields && { moreFields }),
  };
}

/** `true` leaves the certificate to an administrator's act in the console. */
export const webTls: Reading<WebTls> = (value) => {
  if (value.scalar === true) return { kind: "pinned", certificates: [] };
  const from = Mapping.read(value, "tls");
  if (!from) return undefined;
  const size = { min: 1, max: HOST_KEYS_MAX };
  const certificates = from.take("certificates", distinct(fingerprint, size));
  const ca = from.take("ca", certificateText);
  from.finish();
  if (certificates && !ca) return { kind: "pinned", certificates };
  if (ca && !certificates) return { kind: "ca", ca };
  return value.fail(
    'say which "certificates" (SHA-256) it shows, which "ca" signs them, or "true"',
  );
};

/** As `openssl x509 -fingerprint -sha256` prints it, with or without colons. */
const fingerprint: Reading<string> = (value) => {
  const read = text(95)(value)?.replaceAll(":", "").toLowerCase();
  if (read === undefined || /^[0-9a-f]{64}$/.test(read)) return read;
  return value.fail("write the SHA-256 of the certificate: 64 hexadecimal digits");
};

const certificateText: Reading<string> = (value) => {
  const read = description(value);
  if (read === undefined || /^-----BEGIN CERTIFICATE-----/.test(read)) return read;
  return value.fail("write the certificate itself, from -----BEGIN CERTIFICATE----- on");
};

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$/;

const hostNameOf: Reading<string> = (value) => {
  const read = text(HOST_LENGTH_MAX + 6)(value);
  if (read === undefined || HOST_NAME.test(read)) return read;
  return value.fail(`"${read}" is no host name`);
};

/** `basic`, `digest`, `{ header: X-Api-Key }` or `{ form: … }`. */
const webSignIn: Reading<WebSignIn> = (value) => {
  if (value.scalar !== null && typeof value.scalar === "string") {
    const kind = oneOf(["none", "basic", "digest"])(value);
    return kind && { kind };
  }
  const from = Mapping.read(value, "sign-in");
  if (!from) return undefined;
  const header = from.take("header", fieldName);
  const form = from.take("form", formRecipe);
  from.finish();
  if (header !== undefined && !form) return { kind: "header", name: header };
  if (form && header === undefined) return form;
  return value.fail('write "basic", "digest", { header: NAME } or { form: … }');
};

const fieldName: Reading<string> = (value) => {
  const read = text(NAME_LENGTH_MAX)(value);
  if (read === undefined || /^[A-Za-z0-9-]+$/.test(read)) return read;
  return value.fail(`"${read}" is no name of a header`);
};

/** Of a request; lower case from here on. */
const ownField: Reading<string> = (value) => {
  const read = fieldName(value)?.toLowerCase();
  if (read === undefined || mayBeNamed(read)) return read;
  return value.fail(`"${read}" is never a panel's own: the broker says it, or nobody does`);
};

const formRecipe: Reading<WebSignIn> = (value) => {
  const from = Mapping.read(value, "form");
  if (!from) return undefined;
  const path = from.need("path", text(PATH_LENGTH_MAX)) ?? "/";
  const user = from.take("user", text(NAME_LENGTH_MAX)) ?? "";
  const password = from.need("password", text(NAME_LENGTH_MAX)) ?? "";
  const fields = from.take("fields", fixedFields) ?? [];
  const size = { min: 1, max: FIELDS_MAX };
  const tokens = from.take("tokens", distinct(text(NAME_LENGTH_MAX), size));
  from.finish();
  if (!path.startsWith("/")) from.place("path").fail('a path begins with "/"');
  return { kind: "form", path, user, password, fields, ...(tokens && { tokens }) };
};

/** What the form sends besides, `{ action: login }`. */
const fixedFields: Reading<readonly (readonly [string, string])[]> = (value) => {
  const from = Mapping.read(value, "fields");
  if (!from) return undefined;
  const entries = from.entries();
  if (entries.length > FIELDS_MAX) return value.fail(`at most ${FIELDS_MAX} fields are taken`);
  return entries.map(([name]) => [name, from.take(name, text(NAME_LENGTH_MAX)) ?? ""] as const);
};
