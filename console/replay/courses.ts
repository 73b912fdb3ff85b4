/** The courses of several tags on one axis of time, for drawing. */
import type { WriteOperation } from "../../protocols/modbus/operation.ts";
import type { HeaderTag } from "../../protocols/tape/record.ts";
import type { TrendData } from "../workbench/modbus/trend-buffer.ts";
import type { Span } from "./playback.ts";
import type { Entry, StoryShown } from "./story.ts";

/** Moments drawn; a screen has fewer pixels across. */
const MOMENTS_MAX = 4_000;

export function coursesOf(
  stories: readonly StoryShown[],
  tags: readonly HeaderTag[],
  view: Span,
): TrendData {
  const courses = tags.map((tag) =>
    stories.flatMap((story) => story.tracks.course(tag, view.fromMs, view.untilMs)),
  );
  const axis = thinned([...new Set(courses.flat().map((point) => point.atMs))].sort(ascending));
  return [axis.map((atMs) => atMs / 1000), ...courses.map((course) => along(course, axis))];
}

/** A tag keeps its value until it is read again; before its first reading it has none. */
function along(
  course: readonly { readonly atMs: number; readonly value: number }[],
  axis: readonly number[],
): (number | null)[] {
  let next = 0;
  let value: number | null = null;
  return axis.map((atMs) => {
    for (let point = course[next]; point && point.atMs <= atMs; point = course[next]) {
      value = point.value;
      next += 1;
    }
    return value;
  });
}

function thinned(axis: number[]): number[] {
  const step = Math.ceil(axis.length / MOMENTS_MAX);
  return step <= 1 ? axis : axis.filter((_, n) => n % step === 0 || n === axis.length - 1);
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** Tags worth drawing first: those that were written, then measured values that changed, then others. */
export function liveliest(story: StoryShown, countMax: number): string[] {
  const written = new Set<string>();
  const tags = story.points ?? story.header.tags;
  for (const entry of story.entries) {
    if (entry.kind === "node") {
      const name = writtenNode(entry);
      if (name !== undefined) written.add(name);
    }
    if (entry.kind !== "operation" || entry.row.operation.action !== "modbus:write") continue;
    if (entry.row.verdict !== "permit") continue;
    for (const tag of tagsOf(entry.row.operation, story.header.tags)) written.add(tag.name);
  }
  const changing = tags.filter((tag) => tag.type !== "bool" && story.tracks.changes(tag));
  const measured = (tag: HeaderTag) => Number(tag.table !== "input-registers");
  changing.sort((a, b) => measured(a) - measured(b));
  const analogue = tags.filter((tag) => written.has(tag.name) && tag.type !== "bool");
  return [...new Set([...analogue, ...changing].map(nameOf))].slice(0, countMax);
}

function writtenNode({ deed, names }: Extract<Entry, { kind: "node" }>): string | undefined {
  const { operation, judged } = deed;
  const isWritten = operation.action === "opcua:write" && judged.answer.kind === "permit";
  return isWritten ? names[operation.node] : undefined;
}

function tagsOf(
  { unit, table, address, values }: WriteOperation,
  tags: readonly HeaderTag[],
): HeaderTag[] {
  return tags.filter(
    (tag) =>
      tag.unitId === unit &&
      tag.table === table &&
      tag.address >= address &&
      tag.address < address + values.length,
  );
}

const nameOf = (tag: HeaderTag) => tag.name;
