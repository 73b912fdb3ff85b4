/** Puts lines into a plant file; all else stays letter by letter, remarks included. Pure. */
import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";

/** One line of the file to be, without its indentation. */
export interface NewLine {
  readonly text: string;
  /** Line of the sheet that it came from. */
  readonly from: number;
}

export interface Insertion {
  /** Offset in the text: the beginning of a line. */
  readonly at: number;
  readonly indent: number;
  readonly lines: readonly NewLine[];
  /** Characters in the text that the lines replace. */
  readonly instead?: { readonly from: number; readonly to: number; readonly by: string };
}

export interface Inserted {
  readonly text: string;
  /** Of each new line in the text (from 1): the line of the sheet. */
  readonly origins: ReadonlyMap<number, number>;
}

/** The places are of one text, each another one. */
export function insertLines(text: string, insertions: readonly Insertion[]): Inserted {
  const origins = new Map<number, number>();
  const parts: string[] = [];
  let [done, line] = [0, 1];
  const keep = (to: number) => {
    const part = text.slice(done, to);
    parts.push(part);
    line += part.split("\n").length - 1;
    done = to;
  };
  for (const { at, indent, lines, instead } of insertions.toSorted((a, b) => a.at - b.at)) {
    if (instead) {
      keep(instead.from);
      parts.push(instead.by);
      line += instead.by.split("\n").length - 1;
      // Lines that are replaced are none: what goes stands within one.
      done = instead.to;
    }
    keep(at);
    if (parts.at(-1) !== "" && !parts.at(-1)?.endsWith("\n")) {
      parts.push("\n");
      line += 1;
    }
    for (const each of lines) {
      parts.push(`${" ".repeat(indent)}${each.text}\n`);
      origins.set(line, each.from);
      line += 1;
    }
  }
  keep(text.length);
  return { text: parts.join(""), origins };
}

/** The place behind the last item of a list of this map, or why there is none. */
export type Place = Omit<Insertion, "lines"> | string;

export class PlantOutline {
  private readonly text: string;
  private readonly root: unknown;

  /** @param text a plant file that is valid YAML */
  constructor(text: string) {
    this.text = text;
    this.root = parseDocument(text, { uniqueKeys: false }).contents;
  }

  /** Behind the last asset. */
  assets(): Place {
    return isMap(this.root) ? this.listIn(this.root, "assets") : "the file holds no plant";
  }

  endpointsOf(asset: string): Place | undefined {
    const found = item(this.root, "assets", asset);
    return found && this.listIn(found, "endpoints");
  }

  tagsOf(asset: string, endpoint: string): Place | undefined {
    const found = item(item(this.root, "assets", asset), "endpoints", endpoint);
    return found && this.listIn(found, "tags");
  }

  private listIn(map: YAMLMap, key: string): Place {
    if (map.flow) return `it is written on one line; write it out, a key a line, to add ${key}`;
    const pair = pairOf(map, key);
    if (!pair) return this.newList(map, key);
    const list = pair.value;
    if (!isSeq(list)) return `its ${key} are no list`;
    const keyIndent = this.columnOf(pair.key as Node);
    if (list.flow) {
      if (list.items.length > 0) return `its ${key} are written on one line; write one a line`;
      const [from = 0, to = 0] = list.range ?? [];
      return { at: this.endOf(to), indent: keyIndent + 2, instead: { from: from - 1, to, by: "" } };
    }
    const last = list.items.at(-1) as Node | undefined;
    const first = list.items[0] as Node | undefined;
    if (!last || !first) return `its ${key} are no list`;
    return { at: this.endOf(last.range?.[1] ?? 0), indent: this.dashColumn(first) };
  }

  private newList(map: YAMLMap, key: string): Place {
    const pairs = map.items as Pair<Node, Node | null>[];
    const first = pairs[0]?.key;
    const last = pairs.at(-1);
    if (!first || !last) return "it is empty";
    const indent = this.columnOf(first);
    const at = this.endOf((last.value ?? last.key).range?.[1] ?? 0);
    const by = `${this.text[at - 1] === "\n" ? "" : "\n"}${" ".repeat(indent)}${key}:\n`;
    return { at, indent: indent + 2, instead: { from: at, to: at, by } };
  }

  private columnOf({ range }: Node): number {
    const at = range?.[0] ?? 0;
    return at - this.lineStart(at);
  }

  /** Of the dash before an item. */
  private dashColumn({ range }: Node): number {
    const start = this.lineStart(range?.[0] ?? 0);
    return Math.max(0, this.text.slice(start).search(/\S/));
  }

  private lineStart(at: number): number {
    return this.text.lastIndexOf("\n", at - 1) + 1;
  }

  /** Behind its last line; what is remarked below belongs to what follows. */
  private endOf(at: number): number {
    if (this.text[at - 1] === "\n") return at;
    const end = this.text.indexOf("\n", at);
    return end < 0 ? this.text.length : end + 1;
  }
}

function item(within: unknown, key: string, id: string): YAMLMap | undefined {
  const list = isMap(within) ? pairOf(within, key)?.value : undefined;
  if (!isSeq(list)) return undefined;
  return list.items.find((each): each is YAMLMap => isMap(each) && each.get("id") === id);
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}
