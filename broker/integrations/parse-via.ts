/** How an integration is reached: the keys of each form. */
import { isIP } from "node:net";
import { resolve } from "node:path";
import { parseNetworkAddress } from "../plant/network-address.ts";
import { refusedHost } from "../plant/refused-address.ts";
import { integer, list, oneOf, text } from "../plant/yaml-readings.ts";
import { Mapping, type Reading, type Value } from "../plant/yaml-value.ts";
import type { MailVia, Secret, SyslogVia, Trust, WebVia } from "./model.ts";
import { plainSecret, secretOfEnvironment, secretOfFile } from "./secret.ts";

/** Where secrets are found. */
export interface SecretSource {
  /** Of the integrations file: paths in it begin here. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const TEXT_MAX = 2_000;
const RECIPIENTS_MAX = 50;
const ADDRESS = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/;

export function webVia(
  from: Mapping,
  form: WebVia["form"],
  source: SecretSource,
): WebVia | undefined {
  const url = from.need("url", addressOf(source));
  const secret = form === "webhook" ? from.take("secret", signingSecret(source)) : undefined;
  const trust = trustOf(from, source, false);
  return url && { form, url, ...(secret && { secret }), ...trust };
}

export function siemWebVia(from: Mapping, source: SecretSource): WebVia | undefined {
  const via = webVia(from, "webhook", source);
  const authorization = from.take("authorization", secret(source));
  const trust = identityOf(from, source);
  return via && { ...via, ...(authorization && { authorization }), ...trust };
}

export function syslogVia(from: Mapping, source: SecretSource): SyslogVia | undefined {
  const host = from.need("host", hostName);
  const security = from.take("security", oneOf(["tls", "plain"])) ?? "tls";
  const port = from.take("port", integer(1, 65_535)) ?? (security === "tls" ? 6514 : 601);
  const format = from.take("format", oneOf(["ocsf", "cef"])) ?? "ocsf";
  const trust = trustOf(from, source, true);
  return host === undefined
    ? undefined
    : { form: "syslog", host, port, security, format, ...trust };
}

export function mailVia(from: Mapping, source: SecretSource): MailVia | undefined {
  const host = from.need("host", hostName);
  const security = from.take("security", oneOf(["starttls", "tls", "plain"])) ?? "starttls";
  const port = from.take("port", integer(1, 65_535)) ?? (security === "tls" ? 465 : 587);
  const user = from.take("user", textOrSecret(source));
  const password = from.take("password", secret(source));
  if (password && security === "plain") {
    from.place("password").fail("a password is not sent without TLS; use starttls or tls");
  }
  const sender = from.need("from", mailbox);
  const to = from.take("to", recipients) ?? "concerned";
  const trust = trustOf(from, source, false);
  if (host === undefined || sender === undefined) return undefined;
  const signIn = { ...(user && { user }), ...(password && { password }) };
  return { form: "mail", host, port, security, ...signIn, from: sender, to, ...trust };
}

export function trustOf(from: Mapping, source: SecretSource, withIdentity: boolean): Trust {
  const ca = from.take("ca", pem(source, "CERTIFICATE"));
  return { ...(ca && { ca }), ...(withIdentity ? identityOf(from, source) : {}) };
}

function identityOf(from: Mapping, source: SecretSource): Trust {
  const certificate = from.take("certificate", pem(source, "CERTIFICATE"));
  const key = from.take("key", pem(source, "PRIVATE KEY"));
  if ((certificate === undefined) !== (key === undefined)) {
    from.at.fail("certificate and key belong together");
  }
  return { ...(certificate && { certificate }), ...(key && { key }) };
}

/** A path, or `{ env: NAME }` with the text itself. */
export function pem(source: SecretSource, label: string): Reading<Secret> {
  return (value) => {
    const scalar = value.scalar;
    const read = typeof scalar === "string" ? fileSecret(value, source) : secret(source)(value);
    if (!read) return undefined;
    const found = attempt(read);
    if (found.kind === "missing") return value.fail(found.reason);
    if (found.text.includes("-----BEGIN ") && found.text.includes(`${label}-----`)) return read;
    return value.fail(`${read.from} holds no PEM ${label.toLowerCase()}`);
  };
}

function fileSecret(value: Value, { folder }: SecretSource): Secret | undefined {
  const path = text(TEXT_MAX)(value);
  return path === undefined ? undefined : secretOfFile(resolve(folder, path));
}

/** `{ file: PATH }` or `{ env: NAME }`; looked up now, so that a missing one is known. */
export function secret(source: SecretSource): Reading<Secret> {
  return (value) => {
    if (value.scalar !== undefined) {
      return value.fail("a secret is not written here; name it with { file: … } or { env: … }");
    }
    const from = Mapping.read(value, "a secret");
    if (!from) return undefined;
    const file = from.take("file", text(TEXT_MAX));
    const variable = from.take("env", text(TEXT_MAX));
    from.finish();
    if ((file === undefined) === (variable === undefined)) {
      return value.fail("name one of file and env");
    }
    const named =
      file !== undefined
        ? secretOfFile(resolve(source.folder, file))
        : secretOfEnvironment(variable ?? "", source.environment);
    const found = attempt(named);
    return found.kind === "missing" ? value.fail(found.reason) : named;
  };
}

function textOrSecret(source: SecretSource): Reading<Secret> {
  return (value) => {
    if (value.scalar === undefined) return secret(source)(value);
    const read = text(TEXT_MAX)(value);
    return read === undefined ? undefined : plainSecret(read);
  };
}

/** Shorter ones are guessed. */
const SIGNING_LENGTH_MIN = 24;

function signingSecret(source: SecretSource): Reading<Secret> {
  return (value) => {
    const read = secret(source)(value);
    if (!read || read.read().length >= SIGNING_LENGTH_MIN) return read;
    return value.fail(`a secret that signs has at least ${SIGNING_LENGTH_MIN} characters`);
  };
}

/** An address with a token in it is a secret too, so it may be named like one. */
export function addressOf(source: SecretSource): Reading<Secret> {
  return (value) => {
    const read = textOrSecret(source)(value);
    if (!read) return undefined;
    const wrong = addressFault(read.read());
    return wrong === undefined ? read : value.fail(wrong);
  };
}

export function addressFault(given: string): string | undefined {
  if (!URL.canParse(given)) return "this is not an address; write https://host/path";
  const { protocol, username, password, hostname } = new URL(given);
  if (username !== "" || password !== "") return "an address does not carry a user or password";
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol === "https:") return undefined;
  if (protocol === "http:" && refusedHost(host)?.startsWith("a loopback")) return undefined;
  return "only https addresses are taken (http for this machine alone)";
}

