/**
 * Names that parts of the file give to each other. Every id is defined once; every use is checked
 * when the whole file has been read, so that order does not matter.
 */
import { suggestion } from "./nearest-word.ts";
import type { Place } from "./yaml-value.ts";

export type Noun =
  | "site"
  | "zone"
  | "asset"
  | "endpoint"
  | "tag"
  | "profile"
  | "grant"
  | "key switch"
  | "region"
  | "response";

interface Use {
  readonly noun: Noun;
  readonly id: string;
  readonly at: Place;
}

export class References {
  private readonly defined = new Map<Noun, Map<string, Place>>();
  private readonly uses: Use[] = [];

  /** @returns whether this is the first of its id; a second one is reported. */
  define(noun: Noun, id: string, at: Place): boolean {
    const known = this.of(noun);
    const first = known.get(id);
    if (first) {
      at.fail(`${noun} "${id}" exists already (at ${first.place}); give each its own name`);
      return false;
    }
    known.set(id, at);
    return true;
  }

  /** As `define`, where several may have the same. */
  offer(noun: Noun, id: string, at: Place): void {
    if (!this.of(noun).has(id)) this.of(noun).set(id, at);
  }

  use(noun: Noun, id: string, at: Place): void {
    this.uses.push({ noun, id, at });
  }

  /** Reports every use of something that is not there. */
  resolve(): void {
    for (const { noun, id, at } of this.uses) {
      const known = this.of(noun);
      if (known.has(id)) continue;
      at.fail(`there is no ${noun} "${id}"${suggestion(id, known.keys())}`);
    }
  }

  private of(noun: Noun): Map<string, Place> {
    const known = this.defined.get(noun) ?? new Map<string, Place>();
    this.defined.set(noun, known);
    return known;
  }
}
