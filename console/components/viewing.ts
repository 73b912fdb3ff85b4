/** Comments on recordings, who looked, links for others, and the report: what the console asks and keeps. */
import { queryOptions } from "@tanstack/react-query";
import type { ReportView, SignedActView } from "../../broker/api/shapes/report.ts";
import type {
  CommentView,
  LookView,
  NewShareView,
  SharedRecordingView,
  ShareView,
} from "../../broker/api/shapes/viewing.ts";
import { ask, askBytes } from "./http.ts";

export interface NewShare {
  readonly recording: string;
  readonly recipient: string;
  readonly reason: string;
  readonly endsMs: number;
  /** Null: all of it. */
  readonly range: { readonly fromMs: number; readonly untilMs: number } | null;
}

const part = encodeURIComponent;

export const viewingApi = {
  comments: (id: string) => ask<CommentView[]>("GET", `/api/recordings/${part(id)}/comments`),
  comment: (id: string, said: { sequence: number; wallMs: number; text: string }) =>
    ask<CommentView>("POST", `/api/recordings/${part(id)}/comments`, said),
  withdrawComment: (id: string, comment: string, reason: string) =>
    ask<void>("POST", `/api/recordings/${part(id)}/comments/${part(comment)}/withdrawal`, {
      reason,
    }),
  views: (id: string) => ask<LookView[]>("GET", `/api/recordings/${part(id)}/views`),
  report: (id: string) => ask<ReportView>("GET", `/api/recordings/${part(id)}/report`),
  act: (id: string, act: string) =>
    ask<SignedActView>("GET", `/api/recordings/${part(id)}/acts/${part(act)}`),

  shares: (recording?: string) =>
    ask<ShareView[]>(
      "GET",
      recording === undefined ? "/api/shares" : `/api/shares?recording=${part(recording)}`,
    ),
  share: (wanted: NewShare) => ask<NewShareView>("POST", "/api/shares", wanted),
  revokeShare: (id: string) => ask<void>("DELETE", `/api/shares/${part(id)}`),
} as const;

/** What a link shows; reached with its cookie alone. */
export const sharedApi = {
  open: (token: string) => ask<void>("POST", "/api/shared/open", { token }),
  leave: () => ask<void>("POST", "/api/shared/leave", {}),
  standing: () => ask<void>("GET", "/api/shared/standing"),
  recording: () => ask<SharedRecordingView>("GET", "/api/shared/recording"),
  segment: (number: number) => askBytes(`/api/shared/segments/${number}`),
  frame: (number: number) => askBytes(`/api/shared/segments/${number}/frame`),
} as const;

export function commentsQuery(id: string) {
  return queryOptions({
    queryKey: ["recordings", id, "comments"],
    queryFn: () => viewingApi.comments(id),
  });
}

export function viewsQuery(id: string) {
  return queryOptions({
    queryKey: ["recordings", id, "views"],
    queryFn: () => viewingApi.views(id),
  });
}

export function sharesQuery(recording?: string) {
  return queryOptions({
    queryKey: ["recordings", "shares", recording ?? "all"],
    queryFn: () => viewingApi.shares(recording),
  });
}

export function reportQuery(id: string) {
  return queryOptions({
    queryKey: ["recordings", id, "report"],
    queryFn: () => viewingApi.report(id),
  });
}
