/** Cookies of a panel in one session: kept here, never told to a browser. RFC 6265, for one host. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly isHttpOnly: boolean;
  /** Deleted by this. */
  readonly isOver: boolean;
}

/** RFC 6265, 6.1: fifty for a host, 4 KiB each. */
const COOKIES_MAX = 50;
const COOKIE_LENGTH_MAX = 4_096;

/**
 * As browsers take them, not as RFC 6265 wants them written: panels put sentences and JSON there,
 * and brackets into names. What would end a field or a pair is none of either.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out
const PAIR = /^([!#$%&'*+\-.^_`|~0-9A-Za-z[\]]+)=([^\x00-\x1f\x7f;]*)$/;

export class CookieJar {
  private readonly cookies = new Map<string, Pick<Cookie, "value" | "path">>();

  /** @param fields `Set-Cookie`; what cannot be read is left out */
  take(fields: readonly string[]): void {
    for (const field of fields) this.takeOne(field);
  }

  /**
   * @param own what the page's script set in the browser; the panel's own go first
   * @returns the `Cookie` field; undefined where there is nothing to say
   */
  field(path: string, own: string | undefined): string | undefined {
    const pairs = new Map<string, string>();
    for (const part of (own ?? "").split(";")) {
      const [, name, value = ""] = PAIR.exec(part.trim()) ?? [];
      if (name !== undefined) pairs.set(name, value);
    }
    for (const [name, cookie] of this.cookies) {
      if (isWithin(path, cookie.path)) pairs.set(name, cookie.value);
    }
    if (pairs.size === 0) return undefined;
    return [...pairs].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  clear(): void {
    this.cookies.clear();
  }

  private takeOne(field: string): void {
    const cookie = readCookie(field);
    if (!cookie) return;
    const { name, value, path, isOver } = cookie;
    this.cookies.delete(name);
    if (isOver || this.cookies.size >= COOKIES_MAX) return;
    this.cookies.set(name, { value, path });
  }
}

/** @param field `Set-Cookie`; undefined where it cannot be read */
export function readCookie(field: string): Cookie | undefined {
  if (field.length > COOKIE_LENGTH_MAX) return undefined;
  const [first = "", ...attributes] = field.split(";").map((part) => part.trim());
  const [, name, value = ""] = PAIR.exec(first) ?? [];
  if (name === undefined) return undefined;
  const given = (wanted: string) =>
    attributes.find((each) => each.toLowerCase().startsWith(`${wanted}=`))?.split("=")[1];
  const path = given("path");
  return {
    ...{ name, value, path: path?.startsWith("/") ? path : "/" },
    isHttpOnly: attributes.some((each) => each.toLowerCase() === "httponly"),
    isOver: Number(given("max-age") ?? 1) <= 0 || Date.parse(given("expires") ?? "") < EPOCH_SOON,
  };
}

/** Panels delete a cookie by a date long past; none means a real one before this. */
const EPOCH_SOON = Date.UTC(2001, 0, 1);

function isWithin(path: string, folder: string): boolean {
  const plain = path.split("?")[0] ?? "";
  return plain === folder || plain.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
