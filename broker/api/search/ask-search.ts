/** One question to the search, as whoever is signed in may ask it. */
import type { Term } from "../../../protocols/search/terms.ts";
import type { Surroundings } from "../../evidence/search/recording-filter.ts";
import {
  type Answer,
  type PageCursor,
  type Search,
  SearchUnavailable,
} from "../../evidence/search/search.ts";
import type { Call } from "../endpoint.ts";
import { ApiRefused } from "../problem.ts";
import { maySee, type Shown } from "../recordings/visible-recording.ts";

export interface SearchRouteParts {
  readonly search: Pick<Search, "find">;
  /** What recordings do not say of themselves, read anew where a term asks for it. */
  surroundings(terms: readonly Term[]): Promise<Surroundings>;
}

type Asker = Pick<Call<unknown, unknown, unknown>, "me" | "rights" | "mayAt">;

export interface Page {
  readonly terms: readonly Term[];
  readonly cursor: PageCursor | undefined;
  readonly limit: number;
}

/** @throws ApiRefused if it cannot be answered now */
export async function askSearch(
  { search, surroundings }: SearchRouteParts,
  asker: Asker,
  page: Page,
  also: (recording: Shown) => boolean = () => true,
): Promise<Answer> {
  try {
    return await search.find({
      ...page,
      surroundings: await surroundings(page.terms),
      asker: asker.me.signIn.id,
      maySee: (entry) => maySee(entry, asker) && also(entry),
    });
  } catch (error) {
    if (error instanceof SearchUnavailable) throw refused(error.kind);
    throw error;
  }
}

const RETRY_MS = 2_000;

function refused(kind: SearchUnavailable["kind"]): ApiRefused {
  switch (kind) {
    case "starting":
      return new ApiRefused(
        503,
        "search-starting",
        "The search is looking through the recordings for the first time. Try again in a moment.",
        RETRY_MS,
      );
    case "busy":
      return new ApiRefused(
        429,
        "search-busy",
        "Too many searches are under way. Try again in a moment.",
        RETRY_MS,
      );
    case "replaced":
      return new ApiRefused(409, "search-replaced", "A newer search took the place of this one.");
  }
}
