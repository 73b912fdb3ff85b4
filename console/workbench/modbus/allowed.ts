/** What the caller's profile lets be written to a tag, in words, and whether a value keeps to it. */
import type { TagView } from "../../../broker/api/shapes/plant.ts";
import { supervisionText } from "../../text/supervision.ts";
import { workbenchText } from "../../text/workbench.ts";
import { boundsOf, exactText, stateWord } from "./tag-value.ts";

const words = workbenchText.write;

/** Values named one by one. */
const VALUES_SHOWN = 12;

/** One sentence each; the last names the rule. @param tags those of the endpoint, for `while` */
export function allowedWords(tag: TagView, tags: readonly TagView[]): string[] {
  const { allowed } = tag;
  if (allowed === null) return [];
  return [
    valuesWords(tag),
    allowed.stepMax === null ? "" : words.step(exactText(tag, allowed.stepMax)),
    allowed.every === null ? "" : words.every(allowed.every.count, allowed.every.ms),
    allowed.while === null ? "" : words.onlyWhile(allowed.while.tag, whileWord(allowed, tags)),
    allowed.held ? supervisionText.holds.second : "",
    words.byRule(allowed.rule),
  ].filter((line) => line !== "");
}

function valuesWords(tag: TagView): string {
  const { values, min, max } = { ...boundsInForce(tag), values: tag.allowed?.values };
  if (values) {
    const shown = values.slice(0, VALUES_SHOWN).map((value) => exactText(tag, value));
    return words.oneOf([...shown, ...(values.length > VALUES_SHOWN ? ["…"] : [])].join(", "));
  }
  if (tag.states.length > 0 || min === undefined || max === undefined) return "";
  return words.bounds(exactText({ ...tag, unit: "" }, min), exactText(tag, max));
}

type Allowed = NonNullable<TagView["allowed"]>;

/** The raw value by its word, where the tag that it is about has one. */
function whileWord({ while: only }: Allowed, tags: readonly TagView[]): string {
  if (only === null) return "";
  const other = tags.find(({ name }) => name === only.tag);
  const word = other && stateWord(other, only.is * other.scale + other.offset);
  return word ?? String(only.is);
}

/** The narrower of what the profile and the plant file allow, or else what the type can hold. */
function boundsInForce(tag: TagView): { min: number | undefined; max: number | undefined } {
  const { min, max } = boundsOf(tag);
  return { min: tag.allowed?.min ?? min, max: tag.allowed?.max ?? max };
}

/** Why the broker will refuse a value; undefined while nothing is known against it. */
export function refusalAhead(
  tag: TagView,
  value: number,
  nowValue: number | undefined,
): string | undefined {
  const { allowed } = tag;
  if (allowed === null) return undefined;
  const { min, max, values, stepMax } = allowed;
  const near = (other: number) => Math.abs(value - other) <= ROUNDING * Math.abs(other);
  if (min !== null && value < min && !near(min)) return words.outside;
  if (max !== null && value > max && !near(max)) return words.outside;
  if (values !== null && !values.some(near)) return words.outside;
  if (stepMax === null || nowValue === undefined) return undefined;
  const step = Math.abs(value - nowValue);
  return step > stepMax * (1 + ROUNDING) ? words.tooFar(exactText(tag, stepMax)) : undefined;
}

/** Engineering values carry the rounding of their scale; the broker compares raw ones. */
const ROUNDING = 1e-6;