const hostName: Reading<string> = (value) => {
  const read = text(TEXT_MAX)(value);
  if (read === undefined) return undefined;
  if (isIP(read) !== 0) return read;
  const parsed = parseNetworkAddress(read);
  if (parsed.kind === "address" && parsed.host === read.toLowerCase()) return parsed.host;
  return value.fail(`"${read}" is not a host name or IP address; the port has a key of its own`);
};

/** `Name <address>` or an address. */
const mailbox: Reading<string> = (value) => {
  const read = text(TEXT_MAX)(value);
  if (read === undefined) return undefined;
  const [, inside] = /^[^<>"@,;:\\]*<([^<>]+)>$/.exec(read) ?? [];
  if (ADDRESS.test(inside ?? read)) return read;
  return value.fail(`"${read}" is not a mail address; write "Sallyport <sallyport@plant.example>"`);
};

const recipient: Reading<string> = (value) => {
  const read = text(TEXT_MAX)(value);
  if (read === undefined || ADDRESS.test(read)) return read;
  return value.fail(`"${read}" is not a mail address`);
};

const recipients: Reading<MailVia["to"]> = (value) =>
  value.scalar === "concerned"
    ? "concerned"
    : value.items
      ? list(recipient, { min: 1, max: RECIPIENTS_MAX })(value)
      : value.fail("write `concerned` or a list of mail addresses");

function attempt(
  named: Secret,
):
  | { readonly kind: "found"; readonly text: string }
  | { readonly kind: "missing"; readonly reason: string } {
  try {
    return { kind: "found", text: named.read() };
  } catch (error) {
    return { kind: "missing", reason: error instanceof Error ? error.message : String(error) };
  }
}
