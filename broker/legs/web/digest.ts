/** HTTP digest authentication (RFC 7616), as old panels ask for it. */
import { createHash, randomBytes } from "node:crypto";

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: "MD5" | "SHA-256";
  /** Without it RFC 2069 is meant. */
  readonly hasQop: boolean;
}

/** Undefined where the panel asks for no digest that is known here. */
export function challengeOf(fields: readonly string[]): Challenge | undefined {
  const known = fields.flatMap(digestsOf).flatMap((each) => readChallenge(each) ?? []);
  return known.find(({ algorithm }) => algorithm === "SHA-256") ?? known[0];
}

/** One field may hold several challenges, of several kinds (RFC 9110, 11.6.1). */
function digestsOf(field: string): readonly string[] {
  if (field.length > FIELD_MAX) return [];
  const begins = [...field.matchAll(/(?:^|,)\s*([A-Za-z][\w-]*)\s+(?=[A-Za-z][\w-]*\s*=)/g)];
  return begins.flatMap((begin, n) => {
    const until = begins[n + 1]?.index ?? field.length;
    return begin[1]?.toLowerCase() === "digest" ? [field.slice(begin.index, until)] : [];
  });
}

/** Longer than any challenge of a panel. */
const FIELD_MAX = 2_048;

function readChallenge(found: string): Challenge | undefined {
  const words = new Map<string, string>();
  for (const [, name = "", quoted, plain] of found.matchAll(
    /([a-z]+)\s*=\s*(?:"([^"\\]*)"|([^\s,"]+))/gi,
  )) {
    words.set(name.toLowerCase(), quoted ?? plain ?? "");
  }
  const algorithm = (words.get("algorithm") ?? "MD5").toUpperCase();
  const realm = words.get("realm");
  const nonce = words.get("nonce");
  if (realm === undefined || nonce === undefined) return undefined;
  if (algorithm !== "MD5" && algorithm !== "SHA-256") return undefined;
  const qop = words.get("qop");
  if (qop !== undefined && !qop.split(",").some((each) => each.trim() === "auth")) return undefined;
  return { realm, nonce, opaque: words.get("opaque"), algorithm, hasQop: qop !== undefined };
}

export interface DigestRequest {
  readonly method: string;
  readonly target: string;
  readonly user: string;
  readonly password: string;
  /** How often this nonce was used, this time included. */
  readonly count: number;
}

/** The `Authorization` field. */
export function digestField(challenge: Challenge, request: DigestRequest): string {
  const { realm, nonce, opaque, algorithm, hasQop } = challenge;
  const { method, target, user, password } = request;
  const hash = (text: string) =>
    createHash(algorithm === "MD5" ? "md5" : "sha256")
      .update(text)
      .digest("hex");
  const secret = hash(`${user}:${realm}:${password}`);
  const deed = hash(`${method}:${target}`);
  const count = request.count.toString(16).padStart(8, "0");
  const own = randomBytes(8).toString("hex");
  const response = hasQop
    ? hash(`${secret}:${nonce}:${count}:${own}:auth:${deed}`)
    : hash(`${secret}:${nonce}:${deed}`);
  return [
    `Digest username="${user.replaceAll(/["\\]/g, "")}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${target}"`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ...(hasQop ? ["qop=auth", `nc=${count}`, `cnonce="${own}"`] : []),
  ].join(", ");
}
