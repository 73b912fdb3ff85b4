/** The keys of a rule that only web panels have: one mapping, `web`. */
import { WEB_DEEDS, WEB_METHODS } from "../../protocols/http/operation.ts";
import { COMMAND_LENGTH_MAX, PATH_LENGTH_MAX, RULE_LIST_MAX } from "./plant-limits.ts";
import type { WebMatch } from "./web-model.ts";
import { distinct, integer, oneOf, text } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

export function webMatchOf(from: Mapping): WebMatch | undefined {
  return from.take("web", webMatch);
}

const webMatch: Reading<WebMatch> = (value) => {
  const from = Mapping.read(value, "web");
  if (!from) return undefined;
  const size = { min: 1, max: RULE_LIST_MAX };
  const words = distinct(text(COMMAND_LENGTH_MAX), size);
  const does = from.take("does", distinct(oneOf(WEB_DEEDS.map(shortName)), size));
  const methods = from.take("methods", distinct(oneOf(WEB_METHODS), size));
  const paths = from.take("paths", distinct(path, size));
  const query = from.take("query", words);
  const form = from.take("form", words);
  const json = from.take("json", words);
  const contentTypes = from.take("content-types", words);
  const messages = from.take("messages", words);
  const sizeMax = from.take("size-max", integer(0, Number.MAX_SAFE_INTEGER));
  from.finish();
  return {
    protocol: "web",
    ...(does && { actions: does.map((each) => `web:${each}`) }),
    ...(methods && { methods }),
    ...(paths && { paths }),
    ...(query && { query }),
    ...(form && { form }),
    ...(json && { json }),
    ...(contentTypes && { contentTypes: contentTypes.map((each) => each.toLowerCase()) }),
    ...(messages && { messages }),
    ...(sizeMax !== undefined && { sizeMax }),
  };
};

/** `request` for `web:request`. */
function shortName(action: string): string {
  return action.replace("web:", "");
}

const path: Reading<string> = (value) => {
  const read = text(PATH_LENGTH_MAX)(value);
  if (read === undefined || read.startsWith("/")) return read;
  return value.fail(`"${read}" is no path of a panel; it begins with "/", as in "/status.html"`);
};
