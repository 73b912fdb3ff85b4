/** The course of the values of nodes, by the name of their point. */
import type { HeaderTag } from "../../protocols/tape/record.ts";
import { type PackedTrack, placeAt, type TagAt, type Track, ValueTracks } from "./value-tracks.ts";

/** Of a part that was read, as it came from the worker. */
export class NamedTracks extends ValueTracks {
  private readonly courses: ReadonlyMap<string, Track>;

  constructor(courses: ReadonlyMap<string, Track>) {
    super(new Map());
    this.courses = courses;
  }

  override changes({ name }: HeaderTag): boolean {
    const values = this.courses.get(name)?.values ?? [];
    for (let n = 1; n < values.length; n += 1) if (values[n] !== values[0]) return true;
    return false;
  }

  override since({ name }: HeaderTag): number | undefined {
    return this.courses.get(name)?.times[0];
  }

  override at({ name }: HeaderTag, atMs: number): TagAt | undefined {
    const course = this.courses.get(name);
    const place = course ? placeAt(course.times, atMs) : -1;
    if (course === undefined || place < 0) return undefined;
    return { registers: [], value: course.values[place] ?? 0, atMs: course.times[place] ?? 0 };
  }

  override course({ name }: HeaderTag, fromMs: number, untilMs: number) {
    const times: ArrayLike<number> = this.courses.get(name)?.times ?? [];
    const values: ArrayLike<number> = this.courses.get(name)?.values ?? [];
    const points: { atMs: number; value: number }[] = [];
    for (let n = Math.max(0, placeAt(times, fromMs)); n < times.length; n += 1) {
      const atMs = times[n] ?? 0;
      if (atMs > untilMs) break;
      points.push({ atMs, value: values[n] ?? 0 });
    }
    return points;
  }
}

interface Course extends Track {
  readonly times: number[];
  readonly values: number[];
}

/** Moments of one node that are kept; beyond it the older half goes. */
const MOMENTS_MAX = 200_000;

/** Of a tape that is still being read. */
export class NodeTracks extends NamedTracks {
  private readonly growing: Map<string, Course>;

  constructor() {
    const growing = new Map<string, Course>();
    super(growing);
    this.growing = growing;
  }

  push(name: string, atMs: number, value: number): void {
    const course = this.growing.get(name) ?? { times: [], values: [] };
    this.growing.set(name, course);
    course.times.push(atMs);
    course.values.push(value);
    if (course.times.length <= MOMENTS_MAX) return;
    course.times.splice(0, MOMENTS_MAX / 2);
    course.values.splice(0, MOMENTS_MAX / 2);
  }

  forgetBefore(atMs: number): void {
    for (const { times, values } of this.growing.values()) {
      const keep = Math.max(0, placeAt(times, atMs));
      times.splice(0, keep);
      values.splice(0, keep);
    }
  }

  /** As they stand. */
  packed(): Map<string, PackedTrack> {
    const packed = new Map<string, PackedTrack>();
    for (const [name, { times, values }] of this.growing) {
      packed.set(name, { times: Float64Array.from(times), values: Float64Array.from(values) });
    }
    return packed;
  }
}
