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
  /** By name and path: each part of a panel may have one of the same name. */
  private readonly cookies = new Map<string, Pick<Cookie, "name" | "value" | "path">>();

  /** @param fields `Set-Cookie`; what cannot be read is left out */
  take(fields: readonly string[]): void {
    for (const field of fields) this.takeOne(field);
  }

  /**
   * @param own what the page's script set in the browser; the panel's own go first
   * @returns the `Cookie` field; undefined where there is nothing to say
   */
  field(path: string, own: string | undefined): string | undefined {
    const sent = [...this.cookies.values()].filter((each) => isWithin(path, each.path));
    const taken = new Set(sent.map(({ name }) => name));
    const pairs = new Map<string, string>();
    for (const part of (own ?? "").split(";")) {
      const [, name, value = ""] = PAIR.exec(part.trim()) ?? [];
      if (name !== undefined && !taken.has(name)) pairs.set(name, value);
    }
    // RFC 6265, 5.4: the nearest path first, since panels take the first of two.
    sent.sort((a, b) => b.path.length - a.path.length);
    const all = [...sent.map(({ name, value }) => [name, value] as const), ...pairs];
    return all.map(([name, value]) => `${name}=${value}`).join("; ") || undefined;
  }

  clear(): void {
    this.cookies.clear();
  }

  private takeOne(field: string): void {
    const cookie = readCookie(field);
    if (!cookie) return;
    const { name, value, path, isOver } = cookie;
    const key = `${name};${path}`;
    const known = this.cookies.delete(key);
    // Where none was given, a browser took another path than is taken here.
    if (isOver && !known) this.forget(name);
    if (isOver || this.cookies.size >= COOKIES_MAX) return;
    this.cookies.set(key, { name, value, path });
  }

  private forget(name: string): void {
    for (const [key, cookie] of this.cookies) if (cookie.name === name) this.cookies.delete(key);
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
