/** Comments in a bundle, for whoever reads a verdict: annotations, which prove nothing. */
import type { BundleComment, BundleComments } from "../../protocols/log/bundle-comments.ts";
import { shown, utc } from "./verdict-words.ts";

/** On one screen with the verdict; --json has all of them. */
const LISTED_MAX = 8;
const TEXT_MAX = 160;

/** Nothing where nobody said anything. */
export function saidText({ comments, unreadable }: BundleComments): string[] {
  if (comments.length === 0 && unreadable.length === 0) return [];
  const more = comments.length - LISTED_MAX;
  return [
    ...["", "Comments (what people said about it; no part of the verdict)"],
    ...comments.slice(0, LISTED_MAX).map((comment) => `  - ${lineOf(comment)}`),
    ...(more > 0 ? [`  … and ${more} more (--json lists all of them)`] : []),
    ...unreadable
      .slice(0, LISTED_MAX)
      .map((session) => `  - on ${shown(session)}: not all of them can be read`),
  ];
}

function lineOf(comment: BundleComment): string {
  const { author, atMs, wallMs, sequence, text, withdrawn } = comment;
  const what = withdrawn ? "(withdrawn)" : `"${cut(shown(text))}"`;
  const where = `${utc(wallMs)}, record ${sequence} of ${shown(comment.session)}`;
  return `${utc(atMs)} ${shown(author)} on ${where}: ${what}${doubts(comment)}`;
}

function doubts({ isOfThis, inLog, withdrawn }: BundleComment): string {
  if (!isOfThis) return " [made on another recording than the one here]";
  return inLog || withdrawn ? "" : " [no log entry here has its digest]";
}

function cut(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}

export function saidFacts({ comments, unreadable }: BundleComments) {
  return {
    unreadable: unreadable.map(shown),
    list: comments.map(({ session, author, text, ...facts }) => ({
      ...{ session: shown(session), author: shown(author), text: shown(text) },
      ...facts,
    })),
  };
}
