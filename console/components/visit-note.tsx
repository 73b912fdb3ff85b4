/** Says of a live session that it is part of a visit: what ends or freezes one of those does so to all. */
import { useQuery } from "@tanstack/react-query";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { visitText as words } from "../text/visit.ts";
import { sessionsQuery } from "./queries.ts";

type OfVisit = Pick<LiveSessionView, "id" | "visit">;

/** By the session that began it, which does not know that others joined. */
export function visitOf({ id, visit }: OfVisit): string {
  return visit ?? id;
}

/** Live sessions of the same visit, this one among them. */
export function useVisitSize(session: OfVisit): number {
  const { data } = useQuery(sessionsQuery);
  return data?.filter((each) => visitOf(each) === visitOf(session)).length ?? 1;
}

export function VisitNote({ session }: { readonly session: OfVisit }) {
  const count = useVisitSize(session);
  return count > 1 ? <> {words.all(count)}</> : null;
}

/** In lists, after what else is said of the session. */
export function VisitMark({ session }: { readonly session: OfVisit }) {
  return useVisitSize(session) > 1 ? <> · {words.part}</> : null;
}
