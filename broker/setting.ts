/** The kinds of settings: each is written as text and read by a schema with bounds. */
import { z } from "zod";

export interface Setting<T> {
  readonly variable: string;
  /** As a person would write it; empty where the value is derived from others. */
  readonly fallback: string;
  /** Completes the sentence "It must be …". */
  readonly expects: string;
  readonly description: string;
  readonly schema: z.ZodType<T, string>;
  readonly secret?: true;
}

export type Rest = Omit<Setting<unknown>, "schema" | "expects">;

/** A span such as `90s`, `15m` or `8h`, as milliseconds. */
export function span(rest: Rest, minText: string, maxText: string): Setting<number> {
  const [min, max] = [milliseconds(minText), milliseconds(maxText)];
  return {
    ...rest,
    expects: `a time from ${minText} to ${maxText}, such as ${rest.fallback}`,
    schema: z.string().transform(milliseconds).pipe(z.number().min(min).max(max)),
  };
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function milliseconds(text: string): number {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  return unit === undefined ? Number.NaN : Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

export function whole(rest: Rest, min: number, max: number): Setting<number> {
  return {
    ...rest,
    expects: `a whole number from ${min} to ${max}`,
    schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max)),
  };
}

export function flag(rest: Rest): Setting<boolean> {
  const words: Record<string, boolean> = { "1": true, true: true, "0": false, false: false };
  return {
    ...rest,
    expects: "1 or 0",
    schema: z
      .string()
      .transform((text) => words[text])
      .pipe(z.boolean()),
  };
}

/** Undefined where it is off. */
export function portOrOff(rest: Rest): Setting<number | undefined> {
  return {
    ...rest,
    expects: "a whole number from 0 to 65535, or `off`",
    schema: z
      .string()
      .regex(/^(off|\d{1,5})$/)
      .transform((text) => (text === "off" ? undefined : Number(text)))
      .pipe(z.number().max(65_535).optional()),
  };
}

export function folder(rest: Rest): Setting<string> {
  return { ...rest, expects: "a path", schema: z.string().min(1) };
}

export function optionalText(rest: Rest, pattern: RegExp, expects: string): Setting<string> {
  return { ...rest, expects, schema: z.string().refine((v) => v === "" || pattern.test(v)) };
}

export function list(
  rest: Rest,
  expects: string,
  ok: (item: string) => boolean,
): Setting<string[]> {
  const items = z.string().transform((text) =>
    text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  );
  return { ...rest, expects, schema: items.pipe(z.array(z.string().refine(ok))) };
}
