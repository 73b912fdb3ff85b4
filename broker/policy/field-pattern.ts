/**
 * Fields of queries and forms that a rule names.
 *
 *     page=1          exactly that
 *     start           the name alone, or with an empty value
 *     id=*            any value; `*` within it stands for any letters
 *     speed=20..45    a number within these bounds, both included
 *     *               any field at all
 */
export type FieldPattern = (pair: readonly [name: string, value: string]) => boolean;

export function fieldPattern(written: string): FieldPattern {
  if (written === "*") return () => true;
  const equals = written.indexOf("=");
  const name = wildcard(equals < 0 ? written : written.slice(0, equals));
  const value =
    equals < 0 ? (text: string) => text === "" : valuePattern(written.slice(equals + 1));
  return ([givenName, givenValue]) => name.test(givenName) && value(givenValue);
}

const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/;
const BOUNDS = /^(-?\d{1,15}(?:\.\d{1,15})?)\.\.(-?\d{1,15}(?:\.\d{1,15})?)$/;

function valuePattern(written: string): (text: string) => boolean {
  const bounds = BOUNDS.exec(written);
  if (bounds === null) {
    const pattern = wildcard(written);
    return (text) => pattern.test(text);
  }
  const [least, most] = [Number(bounds[1]), Number(bounds[2])];
  return (text) => NUMBER.test(text) && Number(text) >= least && Number(text) <= most;
}

export interface Wildcard {
  /** Nothing but one `*`. */
  readonly any: boolean;
  test(text: string): boolean;
}

/** Text in which `*` stands for any letters; in time that grows with the text alone. */
export function wildcard(pattern: string): Wildcard {
  const parts = pattern.split("*");
  const [first = ""] = parts;
  const last = parts.at(-1) ?? "";
  const between = parts.slice(1, -1);
  const any = pattern === "*";
  if (parts.length === 1) return { any, test: (text) => text === pattern };
  const least = first.length + last.length;
  return {
    any,
    test: (text) => {
      if (text.length < least || !text.startsWith(first) || !text.endsWith(last)) return false;
      const end = text.length - last.length;
      let at = first.length;
      for (const part of between) {
        const found = text.indexOf(part, at);
        if (found < 0 || found + part.length > end) return false;
        at = found + part.length;
      }
      return true;
    },
  };
}
