/** A recording and its viewer as the list of looks names them. */
import type { Recording } from "../../evidence/recordings.ts";
import type { Looks, Span, Viewed, Viewer } from "../../evidence/viewing/looks.ts";
import type { SignedIn } from "../../identity/identity.ts";

export function viewedOf({ header }: Pick<Recording, "header">): Viewed {
  const { session, subject, asset } = header;
  return { session, what: `${subject.name} on ${asset.name}` };
}

export function personViewer({ person, signIn }: SignedIn): Viewer {
  return { kind: "person", id: person.id, name: person.name, address: signIn.address };
}

/** Nobody sees what could not be noted. */
export function noteReplay(
  looks: Looks,
  me: SignedIn,
  recording: Recording,
  seen?: Span,
): Promise<void> {
  return looks.note(personViewer(me), viewedOf(recording), "replay", seen);
}

export function spanOfSegment(recording: Recording, number: number): Span | undefined {
  const segment = recording.segments.find((one) => one.number === number);
  return segment && { fromMs: segment.firstMs, untilMs: segment.lastMs };
}

/** A key frame tells how everything stood when its segment began. */
export function momentOfFrame(recording: Recording, number: number): Span | undefined {
  const segment = recording.segments.find((one) => one.number === number);
  return segment && { fromMs: segment.firstMs, untilMs: segment.firstMs };
}
