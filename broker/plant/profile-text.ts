/** A profile as a person would write it into a plant file. */
import { Document, isMap, isSeq, type Node, parseDocument, visit } from "yaml";

export interface ProfileToWrite {
  readonly id: string;
  readonly description: string;
  /** Rules with the keys of the plant file. */
  readonly rules: readonly object[];
}

/** Rules that fit into a line stand on one. */
const LINE_MAX = 110;
const INDENT = 2;

/** One item of the list `profiles`. @param indent columns before its dash */
export function profileText(profile: ProfileToWrite, indent = INDENT): string {
  const document = new Document([profile]);
  visit(document, {
    Seq: (_, node) => {
      if (node.items.every((item) => !isMap(item) && !isSeq(item))) node.flow = true;
    },
    Map: (key, node) => {
      const isRule = typeof key === "number" && node.has("permit");
      if (isRule && JSON.stringify(node.toJSON()).length < LINE_MAX) node.flow = true;
    },
  });
  const text = document.toString({ lineWidth: LINE_MAX, flowCollectionPadding: false });
  return text.replace(/^(?=.)/gm, " ".repeat(indent));
}

/**
 * The plant file with one profile more, or another one in the place of that of its name. All
 * else stays letter by letter.
 * @throws Error where there is no list of profiles to put it into
 */
export function withProfile(plantText: string, profile: ProfileToWrite): string {
  const profiles = parseDocument(plantText).get("profiles");
  const items = isSeq(profiles) && !profiles.flow ? (profiles.items as Node[]) : [];
  const [first] = items;
  const last = items.at(-1);
  if (first === undefined || last === undefined) {
    throw new Error("the plant file has no list of profiles");
  }
  const indent = plantText.slice(startOf(plantText, first)).search(/\S/);
  const same = items.find((item) => isMap(item) && item.get("id") === profile.id);
  const to = endOf(plantText, same ?? last);
  const from = same === undefined ? to : startOf(plantText, same);
  return `${plantText.slice(0, from)}${profileText(profile, indent)}${plantText.slice(to)}`;
}

function startOf(text: string, { range }: Node): number {
  return text.lastIndexOf("\n", (range?.[0] ?? 0) - 1) + 1;
}

/** Behind its last line; what is remarked below belongs to the next one. */
function endOf(text: string, { range }: Node): number {
  const at = range?.[1] ?? text.length;
  if (text[at - 1] === "\n") return at;
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end + 1;
}
