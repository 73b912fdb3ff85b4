/** The course of the values of nodes, by the name of their point. */
import type { HeaderTag } from "../../protocols/tape/record.ts";
import { placeAt, type TagAt, ValueTracks } from "./value-tracks.ts";

interface Course {
  readonly times: number[];
  readonly values: number[];
}

/** Moments of one node that are kept; beyond it the older half goes. */
const MOMENTS_MAX = 200_000;

export class NodeTracks extends ValueTracks {
  private readonly courses = new Map<string, Course>();

  constructor() {
    super(new Map());
  }

  push(name: string, atMs: number, value: number): void {
    const course = this.courses.get(name) ?? { times: [], values: [] };
    this.courses.set(name, course);
    course.times.push(atMs);
    course.values.push(value);
    if (course.times.length <= MOMENTS_MAX) return;
    course.times.splice(0, MOMENTS_MAX / 2);
    course.values.splice(0, MOMENTS_MAX / 2);
  }

  override changes({ name }: HeaderTag): boolean {
    const values = this.courses.get(name)?.values ?? [];
    return values.some((value) => value !== values[0]);
  }

  override at({ name }: HeaderTag, atMs: number): TagAt | undefined {
    const course = this.courses.get(name);
    const place = course ? placeAt(course.times, atMs) : -1;
    if (course === undefined || place < 0) return undefined;
    return { registers: [], value: course.values[place] ?? 0, atMs: course.times[place] ?? 0 };
  }

  override course({ name }: HeaderTag, fromMs: number, untilMs: number) {
    const { times, values } = this.courses.get(name) ?? { times: [], values: [] };
    const points: { atMs: number; value: number }[] = [];
    for (let n = Math.max(0, placeAt(times, fromMs)); n < times.length; n += 1) {
      const atMs = times[n] ?? 0;
      if (atMs > untilMs) break;
      points.push({ atMs, value: values[n] ?? 0 });
    }
    return points;
  }

  forgetBefore(atMs: number): void {
    for (const { times, values } of this.courses.values()) {
      const keep = Math.max(0, placeAt(times, atMs));
      times.splice(0, keep);
      values.splice(0, keep);
    }
  }
}
